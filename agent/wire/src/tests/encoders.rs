//! What others encode is decoded: WebSocket frames of `tungstenite`, HTTP/1.1 of `hyper` on both sides.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::{Frame as WebSocketFrame, FrameHeader};

use super::properties::{cut, with_gap};
use super::upgrades::{ASK, YES};
use super::websocket_deflate::{Deflater, NO_TAKEOVER};
use super::{Input, assert_ends, byte_by_byte, c2s, render, run, s2c};
use crate::{Direction, Kind, Message};

// WebSocket.

/// A message, as it is meant.
#[derive(Clone, Debug)]
struct Sent {
    to_server: bool,
    text: bool,
    data: Vec<u8>,
    compress: bool,
    /// Where its fragments end, and what is sent between them.
    fragments: Vec<Index>,
    control: Option<(bool, Vec<u8>)>,
    mask: [u8; 4],
    cuts: Vec<Index>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let words = select(vec!["{\"type\":\"response.", "text.delta\"", "delta\":", "\u{e9}", "aaaaaaaa", "x"]);
    let data = prop_oneof![
        3 => vec(words, 0..30).prop_map(|words| words.concat().into_bytes()),
        1 => vec(any::<u8>(), 0..300),
        // Of all lengths of the length.
        1 => (0_usize..70_000).prop_map(|length| vec![b'z'; length]),
    ];
    let control = proptest::option::of((any::<bool>(), vec(any::<u8>(), 0..125)));
    let places = || vec(any::<Index>(), 0..4);
    (any::<[bool; 3]>(), data, places(), control, any::<[u8; 4]>(), places()).prop_map(
        |([to_server, text, compress], data, fragments, control, mask, cuts)| Sent {
            to_server,
            text,
            data,
            compress,
            fragments,
            control,
            mask,
            cuts,
        },
    )
}

impl Sent {
    fn direction(&self) -> Direction {
        if self.to_server { Direction::ToServer } else { Direction::ToClient }
    }

    fn encode(&self, deflater: Option<&mut Deflater>) -> Vec<u8> {
        let deflater = deflater.filter(|_| self.compress);
        let compressed = deflater.is_some();
        let payload = deflater.map_or_else(|| self.data.clone(), |deflater| deflater.message(&self.data));
        let mut places: Vec<_> = self.fragments.iter().map(|place| place.index(payload.len() + 1)).collect();
        places.extend([0, payload.len()]);
        places.sort_unstable();
        let count = places.len() - 1;
        let mut bytes = Vec::new();
        for (number, pair) in places.windows(2).enumerate() {
            let opcode = match (number, self.text) {
                (0, true) => Data::Text,
                (0, false) => Data::Binary,
                _ => Data::Continue,
            };
            let header = FrameHeader {
                is_final: number + 1 == count,
                rsv1: compressed && number == 0,
                ..self.header(OpCode::Data(opcode))
            };
            write(header, &payload[pair[0]..pair[1]], &mut bytes);
            if let Some((ping, data)) = self.control.as_ref().filter(|_| number == 0) {
                let opcode = OpCode::Control(if *ping { Control::Ping } else { Control::Pong });
                write(self.header(opcode), data, &mut bytes);
            }
        }
        bytes
    }

    fn header(&self, opcode: OpCode) -> FrameHeader {
        FrameHeader { opcode, mask: self.to_server.then_some(self.mask), ..FrameHeader::default() }
    }

    /// What must come out, as it is rendered.
    fn shown(&self) -> Vec<String> {
        let direction = if self.to_server { '>' } else { '<' };
        let what = if self.text { "Text" } else { "Binary" };
        let message = format!("0{direction} ws {what} {}", self.data.escape_ascii());
        let Some((ping, data)) = &self.control else {
            return vec![message];
        };
        let what = if *ping { "Ping" } else { "Pong" };
        let control = format!("0{direction} ws {what} {}", data.escape_ascii());
        // A message of one fragment is over before it.
        if self.fragments.is_empty() { vec![message, control] } else { vec![control, message] }
    }
}

fn write(header: FrameHeader, payload: &[u8], bytes: &mut Vec<u8>) {
    WebSocketFrame::from_payload(header, Bytes::copy_from_slice(payload))
        .format(bytes)
        .expect("a vector takes all");
}

/// Whether compression is agreed on, and with takeover.
fn agreement() -> impl Strategy<Value = Option<bool>> {
    select(vec![None, Some(true), Some(false)])
}

fn handshake(agreed: Option<bool>) -> [Input; 2] {
    let extensions = match agreed {
        None => String::new(),
        Some(true) => "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n".to_owned(),
        Some(false) => format!("Sec-WebSocket-Extensions: permessage-deflate{NO_TAKEOVER}\r\n\r\n"),
    };
    let yes = if agreed.is_some() { YES.strip_suffix("\r\n").expect("it ends a head") } else { YES };
    [c2s(ASK), s2c([yes, &extensions].concat())]
}

/// All messages of a WebSocket, encoded and cut.
fn encode(agreed: Option<bool>, messages: &[Sent]) -> Vec<Input> {
    let mut deflaters = [(); 2].map(|()| agreed.map(Deflater::new));
    let encode = |sent: &Sent| {
        let deflater = deflaters[usize::from(sent.to_server)].as_mut();
        cut(sent.direction(), &sent.encode(deflater), &sent.cuts)
    };
    messages.iter().flat_map(encode).collect()
}

/// Lines about messages of the WebSocket.
fn shown(messages: &[Message]) -> Vec<String> {
    let of_websocket = |message: &&Message| matches!(message.kind, Kind::WebSocket(_));
    let messages: Vec<_> = messages.iter().filter(of_websocket).cloned().collect();
    render(&messages).into_iter().map(|(line, _)| line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_of_tungstenite(agreed in agreement(), messages in vec(sent(), 0..12)) {
        let inputs = [handshake(agreed).to_vec(), encode(agreed, &messages)].concat();
        let given = run(true, &inputs);
        prop_assert_eq!(shown(&given), messages.iter().flat_map(Sent::shown).collect::<Vec<_>>());
        let notices = given.iter().filter(|message| matches!(message.kind, Kind::Notice(_))).count();
        prop_assert_eq!(notices, 1);
    }

    /// What is given after a loss was sent, in that order; what cannot be known is given as that.
    #[test]
    fn frames_with_a_gap(
        agreed in agreement(),
        messages in vec(sent(), 1..12),
        to_server in any::<bool>(),
        places in any::<(Index, Index)>(),
    ) {
        let lossy = if to_server { Direction::ToServer } else { Direction::ToClient };
        let encoded = encode(agreed, &messages);
        let length: usize = encoded.iter().map(|input| match input {
            Input::Bytes(direction, bytes) if *direction == lossy => bytes.len(),
            Input::Bytes(..) | Input::Gap(..) => 0,
        }).sum();
        let from = places.0.index(length + 1);
        let to = from + places.1.index(length - from + 1);
        let inputs = [handshake(agreed).to_vec(), with_gap(encoded, lossy, from, to)].concat();
        let mut sent = messages.iter().flat_map(Sent::shown).map(|line| line.trim().to_owned());
        for line in shown(&run(true, &inputs)) {
            let line = line.strip_prefix("0~").map_or(line.clone(), |rest| format!("0{rest}"));
            let known = line.strip_suffix(" (truncated)").map(str::trim);
            let found = match known {
                None => sent.any(|sent| sent == line.trim()),
                Some(begin) => agreed == Some(true) && sent.any(|sent| sent.starts_with(begin)),
            };
            prop_assert!(found, "{} was not sent", line);
        }
    }

    #[test]
    fn frames_of_garbage(
        agreed in agreement(),
        steps in vec((any::<bool>(), prop_oneof![
            vec(any::<u8>(), 0..40),
            vec(select(vec![0x01_u8, 0x41, 0x80, 0x81, 0xc1, 0x89, 0, 1, 2, 7, 0xf2, 0x7e, 0xff]), 0..40),
        ]), 0..30),
    ) {
        let garbage = steps.into_iter().map(|(to_server, bytes)| if to_server { c2s(bytes) } else { s2c(bytes) });
        let inputs: Vec<_> = handshake(agreed).into_iter().chain(garbage).collect();
        let messages = run(true, &inputs);
        prop_assert_eq!(render(&messages), render(&run(true, &byte_by_byte(&inputs))));
        assert_ends(&messages);
    }
}

// HTTP/1.1.

/// One exchange, as it is meant.
#[derive(Clone, Debug)]
struct Exchange {
    method: &'static str,
    status: u16,
    request: Content,
    response: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Absent,
    Sized(Vec<u8>),
    Streamed(Vec<Vec<u8>>, Option<String>),
}

fn content() -> impl Strategy<Value = Content> {
    let bytes = || vec(any::<u8>(), 1..200);
    prop_oneof![
        Just(Content::Absent),
        vec(any::<u8>(), 0..2_000).prop_map(Content::Sized),
        (vec(bytes(), 0..5), proptest::option::of("[a-z]{1,9}"))
            .prop_map(|(frames, trailer)| Content::Streamed(frames, trailer)),
    ]
}

fn exchange() -> impl Strategy<Value = Exchange> {
    let method = select(vec!["GET", "POST", "PUT", "HEAD", "DELETE"]);
    let status = select(vec![200_u16, 201, 204, 304, 404, 429, 500]);
    (method, status, content(), content()).prop_map(|(method, status, request, response)| {
        // Where no body is expected, `hyper` sends none whose length it does not know.
        let streamed = matches!(request, Content::Streamed(..));
        Exchange { method: if streamed { "POST" } else { method }, status, request, response }
    })
}

impl Content {
    fn body(&self) -> Frames {
        let (data, trailer): (&[Vec<u8>], _) = match self {
            Self::Absent => (&[], None),
            Self::Sized(bytes) => (std::slice::from_ref(bytes), None),
            Self::Streamed(frames, trailer) => (frames, trailer.as_ref()),
        };
        let size = match self {
            Self::Absent => SizeHint::with_exact(0),
            Self::Sized(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Streamed(..) => SizeHint::new(),
        };
        let trailers = trailer.map(|value| {
            let mut fields = http::HeaderMap::new();
            fields.insert("x-after", value.parse().expect("a value"));
            Frame::trailers(fields)
        });
        let data = data.iter().filter(|data| !data.is_empty());
        let frames = data.map(|data| Frame::data(Bytes::from(data.clone()))).chain(trailers).collect();
        Frames { frames, size }
    }

    fn data(&self) -> Vec<u8> {
        match self {
            Self::Absent => Vec::new(),
            Self::Sized(bytes) => bytes.clone(),
            Self::Streamed(frames, _) => frames.concat(),
        }
    }

    fn trailer(&self) -> Option<String> {
        match self {
            Self::Absent | Self::Sized(_) => None,
            Self::Streamed(_, trailer) => trailer.clone(),
        }
    }
}

/// A body of these frames.
struct Frames {
    frames: VecDeque<Frame<Bytes>>,
    size: SizeHint,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.frames.pop_front().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.size
    }
}

/// The client's end of a connection; notes down what passes.
struct Tap {
    stream: DuplexStream,
    passed: Arc<Mutex<Vec<Input>>>,
}

impl Tap {
    fn note(&self, input: Input) {
        self.passed.lock().expect("no panic").push(input);
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = to.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, to);
        if to.filled().len() > before {
            self.note(s2c(&to.filled()[before..]));
        }
        read
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.note(c2s(&bytes[..count]));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// What passes when `hyper` makes these exchanges on one connection with itself.
fn hyper(exchanges: &[Exchange], buffer: usize) -> Vec<Input> {
    let passed = Arc::new(Mutex::new(Vec::new()));
    let (stream, server) = tokio::io::duplex(buffer);
    let tap = Tap { stream, passed: Arc::clone(&passed) };
    let answers: Arc<[Exchange]> = exchanges.into();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let answer = service_fn(move |request: http::Request<Incoming>| {
            let answers = Arc::clone(&answers);
            async move {
                let number: usize = request.uri().path().trim_start_matches('/').parse().expect("its number");
                request.into_body().collect().await.expect("a whole body");
                let Exchange { status, response, .. } = &answers[number];
                let answer = http::Response::builder().status(*status).header("n", number);
                let answer = answer.header("trailer", "x-after").body(response.body());
                Ok::<_, Infallible>(answer.expect("a response"))
            }
        });
        let server =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(server), answer);
        tokio::spawn(server);
        let (mut client, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(tap)).await.expect("no handshake can fail");
        tokio::spawn(connection);
        for (number, Exchange { method, request, .. }) in exchanges.iter().enumerate() {
            client.ready().await.expect("it is kept alive");
            let request = http::Request::builder()
                .method(*method)
                .uri(format!("/{number}"))
                .header("te", "trailers")
                .header("trailer", "x-after")
                .body(request.body())
                .expect("a request");
            let response = client.send_request(request).await.expect("a response");
            response.into_body().collect().await.expect("a whole body");
        }
    });
    std::mem::take(&mut passed.lock().expect("no panic"))
}

/// Method or status, body and trailers of a direction of an exchange, and how it ended.
fn decoded(
    messages: &[Message],
    number: usize,
    direction: Direction,
) -> (String, Vec<u8>, Option<String>, Vec<crate::End>) {
    let mut found = (String::new(), Vec::new(), None, Vec::new());
    let of = |message: &&Message| message.exchange.0 == number as u64 && message.direction == direction;
    for message in messages.iter().filter(of) {
        match &message.kind {
            Kind::RequestHead(head) => {
                found.0 = format!(
                    "{} {}",
                    head.method.as_deref().unwrap_or("?"),
                    head.target.as_deref().unwrap_or("?")
                );
            }
            Kind::ResponseHead(head) => {
                found.0 =
                    format!("{} {}", head.status.unwrap_or_default(), head.headers.get("n").unwrap_or("?"));
            }
            Kind::Body(bytes) => found.1.extend_from_slice(bytes),
            Kind::Trailers(headers) => found.2 = headers.get("x-after").map(str::to_owned),
            Kind::End(end) => found.3.push(*end),
            other => panic!("{other:?}"),
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn http_of_hyper(
        exchanges in vec(exchange(), 1..6),
        buffer in select(vec![1, 7, 100, 65_536_usize]),
    ) {
        let inputs = hyper(&exchanges, buffer);
        let messages = run(true, &inputs);
        for (number, Exchange { method, status, request, response }) in exchanges.iter().enumerate() {
            let head = format!("{method} /{number}");
            let sent = (head, request.data(), request.trailer(), vec![crate::End::Complete]);
            prop_assert_eq!(decoded(&messages, number, Direction::ToServer), sent);
            let bodiless = *method == "HEAD" || matches!(status, 204 | 304);
            let head = format!("{status} {number}");
            let body = if bodiless { (Vec::new(), None) } else { (response.data(), response.trailer()) };
            let sent = (head, body.0, body.1, vec![crate::End::Complete]);
            prop_assert_eq!(decoded(&messages, number, Direction::ToClient), sent);
        }
        let cut = run(true, &byte_by_byte(&inputs));
        prop_assert_eq!(render(&cut), render(&messages));
    }
}
