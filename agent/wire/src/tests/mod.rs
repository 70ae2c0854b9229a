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
mod codings;
mod encoders;
mod event_stream;
mod events;
mod expectations;
mod gaps;
mod grpc;
mod guesses;
mod h2;
mod h2_bombs;
mod h2_damage;
mod h2_floods;
mod h2_garbage;
mod h2_hostile;
mod h2_properties;
mod h2_recorded;
mod heads;
mod hostile;
mod hpack;
mod hpack_examples;
mod hpack_properties;
mod hpack_stories;
mod json_array;
mod json_lines;
mod late;
mod properties;
mod protocols;
mod secrets;
mod sinks;
mod trailers;
mod upgrades;
mod websocket;
mod websocket_deflate;

use std::collections::HashMap;

use bytes::Bytes;

use crate::{
    Connection, Direction, FrameValue, Headers, Kind, Message, Notice, StreamOffset, Time, Value, limits,
};

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
    /// Framing was found again, so messages may come later than their bytes.
    searched: bool,
    /// A WebSocket was asked for, and what the client sends before the answer waits for it.
    upgrading: bool,
}

impl Driver {
    fn new(whole: bool) -> Self {
        let (offsets, messages) = (HashMap::new(), Vec::new());
        let connection = Connection::new(whole);
        Self { connection, now: 0, offsets, messages, searched: false, upgrading: false }
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
            self.searched |= matches!(message.kind, Kind::Notice(Notice::Resync(_)));
            let waits = matches!(message.kind, Kind::Sse(_) | Kind::Json(_) | Kind::Notice(_));
            let behind_upgrade = self.upgrading && message.direction == Direction::ToServer;
            let at_once = !self.searched && !waits && !behind_upgrade;
            self.upgrading |= matches!(&message.kind, Kind::RequestHead(h) if h.headers.contains("upgrade"));
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
    let mut ends: HashMap<_, u32> = HashMap::new();
    for message in messages.iter().filter(|message| matches!(message.kind, Kind::End(_))) {
        *ends.entry((message.exchange, message.direction)).or_default() += 1;
    }
    for message in messages {
        let ends = |direction| ends.get(&(message.exchange, direction)).copied().unwrap_or(0);
        match &message.kind {
            Kind::RequestHead(_) => {
                assert_eq!((ends(Direction::ToServer), ends(Direction::ToClient)), (1, 1), "{message:?}");
            }
            Kind::ResponseHead(_)
            | Kind::Body(_)
            | Kind::Sse(_)
            | Kind::Json(_)
            | Kind::Frame(_)
            | Kind::Grpc(_)
            | Kind::Trailers(_)
            | Kind::End(_) => assert_eq!(ends(message.direction), 1, "{message:?}"),
            // A WebSocket goes on after its request, and ends with the response.
            Kind::WebSocket(_) => assert_eq!(ends(Direction::ToClient), 1, "{message:?}"),
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
        Kind::RequestHead(head) => {
            let partial = if head.partial { "(partial) " } else { "" };
            let [method, target] = [&head.method, &head.target].map(|known| known.as_deref().unwrap_or("?"));
            format!("{partial}{method} {target}{}", render_fields(&head.headers))
        }
        Kind::ResponseHead(head) => {
            let partial = if head.partial { "(partial) " } else { "" };
            let status = head.status.map_or("?".to_owned(), |status| status.to_string());
            format!("{partial}{status}{}", render_fields(&head.headers))
        }
        Kind::Body(bytes) => format!("body {}", bytes.escape_ascii()),
        Kind::Sse(event) => format!(
            "event {} {}{}",
            event.event.as_deref().unwrap_or("-"),
            event.data.escape_ascii(),
            if event.truncated { " (truncated)" } else { "" }
        ),
        Kind::Json(item) => {
            format!("json {}{}", item.data.escape_ascii(), if item.truncated { " (truncated)" } else { "" })
        }
        Kind::Frame(frame) => {
            let fields: Vec<_> =
                frame.headers.iter().map(|(name, value)| render_frame_field(name, value)).collect();
            let truncated = if frame.truncated { " (truncated)" } else { "" };
            format!("frame {} {}{truncated}", fields.join(" "), frame.payload.escape_ascii())
        }
        Kind::Grpc(message) => format!(
            "grpc {}{}{}",
            if message.compressed { "(compressed) " } else { "" },
            message.data.escape_ascii(),
            if message.truncated { " (truncated)" } else { "" }
        ),
        Kind::WebSocket(message) => format!(
            "ws {:?} {}{}",
            message.what,
            message.data.escape_ascii(),
            if message.truncated { " (truncated)" } else { "" }
        ),
        Kind::Trailers(headers) => format!("trailers{}", render_fields(headers)),
        Kind::End(end) => format!("end {end:?}"),
        Kind::Notice(notice) => format!("{notice:?}"),
    }
}

fn render_fields(headers: &Headers) -> String {
    let value = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        Value::Secret => "<secret>".to_owned(),
        Value::Unknown => "?".to_owned(),
    };
    headers.iter().map(|field| format!(" {}={}", field.name, value(&field.value))).collect()
}

fn render_frame_field(name: &str, value: &FrameValue) -> String {
    match value {
        FrameValue::Bool(value) => format!("{name}={value}"),
        FrameValue::Int(value) => format!("{name}={value}"),
        FrameValue::Bytes(value) => format!("{name}=b\"{}\"", value.escape_ascii()),
        FrameValue::Text(value) => format!("{name}={value}"),
        FrameValue::Timestamp(value) => format!("{name}=@{value}"),
        FrameValue::Uuid(value) => format!("{name}={value:02x?}"),
        FrameValue::Secret => format!("{name}=<secret>"),
    }
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

/// As [`check`], where offsets depend on the cuts: what was decoded out of a content coding stands where the piece
/// begins that it came out of.
#[track_caller]
fn check_decoded(inputs: &[Input], expect: &str) {
    let without_offsets = |inputs: &[Input]| {
        render(&run(true, inputs)).into_iter().map(|(line, _)| line.trim_end().to_owned()).collect::<Vec<_>>()
    };
    let expect: Vec<_> = expect.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(without_offsets(inputs), expect, "whole");
    for (what, cut) in cuts(inputs) {
        assert_eq!(without_offsets(&cut), expect, "{what}");
    }
}

/// However the bytes are cut, the messages are the same.
#[track_caller]
fn check_cuts(whole: bool, inputs: &[Input], rendered: &[(String, u64)]) {
    for (what, cut) in cuts(inputs) {
        assert_eq!(render(&run(whole, &cut)), rendered, "{what}");
    }
}

/// The same bytes in other pieces: each input cut in two at every place, and all byte by byte.
fn cuts(inputs: &[Input]) -> impl Iterator<Item = (String, Vec<Input>)> {
    let places = inputs.iter().enumerate().flat_map(|(index, input)| match input {
        Input::Bytes(_, bytes) => (1..bytes.len()).map(|cut| (index, cut)).collect(),
        Input::Gap(..) => Vec::new(),
    });
    let in_two = places.map(|(index, cut)| {
        let mut cut_inputs = inputs.to_vec();
        if let Input::Bytes(direction, bytes) = &inputs[index] {
            let halves = [&bytes[..cut], &bytes[cut..]].map(|half| Input::Bytes(*direction, half.to_vec()));
            cut_inputs.splice(index..=index, halves);
        }
        (format!("input {index} cut at {cut}"), cut_inputs)
    });
    in_two.chain([("byte by byte".to_owned(), byte_by_byte(inputs))])
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
