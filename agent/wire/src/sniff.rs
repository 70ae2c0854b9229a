//! Which protocol does a connection speak?
//!
//! Comes in: the first bytes of a direction. Goes out: a verdict, or that more bytes are needed, at most
//! [`limits::START_LINE_BYTES`].
//!
//! | first bytes to the server | first bytes to the client | verdict |
//! |---|---|---|
//! | `PRI * HTTP/2.0` | a SETTINGS frame on stream 0 | HTTP/2 |
//! | a request line | a status line | HTTP/1 |
//! | anything else | anything else | foreign |

use crate::h1::start_line::{self, Fit};
use crate::limits;
use crate::message::Direction;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    More,
    Http1,
    Http2,
    /// Bytes from amid a connection, of either.
    Late,
    Foreign,
}

/// What begins with `bytes`.
pub(crate) fn sniff(direction: Direction, bytes: &[u8]) -> Verdict {
    match (http2(direction, bytes), http1(direction, bytes)) {
        (Fit::Yes(_), _) => Verdict::Http2,
        (_, Fit::Yes(_)) => Verdict::Http1,
        (Fit::No, Fit::No) => Verdict::Foreign,
        (Fit::More, _) | (_, Fit::More) => Verdict::More,
    }
}

/// What begins with `bytes`, when these may be from amid a connection. Only the preface of HTTP/2 is never that.
pub(crate) fn sniff_late(direction: Direction, bytes: &[u8]) -> Verdict {
    match direction {
        Direction::ToClient => Verdict::Late,
        Direction::ToServer => match preface(bytes) {
            Fit::Yes(_) => Verdict::Http2,
            Fit::More => Verdict::More,
            Fit::No => Verdict::Late,
        },
    }
}

fn http2(direction: Direction, bytes: &[u8]) -> Fit {
    match direction {
        Direction::ToServer => preface(bytes),
        Direction::ToClient => settings(bytes),
    }
}

fn http1(direction: Direction, bytes: &[u8]) -> Fit {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let line = bytes.get(blank..).unwrap_or_default();
    match start_line::fit(direction, line) {
        // A target without end in sight is still one of HTTP; the cap on heads takes it from there.
        Fit::More if bytes.len() < limits::START_LINE_BYTES => Fit::More,
        Fit::More if line.is_empty() => Fit::No,
        Fit::More => Fit::Yes(0),
        fit @ (Fit::Yes(_) | Fit::No) => fit,
    }
}

/// RFC 9113 §3.4, up to its first line end: no request of HTTP/1 has this version.
fn preface(bytes: &[u8]) -> Fit {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";
    match bytes.get(..PREFACE.len()) {
        Some(PREFACE) => Fit::Yes(PREFACE.len()),
        None if PREFACE.starts_with(bytes) => Fit::More,
        Some(_) | None => Fit::No,
    }
}

/// The header of a SETTINGS frame (RFC 9113 §6.5), which is the first that a server sends: a length in whole
/// settings, the type, no flags, stream 0.
fn settings(bytes: &[u8]) -> Fit {
    match bytes {
        [0, high, low, 4, 0, 0, 0, 0, 0, ..] if u16::from_be_bytes([*high, *low]) % 6 == 0 => Fit::Yes(9),
        [0, _, _, 4, 0, 0, 0, 0]
        | [0, _, _, 4, 0, 0, 0]
        | [0, _, _, 4, 0, 0]
        | [0, _, _, 4, 0]
        | [0, _, _, 4]
        | [0, _, _]
        | [0, _]
        | [0]
        | [] => Fit::More,
        _ => Fit::No,
    }
}
