//! Both directions of one connection.

use bytes::Bytes;

use crate::message::{Direction, Message, Protocol, StreamOffset, Time};

/// A passive decoder of both directions of one plaintext connection.
#[derive(Debug, Default)]
pub struct Connection {}

impl Connection {
    /// A connection seen from its first byte (`whole`), or joined while it was running.
    pub fn new(whole: bool) -> Self {
        let _unused = whole;
        Self::default()
    }

    /// The next bytes of a direction, which crossed at `at`, and stand at `offset` of it.
    pub fn push(&mut self, direction: Direction, bytes: Bytes, offset: StreamOffset, at: Time) {
        let _unused = (direction, bytes, offset, at);
    }

    /// `missing` bytes of a direction were lost.
    pub fn gap(&mut self, direction: Direction, missing: u64, at: Time) {
        let _unused = (direction, missing, at);
    }

    /// The connection ended.
    pub fn close(&mut self, at: Time) {
        let _unused = at;
    }

    /// The next message.
    pub fn poll(&mut self) -> Option<Message> {
        None
    }

    /// When [`Self::tick`] wants to be called, if nothing else happens.
    pub fn deadline(&self) -> Option<Time> {
        None
    }

    /// Time has come to `now`.
    pub fn tick(&mut self, now: Time) {
        let _unused = now;
    }

    /// What the connection speaks; `None`: not known yet, or nothing that we know.
    pub fn protocol(&self) -> Option<Protocol> {
        None
    }

    /// The connection surely is no HTTP that we could ever decode.
    pub fn is_foreign(&self) -> bool {
        false
    }

    /// Bytes held in buffers now, for the budget of the table.
    pub fn held(&self) -> usize {
        0
    }
}
