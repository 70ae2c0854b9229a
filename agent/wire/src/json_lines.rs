//! Lines of JSON texts inside a response body (NDJSON, JSON Lines).
//!
//! Comes in: pieces of a body, without its codings. Goes out: one [`JsonItem`] for each line that is not blank, at the
//! time at which its line end crossed. A line that lies whole within one piece is a slice of that piece.
//!
//! - Lines end with `\n`. White space around a line is dropped, and `\r` is white space, so `\r\n` ends lines too.
//! - The last line may lack its line end. A body that is whole by its own framing ([`End::Complete`]) has a whole last
//!   line. One that ends by closing ([`End::Closed`]) may be torn anywhere, so there the line must be an object, array
//!   or string that its last byte closes. At [`End::Cut`] and [`End::Lost`] it is dropped.
//! - A line longer than [`limits::JSON_ITEM_BYTES`], white space behind it included, is truncated and marked.
//! - After a gap everything up to the next line end is dropped, since it may belong to the torn line.
//!
//! Not handled: whether a line is JSON.

use memchr::memchr;

use crate::gather::{Gather, Gathered};
use crate::item::JsonItem;
use crate::json_text::{self, JsonText};
use crate::limits;
use crate::message::{End, Kind, Notice, Time};
use crate::output::{Output, Tag};
use crate::piece::Piece;

/// A decoder of one body.
#[derive(Default)]
pub(crate) struct JsonLines {
    line: Gather,
    /// The beginning of this line was lost.
    torn: bool,
    /// When the last byte crossed, for a line that only the end of the body completes.
    last_at: Time,
}

impl JsonLines {
    /// The next bytes of the body.
    pub(crate) fn push(&mut self, piece: &Piece, tag: Tag, out: &mut Output) {
        self.last_at = piece.at;
        let mut rest: &[u8] = &piece.bytes;
        loop {
            if !self.torn && self.line.first().is_none() {
                // Line ends are white space, so blank lines go here.
                rest = json_text::trim_start(rest);
            }
            if rest.is_empty() {
                break;
            }
            let end = memchr(b'\n', rest);
            let line = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
            if !self.torn {
                self.line.append(piece, line, piece.origin_of(rest), limits::JSON_ITEM_BYTES);
            }
            let Some(end) = end else {
                break;
            };
            if !std::mem::take(&mut self.torn) {
                give(self.line.take(), tag, piece.at, out);
            }
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        self.line.detach();
    }

    /// Bytes of the body were lost.
    pub(crate) fn gap(&mut self) {
        *self = Self { line: Gather::default(), torn: true, last_at: self.last_at };
    }

    /// The body ended.
    pub(crate) fn finish(&mut self, end: End, tag: Tag, out: &mut Output) {
        if self.line.first().is_none() {
            return;
        }
        let line = self.line.take();
        let whole = match end {
            End::Complete => true,
            End::Closed => JsonText::is_whole(trim_end(&line.data)),
            End::Cut | End::Lost => false,
        };
        if whole {
            give(line, tag, self.last_at, out);
        }
    }

    /// Memory taken.
    pub(crate) fn held(&self) -> usize {
        self.line.held()
    }
}

fn give(line: Gathered, tag: Tag, at: Time, out: &mut Output) {
    let Gathered { first, mut data, truncated } = line;
    data.truncate(trim_end(&data).len());
    if truncated {
        out.notice_from(tag, first, at, Notice::Limit("json item"));
    }
    out.emit(tag, first, at, Kind::Json(JsonItem { data, truncated }));
}

fn trim_end(line: &[u8]) -> &[u8] {
    let spaces = line.iter().rev().take_while(|byte| json_text::is_space(**byte)).count();
    line.get(..line.len() - spaces).unwrap_or(line)
}
