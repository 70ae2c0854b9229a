//! Every cap of this crate, with its reason.

/// Exchanges open at once on one connection. HTTP/1 has one; HTTP/2 servers commonly allow 100 to 250 streams. Past
/// it the oldest is given up as unfinished, so it is seen and not lost.
pub const OPEN_EXCHANGES: usize = 256;

/// Exchanges of a connection that must all have been foreign before it is called [`crate::Verdict::Foreign`]. Muting
/// cannot be undone, so one health check and a few lookups through a shared gateway must not be enough; eight plain
/// exchanges on a pooled connection cost less to copy than one model call missed.
pub const FOREIGN_AFTER: u64 = 8;

/// Bytes of one captured string: a model, an id, a tool's name. The longest real ones (ARNs of inference profiles)
/// stay under 200. A longer one is absent and counted as unknown shape: half an id is worse than none.
pub const TEXT: usize = 256;

/// Bytes of a captured header value, `Host` among them. Real user agents reach 400.
pub const HEADER: usize = 512;

/// Bytes of the path that are kept; a path longer than that is cut, since it is for reading only.
pub const PATH: usize = 512;

/// Bytes of a number or literal. The longest double that any printer emits has 24.
pub const WORD: usize = 40;

/// Nesting that the scanner follows. The deepest place that a provider's file names has 9 containers around it
/// (`response.candidates[].content.parts[].functionCall.args.*`), 10 in an array; what is deeper is passed over by
/// counting brackets.
pub const SCAN_DEPTH: usize = 12;

/// Bytes of a request body on an unknown path within which `model`, `messages` or `contents` must have begun. They
/// are among the first members that every client writes; a foreign upload is not scanned further.
pub const UNDECIDED_BYTES: u64 = 64 * 1024;

/// Choices of one answer: OpenAI's own maximum for `n`.
pub const CHOICES: usize = 128;

/// Tool calls of one answer: as many as OpenAI lets a request declare tools.
pub const TOOL_CALLS: usize = 128;

/// Intervals that are kept one by one; 32 KiB. Longer streams are rare and change to a sketch.
pub const EXACT_INTERVALS: usize = 4096;

/// Bytes of a header value that is read for what it tells. The longest, a report of an engine's load, has a few hundred
/// for each metric that was asked for.
pub const TOLD: usize = 4096;

/// Rate limits of one response. Anthropic sends nine at most, a gateway adds its own; an IETF list may have any number.
pub const RATE_LIMITS: usize = 24;

/// Bytes of the name of a rate limit, or of an entry of `server-timing`. Real ones stay under 30; longer ones of rate
/// limits are cut.
pub const RATE_LIMIT_NAME: usize = 64;

/// Entries of `server-timing`. Real ones have one to five.
pub const SERVER_TIMINGS: usize = 8;
