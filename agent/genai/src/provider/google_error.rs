//! Errors as all of Google's APIs tell them.
//!
//! Comes in: what stands at the places of `{"error": {"code", "status", "details": […]}}`, from the shape of an answer
//! that has them among its own. Goes out: the error's name, and how long to wait before another try. The message is
//! content and is not read.

use super::{ProviderError, fields};
use crate::json_scan::{Container, Scalar};

/// An error, as far as it was told.
#[derive(Debug, Default)]
pub(super) struct GoogleError {
    error: Option<ProviderError>,
    retry_delay: Option<u64>,
}

/// Where things stand in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorPlace {
    Whole,
    /// The HTTP status that it would have had; of the Interactions API its name.
    Code,
    Status,
    Details,
    Detail,
    /// Of `google.rpc.RetryInfo`.
    RetryDelay,
}

impl ErrorPlace {
    pub(super) fn member(self, key: &[u8]) -> Option<Self> {
        match (self, key) {
            (Self::Whole, b"code") => Some(Self::Code),
            (Self::Whole, b"status") => Some(Self::Status),
            (Self::Whole, b"details") => Some(Self::Details),
            (Self::Detail, b"retryDelay") => Some(Self::RetryDelay),
            _ => None,
        }
    }

    pub(super) fn element(self) -> Option<Self> {
        (self == Self::Details).then_some(Self::Detail)
    }

    pub(super) fn reads_text(self) -> bool {
        matches!(self, Self::Code | Self::Status | Self::RetryDelay)
    }
}

impl GoogleError {
    /// A container begins. `None`: none belongs there.
    pub(super) fn open(&mut self, place: ErrorPlace, container: Container) -> Option<bool> {
        match (place, container) {
            (ErrorPlace::Whole, Container::Object) => {
                self.error.get_or_insert_default();
                Some(true)
            }
            (ErrorPlace::Details, Container::Array) | (ErrorPlace::Detail, Container::Object) => Some(true),
            _ => None,
        }
    }

    /// A scalar that is not null. Whether it has the type that it should have.
    pub(super) fn scalar(&mut self, place: ErrorPlace, scalar: &Scalar<'_>) -> bool {
        let is_text = matches!(scalar, Scalar::Text { .. });
        match place {
            ErrorPlace::Status => {
                self.error.get_or_insert_default().code = fields::name(scalar);
                is_text
            }
            // Inside a stream of status 200 it may be all that is told.
            ErrorPlace::Code => {
                self.error.get_or_insert_default().kind = match scalar {
                    Scalar::Number(number) => ProviderError::name(number),
                    _ => fields::name(scalar),
                };
                is_text || matches!(scalar, Scalar::Number(_))
            }
            ErrorPlace::RetryDelay => {
                let delay = scalar.as_text().and_then(|text| nanoseconds(&text));
                fields::value(&mut self.retry_delay, delay)
            }
            // A gateway's sentence, which is content.
            ErrorPlace::Whole => {
                self.error.get_or_insert_default();
                is_text
            }
            ErrorPlace::Details | ErrorPlace::Detail => false,
        }
    }

    /// An event said that it is one, whatever it has in it.
    pub(super) fn tell(&mut self) {
        self.error.get_or_insert_default();
    }

    /// told: how long the server asks to wait before another try, in nanoseconds.
    #[cfg_attr(not(test), expect(dead_code, reason = "findings have no place for it yet"))]
    pub(super) fn retry_delay(&self) -> Option<u64> {
        self.retry_delay
    }

    pub(super) fn into_error(self) -> Option<ProviderError> {
        self.error
    }
}

/// A duration of protocol buffers as JSON has it: `34s`, `34.074824224s`.
fn nanoseconds(text: &str) -> Option<u64> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    // A year: nobody is asked to wait longer.
    (0.0..=31_536_000.0).contains(&seconds).then_some((seconds * 1e9) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_durations_of_protocol_buffers() {
        for (text, expect) in [
            ("34s", Some(34_000_000_000)),
            ("0.5s", Some(500_000_000)),
            ("0s", Some(0)),
            ("34", None),
            ("-1s", None),
            ("NaNs", None),
            ("infs", None),
            ("1e300s", None),
            ("s", None),
            ("", None),
        ] {
            assert_eq!(nanoseconds(text), expect, "{text}");
            let mut error = GoogleError::default();
            let written = format!("{{\"error\":{{\"details\":[{{\"retryDelay\":\"{text}\"}}]}}}}");
            read(&mut error, &written);
            assert_eq!(error.retry_delay(), expect, "{text}");
        }
    }

    /// Reads a document of an error and nothing else.
    fn read(error: &mut GoogleError, written: &str) {
        use crate::json_scan::{Scanner, Shape};

        struct Only<'a>(&'a mut GoogleError);

        impl Shape for Only<'_> {
            /// The document is at no place of the error.
            type Place = Option<ErrorPlace>;
            const ROOT: Self::Place = None;

            fn member(place: Self::Place, key: &[u8]) -> Option<Self::Place> {
                match place {
                    None => (key == b"error").then_some(Some(ErrorPlace::Whole)),
                    Some(place) => place.member(key).map(Some),
                }
            }

            fn element(place: Self::Place) -> Option<Self::Place> {
                place?.element().map(Some)
            }

            fn reads_text(place: Self::Place) -> bool {
                place.is_some_and(ErrorPlace::reads_text)
            }

            fn open(&mut self, place: Self::Place, container: Container) -> bool {
                place.is_none_or(|place| self.0.open(place, container).unwrap_or_default())
            }

            fn close(&mut self, _place: Self::Place) {}

            fn scalar(&mut self, place: Self::Place, scalar: &Scalar<'_>) {
                if let Some(place) = place {
                    self.0.scalar(place, scalar);
                }
            }
        }

        Scanner::new::<Only<'_>>().push(written.as_bytes(), &mut Only(error));
    }
}
