//! Whether a text is JSON, told as the text comes in pieces.
//!
//! Comes in: the pieces of a string of a JSON document, as written between its quotes, so that `\"` and `\u007b` are
//! undone here. Goes out: whether the text is one JSON value with nothing but white space around it (RFC 8259). Nothing
//! of the text is kept: where it stands is a state and a bit for each container that is open.
//!
//! Not looked at: whether numbers fit, whether keys repeat, whether strings are UTF-8.

use crate::limits;

/// A text under way.
#[derive(Clone, Debug)]
pub(crate) struct JsonCheck {
    state: State,
    /// Containers that are open, outermost first: whether each is an object.
    open: Vec<bool>,
    escape: Escape,
    seen: bool,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Value,
    FirstElement,
    FirstKey,
    Key,
    Colon,
    /// After a value: a comma, an end, or, of the outermost, nothing.
    After,
    Text {
        key: bool,
    },
    Backslash {
        key: bool,
    },
    /// Hexadecimal digits of `\u` that are still to come.
    Hex {
        key: bool,
        left: u8,
    },
    /// The rest of `true`, `false` or `null`.
    Word(&'static [u8]),
    Minus,
    Zero,
    Digits,
    Point,
    Fraction,
    Exponent,
    Sign,
    Power,
    Broken,
    /// Nested deeper than is followed.
    Unknown,
}

/// The escapes of the string that carries the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    None,
    Begun,
    Unicode { left: u8, value: u16 },
}

impl JsonCheck {
    pub(crate) fn new() -> Self {
        Self { state: State::Value, open: Vec::new(), escape: Escape::None, seen: false }
    }

    /// The next piece as written.
    pub(crate) fn push(&mut self, written: &[u8]) {
        for byte in written {
            match self.unescape(*byte) {
                Some(byte) => self.byte(byte),
                None => continue,
            }
            if matches!(self.state, State::Broken | State::Unknown) {
                return;
            }
        }
    }

    /// Whether the text, which ends here, is JSON. `None`: there was none, or it could not be followed.
    pub(crate) fn verdict(&self) -> Option<bool> {
        if !self.seen || self.state == State::Unknown {
            return None;
        }
        let whole =
            matches!(self.state, State::After | State::Zero | State::Digits | State::Fraction | State::Power);
        Some(whole && self.open.is_empty())
    }

    /// Undoes the escapes of the string that carries the text.
    fn unescape(&mut self, byte: u8) -> Option<u8> {
        match (self.escape, byte) {
            (Escape::None, b'\\') => {
                self.escape = Escape::Begun;
                None
            }
            (Escape::None, byte) => Some(byte),
            (Escape::Begun, b'u') => {
                self.escape = Escape::Unicode { left: 4, value: 0 };
                None
            }
            (Escape::Begun, byte) => {
                self.escape = Escape::None;
                Some(match byte {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    other => other,
                })
            }
            (Escape::Unicode { left, value }, byte) => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let value = (value << 4) | u16::try_from(digit).unwrap_or_default();
                if left > 1 {
                    self.escape = Escape::Unicode { left: left - 1, value };
                    return None;
                }
                self.escape = Escape::None;
                // All that matters of what is not ASCII is that it is not.
                Some(u8::try_from(value).ok().filter(u8::is_ascii).unwrap_or(0xff))
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        let space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.seen |= !space;
        self.state = match (self.state, byte) {
            (State::Text { key: true }, b'"') => State::Colon,
            (State::Text { key: false }, b'"') => State::After,
            (State::Text { key }, b'\\') => State::Backslash { key },
            // Control characters must be escaped.
            (State::Text { .. }, 0..0x20) => State::Broken,
            (State::Text { key }, _) => State::Text { key },
            (State::Backslash { key }, b'u') => State::Hex { key, left: 4 },
            (State::Backslash { key }, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                State::Text { key }
            }
            (State::Hex { key, left }, byte) if byte.is_ascii_hexdigit() => match left {
                0 | 1 => State::Text { key },
                _ => State::Hex { key, left: left - 1 },
            },
            (State::Word([first, rest @ ..]), byte) if *first == byte => match rest {
                [] => State::After,
                rest => State::Word(rest),
            },
            (
                state @ (State::Value
                | State::FirstElement
                | State::FirstKey
                | State::Key
                | State::Colon
                | State::After),
                _,
            ) if space => state,
            (State::Value, byte) => self.value(byte),
            (State::FirstElement, b']') | (State::FirstKey, b'}') => self.close(),
            (State::FirstElement, byte) => self.value(byte),
            (State::FirstKey | State::Key, b'"') => State::Text { key: true },
            (State::Colon, b':') => State::Value,
            (State::Minus, b'0') => State::Zero,
            (State::Minus, b'1'..=b'9') | (State::Digits, b'0'..=b'9') => State::Digits,
            (State::Zero | State::Digits, b'.') => State::Point,
            (State::Zero | State::Digits | State::Fraction, b'e' | b'E') => State::Exponent,
            (State::Point | State::Fraction, b'0'..=b'9') => State::Fraction,
            (State::Exponent, b'+' | b'-') => State::Sign,
            (State::Exponent | State::Sign | State::Power, b'0'..=b'9') => State::Power,
            // A number ends with what comes after it.
            (State::After | State::Zero | State::Digits | State::Fraction | State::Power, byte) => {
                self.after(byte, space)
            }
            (
                State::FirstKey
                | State::Key
                | State::Colon
                | State::Backslash { .. }
                | State::Hex { .. }
                | State::Word(_)
                | State::Minus
                | State::Point
                | State::Exponent
                | State::Sign,
                _,
            ) => State::Broken,
            (state @ (State::Broken | State::Unknown), _) => state,
        };
    }

    fn value(&mut self, byte: u8) -> State {
        match byte {
            b'{' | b'[' if self.open.len() >= limits::CHECK_DEPTH => State::Unknown,
            b'{' => {
                self.open.push(true);
                State::FirstKey
            }
            b'[' => {
                self.open.push(false);
                State::FirstElement
            }
            b'"' => State::Text { key: false },
            b't' => State::Word(b"rue"),
            b'f' => State::Word(b"alse"),
            b'n' => State::Word(b"ull"),
            b'-' => State::Minus,
            b'0' => State::Zero,
            b'1'..=b'9' => State::Digits,
            _ => State::Broken,
        }
    }

    fn after(&mut self, byte: u8, space: bool) -> State {
        match (byte, self.open.last()) {
            _ if space => State::After,
            (b',', Some(true)) => State::Key,
            (b',', Some(false)) => State::Value,
            (b'}', Some(true)) | (b']', Some(false)) => self.close(),
            _ => State::Broken,
        }
    }

    fn close(&mut self) -> State {
        self.open.pop();
        State::After
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The verdict on a text, which must be the same however it is cut.
    fn verdict(text: &str) -> Option<bool> {
        let quoted = sonic_rs::to_string(text).expect("a string");
        let written = quoted.as_bytes();
        let written = &written[1..written.len() - 1];
        let mut whole = JsonCheck::new();
        whole.push(written);
        for at in 0..=written.len() {
            let mut cut = JsonCheck::new();
            cut.push(&written[..at]);
            cut.push(&written[at..]);
            assert_eq!(cut.verdict(), whole.verdict(), "{text} cut at {at}");
        }
        whole.verdict()
    }

    #[test]
    fn json_is_told_from_what_is_none() {
        for (text, expect) in [
            ("", None),
            (" \n", None),
            ("{}", Some(true)),
            (" {\"a\": [1, -2.5e+3, true, null, \"x\\n\\u00e9\"], \"b\": {}}\n", Some(true)),
            ("[]", Some(true)),
            ("0", Some(true)),
            ("12", Some(true)),
            ("\"text\"", Some(true)),
            ("01", Some(false)),
            ("-", Some(false)),
            ("1.", Some(false)),
            ("1e", Some(false)),
            ("[1,]", Some(false)),
            ("{\"a\":1,}", Some(false)),
            ("{a:1}", Some(false)),
            ("{\"a\" 1}", Some(false)),
            ("{\"a\":1", Some(false)),
            ("{\"a\":\"x", Some(false)),
            ("[1}", Some(false)),
            ("{} {}", Some(false)),
            ("```json\n{}\n```", Some(false)),
            ("Here is your JSON: {}", Some(false)),
            ("\"a\nb\"", Some(false)),
            ("\"\\x\"", Some(false)),
            ("nul", Some(false)),
            ("nulll", Some(false)),
        ] {
            assert_eq!(verdict(text), expect, "{text:?}");
        }
    }

    #[test]
    fn escapes_of_the_carrier_are_undone() {
        let mut check = JsonCheck::new();
        check.push(br#"\u007b\u0022a\u0022:\"\u00e9\ud83d\ude00\"\u007D"#);
        assert_eq!(check.verdict(), Some(true));
    }

    #[test]
    fn depth_is_followed_only_so_far() {
        let deep = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
        assert_eq!(verdict(&deep(limits::CHECK_DEPTH)), Some(true));
        assert_eq!(verdict(&deep(limits::CHECK_DEPTH + 1)), None);
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_parser(text in r#"[\[\]{}:,"\\a-c0-9.eE+\-tfn ruls]{0,12}"#) {
            let parsed = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            if let Some(told) = verdict(&text) {
                prop_assert_eq!(told, parsed, "{:?}", text);
            }
        }
    }
}
