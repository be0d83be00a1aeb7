//! Stands between a server and the exporter and asks for another format than the server did.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Starts one that replaces `Accept`. It runs as long as the test does.
pub(crate) fn start(exporter: SocketAddr, accept: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A server that ends in the middle of a scrape is nothing to complain about.
            let _ended = stream.and_then(|stream| pass_on(stream, exporter, accept));
        }
    });
    address
}

fn pass_on(mut asking: TcpStream, exporter: SocketAddr, accept: &str) -> std::io::Result<()> {
    let mut request = String::new();
    for line in BufReader::new(&asking).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if !["accept", "connection"].contains(&name.as_str()) {
            request.push_str(&format!("{line}\r\n"));
        }
    }
    request.push_str(&format!("Accept: {accept}\r\nConnection: close\r\n\r\n"));
    let mut exporter = TcpStream::connect(exporter)?;
    exporter.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    exporter.read_to_end(&mut answer)?;
    asking.write_all(&answer)
}
