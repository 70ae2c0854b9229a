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

/// Data of one event or WebSocket message. Final events repeat a whole answer and images come as base64, a few
/// megabytes each; the rest of a longer one is dropped and the event marked.
pub const EVENT_DATA_BYTES: usize = 16 * 1024 * 1024;

/// An event's name. The longest of any provider has 50 letters.
pub const EVENT_NAME_BYTES: usize = 256;

/// Bytes kept while frames of HTTP/2 are searched for: a chain of three of the usual greatest length is less.
pub const FRAME_SEARCH_BYTES: usize = 64 * 1024;

/// Chains of frames followed at a time in that search. Bytes that are no frames hold few that may be one. When there are
/// more, new ones are not begun, so frames are found later than they could be; what that passes over, the resync tells.
pub const FRAME_CHAINS: usize = 32;

/// Streams open at a time on one connection. Servers allow 100 to 250, proxies 1,000 or so; past this the oldest is
/// given up, for the likeliest reason is that its end was lost.
pub const STREAMS: usize = 1024;

/// Streams remembered after they ended, so that frames that were under way then are not taken for a stream joined late.
/// Those come within a round trip.
pub const CLOSED_STREAMS: usize = 128;

/// Memory that the bodies of one HTTP/2 connection may take, windows of decompressors included: a thousand streams in
/// gzip. A body that wants more is given up.
pub const STREAMS_HELD_BYTES: usize = 64 * 1024 * 1024;

/// One line or element of JSON. They are events in another dress; see [`EVENT_DATA_BYTES`].
pub const JSON_ITEM_BYTES: usize = EVENT_DATA_BYTES;

/// All of an AWS event stream message: AWS allows 16 MiB of payload, and implementations accept 24 MiB in all. A
/// prelude that says more is none.
pub const FRAME_BYTES: u32 = 24 * 1024 * 1024;

/// Headers of an AWS event stream message: what AWS allows.
pub const FRAME_HEADERS_BYTES: u32 = 128 * 1024;

/// Payload kept of an AWS event stream message; see [`EVENT_DATA_BYTES`].
pub const FRAME_PAYLOAD_BYTES: usize = EVENT_DATA_BYTES;

/// A gRPC message. Implementations refuse to receive more than 4 MiB unless told otherwise.
pub const GRPC_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes without a believable head, both directions together, after which a connection that was joined late is
/// taken to speak something else. One request with large images stays below; a database passes it in seconds.
pub const FOREIGN_AFTER_BYTES: u64 = 4 * 1024 * 1024;

/// Arrival times kept for a head that comes in pieces. A head in more pieces than this is somebody's test.
pub const CARRIED_TIMES: usize = 1024;

/// Places kept in the empty message queue of a connection; a burst needs more for a moment, thousands of idle
/// connections must not.
pub const QUEUE_KEPT: usize = 16;

/// Decoded bytes of bodies in content codings that one push may give; more of them wait for nobody. A bomb stops here.
pub const DECODED_BYTES: usize = 16 * 1024 * 1024;

/// A dynamic table of HPACK, as RFC 7541 §4.1 counts it. Peers allow 4 KiB (the default of HTTP/2) up to 64 KiB
/// (browsers); of a larger table the oldest fields come as unknown. No more than [`HEAD_BYTES`]: what is too long to be
/// given is too long to be kept.
pub const HPACK_TABLE_BYTES: usize = 64 * 1024;

/// Content codings stacked on one body. Two are a misconfigured proxy, more are an attack.
pub const CODINGS: usize = 4;

/// A piece of decoded content. As large as a TLS record, in which content comes that is not coded.
pub const CODING_PIECE_BYTES: usize = 16 * 1024;

/// Decoded bytes that a body may have whatever it was compressed to. Most are smaller.
pub const CODING_FLOOR_BYTES: u64 = 16 * 1024 * 1024;

/// Decoded bytes for each coded one, beyond the floor. Text reaches 5–20, JSON that repeats itself 200; deflate
/// could reach 1032, brotli and zstd any number.
pub const CODING_RATIO: u64 = 256;

/// The binary logarithm of the largest zstd window: 8 MiB, which is all that a content coding may use (RFC 9659 §3).
/// Brotli's is bounded by its format (16 MiB, RFC 7932 §9.1) and deflate's too (32 KiB).
pub const ZSTD_WINDOW_LOG: u32 = 23;

/// What the decoders of one body cannot pass, stacked ones together: brotli's window with the tables of a block, 256
/// codes of each of three kinds. zstd stays below 9 MiB, deflate at 47 KiB.
pub const CODING_HELD_BYTES: usize = 21 * 1024 * 1024;

/// Bytes to the server held between the request for a WebSocket and its answer. A client waits for the answer, so what
/// comes before it is what the two directions were seen out of step, or a pipelined request.
pub const UPGRADE_HELD_BYTES: usize = 64 * 1024;

/// Pieces of these that are told apart by their times, and gaps among them.
pub const UPGRADE_HELD_PARTS: usize = 1024;

/// Bytes that one byte of a compressed WebSocket may become in the long run. JSON becomes 3–20 times as much, second
/// after second of silent audio in base64 up to some hundred times; deflate can do 1032.
pub const INFLATED_PER_BYTE: u64 = 200;

/// How far a WebSocket's direction may go beyond that. Past it, its compression is given up; this also bounds what one
/// pushed piece can put into the queue of messages.
pub const INFLATED_AHEAD: u64 = DECODED_BYTES as u64;

/// What an inflater takes: its window of 32 KiB, and its tables.
pub const INFLATER_BYTES: usize = 48 * 1024;

/// What [`crate::Connection::held`] cannot pass: what streams may take, or of HTTP/1 one body in each direction, with an
/// item under way, whose buffer doubles as it grows; heads, tables of HPACK, and what searches keep.
pub const HELD_BYTES: usize = STREAMS_HELD_BYTES
    + 2 * (CODING_HELD_BYTES + 2 * EVENT_DATA_BYTES + 2 * FRAME_HEADERS_BYTES as usize)
    + 64 * HEAD_BYTES;
