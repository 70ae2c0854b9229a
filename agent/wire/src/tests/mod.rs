//! The crate from outside: what is pushed, and the messages that come of it as text.
//!
//! [`check`] runs every sample whole, cut in two at every place, and byte by byte. Only the cuts of bodies and times
//! may differ.
//!
//! ```text
//! 0> POST /v1/messages host=a            request head of exchange 0
//! 0> body {"a":1}                        adjacent pieces joined
//! 0~< event message_stop {}              after a loss
//! 0< end Complete
//! ```

mod bodies;
mod events;
mod gaps;
mod heads;
mod hostile;
mod late;
mod properties;
mod protocols;
mod secrets;

use std::collections::HashMap;

use bytes::Bytes;

use crate::{Connection, Direction, Headers, Kind, Message, StreamOffset, Time, limits};

/// What happens to a connection.
#[derive(Clone, Debug)]
enum Input {
    Bytes(Direction, Vec<u8>),
    Gap(Direction, u64),
}

/// Bytes to the server.
fn c2s(bytes: impl AsRef<[u8]>) -> Input {
    Input::Bytes(Direction::ToServer, bytes.as_ref().to_vec())
}

/// Bytes to the client.
fn s2c(bytes: impl AsRef<[u8]>) -> Input {
    Input::Bytes(Direction::ToClient, bytes.as_ref().to_vec())
}

fn gap_c2s(missing: u64) -> Input {
    Input::Gap(Direction::ToServer, missing)
}

fn gap_s2c(missing: u64) -> Input {
    Input::Gap(Direction::ToClient, missing)
}

/// A connection with a clock that ticks with each call, and offsets that are right.
struct Driver {
    connection: Connection,
    now: u64,
    offsets: HashMap<Direction, u64>,
    messages: Vec<Message>,
}

impl Driver {
    fn new(whole: bool) -> Self {
        Self { connection: Connection::new(whole), now: 0, offsets: HashMap::new(), messages: Vec::new() }
    }

    fn feed(&mut self, input: &Input) {
        self.now += 1;
        match input {
            Input::Bytes(direction, bytes) => {
                let offset = self.advance(*direction, bytes.len() as u64);
                let bytes = Bytes::copy_from_slice(bytes);
                self.connection.push(*direction, bytes, StreamOffset(offset), Time(self.now));
            }
            Input::Gap(direction, missing) => {
                self.advance(*direction, *missing);
                self.connection.gap(*direction, *missing, Time(self.now));
            }
        }
        self.collect();
    }

    fn close(&mut self) {
        self.now += 1;
        self.connection.close(Time(self.now));
        self.collect();
    }

    fn advance(&mut self, direction: Direction, by: u64) -> u64 {
        let offset = self.offsets.entry(direction).or_default();
        let before = *offset;
        *offset = offset.saturating_add(by);
        before
    }

    fn collect(&mut self) {
        assert!(self.connection.held() <= limits::HELD_BYTES, "holds {}", self.connection.held());
        while let Some(message) = self.connection.poll() {
            assert!(message.first_at <= message.at, "{message:?}");
            // A message comes at once, but for what waits for the close or the verdict on the protocol.
            let at_once = !matches!(message.kind, Kind::Sse(_) | Kind::Notice(_));
            let now = Time(self.now);
            assert!(message.at == now || !at_once && message.at < now, "{message:?}");
            self.messages.push(message);
        }
    }
}

/// All messages of a connection that closes at the end.
fn run(whole: bool, inputs: &[Input]) -> Vec<Message> {
    let mut driver = Driver::new(whole);
    for input in inputs {
        driver.feed(input);
    }
    driver.close();
    assert_ends(&driver.messages);
    driver.messages
}

/// Every request seen ends once, and every exchange's response ends once.
fn assert_ends(messages: &[Message]) {
    let count = |message: &Message, direction, of: fn(&Kind) -> bool| {
        let same = |m: &&Message| m.exchange == message.exchange && m.direction == direction && of(&m.kind);
        messages.iter().filter(same).count()
    };
    for message in messages {
        let ends = |direction| count(message, direction, |kind| matches!(kind, Kind::End(_)));
        match &message.kind {
            Kind::RequestHead(_) => {
                assert_eq!((ends(Direction::ToServer), ends(Direction::ToClient)), (1, 1), "{message:?}");
            }
            Kind::ResponseHead(_) | Kind::Body(_) | Kind::Sse(_) | Kind::End(_) => {
                assert_eq!(ends(message.direction), 1, "{message:?}");
            }
            Kind::Notice(_) => {}
        }
    }
}

/// One line for each message, with its offset. Adjacent body pieces are one.
fn render(messages: &[Message]) -> Vec<(String, u64)> {
    let mut lines: Vec<(String, u64)> = Vec::new();
    let mut body: Option<String> = None;
    for message in messages {
        let direction = match message.direction {
            Direction::ToServer => ">",
            Direction::ToClient => "<",
        };
        let lossy = if message.lossy { "~" } else { "" };
        let head = format!("{}{lossy}{direction} ", message.exchange.0);
        if let Kind::Body(bytes) = &message.kind {
            let text = bytes.escape_ascii().to_string();
            match (lines.last_mut(), &body) {
                (Some((line, _)), Some(open)) if *open == head => line.push_str(&text),
                _ => lines.push((format!("{head}body {text}"), message.offset.0)),
            }
            body = Some(head);
            continue;
        }
        body = None;
        lines.push((head + &render_kind(&message.kind), message.offset.0));
    }
    lines
}

fn render_kind(kind: &Kind) -> String {
    match kind {
        Kind::RequestHead(head) => format!("{} {}{}", head.method, head.target, render_fields(&head.headers)),
        Kind::ResponseHead(head) => format!("{}{}", head.status, render_fields(&head.headers)),
        Kind::Body(bytes) => format!("body {}", bytes.escape_ascii()),
        Kind::Sse(event) => format!(
            "event {} {}{}",
            event.event.as_deref().unwrap_or("-"),
            event.data.escape_ascii(),
            if event.truncated { " (truncated)" } else { "" }
        ),
        Kind::End(end) => format!("end {end:?}"),
        Kind::Notice(notice) => format!("{notice:?}"),
    }
}

fn render_fields(headers: &Headers) -> String {
    headers
        .iter()
        .map(|field| format!(" {}={}", field.name, field.value.as_deref().unwrap_or("<secret>")))
        .collect()
}

/// A connection seen from its beginning.
#[track_caller]
fn check(inputs: &[Input], expect: &str) {
    check_from(true, inputs, expect);
}

#[track_caller]
fn check_from(whole: bool, inputs: &[Input], expect: &str) {
    let rendered = render(&run(whole, inputs));
    let text: Vec<_> = rendered.iter().map(|(line, _)| line.trim_end()).collect();
    let expect: Vec<_> = expect.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(text, expect, "whole");
    check_cuts(whole, inputs, &rendered);
}

/// However the bytes are cut, the messages are the same.
#[track_caller]
fn check_cuts(whole: bool, inputs: &[Input], rendered: &[(String, u64)]) {
    for (index, input) in inputs.iter().enumerate() {
        let Input::Bytes(direction, bytes) = input else {
            continue;
        };
        for cut in 1..bytes.len() {
            let halves = [&bytes[..cut], &bytes[cut..]].map(|half| Input::Bytes(*direction, half.to_vec()));
            let mut cut_inputs = inputs.to_vec();
            cut_inputs.splice(index..=index, halves);
            assert_eq!(render(&run(whole, &cut_inputs)), rendered, "input {index} cut at {cut}");
        }
    }
    assert_eq!(render(&run(whole, &byte_by_byte(inputs))), rendered, "byte by byte");
}

fn byte_by_byte(inputs: &[Input]) -> Vec<Input> {
    let split = |input: &Input| match input {
        Input::Bytes(direction, bytes) => {
            bytes.iter().map(|byte| Input::Bytes(*direction, vec![*byte])).collect()
        }
        Input::Gap(direction, missing) => vec![Input::Gap(*direction, *missing)],
    };
    inputs.iter().flat_map(split).collect()
}
