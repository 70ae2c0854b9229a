//! What becomes of the content of a body, independent of the protocol that framed it.
//!
//! Comes in: pieces without transfer coding. Goes out: [`Kind::Body`] or [`Kind::Sse`]. Content codings, NDJSON and
//! event stream are further kinds of sink.

use crate::message::{End, Kind};
use crate::output::{Output, Tag};
use crate::piece::Piece;
use crate::sse::Sse;

/// One per body.
pub(crate) enum Sink {
    /// As it is.
    Raw,
    Events(Box<Sse>),
}

impl Sink {
    pub(crate) fn events() -> Self {
        Self::Events(Box::new(Sse::new()))
    }

    pub(crate) fn push(&mut self, piece: &Piece, tag: Tag, out: &mut Output) {
        match self {
            Self::Raw if piece.is_empty() => {}
            Self::Raw => out.emit(tag, piece.origin(), piece.at, Kind::Body(piece.bytes.clone())),
            Self::Events(events) => events.push(piece, tag, out),
        }
    }

    /// Content was lost.
    pub(crate) fn gap(&mut self) {
        match self {
            Self::Raw => {}
            Self::Events(events) => events.gap(),
        }
    }

    /// No more content comes.
    pub(crate) fn finish(&mut self, end: End, tag: Tag, out: &mut Output) {
        match self {
            Self::Raw => {}
            Self::Events(events) => events.finish(end, tag, out),
        }
    }

    pub(crate) fn held(&self) -> usize {
        match self {
            Self::Raw => 0,
            Self::Events(events) => events.held(),
        }
    }
}
