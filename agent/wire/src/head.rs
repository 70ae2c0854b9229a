//! Heads of requests and responses, whatever protocol they came in.
//!
//! Values of fields that carry credentials are dropped where fields are added, here, and exist nowhere after.

use std::fmt;

use crate::message::Protocol;
use crate::secret;

/// The first lines of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestHead {
    /// The method as sent. `None`: it was compressed against bytes that were not seen.
    pub method: Option<String>,
    /// The request target: `/v1/chat/completions?x=1`, or absolute form through a proxy. As sent, but for credentials:
    /// see [`crate::clean_target`]. `None`: there was none (CONNECT of HTTP/2), or as for the method.
    pub target: Option<String>,
    /// The protocol.
    pub protocol: Protocol,
    /// Header fields in order; of HTTP/2 also `:authority`, `:scheme` and `:protocol`.
    pub headers: Headers,
    /// Something of the head is unknown, because it was compressed against bytes that were not seen.
    pub partial: bool,
}

impl fmt::Debug for RequestHead {
    /// Without the query of the target and without header values, which may be content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, target, protocol, headers, partial } = self;
        let path = target.as_ref().and_then(|target| target.split(['?', '#']).next());
        f.debug_struct("RequestHead")
            .field("method", method)
            .field("path", &path)
            .field("protocol", protocol)
            .field("headers", headers)
            .field("partial", partial)
            .finish()
    }
}

/// The first lines of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code. `None`: it was compressed against bytes that were not seen.
    pub status: Option<u16>,
    /// The protocol.
    pub protocol: Protocol,
    /// Header fields in order.
    pub headers: Headers,
    /// Something of the head is unknown, because it was compressed against bytes that were not seen.
    pub partial: bool,
}

/// One header field. Values of credential headers never get here: see [`Headers::push`].
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Lower-case name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// The value of a header field.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Without surrounding white space; bytes that are not UTF-8 are replaced.
    Text(String),
    /// There was one, and it is a credential.
    Secret,
    /// There was one, and it was compressed against bytes that were not seen.
    Unknown,
}

impl Value {
    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Secret | Self::Unknown => None,
        }
    }
}

impl fmt::Debug for Value {
    /// Sizes only: a value may be a prompt or an identity, and `Debug` ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Secret => f.write_str("Secret"),
            Self::Unknown => f.write_str("Unknown"),
        }
    }
}

/// Header fields in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// Adds a field. The name is lower-cased; the value of a field that carries credentials is dropped here, so that
    /// it exists nowhere after. Values that are URLs lose the credentials in them.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let value = if secret::is_secret(&name) {
            Value::Secret
        } else {
            let value = String::from_utf8_lossy(value.trim_ascii());
            Value::Text(if secret::is_url(&name) { secret::clean_target(&value) } else { value.into_owned() })
        };
        self.0.push(Header { name, value });
    }

    /// Adds a field whose value nobody can know or may know.
    pub(crate) fn push_without_value(&mut self, name: &[u8], value: Value) {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        self.0.push(Header { name, value });
    }

    /// The first value of a field, by lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|h| h.name == name).and_then(|h| h.value.text())
    }

    /// Whether a field is there, secret or not.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|h| h.name == name)
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        self.0.iter()
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Header {
    /// Names only: a value may be a prompt or an identity, and `Debug` ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
