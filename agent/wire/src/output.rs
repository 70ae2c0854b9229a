//! The queue of messages between the decoders and [`crate::Connection::poll`].

use std::collections::VecDeque;

use crate::limits;
use crate::message::{Direction, End, ExchangeId, Kind, Message, Notice, Time};
use crate::piece::Origin;

/// What all messages of one direction of an exchange have in common.
#[derive(Clone, Copy)]
pub(crate) struct Tag {
    pub(crate) exchange: ExchangeId,
    pub(crate) direction: Direction,
    pub(crate) lossy: bool,
}

/// Messages in the order in which they were decoded.
pub(crate) struct Output {
    queue: VecDeque<Message>,
    /// Decoded bytes that are still taken before messages are polled.
    room: usize,
}

impl Default for Output {
    fn default() -> Self {
        Self { queue: VecDeque::new(), room: limits::DECODED_BYTES }
    }
}

impl Output {
    /// A message whose first byte is `first`, completed at `at`.
    pub(crate) fn emit(&mut self, tag: Tag, first: Origin, at: Time, kind: Kind) {
        let Tag { exchange, direction, lossy } = tag;
        self.queue.push_back(Message {
            exchange,
            direction,
            first_at: first.at,
            at,
            offset: first.offset,
            lossy,
            kind,
        });
    }

    /// A notice about the byte at `here`, which just crossed.
    pub(crate) fn notice(&mut self, tag: Tag, here: Origin, notice: Notice) {
        self.notice_from(tag, here, here.at, notice);
    }

    /// A notice about the bytes from `first` to those that crossed at `at`.
    pub(crate) fn notice_from(&mut self, tag: Tag, first: Origin, at: Time, notice: Notice) {
        self.emit(tag, first, at, Kind::Notice(notice));
    }

    /// The end of a direction of an exchange, before the byte at `here`.
    pub(crate) fn end(&mut self, tag: Tag, here: Origin, end: End) {
        self.emit(tag, here, here.at, Kind::End(end));
    }

    /// How many bytes decoders of content may still give.
    pub(crate) fn room(&self) -> usize {
        self.room
    }

    pub(crate) fn set_room(&mut self, room: usize) {
        self.room = room;
    }

    /// The oldest message.
    pub(crate) fn pop(&mut self) -> Option<Message> {
        let message = self.queue.pop_front();
        if message.is_none() {
            self.room = limits::DECODED_BYTES;
        }
        if message.is_none() && self.queue.capacity() > limits::QUEUE_KEPT {
            self.queue.shrink_to(limits::QUEUE_KEPT);
        }
        message
    }

    /// Takes over all messages of `other`, after those that are here.
    pub(crate) fn append(&mut self, other: &mut Self) {
        self.queue.append(&mut other.queue);
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }
}
