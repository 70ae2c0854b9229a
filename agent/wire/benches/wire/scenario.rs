//! One stream to decode: its pieces in order, and how many events must come of it.

use bytes::Bytes;
use wire::{Connection, Direction, End, Kind, Message, StreamOffset, Time};

use crate::encode;

/// A TLS record holds at most 16 KiB (RFC 8446 §5.1), and a read call gives at most one.
pub(crate) const READ: usize = 16 * 1024;
/// Events of one response: a long answer.
const EVENTS: usize = 2000;
const STREAMS: u32 = 100;
const JSON_BYTES: usize = 16 * 1024 * 1024;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pieces: Vec<(Direction, Bytes)>,
    /// Events; for a body without, its bytes.
    expect: Expect,
}

enum Expect {
    Events(usize),
    Body(usize),
}

/// What came out.
#[derive(Default)]
struct Counted {
    events: usize,
    body: usize,
    complete: usize,
}

impl Scenario {
    pub(crate) fn all() -> Vec<Self> {
        let events = encode::events(EVENTS);
        let chunks = |parts: &[Vec<u8>]| parts.iter().map(|part| encode::chunk(part)).collect::<Vec<_>>();
        let h1 = |fields: &str, parts: &[Vec<u8>]| {
            let mut response = vec![encode::h1_response(fields)];
            response.extend(chunks(parts));
            response.push(b"0\r\n\r\n".to_vec());
            response
        };
        let plain = h1("Transfer-Encoding: chunked\r\n", &events);
        let coded = encode::gzip(&events);
        let gzip = h1("Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", &coded);
        let json = vec![encode::json_response(JSON_BYTES)];
        let request = encode::h1_request();
        let h2_request = encode::h2_request(1);
        let interleaved = encode::h2_interleaved(STREAMS, &events);
        vec![
            Self::new("h1-sse", request.clone(), reads(&plain), Expect::Events(EVENTS)),
            Self::new("h1-sse-event-per-read", request.clone(), each(&plain), Expect::Events(EVENTS)),
            Self::new("h1-sse-gzip", request.clone(), reads(&gzip), Expect::Events(EVENTS)),
            Self::new(
                "h2-sse",
                h2_request.clone(),
                reads(&encode::h2_response(&events, false)),
                Expect::Events(EVENTS),
            ),
            Self::new(
                "h2-sse-100-streams",
                encode::h2_request(STREAMS),
                reads(&interleaved),
                Expect::Events(EVENTS),
            ),
            Self::new(
                "h2-sse-gzip",
                h2_request,
                reads(&encode::h2_response(&coded, true)),
                Expect::Events(EVENTS),
            ),
            Self::new("h1-json-16m", request, reads(&json), Expect::Body(JSON_BYTES)),
        ]
    }

    fn new(name: &'static str, request: Vec<u8>, response: Vec<Bytes>, expect: Expect) -> Self {
        let mut pieces = vec![(Direction::ToServer, Bytes::from(request))];
        pieces.extend(response.into_iter().map(|piece| (Direction::ToClient, piece)));
        Self { name, pieces, expect }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.pieces.iter().map(|(_, piece)| piece.len()).sum()
    }

    /// Everything that is pushed, as one: for the yardstick.
    pub(crate) fn all_bytes(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, piece)| piece.iter().copied()).collect()
    }

    /// Where there are any.
    pub(crate) fn events(&self) -> Option<usize> {
        match self.expect {
            Expect::Events(events) => Some(events),
            Expect::Body(_) => None,
        }
    }

    /// Returns something of each message, so that none of the work can be left out.
    pub(crate) fn decode(&self) -> usize {
        let mut connection = Connection::new(true);
        let mut seen = 0;
        self.run(&mut connection, |message| seen += message.offset.0 as usize);
        seen
    }

    /// What is wrong with what comes out.
    pub(crate) fn fault(&self) -> Option<String> {
        let mut counted = Counted::default();
        self.run(&mut Connection::new(true), |message| counted.add(&message));
        let Counted { events, body, complete } = counted;
        let as_expected = match self.expect {
            Expect::Events(expect) => events == expect,
            Expect::Body(expect) => body == expect,
        };
        // At least one request and its response ended as they should.
        let name = self.name;
        (!as_expected || complete < 2)
            .then(|| format!("{name}: {events} events, {body} bytes of body, {complete} directions complete"))
    }

    fn run(&self, connection: &mut Connection, mut take: impl FnMut(Message)) {
        let mut offsets = [0_u64; 2];
        for (now, (direction, piece)) in self.pieces.iter().enumerate() {
            let [to_server, to_client] = &mut offsets;
            let offset = if *direction == Direction::ToServer { to_server } else { to_client };
            connection.push(*direction, piece.clone(), StreamOffset(*offset), Time(now as u64));
            *offset += piece.len() as u64;
            while let Some(message) = connection.poll() {
                take(message);
            }
        }
    }
}

impl Counted {
    fn add(&mut self, message: &Message) {
        match &message.kind {
            // Those of requests are not what is measured.
            Kind::Body(bytes) if message.direction == Direction::ToClient => self.body += bytes.len(),
            Kind::End(End::Complete) => self.complete += 1,
            Kind::RequestHead(_) | Kind::ResponseHead(_) | Kind::Body(_) | Kind::End(_) | Kind::Notice(_) => {
            }
            // Of any format.
            _ => self.events += 1,
        }
    }
}

/// As captured: one read after the other, full.
fn reads(parts: &[Vec<u8>]) -> Vec<Bytes> {
    let all = Bytes::from(parts.concat());
    (0..all.len()).step_by(READ).map(|at| all.slice(at..all.len().min(at + READ))).collect()
}

/// As captured from a server that is slower than its client: what is written is read.
fn each(parts: &[Vec<u8>]) -> Vec<Bytes> {
    parts.iter().map(|part| Bytes::from(part.clone())).collect()
}
