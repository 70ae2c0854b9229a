//! The run's own certificate authority, made at start and trusted by nobody else.
//!
//! In: where to put it. Out: the CA as a PEM file for the clients, and a TLS configuration for the servers. The keys
//! live in memory only and die with the process.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::{
    self, ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// A CA and a server certificate signed by it.
pub(super) struct Authority {
    /// The CA's certificate in PEM: what clients are told to trust.
    pub(super) ca_path: PathBuf,
    /// TLS 1.3 and 1.2, HTTP/2 and HTTP/1.1 by ALPN.
    pub(super) https: Arc<ServerConfig>,
    /// The same without ALPN, for what is not HTTP.
    pub(super) plain: Arc<ServerConfig>,
}

/// ALPN's name of HTTP/2.
pub(super) const HTTP2: &[u8] = b"h2";
/// And of HTTP/1.1; also spoken with a client that names nothing.
const HTTP1: &[u8] = b"http/1.1";

/// Names and addresses that the server certificate is for. Nothing resolves the providers' names to this machine;
/// clients that are told an address of their own (`curl --connect-to`) may use them.
const SUBJECTS: [&str; 9] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "api.openai.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "api.mistral.ai",
    "api.cohere.com",
    "bedrock-runtime.us-east-1.amazonaws.com",
];

impl Authority {
    /// Makes keys and certificates, and writes the CA's into `directory`.
    pub(super) fn create(directory: &Path) -> anyhow::Result<Self> {
        let ca_key = KeyPair::generate().context("making the CA's key")?;
        let mut ca = CertificateParams::new(Vec::new())?;
        ca.distinguished_name.push(DnType::CommonName, "wirelight test CA");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_certificate = ca.self_signed(&ca_key).context("signing the CA")?;
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate().context("making the server's key")?;
        let mut server = CertificateParams::new(SUBJECTS.map(str::to_owned))?;
        server.distinguished_name.push(DnType::CommonName, "wirelight test provider");
        let certificate = server.signed_by(&key, &issuer).context("signing the server")?;

        let ca_path = directory.join("ca.pem");
        fs::write(&ca_path, ca_certificate.pem())
            .with_context(|| format!("writing {}", ca_path.display()))?;

        let plain = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )?;
        let mut https = plain.clone();
        https.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        Ok(Self { ca_path, https: Arc::new(https), plain: Arc::new(plain) })
    }
}
