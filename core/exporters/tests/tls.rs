//! The HTTP exporter over TLS: who is served, who is not, and which files are refused.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use metrion_exporters::http::{HttpOptions, HttpServer, TlsOptions, TlsVersion, serve};
use metrion_model::{ErrorCode, NameFilter, Result, Snapshot};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// An authority, a server's certificate for 127.0.0.1 and a client's, in files of their own.
struct Files {
    folder: PathBuf,
    authority: CertificateDer<'static>,
    client: (CertificateDer<'static>, PrivateKeyDer<'static>),
}

impl Files {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tls_{name}"));
        fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        let signed = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            (params.signed_by(&key, &issuer).unwrap(), key)
        };
        let (server, server_key) = signed("127.0.0.1");
        let (client, client_key) = signed("prometheus");
        for (file, text) in [
            ("authority.pem", authority.pem()),
            ("server.pem", server.pem()),
            ("server.key", server_key.serialize_pem()),
            ("client.key", client_key.serialize_pem()),
            ("authority.key", issuer.key().serialize_pem()),
            ("empty.pem", String::new()),
        ] {
            fs::write(folder.join(file), text).unwrap();
        }
        let key = PrivateKeyDer::try_from(client_key.serialize_der()).unwrap();
        Self { folder, authority: authority.der().clone(), client: (client.der().clone(), key) }
    }

    fn options(&self) -> TlsOptions {
        TlsOptions {
            certificates: self.folder.join("server.pem"),
            key: self.folder.join("server.key"),
            ..TlsOptions::default()
        }
    }

    /// Gives the client a certificate that `openssl x509 -req` made without a word of extensions,
    /// signed by a key in a file. `None`, with a notice, where the program is missing.
    fn use_version_1(&mut self, signer: &str, days: &str) -> Option<()> {
        let openssl = |arguments: &[&str]| {
            let mut program = Command::new("openssl");
            let output = program.args(arguments).current_dir(&self.folder).output().ok()?;
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
            Some(())
        };
        let request = ["req", "-new", "-key", "client.key", "-subj", "/CN=v1", "-out", "request"];
        if openssl(&request).is_none() {
            eprintln!("skipped: no program openssl");
            return None;
        }
        openssl(&[
            "x509",
            "-req",
            "-in",
            "request",
            "-CA",
            "authority.pem",
            "-CAkey",
            signer,
            "-set_serial",
            "1",
            "-days",
            days,
            "-outform",
            "DER",
            "-out",
            "v1.der",
        ])?;
        self.client.0 = fs::read(self.folder.join("v1.der")).unwrap().into();
        Some(())
    }

    /// The answer to a scrape, or how it failed.
    fn get(&self, address: SocketAddr, with_certificate: bool) -> std::io::Result<String> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = if with_certificate {
            let (certificate, key) = &self.client;
            let key = ring::default_provider().key_provider.load_private_key(key.clone_key());
            // It does not look at the certificate first.
            let identity = CertifiedKey::new(vec![certificate.clone()], key.unwrap());
            config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity)))
        } else {
            config.with_no_client_auth()
        };
        let name = "127.0.0.1".try_into().unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut stream = StreamOwned::new(connection, socket);
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn start(tls: TlsOptions) -> Result<HttpServer> {
    let options = HttpOptions { tls: Some(tls), ..HttpOptions::default() };
    serve(|_: &NameFilter| Snapshot::default(), options)
}

#[test]
fn a_client_that_trusts_the_authority_is_served() {
    let files = Files::new("plain");
    let server = start(files.options()).unwrap();
    let answer = files.get(server.local_addr(), false).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    // One that does not speak TLS is not, and the server goes on.
    let mut plain = TcpStream::connect(server.local_addr()).unwrap();
    plain.write_all(b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _reset = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"));
    assert!(files.get(server.local_addr(), false).is_ok());
    server.stop();
}

#[test]
fn clients_are_known_by_their_certificates() {
    let files = Files::new("clients");
    let asking = TlsOptions {
        client_authorities: Some(files.folder.join("authority.pem")),
        ..files.options()
    };
    let server = start(asking.clone()).unwrap();
    assert!(files.get(server.local_addr(), false).is_ok());
    assert!(files.get(server.local_addr(), true).is_ok());

    let server = start(TlsOptions { client_required: true, ..asking }).unwrap();
    assert!(files.get(server.local_addr(), false).is_err());
    assert!(files.get(server.local_addr(), true).is_ok());

    // The folder has keys and an empty file, too.
    let from_folder = TlsOptions {
        client_authorities_folder: Some(files.folder.clone()),
        client_required: true,
        ..files.options()
    };
    let server = start(from_folder).unwrap();
    assert!(files.get(server.local_addr(), false).is_err());
    assert!(files.get(server.local_addr(), true).is_ok());
}

#[test]
fn clients_with_certificates_of_version_1() {
    let mut files = Files::new("version_1");
    let tls = TlsOptions {
        client_authorities: Some(files.folder.join("authority.pem")),
        client_required: true,
        ..files.options()
    };
    let server = start(tls.clone()).unwrap();
    let old = start(TlsOptions { max_version: Some(TlsVersion::Tls12), ..tls }).unwrap();
    if files.use_version_1("authority.key", "1").is_none() {
        return;
    }
    assert!(files.get(server.local_addr(), true).is_ok());
    assert!(files.get(old.local_addr(), true).is_err());
    files.use_version_1("authority.key", "-1").unwrap();
    assert!(files.get(server.local_addr(), true).is_err(), "expired");
    // Whoever has a certificate but not its key proves nothing.
    files.use_version_1("authority.key", "1").unwrap();
    let server_key = PrivateKeyDer::from_pem_file(files.folder.join("server.key")).unwrap();
    let thief = (files.client.0.clone(), server_key);
    let owner = std::mem::replace(&mut files.client, thief);
    assert!(files.get(server.local_addr(), true).is_err(), "not its key");
    files.client = owner;
    assert!(files.get(server.local_addr(), true).is_ok());
}

#[test]
fn versions() {
    let files = Files::new("versions");
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let tls =
            TlsOptions { min_version: version, max_version: Some(version), ..files.options() };
        assert!(files.get(start(tls).unwrap().local_addr(), false).is_ok(), "{version:?}");
    }
    let nothing = TlsOptions {
        min_version: TlsVersion::Tls13,
        max_version: Some(TlsVersion::Tls12),
        ..files.options()
    };
    assert_eq!(start(nothing).unwrap_err().code(), ErrorCode::InvalidValue);
}

/// Whoever says nothing holds a connection until its time is over, and not the server.
#[test]
fn a_silent_client_is_left_alone() {
    let files = Files::new("silent");
    let options = HttpOptions {
        tls: Some(files.options()),
        idle_timeout: Duration::from_millis(200),
        max_connections: 1,
        ..HttpOptions::default()
    };
    let server = serve(|_: &NameFilter| Snapshot::default(), options).unwrap();
    let mut silent = TcpStream::connect(server.local_addr()).unwrap();
    assert!(files.get(server.local_addr(), false).is_ok());
    assert_eq!(silent.read(&mut [0; 8]).unwrap_or(0), 0);
}

#[test]
fn wrong_files() {
    let files = Files::new("wrong");
    let fault = |options: TlsOptions| start(options).unwrap_err();
    let file = |name: &str| files.folder.join(name);
    let missing = fault(TlsOptions { key: file("missing.key"), ..files.options() });
    assert_eq!(missing.code(), ErrorCode::Io);
    assert!(missing.message().contains("missing.key"), "{missing}");
    assert_eq!(missing.io_kind(), Some(ErrorKind::NotFound));
    let folder = Some(file("no_folder"));
    let missing = fault(TlsOptions { client_authorities_folder: folder, ..files.options() });
    assert_eq!(missing.io_kind(), Some(ErrorKind::NotFound));
    for wrong in [
        TlsOptions { certificates: file("empty.pem"), ..files.options() },
        TlsOptions { certificates: file("server.key"), ..files.options() },
        TlsOptions { key: file("server.pem"), ..files.options() },
        TlsOptions { key: file("client.key"), ..files.options() },
        TlsOptions { client_authorities: Some(file("empty.pem")), ..files.options() },
        TlsOptions { client_required: true, ..files.options() },
    ] {
        let error = fault(wrong.clone());
        assert_eq!(error.code(), ErrorCode::InvalidValue, "{wrong:?} {error}");
    }
}
