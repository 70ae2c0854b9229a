//! What the fields of a head say about the content of its body, whatever protocol framed it.
//!
//! Comes in: header fields. Goes out: the media type as far as it matters here, and the content codings. Fields of
//! HTTP/2 may be unknown to who joined late; what they would have told is then to be guessed from the body.

use crate::coding::Coding;

/// The facts about one body's content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContentFacts {
    media: Option<Media>,
    /// In the order in which they were applied.
    codings: Vec<Coding>,
    /// A coding that nothing here removes is on the body: the field that says so.
    unknown_coding: Option<&'static str>,
    /// It is not known which codings are on the body.
    guess_coding: bool,
}

/// Media types whose bodies are taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Media {
    /// Server-sent events.
    EventStream,
    /// JSON texts, one a line.
    JsonLines,
    /// One JSON text, which may be an array that is sent element by element.
    Json,
    /// Messages of an AWS event stream.
    AwsEventStream,
    /// Length-prefixed messages of gRPC.
    Grpc,
    /// Not known: to be guessed.
    Unknown,
    /// Anything else: bytes.
    #[default]
    Other,
}

impl ContentFacts {
    /// Takes notice of a field. The first content type counts.
    pub(crate) fn note(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"content-type") {
            self.media.get_or_insert(Media::of(value));
        } else if name.eq_ignore_ascii_case(b"content-encoding") {
            list(value).for_each(|name| self.apply(name, "content-encoding"));
        }
    }

    /// Takes notice of a coding that was applied after those known, and of the field that says so.
    pub(crate) fn apply(&mut self, name: &[u8], field: &'static str) {
        match Coding::named(name) {
            Some(coding) => self.codings.push(coding),
            None => self.unknown_coding = Some(field),
        }
    }

    /// Takes notice of a field whose value is unknown.
    pub(crate) fn doubt(&mut self, name: &[u8]) {
        if name == b"content-type" {
            self.media.get_or_insert(Media::Unknown);
        } else if name == b"content-encoding" {
            self.guess_coding = true;
        }
    }

    /// Takes notice that there may be fields of unknown names.
    pub(crate) fn doubt_absent(&mut self) {
        self.media.get_or_insert(Media::Unknown);
        self.guess_coding |= self.codings.is_empty() && self.unknown_coding.is_none();
    }

    /// The codings on the body, in the order in which they were applied. `None`: one of them nothing here removes.
    pub(crate) fn codings(&self) -> Option<&[Coding]> {
        self.unknown_coding.is_none().then_some(&self.codings)
    }

    /// The field that names a coding that nothing here removes.
    pub(crate) fn unsupported(&self) -> Option<&'static str> {
        self.unknown_coding
    }

    /// Whether codings are to be guessed.
    pub(crate) fn guess_coding(&self) -> bool {
        self.guess_coding
    }

    /// What the body is, once its codings are removed.
    pub(crate) fn media(&self) -> Media {
        self.media.unwrap_or_default()
    }
}

impl Media {
    /// Parameters do not matter, nor does case.
    fn of(content_type: &[u8]) -> Self {
        let named = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let known = MEDIA.iter().find(|(name, _)| named.eq_ignore_ascii_case(name));
        match known {
            Some((_, media)) => *media,
            // `application/grpc+proto` and the like; not `application/grpc-web-text`, which is base64.
            None if GRPC.iter().any(|prefix| starts_with(named, prefix)) => Self::Grpc,
            None => Self::Other,
        }
    }
}

fn starts_with(name: &[u8], prefix: &[u8]) -> bool {
    name.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
}

/// The codings of a comma-separated list, without `identity`, which is none.
pub(crate) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let codings = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
}

const MEDIA: [(&[u8], Media); 12] = [
    (b"text/event-stream", Media::EventStream),
    (b"application/x-ndjson", Media::JsonLines),
    (b"application/ndjson", Media::JsonLines),
    (b"application/x-jsonl", Media::JsonLines),
    (b"application/jsonl", Media::JsonLines),
    (b"application/jsonlines", Media::JsonLines),
    (b"application/x-json-stream", Media::JsonLines),
    // Cohere's first API.
    (b"application/stream+json", Media::JsonLines),
    (b"application/json", Media::Json),
    (b"application/vnd.amazon.eventstream", Media::AwsEventStream),
    (b"application/grpc", Media::Grpc),
    (b"application/grpc-web", Media::Grpc),
];

const GRPC: [&[u8]; 2] = [b"application/grpc+", b"application/grpc-web+"];

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(fields: &[(&str, &str)]) -> ContentFacts {
        let mut facts = ContentFacts::default();
        for (name, value) in fields {
            facts.note(name.as_bytes(), value.as_bytes());
        }
        facts
    }

    #[test]
    fn media_types_whatever_their_case_and_parameters() {
        for (content_type, media) in [
            ("text/event-stream", Media::EventStream),
            ("Text/Event-Stream ; charset=utf-8", Media::EventStream),
            ("application/x-ndjson", Media::JsonLines),
            ("application/json; charset=utf-8", Media::Json),
            ("application/vnd.amazon.eventstream", Media::AwsEventStream),
            ("application/grpc", Media::Grpc),
            ("application/grpc+proto", Media::Grpc),
            ("application/grpc-web+proto", Media::Grpc),
            ("application/grpc-web-text", Media::Other),
            ("application/grpc-web-text+proto", Media::Other),
            ("application/jsonp", Media::Other),
            ("text/plain", Media::Other),
            ("", Media::Other),
        ] {
            assert_eq!(facts(&[("Content-Type", content_type)]).media(), media, "{content_type}");
        }
        assert_eq!(facts(&[]).media(), Media::Other);
        let twice = [("content-type", "text/event-stream"), ("content-type", "text/plain")];
        assert_eq!(facts(&twice).media(), Media::EventStream);
    }

    #[test]
    fn identity_is_no_coding() {
        for value in ["identity", "", " , Identity"] {
            assert_eq!(facts(&[("Content-Encoding", value)]).codings(), Some(&[][..]), "{value}");
        }
    }

    #[test]
    fn codings_in_their_order() {
        let fields = [("Content-Encoding", "deflate, identity,X-Gzip"), ("content-encoding", "br")];
        let codings = [Coding::Deflate, Coding::Gzip, Coding::Brotli];
        assert_eq!(facts(&fields).codings(), Some(&codings[..]));
        assert_eq!(facts(&[("Content-Encoding", "gzip, compress")]).codings(), None);
    }

    #[test]
    fn what_is_unknown_is_guessed() {
        let mut named = facts(&[("content-type", "text/event-stream"), ("content-encoding", "gzip")]);
        named.doubt_absent();
        assert_eq!((named.media(), named.guess_coding()), (Media::EventStream, false));
        let mut unnamed = facts(&[]);
        unnamed.doubt_absent();
        assert_eq!((unnamed.media(), unnamed.guess_coding()), (Media::Unknown, true));
        let mut valueless = facts(&[]);
        valueless.doubt(b"content-type");
        assert_eq!((valueless.media(), valueless.guess_coding()), (Media::Unknown, false));
    }
}
