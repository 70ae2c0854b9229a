//! One HTTP/2 connection: many requests at once, each in a task of its own.
//!
//! ```text
//! stream task: head, part ─▶ h2's queue ─▶ connection task ─▶ Stamped ─▶ TLS ─▶ kernel
//!       ▲                                                        │ stamps, then writes
//!       └──────────────── flushed so far ────────────────────────┘
//! ```
//!
//! A part is handed on when the one before it has been flushed, as on HTTP/1.1. No server push, no extended CONNECT.

mod stamps;

use std::{
    future::poll_fn,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream, server::SendResponse};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Notify,
    time::timeout,
};

use self::stamps::{END, HEAD, Progress, Stamped, Stamps};
use super::{
    head::{Head, TRAILER},
    limits,
    reply::Reply,
    respond::After,
    serve::{self, Shared, answer, refuse},
    truth::{Connection, Stamp},
};
use crate::clock::monotonic_ns;

/// Serves streams until the connection ends.
pub(super) async fn connection<S>(shared: Arc<Shared>, io: S, peer_port: u16)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let stamps = Stamps::default();
    let mut builder = h2::server::Builder::new();
    builder
        .max_concurrent_streams(limits::STREAMS)
        .max_header_list_size(limits::HEAD_BYTES as u32)
        .initial_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW);
    let handshake = builder.handshake(Stamped::new(io, stamps.clone()));
    let Ok(Ok(mut connection)) = timeout(limits::HANDSHAKE, handshake).await else {
        return;
    };
    let closing = Arc::new(Closing::default());
    loop {
        let accepted = tokio::select! {
            accepted = timeout(limits::IDLE, connection.accept()) => accepted,
            () = closing.stream_ended.notified() => {
                // At once, when the last stream is done. h2's graceful way asks by PING after its first GOAWAY, and
                // Python's h2 takes that for an error of the protocol.
                if closing.wanted.load(Ordering::Relaxed) && !stamps.in_use() {
                    connection.abrupt_shutdown(Reason::NO_ERROR);
                }
                continue;
            }
        };
        match accepted {
            Ok(Some(Ok((request, respond)))) => {
                let reply = Http2::new(respond, &stamps);
                let (shared, closing) = (Arc::clone(&shared), Arc::clone(&closing));
                tokio::spawn(async move {
                    if stream(&shared, request, reply, peer_port).await {
                        closing.wanted.store(true, Ordering::Relaxed);
                    }
                    closing.stream_ended.notify_one();
                });
            }
            Ok(Some(Err(_)) | None) => return,
            // Long streams keep a connection that has no new ones.
            Err(_) if stamps.in_use() => (),
            Err(_) => return,
        }
    }
}

/// That the connection shall close when its streams have ended.
#[derive(Debug, Default)]
struct Closing {
    wanted: AtomicBool,
    stream_ended: Notify,
}

/// Serves one stream. `true`: the connection shall close.
async fn stream(shared: &Shared, request: Request<RecvStream>, mut reply: Http2, peer_port: u16) -> bool {
    let (head, body) = request.into_parts();
    let body = match read_body(body).await {
        Ok(Some(body)) => body,
        Ok(None) => {
            let why = "the request's body is larger than this provider takes";
            // A client that is gone has nobody to tell.
            let _gone = refuse(shared, &mut reply, 413, why, After::KeepAlive).await;
            return false;
        }
        Err(_) => return false,
    };
    let field = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let request = serve::Request {
        method: head.method.as_str(),
        host: head.uri.authority().map_or("", |authority| authority.as_str()),
        target: head.uri.path_and_query().map_or("/", |target| target.as_str()),
        script: field("x-script"),
        accept_encoding: field("accept-encoding"),
        content_encoding: &field("content-encoding").to_ascii_lowercase(),
        body,
        close: false,
        done: monotonic_ns(),
        connection: Connection { peer_port, http2_stream: Some(reply.respond.stream_id().as_u32()) },
    };
    match answer(shared, &mut reply, request).await {
        Ok(After::KeepAlive) => false,
        Ok(After::Close) => true,
        Ok(After::Drop) => {
            reply.respond.send_reset(Reason::INTERNAL_ERROR);
            false
        }
        Err(_) => false,
    }
}

/// `None`: too large.
async fn read_body(mut body: RecvStream) -> io::Result<Option<Vec<u8>>> {
    let mut whole = Vec::new();
    loop {
        let data = match timeout(limits::IDLE, body.data()).await {
            Ok(Some(data)) => data.map_err(broken)?,
            Ok(None) => return Ok(Some(whole)),
            Err(_) => return Err(io::ErrorKind::TimedOut.into()),
        };
        if whole.len() + data.len() > limits::BODY_BYTES {
            return Ok(None);
        }
        whole.extend_from_slice(&data);
        body.flow_control().release_capacity(data.len()).map_err(broken)?;
    }
}

/// A stream that is being answered.
struct Http2 {
    respond: SendResponse<Bytes>,
    body: Option<SendStream<Bytes>>,
    progress: Progress,
    trailers: bool,
}

impl Http2 {
    fn new(respond: SendResponse<Bytes>, stamps: &Stamps) -> Self {
        let progress = stamps.open(respond.stream_id().as_u32());
        Self { respond, body: None, progress, trailers: false }
    }

    fn body(&mut self) -> io::Result<&mut SendStream<Bytes>> {
        self.body.as_mut().ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }

    /// Waits until all that was queued has been flushed, or the client wants no more.
    async fn flushed(&mut self) -> io::Result<()> {
        let Self { body, progress, .. } = self;
        let Some(body) = body else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        tokio::select! {
            flushed = progress.flushed() => flushed,
            _ = poll_fn(|cx| body.poll_reset(cx)) => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }
}

impl Reply for Http2 {
    async fn head(&mut self, head: &Head<'_>, stamp: Stamp) -> io::Result<()> {
        self.trailers = head.trailers;
        self.progress.queue(HEAD, Some(stamp));
        self.body = Some(self.respond.send_response(head.http2(), false).map_err(broken)?);
        self.flushed().await
    }

    async fn part(&mut self, bytes: Vec<u8>, stamp: Stamp) -> io::Result<()> {
        self.progress.queue(bytes.len() as u64, Some(stamp));
        self.body()?.send_data(bytes.into(), false).map_err(broken)?;
        self.flushed().await
    }

    async fn end(&mut self, bytes: Vec<u8>, stamp: Option<Stamp>) -> io::Result<()> {
        let trailers = self.trailers;
        self.progress.queue(bytes.len() as u64, stamp);
        self.progress.queue(END, None);
        let body = self.body()?;
        if trailers {
            let (name, value) = TRAILER;
            let field = (HeaderName::from_static(name), HeaderValue::from_static(value));
            body.send_data(bytes.into(), false).map_err(broken)?;
            body.send_trailers(HeaderMap::from_iter([field])).map_err(broken)?;
        } else {
            body.send_data(bytes.into(), true).map_err(broken)?;
        }
        self.flushed().await
    }

    async fn at_once(&mut self, head: &Head<'_>, body: &[u8]) -> io::Result<()> {
        self.progress.queue(HEAD + body.len() as u64 + END, None);
        let mut stream = self.respond.send_response(head.http2(), false).map_err(broken)?;
        stream.send_data(Bytes::copy_from_slice(body), true).map_err(broken)?;
        self.body = Some(stream);
        self.flushed().await
    }
}

fn broken(error: h2::Error) -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, error)
}

#[cfg(test)]
mod tests;
