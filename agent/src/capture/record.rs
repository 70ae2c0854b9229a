//! Ring records, checked and named.
//!
//! Comes in: the bytes of a record as the ring or a tape has them. Goes out: a [`Captured`]. The bytes were written by
//! our own kernel side, but a ring that is misread must be a counted `bad_record`, never a panic or a lie.

use bytes::Bytes;
use common::{
    connection::ConnKey,
    record::{self, Direction, Header, Kind, flag},
};
use wire::{StreamOffset, Time};

/// A connection: whose, which TLS object, which user of that object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId {
    /// Process.
    pub tgid: u32,
    /// Start of the process, which tells users of its pid apart.
    pub start: u64,
    /// Address of the TLS object.
    pub pointer: u64,
    /// When the kernel side first saw it, which tells users of its address apart.
    pub generation: u64,
}

impl ConnId {
    /// Its key in the kernel's maps.
    pub fn key(&self) -> ConnKey {
        ConnKey { pointer: self.pointer, tgid: self.tgid, reserved: 0 }
    }
}

impl std::fmt::Display for ConnId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { tgid, start: _, pointer, generation } = self;
        write!(f, "{tgid}/{pointer:x}/{generation}")
    }
}

/// Seen from the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It wrote.
    Out,
    /// It read.
    In,
}

/// What one record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Captured {
    /// Plaintext.
    Data(Data),
    /// Something about a connection.
    Mark(Mark),
    /// A process was allowed.
    Allowed(Allowed),
    /// An allowed process executed another program or ended: its connections are gone.
    Gone {
        /// Process.
        tgid: u32,
        /// Its start.
        start: u64,
        /// When.
        at: Time,
    },
    /// A process is being moved to another cgroup, and may become one to observe.
    Moved {
        /// Process.
        tgid: u32,
    },
}

/// Plaintext of one call, or a part of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Data {
    /// Connection.
    pub connection: ConnId,
    /// Direction.
    pub flow: Flow,
    /// The connection was seen from before its first byte.
    pub whole: bool,
    /// Place of the first byte in its direction.
    pub offset: StreamOffset,
    /// Where the other direction stands: what is missing up to there was lost.
    pub other: StreamOffset,
    /// When the bytes crossed.
    pub at: Time,
    /// The bytes.
    pub bytes: Bytes,
}

impl std::fmt::Debug for Data {
    /// Without the bytes: they are content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { connection, flow, whole: _, offset, other: _, at, bytes } = self;
        write!(f, "{connection} {flow:?} {}+{} at {}", offset.0, bytes.len(), at.0)
    }
}

/// Something about a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Connection.
    pub connection: ConnId,
    /// When.
    pub at: Time,
    /// Where each direction stands, out first: what is missing up to there was lost.
    pub offsets: [StreamOffset; 2],
    /// What.
    pub what: What,
}

/// The kinds of [`Mark`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The first handshake call was entered.
    HandshakeStart,
    /// A handshake call succeeded.
    HandshakeDone,
    /// It asks for this server.
    ServerName(String),
    /// This side will write no more.
    Shutdown,
    /// The TLS object is gone.
    Free,
    /// Muted in the kernel: it cannot be HTTP.
    Muted,
}

/// What the kernel told of a process when it allowed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Process.
    pub tgid: u32,
    /// Its start.
    pub start: u64,
    /// Name of its main thread.
    pub comm: String,
    /// Real user id.
    pub uid: u32,
    /// Cgroup id.
    pub cgroup: u64,
}

/// Understands a record. `None`: it is none.
pub fn decode(bytes: &[u8]) -> Option<Captured> {
    let (header, payload) = Header::decode(bytes)?;
    let kind = Kind::from_u8(header.kind)?;
    let at = Time(header.time);
    let connection = ConnId {
        tgid: header.tgid,
        start: header.start,
        pointer: header.pointer,
        generation: header.generation,
    };
    let mark =
        |what| Some(Captured::Mark(Mark { connection, at, offsets: header.offsets.map(StreamOffset), what }));
    match kind {
        Kind::Data => {
            let direction = Direction::from_u8(header.direction)?;
            if payload.is_empty() || header.len > header.call_len {
                return None;
            }
            let [out, read] = header.offsets;
            let (flow, offset, other) = match direction {
                Direction::Write => (Flow::Out, out, read),
                Direction::Read => (Flow::In, read, out),
            };
            // The end of the payload must be a possible offset too.
            offset.checked_add(payload.len() as u64)?;
            Some(Captured::Data(Data {
                connection,
                flow,
                whole: header.flags & flag::WHOLE != 0,
                offset: StreamOffset(offset),
                other: StreamOffset(other),
                at,
                bytes: Bytes::copy_from_slice(payload),
            }))
        }
        Kind::HandshakeStart => mark(What::HandshakeStart),
        Kind::HandshakeDone => mark(What::HandshakeDone),
        Kind::ServerName => mark(What::ServerName(String::from_utf8_lossy(payload).into_owned())),
        Kind::Shutdown => mark(What::Shutdown),
        Kind::Free => mark(What::Free),
        Kind::Muted => mark(What::Muted),
        Kind::Process => {
            let (comm, rest) = payload.split_at_checked(common::limits::COMM)?;
            let (cgroup, rest) = rest.split_at_checked(8)?;
            let uid = rest.get(..4)?;
            let end = comm.iter().position(|&b| b == 0).unwrap_or(comm.len());
            Some(Captured::Allowed(Allowed {
                tgid: header.tgid,
                start: header.start,
                comm: String::from_utf8_lossy(comm.get(..end)?).into_owned(),
                uid: u32::from_ne_bytes(uid.try_into().ok()?),
                cgroup: u64::from_ne_bytes(cgroup.try_into().ok()?),
            }))
        }
        Kind::Moved => Some(Captured::Moved { tgid: header.tgid }),
        Kind::Exec | Kind::Exit => Some(Captured::Gone { tgid: header.tgid, start: header.start, at }),
    }
}

/// Size of a record without the unused bytes of its tier: what a tape keeps.
pub fn used(bytes: &[u8]) -> Option<&[u8]> {
    let (_, payload) = Header::decode(bytes)?;
    bytes.get(..record::HEADER + payload.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(kind: Kind, len: u32) -> Header {
        Header {
            kind: kind as u8,
            direction: Direction::Read as u8,
            len,
            time: 5,
            tgid: 42,
            start: 7,
            pointer: 0xabc,
            generation: 3,
            offsets: [10, 20],
            call_len: len,
            ..Header::default()
        }
    }

    fn record(header: Header, payload: &[u8]) -> Vec<u8> {
        let mut bytes = header.encode().to_vec();
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn data_has_the_offset_of_its_own_direction() {
        let Some(Captured::Data(data)) = decode(&record(header(Kind::Data, 5), b"hello and more")) else {
            panic!("no data");
        };
        assert_eq!((data.flow, data.offset, &data.bytes[..]), (Flow::In, StreamOffset(20), &b"hello"[..]));
    }

    #[test]
    fn a_record_that_lies_is_none() {
        let good = header(Kind::Data, 5);
        let lies = [
            ("length beyond the record", record(Header { len: 6, ..good }, b"hello")),
            ("length beyond the call", record(Header { call_len: 4, ..good }, b"hello")),
            ("no bytes", record(Header { len: 0, ..good }, b"")),
            ("unknown kind", record(Header { kind: 99, ..good }, b"hello")),
            ("unknown direction", record(Header { direction: 2, ..good }, b"hello")),
            ("offset beyond all", record(Header { offsets: [0, u64::MAX], ..good }, b"hello")),
            ("cut", record(good, b"hell")),
            ("process without payload", record(header(Kind::Process, 4), b"hello")),
        ];
        for (what, bytes) in lies {
            assert_eq!(decode(&bytes), None, "{what}");
        }
    }

    #[test]
    fn debug_shows_no_content() {
        let data = decode(&record(header(Kind::Data, 6), b"CANARY")).expect("data");
        assert!(!format!("{data:?}").contains("CANARY"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(Captured::Data(data)) = decode(&bytes) {
                prop_assert!(data.bytes.len() <= bytes.len());
            }
        }
    }
}
