//! The id of a request, which is a text or a number.

use std::borrow::Cow;

use crate::json_scan::Scalar;

/// An id, as text. `1` and `"1"` are not the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Id {
    #[default]
    None,
    Number(String),
    Text(String),
}

impl Id {
    /// Keeps an id. Whether it is one.
    pub(super) fn read(&mut self, scalar: &Scalar<'_>) -> bool {
        *self = match scalar {
            Scalar::Number(number) => Self::Number((*number).to_owned()),
            Scalar::Text { .. } => scalar.as_text().map(Cow::into_owned).map_or(Self::None, Self::Text),
            Scalar::Null | Scalar::Bool(_) | Scalar::Unknown => Self::None,
        };
        *self != Self::None
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Number(text) | Self::Text(text) => Some(text),
        }
    }
}
