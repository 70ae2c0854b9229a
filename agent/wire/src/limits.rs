//! Every cap of this crate, with its reason. Reaching one is said as [`crate::Notice::Limit`] and never silently.
//!
//! The queue of messages waiting for [`crate::Connection::poll`] has no cap of its own: it is filled by one call and
//! emptied before the next one, so the size of one pushed piece bounds it.

/// A head: request or status line and header fields, or the trailer fields of a chunked body. Servers refuse heads
/// over 8–32 KiB (nginx 4 × 8 KiB, Node 16 KiB); twice that leaves room for those that do not.
pub const HEAD_BYTES: usize = 64 * 1024;

/// Header fields kept of one head. Real ones have 10–40; framing is still read from all of them.
pub const HEADER_FIELDS: usize = 128;

/// The longest method name. The longest registered one, `UPDATEREDIRECTREF`, has 17 letters.
pub const METHOD_BYTES: usize = 24;

/// Bytes looked at before a request line must have ended: the URL length that servers commonly allow. Also what a
/// search for a head keeps while a candidate is incomplete.
pub const START_LINE_BYTES: usize = 8 * 1024;

/// A chunk-size line with its extensions. Nobody sends extensions; a line without end is no chunk-size line.
pub const CHUNK_LINE_BYTES: u32 = 16 * 1024;

/// Requests that wait for their response. LLM clients never pipeline, and pipelining ones keep under this; more
/// means that the responses are not captured, so the oldest is given up.
pub const WAITING_REQUESTS: usize = 64;

/// Data of one event. Final events repeat a whole answer and images come as base64, a few megabytes each; the
/// rest of a longer one is dropped and the event marked.
pub const EVENT_DATA_BYTES: usize = 4 * 1024 * 1024;

/// An event's name. The longest of any provider has 50 letters.
pub const EVENT_NAME_BYTES: usize = 256;

/// Bytes without a believable head, both directions together, after which a connection that was joined late is
/// taken to speak something else. One request with large images stays below; a database passes it in seconds.
pub const FOREIGN_AFTER_BYTES: u64 = 4 * 1024 * 1024;

/// Arrival times kept for a head that comes in pieces. A head in more pieces than this is somebody's test.
pub const CARRIED_TIMES: usize = 1024;

/// Places kept in the empty message queue of a connection; a burst needs more for a moment, thousands of idle
/// connections must not.
pub const QUEUE_KEPT: usize = 16;

/// What [`crate::Connection::held`] cannot pass. Buffers double as they grow, hence the factors: one event under
/// way, two heads, two candidates of a search with the piece that may complete them, two sniffed prefixes.
pub const HELD_BYTES: usize = 2 * EVENT_DATA_BYTES + 16 * HEAD_BYTES;
