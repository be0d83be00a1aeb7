//! A Pushgateway of its own for a test: started, read, ended.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// A running gateway. It ends when this is dropped.
pub(crate) struct Gateway {
    process: Child,
    address: SocketAddr,
}

impl Gateway {
    /// `None`, with a notice, where the program is missing.
    pub(crate) fn start() -> Option<Self> {
        if Command::new("prometheus-pushgateway").arg("--version").output().is_err() {
            eprintln!("skipped: no program prometheus-pushgateway (a Debian package of that name)");
            return None;
        }
        // Another program may take the free port before the gateway does; then it ends at once.
        let deadline = Instant::now() + PATIENCE;
        loop {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let process = Command::new("prometheus-pushgateway")
                .arg(format!("--web.listen-address={address}"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut gateway = Self { process, address };
            if gateway.becomes_ready(deadline) {
                return Some(gateway);
            }
            assert!(Instant::now() < deadline, "the Pushgateway does not start");
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it exposes.
    pub(crate) fn metrics(&self) -> String {
        self.get("/metrics").unwrap()
    }

    fn becomes_ready(&mut self, deadline: Instant) -> bool {
        while Instant::now() < deadline && self.process.try_wait().unwrap().is_none() {
            if self.get("/-/ready").is_some() {
                return true;
            }
            thread::sleep(PAUSE);
        }
        false
    }

    /// The body of a good answer. HTTP 1.0, so that it comes in one piece.
    fn get(&self, target: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        write!(stream, "GET {target} HTTP/1.0\r\nHost: test\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.split(' ').nth(1).filter(|status| *status == "200")?;
        Some(body.to_owned())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
