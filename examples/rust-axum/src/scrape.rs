//! What Prometheus scrapes.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::Response;
use metrion::Registry;
use metrion::exporters::http::{Page, PageRequest};
use metrion::exposition::EncodeOptions;

/// Answers a scrape. Collecting may take its time, so it does not happen between the requests.
pub(crate) async fn scrape(
    State(registry): State<Registry>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    let page = tokio::task::spawn_blocking(move || {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let request = PageRequest {
            query: query.as_deref().unwrap_or_default(),
            accept: text(header::ACCEPT).unwrap_or_default(),
            accept_encoding: text(header::ACCEPT_ENCODING).unwrap_or_default(),
        };
        Page::render(&metrion::source(&registry), &request, EncodeOptions::default())
    });
    // The one error is that of a panic, the other that of memory.
    let page = page.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let page = page.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let headers = page.headers().into_iter();
    let response =
        headers.fold(Response::builder(), |response, (name, value)| response.header(name, value));
    response.body(Body::from(page.body)).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
