//! A Prometheus server of its own for a test: started, asked, ended.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything here takes, shorter than anyone's patience.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(50);

/// Whether this machine has the program; a notice if not.
pub(crate) fn is_installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: no program {program} (Debian's package is called prometheus)");
    }
    found
}

/// A running server. It ends, and its data goes, when this is dropped.
pub(crate) struct Prometheus {
    process: Child,
    folder: PathBuf,
    address: SocketAddr,
}

impl Prometheus {
    /// Starts one that scrapes each of the jobs again and again.
    pub(crate) fn start(name: &str, features: &str, jobs: &[(&str, SocketAddr)]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prometheus_{name}"));
        // What an earlier run left that was killed.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let mut config = "global: {scrape_interval: 500ms, scrape_timeout: 500ms}\n\
                          storage: {exemplars: {max_exemplars: 1000}}\nscrape_configs:\n"
            .to_owned();
        for (job, address) in jobs {
            config.push_str(&format!(
                "- {{job_name: {job}, static_configs: [{{targets: ['{address}']}}]}}\n"
            ));
        }
        fs::write(folder.join("prometheus.yml"), config).unwrap();

        // Another program may take the free port before the server does; then it ends at once.
        let deadline = Instant::now() + PATIENCE;
        loop {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let process = spawn(&folder, address, features);
            let mut server = Self { process, folder: folder.clone(), address };
            if server.becomes_ready(deadline) {
                return server;
            }
            assert!(Instant::now() < deadline, "Prometheus does not start: {}", server.log());
        }
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

    /// Asks until `answer` says that it is the one wanted, or fails with what it says of the last one.
    pub(crate) fn poll<T>(&self, target: &str, answer: impl Fn(&Value) -> Result<T, String>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let data = self.get(target).map(|body| serde_json::from_str::<Value>(&body).unwrap());
            let fault = match data {
                Some(data) => match answer(&data["data"]) {
                    Ok(wanted) => return wanted,
                    Err(fault) => fault,
                },
                None => "it does not answer".to_owned(),
            };
            assert!(Instant::now() < deadline, "{target}: {fault}\n{}", self.log());
            thread::sleep(PAUSE);
        }
    }

    /// The body of a good answer. HTTP 1.0, so that it comes in one piece.
    fn get(&self, target: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let request = format!("GET {target} HTTP/1.0\r\nHost: test\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.split(' ').nth(1).filter(|status| *status == "200")?;
        Some(body.to_owned())
    }

    /// What it has to say, and what became of its scrapes.
    fn log(&self) -> String {
        let targets = self.get("/api/v1/targets").unwrap_or_default();
        fs::read_to_string(self.folder.join("log")).unwrap_or_default() + &targets
    }
}

fn spawn(folder: &Path, address: SocketAddr, features: &str) -> Child {
    let log = File::create(folder.join("log")).unwrap();
    Command::new("prometheus")
        .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address={address}"))
        .arg(format!("--enable-feature={features}"))
        .arg("--log.level=debug")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A query for a URL.
pub(crate) fn escaped(query: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02x}"),
    };
    query.bytes().map(byte).collect()
}
