//! The calls of one WebSocket.
//!
//! Comes in: the messages of an exchange that became a WebSocket. Goes out: a [`Call`] for each answer that was asked
//! for, when it ends. Each is an [`Exchange`] of its own, which is fed what the API's router says belongs to it; so times,
//! streams and endings are those of all calls. When the WebSocket closes, what is open is cut.
//!
//! Not handled: binary messages, which no API that is read here sends.

use std::collections::VecDeque;

use wire::{Direction, JsonItem, Notice, Time, WebSocketKind, WebSocketMessage};

use super::{Candidate, Ending, Exchange, Reset, Standing};
use crate::call::{Call, Http};
use crate::digest::Key;
use crate::headers::{RequestFacts, ResponseFacts};
use crate::limits;
use crate::provider::{Item, Route, Router, Socket};

/// An exchange that asks for a WebSocket, or has become one.
#[derive(Debug)]
pub(super) struct Session {
    socket: &'static Socket,
    router: Box<dyn Router>,
    /// Calls under way, in the order in which they began.
    open: Vec<(u64, Exchange)>,
    ready: VecDeque<Call>,
    /// There was a call.
    called: bool,
}

/// A message, and when it crossed.
pub(super) struct Crossed {
    pub(super) direction: Direction,
    pub(super) first_at: Time,
    pub(super) at: Time,
    pub(super) lossy: bool,
}

impl Session {
    /// `query`: that of the target.
    pub(super) fn new(socket: &'static Socket, query: &str, key: Key) -> Self {
        let router = (socket.router)(query, key);
        Self { socket, router, open: Vec::new(), ready: VecDeque::new(), called: false }
    }

    /// Whether there was a call.
    pub(super) fn has_called(&self) -> bool {
        self.called
    }

    /// The next call that is over.
    pub(super) fn poll(&mut self) -> Option<Call> {
        self.ready.pop_front()
    }

    /// The next message. `outer`: the exchange that is the WebSocket.
    pub(super) fn message(&mut self, outer: &Exchange, message: WebSocketMessage, crossed: &Crossed) {
        let Crossed { direction, first_at, at, lossy } = *crossed;
        if lossy {
            self.open.iter_mut().for_each(|(_, call)| call.lose(direction, 0));
        }
        let WebSocketMessage { what, data, truncated } = message;
        match what {
            WebSocketKind::Text => {}
            WebSocketKind::Close(_) => {
                // Who goes wants no more of what is under way.
                let reset = (direction == Direction::ToServer).then_some(Reset::Cancelled);
                self.open.iter_mut().for_each(|(_, call)| call.reset = call.reset.or(reset));
                self.finish(Ending::Closed, at);
                return;
            }
            WebSocketKind::Binary | WebSocketKind::Ping | WebSocketKind::Pong => return,
        }
        let number = match self.router.route(direction, &data, (first_at, at)) {
            Route::Nowhere => return,
            Route::Asks(number) => {
                let mut call = self.begin(outer, Some((first_at, at)));
                call.request_body(&data);
                call.unknown_shape += u32::from(truncated);
                self.add(number, call, at);
                return;
            }
            Route::Begins(number, since) => {
                let call = self.begin(outer, since);
                self.add(number, call, at);
                number
            }
            Route::Event(number) => number,
        };
        let Some((_, call)) = self.open.iter_mut().find(|(open, _)| *open == number) else {
            return;
        };
        let item = JsonItem { data, truncated };
        if let Some(call) = call.item(&Item::Json(&item), first_at, at) {
            self.open.retain(|(open, _)| *open != number);
            self.router.ended(number);
            self.ready.push_back(call);
        }
    }

    /// Something happened to the bytes of a direction.
    pub(super) fn notice(&mut self, direction: Direction, notice: Notice) {
        self.open.iter_mut().for_each(|(_, call)| call.notice(direction, notice));
    }

    /// No more comes.
    pub(super) fn finish(&mut self, ending: Ending, at: Time) {
        for (number, mut call) in std::mem::take(&mut self.open) {
            self.router.ended(number);
            self.ready.extend(call.end(ending, at));
        }
    }

    /// A call that was made between these times.
    fn begin(&self, outer: &Exchange, asked: Option<(Time, Time)>) -> Exchange {
        let flavour = self.socket.flavour;
        let mut call = Exchange::new(outer.key);
        let provider = outer.owner.unwrap_or(flavour.elsewhere);
        call.standing = Standing::Call { provider, by_body: false };
        call.readers = vec![Candidate { flavour, reader: self.router.reader() }];
        call.owner = outer.owner;
        // What the opening of the WebSocket took and cost is no call's.
        call.http = outer.http.clone().map(|http| Http { request_bytes: 0, response_bytes: 0, ..http });
        let RequestFacts { client, place, .. } = &outer.asked;
        call.asked = RequestFacts { client: client.clone(), place: place.clone(), ..RequestFacts::default() };
        let ResponseFacts { place, gateway, fingerprint, .. } = &outer.answered;
        call.answered = ResponseFacts {
            place: place.clone(),
            gateway: gateway.clone(),
            fingerprint: *fingerprint,
            ..ResponseFacts::default()
        };
        call.times.request_first_byte = asked.map(|(first_at, _)| first_at);
        call.times.request_last_byte = asked.map(|(_, at)| at);
        // Whatever comes, comes in pieces.
        call.stream = Some(Default::default());
        call
    }

    fn add(&mut self, number: u64, call: Exchange, at: Time) {
        self.called = true;
        if self.open.len() >= limits::SOCKET_CALLS {
            let (oldest, mut call) = self.open.remove(0);
            self.router.ended(oldest);
            self.ready.extend(call.end(Ending::GivenUp, at));
        }
        self.open.push((number, call));
    }
}
