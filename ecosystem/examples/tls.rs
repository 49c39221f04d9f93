//! Lines over TLS: rustls on tminus, by the crate futures-rustls.
//!
//! ```console
//! $ cargo run -p tminus-ecosystem --example tls             # in a simulation; `-- --seed 7` selects another seed
//! $ cargo run -p tminus-ecosystem --example tls -- --real   # on loopback
//! ```

use std::{sync::Arc, time::Duration};

use futures::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, StreamExt, io::BufReader};
use futures_rustls::{
    TlsAcceptor, TlsConnector, client,
    pki_types::{PrivatePkcs8KeyDer, ServerName, UnixTime},
    rustls::{
        ClientConfig, RootCertStore, ServerConfig, crypto::ring, time_provider::TimeProvider,
    },
    server,
};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use tminus::{
    Exception,
    net::{TcpListener, TcpStream},
    spawn,
};

/// The configurations of a server and of a client that trusts it.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
}

impl Tls {
    /// Creates a key and a certificate for the name `engine`, self-signed. The client trusts nothing else.
    ///
    /// The simulation does not choose TLS's random numbers. But these, and the signatures of an Ed25519 key, always have the same
    /// length, so a seed still repeats a run. (Signatures of ECDSA differ in length.)
    pub fn new() -> Result<Self, Exception> {
        let key = KeyPair::generate_for(&PKCS_ED25519)?;
        let mut certificate = CertificateParams::new(["engine".to_owned()])?;
        certificate.serial_number = Some(1.into()); // a random number is sometimes a byte shorter
        let certificate = certificate.self_signed(&key)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let provider = Arc::new(ring::default_provider());
        let server = ServerConfig::builder_with_details(provider.clone(), Arc::new(LaunchDay))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())?;
        let mut trusted = RootCertStore::empty();
        trusted.add(certificate.der().clone())?;
        let client = ClientConfig::builder_with_details(provider, Arc::new(LaunchDay))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self {
            acceptor: Arc::new(server).into(),
            connector: Arc::new(client).into(),
        })
    }

    pub async fn accept(
        &self,
        stream: TcpStream,
    ) -> Result<server::TlsStream<TcpStream>, Exception> {
        Ok(self.acceptor.accept(stream).await?)
    }

    pub async fn connect(
        &self,
        name: &'static str,
        stream: TcpStream,
    ) -> Result<client::TlsStream<TcpStream>, Exception> {
        let name = ServerName::try_from(name)?;
        Ok(self.connector.connect(name, stream).await?)
    }
}

/// A fixed date on which certificates are checked. A program that is not simulated uses `ClientConfig::builder` instead, which
/// reads the system's clock.
#[derive(Debug)]
struct LaunchDay;

impl TimeProvider for LaunchDay {
    fn current_time(&self) -> Option<UnixTime> {
        let years = 2026 - 1970;
        Some(UnixTime::since_unix_epoch(Duration::from_hours(
            years * 365 * 24,
        )))
    }
}

/// Answers each line until the client closes its side.
async fn serve(listener: TcpListener, tls: Tls) -> Result<usize, Exception> {
    let (stream, _) = listener.accept().await?;
    let (reads, mut writes) = tls.accept(stream).await?.split();
    let mut lines = BufReader::new(reads).lines();
    let mut count = 0;
    while let Some(line) = lines.next().await {
        writes
            .write_all(format!("copied: {}\n", line?).as_bytes())
            .await?;
        writes.flush().await?; // writes the bytes that the socket has not taken yet
        count += 1;
    }
    writes.close().await?;
    Ok(count)
}

pub async fn program() -> Result<Vec<String>, Exception> {
    let tls = Tls::new()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let stream = TcpStream::connect(listener.local_addr()?).await?;
    let server = spawn(serve(listener, tls.clone()))?;
    let mut stream = tls.connect("engine", stream).await?;
    let (_, session) = stream.get_ref();
    let version = session.protocol_version().map(|version| version.as_str());
    let mut lines = vec![format!(
        "connected with {}",
        version.flatten().unwrap_or("?")
    )];
    for n in (1..=3).rev() {
        stream
            .write_all(format!("T-minus {n}\n").as_bytes())
            .await?;
    }
    stream.close().await?; // sends close_notify, and can still read
    let mut answers = BufReader::new(stream).lines();
    while let Some(answer) = answers.next().await {
        lines.push(answer?);
    }
    lines.push(format!("the server has read {} lines", server.await?));
    Ok(lines)
}

fn main() -> Result<(), Exception> {
    tminus_ecosystem::show(program)
}
