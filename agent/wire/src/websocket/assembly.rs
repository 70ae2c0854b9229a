//! One message of data, put together out of the payloads of its frames.
//!
//! Comes in: payload, masked or not, compressed or not. Goes out: the message, with at most
//! [`limits::EVENT_DATA_BYTES`] of data.

use bytes::Bytes;

use super::frame::{self, Frame};
use super::inflate::Inflater;
use crate::item::{WebSocketKind, WebSocketMessage};
use crate::limits;
use crate::message::{Kind, Notice, Time};
use crate::output::{Output, Tag};
use crate::piece::Origin;

/// A message under way.
pub(super) struct Assembly {
    what: WebSocketKind,
    /// The first byte of its first frame.
    pub(super) first: Origin,
    pub(super) compressed: bool,
    /// Some of it was lost.
    torn: bool,
    /// Data was dropped, or is not known.
    truncated: bool,
    /// Data was dropped for being too long.
    too_long: bool,
    data: Vec<u8>,
}

impl Assembly {
    pub(super) fn new(what: WebSocketKind, frame: &Frame) -> Self {
        Self {
            what,
            first: frame.first,
            compressed: frame.compressed,
            torn: false,
            truncated: false,
            too_long: false,
            data: Vec::new(),
        }
    }

    /// Appends data as far as it is kept.
    pub(super) fn append(&mut self, payload: &[u8], mask: Option<[u8; 4]>) {
        if self.torn {
            return;
        }
        let room = limits::EVENT_DATA_BYTES.saturating_sub(self.data.len());
        let kept = payload.get(..room).unwrap_or(payload);
        self.too_long |= kept.len() < payload.len();
        self.make_room(kept.len());
        frame::unmask_into(&mut self.data, kept, mask);
    }

    /// Appends payload that is compressed. What there is to say about it.
    pub(super) fn inflate(
        &mut self,
        payload: &[u8],
        mask: Option<[u8; 4]>,
        inflater: &mut Inflater,
    ) -> Option<Notice> {
        match mask {
            _ if self.torn => None,
            None => inflater.push(payload, self),
            // Unmasked in steps, so that a long payload is not copied all at once.
            Some(_) => payload.chunks(UNMASK_STEP).find_map(|step| {
                let mut clear = Vec::with_capacity(step.len());
                frame::unmask_into(&mut clear, step, mask);
                inflater.push(&clear, self)
            }),
        }
    }

    /// All its compressed payload came.
    pub(super) fn inflate_end(&mut self, inflater: &mut Inflater) -> Option<Notice> {
        if self.torn { None } else { inflater.finish(self) }
    }

    /// Some of it was lost, so it is dropped when it ends.
    pub(super) fn tear(&mut self) {
        self.torn = true;
        self.data = Vec::new();
    }

    /// The rest of it cannot be inflated.
    pub(super) fn truncate(&mut self) {
        self.truncated = true;
    }

    /// Bytes of data so far.
    pub(super) fn len(&self) -> usize {
        self.data.len()
    }

    /// Drops all but the first `length` bytes of data.
    pub(super) fn cut(&mut self, length: usize) {
        self.data.truncate(length);
    }

    /// It is whole.
    pub(super) fn give(mut self, at: Time, tag: Tag, out: &mut Output) {
        if !self.torn {
            let data = Bytes::from(std::mem::take(&mut self.data));
            self.give_slice(data, at, tag, out);
        }
    }

    /// It is whole, and `data` is all of it.
    pub(super) fn give_slice(self, mut data: Bytes, at: Time, tag: Tag, out: &mut Output) {
        let Self { what, first, too_long, .. } = self;
        let too_long = too_long || data.len() > limits::EVENT_DATA_BYTES;
        data.truncate(limits::EVENT_DATA_BYTES);
        if too_long {
            out.notice_from(tag, first, at, Notice::Limit("websocket message"));
        }
        let truncated = self.truncated || too_long;
        out.emit(tag, first, at, Kind::WebSocket(WebSocketMessage { what, data, truncated }));
    }

    pub(super) fn held(&self) -> usize {
        self.data.capacity()
    }

    /// Room for `more` bytes. Doubles like any vector, but never past the cap.
    fn make_room(&mut self, more: usize) {
        let needed = (self.data.len() + more).min(limits::EVENT_DATA_BYTES);
        if needed > self.data.capacity() {
            let capacity = (2 * self.data.capacity()).clamp(needed, limits::EVENT_DATA_BYTES);
            self.data.reserve_exact(capacity - self.data.len());
        }
    }
}

/// Bytes unmasked at once on their way to the inflater; whole keys of four bytes.
const UNMASK_STEP: usize = 4 * 1024;
