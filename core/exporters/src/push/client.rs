use std::thread;

use metrion_model::{Error, ErrorCode, NameFilter, Result};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use tokio::runtime;

use super::target::group_url;
use super::{PushMethod, PushOptions};
use crate::Scrape;

/// How much of an answer that refuses is shown.
const SHOWN_BYTES: usize = 1000;

/// Collects all metrics and sends them as the group of the options. It blocks until the gateway has
/// answered, at most for the options' time and that of collecting; on a thread of its own, so that it
/// may be called from wherever one may wait.
///
/// # Errors
/// `invalid_value`, `invalid_name`, `reserved_name` for wrong options; `io` when the gateway cannot be
/// reached, does not answer in time, or refuses, with what it said. Nothing is tried a second time.
pub fn push(source: &dyn Scrape, options: &PushOptions) -> Result<()> {
    let mut body = Vec::new();
    let snapshot = source.scrape(&NameFilter::all());
    options.format.encode(&snapshot, options.encode, &mut body);
    let method = match options.method {
        PushMethod::Replace => Method::PUT,
        PushMethod::Add => Method::POST,
    };
    send(options, method, |request| {
        request.header("content-type", options.format.content_type()).body(body)
    })
}

/// Removes the group of the options from the gateway, with all its metrics.
///
/// # Errors
/// As for [`push`].
pub fn delete_pushed(options: &PushOptions) -> Result<()> {
    send(options, Method::DELETE, |request| request)
}

fn send(
    options: &PushOptions,
    method: Method,
    complete: impl FnOnce(RequestBuilder) -> RequestBuilder,
) -> Result<()> {
    let url = group_url(options)?;
    let fault =
        |what: &str| Error::new(ErrorCode::Io, format!("push to {} failed: {what}", options.url));
    let client = Client::builder()
        .timeout(options.timeout)
        // A redirected PUT would become a GET in places.
        .redirect(Policy::none())
        .build()
        .map_err(|error| fault(&with_causes(&error)))?;
    let mut request = complete(client.request(method, url));
    for (name, value) in &options.headers {
        request = request.header(name, value);
    }
    if let Some(auth) = &options.basic_auth {
        request = request.basic_auth(&auth.user, Some(&auth.password));
    }
    let exchange = async {
        let mut answer = request.send().await.map_err(|error| with_causes(&error))?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(format!("the gateway answered {}: {}", answer.status(), start_of(&mut answer).await))
    };
    let outcome = thread::scope(|scope| {
        let run = scope.spawn(|| -> Result<(), String> {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(|error| error.to_string())?.block_on(exchange)
        });
        run.join().unwrap_or_else(|_| Err("the client panicked".to_owned()))
    });
    outcome.map_err(|what| fault(&what))
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

/// An error with its causes, of which the last one says what happened.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
