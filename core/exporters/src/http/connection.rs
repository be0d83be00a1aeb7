use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(feature = "tls")]
use tokio::time::timeout;

use super::handler::Handler;
use super::timed_stream::TimedStream;

/// The most bytes of a request head. A scrape's is below 1 KiB; a filter can have many names.
const MAX_HEAD: usize = 64 * 1024;

/// How connections are served.
#[derive(Clone)]
pub(super) struct Connections {
    pub(super) handler: Arc<Handler>,
    pub(super) idle_timeout: Duration,
    pub(super) send_timeout: Duration,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<tokio_rustls::TlsAcceptor>,
}

impl Connections {
    /// Serves the requests of one connection until it ends, fails or idles.
    pub(super) async fn serve(self, stream: TcpStream) {
        // An answer goes out whole, so there is nothing to gain from waiting for more; if the option
        // cannot be set the answer is only later.
        let _ = stream.set_nodelay(true);
        let stream = TimedStream::new(stream, self.send_timeout);
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            // A client that fails to agree, or takes too long to, is told so by the protocol.
            if let Ok(Ok(stream)) = timeout(self.idle_timeout, tls.accept(stream)).await {
                self.serve_http(stream).await;
            }
            return;
        }
        self.serve_http(stream).await;
    }

    async fn serve_http(&self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service = service_fn(|request| {
            let handler = Arc::clone(&self.handler);
            async move { Ok::<_, Infallible>(handler.respond(request).await) }
        });
        // An error is the client's: it left, was too slow, or does not speak HTTP, which hyper
        // answers.
        let _ = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.idle_timeout)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }
}
