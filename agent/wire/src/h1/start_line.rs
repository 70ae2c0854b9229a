//! Is this a request line or a status line?
//!
//! Comes in: the first bytes of what may be a head. Goes out: yes, no, or that more bytes are needed. A "no" holds for
//! every continuation of the bytes, so looking at fewer of them only delays it.
//!
//! ```text
//! POST SP /v1/messages SP HTTP/1.1 CRLF      HTTP/1.1 SP 200 [SP OK] CRLF
//! ```
//!
//! Not handled: HTTP/0.9, whose requests have no version, and versions after 1.1.

use memchr::memchr;

use crate::limits;
use crate::message::Direction;

/// Whether bytes fit a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// They do; the line has this many bytes with its line end.
    Yes(usize),
    No,
    /// They do so far.
    More,
}

/// The first line of a head in `direction`.
pub(crate) fn fit(direction: Direction, bytes: &[u8]) -> Fit {
    match direction {
        Direction::ToServer => request(bytes),
        Direction::ToClient => status(bytes),
    }
}

fn request(bytes: &[u8]) -> Fit {
    let Some((method, rest)) = token(bytes, limits::METHOD_BYTES) else {
        return if bytes.len() > limits::METHOD_BYTES { Fit::No } else { Fit::More };
    };
    let [b' ', rest @ ..] = rest else { return Fit::No };
    let Some(target) = rest.iter().position(|byte| *byte <= b' ' || *byte == 0x7f) else {
        return if method.is_empty() { Fit::No } else { Fit::More };
    };
    let Some([b' ', rest @ ..]) = rest.get(target..) else {
        return Fit::No;
    };
    if method.is_empty() || target == 0 {
        return Fit::No;
    }
    match after_version(rest) {
        Ok(rest) => line_end(bytes, rest),
        Err(fit) => fit,
    }
}

fn status(bytes: &[u8]) -> Fit {
    let rest = match after_version(bytes) {
        Ok(rest) => rest,
        Err(fit) => return fit,
    };
    let shape: [fn(&u8) -> bool; 4] =
        [|b| *b == b' ', |b| matches!(b, b'1'..=b'9'), u8::is_ascii_digit, u8::is_ascii_digit];
    if !rest.iter().zip(shape).all(|(byte, fits)| fits(byte)) {
        return Fit::No;
    }
    match rest.get(shape.len()..) {
        None | Some([]) => Fit::More,
        Some([b' ', reason @ ..]) => match memchr(b'\n', reason) {
            Some(end) => Fit::Yes(bytes.len() - reason.len() + end + 1),
            None => Fit::More,
        },
        Some(rest) => line_end(bytes, rest),
    }
}

/// What follows `HTTP/1.0` or `HTTP/1.1`.
fn after_version(bytes: &[u8]) -> Result<&[u8], Fit> {
    match bytes.split_at_checked(VERSION.len()) {
        Some((VERSION, [b'0' | b'1', rest @ ..])) => Ok(rest),
        Some((VERSION, [])) => Err(Fit::More),
        Some(_) => Err(Fit::No),
        None if VERSION.starts_with(bytes) => Err(Fit::More),
        None => Err(Fit::No),
    }
}

/// `rest`, the end of `bytes`, begins with a line end.
fn line_end(bytes: &[u8], rest: &[u8]) -> Fit {
    let before = bytes.len() - rest.len();
    match rest {
        [b'\n', ..] => Fit::Yes(before + 1),
        [b'\r', b'\n', ..] => Fit::Yes(before + 2),
        [] | [b'\r'] => Fit::More,
        _ => Fit::No,
    }
}

/// Splits off a token (RFC 9110 §5.6.2) of at most `max` bytes; `None` when its end is not in sight.
pub(crate) fn token(bytes: &[u8], max: usize) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().take(max + 1).position(|byte| !is_token_byte(*byte))?;
    bytes.split_at_checked(end)
}

pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

pub(crate) const VERSION: &[u8] = b"HTTP/1.";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(direction: Direction, line: &[u8], expect: Fit) {
        assert_eq!(fit(direction, line), expect, "{}", line.escape_ascii());
        for end in 0..line.len() {
            let prefix = fit(direction, &line[..end]);
            assert!(
                match expect {
                    Fit::Yes(whole) if end >= whole => prefix == expect,
                    Fit::Yes(_) | Fit::More => prefix == Fit::More,
                    Fit::No => matches!(prefix, Fit::More | Fit::No),
                },
                "{}: {prefix:?}",
                line[..end].escape_ascii()
            );
        }
    }

    #[test]
    fn request_lines() {
        for line in ["GET / HTTP/1.1\r\n", "get * HTTP/1.0\n", "M-SEARCH http://h:1/x?y=1 HTTP/1.1\r\n"] {
            check(Direction::ToServer, line.as_bytes(), Fit::Yes(line.len()));
        }
        check(Direction::ToServer, b"GET / HTTP/1.1\r\nHost: a\r\n", Fit::Yes(16));
        check(Direction::ToServer, b"GET /\xc3\xbc HTTP/1.1\r\n", Fit::Yes(18));
        for line in [
            &b"GET /\r\n"[..],
            b"GET / HTTP/2.0\r\n",
            b"GET / HTTP/1.2\r\n",
            b"GET  / HTTP/1.1\r\n",
            b" GET / HTTP/1.1\r\n",
            b"GET / HTTP/1.1 x\r\n",
            b"GET / HTTP/1.1\rx",
            b"GET /\0 HTTP/1.1\r\n",
            b"EHLO example\r\n",
            b"\x16\x03\x01",
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\n",
        ] {
            check(Direction::ToServer, line, Fit::No);
        }
    }

    #[test]
    fn status_lines() {
        for line in
            ["HTTP/1.1 200 OK\r\n", "HTTP/1.0 404\r\n", "HTTP/1.1 500 \n", "HTTP/1.1 200 Sch\u{f6}n\n"]
        {
            check(Direction::ToClient, line.as_bytes(), Fit::Yes(line.len()));
        }
        for line in [
            &b"HTTP/2 200\r\n"[..],
            b"HTTP/1.1 099 x\r\n",
            b"HTTP/1.1 20 x\r\n",
            b"HTTP/1.1 2000\r\n",
            b"220 mail ESMTP\r\n",
            b"http/1.1 200 OK\r\n",
        ] {
            check(Direction::ToClient, line, Fit::No);
        }
    }
}
