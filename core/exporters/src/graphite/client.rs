use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use metrion_model::{Error, NameFilter, Result};

use super::GraphiteOptions;
use super::lines::lines;
use crate::Scrape;

/// Collects all metrics and sends them once. It blocks until Graphite's side of the connection has
/// taken them, at most for the options' time and that of collecting.
///
/// # Errors
/// `invalid_value` for a wrong prefix; `io` when Graphite cannot be reached or does not take all in
/// time. Nothing is tried a second time.
pub fn push(source: &dyn Scrape, options: &GraphiteOptions) -> Result<()> {
    options.check()?;
    send(&lines(&source.scrape(&NameFilter::all()), options), options)
}

pub(super) fn send(lines: &str, options: &GraphiteOptions) -> Result<()> {
    let GraphiteOptions { host, port, timeout, .. } = options;
    write_all(lines.as_bytes(), (host, *port), *timeout).map_err(|error| {
        Error::io(format_args!("push to Graphite at {host} port {port} failed"), &error)
    })
}

fn write_all(mut bytes: &[u8], address: (&str, u16), timeout: Duration) -> io::Result<()> {
    let addresses: Vec<_> = address.to_socket_addrs()?.collect();
    let start = Instant::now();
    let left = || match timeout.saturating_sub(start.elapsed()) {
        Duration::ZERO => Err(io::Error::from(io::ErrorKind::TimedOut)),
        left => Ok(left),
    };
    let mut stream = Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
    for address in addresses {
        stream = TcpStream::connect_timeout(&address, left()?);
        if stream.is_ok() {
            break;
        }
    }
    let mut stream = stream?;
    while !bytes.is_empty() {
        stream.set_write_timeout(Some(left()?))?;
        match stream.write(bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What a socket's own time limit is called on Unix.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::Error::from(io::ErrorKind::TimedOut));
            }
            Err(error) => return Err(error),
        }
    }
    stream.shutdown(Shutdown::Write)
}
