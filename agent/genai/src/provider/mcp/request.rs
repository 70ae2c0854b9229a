//! The request: one message of JSON-RPC.

use std::borrow::Cow;

use super::id::Id;
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::fields;

/// What was asked, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// `jsonrpc` is `2.0`.
    rpc: bool,
    pub(super) method: Option<String>,
    pub(super) id: Id,
    name: Option<String>,
    uri: Option<String>,
    /// `params._meta` says so, or `params` of `initialize`.
    pub(super) protocol_version: Option<String>,
    pub(super) traceparent: Option<String>,
    pub(super) unknown_shape: u32,
}

impl Asked {
    /// Whether it asks for something, in any protocol that is made of such messages.
    pub(super) fn is_request(&self) -> bool {
        self.rpc && self.method.is_some() && self.id.text().is_some()
    }

    /// Whether the method is one of MCP.
    pub(super) fn is_known(&self) -> bool {
        const SPACES: [&str; 10] = [
            "tools/",
            "resources/",
            "prompts/",
            "completion/",
            "logging/",
            "roots/",
            "sampling/",
            "elicitation/",
            "server/",
            "subscriptions/",
        ];
        self.method.as_deref().is_some_and(|method| {
            matches!(method, "initialize" | "ping") || SPACES.iter().any(|space| method.starts_with(space))
        })
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_request(&self) -> bool {
        self.rpc
    }

    /// What it is about: a tool, a prompt, a resource.
    pub(super) fn target(&mut self) -> Option<String> {
        let method = self.method.as_deref().unwrap_or_default();
        if method.starts_with("resources/") {
            self.uri.take()
        } else if method.starts_with("tools/") || method.starts_with("prompts/") {
            self.name.take()
        } else {
            None
        }
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Rpc,
    Method,
    Id,
    Params,
    Name,
    Uri,
    Version,
    Meta,
    Traceparent,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        Some(match (place, key) {
            (Place::Root, b"jsonrpc") => Place::Rpc,
            (Place::Root, b"method") => Place::Method,
            (Place::Root, b"id") => Place::Id,
            (Place::Root, b"params") => Place::Params,
            (Place::Params, b"name") => Place::Name,
            (Place::Params, b"uri") => Place::Uri,
            (Place::Params, b"protocolVersion") => Place::Version,
            (Place::Params, b"_meta") => Place::Meta,
            (Place::Meta, b"io.modelcontextprotocol/protocolVersion") => Place::Version,
            (Place::Meta, b"traceparent") => Place::Traceparent,
            _ => return None,
        })
    }

    fn element(_place: Place) -> Option<Place> {
        None
    }

    fn reads_text(place: Place) -> bool {
        !matches!(place, Place::Root | Place::Params | Place::Meta)
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        let known =
            container == Container::Object && matches!(place, Place::Root | Place::Params | Place::Meta);
        self.unknown_shape += u32::from(!known);
        known
    }

    fn close(&mut self, _place: Place) {}

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let known = match place {
            Place::Rpc => {
                let version = scalar.as_text();
                self.rpc = version.as_deref() == Some("2.0");
                version.is_some()
            }
            // It becomes the name of a span.
            Place::Method => {
                let method = scalar.as_text().map(Cow::into_owned);
                fields::value(&mut self.method, method.filter(|method| is_method(method)))
            }
            Place::Id => self.id.read(scalar),
            Place::Name => fields::text(&mut self.name, scalar),
            Place::Uri => fields::text(&mut self.uri, scalar),
            Place::Version => fields::text(&mut self.protocol_version, scalar),
            Place::Traceparent => fields::text(&mut self.traceparent, scalar),
            Place::Root | Place::Params | Place::Meta => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

/// A name, and no sentence.
fn is_method(text: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/');
    (1..=64).contains(&text.len()) && text.bytes().all(is_name)
}
