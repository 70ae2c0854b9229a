//! Where a message's body ends (RFC 9112 §6.3).
//!
//! Comes in: the facts of a head, and for a response what was asked. Goes out: how the body ends, or that nobody can
//! know. `Transfer-Encoding` beats `Content-Length`.

use super::chunked::Chunked;
use super::head::{Facts, Length, Transfer};
use super::pairing::Asked;

/// How a body ends.
pub(crate) enum Framing {
    /// After so many more bytes; never 0.
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

/// What follows a head.
pub(crate) enum Body {
    Absent,
    Present(Framing),
    /// The head contradicts itself: what about.
    Unknown(&'static str),
}

pub(crate) fn of_request(facts: &Facts, asked: Asked) -> Body {
    match (asked, facts.transfer, facts.length) {
        (Asked::Connect, _, _) => Body::Absent,
        (_, Transfer::Chunked | Transfer::CodedChunked, _) => Body::Present(Framing::Chunked(Chunked::new())),
        // A request cannot end with the connection: nobody could answer it.
        (_, Transfer::Coded, _) => Body::Unknown("transfer-encoding"),
        (_, Transfer::Absent, Length::Absent | Length::Bytes(0)) => Body::Absent,
        (_, Transfer::Absent, Length::Bytes(length)) => Body::Present(Framing::Length(length)),
        (_, Transfer::Absent, Length::Malformed) => Body::Unknown("content-length"),
    }
}

/// `asked` is `None` for a response whose request was not seen.
pub(crate) fn of_response(facts: &Facts, status: u16, asked: Option<Asked>) -> Body {
    match (facts.transfer, facts.length) {
        _ if asked == Some(Asked::Head) || matches!(status, 204 | 304) => Body::Absent,
        (Transfer::Chunked | Transfer::CodedChunked, _) => Body::Present(Framing::Chunked(Chunked::new())),
        (Transfer::Coded, _) | (Transfer::Absent, Length::Absent) => Body::Present(Framing::UntilClose),
        (Transfer::Absent, Length::Bytes(0)) => Body::Absent,
        (Transfer::Absent, Length::Bytes(length)) => Body::Present(Framing::Length(length)),
        (Transfer::Absent, Length::Malformed) => Body::Unknown("content-length"),
    }
}
