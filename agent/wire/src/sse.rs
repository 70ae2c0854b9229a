//! Server-sent events inside a response body, by the rules of WHATWG HTML §9.2.6.
//!
//! Comes in: pieces of a body, without its transfer coding. Goes out: one [`SseEvent`] for each event that has data,
//! at the time at which its last byte crossed. An event that lies whole within one piece is a slice of that piece;
//! one that does not is copied once.
//!
//! - Lines end with `\n`, `\r\n` or `\r`. `\r` ends a line at once, so nothing ever waits for a `\n` to follow.
//! - Comments, `id`, `retry` and unknown fields are dropped. An event begins with its first line that is no comment,
//!   so a keep-alive comment before it does not make it look older.
//! - At the end of a body whose end is known ([`End::Complete`], [`End::Closed`]), an event that only lacks its empty
//!   line is given, for many servers leave that out; WHATWG and the SDKs drop it. One whose last line lacks its line
//!   end may be torn and is dropped, as is any at [`End::Cut`] and [`End::Lost`].
//! - After a gap everything up to the next empty line is dropped, since it may belong to the torn event. That event
//!   is the only one lost, unless the gap ended between two events: then it is the one after.
//!
//! Not handled: reconnection (`id`, `retry`, `Last-Event-ID`), and UTF-8, which JSON readers check anyway.

use bytes::Bytes;
use memchr::memchr2;

use crate::item::SseEvent;
use crate::limits;
use crate::message::{End, Kind, Notice, Time};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};

/// A decoder of one event stream.
pub(crate) struct Sse {
    /// What came of a line that did not end within its piece.
    line: Vec<u8>,
    /// The first byte of the line under way, where one is.
    line_begun: Option<Origin>,
    /// A `\r` ended a line, so a `\n` right after it belongs to that line.
    after_cr: bool,
    /// No line was ended yet, so a byte order mark may come.
    at_start: bool,
    /// Which lines count.
    trust: Trust,
    /// The event under way.
    event: Partial,
    /// When the last byte crossed, for an event that only the end of the body completes.
    last_at: Time,
}

/// How much a gap leaves to be believed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Lines belong to the event under way.
    Whole,
    /// The beginning of this line was lost, so it is not known to be empty.
    TornLine,
    /// The beginning of this event was lost.
    TornEvent,
}

/// The lines of an event so far.
#[derive(Default)]
struct Partial {
    begun: Option<Origin>,
    name: Option<String>,
    data: Data,
    truncated: bool,
}

#[derive(Default)]
enum Data {
    #[default]
    Absent,
    /// One line, sliced out of its piece. Never kept over the end of a piece, for it would keep all of it in memory.
    Slice(Bytes),
    Copied(Vec<u8>),
}

impl Data {
    fn len(&self) -> usize {
        match self {
            Self::Absent => 0,
            Self::Slice(bytes) => bytes.len(),
            Self::Copied(bytes) => bytes.len(),
        }
    }
}

impl Sse {
    pub(crate) fn new() -> Self {
        Self {
            line: Vec::new(),
            line_begun: None,
            after_cr: false,
            at_start: true,
            trust: Trust::Whole,
            event: Partial::default(),
            last_at: Time(0),
        }
    }

    /// The next bytes of the body.
    pub(crate) fn push(&mut self, piece: &Piece, tag: Tag, out: &mut Output) {
        let Piece { bytes, at, .. } = piece;
        self.last_at = *at;
        let mut rest: &[u8] = bytes;
        while let Some(first) = rest.first() {
            if std::mem::take(&mut self.after_cr) && *first == b'\n' {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let origin = piece.origin_of(rest);
            // Empty lines are half of all lines: no search for those.
            let end = if matches!(first, b'\n' | b'\r') { Some(0) } else { memchr2(b'\n', b'\r', rest) };
            let Some((line, after)) = end.and_then(|end| rest.split_at_checked(end)) else {
                self.carry(rest, origin);
                break;
            };
            self.after_cr = after.first() == Some(&b'\r');
            rest = after.get(1..).unwrap_or_default();
            let begun = self.line_begun.take().unwrap_or(origin);
            if self.line.is_empty() {
                self.end_line(bytes, line, begun, tag, *at, out);
            } else {
                self.append(line);
                let carried = Bytes::from(std::mem::take(&mut self.line));
                self.end_line(&carried, &carried, begun, tag, *at, out);
            }
        }
        self.event.detach();
    }

    /// Bytes of the body were lost.
    pub(crate) fn gap(&mut self) {
        let at_start = false;
        *self = Self { at_start, trust: Trust::TornLine, last_at: self.last_at, ..Self::new() };
    }

    /// The body ended.
    pub(crate) fn finish(&mut self, end: End, tag: Tag, out: &mut Output) {
        let known = match end {
            End::Complete | End::Closed => true,
            End::Cut | End::Lost => false,
        };
        if known && self.line_begun.is_none() && self.trust == Trust::Whole {
            std::mem::take(&mut self.event).dispatch(tag, self.last_at, out);
        }
    }

    /// Memory taken.
    pub(crate) fn held(&self) -> usize {
        let data = match &self.event.data {
            Data::Absent => 0,
            Data::Slice(bytes) => bytes.len(),
            Data::Copied(bytes) => bytes.capacity(),
        };
        self.line.capacity() + data + self.event.name.as_ref().map_or(0, String::capacity)
    }

    /// Keeps the beginning of a line.
    fn carry(&mut self, bytes: &[u8], origin: Origin) {
        self.line_begun.get_or_insert(origin);
        self.append(bytes);
    }

    /// Appends to the line, as far as anybody could want it: what passes this is longer than any cap.
    fn append(&mut self, bytes: &[u8]) {
        let wanted = match self.trust {
            Trust::Whole => self.event.room().max(limits::EVENT_NAME_BYTES) + LINE_EXTRA,
            // Only whether the line is empty matters.
            Trust::TornLine | Trust::TornEvent => 1,
        };
        let room = wanted.saturating_sub(self.line.len());
        self.line.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    /// `line`, which is part of `source`, is whole.
    fn end_line(&mut self, source: &Bytes, line: &[u8], begun: Origin, tag: Tag, at: Time, out: &mut Output) {
        let marked = std::mem::take(&mut self.at_start).then(|| line.strip_prefix(BYTE_ORDER_MARK)).flatten();
        let line = marked.unwrap_or(line);
        match (self.trust, line.is_empty()) {
            (Trust::Whole, true) => std::mem::take(&mut self.event).dispatch(tag, at, out),
            (Trust::Whole, false) => self.event.field(source, line, begun, tag, at, out),
            (Trust::TornLine, _) => self.trust = Trust::TornEvent,
            (Trust::TornEvent, true) => self.trust = Trust::Whole,
            (Trust::TornEvent, false) => {}
        }
    }
}

impl Partial {
    /// `name: value`, with at most one space dropped; a line without colon is a name with an empty value.
    fn field(&mut self, source: &Bytes, line: &[u8], begun: Origin, tag: Tag, at: Time, out: &mut Output) {
        let colon = line.iter().take(FIELD_NAME_BYTES + 1).position(|byte| *byte == b':');
        let (name, value) = match colon.and_then(|colon| line.split_at_checked(colon)) {
            Some((name, [_, b' ', value @ ..] | [_, value @ ..])) => (name, value),
            Some((name, [])) => (name, &[][..]),
            None => (line, &[][..]),
        };
        if name.is_empty() {
            return;
        }
        self.begun.get_or_insert(begun);
        match name {
            b"data" => self.data_line(source, value),
            b"event" => {
                let kept = value.get(..limits::EVENT_NAME_BYTES);
                if value.len() > limits::EVENT_NAME_BYTES {
                    out.notice_from(tag, begun, at, Notice::Limit("event name"));
                }
                let name = String::from_utf8_lossy(kept.unwrap_or(value));
                self.name = (!name.is_empty()).then(|| name.into_owned());
            }
            _ => {}
        }
    }

    fn data_line(&mut self, source: &Bytes, value: &[u8]) {
        let kept = value.get(..self.room()).unwrap_or(value);
        self.truncated |= kept.len() < value.len();
        self.data = match std::mem::take(&mut self.data) {
            Data::Absent => Data::Slice(source.slice_ref(kept)),
            Data::Slice(first) => Data::Copied(joined(first.to_vec(), kept, &mut self.truncated)),
            Data::Copied(first) => Data::Copied(joined(first, kept, &mut self.truncated)),
        };
    }

    /// How many bytes the next data line may have.
    fn room(&self) -> usize {
        let separator = usize::from(!matches!(self.data, Data::Absent));
        limits::EVENT_DATA_BYTES.saturating_sub(self.data.len() + separator)
    }

    /// Lets go of the piece that the data is a slice of.
    fn detach(&mut self) {
        if let Data::Slice(bytes) = &self.data {
            self.data = Data::Copied(bytes.to_vec());
        }
    }

    /// An empty line: gives the event, if it has data.
    fn dispatch(self, tag: Tag, at: Time, out: &mut Output) {
        let Self { begun, name, data, truncated } = self;
        let data = match data {
            Data::Absent => return,
            Data::Slice(bytes) => bytes,
            Data::Copied(bytes) => Bytes::from(bytes),
        };
        let begun = begun.unwrap_or_default();
        if truncated {
            out.notice_from(tag, begun, at, Notice::Limit("event data"));
        }
        out.emit(tag, begun, at, Kind::Sse(SseEvent { event: name, data, truncated }));
    }
}

/// `first`, a line feed and `next`; only `first` where there is no room even for the line feed.
fn joined(mut first: Vec<u8>, next: &[u8], truncated: &mut bool) -> Vec<u8> {
    if first.len() < limits::EVENT_DATA_BYTES {
        first.push(b'\n');
        first.extend_from_slice(next);
    } else {
        *truncated = true;
    }
    first
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The longest field name that means anything: `event`.
const FIELD_NAME_BYTES: usize = 5;

/// What a carried line needs beyond its value: byte order mark, `event: `, and one more to see that it is too long.
const LINE_EXTRA: usize = 16;
