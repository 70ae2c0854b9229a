//! One body under way: its framing, and the sink of its content.
//!
//! Comes in: pieces and gaps from the first byte after a head on. Goes out: messages of the sink, and where the body
//! ends. Content passes as slices of what was pushed; trailer fields come between it and the end.

use super::chunked::Step;
use super::framing::Framing;
use super::head::{self, Trailers};
use crate::message::{End, Kind, Notice};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};
use crate::sink::Sink;

/// A body of which more is to come.
pub(crate) struct BodyReader {
    pub(crate) tag: Tag,
    framing: Framing,
    sink: Sink,
    /// Its sender asked before sending it, and neither was answered nor began.
    pub(crate) expects: bool,
    /// Fields after the content.
    trailers: Option<Trailers>,
}

/// What became of a piece or gap.
pub(crate) enum Progress {
    More,
    /// The body is whole; what is left of the piece comes after it.
    Done,
    /// Framing is lost, and why. The piece begins where it was.
    Lost(Notice),
}

impl BodyReader {
    pub(crate) fn new(tag: Tag, framing: Framing, sink: Sink, expects: bool) -> Self {
        Self { tag, framing, sink, expects, trailers: None }
    }

    pub(crate) fn push(&mut self, piece: &mut Piece, out: &mut Output) -> Progress {
        self.expects = false;
        match &mut self.framing {
            Framing::UntilClose => {
                self.sink.push(&piece.split_to(usize::MAX), self.tag, out);
                Progress::More
            }
            Framing::Length(left) => {
                let part = piece.split_to(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= part.len() as u64;
                self.sink.push(&part, self.tag, out);
                if *left == 0 { Progress::Done } else { Progress::More }
            }
            Framing::Chunked(chunked) => loop {
                match chunked.next(piece) {
                    Step::More => return Progress::More,
                    Step::Data(data) => self.sink.push(&data, self.tag, out),
                    Step::Done(lines) => {
                        self.trailers = head::trailers(&lines);
                        return Progress::Done;
                    }
                    Step::Malformed(what) => return Progress::Lost(Notice::Malformed(what)),
                    Step::Limit(name) => return Progress::Lost(Notice::Limit(name)),
                }
            },
        }
    }

    /// `missing` bytes were lost; `None` when that leaves framing lost.
    pub(crate) fn gap(&mut self, missing: u64) -> Option<Progress> {
        self.tag.lossy = true;
        self.sink.gap(missing);
        match &mut self.framing {
            Framing::UntilClose => Some(Progress::More),
            Framing::Length(left) => {
                *left = left.checked_sub(missing)?;
                Some(if *left == 0 { Progress::Done } else { Progress::More })
            }
            Framing::Chunked(chunked) => chunked.gap(missing).then_some(Progress::More),
        }
    }

    /// How it ends when the connection closes now.
    pub(crate) fn end_at_close(&self) -> End {
        match self.framing {
            Framing::UntilClose => End::Closed,
            Framing::Length(_) | Framing::Chunked(_) => End::Cut,
        }
    }

    pub(crate) fn finish(mut self, end: End, here: Origin, out: &mut Output) {
        self.sink.finish(end, self.tag, out);
        if let Some(Trailers { first, headers, bad_fields, many_fields }) = self.trailers {
            if !headers.is_empty() {
                out.emit(self.tag, first, here.at, Kind::Trailers(headers));
            }
            if bad_fields {
                out.notice_from(self.tag, first, here.at, Notice::Malformed("trailer field"));
            }
            if many_fields {
                out.notice_from(self.tag, first, here.at, Notice::Limit("header fields"));
            }
        }
        out.end(self.tag, here, end);
    }

    pub(crate) fn held(&self) -> usize {
        let lines = match &self.framing {
            Framing::Chunked(chunked) => chunked.held(),
            Framing::Length(_) | Framing::UntilClose => 0,
        };
        self.sink.held() + lines
    }
}
