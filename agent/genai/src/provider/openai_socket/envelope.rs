//! What a message of a WebSocket says of itself: what it is, and what it belongs to.

use std::borrow::Cow;

use crate::json_scan::{Container, Scalar, Scanner, Shape};

/// What stands around the rest of a message.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    pub(super) kind: Option<String>,
    /// The sender's id of the message.
    pub(super) event: Option<String>,
    /// `response_id`, or the `id` of its `response`.
    pub(super) response: Option<String>,
    /// What a client that has several answers at once tells them apart by.
    pub(super) stream: Option<String>,
    pub(super) session: Option<String>,
    /// The model of the session.
    pub(super) model: Option<String>,
    /// The message that an error is about.
    pub(super) blamed: Option<String>,
}

impl Envelope {
    pub(super) fn read(data: &[u8]) -> Self {
        let mut envelope = Self::default();
        let mut scan = Scanner::new::<Self>();
        scan.push(data, &mut envelope);
        envelope
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Kind,
    Event,
    ResponseId,
    Stream,
    Response,
    Session,
    SessionId,
    Model,
    Error,
    Blamed,
}

impl Shape for Envelope {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        Some(match (place, key) {
            (Place::Root, b"type") => Place::Kind,
            (Place::Root, b"event_id") => Place::Event,
            (Place::Root, b"response_id") | (Place::Response, b"id") => Place::ResponseId,
            (Place::Root, b"stream_id") => Place::Stream,
            (Place::Root, b"response") => Place::Response,
            (Place::Root, b"session") => Place::Session,
            (Place::Root, b"error") => Place::Error,
            (Place::Session, b"id") => Place::SessionId,
            (Place::Session, b"model") => Place::Model,
            (Place::Error, b"event_id") => Place::Blamed,
            _ => return None,
        })
    }

    fn element(_place: Place) -> Option<Place> {
        None
    }

    fn reads_text(place: Place) -> bool {
        !matches!(place, Place::Root | Place::Response | Place::Session | Place::Error)
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        container == Container::Object && !Self::reads_text(place)
    }

    fn close(&mut self, _place: Place) {}

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        let slot = match place {
            Place::Kind => &mut self.kind,
            Place::Event => &mut self.event,
            Place::ResponseId => &mut self.response,
            Place::Stream => &mut self.stream,
            Place::SessionId => &mut self.session,
            Place::Model => &mut self.model,
            Place::Blamed => &mut self.blamed,
            Place::Root | Place::Response | Place::Session | Place::Error => return,
        };
        if let Some(text) = scalar.as_text().map(Cow::into_owned).filter(|text| !text.is_empty()) {
            *slot = Some(text);
        }
    }
}
