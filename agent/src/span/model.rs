//! What an exporter gets: one span per call, provider-neutral, in kernel time.

use std::sync::Arc;

use wire::Time;

use crate::capture::Clock;
use crate::enrich::Process;

/// One model call.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// `chat gpt-4o`.
    pub name: String,
    /// First byte of the request, or the first that was seen of the call.
    pub start: Time,
    /// Last byte of the call, or the last that was seen of it.
    pub end: Time,
    /// What is known, by the names of [`super::semconv`], in the order of that table. What is not known is not there.
    pub attributes: Vec<(&'static str, Value)>,
    /// What the time went to, in order of time; an exporter of traces makes a child span of each.
    pub phases: Vec<Phase>,
    /// The moments that the phases were made of: those that are known, by name, in the order of a call.
    pub moments: Vec<(&'static str, Time)>,
    /// How its times are told as wall-clock times.
    pub clock: Clock,
    /// The `traceparent` that the process sent: the span's parent.
    pub traceparent: Option<String>,
    /// Who made the call.
    pub process: Arc<Process>,
    /// Over which connection.
    pub connection: ConnectionInfo,
}

impl Span {
    /// An attribute's value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Unix time of the start in nanoseconds.
    pub fn start_unix_ns(&self) -> u64 {
        self.clock.wall(self.start)
    }

    /// Unix time of the end in nanoseconds.
    pub fn end_unix_ns(&self) -> u64 {
        self.clock.wall(self.end)
    }

    /// Nanoseconds from start to end.
    pub fn duration_ns(&self) -> u64 {
        self.end.since(self.start)
    }
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string, which may come from a peer.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A real number; seconds, where it is a time.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// Strings, which may come from a peer.
    List(Vec<String>),
}

/// A part of a call's time. Phases of one call do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// A name of [`super::semconv::phase`].
    pub name: &'static str,
    /// When it began.
    pub start: Time,
    /// When it ended.
    pub end: Time,
}

/// The connection that a call was made over, as far as exporters care.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ConnectionInfo {
    /// Tells it apart from every other connection of this run.
    pub id: String,
    /// The name that the client asked for in its TLS handshake, where that was seen.
    pub server_name: Option<String>,
}

impl ConnectionInfo {
    /// A connection with an id and, where it was seen, a server name.
    pub fn new(id: String, server_name: Option<&str>) -> Self {
        Self { id, server_name: server_name.map(str::to_owned) }
    }
}
