//! The header of a frame (RFC 9113 §4.1), and whether it can be one.
//!
//! ```text
//! | length: 24 | type: 8 | flags: 8 | reserved: 1 | stream: 31 |
//! ```
//!
//! Comes in: nine bytes. Goes out: a [`Frame`], which is *sound* when no rule of the RFC about its size and stream is
//! broken, and *plausible* when it also looks like what is really sent. Soundness is asked of a frame in its place,
//! plausibility of one that was searched for.

use crate::message::Direction;

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Bytes of payload, padding included.
    pub(super) length: u32,
    pub(super) what: What,
    flags: u8,
    /// 0 is the connection.
    pub(super) stream: u32,
}

/// The type of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Data,
    Headers,
    Priority,
    Reset,
    Settings,
    PushPromise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    /// To be ignored (RFC 9113 §5.5).
    Other,
}

impl Frame {
    pub(super) fn read(bytes: &[u8; FRAME_HEADER]) -> Self {
        let [high, middle, low, what, flags, stream @ ..] = *bytes;
        Self {
            length: u32::from_be_bytes([0, high, middle, low]),
            what: What::of(what),
            flags,
            stream: u32::from_be_bytes(stream) & STREAM_BITS,
        }
    }

    /// No more of the stream comes in this direction.
    pub(super) fn ends_stream(&self) -> bool {
        matches!(self.what, What::Data | What::Headers) && self.flags & END_STREAM != 0
    }

    /// No CONTINUATION follows.
    pub(super) fn ends_headers(&self) -> bool {
        self.flags & END_HEADERS != 0
    }

    pub(super) fn is_padded(&self) -> bool {
        matches!(self.what, What::Data | What::Headers | What::PushPromise) && self.flags & PADDED != 0
    }

    pub(super) fn has_priority(&self) -> bool {
        self.what == What::Headers && self.flags & PRIORITY != 0
    }

    fn is_ack(&self) -> bool {
        matches!(self.what, What::Settings | What::Ping) && self.flags & ACK != 0
    }

    /// What rule is broken, if one is.
    pub(super) fn unsound(&self, direction: Direction) -> Option<&'static str> {
        let Self { length, what, flags: _, stream } = *self;
        let (sound, name) = match what {
            What::Data => (stream != 0, "DATA frame"),
            What::Headers => (stream != 0, "HEADERS frame"),
            What::Priority => (stream != 0 && length == 5, "PRIORITY frame"),
            What::Reset => (stream != 0 && length == 4, "RST_STREAM frame"),
            What::Settings => {
                let whole = length % SETTING == 0 && (length == 0 || !self.is_ack());
                (stream == 0 && whole, "SETTINGS frame")
            }
            What::PushPromise => {
                (stream != 0 && direction == Direction::ToClient && length >= 4, "PUSH_PROMISE frame")
            }
            What::Ping => (stream == 0 && length == 8, "PING frame"),
            What::GoAway => (stream == 0 && length >= 8, "GOAWAY frame"),
            What::WindowUpdate => (length == 4, "WINDOW_UPDATE frame"),
            What::Continuation => (stream != 0, "CONTINUATION frame"),
            // No extension has frames that long. What seems to be one is text, a second preface for one, or bytes that
            // were read in the wrong place: to pass over them all would be to miss megabytes.
            What::Other => (length <= USUAL_LENGTH, "frame"),
        };
        (!sound).then_some(name)
    }

    /// Whether bytes that may be anything are taken for this header. `bytes` are those that it was read from.
    pub(super) fn is_plausible(&self, bytes: &[u8; FRAME_HEADER], direction: Direction) -> bool {
        let Self { length, what, flags, stream } = *self;
        let (allowed, most, of_stream) = match what {
            What::Data => (END_STREAM | PADDED, USUAL_LENGTH, true),
            What::Headers => (END_STREAM | END_HEADERS | PADDED | PRIORITY, USUAL_LENGTH, true),
            What::Continuation => (END_HEADERS, USUAL_LENGTH, true),
            What::Priority | What::Reset => (0, 5, true),
            What::Settings => (ACK, 32 * SETTING, false),
            What::Ping => (ACK, 8, false),
            What::GoAway => (0, 1024, false),
            What::WindowUpdate => (0, 4, stream != 0),
            // Nobody pushes, and extensions are rare: that a chain of frames is found after one is enough.
            What::PushPromise | What::Other => return false,
        };
        let reserved = matches!(bytes, [.., first, _, _, _] if first & 0x80 != 0);
        self.unsound(direction).is_none()
            && flags & !allowed == 0
            && length <= most
            && !reserved
            // Streams of clients have odd numbers.
            && (!of_stream || stream % 2 == 1)
            // Frames that do nothing.
            && !(what == What::Headers && length == 0)
            && !(what == What::Data && length == 0 && !self.ends_stream())
    }
}

impl What {
    fn of(byte: u8) -> Self {
        match byte {
            0 => Self::Data,
            1 => Self::Headers,
            2 => Self::Priority,
            3 => Self::Reset,
            4 => Self::Settings,
            5 => Self::PushPromise,
            6 => Self::Ping,
            7 => Self::GoAway,
            8 => Self::WindowUpdate,
            9 => Self::Continuation,
            _ => Self::Other,
        }
    }
}

/// Bytes of a frame's header.
pub(super) const FRAME_HEADER: usize = 9;

/// Bytes of one setting.
const SETTING: u32 = 6;

pub(super) const STREAM_BITS: u32 = 0x7fff_ffff;

/// What nobody may pass without having been told (RFC 9113 §4.2), and nobody in this trade passes when told.
pub(super) const USUAL_LENGTH: u32 = 16_384;

const END_STREAM: u8 = 0x1;
const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

#[cfg(test)]
mod tests {
    use super::*;

    fn plausible(bytes: [u8; FRAME_HEADER]) -> bool {
        Frame::read(&bytes).is_plausible(&bytes, Direction::ToClient)
    }

    #[test]
    fn headers_of_frames() {
        let frame = Frame::read(&[0, 1, 2, 0, 9, 0x80, 0, 0, 3]);
        assert_eq!((frame.length, frame.what, frame.stream), (258, What::Data, 3));
        assert!(frame.ends_stream() && frame.is_padded());
        assert_eq!(Frame::read(&[0, 0, 0, 0x77, 1, 0, 0, 0, 3]).what, What::Other);
    }

    #[test]
    fn broken_rules_are_named() {
        for (bytes, broken) in [
            ([0, 0, 1, 0, 0, 0, 0, 0, 0], Some("DATA frame")),
            ([0, 0, 1, 1, 0, 0, 0, 0, 0], Some("HEADERS frame")),
            ([0, 0, 4, 2, 0, 0, 0, 0, 1], Some("PRIORITY frame")),
            ([0, 0, 5, 3, 0, 0, 0, 0, 1], Some("RST_STREAM frame")),
            ([0, 0, 7, 4, 0, 0, 0, 0, 0], Some("SETTINGS frame")),
            ([0, 0, 6, 4, 1, 0, 0, 0, 0], Some("SETTINGS frame")),
            ([0, 0, 6, 4, 0, 0, 0, 0, 1], Some("SETTINGS frame")),
            ([0, 0, 4, 5, 0, 0, 0, 0, 1], Some("PUSH_PROMISE frame")),
            ([0, 0, 7, 6, 0, 0, 0, 0, 0], Some("PING frame")),
            ([0, 0, 7, 7, 0, 0, 0, 0, 0], Some("GOAWAY frame")),
            ([0, 0, 5, 8, 0, 0, 0, 0, 0], Some("WINDOW_UPDATE frame")),
            ([0, 0, 5, 9, 0, 0, 0, 0, 0], Some("CONTINUATION frame")),
            ([0, 0x40, 0, 99, 255, 255, 255, 255, 255], None),
            ([0, 0x40, 1, 99, 255, 255, 255, 255, 255], Some("frame")),
            (*b"PRI * HTT", Some("frame")),
            ([255, 255, 255, 0, 255, 255, 255, 255, 255], None),
        ] {
            assert_eq!(Frame::read(&bytes).unsound(Direction::ToServer), broken, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_searched_for_is_what_is_sent() {
        assert!(plausible([0, 0x40, 0, 0, 1, 0, 0, 0, 1]));
        assert!(plausible([0, 0, 0, 4, 1, 0, 0, 0, 0]));
        for bytes in [
            [0, 0x40, 1, 0, 1, 0, 0, 0, 1],
            [0, 0, 1, 0, 2, 0, 0, 0, 1],
            [0, 0, 1, 0, 1, 0, 0, 0, 2],
            [0, 0, 1, 0, 1, 0x80, 0, 0, 1],
            [0, 0, 0, 1, 4, 0, 0, 0, 1],
            [0, 0, 1, 99, 0, 0, 0, 0, 1],
            [0; FRAME_HEADER],
            [0, 0, 0, 0, 0, 0, 0, 0, 1],
        ] {
            assert!(!plausible(bytes), "{bytes:?}");
        }
    }
}
