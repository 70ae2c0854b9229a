//! One connection of the HTTPS port: handshake, the version of HTTP that it agreed on, and what is said to a request in
//! either.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsAcceptor;

use super::{
    authority::HTTP2,
    coding::{self, Undecodable},
    dialect::{self, Address, Asked, Facts},
    head::{Body, Head},
    http1, http2,
    ids::Ids,
    limits, openai,
    reply::Reply,
    respond::{After, Exchange},
    script::Script,
    truth::{Connection, TruthLog},
};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) log: TruthLog,
    pub(super) ids: Ids,
    pub(super) words: Vec<String>,
}

/// A request, whole.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) host: &'a str,
    /// Path and query.
    pub(super) target: &'a str,
    /// The value of `x-script`, or nothing.
    pub(super) script: &'a str,
    /// The value of `Accept-Encoding`, or nothing.
    pub(super) accept_encoding: &'a str,
    /// The value of `Content-Encoding`, or nothing.
    pub(super) content_encoding: &'a str,
    /// As it came.
    pub(super) body: Vec<u8>,
    /// The client closes after this request.
    pub(super) close: bool,
    /// When its last byte had been read.
    pub(super) done: u64,
    pub(super) connection: Connection,
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
    if stream.get_ref().1.alpn_protocol() == Some(HTTP2) {
        http2::connection(shared, stream, peer.port()).await;
    } else {
        http1::connection(&shared, stream, peer.port()).await;
    }
}

/// Answers a request.
pub(super) async fn answer<R: Reply>(
    shared: &Shared,
    reply: &mut R,
    request: Request<'_>,
) -> io::Result<After> {
    let Request {
        method,
        host,
        target,
        script,
        accept_encoding,
        content_encoding,
        body,
        close,
        done,
        connection,
    } = request;
    let after = if close { After::Close } else { After::KeepAlive };
    let address = Address::new(method, host, target);
    if (method, address.path) == ("GET", "/v1/models") {
        return plain(shared, reply, 200, &openai::models(), after).await;
    }
    let Some(dialect) = dialect::find(&address) else {
        return refuse(shared, reply, 404, "no API that this provider speaks has this path", after).await;
    };
    let request_bytes = body.len() as u64;
    let body = match coding::undo(content_encoding, body) {
        Ok(body) => body,
        Err(error) => {
            let status = match error {
                Undecodable::Unsupported => 415,
                Undecodable::Malformed => 400,
                Undecodable::TooLarge => 413,
            };
            return refuse(shared, reply, status, &error.to_string(), after).await;
        }
    };
    let mut script = match Script::parse(script) {
        Ok(script) => script,
        Err(error) => return refuse(shared, reply, 400, &error.to_string(), after).await,
    };
    if script.error_after.is_some() && !dialect.fails_in_streams() {
        return refuse(shared, reply, 400, "error_after is not played by this API", after).await;
    }
    let call = shared.ids.call(&shared.words);
    match dialect.answer(&Asked { address, body: &body }, &script, &call) {
        Ok(answer) => {
            script.close |= close;
            let exchange = Exchange {
                reply,
                log: &shared.log,
                dialect,
                call,
                coding: script.coding.choose(accept_encoding),
                script,
                connection,
                request_bytes,
                request_done: done,
            };
            exchange.play(answer).await
        }
        Err(error) => refuse(shared, reply, 400, &error.to_string(), after).await,
    }
}

/// Says why a request is no call.
pub(super) async fn refuse<R: Reply>(
    shared: &Shared,
    reply: &mut R,
    status: u16,
    why: &str,
    after: After,
) -> io::Result<After> {
    plain(shared, reply, status, &openai::error(status, why), after).await
}

/// A response that has no call behind it: models, and requests that are refused.
async fn plain<R: Reply>(
    shared: &Shared,
    reply: &mut R,
    status: u16,
    body: &[u8],
    after: After,
) -> io::Result<After> {
    let (call, script) = (shared.ids.call(&[]), Script::default());
    let head = Head {
        status,
        fields: &openai::fields(&Facts { call: &call, script: &script, status, processing: Duration::ZERO }),
        after,
        body: Body::Json { length: body.len() },
        coding: None,
        trailers: false,
    };
    reply.at_once(&head, body).await?;
    Ok(after)
}
