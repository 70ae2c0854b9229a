//! Values that are no containers.
//!
//! Comes in: a number, literal or string as written. Goes out: a [`Scalar`], which says what it is as the type that a
//! reader expects, or that it is none.

use std::borrow::Cow;

/// A value that is no container.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    /// A number as written.
    Number(&'a str),
    /// A string: whether it is empty, and its text where [`Shape::reads_text`] wants it and it can be given whole.
    Text {
        empty: bool,
        text: Option<Written<'a>>,
    },
    /// No JSON value: `NaN`, `Infinity`, or a word longer than [`limits::WORD`].
    Unknown,
}

/// A string as written between its quotes. Most strings are compared and never needed decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) escapes: bool,
}

impl<'a> Written<'a> {
    /// Whether it says the same as a text.
    pub(crate) fn says(self, text: &str) -> bool {
        if self.escapes {
            self.decode().is_some_and(|said| said == text)
        } else {
            self.bytes == text.as_bytes()
        }
    }

    /// The text. `None`: it is none.
    pub(crate) fn decode(self) -> Option<Cow<'a, str>> {
        if self.escapes {
            let quoted = [b"\"", self.bytes, b"\""].concat();
            sonic_rs::from_slice::<String>(&quoted).ok().map(Cow::Owned)
        } else {
            std::str::from_utf8(self.bytes).ok().map(Cow::Borrowed)
        }
    }
}

impl Scalar<'_> {
    /// A whole number that is not negative, however it is written.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        let Self::Number(number) = self else { return None };
        number.parse().ok().or_else(|| {
            let value: f64 = number.parse().ok()?;
            // 2⁵³: above it a double does not tell which integer was meant.
            let whole = (0.0..=9_007_199_254_740_992.0).contains(&value) && value.fract() == 0.0;
            whole.then_some(value as u64)
        })
    }

    /// A whole number.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        let Self::Number(number) = self else { return None };
        number.parse().ok().or_else(|| self.as_u64().and_then(|number| number.try_into().ok()))
    }

    /// A finite number.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        let Self::Number(number) = self else { return None };
        number.parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// True or false.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Null | Self::Number(_) | Self::Text { .. } | Self::Unknown => None,
        }
    }

    /// A string that was captured.
    pub(crate) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text { text, .. } => text.and_then(Written::decode),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Unknown => None,
        }
    }
}
pub(super) fn read_word(word: &[u8]) -> Scalar<'_> {
    match word {
        b"null" => Scalar::Null,
        b"true" => Scalar::Bool(true),
        b"false" => Scalar::Bool(false),
        [b'-' | b'0'..=b'9', ..] => std::str::from_utf8(word).map_or(Scalar::Unknown, Scalar::Number),
        _ => Scalar::Unknown,
    }
}
