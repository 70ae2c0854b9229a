//! Connections of the `h2` crate, an implementation that shares nothing with ours: recorded once, then decoded whole,
//! from the middle on, and with holes. Unknown is allowed then, wrong is not.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::{Driver, Input};
use crate::{Direction, End, Headers, Kind, Message, Notice, Value};

/// One stream as both sides meant it. Everything names its number, so nothing can be taken for another's.
struct Truth {
    number: usize,
    request: Vec<String>,
    response: Vec<String>,
    trailers: bool,
}

impl Truth {
    fn new(number: usize) -> Self {
        let text = |what: &str, parts: usize, length: usize| {
            (0..parts).map(|part| format!("{what} {number}.{part} {}", "x".repeat(length))).collect()
        };
        Self {
            number,
            request: text("request", 1 + number % 3, 40 * (number % 5)),
            response: text("response", 1 + number % 6, 30 * (number % 4)),
            trailers: number % 4 == 1,
        }
    }

    fn path(&self) -> String {
        // Some paths are sent again and stand in the encoder's table then.
        format!("/v1/{}", self.number % 7)
    }

    fn is_events(&self) -> bool {
        self.number.is_multiple_of(2)
    }

    fn response_fields(&self) -> Vec<(&'static str, String)> {
        let content_type = if self.is_events() { "text/event-stream" } else { "text/plain" };
        vec![
            ("content-type", content_type.to_owned()),
            ("server", "truth".to_owned()),
            ("x-request-id", format!("id-{}", self.number)),
        ]
    }

    fn request_fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("authorization", "Bearer CANARY".to_owned()),
            ("user-agent", "truth/1".to_owned()),
            ("x-number", self.number.to_string()),
        ]
    }
}

/// What the client's process wrote and read, in order.
type Tape = Rc<RefCell<Vec<Input>>>;

/// The client's end of a connection, with everything that passes written down.
struct Tap {
    inner: DuplexStream,
    tape: Tape,
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        let read = buf.filled()[before..].to_vec();
        if !read.is_empty() {
            self.tape.borrow_mut().push(Input::Bytes(Direction::ToClient, read));
        }
        polled
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, buf);
        if let Poll::Ready(Ok(written)) = &polled {
            self.tape.borrow_mut().push(Input::Bytes(Direction::ToServer, buf[..*written].to_vec()));
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Records a connection with so many streams, `at_once` of them at a time.
fn record(streams: usize, at_once: usize, buffer: usize) -> Vec<Input> {
    let tape = Tape::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let (client, server) = tokio::io::duplex(buffer);
        tokio::task::spawn_local(serve(server));
        let tap = Tap { inner: client, tape: Rc::clone(&tape) };
        let (client, connection) = h2::client::handshake(tap).await.unwrap();
        let connection = tokio::task::spawn_local(connection);
        for first in (0..streams).step_by(at_once) {
            let tasks: Vec<_> = (first..streams.min(first + at_once))
                .map(|number| tokio::task::spawn_local(ask(client.clone(), Truth::new(number))))
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        }
        drop(client);
        connection.await.unwrap().unwrap();
    });
    tape.take()
}

async fn ask(client: h2::client::SendRequest<Bytes>, truth: Truth) {
    let mut client = client.ready().await.unwrap();
    let mut request = Request::post(format!("https://truth{}", truth.path()));
    for (name, value) in truth.request_fields() {
        request = request.header(name, value);
    }
    let (response, mut body) = client.send_request(request.body(()).unwrap(), false).unwrap();
    for (part, text) in truth.request.iter().enumerate() {
        body.send_data(text.clone().into(), part + 1 == truth.request.len()).unwrap();
        tokio::task::yield_now().await;
    }
    let mut response = response.await.unwrap().into_body();
    while let Some(data) = response.data().await {
        let length = data.unwrap().len();
        response.flow_control().release_capacity(length).unwrap();
    }
    response.trailers().await.unwrap();
}

async fn serve(server: DuplexStream) {
    let mut connection = h2::server::handshake(server).await.unwrap();
    while let Some(accepted) = connection.accept().await {
        let (request, mut respond) = accepted.unwrap();
        tokio::task::spawn_local(async move {
            let number = request.headers()["x-number"].to_str().unwrap().parse().unwrap();
            let mut asked = request.into_body();
            while let Some(data) = asked.data().await {
                let length = data.unwrap().len();
                asked.flow_control().release_capacity(length).unwrap();
            }
            let truth = Truth::new(number);
            let mut response = Response::builder();
            for (name, value) in truth.response_fields() {
                response = response.header(name, value);
            }
            let mut body = respond.send_response(response.body(()).unwrap(), false).unwrap();
            for (part, text) in truth.response.iter().enumerate() {
                let text = if truth.is_events() { format!("data: {text}\n\n") } else { text.clone() };
                let last = part + 1 == truth.response.len() && !truth.trailers;
                body.send_data(text.into(), last).unwrap();
                tokio::task::yield_now().await;
            }
            if truth.trailers {
                let mut trailers = HeaderMap::new();
                trailers.insert("x-end", number.to_string().parse().unwrap());
                body.send_trailers(trailers).unwrap();
            }
        });
    }
}

/// What was decoded of one exchange.
#[derive(Default)]
struct Seen {
    request: Option<crate::RequestHead>,
    response: Option<crate::ResponseHead>,
    request_body: String,
    response_body: String,
    events: Vec<String>,
    trailers: Option<Headers>,
    ends: Vec<(Direction, End)>,
    lossy: bool,
}

impl Seen {
    /// The stream that this was, by what is unmistakable.
    fn number(&self) -> Option<usize> {
        let digits = |text: &str| {
            let digits: String = text.split(' ').nth(1)?.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        };
        let named = self.request.as_ref().and_then(|head| head.headers.get("x-number")?.parse().ok());
        let answered = || self.events.first().and_then(|event| digits(event));
        named.or_else(|| digits(&self.request_body)).or_else(|| digits(&self.response_body)).or_else(answered)
    }

    /// Nothing that is known is wrong.
    #[track_caller]
    fn assert_not_wrong(&self, truth: &Truth, context: &str) {
        let known = |headers: &Headers, fields: Vec<(&str, String)>| {
            for header in headers.iter().filter(|header| !header.name.starts_with(':')) {
                let field = fields.iter().find(|(name, _)| *name == header.name);
                let (_, value) = field.unwrap_or_else(|| panic!("{context}: no field {}", header.name));
                match &header.value {
                    Value::Text(text) => assert_eq!(text, value, "{context}"),
                    Value::Secret => assert_eq!(header.name, "authorization", "{context}"),
                    Value::Unknown => {}
                }
            }
        };
        if let Some(head) = &self.request {
            assert!(head.method.as_deref().is_none_or(|method| method == "POST"), "{context}");
            assert!(head.target.as_deref().is_none_or(|target| target == truth.path()), "{context}");
            assert!(head.headers.get(":authority").is_none_or(|host| host == "truth"), "{context}");
            known(&head.headers, truth.request_fields());
        }
        if let Some(head) = &self.response {
            assert!(head.status.is_none_or(|status| status == 200), "{context}");
            known(&head.headers, truth.response_fields());
        }
        if let Some(trailers) = &self.trailers {
            known(trailers, vec![("x-end", truth.number.to_string())]);
        }
    }

    /// All content is there.
    #[track_caller]
    fn assert_whole(&self, truth: &Truth, context: &str) {
        assert_eq!(self.request_body, truth.request.concat(), "{context}");
        if truth.is_events() {
            assert_eq!(self.events, truth.response, "{context}");
        } else {
            assert_eq!(self.response_body, truth.response.concat(), "{context}");
        }
        assert_eq!(self.trailers.is_some(), truth.trailers, "{context}");
        let complete = [(Direction::ToServer, End::Complete), (Direction::ToClient, End::Complete)];
        assert!(complete.iter().all(|end| self.ends.contains(end)), "{context}: {:?}", self.ends);
    }

    /// And every field is known.
    #[track_caller]
    fn assert_known(&self, truth: &Truth, context: &str) {
        let (request, response) = (self.request.as_ref().unwrap(), self.response.as_ref().unwrap());
        assert!(!request.partial && !response.partial, "{context}");
        assert_eq!(request.headers.len(), truth.request_fields().len() + 2, "{context}");
        assert_eq!(response.headers.len(), truth.response_fields().len(), "{context}");
        assert_eq!(request.target, Some(truth.path()), "{context}");
        assert_eq!(response.status, Some(200), "{context}");
    }
}

fn decode(whole: bool, inputs: &[Input]) -> Vec<Message> {
    let mut driver = Driver::new(whole);
    inputs.iter().for_each(|input| driver.feed(input));
    driver.close();
    driver.messages
}

fn by_exchange(messages: &[Message]) -> Vec<Seen> {
    let mut seen: BTreeMap<_, Seen> = BTreeMap::new();
    for message in messages {
        if matches!(message.kind, Kind::Notice(Notice::Resync(_) | Notice::Gap(_) | Notice::GoAway(_))) {
            continue;
        }
        let seen = seen.entry(message.exchange).or_default();
        seen.lossy |= message.lossy;
        match (&message.kind, message.direction) {
            (Kind::RequestHead(head), _) => seen.request = Some(head.clone()),
            (Kind::ResponseHead(head), _) => seen.response = Some(head.clone()),
            (Kind::Body(bytes), Direction::ToServer) => seen.request_body += &String::from_utf8_lossy(bytes),
            (Kind::Body(bytes), Direction::ToClient) => seen.response_body += &String::from_utf8_lossy(bytes),
            (Kind::Sse(event), _) => seen.events.push(String::from_utf8_lossy(&event.data).into_owned()),
            (Kind::Trailers(headers), _) => seen.trailers = Some(headers.clone()),
            (Kind::End(end), direction) => seen.ends.push((direction, *end)),
            (kind, _) => panic!("{kind:?}"),
        }
    }
    seen.into_values().collect()
}

/// Where each stream's first and last frames are, in bytes of the tape.
struct Extent {
    begin: usize,
    end: usize,
}

/// Found by the numbers that they carry, independently of any decoder: frames are walked through by their lengths.
fn extents(tape: &[Input]) -> BTreeMap<u32, Extent> {
    let mut extents: BTreeMap<u32, Extent> = BTreeMap::new();
    for wanted in [Direction::ToServer, Direction::ToClient] {
        // Every byte of the direction, with its place on the tape.
        let mut stream = Vec::new();
        let mut place = 0;
        for input in tape {
            let Input::Bytes(direction, bytes) = input else { continue };
            if *direction == wanted {
                stream.extend(bytes.iter().enumerate().map(|(index, byte)| (*byte, place + index)));
            }
            place += bytes.len();
        }
        let mut at = if wanted == Direction::ToServer { super::h2::PREFACE.len() } else { 0 };
        while at + 9 <= stream.len() {
            let byte = |index: usize| u32::from(stream[at + index].0);
            let length = (byte(0) << 16 | byte(1) << 8 | byte(2)) as usize;
            let id = byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8);
            let (what, first, last) = (byte(3), stream[at].1, stream[at + 8 + length].1);
            if id > 0 && (what == 0 || what == 1) {
                let extent = extents.entry(id).or_insert(Extent { begin: first, end: last });
                extent.begin = extent.begin.min(first);
                extent.end = extent.end.max(last);
            }
            at += 9 + length;
        }
    }
    extents
}

/// The tape from byte `cut` on.
fn tail(tape: &[Input], cut: usize) -> Vec<Input> {
    let mut left = cut;
    let mut rest = Vec::new();
    for input in tape {
        let Input::Bytes(direction, bytes) = input else { continue };
        let skipped = left.min(bytes.len());
        left -= skipped;
        if skipped < bytes.len() {
            rest.push(Input::Bytes(*direction, bytes[skipped..].to_vec()));
        }
    }
    rest
}

/// The same bytes in pieces of `size`.
fn in_pieces(tape: &[Input], size: usize) -> Vec<Input> {
    let cut = |input: &Input| match input {
        Input::Bytes(direction, bytes) => {
            bytes.chunks(size).map(|piece| Input::Bytes(*direction, piece.to_vec())).collect()
        }
        Input::Gap(direction, missing) => vec![Input::Gap(*direction, *missing)],
    };
    tape.iter().flat_map(cut).collect::<Vec<_>>()
}

fn length(tape: &[Input]) -> usize {
    tape.iter()
        .map(|input| match input {
            Input::Bytes(_, bytes) => bytes.len(),
            Input::Gap(..) => 0,
        })
        .sum()
}

/// The number of the stream that the client's n-th request is on.
fn number_of(id: u32) -> usize {
    (id as usize - 1) / 2
}

#[test]
fn whole_connections_are_decoded_whole() {
    for (streams, at_once, buffer) in [(1, 1, 65_536), (40, 1, 65_536), (60, 20, 65_536), (30, 30, 100)] {
        let tape = record(streams, at_once, buffer);
        for pieces in [tape.clone(), in_pieces(&tape, 1), in_pieces(&tape, 37)] {
            let messages = decode(true, &pieces);
            super::assert_ends(&messages);
            let seen = by_exchange(&messages);
            assert_eq!(seen.len(), streams);
            let mut numbers = Vec::new();
            for one in &seen {
                let truth = Truth::new(one.number().unwrap());
                let context = format!("{streams} streams, number {}", truth.number);
                one.assert_not_wrong(&truth, &context);
                one.assert_whole(&truth, &context);
                one.assert_known(&truth, &context);
                assert!(!one.lossy, "{context}");
                numbers.push(truth.number);
            }
            numbers.sort_unstable();
            assert_eq!(numbers, (0..streams).collect::<Vec<_>>());
        }
    }
}

#[test]
fn joined_late_every_later_stream_is_whole_and_no_head_is_wrong() {
    for (streams, at_once) in [(24, 1), (40, 8)] {
        let tape = record(streams, at_once, 65_536);
        let extents = extents(&tape);
        let mut later = 0;
        for cut in 1..=length(&tape).min(4096) {
            later += check_late(&tape, &extents, cut, usize::MAX);
        }
        // Byte by byte takes its time, so not at each place.
        for cut in (1..=length(&tape).min(4096)).step_by(61) {
            later += check_late(&tape, &extents, cut, 1);
            later += check_late(&tape, &extents, cut, 50);
        }
        assert!(later > 20_000, "{later} streams after a cut were looked at");
    }
}

/// How many streams began after the cut.
fn check_late(tape: &[Input], extents: &BTreeMap<u32, Extent>, cut: usize, size: usize) -> usize {
    let messages = decode(false, &in_pieces(&tail(tape, cut), size));
    super::assert_ends(&messages);
    let seen = by_exchange(&messages);
    let mut found = BTreeMap::new();
    for one in &seen {
        let Some(number) = one.number() else { continue };
        let context = format!("cut at {cut}, pieces of {size}, number {number}");
        one.assert_not_wrong(&Truth::new(number), &context);
        assert!(found.insert(number, one).is_none(), "{context}: twice");
    }
    let later: Vec<_> = extents.iter().filter(|(_, extent)| extent.begin >= cut).collect();
    for (id, _) in &later {
        let truth = Truth::new(number_of(**id));
        let context = format!("cut at {cut}, pieces of {size}, number {}", truth.number);
        let one = found.get(&truth.number).unwrap_or_else(|| panic!("{context}: not seen"));
        one.assert_whole(&truth, &context);
    }
    later.len()
}

#[test]
fn one_lost_record_changes_only_the_streams_that_it_overlaps() {
    for (streams, at_once) in [(24, 1), (32, 4)] {
        let tape = record(streams, at_once, 65_536);
        let extents = extents(&tape);
        let mut place = 0;
        let mut untouched = 0;
        for (index, input) in tape.iter().enumerate() {
            let Input::Bytes(direction, bytes) = input else { continue };
            let lost = place..place + bytes.len();
            place += bytes.len();
            let mut torn = tape.clone();
            torn[index] = Input::Gap(*direction, bytes.len() as u64);
            let messages = decode(true, &torn);
            let seen = by_exchange(&messages);
            let mut found = BTreeMap::new();
            for one in &seen {
                let Some(number) = one.number() else { continue };
                let context = format!("record {index} lost, number {number}");
                one.assert_not_wrong(&Truth::new(number), &context);
                found.insert(number, one);
            }
            for (id, extent) in &extents {
                let truth = Truth::new(number_of(*id));
                let context = format!("record {index} lost, number {}", truth.number);
                let (before, after) = (extent.end < lost.start, extent.begin >= lost.end);
                if before || after {
                    let one = found.get(&truth.number).unwrap_or_else(|| panic!("{context}: not seen"));
                    one.assert_whole(&truth, &context);
                    assert!(!one.lossy, "{context}");
                    untouched += 1;
                }
                if before {
                    found[&truth.number].assert_known(&truth, &context);
                }
            }
        }
        assert!(untouched > 500, "{untouched} streams beside a loss were looked at");
    }
}
