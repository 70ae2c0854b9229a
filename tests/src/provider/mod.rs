//! A local provider that speaks the providers' real formats over real TLS, plays what a client's `x-script` header asks for,
//! and knows when it sent what.
//!
//! ```text
//! accept ─ serve (TLS, ALPN) ┬ http1 ┬ script, dialect (what to say), coding ─ respond (when) ─ reply ─▶ the same one
//!                            └ http2 ┘                                          truth ◀─ stamps ┘
//! ```
//!
//! It is rustls in the test's own process, which is never in the observed cgroup: the agent sees clients only.

mod anthropic;
mod authority;
mod bedrock;
mod coding;
mod cohere;
mod dialect;
mod gemini;
mod head;
mod http;
mod http1;
mod http2;
mod ids;
mod json;
mod limits;
mod material;
mod mistral;
mod not_http;
mod ollama;
mod openai;
mod reply;
mod respond;
mod script;
mod serve;
mod truth;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
};

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::Semaphore, sync::watch};
use tokio_rustls::TlsAcceptor;

use self::{authority::Authority, ids::Ids, serve::Shared};
pub use self::{
    coding::{Coding, CodingRule},
    not_http::Protocol,
    script::{Content, Framing, Script, ScriptError},
    truth::{ChunkSent, End, Tokens, Told, ToolTold, Truth, TruthLog, UsageTold},
};

/// How a provider is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port of the HTTPS listener; 0 takes a free one.
    pub port: u16,
    /// Where `ca.pem` is put; a temporary directory when absent.
    pub directory: Option<PathBuf>,
    /// The words that answers are made of.
    pub words: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        let words = ["alpha", "beta", "gamma", "delta", "epsilon"].map(str::to_owned).to_vec();
        Self { port: 0, directory: None, words }
    }
}

/// A running provider; stops when dropped.
#[derive(Debug)]
pub struct Provider {
    https: SocketAddr,
    smtp: SocketAddr,
    binary: SocketAddr,
    ca_path: PathBuf,
    log: TruthLog,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    /// Holds `ca.pem` where the caller named no directory.
    _directory: Option<TempDir>,
}

impl Provider {
    /// Starts on loopback, in threads of its own.
    pub fn start(options: Options) -> anyhow::Result<Self> {
        let Options { port, directory, words } = options;
        let (path, own) = match directory {
            Some(path) => (path, None),
            None => {
                let own = tempfile::Builder::new().prefix("wirelight-provider-").tempdir()?;
                (own.path().to_owned(), Some(own))
            }
        };
        let authority = Authority::create(&path)?;
        let ca_path = authority.ca_path.clone();
        let log = TruthLog::default();
        let shared = Arc::new(Shared { log: log.clone(), ids: Ids::new(), words });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("provider")
            .enable_all()
            .build()
            .context("starting the provider's runtime")?;
        let listeners = runtime
            .block_on(async { anyhow::Ok([listen(port).await?, listen(0).await?, listen(0).await?]) })?;
        let [https, smtp, binary] = listeners.each_ref().map(TcpListener::local_addr);
        let (https, smtp, binary) = (https?, smtp?, binary?);
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::Builder::new()
            .name("provider".to_owned())
            .spawn(move || runtime.block_on(run(shared, authority, listeners, stopped)))
            .context("starting the provider's thread")?;
        Ok(Self { https, smtp, binary, ca_path, log, stop, thread: Some(thread), _directory: own })
    }

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.https)
    }

    /// Address of a port that speaks TLS but not HTTP.
    pub fn not_http(&self, protocol: Protocol) -> SocketAddr {
        match protocol {
            Protocol::Smtp => self.smtp,
            Protocol::Binary => self.binary,
        }
    }

    /// The CA that clients must trust.
    pub fn ca_path(&self) -> &Path {
        &self.ca_path
    }

    /// What happened so far.
    pub fn log(&self) -> &TruthLog {
        &self.log
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed by then, and a second one here would hide the test's own.
            let _panicked = thread.join();
        }
    }
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.with_context(|| format!("listening on port {port}"))
}

async fn run(
    shared: Arc<Shared>,
    authority: Authority,
    listeners: [TcpListener; 3],
    mut stopped: watch::Receiver<bool>,
) {
    let [https, smtp, binary] = listeners;
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS));
    let tls = TlsAcceptor::from(authority.https);
    loop {
        // A place first: what is over the limit waits in the kernel's queue.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        tokio::select! {
            Ok((tcp, peer)) = https.accept() => {
                let (shared, tls) = (Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    serve::connection(shared, tls, tcp, peer).await;
                    drop(place);
                });
            }
            Ok((tcp, _)) = smtp.accept() => {
                let config = Arc::clone(&authority.plain);
                tokio::spawn(async move {
                    not_http::connection(Protocol::Smtp, config, tcp).await;
                    drop(place);
                });
            }
            Ok((tcp, _)) = binary.accept() => {
                let config = Arc::clone(&authority.plain);
                tokio::spawn(async move {
                    not_http::connection(Protocol::Binary, config, tcp).await;
                    drop(place);
                });
            }
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
    }
}
