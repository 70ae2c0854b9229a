//! HTTP/1.1 requests as the clients send them.
//!
//! In: what a connection has delivered so far. Out: a whole request, or that more is needed. Trailers are dropped,
//! pipelined requests wait in the buffer, and nothing but `Content-Length` and one `chunked` is understood.

use std::{error::Error, fmt};

use super::limits;

/// The head of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: BodyFraming,
    /// The client wants to hear `100 Continue` before it sends its body, as curl does from 1 MiB on.
    pub(super) expects_continue: bool,
    /// The client closes after this request.
    pub(super) close: bool,
    /// The value of `Host`, or nothing.
    pub(super) host: String,
    /// The value of `x-script`, or nothing.
    pub(super) script: String,
    /// The value of `Accept-Encoding`, or nothing.
    pub(super) accept_encoding: String,
    /// The value of `Content-Encoding`, or nothing.
    pub(super) content_encoding: String,
}

/// How a request body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFraming {
    Length(usize),
    Chunked,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Not HTTP/1.1.
    Malformed(&'static str),
    /// Over one of the limits.
    TooLarge(&'static str),
}

/// A part of a request with the bytes that it took, or `None` while it is not all there.
pub(super) type Parsed<T> = Result<Option<(T, usize)>, Refused>;

impl Head {
    /// Reads the head at the start of `bytes`.
    pub(super) fn parse(bytes: &[u8]) -> Parsed<Self> {
        let mut headers = [httparse::EMPTY_HEADER; limits::HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let used = match request.parse(bytes) {
            Ok(httparse::Status::Complete(used)) => used,
            Ok(httparse::Status::Partial) if bytes.len() > limits::HEAD_BYTES => {
                return Err(Refused::TooLarge("head"));
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(Refused::Malformed("head")),
        };
        let mut head = Self {
            method: request.method.unwrap_or_default().to_owned(),
            path: request.path.unwrap_or_default().to_owned(),
            body: BodyFraming::Length(0),
            expects_continue: false,
            close: request.version == Some(0),
            host: String::new(),
            script: String::new(),
            accept_encoding: String::new(),
            content_encoding: String::new(),
        };
        for header in request.headers.iter() {
            head.take(header)?;
        }
        Ok(Some((head, used)))
    }

    /// Reads the body, which starts at `bytes`.
    pub(super) fn body(&self, bytes: &[u8]) -> Parsed<Vec<u8>> {
        match self.body {
            BodyFraming::Length(length) => Ok(bytes.get(..length).map(|body| (body.to_vec(), length))),
            BodyFraming::Chunked => chunked(bytes),
        }
    }

    fn take(&mut self, header: &httparse::Header<'_>) -> Result<(), Refused> {
        let value = std::str::from_utf8(header.value).unwrap_or_default().trim();
        match header.name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let length = value.parse().map_err(|_| Refused::Malformed("content-length"))?;
                if length > limits::BODY_BYTES {
                    return Err(Refused::TooLarge("body"));
                }
                self.body = BodyFraming::Length(length);
            }
            "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => self.body = BodyFraming::Chunked,
            "transfer-encoding" => return Err(Refused::Malformed("transfer-encoding")),
            "expect" => self.expects_continue = value.eq_ignore_ascii_case("100-continue"),
            "connection" => self.close |= value.eq_ignore_ascii_case("close"),
            "host" => self.host = value.to_owned(),
            "x-script" => self.script = value.to_owned(),
            "accept-encoding" => self.accept_encoding = value.to_owned(),
            "content-encoding" => self.content_encoding = value.to_ascii_lowercase(),
            _ => (),
        }
        Ok(())
    }
}

fn chunked(bytes: &[u8]) -> Parsed<Vec<u8>> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let (line, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) if bytes.len() > limits::CHUNKED_BODY_BYTES => {
                return Err(Refused::TooLarge("body"));
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(Refused::Malformed("chunk size")),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > limits::CHUNKED_BODY_BYTES || body.len() + size > limits::CHUNKED_BODY_BYTES {
            return Err(Refused::TooLarge("body"));
        }
        if size == 0 {
            return trailers(rest, line).map(|end| end.map(|end| (body, at + end)));
        }
        let Some(data) = rest.get(line..line + size + 2) else {
            return Ok(None);
        };
        let Some(data) = data.strip_suffix(b"\r\n") else {
            return Err(Refused::Malformed("chunk end"));
        };
        body.extend_from_slice(data);
        at += line + size + 2;
    }
}

/// Where the blank line ends that closes the trailer section starting at `from`.
fn trailers(rest: &[u8], mut from: usize) -> Result<Option<usize>, Refused> {
    loop {
        let bytes = rest.get(from..).unwrap_or_default();
        let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else {
            let over = bytes.len() > limits::HEAD_BYTES;
            return if over { Err(Refused::TooLarge("trailers")) } else { Ok(None) };
        };
        from += end + 1;
        if matches!(bytes.get(..end), Some(b"" | b"\r")) {
            return Ok(Some(from));
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(what) => write!(f, "the request's {what} is not HTTP/1.1"),
            Self::TooLarge(what) => write!(f, "the request's {what} is larger than this provider takes"),
        }
    }
}

impl Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `sample` at once and at every split, which must need more and never refuse; gives path, body and rest.
    fn check(sample: &[u8], path: &str, body: &[u8], rest: &[u8]) {
        for cut in 0..sample.len() - rest.len() {
            let part = &sample[..cut];
            if let Some((head, used)) = Head::parse(part).expect("a part is never refused") {
                assert_eq!(head.body(&part[used..]), Ok(None), "cut at {cut}");
            }
        }
        let (head, used) = Head::parse(sample).unwrap().expect("whole");
        assert_eq!(head.path, path);
        let (found, end) = head.body(&sample[used..]).unwrap().expect("whole");
        assert_eq!(found, body);
        assert_eq!(&sample[used + end..], rest);
    }

    #[test]
    fn reads_requests_at_every_split() {
        check(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n", "/v1/models", b"", b"");
        check(b"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET", "/a", b"hello", b"GET");
        check(
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\nrest",
            "/a",
            b"abc0123456789",
            b"rest",
        );
        check(
            b"POST /a HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n0\r\nx-trailer: 1\r\n\r\n",
            "/a",
            b"",
            b"",
        );
    }

    #[test]
    fn reads_what_the_provider_acts_on() {
        let (head, _) = Head::parse(
            b"POST /v1/chat/completions HTTP/1.1\r\nX-Script: chunks=3\r\nExpect: 100-continue\r\nConnection: close\r\nAccept-Encoding: gzip, br\r\nContent-Encoding: GZIP\r\n\r\n",
        )
        .unwrap()
        .unwrap();
        assert_eq!(head.method, "POST");
        assert_eq!(head.script, "chunks=3");
        assert_eq!((head.accept_encoding.as_str(), head.content_encoding.as_str()), ("gzip, br", "gzip"));
        assert!(head.expects_continue && head.close);
    }

    #[test]
    fn refuses() {
        for (sample, expect) in [
            (&b"\x16\x03\x01 nonsense\r\n\r\n"[..], Refused::Malformed("head")),
            (b"POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n", Refused::Malformed("content-length")),
            (b"POST /a HTTP/1.1\r\nContent-Length: 67108865\r\n\r\n", Refused::TooLarge("body")),
            (b"POST /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", Refused::Malformed("transfer-encoding")),
        ] {
            assert_eq!(Head::parse(sample), Err(expect));
        }
        assert_eq!(Head::parse(&[b'A'; limits::HEAD_BYTES + 1]), Err(Refused::TooLarge("head")));
        for (body, expect) in [
            (&b"zz\r\n"[..], Refused::Malformed("chunk size")),
            (b"1\r\nabc", Refused::Malformed("chunk end")),
            (b"fffffff\r\n", Refused::TooLarge("body")),
            (b"ffffffffffffffff\r\n", Refused::TooLarge("body")),
        ] {
            assert_eq!(chunked(body), Err(expect));
        }
    }
}
