//! Headers of frames (RFC 6455 §5.2), and the mask.
//!
//! ```text
//!  byte 0: FIN RSV1 RSV2 RSV3 opcode(4)     byte 1: MASK length(7)
//!  length 126: two more bytes of it; 127: eight      MASK: four bytes of key
//! ```

use crate::piece::{Origin, Piece};

/// The header of a frame.
pub(super) struct Frame {
    /// Its first byte.
    pub(super) first: Origin,
    /// No fragment of its message follows.
    pub(super) fin: bool,
    /// RSV1, which permessage-deflate uses.
    pub(super) compressed: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: Option<[u8; 4]>,
    /// Of the payload; below 2^63.
    pub(super) length: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn of(nibble: u8) -> Option<Self> {
        match nibble {
            0 => Some(Self::Continuation),
            1 => Some(Self::Text),
            2 => Some(Self::Binary),
            8 => Some(Self::Close),
            9 => Some(Self::Ping),
            10 => Some(Self::Pong),
            _ => None,
        }
    }

    pub(super) fn is_control(self) -> bool {
        match self {
            Self::Close | Self::Ping | Self::Pong => true,
            Self::Continuation | Self::Text | Self::Binary => false,
        }
    }

    pub(super) fn begins_message(self) -> bool {
        match self {
            Self::Text | Self::Binary => true,
            Self::Continuation | Self::Close | Self::Ping | Self::Pong => false,
        }
    }
}

impl Frame {
    /// The key for the byte with which `left` bytes of payload are to come; without mask one that changes nothing.
    pub(super) fn mask_at(&self, left: u64) -> Option<[u8; 4]> {
        let mut key = self.mask?;
        key.rotate_left(usize::try_from((self.length - left) % 4).unwrap_or(0));
        Some(key)
    }
}

/// Collects one header.
#[derive(Default)]
pub(super) struct HeaderBuffer {
    bytes: [u8; HEADER_BYTES],
    len: usize,
    first: Origin,
}

/// What became of a header.
pub(super) enum Read {
    /// It needs more bytes; the piece is used up.
    More,
    Whole(Frame),
    /// It is none: what is wrong, and its first byte.
    Malformed(&'static str, Origin),
}

impl HeaderBuffer {
    /// Takes what belongs to the header from the front of the piece.
    pub(super) fn push(&mut self, piece: &mut Piece) -> Read {
        let before = self.len;
        if before == 0 {
            self.first = piece.origin();
        }
        let parsed = if before == 0 {
            parse(piece.peek(HEADER_BYTES), self.first)
        } else {
            self.append(piece.peek(HEADER_BYTES));
            parse(self.bytes.get(..self.len).unwrap_or_default(), self.first)
        };
        match parsed {
            Parsed::More => {
                if before == 0 {
                    self.append(piece.peek(HEADER_BYTES));
                }
                piece.clear();
                Read::More
            }
            Parsed::Whole(frame, length) => {
                piece.advance(length.saturating_sub(before));
                Read::Whole(frame)
            }
            Parsed::Malformed(what) => Read::Malformed(what, self.first),
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        let count = room.len().min(bytes.len());
        room.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.len += count;
    }
}

enum Parsed {
    More,
    /// With how many bytes it has.
    Whole(Frame, usize),
    Malformed(&'static str),
}

/// Reads the header that `bytes` begin with; all of them are there, or as many as a header can have.
fn parse(bytes: &[u8], first: Origin) -> Parsed {
    let [flags, masked, rest @ ..] = bytes else {
        return Parsed::More;
    };
    let (fin, compressed) = (flags & 0x80 != 0, flags & 0x40 != 0);
    let short = masked & 0x7f;
    let Some(opcode) = Opcode::of(flags & 0x0f) else {
        return Parsed::Malformed("websocket opcode");
    };
    if flags & 0x30 != 0 {
        return Parsed::Malformed("websocket reserved bit");
    }
    // RFC 6455 §5.5.
    if opcode.is_control() && (!fin || short > 125) {
        return Parsed::Malformed("websocket control frame");
    }
    let length = match short {
        126 => rest.split_first_chunk().map(|(length, rest)| (u64::from(u16::from_be_bytes(*length)), rest)),
        127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length), rest)),
        short => Some((u64::from(short), rest)),
    };
    let Some((length, rest)) = length else {
        return Parsed::More;
    };
    if length >> 63 != 0 {
        return Parsed::Malformed("websocket length");
    }
    let (mask, rest) = match rest.split_first_chunk() {
        _ if masked & 0x80 == 0 => (None, rest),
        Some((mask, rest)) => (Some(*mask), rest),
        None => return Parsed::More,
    };
    Parsed::Whole(Frame { first, fin, compressed, opcode, mask, length }, bytes.len() - rest.len())
}

/// Appends `bytes` without their mask, of which `mask` is the key for the first one.
pub(super) fn unmask_into(to: &mut Vec<u8>, bytes: &[u8], mask: Option<[u8; 4]>) {
    let start = to.len();
    to.extend_from_slice(bytes);
    if let Some(key) = mask {
        unmask(to.get_mut(start..).unwrap_or_default(), key);
    }
}

fn unmask(bytes: &mut [u8], key: [u8; 4]) {
    let wide = u32::from_ne_bytes(key);
    let (words, rest) = bytes.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    rest.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
}

/// The longest header: two bytes, a length of eight, a mask of four.
const HEADER_BYTES: usize = 14;
