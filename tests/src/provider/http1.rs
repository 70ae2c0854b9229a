//! One HTTP/1.1 connection: requests one after the other, until one side has had enough.

use std::io;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use super::{
    head::{Head, TRAILER},
    http::{self, Refused},
    limits,
    reply::Reply,
    respond::After,
    serve::{Request, Shared, answer, refuse},
    truth::{Connection, Stamp},
};
use crate::clock::monotonic_ns;

/// Serves requests until the connection ends.
pub(super) async fn connection<S: AsyncRead + AsyncWrite + Unpin>(
    shared: &Shared,
    mut stream: S,
    peer_port: u16,
) {
    let mut buffer = Vec::new();
    loop {
        match exchange(shared, &mut stream, &mut buffer, peer_port).await {
            Ok(After::KeepAlive) => (),
            // The client may be gone already: then there is nobody to say goodbye to.
            Ok(After::Close) => {
                let _gone = stream.shutdown().await;
                return;
            }
            Ok(After::Drop) | Err(_) => return,
        }
    }
}

/// `buffer`: bytes read and not yet used.
async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    shared: &Shared,
    stream: &mut S,
    buffer: &mut Vec<u8>,
    peer_port: u16,
) -> io::Result<After> {
    let incoming = read_request(stream, buffer).await?;
    let done = monotonic_ns();
    let mut reply = Http1 { stream, chunked: false, trailers: false };
    match incoming {
        Incoming::Request(head, body) => {
            let request = Request {
                method: &head.method,
                host: &head.host,
                target: &head.path,
                script: &head.script,
                accept_encoding: &head.accept_encoding,
                content_encoding: &head.content_encoding,
                body,
                close: head.close,
                done,
                connection: Connection { peer_port, http2_stream: None },
            };
            answer(shared, &mut reply, request).await
        }
        Incoming::Closed => Ok(After::Close),
        Incoming::Refused(refused) => {
            let status = match refused {
                Refused::Malformed(_) => 400,
                Refused::TooLarge(_) => 413,
            };
            refuse(shared, &mut reply, status, &refused.to_string(), After::Close).await
        }
    }
}

/// An exchange that is being answered. What is sent together is one record and one segment where it is small enough.
struct Http1<'a, S> {
    stream: &'a mut S,
    chunked: bool,
    trailers: bool,
}

impl<S: AsyncWrite + Unpin> Http1<'_, S> {
    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    fn framed(&self, bytes: Vec<u8>) -> Vec<u8> {
        if self.chunked && !bytes.is_empty() {
            [format!("{:x}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat()
        } else {
            bytes
        }
    }
}

impl<S: AsyncWrite + Unpin> Reply for Http1<'_, S> {
    async fn head(&mut self, head: &Head<'_>, stamp: Stamp) -> io::Result<()> {
        self.chunked = head.body.length().is_none();
        self.trailers = head.trailers;
        let bytes = head.http1();
        stamp.enter(monotonic_ns());
        self.send(&bytes).await
    }

    async fn part(&mut self, bytes: Vec<u8>, stamp: Stamp) -> io::Result<()> {
        let bytes = self.framed(bytes);
        stamp.enter(monotonic_ns());
        self.send(&bytes).await
    }

    async fn end(&mut self, bytes: Vec<u8>, stamp: Option<Stamp>) -> io::Result<()> {
        let mut bytes = self.framed(bytes);
        if self.chunked {
            bytes.extend_from_slice(b"0\r\n");
            if self.trailers {
                let (name, value) = TRAILER;
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
        }
        if let Some(stamp) = stamp {
            stamp.enter(monotonic_ns());
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.send(&bytes).await
    }

    async fn at_once(&mut self, head: &Head<'_>, body: &[u8]) -> io::Result<()> {
        let bytes = [head.http1().as_slice(), body].concat();
        self.send(&bytes).await
    }
}

enum Incoming {
    Request(http::Head, Vec<u8>),
    Refused(Refused),
    /// The client closed, or was silent for too long, between requests or in one.
    Closed,
}

async fn read_request<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
) -> io::Result<Incoming> {
    let head = loop {
        match http::Head::parse(buffer) {
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
