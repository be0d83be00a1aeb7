use std::io;
use std::thread;
use std::time::Duration;

use metrion_model::{Error, ErrorCode, Result};
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode, Url};
use tokio::runtime;
use tokio::time::timeout;

use super::target::{parse_url, without_password};
use super::tls::client_config;
use super::{PushError, PushOptions, PushRequest, PushTls, PushTransport};
use crate::Scrape;

/// How much of an answer that refuses is kept.
const SHOWN_BYTES: usize = 1000;

/// How often a request is redirected before that is taken for a circle.
const MAX_REDIRECTS: usize = 10;

/// Collects all metrics and sends them as the group of the options. It blocks until the gateway has
/// answered, at most for the options' time and that of collecting; on a thread of its own, so that it
/// may be called from wherever one may wait.
///
/// # Errors
/// `invalid_value`, `invalid_name`, `reserved_name` for wrong options; `io` when the gateway cannot be
/// reached, does not answer in time, or refuses, with what it said. Nothing is tried a second time.
pub fn push(source: &dyn Scrape, options: &PushOptions) -> Result<()> {
    Ok(send(&PushRequest::of_source(source, options)?, &options.transport)?)
}

/// Removes the group of the options from the gateway, with all its metrics.
///
/// # Errors
/// As for [`push`].
pub fn delete_pushed(options: &PushOptions) -> Result<()> {
    Ok(send(&PushRequest::delete(options)?, &options.transport)?)
}

/// Sends a request and waits for the answer, as [`push`] does.
///
/// # Errors
/// [`PushError::Refused`] when the answer is no success; `invalid_value` for a request or files that
/// are not what they should be; `io` for all else.
pub fn send(request: &PushRequest, transport: &PushTransport) -> Result<(), PushError> {
    let prepared = Prepared::new(request)?;
    let exchange = async {
        let exchange = prepared.exchange(transport);
        match transport.timeout {
            None => exchange.await,
            Some(limit) => timeout(limit, exchange)
                .await
                .unwrap_or_else(|_| Err(prepared.unreachable(&timed_out(limit)))),
        }
    };
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Error::io("cannot start a runtime", &error))?;
            let outcome = runtime.block_on(exchange);
            // A name that is still being looked up must not hold the caller beyond its time.
            runtime.shutdown_background();
            outcome
        });
        run.join().unwrap_or_else(|_| {
            Err(Error::new(ErrorCode::Io, "the client of a push panicked").into())
        })
    })
}

/// A request whose parts were checked.
struct Prepared<'a> {
    url: Url,
    method: Method,
    headers: HeaderMap,
    body: &'a [u8],
}

impl<'a> Prepared<'a> {
    fn new(request: &'a PushRequest) -> Result<Self> {
        let wrong = |what: String| Error::new(ErrorCode::InvalidValue, what);
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let header = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
            let (name, value) =
                header.ok_or_else(|| wrong(format!("the header {name:?} is none of HTTP")))?;
            headers.append(name, value);
        }
        // HTTP asks for it where a body is usual only; some gateways want it with every request.
        headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body.len()));
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| wrong(format!("there is no method {:?} in HTTP", request.method)))?;
        Ok(Self { url: parse_url(&request.url)?, method, headers, body: &request.body })
    }

    async fn exchange(&self, transport: &PushTransport) -> Result<(), PushError> {
        let mut url = self.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let client = client_for(&url, &transport.tls)?;
            let request = client.request(self.method.clone(), url.clone());
            let request = request.headers(self.headers.clone()).body(self.body.to_vec());
            let mut answer =
                request.send().await.map_err(|error| self.unreachable(&io_error(error)))?;
            if answer.status().is_success() {
                return Ok(());
            }
            match redirected(&url, &answer).filter(|_| transport.follow_redirects) {
                Some(next) => url = next,
                None => {
                    return Err(PushError::Refused {
                        url: without_password(&url),
                        status: answer.status().as_u16(),
                        body: start_of(&mut answer).await,
                    });
                }
            }
        }
        Err(self.unreachable(&io::Error::other("it was redirected too often")))
    }

    fn unreachable(&self, error: &io::Error) -> PushError {
        let what = format!("push to {} failed", without_password(&self.url));
        PushError::Unreachable(Error::io(what, error))
    }
}

fn client_for(url: &Url, tls: &PushTls) -> Result<Client> {
    let builder = Client::builder().redirect(Policy::none());
    let builder = builder.tls_backend_preconfigured(client_config(url, tls)?);
    builder.build().map_err(|error| Error::io("cannot make a client", &io_error(error)))
}

fn redirected(url: &Url, answer: &Response) -> Option<Url> {
    let asks = matches!(
        answer.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = answer.headers().get(LOCATION).filter(|_| asks)?;
    url.join(location.to_str().ok()?).ok()
}

/// The start of an answer's body, for people.
async fn start_of(answer: &mut Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < SHOWN_BYTES
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        bytes.extend_from_slice(&chunk);
    }
    bytes.truncate(SHOWN_BYTES);
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

fn timed_out(limit: Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {limit:?}, timed out"))
}

/// An error with its causes, of which the last one says what happened.
fn io_error(error: reqwest::Error) -> io::Error {
    let error = error.without_url();
    let mut kind = io::ErrorKind::Other;
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        if let Some(system) = inner.downcast_ref::<io::Error>() {
            kind = system.kind();
        }
        cause = inner.source();
    }
    io::Error::new(kind, text)
}
