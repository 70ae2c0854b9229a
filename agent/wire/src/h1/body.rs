//! One body under way: its framing, and the sink of its content.
//!
//! Comes in: pieces and gaps from the first byte after a head on. Goes out: messages of the sink, and where the body
//! ends. Content passes as slices of what was pushed.

use super::chunked::Step;
use super::framing::Framing;
use crate::message::{End, Notice};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};
use crate::sink::Sink;

/// A body of which more is to come.
pub(crate) struct BodyReader {
    pub(crate) tag: Tag,
    framing: Framing,
    sink: Sink,
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
    pub(crate) fn new(tag: Tag, framing: Framing, sink: Sink) -> Self {
        Self { tag, framing, sink }
    }

    pub(crate) fn push(&mut self, piece: &mut Piece, out: &mut Output) -> Progress {
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
                    Step::Done => return Progress::Done,
                    Step::Malformed(what) => return Progress::Lost(Notice::Malformed(what)),
                    Step::Limit(name) => return Progress::Lost(Notice::Limit(name)),
                }
            },
        }
    }

    /// `missing` bytes were lost; `None` when that leaves framing lost.
    pub(crate) fn gap(&mut self, missing: u64) -> Option<Progress> {
        self.tag.lossy = true;
        self.sink.gap();
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
        out.end(self.tag, here, end);
    }

    pub(crate) fn held(&self) -> usize {
        self.sink.held()
    }
}
