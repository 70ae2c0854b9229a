//! Every cap of this crate, with its reason.

/// Exchanges open at once on one connection. HTTP/1 has one; HTTP/2 servers commonly allow 100 to 250 streams. Past
/// it the oldest is given up as unfinished, so it is seen and not lost.
pub const OPEN_EXCHANGES: usize = 256;

/// Calls open at once on one WebSocket. Responses run one after the other, in Realtime one at a time and a few beside
/// the conversation. Past it the oldest is given up as unfinished.
pub const SOCKET_CALLS: usize = 16;

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

/// How long after a failed attempt the same body is still taken for another: clients wait up to 60 s between two, and
/// take up to 60 s to connect. Where the server said how long to wait, twice that if it is longer.
pub const BACK_OFF_NS: u64 = 130 * 1_000_000_000;

/// Attempts of a process that are remembered; 6 KiB. A busy process makes some hundred calls a second, and a retry that
/// comes after so many others is told as a call of its own.
pub const REMEMBERED_ATTEMPTS: usize = 64;

/// Tool calls of a process that have not come back. Most come back with the next call.
pub const REMEMBERED_TOOL_CALLS: usize = 256;

/// Prompts of a process that are remembered, with [`REMEMBERED_BLOCKS`] blocks in all.
pub const REMEMBERED_PROMPTS: usize = 128;

/// Blocks of all prompts of a process that are remembered; 96 KiB.
pub const REMEMBERED_BLOCKS: usize = 4096;

/// The shortest prompt that OpenAI and most models of Anthropic and Google cache.
pub const CACHED_TOKENS: u64 = 1024;

/// Bytes of a price file. The largest that there is, litellm's, has 3 MB.
pub const PRICE_FILE: usize = 16 * 1024 * 1024;

/// Models of a price file, which are looked through one after the other. litellm's has 4,500.
pub const PRICE_MODELS: usize = 50_000;

/// Nesting of a price file. The embedded one has 11.
pub const PRICE_DEPTH: usize = 64;

/// Nesting of clauses in a price file. Its own has 3.
pub const PRICE_CLAUSE_DEPTH: usize = 8;

/// Bytes of a pattern in a price file; the longest of its own has 112.
pub const PRICE_PATTERN: usize = 512;

/// Bytes of a compiled pattern.
pub const PRICE_PATTERN_COMPILED: usize = 64 * 1024;

/// Groups within groups in a pattern.
pub const PRICE_PATTERN_DEPTH: u32 = 16;

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
