//! What is kept of one value. Each of these tells whether the value had the type that it should have; null is absent
//! and is passed over before.

use std::borrow::Cow;

use super::ProviderError;
use crate::json_scan::Scalar;

/// Elements of an array; told only once the array is closed, since a part of a prompt is no count of it.
#[derive(Debug, Default)]
pub(super) struct Count {
    begun: bool,
    running: u64,
    total: Option<u64>,
}

impl Count {
    pub(super) fn begin(&mut self) {
        *self = Self { begun: true, ..Self::default() };
    }

    pub(super) fn add(&mut self) {
        self.running += 1;
    }

    pub(super) fn close(&mut self) {
        self.total = Some(self.running);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    pub(super) fn total(&self) -> Option<u64> {
        self.total
    }
}

/// Keeps a string that says something. Chunks repeat most of theirs; an equal one is not decoded again.
pub(super) fn text(slot: &mut Option<String>, scalar: &Scalar<'_>) -> bool {
    let Scalar::Text { empty, text: Some(written) } = scalar else {
        return false;
    };
    if *empty || slot.as_deref().is_some_and(|known| written.says(known)) {
        return true;
    }
    let decoded = written.decode();
    let known = decoded.is_some();
    *slot = decoded.map(Cow::into_owned).or(slot.take());
    known
}

/// What an error is called, where that is a name.
pub(super) fn name(scalar: &Scalar<'_>) -> Option<String> {
    scalar.as_text().and_then(|text| ProviderError::name(&text))
}

/// Keeps a number.
pub(super) fn number(slot: &mut Option<u64>, scalar: &Scalar<'_>) -> bool {
    value(slot, scalar.as_u64())
}

/// A whole number, also a negative one.
pub(super) fn integer(scalar: &Scalar<'_>) -> Option<i64> {
    match scalar {
        Scalar::Number(number) => number.parse().ok(),
        Scalar::Null | Scalar::Bool(_) | Scalar::Text { .. } | Scalar::Unknown => None,
    }
}

/// Keeps a value that could be read.
pub(super) fn value<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let known = value.is_some();
    *slot = value.or(slot.take());
    known
}

/// Keeps the latest of a count that only grows. One that shrinks is kept as told, and is odd.
pub(super) fn grown(slot: &mut Option<u64>, scalar: &Scalar<'_>) -> bool {
    let before = *slot;
    number(slot, scalar) && before <= *slot
}
