//! What the provider takes at most. It serves tests on a shared machine: a broken client must not eat it.

use std::time::Duration;

/// Connections at once. The largest live test opens 200.
pub(super) const CONNECTIONS: usize = 1024;
/// Streams at once of one HTTP/2 connection. OpenAI's edge says 100, and httpx never opens more.
pub(super) const STREAMS: u32 = 128;
/// Bytes of request body that an HTTP/2 client may send ahead, per stream and per connection.
pub(super) const STREAM_WINDOW: u32 = 1024 * 1024;
pub(super) const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
/// Bytes of a request head. OpenAI's edge refuses more than this too.
pub(super) const HEAD_BYTES: usize = 64 * 1024;
/// Headers of a request. The SDKs send about 25.
pub(super) const HEADERS: usize = 100;
/// Bytes of a request body.
pub(super) const BODY_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of a chunked request body, framing included: it is parsed again from its start at every read, which is simple
/// and quadratic.
pub(super) const CHUNKED_BODY_BYTES: usize = 1024 * 1024;
/// A handshake, and the wait for a kept-alive connection's next request.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(20);
/// The wait for the next bytes of a client.
pub(super) const IDLE: Duration = Duration::from_secs(120);
/// A scripted pause.
pub(super) const PAUSE: Duration = Duration::from_secs(60);
/// Scripted content chunks.
pub(super) const CHUNKS: u32 = 10_000;
/// Scripted tool calls.
pub(super) const TOOL_CALLS: u32 = 16;
/// Scripted tokens of one kind: small enough that sums of a few stay far from any limit of a client's.
pub(super) const TOKENS: u32 = 100_000;
/// A scripted word. The longest finish reason of any API has 27 letters.
pub(super) const WORD_BYTES: usize = 40;
/// Bytes of content in one chunk: with its JSON around it the event still fits one TLS record of 16 KiB.
pub(super) const CONTENT_BYTES: usize = 12 * 1024;
