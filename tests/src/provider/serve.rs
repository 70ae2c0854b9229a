//! One connection of the HTTPS port: handshake, then requests until one side has had enough.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    http::{Head, Refused},
    ids::Ids,
    limits, openai,
    respond::{self, After, Exchange},
    script::Script,
    truth::TruthLog,
};
use crate::clock::monotonic_ns;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) log: TruthLog,
    pub(super) ids: Ids,
    pub(super) words: Vec<String>,
}

/// Serves one connection until it ends. How it ended is in the truth of its calls; there is nobody else to tell.
pub(super) async fn connection(shared: Arc<Shared>, tls: TlsAcceptor, tcp: TcpStream, peer: SocketAddr) {
    // A chunk must leave when it is written, not when the one before it is acknowledged.
    if tcp.set_nodelay(true).is_err() {
        return;
    }
    let Ok(Ok(stream)) = timeout(limits::HANDSHAKE, tls.accept(tcp)).await else {
        return;
    };
    let mut connection = Connection { stream, buffer: Vec::new(), peer_port: peer.port() };
    loop {
        match connection.exchange(&shared).await {
            Ok(After::KeepAlive) => (),
            // The client may be gone already: then there is nobody to say goodbye to.
            Ok(After::Close) => {
                let _gone = connection.stream.shutdown().await;
                return;
            }
            Ok(After::Drop) | Err(_) => return,
        }
    }
}

struct Connection {
    stream: TlsStream<TcpStream>,
    /// Bytes read and not yet used.
    buffer: Vec<u8>,
    peer_port: u16,
}

impl Connection {
    async fn exchange(&mut self, shared: &Shared) -> io::Result<After> {
        let Self { stream, buffer, peer_port } = self;
        let (head, body) = match read_request(stream, buffer).await? {
            Incoming::Request(head, body) => (head, body),
            Incoming::Closed => return Ok(After::Close),
            Incoming::Refused(refused) => {
                let status = match refused {
                    Refused::Malformed(_) => 400,
                    Refused::TooLarge(_) => 413,
                };
                let body = openai::error(status, &refused.to_string());
                return respond::plain(stream, &shared.ids, status, &body, After::Close).await;
            }
        };
        let request_done = monotonic_ns();
        let after = if head.close { After::Close } else { After::KeepAlive };
        let refusal = match (head.method.as_str(), head.path.as_str()) {
            ("GET", "/v1/models") => (200, openai::models()),
            ("POST", "/v1/chat/completions") => {
                match (Script::parse(&head.script), openai::Asked::parse(&body)) {
                    (Ok(mut script), Ok(asked)) => {
                        script.close |= head.close;
                        let exchange = Exchange {
                            stream,
                            log: &shared.log,
                            ids: &shared.ids,
                            words: &shared.words,
                            script,
                            peer_port: *peer_port,
                            request_bytes: body.len() as u64,
                            request_done,
                        };
                        return exchange.play(&asked).await;
                    }
                    (Err(error), _) => (400, openai::error(400, &error.to_string())),
                    (Ok(_), Err(error)) => (400, openai::error(400, &error.to_string())),
                }
            }
            _ => (404, openai::error(404, "there is /v1/chat/completions and /v1/models")),
        };
        let (status, body) = refusal;
        respond::plain(stream, &shared.ids, status, &body, after).await
    }
}

enum Incoming {
    Request(Head, Vec<u8>),
    Refused(Refused),
    /// The client closed, or was silent for too long, between requests or in one.
    Closed,
}

async fn read_request<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
) -> io::Result<Incoming> {
    let head = loop {
        match Head::parse(buffer) {
            Ok(Some((head, used))) => {
                buffer.drain(..used);
                break head;
            }
            Ok(None) => (),
            Err(refused) => return Ok(Incoming::Refused(refused)),
        }
        if !read_more(stream, buffer).await? {
            return Ok(Incoming::Closed);
        }
    };
    let mut wants_continue = head.expects_continue;
    loop {
        match head.body(buffer) {
            Ok(Some((body, used))) => {
                buffer.drain(..used);
                return Ok(Incoming::Request(head, body));
            }
            Ok(None) => (),
            Err(refused) => return Ok(Incoming::Refused(refused)),
        }
        if wants_continue {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            stream.flush().await?;
            wants_continue = false;
        }
        if !read_more(stream, buffer).await? {
            return Ok(Incoming::Closed);
        }
    }
}

/// Reads what is there. `false`: nothing will come any more.
async fn read_more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<bool> {
    match timeout(limits::IDLE, stream.read_buf(buffer)).await {
        Ok(read) => Ok(read? > 0),
        Err(_) => Ok(false),
    }
}
