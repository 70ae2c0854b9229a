//! Counters of the kernel side: [`Counters`] per processor, by [`Counter`].
//!
//! For data: `record_in = record_out + ring_full + read_fault + over_long`, and the same in bytes.

macro_rules! counters {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// Index of a counter.
        #[repr(u32)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Counter { $($(#[doc = $doc])* $variant,)* }

        impl Counter {
            /// Every counter, in the order of their indexes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();
            /// The name under which it is printed and exported.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

/// The one entry of the per-CPU array.
pub type Counters = [u64; Counter::COUNT];

counters! {
    /// Data records that were to be made.
    RecordIn = "record_in",
    /// Their payload bytes.
    ByteIn = "byte_in",
    /// Data records that went into the ring.
    RecordOut = "record_out",
    /// Their payload bytes.
    ByteOut = "byte_out",
    /// Data records that found no place in the ring.
    RingFull = "ring_full",
    /// Their payload bytes.
    RingFullByte = "ring_full_byte",
    /// Data records whose bytes could not be read from the process.
    ReadFault = "read_fault",
    /// Their payload bytes.
    ReadFaultByte = "read_fault_byte",
    /// Calls of which the part beyond the longest that can be copied was left out.
    OverLong = "over_long",
    /// The bytes left out.
    OverLongByte = "over_long_byte",
    /// Marks (handshake, close, process) that went into the ring.
    MarkOut = "mark_out",
    /// Marks that found no place in the ring.
    MarkLost = "mark_lost",
    /// Calls whose result could not be read, so that nothing is known of what they carried.
    ArgsMissing = "args_missing",
    /// Calls inside another call of the same direction on the same thread; the outer one was captured.
    Nested = "nested",
    /// Calls that no slot was free for.
    InflightFull = "inflight_full",
    /// Calls on connections that the table had no place for.
    ConnectionFull = "connection_full",
    /// Calls of processes that policy denies; nothing was copied.
    Denied = "denied",
    /// Calls of processes that the agent had not decided yet; nothing was copied.
    Undecided = "undecided",
    /// Calls on muted connections; nothing was copied.
    Muted = "muted",
    /// Connections muted in the kernel because their first bytes cannot be HTTP.
    MutedConnection = "muted_connection",
    /// Reads that were repeated after bringing the process's pages back into memory.
    PagedIn = "paged_in",
    /// Processes that policy allowed.
    Allowed = "allowed",
}
