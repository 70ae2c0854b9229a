//! Runs a script and holds what comes out against what must be true of any bytes at all.
//!
//! - Nothing panics; no more is held than [`limits::HELD_BYTES`].
//! - Messages and body bytes are at most a linear function of what was pushed.
//! - No message is of the future, or was completed before it began; after the close nothing comes any more.
//! - After the close every direction of an exchange that gave anything has ended once, that of a request's response
//!   too.
//! - How bytes are cut makes no difference: pushed whole, in pieces, and (short ones) one by one they give the same messages, at
//!   the same places and times, once adjacent pieces of a body are joined. Not asked for where bytes were lost, nor where
//!   frames of HTTP/2 are searched for, since those are known by ending with a piece; and places and times are not
//!   compared behind a content coding, whose decoder may give the same bytes sooner or later.
//!
//! A violation is a panic, which is what libFuzzer and test runners look for.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use wire::{
    Connection, Direction, ExchangeId, Headers, Kind, Message, Notice, Protocol, StreamOffset, Time, limits,
};

use super::script::{Script, Step};

/// What is under test; a trait, so that tests can show that each rule catches who breaks it.
pub trait Decoder {
    fn push(&mut self, direction: Direction, bytes: Bytes, offset: StreamOffset, at: Time);
    fn gap(&mut self, direction: Direction, missing: u64, at: Time);
    fn tick(&mut self, now: Time);
    fn close(&mut self, at: Time);
    fn poll(&mut self) -> Option<Message>;
    fn held(&self) -> usize;
    fn protocol(&self) -> Option<Protocol>;
}

impl Decoder for Connection {
    fn push(&mut self, direction: Direction, bytes: Bytes, offset: StreamOffset, at: Time) {
        Self::push(self, direction, bytes, offset, at);
    }

    fn gap(&mut self, direction: Direction, missing: u64, at: Time) {
        Self::gap(self, direction, missing, at);
    }

    fn tick(&mut self, now: Time) {
        Self::tick(self, now);
    }

    fn close(&mut self, at: Time) {
        Self::close(self, at);
    }

    fn poll(&mut self) -> Option<Message> {
        Self::poll(self)
    }

    fn held(&self) -> usize {
        Self::held(self)
    }

    fn protocol(&self) -> Option<Protocol> {
        Self::protocol(self)
    }
}

/// Everything that must be true.
#[track_caller]
pub fn check(script: &Script) {
    check_with(script, Connection::new);
}

#[track_caller]
fn check_with<D: Decoder>(script: &Script, new: impl Fn(bool) -> D) {
    let whole = Run::of(script, usize::MAX, new(script.whole));
    let one_by_one = script.piece != 1 && whole.pushed <= ONE_BY_ONE;
    for size in [one_by_one.then_some(1), Some(script.piece)].into_iter().flatten() {
        let cut = Run::of(script, size, new(script.whole));
        let depends = |run: &Run<D>| run.searched(script) || run.broke();
        if !script.has_gap() && !depends(&whole) && !depends(&cut) {
            compare(&whole.joined(), &cut.joined(), size);
        }
    }
}

/// One run of a script.
struct Run<D> {
    decoder: D,
    now: u64,
    /// To the server, to the client.
    offsets: [u64; 2],
    /// Calls that may give a message without a byte.
    calls: usize,
    pushed: usize,
    body: usize,
    expansion: usize,
    messages: Vec<Message>,
}

impl<D: Decoder> Run<D> {
    fn of(script: &Script, piece: usize, decoder: D) -> Self {
        let mut run = Self {
            decoder,
            now: 0,
            offsets: [0, 0],
            calls: 0,
            pushed: 0,
            body: 0,
            expansion: script.expansion,
            messages: Vec::new(),
        };
        let mut closed = false;
        for step in script.steps.iter().chain([&Step::Close]) {
            let before = run.messages.len();
            run.step(step, piece);
            assert!(!closed || run.messages.len() == before, "a message after the close");
            closed |= *step == Step::Close;
        }
        ends(&run.messages);
        run
    }

    fn step(&mut self, step: &Step, piece: usize) {
        self.now += 1;
        match step {
            Step::Push(direction, bytes) => {
                for part in bytes.chunks(piece) {
                    let offset = self.advance(*direction, part.len() as u64);
                    self.pushed += part.len();
                    self.decoder.push(*direction, Bytes::copy_from_slice(part), offset, Time(self.now));
                    self.collect();
                }
            }
            Step::Gap(direction, missing) => {
                self.advance(*direction, *missing);
                self.calls += 1;
                self.decoder.gap(*direction, *missing, Time(self.now));
            }
            Step::Tick(by) => {
                self.now += by;
                self.calls += 1;
                self.decoder.tick(Time(self.now));
            }
            Step::Close => {
                self.calls += 1;
                self.decoder.close(Time(self.now));
            }
        }
        self.collect();
    }

    fn advance(&mut self, direction: Direction, by: u64) -> StreamOffset {
        let [to_server, to_client] = &mut self.offsets;
        let offset = match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        };
        let before = StreamOffset(*offset);
        *offset = offset.saturating_add(by);
        before
    }

    fn collect(&mut self) {
        let held = self.decoder.held();
        assert!(held <= limits::HELD_BYTES, "holds {held} bytes, the cap is {}", limits::HELD_BYTES);
        while let Some(message) = self.decoder.poll() {
            assert!(message.first_at <= message.at, "completed before it began: {message:?}");
            assert!(message.at <= Time(self.now), "of the future: {message:?}");
            if let Kind::Body(bytes) = &message.kind {
                self.body += bytes.len();
            }
            self.messages.push(message);
            let content = self.pushed.saturating_mul(self.expansion);
            let most = content.saturating_mul(MESSAGES_PER_BYTE) + (self.calls + 1) * MESSAGES_PER_CALL;
            assert!(self.messages.len() <= most, "{} messages of {} bytes", self.messages.len(), self.pushed);
            assert!(self.body <= content, "{} bytes of body out of {}", self.body, self.pushed);
        }
    }

    /// Whether a body in a content coding broke, named by its head or guessed. What its decoder had finished before that
    /// depends on what it was given at a time.
    fn broke(&self) -> bool {
        let says_so = |message: &Message| {
            let notices = [Notice::Malformed("content-encoding"), Notice::Unsupported("content-encoding")];
            matches!(message.kind, Kind::Notice(notice) if notices.contains(&notice))
        };
        self.messages.iter().any(says_so)
    }

    /// Whether frames of HTTP/2 were searched for, or may have been.
    fn searched(&self, script: &Script) -> bool {
        let lost_framing = |message: &Message| match message.kind {
            Kind::Notice(Notice::Malformed(what)) => what.ends_with("frame") || what == "preface",
            Kind::Notice(Notice::Resync(_)) => true,
            _ => false,
        };
        match self.decoder.protocol() {
            Some(Protocol::Http1) => false,
            Some(Protocol::Http2) => !script.whole || self.messages.iter().any(lost_framing),
            None => !script.whole,
        }
    }

    /// What does not depend on how bytes were cut.
    fn joined(&self) -> Vec<Seen> {
        let mut seen: Vec<Seen> = Vec::new();
        let mut coded: HashSet<(ExchangeId, Direction)> = HashSet::new();
        for message in &self.messages {
            let of = (message.exchange, message.direction);
            let named = headers(&message.kind).is_some_and(|fields| fields.contains("content-encoding"));
            let guessed = match &message.kind {
                Kind::RequestHead(head) => head.partial,
                Kind::ResponseHead(head) => head.partial,
                _ => false,
            };
            if named || guessed {
                coded.insert(of);
            }
            let place = (!coded.contains(&of)).then_some((message.offset, message.first_at, message.at));
            if let (Kind::Body(bytes), Some(last)) = (&message.kind, seen.last_mut())
                && last.continues(message)
            {
                last.body.extend_from_slice(bytes);
                if let (Some((_, _, last)), Some((_, _, at))) = (&mut last.place, place) {
                    *last = at;
                }
                continue;
            }
            let body = if let Kind::Body(bytes) = &message.kind { bytes.to_vec() } else { Vec::new() };
            let kind = if let Kind::Body(_) = &message.kind { None } else { Some(message.kind.clone()) };
            seen.push(Seen { of, lossy: message.lossy, place, kind, body });
        }
        seen
    }
}

/// A message, or adjacent pieces of a body as one.
#[derive(PartialEq, Eq, Debug)]
struct Seen {
    of: (ExchangeId, Direction),
    lossy: bool,
    /// Offset, first byte, last byte.
    place: Option<(StreamOffset, Time, Time)>,
    /// `None`: a body.
    kind: Option<Kind>,
    body: Vec<u8>,
}

impl Seen {
    fn continues(&self, message: &Message) -> bool {
        self.kind.is_none() && self.of == (message.exchange, message.direction) && self.lossy == message.lossy
    }

    fn show(&self) -> String {
        let Self { of: (exchange, direction), lossy, place, kind, body } = self;
        let what = match kind {
            Some(kind) => format!("{kind:?}"),
            None => format!("body {}", body.escape_ascii()),
        };
        let lossy = if *lossy { " lossy" } else { "" };
        format!("{} {direction:?}{lossy} {place:?} {what}", exchange.0)
    }
}

#[track_caller]
fn compare(whole: &[Seen], cut: &[Seen], size: usize) {
    let same = whole.iter().zip(cut).take_while(|(whole, cut)| whole == cut).count();
    let show = |seen: &[Seen]| seen.get(same).map_or_else(|| "nothing".to_owned(), Seen::show);
    assert!(
        same == whole.len() && same == cut.len(),
        "cutting makes a difference at message {same}:\n  whole: {}\n  cut at every {size}: {}",
        show(whole),
        show(cut)
    );
}

fn headers(kind: &Kind) -> Option<&Headers> {
    if let Kind::RequestHead(head) = kind {
        return Some(&head.headers);
    }
    if let Kind::ResponseHead(head) = kind {
        return Some(&head.headers);
    }
    None
}

/// Counted first: there may be many messages.
#[track_caller]
fn ends(messages: &[Message]) {
    let mut ends: HashMap<(ExchangeId, Direction), usize> = HashMap::new();
    for message in messages {
        if let Kind::End(_) = message.kind {
            *ends.entry((message.exchange, message.direction)).or_default() += 1;
        }
    }
    let once = |message: &Message, direction| {
        let count = ends.get(&(message.exchange, direction)).copied().unwrap_or_default();
        assert!(count == 1, "{count} ends {direction:?} for {message:?}");
    };
    for message in messages {
        if matches!(message.kind, Kind::RequestHead(_)) {
            once(message, Direction::ToClient);
        }
        if !matches!(message.kind, Kind::Notice(_)) {
            once(message, message.direction);
        }
    }
}

/// Bytes up to which an input is also pushed one by one: that is one call per byte, which longer ones are too slow for.
const ONE_BY_ONE: usize = 1024;
/// An event takes four bytes at least (`a`, `:`, two line ends); a frame of nine may be malformed in a few ways at once.
const MESSAGES_PER_BYTE: usize = 2;
/// A loss or the close ends what is open: a thousand streams, each with two ends and a notice.
const MESSAGES_PER_CALL: usize = 4 * limits::STREAMS;

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use wire::{Direction::ToClient, End};

    use super::*;

    /// What is wrong with a decoder.
    #[derive(Clone, Copy, PartialEq)]
    enum Fault {
        None,
        NeverEnds,
        EndsTwice,
        EndsResponseOnly,
        OneNoticePerPush,
        PlaceOfPiece,
        BeganEarlier,
        Floods,
        InventsBytes,
        Hoards,
        TalksAfterClose,
        FromTheFuture,
        Panics,
    }

    /// Gives what it gets as the body of one exchange, and ends it.
    struct Echo {
        fault: Fault,
        queue: VecDeque<Message>,
        pushed: u64,
        closed: bool,
    }

    impl Echo {
        fn say(&mut self, at: Time, offset: u64, kind: Kind) {
            // As if the last piece of a step had crossed before the first.
            let early = self.fault == Fault::BeganEarlier && self.pushed == 1;
            let first_at = if early { Time(0) } else { at };
            self.queue.push_back(Message {
                exchange: ExchangeId(0),
                direction: ToClient,
                first_at,
                at,
                offset: StreamOffset(offset),
                lossy: false,
                kind,
            });
        }
    }

    impl Decoder for Echo {
        fn push(&mut self, _: Direction, bytes: Bytes, offset: StreamOffset, at: Time) {
            if self.closed && self.fault != Fault::TalksAfterClose {
                return;
            }
            assert!(self.fault != Fault::Panics || !bytes.contains(&b'!'), "a bug");
            let at = if self.fault == Fault::FromTheFuture { Time(at.0 + 1) } else { at };
            self.pushed += bytes.len() as u64;
            match self.fault {
                Fault::OneNoticePerPush => self.say(at, 0, Kind::Notice(Notice::Malformed("x"))),
                Fault::PlaceOfPiece => self.say(at, offset.0, Kind::Notice(Notice::Upgraded)),
                Fault::Floods => (0..10_000).for_each(|_| self.say(at, 0, Kind::Notice(Notice::Upgraded))),
                Fault::InventsBytes => self.say(at, 0, Kind::Body(Bytes::from(vec![b'a'; 100]))),
                _ => self.say(at, offset.0, Kind::Body(bytes)),
            }
        }

        fn gap(&mut self, _: Direction, _: u64, _: Time) {}

        fn tick(&mut self, _: Time) {}

        fn close(&mut self, at: Time) {
            if std::mem::replace(&mut self.closed, true) {
                return;
            }
            match self.fault {
                Fault::NeverEnds => {}
                Fault::EndsTwice => (0..2).for_each(|_| self.say(at, 0, Kind::End(End::Closed))),
                Fault::EndsResponseOnly => {
                    self.say(at, 0, Kind::End(End::Closed));
                    let request = wire::RequestHead {
                        method: Some("GET".to_owned()),
                        target: Some("/".to_owned()),
                        protocol: Protocol::Http1,
                        headers: Headers::default(),
                        partial: false,
                    };
                    self.say(at, 0, Kind::RequestHead(request));
                    if let Some(message) = self.queue.back_mut() {
                        message.direction = Direction::ToServer;
                    }
                }
                _ => self.say(at, 0, Kind::End(End::Closed)),
            }
        }

        fn protocol(&self) -> Option<Protocol> {
            Some(Protocol::Http1)
        }

        fn poll(&mut self) -> Option<Message> {
            self.queue.pop_front()
        }

        fn held(&self) -> usize {
            if self.fault == Fault::Hoards { limits::HELD_BYTES + 1 } else { 0 }
        }
    }

    /// What the check says of a decoder with a fault.
    fn said(fault: Fault) -> Option<String> {
        let steps = vec![
            Step::Push(ToClient, b"hello!".to_vec()),
            Step::Tick(5),
            Step::Push(ToClient, b"world".to_vec()),
            Step::Close,
            Step::Push(ToClient, b"late".to_vec()),
        ];
        let script = Script { whole: true, steps, piece: 4, expansion: 1 };
        let new = |_| Echo { fault, queue: VecDeque::new(), pushed: 0, closed: false };
        let failed = catch_unwind(AssertUnwindSafe(|| check_with(&script, new))).err()?;
        let said = failed.downcast_ref::<String>().map(String::as_str);
        said.or(failed.downcast_ref::<&str>().copied()).map(str::to_owned)
    }

    #[test]
    fn faultless_decoder_passes() {
        assert_eq!(said(Fault::None), None);
    }

    #[test]
    fn every_fault_is_caught() {
        for (fault, expect) in [
            (Fault::NeverEnds, "0 ends ToClient"),
            (Fault::EndsTwice, "2 ends ToClient"),
            (Fault::EndsResponseOnly, "0 ends ToServer"),
            (Fault::OneNoticePerPush, "cutting makes a difference at message 1"),
            (Fault::PlaceOfPiece, "cutting makes a difference at message 1"),
            (Fault::BeganEarlier, "cutting makes a difference at message 0"),
            (Fault::Floods, "messages of 6 bytes"),
            (Fault::InventsBytes, "bytes of body out of 6"),
            (Fault::Hoards, "holds"),
            (Fault::TalksAfterClose, "after the close"),
            (Fault::FromTheFuture, "of the future"),
            (Fault::Panics, "a bug"),
        ] {
            let said = said(fault);
            assert!(said.as_ref().is_some_and(|said| said.contains(expect)), "{expect}: {said:?}");
        }
    }
}
