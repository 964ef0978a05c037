//! Whether a request accepts the type of its answer (RFC 9110 §12.5.1).

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};

use crate::{Kind, Problem};

/// Goes on if one of the types is accepted, or if there are none.
pub(crate) async fn check(
    State(types): State<&'static [&'static str]>,
    request: Request,
    next: Next,
) -> Response {
    if types.is_empty() || types.iter().any(|media_type| accepts(request.headers(), media_type)) {
        return next.run(request).await;
    }
    let detail = format!("the answer is {}", types.join(" or "));
    Problem::new(Kind::NotAcceptable, detail).into_response()
}

/// Whether a request accepts a type; one that says nothing accepts all.
pub(crate) fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    quality(headers, media_type) > 0.0
}

/// How much it is wanted: from 0 to 1. The range that names it most closely counts.
pub(crate) fn quality(headers: &HeaderMap, media_type: &str) -> f32 {
    let lines: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok()).collect();
    let ranges = lines.iter().flat_map(|line| line.split(',')).filter(|range| !range.trim().is_empty());
    let kind = media_type.split('/').next().unwrap_or_default();
    let mut is_silent = true;
    let mut best = (0, 0.0);
    for range in ranges {
        is_silent = false;
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let closeness = match name.as_str() {
            "*/*" => 1,
            name if name.strip_suffix("/*") == Some(kind) => 2,
            name if name == media_type => 3,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let weight = weight.map_or(1.0, |text| text.trim().parse().unwrap_or(0.0));
        // Of two ranges as close, for example with parameters, the better one counts.
        if closeness > best.0 || (closeness == best.0 && weight > best.1) {
            best = (closeness, weight);
        }
    }
    if is_silent { 1.0 } else { best.1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_range_counts() {
        let table = [
            ("", true),
            ("*/*", true),
            ("application/*", true),
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("text/html, application/json;q=0.1", true),
            ("application/openmetrics-text;version=1.0.0,*/*;q=0.1", true),
            ("text/html", false),
            ("text/*", false),
            ("application/json;q=0", false),
            ("*/*, application/json;q=0.0", false),
            ("application/*;q=0, application/json", true),
            ("application/json;q=x", false),
            ("nonsense", false),
        ];
        for (text, expected) in table {
            let mut headers = HeaderMap::new();
            if !text.is_empty() {
                headers.insert(header::ACCEPT, text.parse().unwrap());
            }
            assert_eq!(accepts(&headers, "application/json"), expected, "{text}");
        }
    }
}
