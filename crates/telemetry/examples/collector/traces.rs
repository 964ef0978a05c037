//! The spans so far, by trace: those of one trace come in several requests.

use std::{
    collections::HashMap,
    io::{self, IsTerminal},
};

use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use prost::{DecodeError, Message};

use crate::tree::{Paint, print};

#[derive(Default)]
pub(crate) struct Traces {
    spans: HashMap<Vec<u8>, Vec<Span>>,
    /// Traces in the order of their first spans, with how many of their spans were shown.
    order: Vec<(Vec<u8>, usize)>,
}

impl Traces {
    /// Takes one request, and shows the traces whose root is in it.
    pub(crate) fn add(&mut self, body: &[u8]) -> Result<(), DecodeError> {
        let request = ExportTraceServiceRequest::decode(body)?;
        let of_scopes = request.resource_spans.into_iter().flat_map(|it| it.scope_spans);
        let mut complete = Vec::new();
        for span in of_scopes.flat_map(|it| it.spans) {
            if is_run(&span) {
                complete.push(span.trace_id.clone());
            }
            let trace = self.spans.entry(span.trace_id.clone()).or_default();
            if trace.is_empty() {
                self.order.push((span.trace_id.clone(), 0));
            }
            trace.retain(|known| known.span_id != span.span_id); // it came before
            trace.push(span);
        }
        self.show(|id, _| complete.iter().any(|it| it == id));
        Ok(())
    }

    /// How many runs have been shown.
    pub(crate) fn runs(&self) -> usize {
        self.spans.values().filter(|spans| spans.iter().any(is_run)).count()
    }

    /// Shows what came after its trace was shown, with that trace, and what has no root.
    pub(crate) fn show_the_rest(&mut self) {
        self.show(|_, is_news| is_news);
    }

    fn show(&mut self, wanted: impl Fn(&[u8], bool) -> bool) {
        let paint = if io::stdout().is_terminal() { Paint::Colours } else { Paint::Plain };
        for (id, shown) in &mut self.order {
            let spans = &self.spans[id];
            if wanted(id, spans.len() > *shown) {
                print(spans, paint);
                *shown = spans.len();
            }
        }
    }
}

fn is_run(span: &Span) -> bool {
    span.name == "backup.run" && span.parent_span_id.is_empty()
}
