//! What frames other than DATA mean: header blocks and resets.
//!
//! Comes in: frames that came whole, or as far as they were seen. Goes out: decoded header blocks to the streams.
//!
//! A header block is HEADERS or PUSH_PROMISE with any number of CONTINUATIONs behind it and nothing between
//! (RFC 9113 §4.3). One of which a part is missing is decoded up to there: the fields are right, the head is partial,
//! and what the rest would have added to the compression's table is unknown from then on.
//!
//! Not handled: SETTINGS. The one that matters to a listener, the size of the compression's table, is told again in the
//! header blocks that use it (RFC 7541 §4.2).

use super::H2;
use super::frame::{Frame, STREAM_BITS, What};
use super::framer::Payload;
use super::head::Block;
use super::streams::Place;
use crate::limits;
use crate::message::{Direction, Notice};
use crate::output::Output;
use crate::piece::Origin;

/// The first byte of a frame, and what follows it.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub(super) first: Origin,
    pub(super) here: Origin,
}

/// A header block of which more is to come.
pub(super) struct Headers {
    stream: u32,
    /// The stream of its frames, which a PUSH_PROMISE does not have in common with what it promises.
    frames_of: u32,
    ends_stream: bool,
    /// It is of a PUSH_PROMISE.
    promises: bool,
    first: Origin,
    bytes: Vec<u8>,
    /// What follows `bytes` is missing.
    torn: bool,
}

impl Headers {
    pub(super) fn held(&self) -> usize {
        self.bytes.capacity()
    }
}

impl H2 {
    /// A frame other than DATA.
    pub(super) fn control(
        &mut self,
        direction: Direction,
        frame: Frame,
        bound: Bound,
        payload: Payload,
        out: &mut Output,
    ) {
        if frame.what != What::Continuation {
            let Bound { first, here } = bound;
            self.interrupt(direction, Origin { offset: first.offset, at: here.at }, out);
        }
        match frame.what {
            What::Headers | What::PushPromise => self.begin_headers(direction, frame, bound, &payload, out),
            What::Continuation => self.continue_headers(direction, frame, bound.here, &payload, out),
            What::Reset => {
                if let Some(code) = number(&payload.bytes, 0) {
                    self.streams.reset(frame.stream, direction, code, bound.here, out);
                }
            }
            What::GoAway => {
                if let Some((last, code)) = number(&payload.bytes, 0).zip(number(&payload.bytes, 4)) {
                    self.streams.go_away(last & STREAM_BITS, direction, code, bound.here, out);
                }
            }
            What::Data | What::Priority | What::Settings | What::Ping | What::WindowUpdate | What::Other => {}
        }
    }

    /// A header block that was under way does not go on.
    pub(super) fn interrupt(&mut self, direction: Direction, here: Origin, out: &mut Output) {
        if self.lanes.of(direction).headers.is_some() {
            out.notice(self.streams.between(direction), here, Notice::Malformed("header block"));
            self.lose_headers(direction, here, out);
        }
    }

    /// Header blocks may be among what is missing.
    pub(super) fn lose_headers(&mut self, direction: Direction, here: Origin, out: &mut Output) {
        if let Some(headers) = self.lanes.of(direction).headers.take() {
            self.block(direction, Headers { torn: true, ..headers }, here, out);
        }
        self.lanes.of(direction).hpack.lose();
    }

    fn begin_headers(
        &mut self,
        direction: Direction,
        frame: Frame,
        bound: Bound,
        payload: &Payload,
        out: &mut Output,
    ) {
        let Bound { first, here } = bound;
        let Some((promised, fragment)) = fragment(frame, payload) else {
            out.notice(self.streams.between(direction), here, Notice::Malformed("HEADERS frame"));
            self.lanes.of(direction).hpack.lose();
            return;
        };
        say_cut(self, direction, frame, payload, here, out);
        let headers = Headers {
            stream: promised.unwrap_or(frame.stream),
            frames_of: frame.stream,
            ends_stream: frame.ends_stream(),
            promises: promised.is_some(),
            first,
            bytes: Vec::new(),
            torn: payload.cut,
        };
        if frame.ends_headers() {
            self.block_of(direction, &headers, fragment, here, out);
        } else {
            self.lanes.of(direction).headers = Some(Headers { bytes: fragment.to_vec(), ..headers });
        }
    }

    fn continue_headers(
        &mut self,
        direction: Direction,
        frame: Frame,
        here: Origin,
        payload: &Payload,
        out: &mut Output,
    ) {
        if matches!(&self.lanes.of(direction).headers, Some(headers) if headers.frames_of != frame.stream) {
            self.interrupt(direction, here, out);
        }
        let Some(mut headers) = self.lanes.of(direction).headers.take() else {
            // The beginning of the block is not known: it was lost, there was none, or it is another stream's.
            out.notice(self.streams.between(direction), here, Notice::Malformed("CONTINUATION frame"));
            self.lanes.of(direction).hpack.lose();
            return;
        };
        say_cut(self, direction, frame, payload, here, out);
        if !headers.torn {
            let room = limits::HEAD_BYTES.saturating_sub(headers.bytes.len());
            let kept = payload.bytes.get(..room).unwrap_or(&payload.bytes);
            headers.bytes.extend_from_slice(kept);
            headers.torn = payload.cut || kept.len() < payload.bytes.len();
            if kept.len() < payload.bytes.len() {
                out.notice(self.streams.between(direction), here, Notice::Limit("header bytes"));
            }
        }
        if frame.ends_headers() {
            self.block(direction, headers, here, out);
        } else {
            self.lanes.of(direction).headers = Some(headers);
        }
    }

    fn block(&mut self, direction: Direction, mut headers: Headers, here: Origin, out: &mut Output) {
        let fragment = std::mem::take(&mut headers.bytes);
        self.block_of(direction, &headers, &fragment, here, out);
    }

    /// A header block is whole, or as whole as it gets.
    fn block_of(
        &mut self,
        direction: Direction,
        headers: &Headers,
        fragment: &[u8],
        here: Origin,
        out: &mut Output,
    ) {
        let Headers { stream, frames_of: _, ends_stream, promises, first, bytes: _, torn } = *headers;
        let Self { lanes, room, .. } = self;
        let hpack = &mut lanes.of(direction).hpack;
        let mut block = Block::default();
        let mut dropped = false;
        let outcome = hpack.decode(fragment, &mut |field| match room.checked_sub(field.len()) {
            Some(left) => {
                *room = left;
                block.field(&field);
            }
            None => dropped = true,
        });
        if torn {
            hpack.lose();
            block.tear();
        } else if let Some(what) = outcome.malformed {
            block.tear();
            out.notice(self.streams.between(direction), here, Notice::Malformed(what));
        }
        if let Some(limit) = outcome.limited {
            block.tear();
            out.notice(self.streams.between(direction), here, Notice::Limit(limit));
        }
        if dropped {
            block.tear();
            out.notice(self.streams.between(direction), here, Notice::Limit("decoded bytes"));
        }
        block.finish();
        if promises {
            self.streams.promise(stream, here, out);
            return;
        }
        self.believed |= block.is_of(direction);
        // Who joined late may have taken the server for the client. After one head as it should be, nobody has.
        self.reversed |= block.is_of(direction.opposite()) && !self.believed;
        let place = Place { direction, stream, ends_stream, first, here };
        self.streams.block(&place, block, out);
    }
}

/// Frames over the cap are not kept whole.
fn say_cut(h2: &H2, direction: Direction, frame: Frame, payload: &Payload, here: Origin, out: &mut Output) {
    if payload.cut && payload.bytes.len() >= limits::HEAD_BYTES && frame.length as usize > limits::HEAD_BYTES
    {
        out.notice(h2.streams.between(direction), here, Notice::Limit("header bytes"));
    }
}

/// The part of a HEADERS or PUSH_PROMISE frame that belongs to the header block, and the stream that it promises.
/// `None`: there is no such part.
fn fragment(frame: Frame, payload: &Payload) -> Option<(Option<u32>, &[u8])> {
    let mut rest: &[u8] = &payload.bytes;
    let mut padding = 0;
    if frame.is_padded() {
        let (pad, after) = rest.split_first()?;
        padding = usize::from(*pad);
        rest = after;
    }
    if frame.has_priority() {
        rest = rest.get(5..)?;
    }
    let mut promised = None;
    if frame.what == What::PushPromise {
        let (stream, after) = rest.split_first_chunk()?;
        promised = Some(u32::from_be_bytes(*stream) & STREAM_BITS);
        rest = after;
    }
    if payload.cut {
        // How much of the padding was seen is known from how much of the frame was.
        let missing = (frame.length as usize).saturating_sub(payload.bytes.len());
        padding = padding.saturating_sub(missing);
    }
    let end = rest.len().checked_sub(padding)?;
    Some((promised, rest.get(..end)?))
}

/// The number of four bytes at `index`.
fn number(bytes: &[u8], index: usize) -> Option<u32> {
    bytes.get(index..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}
