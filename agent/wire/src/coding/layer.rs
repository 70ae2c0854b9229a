//! One coding of a body: what its first bytes say it is, its members, and what follows them.
//!
//! Comes in: coded bytes. Goes out: decoded ones into a buffer, step by step; whoever steps has to go on until the
//! input is used up and the buffer was not filled.

use super::brotli::Brotli;
use super::inflate::{Form, Inflate};
use super::zstd::Zstd;
use super::{Coding, Stop};

/// One per coding of a body.
pub(super) struct Layer {
    coding: Coding,
    phase: Phase,
    made: u64,
}

enum Phase {
    /// The first bytes do not tell yet what the member is.
    Front(InFront),
    Member(Member),
    /// Text without this coding.
    Plain,
    /// All that is left is ignored.
    Over,
}

#[derive(Default)]
struct InFront {
    front: Front,
    /// A member came before.
    again: bool,
    /// Its decompressor, where one costs so much more to make than to use again: 8 µs, and frames have 9 bytes.
    spare: Option<Zstd>,
}

/// A decompressor. It is not made before it is needed.
enum Member {
    Inflate(Inflate),
    Brotli(Box<Brotli>),
    Zstd(Zstd),
}

/// What one step did.
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
    pub(super) then: Then,
}

pub(super) enum Then {
    More,
    /// Something else begins, which counts as progress.
    Turn,
    Stop(Stop),
}

/// What one step of a decompressor did.
pub(super) struct Progress {
    pub(super) read: usize,
    pub(super) written: usize,
    pub(super) after: After,
}

pub(super) enum After {
    More,
    /// The member is over, and all of it is written.
    End,
    Stop(Stop),
}

/// As many bytes as the longest magic number has.
#[derive(Clone, Copy, Default)]
struct Front {
    bytes: [u8; MAGIC_BYTES],
    length: usize,
}

/// What the first bytes are.
enum Sniffed {
    /// Too few to tell.
    Unknown,
    Member(Kind),
    /// Not this coding, but text.
    Text,
    Neither(&'static str),
}

#[derive(Clone, Copy)]
enum Kind {
    Inflate(Form),
    Brotli,
    Zstd,
}

impl Layer {
    pub(super) fn new(coding: Coding) -> Self {
        Self { coding, phase: Phase::Front(InFront::default()), made: 0 }
    }

    /// Bytes made so far.
    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// Whether it may end here.
    pub(super) fn is_whole(&self) -> bool {
        match &self.phase {
            // Nothing at all is how servers code an empty body.
            Phase::Front(InFront { front, .. }) => front.length == 0,
            Phase::Member(_) => false,
            Phase::Plain | Phase::Over => true,
        }
    }

    pub(super) fn mislabelled(&self) -> Option<Coding> {
        match &self.phase {
            Phase::Plain => Some(self.coding),
            Phase::Front(_) | Phase::Member(_) | Phase::Over => None,
        }
    }

    pub(super) fn held(&self) -> usize {
        let member = match &self.phase {
            Phase::Member(Member::Inflate(_)) => Inflate::HELD,
            Phase::Member(Member::Brotli(brotli)) => brotli.held(),
            Phase::Member(Member::Zstd(zstd)) => zstd.held(),
            Phase::Front(InFront { spare, .. }) => spare.as_ref().map_or(0, Zstd::held),
            Phase::Plain | Phase::Over => 0,
        };
        size_of::<Self>() + member
    }

    /// Decodes from the front of `input` to the front of `output`.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let step = match &mut self.phase {
            Phase::Front(state) => {
                let state = std::mem::take(state);
                self.in_front(state, input, output)
            }
            Phase::Member(member) => {
                let progress = member.step(input, output);
                self.after(progress)
            }
            Phase::Plain => plain(input, output),
            Phase::Over => Step { read: input.len(), written: 0, then: Then::More },
        };
        self.made = self.made.saturating_add(step.written as u64);
        step
    }

    fn in_front(&mut self, state: InFront, input: &[u8], output: &mut [u8]) -> Step {
        let InFront { mut front, again, spare } = state;
        let kept = front.length;
        let read = front.fill(input);
        let first = front.filled();
        let kind = match sniff(self.coding, first) {
            Sniffed::Member(kind) => kind,
            Sniffed::Unknown => {
                self.phase = Phase::Front(InFront { front, again, spare });
                return Step { read, written: 0, then: Then::More };
            }
            Sniffed::Text | Sniffed::Neither(_) if again => {
                self.phase = Phase::Over;
                return Step { read, written: 0, then: Then::Turn };
            }
            Sniffed::Text => {
                self.phase = Phase::Plain;
                let step = plain(first, output);
                return Step { read: step.read.saturating_sub(kept), ..step };
            }
            Sniffed::Neither(what) => {
                return Step { read, written: 0, then: Then::Stop(Stop::Malformed(what)) };
            }
        };
        let Some(mut member) = spare.map(Member::Zstd).or_else(|| Member::new(kind)) else {
            return Step { read, written: 0, then: Then::Stop(Stop::Limit("coding memory")) };
        };
        // All of these bytes are of a header, so none is left.
        let progress = member.step(first, output);
        self.phase = Phase::Member(member);
        self.after(Progress { read: progress.read.saturating_sub(kept), ..progress })
    }

    /// A member may be over.
    fn after(&mut self, progress: Progress) -> Step {
        let Progress { read, written, after } = progress;
        let then = match after {
            After::More => Then::More,
            After::End => {
                self.phase = match std::mem::replace(&mut self.phase, Phase::Over) {
                    Phase::Member(Member::Zstd(zstd)) => Phase::again(Some(zstd)),
                    Phase::Member(Member::Inflate(_)) if self.coding == Coding::Gzip => Phase::again(None),
                    Phase::Member(Member::Inflate(_) | Member::Brotli(_)) => Phase::Over,
                    Phase::Front(_) | Phase::Plain | Phase::Over => Phase::Over,
                };
                Then::Turn
            }
            After::Stop(stop) => Then::Stop(stop),
        };
        Step { read, written, then }
    }
}

impl Phase {
    /// A member is over, and another may follow.
    fn again(spare: Option<Zstd>) -> Self {
        Self::Front(InFront { front: Front::default(), again: true, spare })
    }
}

impl Member {
    /// None where memory is short.
    fn new(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Inflate(form) => Some(Self::Inflate(Inflate::new(form))),
            Kind::Brotli => Some(Self::Brotli(Box::new(Brotli::new()))),
            Kind::Zstd => Zstd::new().map(Self::Zstd),
        }
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        match self {
            Self::Inflate(inflate) => inflate.step(input, output),
            Self::Brotli(brotli) => brotli.step(input, output),
            Self::Zstd(zstd) => zstd.step(input, output),
        }
    }
}

impl Front {
    fn filled(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Takes bytes as long as there is a place for them. How many.
    fn fill(&mut self, input: &[u8]) -> usize {
        let places = self.bytes.iter_mut().skip(self.length);
        let taken = places.zip(input).map(|(place, byte)| *place = *byte).count();
        self.length += taken;
        taken
    }
}

fn plain(input: &[u8], output: &mut [u8]) -> Step {
    let count = output.iter_mut().zip(input).map(|(to, from)| *to = *from).count();
    Step { read: count, written: count, then: Then::More }
}

/// What a member of this coding is, by its first bytes.
fn sniff(coding: Coding, first: &[u8]) -> Sniffed {
    match coding {
        // ID1, ID2, CM (RFC 1952 §2.3.1).
        Coding::Gzip => match compare(first, &[0x1f, 0x8b, 8]) {
            Compared::Same => Sniffed::Member(Kind::Inflate(Form::Gzip)),
            Compared::Begun => Sniffed::Unknown,
            Compared::Other => neither(first, "gzip magic"),
        },
        // RFC 8878 §3.1.1, and §3.1.2 of which the low half of the first byte is free.
        Coding::Zstd => {
            let skippable = matches!(first.first(), Some(byte) if byte & 0xf0 == 0x50);
            let begin = if skippable { first.first().copied().unwrap_or_default() } else { 0x28 };
            let magic = if skippable { [begin, 0x2a, 0x4d, 0x18] } else { [begin, 0xb5, 0x2f, 0xfd] };
            match compare(first, &magic) {
                Compared::Same => Sniffed::Member(Kind::Zstd),
                Compared::Begun => Sniffed::Unknown,
                Compared::Other => neither(first, "zstd magic"),
            }
        }
        Coding::Deflate => match first {
            [] => Sniffed::Unknown,
            // CM 8 and at most 7 for CINFO (RFC 1950 §2.2). As a raw stream that is a stored block whose padding is
            // not zero, which no encoder makes.
            [cmf] if cmf & 0x8f == 8 => Sniffed::Unknown,
            [cmf, flags, ..] if cmf & 0x8f == 8 && u16::from_be_bytes([*cmf, *flags]) % 31 == 0 => {
                Sniffed::Member(Kind::Inflate(Form::Zlib))
            }
            _ => Sniffed::Member(Kind::Inflate(Form::Raw)),
        },
        Coding::Brotli => match first {
            [] => Sniffed::Unknown,
            // As brotli: the last block, empty, and then padding that is not zero (RFC 7932 §9.2). Always an error.
            [b'{', ..] => Sniffed::Text,
            _ => Sniffed::Member(Kind::Brotli),
        },
    }
}

enum Compared {
    Same,
    Begun,
    Other,
}

fn compare(first: &[u8], magic: &[u8]) -> Compared {
    if first.starts_with(magic) {
        Compared::Same
    } else if magic.starts_with(first) {
        Compared::Begun
    } else {
        Compared::Other
    }
}

/// JSON, an event stream and HTML begin with ASCII or a byte order mark.
fn neither(first: &[u8], what: &'static str) -> Sniffed {
    let ascii = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    match first {
        [0xef, ..] => Sniffed::Text,
        [byte, ..] if ascii(byte) => Sniffed::Text,
        _ => Sniffed::Neither(what),
    }
}

const MAGIC_BYTES: usize = 4;
