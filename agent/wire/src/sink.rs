//! What becomes of the content of a body, independent of the protocol that framed it.
//!
//! Comes in: pieces without transfer coding. Goes out: [`Kind::Body`], or what its media type is made of.

use crate::coded::Coded;
use crate::content::{ContentFacts, Media};
use crate::event_stream::EventStream;
use crate::grpc::Grpc;
use crate::guess::Guess;
use crate::json_array::JsonArray;
use crate::json_lines::JsonLines;
use crate::message::{Direction, End, Kind};
use crate::output::{Output, Tag};
use crate::piece::Piece;
use crate::sse::Sse;

/// One per body.
pub(crate) enum Sink {
    /// As it is.
    Raw,
    /// Given to nobody.
    Dropped,
    /// Codings are removed before anything else.
    Coded(Box<Coded>),
    /// Its first bytes tell what it is.
    Guess(Box<Guess>),
    Events(Box<Sse>),
    Lines(Box<JsonLines>),
    Json(Box<JsonArray>),
    Frames(Box<EventStream>),
    Grpc(Box<Grpc>),
}

impl Sink {
    /// For a body in `direction`.
    pub(crate) fn new(direction: Direction, facts: &ContentFacts) -> Self {
        let media = facts.media();
        match facts.codings() {
            // What nobody can undo is given as it is.
            None => Self::Raw,
            Some(_) if facts.guess_coding() => Self::Guess(Box::new(Guess::new(direction, media, true))),
            Some([]) => Self::of(direction, media),
            Some(codings) => Self::coded(Coded::new(codings, Self::of(direction, media))),
        }
    }

    /// For a body of which the head was not seen.
    pub(crate) fn amid(direction: Direction) -> Self {
        match direction {
            Direction::ToServer => Self::Raw,
            Direction::ToClient => Self::Guess(Box::new(Guess::amid())),
        }
    }

    /// For a body that is in no coding.
    pub(crate) fn of(direction: Direction, media: Media) -> Self {
        match (media, direction) {
            (Media::Unknown, Direction::ToClient) => {
                Self::Guess(Box::new(Guess::new(direction, media, false)))
            }
            (Media::EventStream, Direction::ToClient) => Self::Events(Box::new(Sse::new())),
            // Requests in JSON are prompts: long, never streamed, and read as they are.
            (Media::EventStream | Media::JsonLines | Media::Json | Media::Unknown, Direction::ToServer) => {
                Self::Raw
            }
            (Media::JsonLines, Direction::ToClient) => Self::Lines(Box::default()),
            (Media::Json, Direction::ToClient) => Self::Json(Box::default()),
            (Media::AwsEventStream, _) => Self::Frames(Box::default()),
            (Media::Grpc, _) => Self::Grpc(Box::default()),
            (Media::Other, _) => Self::Raw,
        }
    }

    pub(crate) fn coded(coded: Coded) -> Self {
        Self::Coded(Box::new(coded))
    }

    pub(crate) fn push(&mut self, piece: &Piece, tag: Tag, out: &mut Output) {
        match self {
            Self::Raw if piece.is_empty() => {}
            Self::Raw => out.emit(tag, piece.origin(), piece.at, Kind::Body(piece.bytes.clone())),
            Self::Dropped => {}
            Self::Coded(coded) => coded.push(piece, tag, out),
            Self::Guess(guess) => {
                if let Some(known) = guess.push(piece, tag, out) {
                    *self = known;
                }
            }
            Self::Events(events) => events.push(piece, tag, out),
            Self::Lines(lines) => lines.push(piece, tag, out),
            Self::Json(json) => json.push(piece, tag, out),
            Self::Frames(frames) => frames.push(piece, tag, out),
            Self::Grpc(grpc) => grpc.push(piece, tag, out),
        }
    }

    /// `missing` bytes of content were lost.
    pub(crate) fn gap(&mut self, missing: u64) {
        match self {
            Self::Raw | Self::Dropped => {}
            Self::Coded(coded) => coded.gap(),
            // The first bytes there are now are not the first there were.
            Self::Guess(_) => *self = Self::Raw,
            Self::Events(events) => events.gap(),
            Self::Lines(lines) => lines.gap(),
            Self::Json(json) => json.gap(),
            Self::Frames(frames) => frames.gap(missing),
            Self::Grpc(grpc) => grpc.gap(missing),
        }
    }

    /// No more content comes.
    pub(crate) fn finish(&mut self, end: End, tag: Tag, out: &mut Output) {
        match self {
            Self::Raw | Self::Dropped => {}
            Self::Coded(coded) => coded.finish(end, tag, out),
            Self::Guess(guess) => guess.finish(end, tag, out),
            Self::Events(events) => events.finish(end, tag, out),
            Self::Lines(lines) => lines.finish(end, tag, out),
            Self::Json(json) => json.finish(end, tag, out),
            Self::Frames(frames) => frames.finish(end, tag, out),
            Self::Grpc(grpc) => grpc.finish(end, tag, out),
        }
    }

    pub(crate) fn held(&self) -> usize {
        match self {
            Self::Raw | Self::Dropped => 0,
            Self::Coded(coded) => coded.held(),
            Self::Guess(guess) => guess.held(),
            Self::Events(events) => events.held(),
            Self::Lines(lines) => lines.held(),
            Self::Json(json) => json.held(),
            Self::Frames(frames) => frames.held(),
            Self::Grpc(grpc) => grpc.held(),
        }
    }
}
