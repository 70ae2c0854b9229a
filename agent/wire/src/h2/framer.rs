//! The frames of one direction.
//!
//! Comes in: pieces and gaps. Goes out: [`Event`]s: content of DATA frames as slices, other frames that matter whole.
//!
//! ```text
//! Preface ──► Header ──DATA──► Data ──► Header        any ─── gap past the frame's end ──► Search ──► Header
//!                │ └──HEADERS…──► Control ──► Header  Header ─── unsound header ─────────► Search
//!                └────the rest────► Skip ──► Header
//! ```
//!
//! A gap that ends within the frame that it began in is counted through. Not handled: what frames mean.

use std::collections::VecDeque;

use bytes::Bytes;

use super::frame::{FRAME_HEADER, Frame, What};
use super::search::Search;
use crate::limits;
use crate::message::Direction;
use crate::piece::{Origin, Piece};

/// A reader of frames.
pub(super) struct Framer {
    direction: Direction,
    state: State,
    /// Bytes that were searched and hold frames: to be read before what comes.
    found: VecDeque<Piece>,
}

enum State {
    /// So many bytes of the client's preface were seen.
    Preface(usize),
    Header(Partial),
    Data(DataFrame),
    Control(Box<Control>),
    /// Payload that does not matter: so many bytes.
    Skip(u32),
    Search(Box<Search>),
}

/// A header under way.
#[derive(Clone, Copy, Default)]
struct Partial {
    bytes: [u8; FRAME_HEADER],
    length: usize,
    first: Origin,
}

/// A DATA frame under way.
#[derive(Clone, Copy)]
struct DataFrame {
    stream: u32,
    ends_stream: bool,
    /// The byte that tells how much padding there is has not come.
    pad_to_come: bool,
    content: u32,
    padding: u32,
}

/// Another frame under way, whose payload matters.
struct Control {
    frame: Frame,
    first: Origin,
    kept: Vec<u8>,
    /// Bytes of payload still to come.
    left: u32,
}

/// What was read.
pub(super) enum Event {
    /// Content of a DATA frame.
    Data(u32, Piece),
    /// The stream has ended in this direction, with a DATA frame.
    End(u32),
    /// A frame of another type, whose header began at the origin.
    Control(Frame, Origin, Payload),
    /// Frames were found again, after so many bytes, from the origin on.
    Resync(u64, Origin),
    /// Bytes that are no frames: what is wrong.
    Malformed(&'static str),
}

/// The payload of a frame.
pub(super) struct Payload {
    pub(super) bytes: Bytes,
    /// There was more, which nobody keeps or which was lost.
    pub(super) cut: bool,
}

/// What a gap did.
pub(super) struct Torn {
    /// What the frame was that it began in.
    pub(super) within: Option<Within>,
    /// It is not known where the next frame begins.
    pub(super) lost: bool,
}

/// A frame with a hole.
pub(super) enum Within {
    /// Content of this stream is missing: so many bytes, at most.
    Data(u32, u64),
    Control(Frame, Origin, Payload),
}

impl Framer {
    /// `whole`: seen from its first byte.
    pub(super) fn new(direction: Direction, whole: bool) -> Self {
        let state = match (whole, direction) {
            (false, _) => State::Search(Box::new(Search::new(direction))),
            (true, Direction::ToServer) => State::Preface(0),
            (true, Direction::ToClient) => State::between(),
        };
        Self { direction, state, found: VecDeque::new() }
    }

    /// Reads on, with where the event ended; `None` when the piece is used up.
    pub(super) fn next(&mut self, piece: &mut Piece) -> Option<(Event, Origin)> {
        while let Some(mut part) = self.found.pop_front() {
            let event = self.read(&mut part);
            let here = part.origin();
            if !part.is_empty() {
                self.found.push_front(part);
            }
            if let Some(event) = event {
                return Some((event, here));
            }
        }
        let event = self.read(piece)?;
        Some((event, piece.origin()))
    }

    /// `missing` bytes were lost.
    pub(super) fn gap(&mut self, missing: u64) -> Torn {
        let state = std::mem::replace(&mut self.state, State::between());
        let (within, goes_on) = match state {
            State::Data(data) => {
                let gone = missing.min(u64::from(data.content));
                (Some(Within::Data(data.stream, gone)), self.gap_in_data(data, missing))
            }
            State::Control(control) => {
                let Control { frame, first, kept, left } = *control;
                let payload = Payload { bytes: Bytes::from(kept), cut: true };
                (Some(Within::Control(frame, first, payload)), self.gap_in_skip(left, missing))
            }
            State::Skip(left) => (None, self.gap_in_skip(left, missing)),
            State::Search(mut search) => {
                search.gap();
                self.state = State::Search(search);
                return Torn { within: None, lost: true };
            }
            State::Preface(_) | State::Header(_) => (None, false),
        };
        if !goes_on {
            self.state = State::Search(Box::new(Search::new(self.direction)));
        }
        Torn { within, lost: !goes_on }
    }

    pub(super) fn held(&self) -> usize {
        let state = match &self.state {
            State::Search(search) => search.held(),
            State::Control(control) => control.kept.capacity(),
            State::Preface(_) | State::Header(_) | State::Data(_) | State::Skip(_) => 0,
        };
        state + self.found.iter().map(Piece::len).sum::<usize>()
    }

    /// Whether frames are searched for.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.state, State::Search(_))
    }

    fn read(&mut self, piece: &mut Piece) -> Option<Event> {
        loop {
            let event = match &mut self.state {
                State::Data(data) => match data.read(piece) {
                    Read::Event(event) => return Some(event),
                    Read::Over(event) => {
                        self.state = State::between();
                        event
                    }
                    Read::More => return None,
                },
                State::Header(partial) => {
                    let (frame, first) = partial.read(piece)?;
                    self.begin(frame, first, piece)
                }
                State::Control(control) => {
                    let (frame, first, payload) = control.read(piece)?;
                    self.state = State::between();
                    Some(Event::Control(frame, first, payload))
                }
                State::Skip(left) => {
                    let skipped = piece.len().min(*left as usize);
                    piece.advance(skipped);
                    *left -= u32::try_from(skipped).unwrap_or(*left);
                    if *left > 0 {
                        return None;
                    }
                    self.state = State::between();
                    None
                }
                State::Preface(seen) => {
                    let part = piece.peek(PREFACE.len() - *seen);
                    if PREFACE.get(*seen..*seen + part.len()) != Some(part) {
                        self.state = State::Search(Box::new(Search::new(self.direction)));
                        return Some(Event::Malformed("preface"));
                    }
                    *seen += part.len();
                    let read = part.len();
                    piece.advance(read);
                    if *seen < PREFACE.len() {
                        return None;
                    }
                    self.state = State::between();
                    None
                }
                State::Search(search) => {
                    if piece.is_empty() {
                        return None;
                    }
                    let found = search.push(piece)?;
                    let passed = search.passed();
                    self.state = State::between();
                    // What was read here came before what waits.
                    let first = found.origin(0);
                    found.into_pieces().rev().for_each(|part| self.found.push_front(part));
                    return Some(Event::Resync(passed, first));
                }
            };
            if event.is_some() {
                return event;
            }
        }
    }

    /// A header is whole.
    fn begin(&mut self, frame: Frame, first: Origin, piece: &mut Piece) -> Option<Event> {
        if let Some(broken) = frame.unsound(self.direction) {
            self.state = State::Search(Box::new(Search::new(self.direction)));
            return Some(Event::Malformed(broken));
        }
        let matters = match frame.what {
            What::Data => {
                self.state = State::Data(DataFrame::new(frame));
                return None;
            }
            What::Headers | What::PushPromise | What::Continuation | What::GoAway | What::Reset => true,
            What::Settings | What::Priority | What::Ping | What::WindowUpdate | What::Other => false,
        };
        if !matters {
            self.state = State::Skip(frame.length);
            return None;
        }
        if kept_of(frame) == frame.length as usize && piece.len() >= frame.length as usize {
            let bytes = piece.split_to(frame.length as usize).bytes;
            self.state = State::between();
            return Some(Event::Control(frame, first, Payload { bytes, cut: false }));
        }
        let control = Control { frame, first, kept: Vec::new(), left: frame.length };
        self.state = State::Control(Box::new(control));
        None
    }

    /// Whether the frame goes on after the gap.
    fn gap_in_data(&mut self, data: DataFrame, missing: u64) -> bool {
        let DataFrame { pad_to_come, content, padding, .. } = data;
        let total = u64::from(content) + u64::from(padding);
        let Some(left) = total.checked_sub(missing) else { return false };
        // Without the padding's length nobody knows which bytes are content.
        let padding = if pad_to_come { left } else { left.min(u64::from(padding)) };
        let content = left - padding;
        let [content, padding] = [content, padding].map(|bytes| u32::try_from(bytes).unwrap_or(u32::MAX));
        self.state = State::Data(DataFrame { pad_to_come: false, content, padding, ..data });
        true
    }

    fn gap_in_skip(&mut self, left: u32, missing: u64) -> bool {
        let left = u64::from(left).checked_sub(missing).and_then(|left| u32::try_from(left).ok());
        self.state = left.map_or_else(State::between, State::Skip);
        left.is_some()
    }
}

impl State {
    /// Between two frames.
    fn between() -> Self {
        Self::Header(Partial::default())
    }
}

impl Partial {
    /// A header, when all of it has come.
    fn read(&mut self, piece: &mut Piece) -> Option<(Frame, Origin)> {
        if let (0, Some(bytes)) = (self.length, piece.bytes.first_chunk()) {
            let frame = Frame::read(bytes);
            let first = piece.origin();
            piece.advance(FRAME_HEADER);
            return Some((frame, first));
        }
        if self.length == 0 {
            self.first = piece.origin();
        }
        let part = piece.split_to(FRAME_HEADER - self.length);
        let room = self.bytes.iter_mut().skip(self.length);
        room.zip(part.bytes.iter()).for_each(|(place, byte)| *place = *byte);
        self.length += part.len();
        (self.length == FRAME_HEADER).then(|| (Frame::read(&self.bytes), self.first))
    }
}

/// What came of a piece within a DATA frame.
enum Read {
    Event(Event),
    /// The frame is over.
    Over(Option<Event>),
    More,
}

impl DataFrame {
    fn new(frame: Frame) -> Self {
        Self {
            stream: frame.stream,
            ends_stream: frame.ends_stream(),
            pad_to_come: frame.is_padded(),
            content: frame.length,
            padding: 0,
        }
    }

    fn read(&mut self, piece: &mut Piece) -> Read {
        if self.content == 0 && self.padding == 0 {
            return Read::Over(self.ends_stream.then_some(Event::End(self.stream)));
        }
        if let (true, Some(pad)) = (self.pad_to_come, piece.bytes.first()) {
            // Padding that is longer than the frame is an error of the connection; here it leaves no content.
            let rest = self.content - 1;
            self.padding = u32::from(*pad).min(rest);
            self.content = rest - self.padding;
            self.pad_to_come = false;
            piece.advance(1);
            return self.read(piece);
        }
        if piece.is_empty() {
            return Read::More;
        }
        if self.content > 0 {
            let data = piece.split_to(self.content as usize);
            self.content -= u32::try_from(data.len()).unwrap_or(self.content);
            return Read::Event(Event::Data(self.stream, data));
        }
        let padding = piece.split_to(self.padding as usize);
        self.padding -= u32::try_from(padding.len()).unwrap_or(self.padding);
        self.read(piece)
    }
}

impl Control {
    /// The frame, when all of it has come.
    fn read(&mut self, piece: &mut Piece) -> Option<(Frame, Origin, Payload)> {
        let part = piece.split_to(self.left as usize);
        self.left -= u32::try_from(part.len()).unwrap_or(self.left);
        let room = kept_of(self.frame).saturating_sub(self.kept.len());
        self.kept.extend_from_slice(part.peek(room));
        if self.left > 0 {
            return None;
        }
        let kept = std::mem::take(&mut self.kept);
        let cut = kept.len() < self.frame.length as usize;
        Some((self.frame, self.first, Payload { bytes: Bytes::from(kept), cut }))
    }
}

/// How many bytes of its payload are kept.
fn kept_of(frame: Frame) -> usize {
    let most = match frame.what {
        What::Headers | What::PushPromise | What::Continuation => limits::HEAD_BYTES,
        // The last stream and the code; what follows is for people.
        What::GoAway => 8,
        What::Reset => 4,
        What::Data | What::Settings | What::Priority | What::Ping | What::WindowUpdate | What::Other => 0,
    };
    most.min(frame.length as usize)
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
