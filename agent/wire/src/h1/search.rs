//! Finding a head in bytes whose framing is lost.
//!
//! Comes in: pieces that begin anywhere. Goes out: the place of the first believable head, and how many bytes were
//! passed over. What is found does not depend on how the bytes were cut into pieces.
//!
//! Bodies may quote heads, so more is asked than of a head in its place: a registered method, a target that begins
//! like one, a plain reason phrase, and the name of a first field on the next line. JSON cannot hold that, for it
//! escapes line ends. A head without fields is not found.

use memchr::{memchr, memmem};

use super::head::HeadBuffer;
use super::start_line::{self, Fit};
use crate::limits;
use crate::message::Direction;
use crate::piece::{Carry, Piece};

/// A search under way.
pub(crate) struct Search {
    /// A candidate that needs more bytes to be judged.
    window: Carry,
    passed: u64,
    /// Bytes were lost or garbled, so finding a head is worth saying even if it is the next byte.
    pub(crate) after_loss: bool,
}

impl Search {
    pub(crate) fn new(after_loss: bool) -> Self {
        Self { window: Carry::default(), passed: 0, after_loss }
    }

    /// With bytes that were passed over already.
    pub(crate) fn after(passed: u64) -> Self {
        Self { passed, ..Self::new(true) }
    }

    /// With bytes that were taken for a head before.
    pub(crate) fn of(window: Carry) -> Self {
        Self { window, ..Self::new(true) }
    }

    /// How many bytes were passed over.
    pub(crate) fn passed(&self) -> u64 {
        self.passed
    }

    /// Passes over bytes up to a head; what is left of the piece belongs to it. `None`: the piece is used up.
    pub(crate) fn push(&mut self, direction: Direction, piece: &mut Piece) -> Option<HeadBuffer> {
        if !self.window.is_empty() {
            let before = self.window.len();
            self.window.push(piece.peek(limits::START_LINE_BYTES), piece.origin());
            match find(direction, self.window.bytes()) {
                Hit::At(index) if index < before => {
                    self.pass(index);
                    self.window.truncate(before);
                    self.window.advance(index);
                    return Some(HeadBuffer::resumed(std::mem::take(&mut self.window)));
                }
                // As a candidate is judged within START_LINE_BYTES, all of the piece is in the window.
                Hit::Maybe(index) if index < before => {
                    self.pass(index);
                    self.window.advance(index);
                    piece.clear();
                    return None;
                }
                Hit::At(_) | Hit::Maybe(_) | Hit::Nothing => {
                    self.pass(before);
                    self.window = Carry::default();
                }
            }
        }
        match find(direction, &piece.bytes) {
            Hit::At(index) => {
                self.pass(index);
                piece.advance(index);
                return Some(HeadBuffer::default());
            }
            Hit::Maybe(index) => {
                self.pass(index);
                piece.advance(index);
                self.window.push(&piece.bytes, piece.origin());
            }
            Hit::Nothing => self.pass(piece.len()),
        }
        piece.clear();
        None
    }

    /// Bytes were lost.
    pub(crate) fn gap(&mut self) {
        self.pass(self.window.len());
        self.window = Carry::default();
        self.after_loss = true;
    }

    pub(crate) fn held(&self) -> usize {
        self.window.held()
    }

    fn pass(&mut self, bytes: usize) {
        self.passed = self.passed.saturating_add(bytes as u64);
    }
}

/// Where a head begins.
enum Hit {
    At(usize),
    /// Perhaps here; nowhere before.
    Maybe(usize),
    Nothing,
}

fn find(direction: Direction, bytes: &[u8]) -> Hit {
    match direction {
        Direction::ToServer => find_request(bytes),
        Direction::ToClient => find_response(bytes),
    }
}

/// Whether bytes begin with a request's head that is believable out of its place.
pub(crate) fn begins_request(bytes: &[u8]) -> Fit {
    let method = METHODS.iter().any(|method| match bytes.strip_prefix(*method) {
        Some(rest) => rest.first().is_none_or(|byte| *byte == b' '),
        None => method.starts_with(bytes),
    });
    if method { believe(Direction::ToServer, bytes) } else { Fit::No }
}

/// Every request line has a space right after its method, so spaces are where to look back from.
fn find_request(bytes: &[u8]) -> Hit {
    let mut searched = 0;
    while let Some(space) = bytes.get(searched..).and_then(|rest| memchr(b' ', rest)) {
        let end = searched + space;
        let before = bytes.get(..end).unwrap_or_default();
        if let Some(method) = METHODS.iter().find(|method| before.ends_with(method)) {
            let start = end - method.len();
            match believe(Direction::ToServer, bytes.get(start..).unwrap_or_default()) {
                Fit::Yes(_) => return Hit::At(start),
                Fit::More => return Hit::Maybe(start),
                Fit::No => {}
            }
        }
        searched = end + 1;
    }
    cut_short(bytes, &METHODS)
}

fn find_response(bytes: &[u8]) -> Hit {
    for start in memmem::find_iter(bytes, start_line::VERSION) {
        match believe(Direction::ToClient, bytes.get(start..).unwrap_or_default()) {
            Fit::Yes(_) => return Hit::At(start),
            Fit::More => return Hit::Maybe(start),
            Fit::No => {}
        }
    }
    cut_short(bytes, &[start_line::VERSION])
}

/// The bytes may end within one of `words`.
fn cut_short(bytes: &[u8], words: &[&[u8]]) -> Hit {
    let tail = bytes.len().saturating_sub(LONGEST_WORD);
    let cut = (tail..bytes.len()).find(|start| {
        let end = bytes.get(*start..).unwrap_or_default();
        words.iter().any(|word| word.starts_with(end))
    });
    cut.map_or(Hit::Nothing, Hit::Maybe)
}

/// Whether bytes begin with a first line that is believable out of its place, and the name of a field.
fn believe(direction: Direction, bytes: &[u8]) -> Fit {
    let bytes = bytes.get(..limits::START_LINE_BYTES).unwrap_or(bytes);
    let fit = match start_line::fit(direction, bytes) {
        Fit::Yes(length) => match bytes.split_at_checked(length) {
            Some((line, rest)) if plain(direction, line) => field_name(rest),
            Some(_) | None => Fit::No,
        },
        Fit::More if plain(direction, bytes) => Fit::More,
        Fit::More | Fit::No => Fit::No,
    };
    if fit == Fit::More && bytes.len() >= limits::START_LINE_BYTES { Fit::No } else { fit }
}

/// Whether a first line, or its beginning, looks like those that are sent.
fn plain(direction: Direction, line: &[u8]) -> bool {
    match direction {
        Direction::ToServer => {
            let mut words = line.splitn(2, |byte| *byte == b' ');
            match (words.next(), words.next().and_then(<[u8]>::first)) {
                (Some(b"CONNECT"), _) | (_, None) => true,
                (_, Some(first)) => matches!(first, b'/' | b'*' | b'h' | b'H'),
            }
        }
        Direction::ToClient => {
            let reason = line.get(STATUS_BYTES..).unwrap_or_default();
            reason.len() <= REASON_BYTES
                && reason.iter().all(|byte| byte.is_ascii_alphanumeric() || b" -'\r\n".contains(byte))
        }
    }
}

fn field_name(bytes: &[u8]) -> Fit {
    match start_line::token(bytes, FIELD_NAME_BYTES) {
        Some(([], _)) => Fit::No,
        Some((_, [b':', ..])) => Fit::Yes(0),
        Some(_) => Fit::No,
        None if bytes.len() > FIELD_NAME_BYTES => Fit::No,
        None => Fit::More,
    }
}

/// RFC 9110 §9 and RFC 5789.
const METHODS: [&[u8]; 9] =
    [b"GET", b"POST", b"PUT", b"HEAD", b"PATCH", b"DELETE", b"OPTIONS", b"CONNECT", b"TRACE"];

const LONGEST_WORD: usize = 7;

/// `HTTP/1.1 200`
const STATUS_BYTES: usize = 12;

/// The longest registered reason phrase, `Network Authentication Required`, has 31.
const REASON_BYTES: usize = 64;

/// The longest field name that a message would begin with.
const FIELD_NAME_BYTES: usize = 64;
