//! Builds the messages of an exchange as the decoder gives them, and runs them through an interpreter.

use bytes::Bytes;
use genai::{Call, Interpreter};
use wire::{
    Direction, End, EventFrame, ExchangeId, FrameValue, Headers, JsonItem, Kind, Message, Notice, Protocol,
    RequestHead, ResponseHead, SseEvent, StreamOffset, Time, WebSocketKind, WebSocketMessage,
};

pub(crate) const OPENAI: &str = "api.openai.com";
pub(crate) const CHAT: &str = "/v1/chat/completions";

/// Messages, each 10 ns after the one before unless [`Talk::same_read`] says otherwise.
#[derive(Clone)]
pub(crate) struct Talk {
    pub(crate) messages: Vec<Message>,
    exchange: u64,
    now: u64,
    lossy: bool,
}

impl Talk {
    pub(crate) fn new() -> Self {
        Self { messages: Vec::new(), exchange: 0, now: 100, lossy: false }
    }

    /// A request of model traffic, whole.
    pub(crate) fn ask(body: &str) -> Self {
        Self::new().request("POST", OPENAI, CHAT).body(Direction::ToServer, body).end_request(End::Complete)
    }

    pub(crate) fn next_exchange(mut self) -> Self {
        self.exchange += 1;
        self
    }

    pub(crate) fn exchange(mut self, id: u64) -> Self {
        self.exchange = id;
        self
    }

    /// What follows has bytes missing before it.
    pub(crate) fn lossy(mut self) -> Self {
        self.lossy = true;
        self
    }

    /// What follows has none missing.
    pub(crate) fn sound(mut self) -> Self {
        self.lossy = false;
        self
    }

    fn push(mut self, direction: Direction, kind: Kind) -> Self {
        self.now += 10;
        let at = Time(self.now);
        self.messages.push(Message {
            exchange: ExchangeId(self.exchange),
            direction,
            first_at: Time(self.now - 5),
            at,
            offset: StreamOffset(0),
            lossy: self.lossy,
            kind,
        });
        self
    }

    /// The next message crosses with the one before it.
    pub(crate) fn same_read(mut self) -> Self {
        self.now -= 10;
        self
    }

    pub(crate) fn request(self, method: &str, host: &str, target: &str) -> Self {
        self.request_with(method, host, target, &[])
    }

    pub(crate) fn request_with(self, method: &str, host: &str, target: &str, more: &[(&str, &str)]) -> Self {
        let mut headers = Headers::default();
        headers.push(b"Host", host.as_bytes());
        more.iter().for_each(|(name, value)| headers.push(name.as_bytes(), value.as_bytes()));
        let (method, target) = (method.to_owned(), target.to_owned());
        let (method, target) = (Some(method), Some(target));
        let head = RequestHead { method, target, protocol: Protocol::Http1, headers, partial: false };
        self.push(Direction::ToServer, Kind::RequestHead(head))
    }

    pub(crate) fn response(self, status: u16, more: &[(&str, &str)]) -> Self {
        let mut headers = Headers::default();
        more.iter().for_each(|(name, value)| headers.push(name.as_bytes(), value.as_bytes()));
        let head = ResponseHead { status: Some(status), protocol: Protocol::Http1, headers, partial: false };
        self.push(Direction::ToClient, Kind::ResponseHead(head))
    }

    pub(crate) fn json(self, status: u16) -> Self {
        self.response(status, &[("content-type", "application/json")])
    }

    pub(crate) fn sse(self) -> Self {
        self.response(200, &[("content-type", "text/event-stream; charset=utf-8")])
    }

    pub(crate) fn body(self, direction: Direction, body: impl AsRef<[u8]>) -> Self {
        self.push(direction, Kind::Body(Bytes::copy_from_slice(body.as_ref())))
    }

    pub(crate) fn answer(self, body: impl AsRef<[u8]>) -> Self {
        self.body(Direction::ToClient, body)
    }

    pub(crate) fn event(self, data: impl AsRef<[u8]>) -> Self {
        let event = SseEvent { event: None, data: Bytes::copy_from_slice(data.as_ref()), truncated: false };
        self.push(Direction::ToClient, Kind::Sse(event))
    }

    pub(crate) fn truncated_event(self, data: &str) -> Self {
        let event = SseEvent { event: None, data: Bytes::copy_from_slice(data.as_bytes()), truncated: true };
        self.push(Direction::ToClient, Kind::Sse(event))
    }

    pub(crate) fn events(self, all: &[&str]) -> Self {
        all.iter().fold(self, |talk, data| talk.event(data))
    }

    /// A line or element of JSON.
    pub(crate) fn item(self, data: impl AsRef<[u8]>) -> Self {
        let item = JsonItem { data: Bytes::copy_from_slice(data.as_ref()), truncated: false };
        self.push(Direction::ToClient, Kind::Json(item))
    }

    /// A message of an AWS event stream with these texts for headers.
    pub(crate) fn frame(self, headers: &[(&str, &str)], payload: impl AsRef<[u8]>) -> Self {
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), FrameValue::Text((*value).to_owned()));
        let payload = Bytes::copy_from_slice(payload.as_ref());
        let headers = headers.iter().map(text).collect();
        self.push(Direction::ToClient, Kind::Frame(EventFrame { headers, payload, truncated: false }))
    }

    /// The exchange becomes a WebSocket.
    pub(crate) fn upgrade(self) -> Self {
        self.end_request(End::Complete).response(101, &[]).notice(Direction::ToClient, Notice::Upgraded)
    }

    /// A text message of a WebSocket.
    pub(crate) fn text(self, direction: Direction, data: &str) -> Self {
        self.websocket(direction, WebSocketKind::Text, data)
    }

    pub(crate) fn websocket(self, direction: Direction, what: WebSocketKind, data: &str) -> Self {
        let data = Bytes::copy_from_slice(data.as_bytes());
        self.push(direction, Kind::WebSocket(WebSocketMessage { what, data, truncated: false }))
    }

    pub(crate) fn notice(self, direction: Direction, notice: Notice) -> Self {
        self.push(direction, Kind::Notice(notice))
    }

    pub(crate) fn end_request(self, end: End) -> Self {
        self.push(Direction::ToServer, Kind::End(end))
    }

    pub(crate) fn end(self, end: End) -> Self {
        self.push(Direction::ToClient, Kind::End(end))
    }

    /// All calls, the agent stopping after the last message.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls_and(false)
    }

    /// All calls, the connection closing after the last message.
    pub(crate) fn calls_closed(&self) -> Vec<Call> {
        self.calls_and(true)
    }

    fn calls_and(&self, closed: bool) -> Vec<Call> {
        let mut interpreter = Interpreter::default();
        self.messages.iter().for_each(|message| interpreter.push(message.clone()));
        interpreter.finish(Time(self.now + 1000), closed);
        std::iter::from_fn(|| interpreter.poll()).collect()
    }

    /// The only call.
    #[track_caller]
    pub(crate) fn call(&self) -> Call {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0)
    }

    /// The interpreter after the last message, nothing finished.
    pub(crate) fn interpreter(&self) -> Interpreter {
        let mut interpreter = Interpreter::default();
        self.messages.iter().for_each(|message| interpreter.push(message.clone()));
        interpreter
    }

    /// The same talk with each body cut into pieces of `size`.
    pub(crate) fn cut(&self, size: usize) -> Self {
        let mut cut = Self { messages: Vec::new(), ..self.clone() };
        for message in &self.messages {
            match &message.kind {
                Kind::Body(bytes) => cut.messages.extend(bytes.chunks(size.max(1)).map(|piece| Message {
                    kind: Kind::Body(Bytes::copy_from_slice(piece)),
                    ..message.clone()
                })),
                Kind::RequestHead(_)
                | Kind::ResponseHead(_)
                | Kind::Json(_)
                | Kind::Frame(_)
                | Kind::Grpc(_)
                | Kind::WebSocket(_)
                | Kind::Trailers(_)
                | Kind::Sse(_)
                | Kind::End(_)
                | Kind::Notice(_) => cut.messages.push(message.clone()),
            }
        }
        cut
    }

    /// The same talk with the body at `index` cut in two at `at`.
    pub(crate) fn cut_at(&self, index: usize, at: usize) -> Self {
        let mut cut = self.clone();
        if let Kind::Body(bytes) = &self.messages[index].kind {
            let piece = |bytes: Bytes| Message { kind: Kind::Body(bytes), ..self.messages[index].clone() };
            cut.messages.splice(index..=index, [piece(bytes.slice(..at)), piece(bytes.slice(at..))]);
        }
        cut
    }
}

/// The talk's call; it must be the same however the bodies are cut, and show nothing of what is said.
#[track_caller]
pub(crate) fn check(talk: &Talk) -> Call {
    let whole = talk.call();
    for size in [1, 2, 3, 7, 64, 1000] {
        assert_eq!(talk.cut(size).call(), whole, "in pieces of {size}");
    }
    for (index, message) in talk.messages.iter().enumerate() {
        if let Kind::Body(bytes) = &message.kind {
            for at in 0..=bytes.len() {
                assert_eq!(talk.cut_at(index, at).call(), whole, "message {index} cut at {at}");
            }
        }
    }
    assert!(!format!("{whole:?}").contains("CANARY"));
    whole
}
