//! The chunk at hand of a stream, or the one document of an answer: what it carries.

use crate::provider::Event;

/// A chunk.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// It is one of a stream.
    streamed: bool,
    /// All of it may come again and change nothing.
    pub(super) plain: bool,
    /// It has a `delta`.
    pub(super) delta: bool,
    /// We are in a `message`, which Perplexity repeats in each chunk as far as it has come.
    pub(super) in_message: bool,
    /// What its `delta` carries, and what its `message`.
    said: Said,
    repeated: Said,
}

/// Whether there was content.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    hidden: bool,
    shown: bool,
}

impl Chunk {
    /// The next of a stream.
    pub(super) fn of_stream() -> Self {
        Self { streamed: true, plain: true, ..Self::default() }
    }

    /// What is read at this point may have been told by chunks before.
    pub(super) fn is_repeated(&self) -> bool {
        self.streamed && self.in_message
    }

    /// There is content, which a user sees or does not.
    pub(super) fn say(&mut self, shown: bool) {
        let said = if self.is_repeated() { &mut self.repeated } else { &mut self.said };
        said.shown |= shown;
        said.hidden |= !shown;
    }

    /// What it carried.
    pub(super) fn event(&self) -> Event {
        let Self { delta, said, repeated, .. } = *self;
        // A stream of messages without deltas has its content in them.
        let said = if delta || said.hidden || said.shown { said } else { repeated };
        match said {
            Said { shown: true, hidden: _ } => Event::Text,
            Said { shown: false, hidden: true } => Event::Content,
            Said { shown: false, hidden: false } => Event::Silent,
        }
    }
}
