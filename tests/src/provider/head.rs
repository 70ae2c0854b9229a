//! The head of a response, for either version of HTTP.

use http::{HeaderName, HeaderValue, Response, StatusCode};

use super::{coding::Coding, respond::After};

/// A response head.
pub(super) struct Head<'a> {
    pub(super) status: u16,
    /// What the API's servers put into every response.
    pub(super) fields: &'a [(&'static str, String)],
    pub(super) after: After,
    pub(super) body: Body,
    pub(super) coding: Option<Coding>,
    /// [`TRAILER`] follows the body.
    pub(super) trailers: bool,
}

/// What follows the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Json {
        length: usize,
    },
    /// `None`: its end is told when it comes.
    Events {
        length: Option<usize>,
        content_type: &'static str,
    },
}

/// The one field of a trailer section.
pub(super) const TRAILER: (&str, &str) = ("server-timing", "edge;dur=1");

impl Body {
    pub(super) fn length(self) -> Option<usize> {
        match self {
            Self::Json { length } => Some(length),
            Self::Events { length, .. } => length,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Json { .. } => "application/json",
            Self::Events { content_type, .. } => content_type,
        }
    }
}

impl Head<'_> {
    /// As bytes of HTTP/1.1; a body of no known length is chunked.
    pub(super) fn http1(&self) -> Vec<u8> {
        let reason = match self.status {
            200 => "OK",
            400 => "Bad Request",
            401 => "Unauthorized",
            404 => "Not Found",
            413 => "Content Too Large",
            415 => "Unsupported Media Type",
            429 => "Too Many Requests",
            500 => "Internal Server Error",
            503 => "Service Unavailable",
            // RFC 9112 §4: a client ignores the phrase.
            _ => "",
        };
        let framing = match self.body.length() {
            Some(length) => ("Content-Length", length.to_string()),
            None => ("Transfer-Encoding", "chunked".to_owned()),
        };
        let connection = match self.after {
            After::KeepAlive => "keep-alive",
            After::Close | After::Drop => "close",
        };
        let mut text = format!("HTTP/1.1 {} {reason}\r\n", self.status);
        let framing = [framing, ("Connection", connection.to_owned())];
        for (name, value) in self.of_body().into_iter().chain(framing).chain(self.fields.iter().cloned()) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.into_bytes()
    }

    /// For HTTP/2: no `Connection`, and a length only where it is known.
    pub(super) fn http2(&self) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a script's status is one");
        let length = self.body.length().map(|length| ("content-length", length.to_string()));
        for (name, value) in self.of_body().into_iter().chain(length).chain(self.fields.iter().cloned()) {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("our own names");
            response.headers_mut().append(name, HeaderValue::try_from(value).expect("our own values"));
        }
        response
    }

    fn of_body(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("Content-Type", self.body.content_type().to_owned())];
        if let Some(coding) = self.coding {
            fields.push(("Content-Encoding", coding.name().to_owned()));
            fields.push(("Vary", "Accept-Encoding".to_owned()));
        }
        if self.trailers {
            fields.push(("Trailer", TRAILER.0.to_owned()));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::provider::{
        dialect::{Facts, Identity, SSE},
        openai,
        script::Script,
    };

    const EVENTS: Body = Body::Events { length: None, content_type: SSE };

    /// OpenAI's fields, which are the most.
    fn fields(status: u16) -> Vec<(&'static str, String)> {
        let call = Identity { request: "1".to_owned(), ..Identity::default() };
        let script = Script::default();
        openai::fields(&Facts { call: &call, script: &script, status, processing: Duration::from_millis(12) })
    }

    fn head(status: u16, body: Body) -> Head<'static> {
        Head {
            status,
            fields: fields(status).leak(),
            after: After::KeepAlive,
            body,
            coding: None,
            trailers: false,
        }
    }

    #[test]
    fn http1_to_the_byte() {
        let events = head(200, EVENTS);
        assert_eq!(
            String::from_utf8(events.http1()).unwrap(),
            "HTTP/1.1 200 OK\r\n\
             Content-Type: text/event-stream; charset=utf-8\r\n\
             Transfer-Encoding: chunked\r\n\
             Connection: keep-alive\r\n\
             access-control-expose-headers: X-Request-ID\r\n\
             openai-organization: org-local\r\n\
             openai-processing-ms: 12\r\n\
             openai-version: 2020-10-01\r\n\
             x-envoy-upstream-service-time: 12\r\n\
             x-ratelimit-limit-requests: 10000\r\n\
             x-ratelimit-limit-tokens: 30000000\r\n\
             x-ratelimit-remaining-requests: 9999\r\n\
             x-ratelimit-remaining-tokens: 29999982\r\n\
             x-ratelimit-reset-requests: 6ms\r\n\
             x-ratelimit-reset-tokens: 0s\r\n\
             x-request-id: req_1\r\n\
             strict-transport-security: max-age=31536000; includeSubDomains; preload\r\n\
             cf-cache-status: DYNAMIC\r\n\
             X-Content-Type-Options: nosniff\r\n\
             Server: cloudflare\r\n\
             CF-RAY: 8f0a1b2c3d4e5f60-SJC\r\n\
             \r\n"
        );
        let limited = Head { after: After::Close, ..head(429, Body::Json { length: 7 }) };
        let text = String::from_utf8(limited.http1()).unwrap();
        let expect = "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\
                      Connection: close\r\naccess-control";
        assert!(text.starts_with(expect), "{text}");
        let expect =
            "x-request-id: req_1\r\nretry-after: 1\r\nretry-after-ms: 750\r\nx-should-retry: true\r\nstrict";
        assert!(text.contains(expect), "{text}");
        let coded = Head { coding: Some(Coding::Br), trailers: true, ..head(200, Body::Json { length: 7 }) };
        let text = String::from_utf8(coded.http1()).unwrap();
        let expect = "application/json\r\nContent-Encoding: br\r\nVary: Accept-Encoding\r\nTrailer: server-timing\r\n\
                      Content-Length: 7\r\n";
        assert!(text.contains(expect), "{text}");
    }

    #[test]
    fn http2_has_the_same_fields_without_the_connection() {
        let coded = Head { coding: Some(Coding::Gzip), ..head(503, EVENTS) };
        let response = coded.http2();
        let value = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(response.status(), 503);
        assert_eq!(value("content-type"), Some("text/event-stream; charset=utf-8"));
        assert_eq!(value("content-encoding"), Some("gzip"));
        assert_eq!(value("x-request-id"), Some("req_1"));
        assert_eq!(value("retry-after"), Some("1"));
        assert_eq!(value("cf-ray"), Some("8f0a1b2c3d4e5f60-SJC"));
        for absent in ["content-length", "connection", "transfer-encoding", "trailer"] {
            assert_eq!(value(absent), None, "{absent}");
        }
        let plain = head(200, Body::Json { length: 7 }).http2();
        assert_eq!(plain.headers()["content-length"], "7");
    }
}
