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

/// Nesting that is followed in an answer that should be JSON. Schemas of providers allow 5 to 10 levels.
pub const CHECK_DEPTH: usize = 128;

/// Bytes of one usage object. The largest that is known, of OpenRouter with all its costs, has 900.
pub const USAGE: usize = 4096;

/// Figures of all usage objects of a call. The richest provider (Gemini with all modalities) tells 30.
pub const FIGURES: usize = 64;

/// Nesting within a usage object: `iterations[0].cache_creation.ephemeral_5m_input_tokens` has 4.
pub const USAGE_DEPTH: usize = 5;

/// Messages of a prompt whose digests are kept, from the first on: 4 KiB for a call under way. Agents' conversations
/// reach a few hundred; of a longer one a change after these is not seen, and that there are more is.
pub const TRACED_MESSAGES: usize = 512;

/// Bytes of a stream's item that are compared with the next item's. Chunks of text have 150 to 500; of a longer one
/// nothing is kept, and the next is read as if it were the first.
pub const REPEATED: usize = 2048;

/// Strings and numbers of an item that may differ from the next one's. Azure, which tells of each of its filters in
/// each chunk, has 11.
pub const HOLES: usize = 16;
