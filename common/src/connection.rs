//! Connections as the kernel side knows them.

/// Which TLS object of which process. Pointers and pids are reused: [`Connection::generation`] tells users apart.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnKey {
    /// Address of the library's connection object (`SSL *`).
    pub pointer: u64,
    /// Thread group id in the initial PID namespace.
    pub tgid: u32,
    /// Always 0; map keys have no hidden bytes.
    pub reserved: u32,
}

/// What the kernel side keeps of a connection.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Connection {
    /// Time at which it was first seen: differs for each user of the same pointer.
    pub generation: u64,
    /// Offset of the next byte of each direction, by [`crate::record::Direction`].
    pub offsets: [u64; 2],
    /// [`flag`]s.
    pub flags: u32,
    /// Records that found no place in the ring.
    pub lost_ring: u32,
    /// Records whose bytes could not be read from the process.
    pub lost_fault: u32,
    /// Always 0.
    pub reserved: u32,
}

/// Bits of [`Connection::flags`].
pub mod flag {
    /// Seen from before its first byte of plaintext.
    pub const WHOLE: u32 = 1;
    /// Nothing is copied any more: its first bytes cannot be HTTP, or the agent said so.
    pub const MUTED: u32 = 2;
    /// A handshake call was seen.
    pub const HANDSHAKE: u32 = 4;
    /// A handshake call succeeded.
    pub const ESTABLISHED: u32 = 8;
    /// `SSL_shutdown` was called.
    pub const SHUTDOWN: u32 = 16;
}
