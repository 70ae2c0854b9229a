//! A body of which nobody saw what its head says: its first bytes tell.
//!
//! Whoever joins an HTTP/2 connection late does not know the fields that were sent before, and servers send the same
//! content type with each response, so it would stay unknown for as long as the connection lives.
//!
//! | first bytes | is |
//! |---|---|
//! | 1f 8b 08, 28 b5 2f fd | gzip, zstd; what is inside is guessed again |
//! | `data:`, `event:`, `id:`, `retry:`, `:` | server-sent events |
//! | `[` | a JSON array |
//! | anything else | bytes |
//!
//! A response that was joined amid its content may begin anywhere; senders flush events, so it often begins with one. Only
//! `data:` and `event:` count there.
//!
//! Comes in: pieces. Goes out: the sink for them, as soon as it is known, and to that all that came. Not handled: br and
//! deflate, which nothing tells from other bytes.

use bytes::Bytes;

use crate::coded::Coded;
use crate::coding::Coding;
use crate::content::Media;
use crate::message::{Direction, End};
use crate::output::{Output, Tag};
use crate::piece::Piece;
use crate::sink::Sink;

/// A body of which the first bytes are awaited.
pub(crate) struct Guess {
    direction: Direction,
    media: Media,
    coded: bool,
    /// What comes is not the beginning of the body.
    amid: bool,
    begin: Vec<u8>,
    waiting: Vec<Piece>,
}

/// What the first bytes may be.
#[derive(Clone, Copy)]
enum Is {
    Coding(Coding),
    Media(Media),
}

impl Guess {
    /// `media` where that is known; `coded`: it may be in codings.
    pub(crate) fn new(direction: Direction, media: Media, coded: bool) -> Self {
        Self { direction, media, coded, amid: false, begin: Vec::new(), waiting: Vec::new() }
    }

    /// For a response of which the head, and perhaps more, was not seen.
    pub(crate) fn amid() -> Self {
        Self { amid: true, ..Self::new(Direction::ToClient, Media::Unknown, false) }
    }

    /// The sink, when it is known; the piece has gone to it then.
    pub(crate) fn push(&mut self, piece: &Piece, tag: Tag, out: &mut Output) -> Option<Sink> {
        let room = LONGEST.saturating_sub(self.begin.len());
        self.begin.extend_from_slice(piece.peek(room));
        let mut sink = match self.matching() {
            Match::More => {
                // Less than the longest of them was seen, so this keeps a few bytes, not the piece that they are in.
                self.waiting.push(Piece { bytes: Bytes::copy_from_slice(&piece.bytes), ..*piece });
                return None;
            }
            Match::Yes(Is::Coding(coding)) => {
                let inner = match self.media {
                    Media::Unknown => Sink::of(self.direction, Media::Unknown),
                    known => Sink::of(self.direction, known),
                };
                Sink::coded(Coded::new(&[coding], inner))
            }
            Match::Yes(Is::Media(media)) => Sink::of(self.direction, media),
            Match::No => self.otherwise(),
        };
        for earlier in self.waiting.drain(..) {
            sink.push(&earlier, tag, out);
        }
        sink.push(piece, tag, out);
        Some(sink)
    }

    /// No more comes: what waits is in no coding, and bytes unless its type is known.
    pub(crate) fn finish(&mut self, end: End, tag: Tag, out: &mut Output) {
        let mut sink = self.otherwise();
        for earlier in self.waiting.drain(..) {
            sink.push(&earlier, tag, out);
        }
        sink.finish(end, tag, out);
    }

    pub(crate) fn held(&self) -> usize {
        self.begin.capacity() + self.waiting.capacity() * size_of::<Piece>()
    }

    fn otherwise(&self) -> Sink {
        match self.media {
            Media::Unknown => Sink::Raw,
            known => Sink::of(self.direction, known),
        }
    }

    fn matching(&self) -> Match {
        let candidates = BEGINNINGS.iter().filter(|(beginning, is)| match is {
            _ if self.amid => AMID.contains(beginning),
            Is::Coding(_) => self.coded,
            Is::Media(_) => self.media == Media::Unknown && self.direction == Direction::ToClient,
        });
        let mut open = false;
        for (beginning, is) in candidates {
            if self.begin.starts_with(beginning) {
                return Match::Yes(*is);
            }
            open |= beginning.starts_with(&self.begin);
        }
        if open { Match::More } else { Match::No }
    }
}

enum Match {
    Yes(Is),
    No,
    More,
}

const BEGINNINGS: [(&[u8], Is); 8] = [
    (b"\x1f\x8b\x08", Is::Coding(Coding::Gzip)),
    (b"\x28\xb5\x2f\xfd", Is::Coding(Coding::Zstd)),
    (b"data:", Is::Media(Media::EventStream)),
    (b"event:", Is::Media(Media::EventStream)),
    (b"id:", Is::Media(Media::EventStream)),
    (b"retry:", Is::Media(Media::EventStream)),
    (b":", Is::Media(Media::EventStream)),
    (b"[", Is::Media(Media::Json)),
];

/// Beginnings that are hardly ever found amid anything else.
const AMID: [&[u8]; 2] = [b"data:", b"event:"];

/// Bytes of the longest beginning.
const LONGEST: usize = 6;
