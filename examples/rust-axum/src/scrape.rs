//! What Prometheus scrapes.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrion::Registry;
use metrion::exporters::http::Page;

/// Answers a scrape. Collecting may take its time, so it does not happen between the requests.
pub(crate) async fn scrape(
    State(registry): State<Registry>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    let page = tokio::task::spawn_blocking(move || {
        let accept = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let source = metrion::source(&registry);
        Page::render(&source, &query.unwrap_or_default(), accept.unwrap_or_default())
    });
    // The one error is that of a panic, the other that of memory.
    let page = page.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let page = page.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let mut response = ([(header::CONTENT_TYPE, page.content_type)], page.body).into_response();
    if let Some(encoding) = page.content_encoding {
        let encoding = header::HeaderValue::from_static(encoding);
        response.headers_mut().insert(header::CONTENT_ENCODING, encoding);
    }
    Ok(response)
}
