//! One shard: inputs of its processes → spans.
//!
//! Comes in: [`Input`]s in order. Goes out: spans, and verdicts on connections that are of no interest. Pure: no I/O,
//! and time is in the inputs, so that the same inputs give the same spans.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use genai::{
    Call, Interpreter, Memory, Verdict,
    price::{Cost, FoundBy, Sold},
};
use wire::{Direction, Kind, Notice, Time};

use crate::{
    capture::{Captured, Clock, ConnId, Data, Flow, Input, Mark, What},
    config::Reading,
    connection::{Refused, Role, Stream, Table, limits},
    enrich::Process,
    span::{self, ConnectionInfo, Span},
    telemetry::ShardCounts,
};

/// What a shard gives.
#[derive(Debug)]
pub enum Output {
    /// A finished call.
    Span(Box<Span>),
    /// Nothing more of this connection needs to be copied.
    Mute(ConnId),
}

/// The state of all connections of some processes.
#[derive(Debug, Default)]
pub struct Shard {
    reading: Reading,
    clock: Clock,
    processes: HashMap<u32, Arc<Process>>,
    connections: Table<Connection>,
    /// What is remembered of the calls of each process that has made some.
    memories: HashMap<u32, Memory>,
    out: VecDeque<Output>,
    /// Bytes that decoders hold, as far as it was looked.
    held: usize,
    /// Counters.
    pub counts: ShardCounts,
}

/// One connection on its way through decoding and interpretation.
#[derive(Debug)]
struct Connection {
    state: State,
    /// Out first.
    streams: [Stream; 2],
    server_name: Option<String>,
    held: usize,
}

#[derive(Debug)]
enum State {
    /// Nothing was seen yet that tells client from server.
    Quiet { whole: bool },
    /// The process is the client.
    Live(Box<Live>),
    /// Of no interest; the kernel side has been told.
    Dismissed,
}

/// Where the calls of a connection come from.
struct Origin {
    connection: ConnectionInfo,
    process: Arc<Process>,
    clock: Clock,
}

#[derive(Debug)]
struct Live {
    wire: wire::Connection,
    interpreter: Interpreter,
    exchanges: u64,
    not_genai: u64,
}

impl Shard {
    /// A shard that has seen nothing.
    pub fn new(reading: Reading) -> Self {
        Self { reading, ..Self::default() }
    }

    /// Takes the next input.
    pub fn push(&mut self, input: Input) {
        match input {
            Input::Clock(clock) => self.clock = clock,
            Input::Process(process) => {
                self.processes.insert(process.pid, Arc::new(process));
            }
            Input::Captured(captured) => {
                self.counts.records += 1;
                match captured {
                    Captured::Data(data) => self.data(data),
                    Captured::Mark(mark) => self.mark(mark),
                    Captured::Allowed(_) | Captured::Moved { .. } => {}
                    Captured::Gone { tgid, start, at } => self.gone(tgid, start, at),
                }
            }
            Input::Tick(now) => {
                for (id, connection) in self.connections.remove_idle(now) {
                    self.counts.notes.idle += 1;
                    self.end(id, connection, now, false);
                }
            }
            Input::End(at) => {
                for (id, connection) in self.connections.remove_all() {
                    self.end(id, connection, at, false);
                }
            }
        }
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Connections that are known now.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether no connection is known.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    fn data(&mut self, data: Data) {
        let Data { connection: id, flow, whole, offset, other, at, bytes } = data;
        let Self { connections, counts, held, out, reading, .. } = self;
        let connection = connections.entry(id, at, || {
            counts.notes.connections += 1;
            Connection::new(whole)
        });
        let connection = match connection {
            Ok(connection) => connection,
            Err(Refused::TableFull) => {
                counts.table_full += 1;
                return;
            }
        };
        if let State::Quiet { whole } = connection.state {
            match Role::of(flow, &bytes) {
                Role::Client => connection.state = State::Live(Box::new(Live::new(whole, reading))),
                Role::Server => {
                    counts.served += 1;
                    dismiss(id, connection, counts, out);
                    return;
                }
            }
        }
        let State::Live(live) = &mut connection.state else {
            counts.after_verdict += 1;
            return;
        };
        if *held > limits::HELD_BYTES {
            // The one that comes now is given up: whoever holds much is who sends much.
            counts.over_budget += 1;
            *held -= connection.held;
            dismiss(id, connection, counts, out);
            return;
        }

        counts.pieces += 1;
        let [sent, received] = &mut connection.streams;
        let (direction, stream, other_direction, other_stream) = match flow {
            Flow::Out => (Direction::ToServer, sent, Direction::ToClient, received),
            Flow::In => (Direction::ToClient, received, Direction::ToServer, sent),
        };
        // A request that was lost whole is a gap before its response, not one after it.
        live.gap(other_direction, other_stream.stands_at(other), at, counts);
        let arrived = stream.take(offset, bytes);
        live.gap(direction, arrived.missing, at, counts);
        live.wire.push(direction, arrived.bytes, arrived.offset, at);
        let now_held = live.wire.held();
        *held = *held - connection.held + now_held;
        connection.held = now_held;
        if live.wire.is_foreign() {
            counts.foreign += 1;
        }
        self.advance(id, at);
    }

    fn mark(&mut self, mark: Mark) {
        let Mark { connection: id, at, offsets, what } = mark;
        match what {
            What::HandshakeStart | What::ServerName(_) => {
                let counts = &mut self.counts;
                // These come before any byte, so the connection is seen whole.
                let entry = self.connections.entry(id, at, || {
                    counts.notes.connections += 1;
                    Connection::new(true)
                });
                match (entry, what) {
                    (Ok(connection), What::ServerName(name)) => connection.server_name = Some(name),
                    (Ok(_), _) => {}
                    (Err(Refused::TableFull), _) => counts.table_full += 1,
                }
            }
            What::HandshakeDone => {}
            What::Shutdown => self.catch_up(id, offsets, at),
            What::Free | What::Muted => {
                self.catch_up(id, offsets, at);
                if let Some(connection) = self.connections.remove(id) {
                    self.end(id, connection, at, true);
                }
            }
        }
    }

    /// What the kernel side has counted and we have not seen was lost.
    fn catch_up(&mut self, id: ConnId, offsets: [wire::StreamOffset; 2], at: Time) {
        let Some(connection) = self.connections.get(id, at) else {
            return;
        };
        let [out, read] = &mut connection.streams;
        let missing = [out.stands_at(offsets[0]), read.stands_at(offsets[1])];
        if let State::Live(live) = &mut connection.state {
            live.gap(Direction::ToServer, missing[0], at, &mut self.counts);
            live.gap(Direction::ToClient, missing[1], at, &mut self.counts);
        }
        self.advance(id, at);
    }

    fn gone(&mut self, tgid: u32, start: u64, at: Time) {
        for (id, connection) in self.connections.remove_process(tgid, start) {
            self.end(id, connection, at, true);
        }
        self.processes.remove(&tgid);
        self.memories.remove(&tgid);
    }

    /// Brings what the decoder has to the interpreter, and what that has to the output.
    fn advance(&mut self, id: ConnId, at: Time) {
        let Some(connection) = self.connections.get(id, at) else {
            return;
        };
        let Connection { state: State::Live(live), server_name, .. } = connection else {
            return;
        };
        live.interpret(&mut self.counts);
        let over = live.wire.is_foreign() || live.interpreter.verdict() == Verdict::Foreign;
        if over {
            live.interpreter.finish(at, false);
        }
        let origin = || Origin::new(id, server_name.as_deref(), &self.processes, self.clock);
        let mut teller = Teller { tgid: id.tgid, memories: &mut self.memories, reading: &self.reading };
        live.give(origin, &mut teller, &mut self.counts, &mut self.out);
        if over {
            self.held -= connection.held;
            dismiss(id, connection, &mut self.counts, &mut self.out);
        }
    }

    fn end(&mut self, id: ConnId, connection: Connection, at: Time, closed: bool) {
        self.held -= connection.held;
        let Connection { state: State::Live(mut live), server_name, .. } = connection else {
            return;
        };
        if closed {
            live.wire.close(at);
        }
        live.interpret(&mut self.counts);
        live.interpreter.finish(at, closed);
        let origin = || Origin::new(id, server_name.as_deref(), &self.processes, self.clock);
        let mut teller = Teller { tgid: id.tgid, memories: &mut self.memories, reading: &self.reading };
        live.give(origin, &mut teller, &mut self.counts, &mut self.out);
    }
}

impl Connection {
    fn new(whole: bool) -> Self {
        Self { state: State::Quiet { whole }, streams: [Stream::new(whole); 2], server_name: None, held: 0 }
    }
}

impl Live {
    fn new(whole: bool, reading: &Reading) -> Self {
        Self {
            wire: wire::Connection::new(whole),
            interpreter: Interpreter::new(Arc::clone(&reading.settings)),
            exchanges: 0,
            not_genai: 0,
        }
    }

    fn gap(&mut self, direction: Direction, missing: u64, at: Time, counts: &mut ShardCounts) {
        if missing > 0 {
            counts.notes.gaps += 1;
            counts.notes.gap_bytes += missing;
            self.wire.gap(direction, missing, at);
        }
    }

    fn interpret(&mut self, counts: &mut ShardCounts) {
        while let Some(message) = self.wire.poll() {
            let seen = message.exchange.0.saturating_add(1);
            if seen > self.exchanges && !matches!(message.kind, Kind::Notice(_)) {
                counts.exchanges += seen - self.exchanges;
                self.exchanges = seen;
            }
            if let Kind::Notice(notice) = &message.kind {
                match notice {
                    Notice::Resync(_) => counts.notes.resync += 1,
                    Notice::Malformed(_) => counts.notes.malformed += 1,
                    Notice::Limit(_) => counts.notes.limits += 1,
                    Notice::Gap(_)
                    | Notice::Informational(_)
                    | Notice::Upgraded
                    | Notice::Reset(_)
                    | Notice::GoAway(_)
                    | Notice::Unsupported(_) => {}
                }
            }
            self.interpreter.push(message);
        }
    }

    /// Makes spans of finished calls. Most records finish none, so where they come from is looked up only then.
    fn give(
        &mut self,
        origin: impl Fn() -> Origin,
        teller: &mut Teller<'_>,
        counts: &mut ShardCounts,
        out: &mut VecDeque<Output>,
    ) {
        while let Some(mut call) = self.interpreter.poll() {
            let Origin { connection, process, clock } = origin();
            teller.tell(&mut call, clock);
            counts.calls += 1;
            counts.notes.calls_with_loss += u64::from(call.lossy);
            let span = span::build(&call, &process, connection, clock);
            counts.spans += 1;
            out.push_back(Output::Span(Box::new(span)));
        }
        let foreign = self.interpreter.foreign();
        counts.not_genai += foreign - self.not_genai;
        self.not_genai = foreign;
    }
}

/// What a call cannot know by itself: what came before it, and what it cost.
struct Teller<'a> {
    tgid: u32,
    memories: &'a mut HashMap<u32, Memory>,
    reading: &'a Reading,
}

impl Teller<'_> {
    fn tell(&mut self, call: &mut Call, clock: Clock) {
        let Reading { settings, prices } = self.reading;
        let memory = self.memories.entry(self.tgid).or_insert_with(|| Memory::new(settings.key));
        memory.see(call);
        if call.cost.is_none() {
            let begun = call.times.request_first_byte.or(call.times.response_first_byte).unwrap_or_default();
            let quantities = Sold::quantities_of(call);
            let sold = Sold::of(call, &quantities, clock.wall(begun) / 1_000_000_000);
            // A provider that is only guessed by the model's name has prices that may be anybody's.
            let guessed =
                |cost: &Cost| cost.parts.as_ref().is_some_and(|parts| parts.found_by == FoundBy::Model);
            call.cost = prices.cost(&sold).ok().filter(|cost| !guessed(cost));
        }
    }
}

impl Origin {
    fn new(
        id: ConnId,
        server_name: Option<&str>,
        processes: &HashMap<u32, Arc<Process>>,
        clock: Clock,
    ) -> Self {
        let known = processes.get(&id.tgid).filter(|process| process.start_ns == id.start);
        let process = known
            .cloned()
            .unwrap_or_else(|| Arc::new(Process { pid: id.tgid, start_ns: id.start, ..Process::default() }));
        Self { connection: ConnectionInfo::new(id.to_string(), server_name), process, clock }
    }
}

fn dismiss(id: ConnId, connection: &mut Connection, counts: &mut ShardCounts, out: &mut VecDeque<Output>) {
    connection.state = State::Dismissed;
    connection.held = 0;
    counts.notes.muted += 1;
    out.push_back(Output::Mute(id));
}
