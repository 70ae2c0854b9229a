//! OpenAI's APIs over a WebSocket: Responses, and Realtime.
//!
//! Comes in: the text messages of one WebSocket. Goes out: which call each belongs to; what it means is read as in
//! `openai_responses`, whose events these are.
//!
//! ```text
//! → response.create ─────────────→ ┐
//! ← input_audio_buffer.            ├─ ← response.created ─ ← response.….delta* ─ ← response.done (Realtime)
//!   {speech_stopped, committed} ─→ ┘                                             ← response.{completed,…} (Responses)
//! ```
//!
//! Realtime names the response in each event; Responses names a `stream_id` if the client did, else answers come one
//! after the other in the order in which they were asked for.
//!
//! Not read: what is said into a Realtime session before a response is made of it, and the transcription of it, which
//! another model makes.

mod envelope;
mod realtime;

use wire::{Direction, Time};

use self::envelope::Envelope;
use self::realtime::{About, RealtimeReader};
use super::openai_responses::ResponsesReader;
use super::{Reader, Route, Router, Socket};
use crate::digest::Key;

/// Responses. The path is that of every survey, so it is a session only once it is a WebSocket, and a call only when
/// one is asked for.
pub(super) static RESPONSES: Socket = Socket {
    flavour: &super::openai_responses::FLAVOUR,
    paths: &["/responses"],
    router: |_, key| Box::new(OpenAiRouter::new(key, Speaks::Responses)),
};

/// Realtime.
pub(super) static REALTIME: Socket = Socket {
    flavour: &realtime::FLAVOUR,
    paths: &["/realtime"],
    router: |query, key| Box::new(OpenAiRouter::new(key, Speaks::Realtime(About::of_query(query)))),
};

/// The calls of one WebSocket.
#[derive(Debug)]
struct OpenAiRouter {
    key: Key,
    speaks: Speaks,
    next: u64,
    /// Calls that are not over, in the order in which they began.
    open: Vec<Open>,
    /// What may make the server begin an answer by itself.
    heard: Option<(Time, Time)>,
}

/// Which of the two it is.
#[derive(Debug)]
enum Speaks {
    Responses,
    Realtime(About),
}

/// A call under way.
#[derive(Debug)]
struct Open {
    call: u64,
    /// The client's id of the message that asked for it.
    event: Option<String>,
    stream: Option<String>,
    /// The answer's id.
    response: Option<String>,
    /// The server has begun.
    created: bool,
}

impl OpenAiRouter {
    fn new(key: Key, speaks: Speaks) -> Self {
        Self { key, speaks, next: 0, open: Vec::new(), heard: None }
    }

    fn begin(&mut self, event: Option<String>, stream: Option<String>, response: Option<String>) -> u64 {
        let call = self.next;
        self.next += 1;
        let created = response.is_some();
        self.open.push(Open { call, event, stream, response, created });
        call
    }

    fn sent(&mut self, envelope: Envelope) -> Route {
        if envelope.kind.as_deref() != Some("response.create") {
            return Route::Nowhere;
        }
        self.heard = None;
        Route::Asks(self.begin(envelope.event, envelope.stream, None))
    }

    fn came(&mut self, envelope: Envelope, crossed: (Time, Time)) -> Route {
        let Some(kind) = envelope.kind.as_deref() else {
            return Route::Nowhere;
        };
        match (&mut self.speaks, kind) {
            (Speaks::Realtime(about), "session.created" | "session.updated") => {
                about.told(envelope.session, envelope.model);
                Route::Nowhere
            }
            (Speaks::Realtime(_), "input_audio_buffer.speech_stopped") => {
                self.heard = Some(crossed);
                Route::Nowhere
            }
            (Speaks::Realtime(_), "input_audio_buffer.committed") => {
                self.heard.get_or_insert(crossed);
                Route::Nowhere
            }
            (Speaks::Realtime(_), "rate_limits.updated") => event(self.open.last()),
            (Speaks::Realtime(_), "error") => event(self.failed(envelope.blamed.as_deref())),
            (Speaks::Responses, "error") => event(self.unnamed(envelope.stream.as_deref())),
            (_, "response.created") => self.created(envelope),
            (_, kind) if kind.starts_with("response.") => event(self.of(&envelope)),
            (_, _) => Route::Nowhere,
        }
    }

    /// The server begins an answer.
    fn created(&mut self, envelope: Envelope) -> Route {
        let Envelope { response, stream, .. } = envelope;
        let asked =
            self.open.iter_mut().find(|open| !open.created && (stream.is_none() || open.stream == stream));
        if let Some(open) = asked {
            open.response = response;
            open.created = true;
            return Route::Event(open.call);
        }
        let since = self.heard.take();
        let call = self.begin(None, stream, response);
        if let Some(open) = self.open.last_mut() {
            open.created = true;
        }
        Route::Begins(call, since)
    }

    /// The call of an event.
    fn of(&self, envelope: &Envelope) -> Option<&Open> {
        let Envelope { response, stream, .. } = envelope;
        match (&self.speaks, response) {
            (Speaks::Responses, None) => self.unnamed(stream.as_deref()),
            (Speaks::Realtime(_), None) => None,
            (_, Some(_)) => {
                let named = self.open.iter().find(|open| open.response == *response);
                // The event that told the answer's id may be lost.
                let untold =
                    || self.open.iter().find(|open| open.response.is_none() && open.stream == *stream);
                named.or_else(untold)
            }
        }
    }

    /// The call of an event that does not name its answer.
    fn unnamed(&self, stream: Option<&str>) -> Option<&Open> {
        match stream {
            Some(stream) => self.open.iter().find(|open| open.stream.as_deref() == Some(stream)),
            None => self.open.iter().find(|open| open.created).or(self.open.first()),
        }
    }

    /// The call that an error of Realtime ends. Nearly all such errors are about something else, and the session goes on;
    /// only what was not begun can fail so.
    fn failed(&self, blamed: Option<&str>) -> Option<&Open> {
        let mut waiting = self.open.iter().filter(|open| !open.created);
        match blamed {
            Some(_) => waiting.find(|open| open.event.as_deref() == blamed),
            None => waiting.next(),
        }
    }
}

fn event(open: Option<&Open>) -> Route {
    open.map_or(Route::Nowhere, |open| Route::Event(open.call))
}

impl Router for OpenAiRouter {
    fn route(&mut self, direction: Direction, data: &[u8], crossed: (Time, Time)) -> Route {
        let envelope = Envelope::read(data);
        match direction {
            Direction::ToServer => self.sent(envelope),
            Direction::ToClient => self.came(envelope, crossed),
        }
    }

    fn reader(&self) -> Box<dyn Reader> {
        match &self.speaks {
            Speaks::Responses => Box::new(ResponsesReader::new(self.key)),
            Speaks::Realtime(about) => Box::new(RealtimeReader::new(self.key, about.clone())),
        }
    }

    fn ended(&mut self, call: u64) {
        self.open.retain(|open| open.call != call);
    }
}
