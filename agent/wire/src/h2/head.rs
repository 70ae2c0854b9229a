//! What a header block says.
//!
//! Comes in: fields in order. Goes out: a [`RequestHead`], a [`ResponseHead`] or trailer fields, and what the body is.
//!
//! Fields that were compressed against bytes that nobody saw are unknown, in part or whole; the head is then partial.
//! If one of them may have told what the body is made of, the body is to be guessed.

use super::hpack::{Field, Value as Coded};
use crate::content::ContentFacts;
use crate::head::{Headers, RequestHead, ResponseHead, Value};
use crate::message::{Direction, Protocol};
use crate::{limits, secret};

/// The fields of one block.
#[derive(Default)]
pub(super) struct Block {
    method: Option<String>,
    path: Option<String>,
    status: Option<u16>,
    headers: Headers,
    pub(super) content: ContentFacts,
    /// Some pseudo-header field was there.
    pub(super) pseudo: bool,
    /// The value of `:protocol` (RFC 8441).
    pub(super) protocol: Option<String>,
    /// Something is unknown.
    pub(super) partial: bool,
    unnamed: bool,
    pub(super) malformed: bool,
    /// More fields than are kept.
    pub(super) many: bool,
    fields: usize,
}

impl Block {
    pub(super) fn field(&mut self, field: &Field<'_>) {
        self.fields += 1;
        if self.fields > limits::HEADER_FIELDS {
            self.many = true;
            // What the body is, is still read from all of them.
            match (field.name, &field.value) {
                (Some(name), Coded::Known(value)) => self.content.note(name, value),
                (Some(name), Coded::Unknown) => self.content.doubt(name),
                (Some(_), Coded::Secret) => {}
                (None, _) => self.unnamed = true,
            }
            return;
        }
        let Some(name) = field.name else {
            self.partial = true;
            self.unnamed = true;
            return;
        };
        match name {
            [b':', ..] => self.pseudo_field(name, &field.value),
            _ => self.regular_field(name, &field.value),
        }
    }

    fn pseudo_field(&mut self, name: &[u8], value: &Coded<'_>) {
        self.pseudo = true;
        let Coded::Known(value) = value else {
            self.partial = true;
            return;
        };
        let text = || String::from_utf8_lossy(value).into_owned();
        match name {
            b":method" => self.method = Some(text()),
            b":path" => self.path = Some(secret::clean_target(&text())),
            b":status" => {
                let digits = str::from_utf8(value).ok().filter(|_| value.iter().all(u8::is_ascii_digit));
                self.status = digits.and_then(|digits| digits.parse().ok());
                self.malformed |= self.status.is_none();
            }
            // User info does not belong here, and is a credential if it is.
            b":authority" => self.headers.push(name, secret::clean_target(&text()).as_bytes()),
            b":protocol" => {
                self.protocol = Some(text());
                self.headers.push(name, value);
            }
            b":scheme" => self.headers.push(name, value),
            _ => self.malformed = true,
        }
    }

    fn regular_field(&mut self, name: &[u8], value: &Coded<'_>) {
        self.malformed |=
            name.is_empty() || name.iter().any(|byte| byte.is_ascii_uppercase() || *byte <= b' ');
        match value {
            Coded::Known(value) => {
                self.headers.push(name, value);
                self.content.note(name, value);
            }
            Coded::Secret => self.headers.push_without_value(name, Value::Secret),
            Coded::Unknown => {
                self.partial = true;
                self.headers.push_without_value(name, Value::Unknown);
                self.content.doubt(name);
            }
        }
    }

    /// Fields after these are missing.
    pub(super) fn tear(&mut self) {
        self.partial = true;
        self.unnamed = true;
    }

    /// No more fields come.
    pub(super) fn finish(&mut self) {
        if self.unnamed {
            self.content.doubt_absent();
        }
    }

    /// Whether it is a head that is sent in that direction.
    pub(super) fn is_of(&self, direction: Direction) -> bool {
        match direction {
            Direction::ToServer => self.method.is_some() || self.path.is_some(),
            Direction::ToClient => self.status.is_some(),
        }
    }

    pub(super) fn status(&self) -> Option<u16> {
        self.status
    }

    pub(super) fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    pub(super) fn headers(&self) -> &Headers {
        &self.headers
    }

    pub(super) fn into_request(self) -> RequestHead {
        let Self { method, path: target, headers, partial, .. } = self;
        RequestHead { method, target, protocol: Protocol::Http2, headers, partial }
    }

    pub(super) fn into_response(self) -> ResponseHead {
        let Self { status, headers, partial, .. } = self;
        ResponseHead { status, protocol: Protocol::Http2, headers, partial }
    }

    pub(super) fn into_trailers(self) -> Headers {
        self.headers
    }
}
