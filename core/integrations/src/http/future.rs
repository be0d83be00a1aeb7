//! The future of a measured response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::ResponseBody;
use super::exchange::Exchange;

pin_project! {
    /// The future of a measured response.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // None when the request is not measured.
        exchange: Option<Exchange>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, exchange: Option<Exchange>) -> Self {
        Self { inner, exchange }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(exchange) = this.exchange {
            exchange.enter();
        }
        let polled = this.inner.poll(cx);
        if let (Some(exchange), Poll::Pending | Poll::Ready(Ok(_))) = (&mut *this.exchange, &polled)
        {
            exchange.leave();
        }
        // An error ends it here, as a failure.
        let mut exchange = if polled.is_ready() { this.exchange.take() } else { None };
        let response = ready!(polled)?;
        if let Some(exchange) = &mut exchange {
            exchange.respond(response.status());
        }
        Poll::Ready(Ok(response.map(|body| ResponseBody::new(body, exchange))))
    }
}
