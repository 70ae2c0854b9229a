//! Where a JSON text ends.
//!
//! Comes in: bytes from the first one of an object, array or string on, in any pieces. Goes out: how many of them up to
//! and with the last one. Depth is a number, so no input needs memory.
//!
//! Not handled: whether the text is valid. A `]` closes a `{` here; whoever parses the text will see.

use memchr::memchr2;

/// Follows one object, array or string.
#[derive(Default)]
pub(crate) struct JsonText {
    /// Objects and arrays that are open.
    depth: u64,
    place: Place,
}

#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    Outside,
    String,
    /// After a `\` in a string.
    Escape,
}

impl JsonText {
    /// How many of the next bytes belong to the text, if it ends within them.
    pub(crate) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut rest = bytes;
        loop {
            let found = match self.place {
                Place::Outside => structural(rest),
                Place::String => memchr2(b'"', b'\\', rest),
                Place::Escape => Some(0),
            };
            let (byte, after) = rest.get(found?..)?.split_first()?;
            rest = after;
            let closes = match (self.place, byte) {
                (Place::Escape, _) => {
                    self.place = Place::String;
                    false
                }
                (Place::String, b'\\') => {
                    self.place = Place::Escape;
                    false
                }
                (Place::String, _) => {
                    self.place = Place::Outside;
                    true
                }
                (Place::Outside, b'"') => {
                    self.place = Place::String;
                    false
                }
                (Place::Outside, b'{' | b'[') => {
                    self.depth += 1;
                    false
                }
                (Place::Outside, _) => {
                    self.depth = self.depth.saturating_sub(1);
                    true
                }
            };
            if closes && self.depth == 0 {
                return Some(bytes.len() - rest.len());
            }
        }
    }

    /// Whether `bytes` are one object, array or string from first to last byte.
    pub(crate) fn is_whole(bytes: &[u8]) -> bool {
        matches!(bytes, [b'{' | b'[' | b'"', ..]) && Self::default().end(bytes) == Some(bytes.len())
    }
}

/// White space of JSON (RFC 8259 §2).
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// `bytes` without white space before them.
pub(crate) fn trim_start(bytes: &[u8]) -> &[u8] {
    let spaces = bytes.iter().take_while(|byte| is_space(**byte)).count();
    bytes.get(spaces..).unwrap_or_default()
}

/// Where the first byte is that matters outside of strings.
fn structural(bytes: &[u8]) -> Option<usize> {
    let mut passed = 0;
    for block in bytes.chunks(BLOCK) {
        // Without a way out of the loop, the compiler compares the whole block at once.
        if block.iter().fold(false, |any, byte| any | is_structural(*byte)) {
            return block.iter().position(|byte| is_structural(*byte)).map(|at| passed + at);
        }
        passed += block.len();
    }
    None
}

/// `"`, `{`, `}`, `[` and `]`, of which the last two are the two before without the bit 0x20.
fn is_structural(byte: u8) -> bool {
    byte == b'"' || byte | 0x20 == b'{' || byte | 0x20 == b'}'
}

/// Bytes looked at together.
const BLOCK: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_byte_is_found_however_it_is_cut() {
        for (text, end) in [
            ("{}x", Some(2)),
            ("[]]", Some(2)),
            (r#""a"b"#, Some(3)),
            (r#"{"a":[1,{"b":"]},{\"\\"}]} ,{}"#, Some(r#"{"a":[1,{"b":"]},{\"\\"}]}"#.len())),
            (r#"{"a\\":"\\\\"},"#, Some(r#"{"a\\":"\\\\"}"#.len())),
            ("[[[[]]]]]", Some(8)),
            ("{\"ü\u{1f600}\":0}}", Some("{\"ü\u{1f600}\":0}".len())),
            (r#"{"a":"}"#, None),
            ("[[]", None),
            (r#""\""#, None),
        ] {
            assert_eq!(JsonText::default().end(text.as_bytes()), end, "{text}");
            for cut in 0..text.len() {
                let (front, back) = text.as_bytes().split_at(cut);
                let mut followed = JsonText::default();
                let found = followed.end(front).or_else(|| followed.end(back).map(|end| end + cut));
                assert_eq!(found, end, "{text} cut at {cut}");
            }
        }
    }

    #[test]
    fn whole_texts() {
        for (text, whole) in [
            (r#"{"a":{}}"#, true),
            ("[1]", true),
            (r#""a""#, true),
            (r#"{"a":{}"#, false),
            ("{}{}", false),
            ("12", false),
            ("}", false),
            ("", false),
        ] {
            assert_eq!(JsonText::is_whole(text.as_bytes()), whole, "{text}");
        }
    }
}
