//! Caps of the connection table, with their reasons.

/// Connections of one shard. Twice what one busy gateway keeps open; each costs some hundred bytes when idle.
pub const CONNECTIONS: usize = 65_536;

/// Nanoseconds without a record after which a connection is forgotten. Longer than any provider lets a request run
/// (10 minutes for OpenAI and Anthropic) and than clients keep idle connections.
pub const IDLE_NS: u64 = 15 * 60 * 1_000_000_000;

/// Bytes that all decoders of a shard may hold together. A decoder alone holds up to its own caps; this is for the
/// many that would do so at once.
pub const HELD_BYTES: usize = 256 * 1024 * 1024;
