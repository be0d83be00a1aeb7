use std::future::pending;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use metrion_model::{Error, ErrorCode, Result};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{sleep, timeout};

use super::HttpOptions;
use super::connection::Connections;
use super::handler::Handler;
use crate::Scrape;

/// How many threads collect and encode at once. They come and go with the scrapes; more of them would
/// take the processors from the program that is being measured.
const SCRAPE_THREADS: usize = 2;

/// How long to wait when a connection cannot be accepted, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the metrics of `source` until the returned server is stopped.
///
/// The socket listens when this returns. The server runs on a thread of its own, with a runtime of its
/// own; whether the caller has one makes no difference. After fork() the child has no such
/// thread: it starts a server of its own, on another port.
///
/// # Errors
/// `address_in_use` when another socket has the port, `invalid_value` for options that make no sense,
/// `io` for anything else that the operating system refuses, and for files of TLS that cannot be read.
pub fn serve(source: impl Scrape, options: HttpOptions) -> Result<HttpServer> {
    options.check()?;
    #[cfg(feature = "tls")]
    let tls = options.tls.as_ref().map(super::tls::acceptor).transpose()?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(SCRAPE_THREADS)
        .thread_name("metrion-scrape")
        .build()
        .map_err(|error| Error::new(ErrorCode::Io, format!("cannot start a runtime: {error}")))?;
    let (listener, local_addr) = listen(&runtime, &options.address, options.port)
        .map_err(|error| cannot_listen(&options, &error))?;
    let (stop, stopped) = oneshot::channel();
    let server = Server {
        source: Arc::new(source),
        options,
        listener,
        #[cfg(feature = "tls")]
        tls,
    };
    let thread = thread::Builder::new()
        .name("metrion-http".to_owned())
        .spawn(move || {
            runtime.block_on(server.run(stopped));
            // Ends all connections. A collector that still runs is left to itself: it cannot be
            // ended, and nobody waits for what it yields.
            runtime.shutdown_background();
        })
        .map_err(|error| Error::new(ErrorCode::Io, format!("cannot start a thread: {error}")))?;
    Ok(HttpServer { local_addr, process: process::id(), running: Some((stop, thread)) })
}

/// A running server. Dropping it stops it; see [`HttpServer::detach`].
#[derive(Debug)]
pub struct HttpServer {
    local_addr: SocketAddr,
    process: u32,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl HttpServer {
    /// The address that it listens on, with the port that it got when the options left that open.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Stops listening, sends the answers that are under way, and waits until the port is free and
    /// the thread has ended: at most [`HttpOptions::stop_timeout`].
    pub fn stop(self) {}

    /// Leaves the server running until the process ends.
    pub fn detach(mut self) {
        self.running = None;
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        let Some((stop, thread)) = self.running.take() else {
            return;
        };
        if self.process != process::id() {
            // A fork's child: the thread is in the parent only, and whatever it held it holds here
            // for ever.
            std::mem::forget((stop, thread));
            return;
        }
        // Neither fails unless the thread is gone already.
        let _ = stop.send(());
        let _ = thread.join();
    }
}

fn listen(
    runtime: &Runtime,
    address: &str,
    port: u16,
) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind((address, port))?;
    listener.set_nonblocking(true)?;
    let local_addr = listener.local_addr()?;
    let _guard = runtime.enter();
    Ok((TcpListener::from_std(listener)?, local_addr))
}

fn cannot_listen(options: &HttpOptions, error: &std::io::Error) -> Error {
    let HttpOptions { address, port, .. } = options;
    if error.kind() == ErrorKind::AddrInUse {
        return Error::new(
            ErrorCode::AddressInUse,
            format!(
                "cannot listen on {address} port {port}: something else does already; stop that, or \
                 choose another port (0 takes any free one)"
            ),
        );
    }
    Error::new(ErrorCode::Io, format!("cannot listen on {address} port {port}: {error}"))
}

struct Server {
    source: Arc<dyn Scrape>,
    options: HttpOptions,
    listener: TcpListener,
    #[cfg(feature = "tls")]
    tls: Option<tokio_rustls::TlsAcceptor>,
}

impl Server {
    /// Serves until `stopped` resolves; for ever when its sender is dropped without a word.
    async fn run(self, stopped: oneshot::Receiver<()>) {
        let HttpOptions { max_scrapes, max_connections, stop_timeout, .. } = self.options;
        let HttpOptions { path, encode, .. } = self.options;
        let scrapes = Arc::new(Semaphore::new(max_scrapes.into()));
        let connections = Connections {
            handler: Arc::new(Handler::new(self.source, path, encode, Arc::clone(&scrapes))),
            idle_timeout: self.options.idle_timeout,
            send_timeout: self.options.send_timeout,
            #[cfg(feature = "tls")]
            tls: self.tls,
        };
        let accepting = tokio::spawn(accept(self.listener, connections, max_connections));
        if stopped.await.is_err() {
            pending::<()>().await;
        }
        // Once the task has ended the listener is closed and the port free.
        accepting.abort();
        let _ = accepting.await;
        // With all permits here no scrape is under way, and none can begin.
        let all = scrapes.acquire_many(max_scrapes.into());
        let _ = timeout(stop_timeout, all).await;
    }
}

async fn accept(listener: TcpListener, connections: Connections, max_connections: u16) {
    let free = Arc::new(Semaphore::new(max_connections.into()));
    // Acquiring fails only from a closed semaphore, and nobody closes this one.
    while let Ok(permit) = Arc::clone(&free).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let connections = connections.clone();
        tokio::spawn(async move {
            connections.serve(stream).await;
            drop(permit);
        });
    }
}
