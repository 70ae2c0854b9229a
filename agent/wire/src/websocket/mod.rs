//! One direction of a WebSocket (RFC 6455), with permessage-deflate (RFC 7692).
//!
//! Comes in: pieces and gaps from the first byte after the handshake on, whatever carried it. Goes out: one
//! [`WebSocketMessage`] for each message, out of all its fragments, unmasked and inflated, at the time at which its
//! last byte crossed; control frames as messages of their own, at once. A message that is one frame without mask and
//! lies whole within one piece is a slice of that piece; any other is copied once.
//!
//! ```text
//! Header ─whole header→ Payload(n) ─n bytes→ Header      Payload of a Close ─n bytes→ Over
//!   └── reserved bit, unknown opcode, control frame too long or in fragments, length ≥ 2^63,
//!       fragments out of order, gap that does not end within the payload ──→ Over
//! ```
//!
//! - Whether a frame is masked is taken from the frame, so that a sender that gets it wrong is still read. Lengths in
//!   more bytes than needed are read too. What a real endpoint must fail for and nobody can read on from is
//!   [`Progress::Lost`].
//! - A message that lost bytes is dropped whole. With context takeover the compressed messages after it refer to bytes
//!   that were not seen: they come without data, as truncated.
//! - What follows a Close frame is ignored, as its receiver does (RFC 6455 §5.5.1).
//!
//! Not handled: the handshake, which is HTTP's; extensions other than permessage-deflate, whose use of a reserved bit
//! loses framing; UTF-8, which readers of JSON check anyway.

mod assembly;
mod extensions;
mod frame;
mod inflate;

use bytes::Bytes;

use assembly::Assembly;
pub(crate) use extensions::{Deflate, extensions};
use frame::{Frame, HeaderBuffer, Opcode, Read};
use inflate::Inflater;

use crate::item::{WebSocketKind, WebSocketMessage};
use crate::message::{Kind, Notice, Time};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};

/// A decoder of one direction.
pub(crate) struct WebSocket {
    state: State,
    /// The message whose fragments are coming.
    message: Option<Assembly>,
    /// Where compression was negotiated for this direction.
    inflater: Option<Inflater>,
}

/// What it waits for.
enum State {
    Header(HeaderBuffer),
    Payload(Payload),
    Over,
}

/// A frame of which payload is to come.
struct Payload {
    frame: Frame,
    left: u64,
    /// What came, of a control frame.
    control: Vec<u8>,
    /// Some of it was lost.
    torn: bool,
}

/// What became of a piece or gap.
pub(crate) enum Progress {
    More,
    /// A Close frame came: nothing more will. What is left of the piece comes after it.
    Closed,
    /// Framing is lost, why, and at which byte. After a gap there is nothing to add to it.
    Lost(Option<(Notice, Origin)>),
}

impl WebSocket {
    /// `deflate`: permessage-deflate as negotiated for this direction.
    pub(crate) fn new(deflate: Option<Deflate>) -> Self {
        Self { state: State::new(), message: None, inflater: deflate.map(Inflater::new) }
    }

    /// The next bytes. The piece is used up unless this ends the direction.
    pub(crate) fn push(&mut self, piece: &mut Piece, tag: Tag, out: &mut Output) -> Progress {
        loop {
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => {
                    piece.clear();
                    return Progress::More;
                }
                State::Header(mut header) => match header.push(piece) {
                    Read::More => {
                        self.state = State::Header(header);
                        return Progress::More;
                    }
                    Read::Whole(frame) => match self.refuse(&frame) {
                        Some(what) => return self.lose(Some((Notice::Malformed(what), frame.first))),
                        None => self.begin(frame, piece, tag, out),
                    },
                    Read::Malformed(what, first) => {
                        return self.lose(Some((Notice::Malformed(what), first)));
                    }
                },
                State::Payload(payload) if piece.is_empty() && payload.left > 0 => {
                    self.state = State::Payload(payload);
                    return Progress::More;
                }
                State::Payload(mut payload) => {
                    let part = piece.split_to(usize::try_from(payload.left).unwrap_or(usize::MAX));
                    self.take(&mut payload, &part, tag, out);
                    if payload.left > 0 {
                        self.state = State::Payload(payload);
                        return Progress::More;
                    }
                    if payload.frame.opcode == Opcode::Close {
                        payload.give(piece.at, tag, out);
                        return Progress::Closed;
                    }
                    self.end_frame(payload, piece.at, tag, out);
                    self.state = State::new();
                }
            }
        }
    }

    /// `missing` bytes were lost.
    pub(crate) fn gap(&mut self, missing: u64) -> Progress {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Over => Progress::More,
            State::Payload(mut payload) if missing <= payload.left => {
                payload.left -= missing;
                payload.torn = true;
                let data = !payload.frame.opcode.is_control();
                if let Some(message) = self.message.as_mut().filter(|_| data) {
                    message.tear();
                    if let Some(inflater) = self.inflater.as_mut().filter(|_| message.compressed) {
                        inflater.tear();
                    }
                }
                if payload.left > 0 {
                    self.state = State::Payload(payload);
                    return Progress::More;
                }
                if payload.frame.opcode == Opcode::Close {
                    return Progress::Closed;
                }
                if data && payload.frame.fin {
                    self.message = None;
                }
                self.state = State::new();
                Progress::More
            }
            State::Header(_) | State::Payload(_) => self.lose(None),
        }
    }

    /// Memory taken.
    pub(crate) fn held(&self) -> usize {
        let control = match &self.state {
            State::Payload(payload) => payload.control.capacity(),
            State::Header(_) | State::Over => 0,
        };
        let message = self.message.as_ref().map_or(0, Assembly::held);
        control + message + self.inflater.as_ref().map_or(0, Inflater::held)
    }

    /// What is wrong with a frame in its place.
    fn refuse(&self, frame: &Frame) -> Option<&'static str> {
        let compressible = self.inflater.is_some() && frame.opcode.begins_message();
        match (frame.opcode, &self.message) {
            _ if frame.compressed && !compressible => Some("websocket reserved bit"),
            (Opcode::Continuation, None) | (Opcode::Text | Opcode::Binary, Some(_)) => {
                Some("websocket fragments")
            }
            (Opcode::Continuation | Opcode::Text | Opcode::Binary, _) => None,
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => None,
        }
    }

    /// A header is whole; `piece` is what follows it.
    fn begin(&mut self, frame: Frame, piece: &mut Piece, tag: Tag, out: &mut Output) {
        let what = match frame.opcode {
            Opcode::Text => WebSocketKind::Text,
            Opcode::Binary => WebSocketKind::Binary,
            Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong => {
                self.state = State::Payload(Payload::new(frame));
                return;
            }
        };
        let within = usize::try_from(frame.length).ok().filter(|length| *length <= piece.len());
        let message = Assembly::new(what, &frame);
        match within {
            Some(length) if frame.fin && !frame.compressed && frame.mask.is_none() => {
                let data = piece.split_to(length).bytes;
                message.give_slice(data, piece.at, tag, out);
                self.state = State::new();
            }
            Some(_) | None => {
                if let Some(inflater) = self.inflater.as_mut().filter(|_| frame.compressed) {
                    inflater.begin();
                }
                self.message = Some(message);
                self.state = State::Payload(Payload::new(frame));
            }
        }
    }

    /// The next payload of a frame.
    fn take(&mut self, payload: &mut Payload, part: &Piece, tag: Tag, out: &mut Output) {
        let mask = payload.frame.mask_at(payload.left);
        payload.left -= part.len() as u64;
        if payload.frame.opcode.is_control() {
            // At most 125 bytes: the header says so.
            frame::unmask_into(&mut payload.control, &part.bytes, mask);
        } else if let Some(message) = &mut self.message {
            match &mut self.inflater {
                Some(inflater) if message.compressed => {
                    if let Some(trouble) = message.inflate(&part.bytes, mask, inflater) {
                        out.notice_from(tag, message.first, part.at, trouble);
                    }
                }
                Some(_) | None => message.append(&part.bytes, mask),
            }
        }
    }

    /// All of a frame came, but for what was lost.
    fn end_frame(&mut self, payload: Payload, at: Time, tag: Tag, out: &mut Output) {
        if payload.frame.opcode.is_control() {
            payload.give(at, tag, out);
            return;
        }
        let Some(mut message) = self.message.take_if(|_| payload.frame.fin) else {
            return;
        };
        if let Some(inflater) = self.inflater.as_mut().filter(|_| message.compressed)
            && let Some(trouble) = message.inflate_end(inflater)
        {
            out.notice_from(tag, message.first, at, trouble);
        }
        message.give(at, tag, out);
    }

    fn lose(&mut self, why: Option<(Notice, Origin)>) -> Progress {
        self.state = State::Over;
        self.message = None;
        self.inflater = None;
        Progress::Lost(why)
    }
}

impl State {
    fn new() -> Self {
        Self::Header(HeaderBuffer::default())
    }
}

impl Payload {
    fn new(frame: Frame) -> Self {
        Self { left: frame.length, frame, control: Vec::new(), torn: false }
    }

    /// Gives a control frame. RFC 6455 §5.5.1: a close may begin with a code of two bytes.
    fn give(self, at: Time, tag: Tag, out: &mut Output) {
        let Self { frame: Frame { opcode, first, .. }, left: _, control, torn } = self;
        let mut data = Bytes::from(control);
        let what = match (opcode, data.split_first_chunk::<2>()) {
            _ if torn => return,
            (Opcode::Ping, _) => WebSocketKind::Ping,
            (Opcode::Pong, _) => WebSocketKind::Pong,
            (Opcode::Close, Some((code, _))) => {
                let code = u16::from_be_bytes(*code);
                data = data.slice(2..);
                WebSocketKind::Close(Some(code))
            }
            (Opcode::Close, None) => {
                if !data.is_empty() {
                    out.notice_from(tag, first, at, Notice::Malformed("websocket close code"));
                }
                data.clear();
                WebSocketKind::Close(None)
            }
            (Opcode::Continuation | Opcode::Text | Opcode::Binary, _) => return,
        };
        out.emit(tag, first, at, Kind::WebSocket(WebSocketMessage { what, data, truncated: false }));
    }
}
