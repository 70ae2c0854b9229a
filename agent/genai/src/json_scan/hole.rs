//! Values that are of no account.
//!
//! Comes in: the bytes that may stand in a [`Hole`] of a document. Goes out: how many of them are a value of the same
//! kind. No more is looked at than where it ends.

use super::input::Input;

/// A value that is of no account: a string that is not captured, or a number or container at no named place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hole<P> {
    /// Where it stands, if that is a named place.
    pub(crate) place: Option<P>,
    /// Bytes of the document before its text.
    pub(crate) from: usize,
    /// Bytes of the document up to its end.
    pub(crate) to: usize,
    pub(crate) kind: HoleKind,
}

/// What stands in a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoleKind {
    /// What stands between the quotes of a string.
    Text,
    Number,
    /// An object or array with its brackets.
    Container,
}

impl HoleKind {
    /// The length of what `rest` begins with, if it is of this kind.
    pub(crate) fn length(self, rest: &[u8]) -> Option<usize> {
        match self {
            Self::Text => string_length(rest),
            Self::Number => number_length(rest),
            Self::Container => container_length(rest),
        }
    }
}
/// The length of the string that `rest` begins with, up to its closing quote.
fn string_length(rest: &[u8]) -> Option<usize> {
    let mut input = Input::new(rest);
    loop {
        let (before, stop) = input.until_quote_or_backslash()?;
        input.skip(before.len());
        if stop == b'"' {
            return Some(input.at());
        }
        // The escaped byte may be a quote.
        input.skip(2);
    }
}

/// The length of the number that `rest` begins with, if it begins with one.
fn number_length(rest: &[u8]) -> Option<usize> {
    matches!(rest.first(), Some(b'-' | b'0'..=b'9')).then(|| Input::new(rest).word().len())
}

/// The length of the container that `rest` begins with, if it begins with one. As everywhere here, brackets are counted
/// and not compared.
fn container_length(rest: &[u8]) -> Option<usize> {
    let mut input = Input::new(rest);
    let mut depth = 0_u64;
    loop {
        let byte = input.peek()?;
        input.skip(1);
        match byte {
            b'"' => input.skip(string_length(input.rest())? + 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return matches!(byte, b'}' | b']').then(|| input.at());
        }
    }
}
