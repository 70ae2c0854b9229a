//! The record: what the kernel side puts into the ring.
//!
//! ```text
//!   0 kind u8 │ direction u8 │ function u8 │ flags u8 │ len u32
//!   8 time u64          when the process handed the bytes over (write) or got them (read)
//!  16 other u64         the other end of the call: return of a write, entry of a read
//!  24 tgid u32 │ tid u32
//!  32 start u64         of the process, from boot
//!  40 pointer u64       of the TLS object
//!  48 generation u64    of the connection
//!  56 offsets [u64; 2]  of the next byte of each direction; for data, of the payload's first byte in its own direction
//!  72 lost_ring u32 │ lost_fault u32     of this connection, so far
//!  80 call_len u32 │ cpu u32
//!  88 payload, len bytes, then unused bytes up to the size tier
//! ```
//!
//! A lost record is seen by the next one: its offset is not where the last one ended.

/// Size of the header.
pub const HEADER: usize = size_of::<Header>();

/// What a record says.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Plaintext.
    Data = 1,
    /// A handshake call was entered for the first time on this connection.
    HandshakeStart = 2,
    /// A handshake call succeeded.
    HandshakeDone = 3,
    /// The server name was set; payload: the name.
    ServerName = 4,
    /// `SSL_shutdown`: this side will write no more.
    Shutdown = 5,
    /// The object is gone.
    Free = 6,
    /// Muted in the kernel: its first bytes cannot be HTTP.
    Muted = 7,
    /// A process was allowed; payload: [`ProcessPayload`].
    Process = 8,
    /// An allowed process executed another program: its connections are gone.
    Exec = 9,
    /// An allowed process ended.
    Exit = 10,
    /// A process, observed or not, is being moved to another cgroup, and filters name cgroups.
    Moved = 11,
}

impl Kind {
    /// The kind with this number.
    pub const fn from_u8(n: u8) -> Option<Self> {
        Some(match n {
            1 => Self::Data,
            2 => Self::HandshakeStart,
            3 => Self::HandshakeDone,
            4 => Self::ServerName,
            5 => Self::Shutdown,
            6 => Self::Free,
            7 => Self::Muted,
            8 => Self::Process,
            9 => Self::Exec,
            10 => Self::Exit,
            11 => Self::Moved,
            _ => return None,
        })
    }
}

/// Which way plaintext goes, seen from the process.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The process wrote it.
    Write = 0,
    /// The process read it.
    Read = 1,
}

impl Direction {
    /// The direction with this number.
    pub const fn from_u8(n: u8) -> Option<Self> {
        match n {
            0 => Some(Self::Write),
            1 => Some(Self::Read),
            _ => None,
        }
    }
}

/// Bits of [`Header::flags`].
pub mod flag {
    /// The connection was seen from before its first byte.
    pub const WHOLE: u8 = 1;
    /// The bytes could not be read: `len` is 0 and `call_len` bytes from the offset on are missing.
    pub const FAULT: u8 = 2;
}

/// The head of every record.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// [`Kind`].
    pub kind: u8,
    /// [`Direction`]; 0 where there is none.
    pub direction: u8,
    /// [`crate::cookie::Function`] that was called; 0 where there is none.
    pub function: u8,
    /// [`flag`]s.
    pub flags: u8,
    /// Bytes of payload.
    pub len: u32,
    /// Kernel time of the bytes, or of the mark.
    pub time: u64,
    /// The other end of the call.
    pub other: u64,
    /// Process.
    pub tgid: u32,
    /// Thread.
    pub tid: u32,
    /// Start of the process.
    pub start: u64,
    /// TLS object.
    pub pointer: u64,
    /// Generation of the connection.
    pub generation: u64,
    /// Offsets of both directions.
    pub offsets: [u64; 2],
    /// Records of this connection that found no place in the ring.
    pub lost_ring: u32,
    /// Records of this connection that could not be read.
    pub lost_fault: u32,
    /// Bytes of the whole call; with [`flag::FAULT`], bytes missing here.
    pub call_len: u32,
    /// Processor that made the record.
    pub cpu: u32,
}

impl Header {
    /// Takes a record apart. `None`: it is shorter than it says, or than a header. The kind is not judged here.
    pub fn decode(record: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = record.split_at_checked(HEADER)?;
        let head: &[u8; HEADER] = head.try_into().ok()?;
        let header = Self {
            kind: head[0],
            direction: head[1],
            function: head[2],
            flags: head[3],
            len: u32_at(head, 4),
            time: u64_at(head, 8),
            other: u64_at(head, 16),
            tgid: u32_at(head, 24),
            tid: u32_at(head, 28),
            start: u64_at(head, 32),
            pointer: u64_at(head, 40),
            generation: u64_at(head, 48),
            offsets: [u64_at(head, 56), u64_at(head, 64)],
            lost_ring: u32_at(head, 72),
            lost_fault: u32_at(head, 76),
            call_len: u32_at(head, 80),
            cpu: u32_at(head, 84),
        };
        Some((header, rest.get(..header.len as usize)?))
    }

    /// The bytes that [`Self::decode`] reads: what a tape holds.
    pub fn encode(&self) -> [u8; HEADER] {
        let Self {
            kind,
            direction,
            function,
            flags,
            len,
            time,
            other,
            tgid,
            tid,
            start,
            pointer,
            generation,
            offsets,
            lost_ring,
            lost_fault,
            call_len,
            cpu,
        } = *self;
        let mut out = [0; HEADER];
        out[..4].copy_from_slice(&[kind, direction, function, flags]);
        out[4..8].copy_from_slice(&len.to_ne_bytes());
        let words = [(8, time), (16, other), (32, start), (40, pointer), (48, generation)];
        for (at, word) in words.into_iter().chain([(56, offsets[0]), (64, offsets[1])]) {
            out[at..at + 8].copy_from_slice(&word.to_ne_bytes());
        }
        let halves = [(24, tgid), (28, tid), (72, lost_ring), (76, lost_fault), (80, call_len), (84, cpu)];
        for (at, half) in halves {
            out[at..at + 4].copy_from_slice(&half.to_ne_bytes());
        }
        out
    }
}

/// Payload of [`Kind::Process`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessPayload {
    /// Name of the main thread, zero-terminated.
    pub comm: [u8; crate::limits::COMM],
    /// Cgroup id in the unified hierarchy.
    pub cgroup: u64,
    /// Real user id.
    pub uid: u32,
    /// Always 0.
    pub reserved: u32,
}

fn u32_at(head: &[u8; HEADER], at: usize) -> u32 {
    u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]])
}

fn u64_at(head: &[u8; HEADER], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&head[at..at + 8]);
    u64::from_ne_bytes(word)
}

#[cfg(test)]
mod tests {
    //! The layout that the kernel writes is the one that is decoded.
    use super::*;

    fn sample() -> Header {
        Header {
            kind: 1,
            direction: 1,
            function: 2,
            flags: 3,
            len: 5,
            time: 0x0102_0304_0506_0708,
            other: 9,
            tgid: 10,
            tid: 11,
            start: 12 << 40,
            pointer: 0x7fff_dead_beef,
            generation: u64::MAX - 1,
            offsets: [14 << 33, 15],
            lost_ring: 16,
            lost_fault: 17,
            call_len: 18,
            cpu: 19,
        }
    }

    #[test]
    fn the_struct_is_the_encoding() {
        let header = sample();
        // SAFETY: Header is repr(C) and its size is the sum of its fields, so it has no padding.
        let raw: [u8; HEADER] = unsafe { core::mem::transmute(header) };
        assert_eq!(raw, header.encode());
    }

    #[test]
    fn decode_gives_back_what_was_encoded() {
        let header = sample();
        let mut record = [0u8; HEADER + 8];
        record[..HEADER].copy_from_slice(&header.encode());
        record[HEADER..HEADER + 5].copy_from_slice(b"hello");
        let (decoded, payload) = Header::decode(&record).expect("long enough");
        assert_eq!((decoded, payload), (header, &b"hello"[..]));
    }

    #[test]
    fn a_record_that_is_shorter_than_it_says_is_refused() {
        let mut record = [0u8; HEADER + 4];
        record[..HEADER].copy_from_slice(&sample().encode());
        assert_eq!(Header::decode(&record), None);
        assert_eq!(Header::decode(&record[..HEADER - 1]), None);
    }

    #[test]
    fn tiers_are_whole_multiples_of_eight_with_their_header() {
        for tier in crate::limits::TIERS {
            assert_eq!((tier + HEADER) % 8, 0);
        }
    }
}
