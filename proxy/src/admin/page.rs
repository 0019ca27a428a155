//! The status page: one self-contained document that reads `/api/status` every other second.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

/// Nothing from elsewhere: the page's own style and script, and the API of the same server.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn page() -> Response {
    let headers = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-store")];
    (headers, Html(include_str!("page.html"))).into_response()
}
