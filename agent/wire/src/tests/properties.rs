//! Random exchanges, cuts, gaps and garbage. The encoder here shares no code with the decoder.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Input, assert_ends, render, run};
use crate::{Direction, Kind, Message, Notice};

/// One exchange, as it is meant.
#[derive(Clone, Debug)]
struct Exchange {
    method: &'static str,
    request: Content,
    status: u16,
    response: Content,
    interim: bool,
}

#[derive(Clone, Debug)]
enum Content {
    Empty,
    Length(Vec<u8>),
    Chunked(Vec<Vec<u8>>, bool),
    Events(Vec<Event>),
}

#[derive(Clone, Debug)]
struct Event {
    name: Option<String>,
    lines: Vec<String>,
    end: &'static str,
    comment: bool,
}

fn content() -> impl Strategy<Value = Content> {
    let bytes = || vec(any::<u8>(), 1..40);
    prop_oneof![
        Just(Content::Empty),
        bytes().prop_map(Content::Length),
        (vec(bytes(), 0..5), any::<bool>()).prop_map(|(chunks, extras)| Content::Chunked(chunks, extras)),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let line = "[a-z{}:\" ü]{0,12}";
    let name = proptest::option::of("[a-z_.]{1,8}");
    (name, vec(line, 1..4), select(vec!["\n", "\r\n", "\r"]), any::<bool>())
        .prop_map(|(name, lines, end, comment)| Event { name, lines, end, comment })
}

fn exchange() -> impl Strategy<Value = Exchange> {
    let method = select(vec!["GET", "POST", "HEAD", "DELETE"]);
    let status = select(vec![200_u16, 201, 204, 304, 400, 429, 500]);
    let response = prop_oneof![content(), vec(event(), 0..6).prop_map(Content::Events)];
    (method, content(), status, response, any::<bool>()).prop_map(
        |(method, request, status, response, interim)| Exchange {
            method,
            request,
            status,
            response,
            interim,
        },
    )
}

impl Exchange {
    fn response_has_body(&self) -> bool {
        self.method != "HEAD" && self.status != 204 && self.status != 304
    }

    fn encode_request(&self, number: usize) -> Vec<u8> {
        let line = format!("{} /{number} HTTP/1.1\r\nHost: h\r\n", self.method);
        self.request.encode(line, true)
    }

    fn encode_response(&self, number: usize) -> Vec<u8> {
        let mut encoded = Vec::new();
        if self.interim {
            encoded.extend_from_slice(b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n");
        }
        let line = format!("HTTP/1.1 {} Some Reason\r\nN: {number}\r\n", self.status);
        encoded.extend(self.response.encode(line, self.response_has_body()));
        encoded
    }

    /// What must come out, as it is rendered.
    fn expect(&self, number: usize) -> Vec<String> {
        let mut lines =
            vec![format!("{number}> {} /{number} host=h{}", self.method, self.request.shown_fields())];
        lines.extend(self.request.shown(number, '>'));
        if self.interim {
            lines.push(format!("{number}< Informational(103)"));
        }
        lines.push(format!("{number}< {} n={number}{}", self.status, self.response.shown_fields()));
        if self.response_has_body() {
            lines.extend(self.response.shown(number, '<'));
        } else {
            lines.push(format!("{number}< end Complete"));
        }
        lines
    }
}

impl Content {
    fn encode(&self, head: String, with_body: bool) -> Vec<u8> {
        let (fields, body) = match self {
            Self::Empty => ("Content-Length: 0\r\n".to_owned(), Vec::new()),
            Self::Length(bytes) => (format!("Content-Length: {}\r\n", bytes.len()), bytes.clone()),
            Self::Chunked(chunks, extras) => {
                ("Transfer-Encoding: chunked\r\n".to_owned(), encode_chunks(chunks, *extras))
            }
            Self::Events(events) => {
                let text: String = events.iter().map(Event::encode).collect();
                // Chunks that have nothing to do with events.
                let chunks: Vec<_> = text.as_bytes().chunks(7).map(<[u8]>::to_vec).collect();
                let fields = "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n".to_owned();
                (fields, encode_chunks(&chunks, false))
            }
        };
        let body = if with_body { body } else { Vec::new() };
        [head.into_bytes(), fields.into_bytes(), b"\r\n".to_vec(), body].concat()
    }

    fn shown_fields(&self) -> String {
        match self {
            Self::Empty => " content-length=0".to_owned(),
            Self::Length(bytes) => format!(" content-length={}", bytes.len()),
            Self::Chunked(..) => " transfer-encoding=chunked".to_owned(),
            Self::Events(_) => " content-type=text/event-stream transfer-encoding=chunked".to_owned(),
        }
    }

    fn shown(&self, number: usize, direction: char) -> Vec<String> {
        let body = match self {
            Self::Empty => Vec::new(),
            Self::Length(bytes) => bytes.clone(),
            Self::Chunked(chunks, _) => chunks.concat(),
            Self::Events(_) => Vec::new(),
        };
        let mut lines = Vec::new();
        if !body.is_empty() {
            lines.push(format!("{number}{direction} body {}", body.escape_ascii()));
        }
        if let Self::Events(events) = self {
            lines.extend(events.iter().map(|event| {
                let data = event.lines.join("\n");
                let name = event.name.as_deref().unwrap_or("-");
                format!("{number}{direction} event {name} {}", data.as_bytes().escape_ascii())
            }));
        }
        if let Self::Chunked(_, true) = self {
            lines.push(format!("{number}{direction} trailers trailer=x"));
        }
        lines.push(format!("{number}{direction} end Complete"));
        lines
    }
}

impl Event {
    fn encode(&self) -> String {
        let Self { name, lines, end, comment } = self;
        let mut text = String::new();
        if *comment {
            text += &format!(": keep-alive{end}");
        }
        for line in lines {
            text += &format!("data: {line}{end}");
        }
        if let Some(name) = name {
            text += &format!("event:{name}{end}");
        }
        text + end
    }
}

fn encode_chunks(chunks: &[Vec<u8>], extras: bool) -> Vec<u8> {
    let mut encoded = Vec::new();
    for chunk in chunks {
        let extension = if extras { ";ext=\"1\"" } else { "" };
        encoded.extend_from_slice(format!("{:X}{extension}\r\n", chunk.len()).as_bytes());
        encoded.extend_from_slice(chunk);
        encoded.extend_from_slice(b"\r\n");
    }
    encoded.extend_from_slice(if extras { b"000\r\nTrailer: x\r\n\r\n" } else { b"0\r\n\r\n" });
    encoded
}

/// Cuts bytes at random places.
pub(super) fn cut(direction: Direction, bytes: &[u8], places: &[Index]) -> Vec<Input> {
    let mut places: Vec<_> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| Input::Bytes(direction, bytes[pair[0]..pair[1]].to_vec())).collect()
}

/// Pushes all but bytes `from..to` of a direction; the gap is said right before the next bytes.
pub(super) fn with_gap(inputs: Vec<Input>, lossy: Direction, from: usize, to: usize) -> Vec<Input> {
    let (mut place, mut missing) = (0, 0);
    let mut outputs = Vec::new();
    for input in inputs {
        let bytes = match input {
            Input::Bytes(direction, bytes) if direction == lossy => bytes,
            Input::Bytes(..) | Input::Gap(..) => {
                outputs.push(input);
                continue;
            }
        };
        let start = from.clamp(place, place + bytes.len()) - place;
        let end = to.clamp(place, place + bytes.len()) - place;
        place += bytes.len();
        if start > 0 {
            outputs.push(Input::Bytes(lossy, bytes[..start].to_vec()));
        }
        missing += (end - start) as u64;
        if end < bytes.len() {
            if missing > 0 {
                outputs.push(Input::Gap(lossy, std::mem::take(&mut missing)));
            }
            outputs.push(Input::Bytes(lossy, bytes[end..].to_vec()));
        }
    }
    outputs
}

/// The messages of the exchange whose request target is `/number`, but for what was said of bytes between exchanges
/// before it began.
fn of_exchange(messages: &[Message], number: usize) -> Vec<Message> {
    let target = format!("/{number}");
    let id = messages.iter().find_map(|message| match &message.kind {
        Kind::RequestHead(head) if head.target.as_ref() == Some(&target) => Some(message.exchange),
        _ => None,
    });
    let notice =
        |message: &&Message| matches!(message.kind, Kind::Notice(Notice::Resync(_) | Notice::Gap(_)));
    messages
        .iter()
        .filter(|message| Some(message.exchange) == id)
        .skip_while(|message| matches!(message.kind, Kind::Notice(_)))
        .filter(|message| !notice(message))
        .cloned()
        .collect()
}

/// Their lines, without the id.
fn of_target(messages: &[Message], number: usize) -> Vec<String> {
    without_ids(render(&of_exchange(messages, number)).into_iter().map(|(line, _)| line))
}

fn is_lossy(messages: &[Message], number: usize) -> bool {
    of_exchange(messages, number).iter().any(|message| message.lossy)
}

fn without_ids(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let strip = |line: String| line.trim_start_matches(|c: char| c.is_ascii_digit() || c == '~').to_owned();
    lines.into_iter().map(strip).collect()
}

fn chopped() -> impl Strategy<Value = Vec<Index>> {
    vec(any::<Index>(), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_encoded_is_decoded(
        exchanges in vec((exchange(), chopped(), chopped()), 1..5),
        whole in any::<bool>(),
    ) {
        let mut inputs = Vec::new();
        let mut expect = Vec::new();
        for (number, (exchange, request_cuts, response_cuts)) in exchanges.iter().enumerate() {
            inputs.extend(cut(Direction::ToServer, &exchange.encode_request(number), request_cuts));
            inputs.extend(cut(Direction::ToClient, &exchange.encode_response(number), response_cuts));
            expect.extend(exchange.expect(number));
        }
        let rendered: Vec<_> = render(&run(whole, &inputs)).into_iter().map(|(line, _)| line).collect();
        prop_assert_eq!(rendered, expect);
    }

    #[test]
    fn pipelined_is_the_same(exchanges in vec(exchange(), 1..6), cuts in chopped()) {
        let requests: Vec<_> = exchanges.iter().enumerate().flat_map(|(n, e)| e.encode_request(n)).collect();
        let responses: Vec<_> = exchanges.iter().enumerate().flat_map(|(n, e)| e.encode_response(n)).collect();
        let mut inputs = cut(Direction::ToServer, &requests, &cuts);
        inputs.extend(cut(Direction::ToClient, &responses, &cuts));
        let rendered: Vec<_> = render(&run(true, &inputs)).into_iter().map(|(line, _)| line).collect();
        let all: Vec<_> = exchanges.iter().enumerate().flat_map(|(n, e)| e.expect(n)).collect();
        let (mut requests, responses): (Vec<_>, Vec<_>) = all.into_iter().partition(|line| line.chars().nth(1) == Some('>'));
        requests.extend(responses);
        prop_assert_eq!(rendered, requests);
    }

    #[test]
    fn a_gap_touches_only_what_it_covers(
        exchanges in vec((exchange(), chopped(), chopped()), 2..6),
        to_server in any::<bool>(),
        places in any::<(Index, Index)>(),
    ) {
        let lossy = if to_server { Direction::ToServer } else { Direction::ToClient };
        let mut inputs = Vec::new();
        let mut covers = Vec::new();
        let mut length = 0;
        let mut exchanges = exchanges;
        for (number, (exchange, request_cuts, response_cuts)) in exchanges.iter_mut().enumerate() {
            if to_server && exchange.method == "HEAD" {
                // The response to a HEAD that was not seen seems to have a body.
                exchange.method = "GET";
            }
            let (request, response) = (exchange.encode_request(number), exchange.encode_response(number));
            let bytes = if to_server { request.len() } else { response.len() };
            covers.push(length..length + bytes);
            length += bytes;
            inputs.extend(cut(Direction::ToServer, &request, request_cuts));
            inputs.extend(cut(Direction::ToClient, &response, response_cuts));
        }
        let (a, b) = (places.0.index(length + 1), places.1.index(length + 1));
        let (from, to) = (a.min(b), a.max(b));
        let messages = run(true, &with_gap(inputs, lossy, from, to));
        for (number, ((exchange, ..), covered)) in exchanges.iter().zip(&covers).enumerate() {
            let untouched = covered.end <= from || covered.start >= to;
            if untouched {
                let expect = without_ids(exchange.expect(number));
                prop_assert_eq!(of_target(&messages, number), expect, "exchange {} of {:?}", number, from..to);
                // A response that was asked for when bytes were lost may have been among them.
                let asked_for = !to_server && number > 0 && covers[number - 1].end > from && covers[number - 1].start < to;
                prop_assert!(asked_for || !is_lossy(&messages, number), "exchange {} of {:?}", number, from..to);
            }
        }
    }

    #[test]
    fn garbage_is_survived(
        whole in any::<bool>(),
        steps in vec(
            (any::<bool>(), prop_oneof![
                4 => vec(any::<u8>(), 0..80).prop_map(Ok),
                2 => any::<u64>().prop_map(Err),
                2 => (0_u64..40).prop_map(Err),
                8 => select(FRAGMENTS.to_vec()).prop_map(|fragment| Ok(fragment.to_vec())),
            ]),
            0..60,
        ),
    ) {
        let inputs: Vec<_> = steps.into_iter().map(|(to_server, step)| {
            let direction = if to_server { Direction::ToServer } else { Direction::ToClient };
            match step {
                Ok(bytes) => Input::Bytes(direction, bytes),
                Err(missing) => Input::Gap(direction, missing),
            }
        }).collect();
        let messages = run(whole, &inputs);
        // Cut otherwise, it is the same garbage.
        prop_assert_eq!(render(&messages), render(&run(whole, &super::byte_by_byte(&inputs))));
        assert_ends(&messages);
    }
}

/// What makes garbage come near to HTTP.
const FRAGMENTS: [&[u8]; 32] = [
    b"GET / HTTP/1.1\r\n",
    b"HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 101 Switching\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
    b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
    b"\x81\x05hello",
    b"\x01\x82abcd",
    b"\xc1\x07\xf2H\xcd\xc9\xc9\x07\0",
    b"\x88\0",
    b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 204 None\r\nA: b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"Content-Length: 5\r\n",
    b" folded\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"0\r\n\r\n",
    b"5\r\n",
    b"hello\r\n",
    b"data: x\n\n",
    b"event: y\r",
    b"PRI * HTTP/2.0\r\n",
];
