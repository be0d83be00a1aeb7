use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpStream;

use super::handler::Handler;
use super::timed_stream::TimedStream;

/// The most bytes of a request head. A scrape's is below 1 KiB; a filter can have many names.
const MAX_HEAD: usize = 64 * 1024;

/// Serves the requests of one connection until it ends, fails or idles.
pub(super) async fn serve_connection(
    stream: TcpStream,
    handler: Arc<Handler>,
    idle_timeout: Duration,
    send_timeout: Duration,
) {
    // An answer goes out whole, so there is nothing to gain from waiting for more; if the option
    // cannot be set the answer is only later.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(handler.respond(request).await) }
    });
    // An error is the client's: it left, was too slow, or does not speak HTTP, which hyper answers.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle_timeout)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TimedStream::new(stream, send_timeout), service)
        .await;
}
