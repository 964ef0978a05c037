//! Any sequence of calls, good and bad (the property of `spec.md` §8's store): what was answered with success is what is
//! there, what was refused has changed nothing, and the next start takes all of it.

mod documents;
mod model;

use proptest::{prelude::*, sample::Index};
use serde_json::Value;

use self::{
    documents::{Kind, document},
    model::Model,
};

/// Indices choose among what is there by then.
#[derive(Clone, Debug)]
enum Call {
    Make { kind: Kind, of: Index, document: Value },
    Replace { kind: Kind, what: Index, document: Value, from_what_is_there: bool, matching: Matching },
    Delete { kind: Kind, what: Index, matching: Matching },
    OpenAgain,
}

/// What `If-Match` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Matching {
    Nothing,
    Whatever,
    Now,
    Before,
    Nonsense,
}

fn matching() -> impl Strategy<Value = Matching> {
    use Matching::*;
    prop_oneof![4 => Just(Now), 3 => Just(Whatever), 1 => Just(Nothing), 1 => Just(Before), 1 => Just(Nonsense)]
}

fn call() -> impl Strategy<Value = Call> {
    let kind =
        || prop_oneof![3 => prop::sample::select(&Kind::OWN[..3]), 2 => prop::sample::select(&Kind::ALL[..])];
    let with_document = || kind().prop_flat_map(|kind| (Just(kind), document(kind)));
    let make = (with_document(), any::<Index>()).prop_map(|((kind, document), of)| Call::Make {
        kind,
        of,
        document,
    });
    let replace = (with_document(), any::<Index>(), any::<bool>(), matching()).prop_map(
        |((kind, document), what, from_what_is_there, matching)| Call::Replace {
            kind,
            what,
            document,
            from_what_is_there,
            matching,
        },
    );
    let delete = (kind(), any::<Index>(), matching()).prop_map(|(kind, what, matching)| Call::Delete {
        kind,
        what,
        matching,
    });
    prop_oneof![8 => make, 6 => replace, 3 => delete, 1 => Just(Call::OpenAgain)]
}

async fn follow(calls: Vec<Call>) {
    let mut model = Model::new().await;
    for call in calls {
        match call {
            Call::Make { kind, of, document } => model.make(kind, of, document).await,
            Call::Replace { kind, what, document, from_what_is_there, matching } => {
                model.replace(kind, what, document, from_what_is_there, matching).await;
            }
            Call::Delete { kind, what, matching } => model.delete(kind, what, matching).await,
            Call::OpenAgain => model = model.open_again(),
        }
    }
    model.is_all_there().await;
    model.open_again().is_all_there().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_what_was_answered_is_there_and_the_next_start_takes_it(
        calls in prop::collection::vec(call(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follow(calls));
    }
}
