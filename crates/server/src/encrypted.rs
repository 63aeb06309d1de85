//! Connections over TLS: a listener that hands over connections whose handshake is done.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client may take for its handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// Handshakes at the same time; further connections wait in the queue of the system.
const HANDSHAKES: usize = 256;

/// A certificate with its key, ready to be used.
#[derive(Debug, Clone)]
pub struct Certificate(Arc<ServerConfig>);

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file cannot be read as PEM.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The key is not that of the certificate, or of a kind that is not known.
    #[error("the certificate and the key do not go together: {0}")]
    Pair(rustls::Error),
}

impl Certificate {
    /// Reads a chain of certificates, that of the server first, and its private key, both PEM.
    ///
    /// # Errors
    /// When a file cannot be read, or they do not go together.
    pub fn read(chain: &Path, key: &Path) -> Result<Self, CertificateError> {
        let certificates = CertificateDer::pem_slice_iter(&read(chain)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| broken(chain, &error))?;
        if certificates.is_empty() {
            return Err(broken(chain, &"there is no certificate in it"));
        }
        let key =
            PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| broken(key, &error))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(CertificateError::Pair)?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .map_err(CertificateError::Pair)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(path).map_err(|error| broken(path, &error))
}

fn broken(path: &Path, reason: &impl ToString) -> CertificateError {
    CertificateError::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

type Accepted = (TlsStream<TcpStream>, SocketAddr);

/// Accepts connections over TLS. Nobody waits for the handshake of somebody else.
#[derive(Debug)]
pub(crate) struct Encrypted {
    address: SocketAddr,
    accepted: Receiver<Accepted>,
}

impl Encrypted {
    /// Starts to accept; that ends when this is dropped.
    pub(crate) fn start(mut listener: TcpListener, certificate: Certificate) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, accepted) = channel(HANDSHAKES);
        let acceptor = TlsAcceptor::from(certificate.0);
        let turns = Arc::new(Semaphore::new(HANDSHAKES));
        tokio::spawn(async move {
            while let Ok(turn) = Arc::clone(&turns).acquire_owned().await {
                let (stream, address) = tokio::select! {
                    connection = Listener::accept(&mut listener) => connection,
                    () = sender.closed() => return,
                };
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    crate::send_at_once(&stream);
                    let handshake = acceptor.accept(stream);
                    match tokio::time::timeout(PATIENCE, handshake).await {
                        Ok(Ok(stream)) => drop(sender.send((stream, address)).await),
                        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                        Err(_) => tracing::debug!("a TLS handshake took too long"),
                    }
                    drop(turn);
                });
            }
        });
        Ok(Self { address, accepted })
    }
}

impl Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Accepted {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            // The task that accepts ends with the runtime.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
