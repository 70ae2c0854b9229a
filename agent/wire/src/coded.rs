//! A body in content codings: they are removed, and what comes out goes on to the sink of its media type.
//!
//! Comes in: pieces as they were sent. Goes out: what that sink gives. What a piece completes is given at the time of
//! that piece, so a stream that its sender flushed event by event keeps the events' own times. Offsets are those of the
//! coded bytes.
//!
//! A body that is labelled with a coding that it is not in is given as it is, which is said at its end. One whose coding
//! breaks, or passes a cap, is given up to there; its rest is said to be unsupported, once. After a
//! gap nothing more of it can be read.

use crate::coding::{Coding, Decoder, Fate, Stop};
use crate::limits;
use crate::message::{End, Notice, Time};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};
use crate::sink::Sink;

/// A body under way.
pub(crate) struct Coded {
    decoder: Decoder,
    inner: Sink,
    /// Nothing more can be decoded, and that was said.
    over: bool,
    last: Origin,
}

impl Coded {
    /// `codings` in the order in which they were applied.
    pub(crate) fn new(codings: &[Coding], inner: Sink) -> Self {
        let last = Origin { at: Time(0), ..Origin::default() };
        Self { decoder: Decoder::new(codings), inner, over: false, last }
    }

    pub(crate) fn push(&mut self, piece: &Piece, tag: Tag, out: &mut Output) {
        let Self { decoder, inner, over, last } = self;
        *last = piece.origin();
        if *over {
            return;
        }
        let mut room = out.room();
        let fate = decoder.push(&piece.bytes, &mut room, &mut |bytes| {
            inner.push(&piece.decoded(bytes), tag, out);
        });
        out.set_room(room);
        let why = match fate {
            Fate::Going if decoder.held() > limits::CODING_HELD_BYTES => Notice::Limit("coding memory"),
            Fate::Going | Fate::Dropped => return,
            Fate::Stopped(Stop::Malformed(what)) => Notice::Malformed(what),
            Fate::Stopped(Stop::Limit(name)) => Notice::Limit(name),
        };
        *over = true;
        decoder.gap();
        out.notice(tag, piece.origin(), why);
        out.notice(tag, piece.origin(), Notice::Unsupported("content-encoding"));
        inner.gap(u64::MAX);
    }

    pub(crate) fn gap(&mut self) {
        self.over = true;
        self.decoder.gap();
        // However much it was, no more comes.
        self.inner.gap(u64::MAX);
    }

    pub(crate) fn finish(&mut self, end: End, tag: Tag, out: &mut Output) {
        let known = match end {
            End::Complete | End::Closed => true,
            End::Cut | End::Lost => false,
        };
        let whole = self.over || self.decoder.is_whole();
        if self.decoder.mislabelled().is_some() || known && !whole {
            out.notice(tag, self.last, Notice::Malformed("content-encoding"));
        }
        self.inner.finish(end, tag, out);
    }

    pub(crate) fn held(&self) -> usize {
        self.decoder.held() + self.inner.held()
    }
}
