//! Style, script and icon: in the program, named by their content, so that a browser may keep them for ever.

use std::sync::LazyLock;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::header;
use sha2::{Digest, Sha256};

use crate::{Problem, Service, named::Named, named::not_found};

const ICON: &[u8] = include_bytes!("../../assets/icon.svg");
const SCRIPT: &[u8] = include_bytes!("../../assets/zb.js");
const STYLE: &[u8] = include_bytes!("../../assets/style.css");

/// The path of the style sheet, below the base path.
pub(super) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path("style", STYLE, "css"));

/// The path of the script, below the base path.
pub(super) static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path("zb", SCRIPT, "js"));

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/assets/{name}", get(asset)).route("/favicon.ico", get(icon))
}

async fn asset(Named(name): Named) -> Result<Response, Problem> {
    let known = [
        (&*STYLE_PATH, STYLE, "text/css; charset=utf-8"),
        (&*SCRIPT_PATH, SCRIPT, "text/javascript; charset=utf-8"),
    ];
    let found = known.into_iter().find(|(path, ..)| path.strip_prefix("/assets/") == Some(&name));
    let (_, bytes, kind) = found.ok_or_else(not_found)?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, bytes).into_response())
}

/// Its path has no hash: it is not kept.
async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], ICON).into_response()
}

fn path(name: &str, bytes: &[u8], kind: &str) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("/assets/{name}-{hex}.{kind}")
}
