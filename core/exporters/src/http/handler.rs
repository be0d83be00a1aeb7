use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use metrion_exposition::EncodeOptions;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, spawn_blocking};

use super::page::{Page, PageRequest};
use crate::Scrape;

/// Answers requests.
pub(super) struct Handler {
    source: Arc<dyn Scrape>,
    path: Option<String>,
    encode: EncodeOptions,
    /// A permit is held from the start of a scrape until its page is sent or given up.
    scrapes: Arc<Semaphore>,
}

impl Handler {
    pub(super) fn new(
        source: Arc<dyn Scrape>,
        path: Option<String>,
        encode: EncodeOptions,
        scrapes: Arc<Semaphore>,
    ) -> Self {
        Self { source, path, encode, scrapes }
    }

    pub(super) async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD.\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match (&self.path, request.uri().path()) {
            (Some(path), asked) if path == asked => self.scrape(&request).await,
            (Some(path), "/") => page(path),
            (Some(path), _) => {
                text(StatusCode::NOT_FOUND, format!("Not found. The metrics are at {path}\n"))
            }
            (None, "/favicon.ico") => text(StatusCode::NOT_FOUND, "Not found.\n"),
            (None, _) => self.scrape(&request).await,
        }
    }

    async fn scrape(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let Ok(permit) = Arc::clone(&self.scrapes).try_acquire_owned() else {
            let mut response =
                text(StatusCode::SERVICE_UNAVAILABLE, "Too many scrapes at once. Try again.\n");
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            return response;
        };
        let query = request.uri().query().unwrap_or_default().to_owned();
        let accept = joined(request.headers(), &ACCEPT);
        let accept_encoding = joined(request.headers(), &ACCEPT_ENCODING);
        let options = self.encode;
        let source = Arc::clone(&self.source);
        // A collector may wait, in Python for the interpreter's lock, and compressing takes long:
        // meanwhile this thread goes on with its connections and their time limits.
        let rendered = spawn_blocking(move || {
            let request =
                PageRequest { query: &query, accept: &accept, accept_encoding: &accept_encoding };
            Page::render(&*source, &request, options)
        });
        let page = match rendered.await {
            Ok(Ok(page)) => page,
            Ok(Err(error)) => return failure(error.message()),
            Err(error) => return failure(&join_error(error)),
        };
        let headers = page.headers();
        let body = Sent { body: page.body, _permit: permit };
        let mut response = Response::new(Full::new(Bytes::from_owner(body)));
        for (name, value) in headers {
            let Ok(value) = HeaderValue::try_from(value) else {
                return failure(&format!("the value of {name} is none of a header"));
            };
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// An encoded scrape. hyper drops it when its last byte is written, which frees the permit.
struct Sent {
    body: Vec<u8>,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// All headers of a name as one.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}

fn join_error(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else {
        return "the server is stopping".to_owned();
    };
    let formatted = panic.downcast_ref::<String>().map(String::as_str);
    let message = formatted.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a collector panicked: {}", message.unwrap_or("without a message"))
}

fn failure(what: &str) -> Response<Full<Bytes>> {
    text(StatusCode::INTERNAL_SERVER_ERROR, format!("The metrics could not be collected: {what}\n"))
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    small(status, "text/plain; charset=utf-8", body)
}

/// The page at `/`, for people who find the port with a browser.
fn page(path: &str) -> Response<Full<Bytes>> {
    let path = path.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let html = format!(
        "<!doctype html>\n<title>Metrion</title>\n<p>The metrics are at <a href=\"{path}\">{path}</a>.\n"
    );
    small(StatusCode::OK, "text/html; charset=utf-8", html)
}

fn small(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
