//! What happens to a connection, as a list of steps, and how the bytes of an input become one.
//!
//! Inputs are read so that most of their bytes are content: a mutation then changes what is decoded and not how it is
//! cut. Every input is a script; what it lacks is 0.
//!
//! ```text
//! stream      pieces  gap  content…                 one direction, after a fixed beginning
//! both ways   flags  (op  length  bytes…)…          length 0: all the rest
//! frames      (type  flags  stream  length  payload…)…   type ≥ F0: the payload without a frame header
//! blocks      (length  header block…)…
//! ```

use wire::Direction;

use super::prologue;

/// A connection's life up to its close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Seen from its first byte.
    pub whole: bool,
    pub steps: Vec<Step>,
    /// Bytes per piece, when the same is pushed in pieces.
    pub piece: usize,
    /// Bytes that one pushed byte can become.
    pub expansion: usize,
}

/// All of one step crosses at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Push(Direction, Vec<u8>),
    Gap(Direction, u64),
    /// Nanoseconds pass.
    Tick(u64),
    Close,
}

/// Turns the bytes of an input into those that are pushed.
pub type Encode = fn(&[u8]) -> Vec<u8>;

impl Script {
    fn new(whole: bool, piece: u8, steps: Vec<Step>) -> Self {
        Self { whole, steps, piece: usize::from(piece % 32) + 1, expansion: 1 }
    }

    /// Steps in both directions.
    pub fn both_ways(data: &[u8]) -> Self {
        let (flags, mut rest) = byte(data);
        let mut steps = Vec::new();
        while let [op, length, after @ ..] = rest {
            let scale = if op & 0x80 == 0 { 1 } else { 16 };
            let length = usize::from(*length) * scale;
            rest = after;
            let towards = |bit: u8| if op & bit == 0 { Direction::ToServer } else { Direction::ToClient };
            match op % 4 {
                0 | 1 => {
                    let length = if length == 0 { rest.len() } else { length.min(rest.len()) };
                    let (bytes, after) = rest.split_at(length);
                    rest = after;
                    steps.push(Step::Push(towards(1), bytes.to_vec()));
                }
                2 => steps.push(Step::Gap(towards(4), length as u64)),
                _ if op & 4 == 0 => steps.push(Step::Tick(length as u64 * 1_000_000)),
                _ => steps.push(Step::Close),
            }
        }
        Self::new(flags & 1 == 0, flags >> 1, steps)
    }

    /// A fixed beginning, then one direction in up to eight steps, perhaps with bytes lost once.
    pub fn stream(
        before: &[(Direction, Vec<u8>)],
        direction: Direction,
        data: &[u8],
        encode: Encode,
    ) -> Self {
        let (pieces, rest) = byte(data);
        let (gap, rest) = byte(rest);
        let content = encode(rest);
        let mut steps: Vec<_> =
            before.iter().map(|(towards, bytes)| Step::Push(*towards, bytes.clone())).collect();
        let lost = if gap == 0 { content.len() } else { content.len() * usize::from(gap) / 256 };
        let (kept, after) = content.split_at(lost);
        let per_step = content.len() / (usize::from(pieces >> 5) + 1) + 1;
        let push = |part: &[u8]| Step::Push(direction, part.to_vec());
        steps.extend(kept.chunks(per_step).map(push));
        if gap != 0 {
            let missing = (usize::from(gap % 64) + 1).min(after.len());
            steps.push(Step::Gap(direction, missing as u64));
            steps.extend(after.split_at(missing).1.chunks(per_step).map(push));
        }
        Self::new(true, pieces, steps)
    }

    /// The body of a response to an HTTP/1 request; `fields` end their own lines.
    pub fn h1_body(fields: &str, data: &[u8]) -> Self {
        Self::stream(&prologue::h1(fields), Direction::ToClient, data, <[u8]>::to_vec)
    }

    /// Joined while it was running.
    pub fn late(self) -> Self {
        Self { whole: false, ..self }
    }

    /// With something before everything else.
    pub fn after(mut self, before: &[(Direction, Vec<u8>)]) -> Self {
        self.whole = true;
        let before = before.iter().map(|(towards, bytes)| Step::Push(*towards, bytes.clone()));
        self.steps.splice(..0, before);
        self
    }

    /// With all pushed bytes encoded.
    pub fn map(mut self, encode: Encode) -> Self {
        for step in &mut self.steps {
            if let Step::Push(_, bytes) = step {
                *bytes = encode(bytes);
            }
        }
        self
    }

    /// One pushed byte may become `expansion` of content.
    pub fn expanding(self, expansion: usize) -> Self {
        Self { expansion, ..self }
    }

    /// Whether bytes are lost: what is made of the rest may then depend on how it arrives.
    pub fn has_gap(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Gap(_, missing) if *missing > 0))
    }
}

/// HTTP/2 frames (RFC 9113 §4.1). The last one may be longer than what there is of it.
pub fn frames(data: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    let mut rest = data;
    while let [kind, flags, stream, length, after @ ..] = rest {
        let length = usize::from(*length);
        let (payload, after) = after.split_at(length.min(after.len()));
        rest = after;
        if *kind < 0xf0 {
            // The ten types of the RFC, and two that it does not know.
            encoded.extend(prologue::frame_header(length, kind % 12, *flags, u32::from(*stream)));
        }
        encoded.extend_from_slice(payload);
    }
    encoded
}

/// Each block is the HEADERS frame of a request without a body.
pub fn header_blocks(data: &[u8]) -> Vec<u8> {
    const END_STREAM_AND_HEADERS: u8 = 0x05;
    let mut encoded = Vec::new();
    let mut rest = data;
    let mut stream = 1;
    while let [length, after @ ..] = rest {
        let (block, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        encoded.extend(prologue::frame_header(block.len(), 1, END_STREAM_AND_HEADERS, stream));
        encoded.extend_from_slice(block);
        stream += 2;
    }
    encoded
}

/// The first byte, or 0.
fn byte(data: &[u8]) -> (u8, &[u8]) {
    match data {
        [first, rest @ ..] => (*first, rest),
        [] => (0, &[]),
    }
}

#[cfg(test)]
mod tests {
    use wire::Direction::{ToClient, ToServer};

    use super::*;

    #[test]
    fn both_ways_reads_every_kind_of_step() {
        let script = Script::both_ways(b"\x07\x00\x02ab\x01\x01c\x06\x05\x03\x02\x07\x00\x81\x00rest");
        let expect = [
            Step::Push(ToServer, b"ab".to_vec()),
            Step::Push(ToClient, b"c".to_vec()),
            Step::Gap(ToClient, 5),
            Step::Tick(2_000_000),
            Step::Close,
            Step::Push(ToClient, b"rest".to_vec()),
        ];
        assert_eq!((script.whole, script.piece, script.has_gap()), (false, 4, true));
        assert_eq!(script.steps, expect);
    }

    #[test]
    fn stream_loses_what_its_gap_says() {
        let before = [(ToServer, b"x".to_vec())];
        let all = Script::stream(&before, ToClient, b"\x20\x00abcdef", <[u8]>::to_vec);
        let pushed = |bytes: &[u8]| Step::Push(ToClient, bytes.to_vec());
        assert_eq!(all.steps[1..], [pushed(b"abcd"), pushed(b"ef")]);
        assert!(!all.has_gap());
        let lossy = Script::stream(&before, ToClient, b"\x00\x81abcdef", <[u8]>::to_vec);
        assert_eq!(lossy.steps[1..], [pushed(b"abc"), Step::Gap(ToClient, 2), pushed(b"f")]);
    }

    #[test]
    fn frames_and_blocks_have_their_headers() {
        assert_eq!(frames(b"\x00\x01\x03\x02hi"), b"\0\0\x02\0\x01\0\0\0\x03hi");
        assert_eq!(frames(b"\xff\x01\x03\x02hi"), b"hi");
        assert_eq!(
            frames(b"\x01\x04\x01\x09hi"),
            b"\0\0\x09\x01\x04\0\0\0\x01hi",
            "longer than what there is"
        );
        assert_eq!(header_blocks(b"\x01\x82\x01\x84")[10..], *b"\0\0\x01\x01\x05\0\0\0\x03\x84");
    }

    #[test]
    fn nothing_is_a_script_too() {
        assert_eq!(Script::both_ways(b"").steps, []);
        assert_eq!(Script::stream(&[], ToClient, b"", <[u8]>::to_vec).steps, []);
    }
}
