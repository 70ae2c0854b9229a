//! A response body that is one JSON text. If that is an array, its elements are given one by one, for that is how some
//! servers stream (Gemini without `alt=sse`); anything else is given as it comes.
//!
//! Comes in: pieces of a body, without its codings. Goes out: of an array a [`JsonItem`] for each element, at the time
//! at which its last byte crossed, as a slice where it lies whole within one piece; otherwise [`Kind::Body`].
//!
//! ```text
//! Start ─ [ ─→ Value ─ { [ " ─→ Text ─its last byte─→ Next ─ ] ─→ Done
//!   │          │ ↑ └─ 0-9 - t f n ─→ Word ─, ] space─→┘│
//!   │          │ └───────────────── , ─────────────────┘         anything else, or a gap: Off
//!   │          └ ] of an empty array ─→ Done
//!   └─ anything else ─→ Raw
//! ```
//!
//! - White space and a byte order mark before the text are dropped, also where the body is given raw: servers that keep
//!   a waiting connection open with empty lines (DeepSeek) have not begun to answer.
//! - What separates elements delays none, but for numbers, `true`, `false` and `null`, which have no end of their own.
//! - What is no array after all (no comma, text after `]`) is said once, and the rest is dropped.
//! - After a gap within an array the rest of it is dropped. A line end shows that no string is open (RFC 8259 §7), but
//!   nothing shows how deep the bytes after it are: an element of an inner array would pass for one of the outer.
//!   One before the first byte that tells leaves all of it raw.
//!
//! Not handled: whether elements are valid JSON.

use crate::gather::{Gather, Gathered};
use crate::item::JsonItem;
use crate::json_text::{self, JsonText};
use crate::limits;
use crate::message::{End, Kind, Notice, Time};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};

/// A decoder of one body.
#[derive(Default)]
pub(crate) struct JsonArray {
    state: State,
    element: Gather,
    /// The `[`.
    opened: Origin,
    /// When the last byte crossed.
    last_at: Time,
}

/// What comes next.
enum State {
    /// The text. So much of a byte order mark came.
    Start { mark: usize },
    /// Bytes of a text that is no array.
    Raw,
    /// An element, or the end of an empty array.
    Value { end_allowed: bool },
    /// Bytes of an object, array or string.
    Text(JsonText),
    /// Bytes of a number, `true`, `false` or `null`.
    Word,
    /// A comma, or the end.
    Next,
    /// White space after the array.
    Done,
    /// Bytes that nothing is known about since a gap, which is to be said.
    Torn,
    /// The same, and it was said.
    Off,
}

impl Default for State {
    fn default() -> Self {
        Self::Start { mark: 0 }
    }
}

impl JsonArray {
    /// The next bytes of the body.
    pub(crate) fn push(&mut self, piece: &Piece, tag: Tag, out: &mut Output) {
        self.last_at = piece.at;
        let mut rest: &[u8] = &piece.bytes;
        while let Some(first) = rest.first().copied() {
            let here = piece.origin_of(rest);
            rest = match std::mem::take(&mut self.state) {
                State::Start { mark } => self.start(mark, first, rest, here),
                State::Raw => {
                    self.state = State::Raw;
                    out.emit(tag, here, piece.at, Kind::Body(piece.bytes.slice_ref(rest)));
                    return;
                }
                State::Text(mut text) => match text.end(rest).and_then(|end| rest.split_at_checked(end)) {
                    Some((end, after)) => {
                        self.element.append(piece, end, here, limits::JSON_ITEM_BYTES);
                        self.give(tag, piece.at, out);
                        after
                    }
                    None => {
                        self.element.append(piece, rest, here, limits::JSON_ITEM_BYTES);
                        self.state = State::Text(text);
                        &[]
                    }
                },
                State::Word => self.word(piece, rest, here, tag, out),
                between @ (State::Value { .. } | State::Next | State::Done) => {
                    self.between(between, rest, here, tag, out)
                }
                State::Torn => {
                    out.notice(tag, here, Notice::Unsupported("json array after a gap"));
                    self.state = State::Off;
                    &[]
                }
                State::Off => {
                    self.state = State::Off;
                    &[]
                }
            };
        }
        self.element.detach();
    }

    /// Bytes of the body were lost.
    pub(crate) fn gap(&mut self) {
        self.element = Gather::default();
        self.state = match std::mem::take(&mut self.state) {
            // Whatever it is, it can be given as it is.
            State::Start { .. } | State::Raw => State::Raw,
            State::Value { .. } | State::Text(_) | State::Word | State::Next | State::Torn => State::Torn,
            State::Done | State::Off => State::Off,
        };
    }

    /// The body ended.
    pub(crate) fn finish(&mut self, end: End, tag: Tag, out: &mut Output) {
        let known = match end {
            End::Complete | End::Closed => true,
            End::Cut | End::Lost => false,
        };
        let amid = match self.state {
            State::Value { .. } | State::Text(_) | State::Word | State::Next => true,
            State::Start { .. } | State::Raw | State::Done | State::Torn | State::Off => false,
        };
        if known && amid {
            out.notice_from(tag, self.opened, self.last_at, Notice::Malformed("json array"));
        }
    }

    /// Memory taken.
    pub(crate) fn held(&self) -> usize {
        self.element.held()
    }

    fn start<'a>(&mut self, mark: usize, first: u8, rest: &'a [u8], here: Origin) -> &'a [u8] {
        let (state, rest) = match BYTE_ORDER_MARK.get(mark) {
            Some(byte) if *byte == first => (State::Start { mark: mark + 1 }, skip_one(rest)),
            Some(_) | None if json_text::is_space(first) => {
                (State::Start { mark: NO_MARK }, json_text::trim_start(rest))
            }
            Some(_) | None if first == b'[' => {
                self.opened = here;
                (State::Value { end_allowed: true }, skip_one(rest))
            }
            Some(_) | None => (State::Raw, rest),
        };
        self.state = state;
        rest
    }

    /// Outside of elements.
    fn between<'a>(
        &mut self,
        state: State,
        rest: &'a [u8],
        here: Origin,
        tag: Tag,
        out: &mut Output,
    ) -> &'a [u8] {
        let next = match (&state, rest) {
            (_, [first, ..]) if json_text::is_space(*first) => {
                self.state = state;
                return json_text::trim_start(rest);
            }
            (State::Value { .. }, [b'{' | b'[' | b'"', ..]) => {
                self.state = State::Text(JsonText::default());
                return rest;
            }
            (State::Value { .. }, [b'-' | b'0'..=b'9' | b't' | b'f' | b'n', ..]) => {
                self.state = State::Word;
                return rest;
            }
            (State::Value { end_allowed: true } | State::Next, [b']', ..]) => Some(State::Done),
            (State::Next, [b',', ..]) => Some(State::Value { end_allowed: false }),
            (
                State::Start { .. }
                | State::Raw
                | State::Value { .. }
                | State::Text(_)
                | State::Word
                | State::Next
                | State::Done
                | State::Torn
                | State::Off,
                _,
            ) => None,
        };
        match next {
            Some(next) => {
                self.state = next;
                skip_one(rest)
            }
            None => self.malformed(here, tag, out),
        }
    }

    fn word<'a>(
        &mut self,
        piece: &Piece,
        rest: &'a [u8],
        here: Origin,
        tag: Tag,
        out: &mut Output,
    ) -> &'a [u8] {
        let end = rest.iter().position(|byte| !is_word(*byte));
        let (word, after) = end.and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, &[]));
        self.element.append(piece, word, here, limits::JSON_ITEM_BYTES);
        match after.first() {
            None => self.state = State::Word,
            Some(byte) if json_text::is_space(*byte) || matches!(byte, b',' | b']') => {
                self.give(tag, piece.at, out);
            }
            Some(_) => return self.malformed(piece.origin_of(after), tag, out),
        }
        after
    }

    /// The element is whole.
    fn give(&mut self, tag: Tag, at: Time, out: &mut Output) {
        let Gathered { first, data, truncated } = self.element.take();
        if truncated {
            out.notice_from(tag, first, at, Notice::Limit("json item"));
        }
        out.emit(tag, first, at, Kind::Json(JsonItem { data, truncated }));
        self.state = State::Next;
    }

    /// The byte at `here` is none of an array's.
    fn malformed<'a>(&mut self, here: Origin, tag: Tag, out: &mut Output) -> &'a [u8] {
        out.notice(tag, here, Notice::Malformed("json array"));
        self.element = Gather::default();
        self.state = State::Off;
        &[]
    }
}

fn skip_one(bytes: &[u8]) -> &[u8] {
    bytes.get(1..).unwrap_or_default()
}

/// What numbers and literal names are made of.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// So much of the mark came that no more of it can come.
const NO_MARK: usize = BYTE_ORDER_MARK.len();
