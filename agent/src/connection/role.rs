//! Is the process the client or the server of a connection?
//!
//! We observe clients. A server on the same machine (a gateway, a self-hosted model behind TLS) is seen as well, and
//! its calls are those of its clients: counting both would be counting twice.

use crate::capture::Flow;

/// What the process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It asks.
    Client,
    /// It answers.
    Server,
}

impl Role {
    /// Judges by the first bytes that are seen. In doubt it is a client: that costs some decoding, no call.
    pub fn of(flow: Flow, bytes: &[u8]) -> Self {
        match flow {
            Flow::In if is_request(bytes) => Self::Server,
            Flow::Out if bytes.starts_with(b"HTTP/1.") || is_settings(bytes) => Self::Server,
            Flow::In | Flow::Out => Self::Client,
        }
    }
}

/// `METHOD /…`, `METHOD http…`, or the HTTP/2 preface.
fn is_request(bytes: &[u8]) -> bool {
    let Some(end) = bytes.iter().take(16).position(|&b| b == b' ') else {
        return false;
    };
    let (method, rest) = bytes.split_at(end);
    let target = rest.get(1).copied();
    end >= 3 && method.iter().all(u8::is_ascii_uppercase) && matches!(target, Some(b'/' | b'*' | b'h'))
}

/// SETTINGS of HTTP/2, which a client sends only behind its preface.
fn is_settings(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, length, 4, 0, 0, 0, 0, 0, ..] if length % 6 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_first_and_how() {
        let cases: [(Flow, &[u8], Role); 9] = [
            (Flow::Out, b"POST /v1/chat/completions HTTP/1.1\r\n", Role::Client),
            (Flow::In, b"HTTP/1.1 200 OK\r\n", Role::Client),
            (Flow::In, b"POST /v1/chat/completions HTTP/1.1\r\n", Role::Server),
            (Flow::In, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Role::Server),
            (Flow::Out, b"HTTP/1.1 200 OK\r\n", Role::Server),
            (Flow::In, &[0, 0, 18, 4, 0], Role::Client),
            (Flow::Out, &[0, 0, 18, 4, 0, 0, 0, 0, 0, 0, 3, 0], Role::Server),
            (Flow::Out, &[0, 0, 0, 4, 1, 0, 0, 0, 0], Role::Client),
            (Flow::In, b"data: {\"choices\":[]}\n\n", Role::Client),
        ];
        for (flow, bytes, expect) in cases {
            assert_eq!(Role::of(flow, bytes), expect, "{:?} {:?}", flow, String::from_utf8_lossy(bytes));
        }
    }
}
