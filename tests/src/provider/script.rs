//! What a client asks the provider to play, in its `x-script` header: `ttft_ms=120,chunks=20,gap_ms=15`.
//!
//! In: the header's text. Out: a [`Script`] in which every value is within its limit. A key we do not know is an
//! error: a test that misspells one must not pass by playing the default.

use std::{error::Error, fmt, time::Duration};

use super::{
    coding::{Coding, CodingRule},
    limits,
};

/// How one call is to be played.
///
/// ```text
/// request read ─ think ─ head, role-only chunk ─ ttft ─ content ─ gap ─ content … ─ finish, usage, [DONE]
/// ```
///
/// A response that is not a stream comes after the sum of all pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// From the request's last byte to the response head.
    pub think: Duration,
    /// From the role-only chunk to the first content chunk.
    pub ttft: Duration,
    /// Between content chunks.
    pub gap: Duration,
    /// Content chunks of text.
    pub chunks: u32,
    /// Tool calls after the text; each is three content chunks.
    pub tools: u32,
    /// Chunks of reasoning before the text, where the API shows any.
    pub thoughts: u32,
    /// The text is a refusal, where the API has a field for it.
    pub refusal: bool,
    /// The text comes as a list of parts, where the API may send it so.
    pub parts: bool,
    /// Why it ended, in the API's own words; absent: its usual ones.
    pub finish: Option<String>,
    /// Input tokens that were read from a cache; absent: none, or by the API's rule.
    pub cached: Option<u32>,
    /// Input tokens that were put into a cache.
    pub cache_write: Option<u32>,
    /// Output tokens that were reasoning.
    pub reasoning: Option<u32>,
    /// Status of the response; an error body is sent when it is not 200.
    pub status: u16,
    /// What the text is made of.
    pub content: Content,
    /// Drop the connection, without a word, after so many content chunks.
    pub abort_after: Option<u32>,
    /// Tell of an error in the stream, and end it, after so many content chunks; where the API has a form for it.
    pub error_after: Option<u32>,
    /// How the stream's end is told.
    pub framing: Framing,
    /// Say `Connection: close` and do it; on HTTP/2, GOAWAY.
    pub close: bool,
    /// How the body is coded.
    pub coding: CodingRule,
    /// Send a trailer section: on HTTP/2, and after a chunked body.
    pub trailers: bool,
}

/// What the text of a response is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// One short word per chunk.
    Word,
    /// 8 KiB per chunk.
    Long,
    /// Letters of two, three and four bytes.
    Unicode,
    /// The last message of the prompt, in every chunk.
    Echo,
}

/// How the end of a streamed response is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// `Content-Length`: the script says beforehand what will come.
    Length,
}

/// Why a script is refused, in words for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptError {
    /// Not `key=value`.
    NotAPair(String),
    /// No such key.
    UnknownKey(String),
    /// Not a value that this key takes.
    BadValue { key: &'static str, value: String },
    /// More than the provider plays.
    TooLarge { key: &'static str, most: u64 },
}

impl Default for Script {
    fn default() -> Self {
        Self {
            think: Duration::ZERO,
            ttft: Duration::from_millis(20),
            gap: Duration::from_millis(5),
            chunks: 10,
            tools: 0,
            thoughts: 0,
            refusal: false,
            parts: false,
            finish: None,
            cached: None,
            cache_write: None,
            reasoning: None,
            status: 200,
            content: Content::Word,
            abort_after: None,
            error_after: None,
            framing: Framing::Chunked,
            close: false,
            coding: CodingRule::Identity,
            trailers: false,
        }
    }
}

impl Script {
    /// Reads a script; no header and an empty one play the default.
    pub fn parse(header: &str) -> Result<Self, ScriptError> {
        let mut script = Self::default();
        for item in header.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (key, value) = item.split_once('=').ok_or_else(|| ScriptError::NotAPair(item.to_owned()))?;
            script.set(key.trim(), value.trim())?;
        }
        Ok(script)
    }

    /// The time that all pauses take together, for a response that comes whole.
    pub fn total(&self) -> Duration {
        self.think + self.ttft + self.gap * self.chunks.saturating_sub(1)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), ScriptError> {
        match key {
            "think_ms" => self.think = pause("think_ms", value)?,
            "ttft_ms" => self.ttft = pause("ttft_ms", value)?,
            "gap_ms" => self.gap = pause("gap_ms", value)?,
            "chunks" => self.chunks = count("chunks", value, limits::CHUNKS)?,
            "tool" => self.tools = count("tool", value, limits::TOOL_CALLS)?,
            "thoughts" => self.thoughts = count("thoughts", value, limits::CHUNKS)?,
            "refusal" => self.refusal = count("refusal", value, 1)? == 1,
            "parts" => self.parts = count("parts", value, 1)? == 1,
            "finish" => self.finish = Some(word("finish", value)?),
            "cached" => self.cached = Some(count("cached", value, limits::TOKENS)?),
            "cache_write" => self.cache_write = Some(count("cache_write", value, limits::TOKENS)?),
            "reasoning" => self.reasoning = Some(count("reasoning", value, limits::TOKENS)?),
            "status" => self.status = status(value)?,
            "abort_after" => self.abort_after = Some(count("abort_after", value, limits::CHUNKS)?),
            "error_after" => self.error_after = Some(count("error_after", value, limits::CHUNKS)?),
            "close" => self.close = count("close", value, 1)? == 1,
            "trailers" => self.trailers = count("trailers", value, 1)? == 1,
            "coding" => {
                self.coding = match (value, Coding::named(value)) {
                    (_, Some(coding)) => CodingRule::Always(coding),
                    ("accept", None) => CodingRule::Accept,
                    ("identity", None) => CodingRule::Identity,
                    (_, None) => return Err(bad("coding", value)),
                }
            }
            "content" => {
                self.content = match value {
                    "word" => Content::Word,
                    "long" => Content::Long,
                    "unicode" => Content::Unicode,
                    "echo" => Content::Echo,
                    _ => return Err(bad("content", value)),
                }
            }
            "framing" => {
                self.framing = match value {
                    "chunked" => Framing::Chunked,
                    "length" => Framing::Length,
                    _ => return Err(bad("framing", value)),
                }
            }
            _ => return Err(ScriptError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }
}

fn bad(key: &'static str, value: &str) -> ScriptError {
    ScriptError::BadValue { key, value: value.to_owned() }
}

fn count(key: &'static str, value: &str, most: u32) -> Result<u32, ScriptError> {
    let count: u32 = value.parse().map_err(|_| bad(key, value))?;
    if count > most {
        return Err(ScriptError::TooLarge { key, most: most.into() });
    }
    Ok(count)
}

fn pause(key: &'static str, value: &str) -> Result<Duration, ScriptError> {
    let most = u32::try_from(limits::PAUSE.as_millis()).unwrap_or(u32::MAX);
    Ok(Duration::from_millis(count(key, value, most)?.into()))
}

/// A finish reason as the APIs spell them: it is put into JSON as it is.
fn word(key: &'static str, value: &str) -> Result<String, ScriptError> {
    let fits = (1..=limits::WORD_BYTES).contains(&value.len());
    if fits && value.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
        return Ok(value.to_owned());
    }
    Err(bad(key, value))
}

fn status(value: &str) -> Result<u16, ScriptError> {
    match value.parse() {
        // 1xx is not an answer, and 204 and 304 have no body: the formats here have none of them.
        Ok(status @ (200 | 400..=599)) => Ok(status),
        Ok(_) | Err(_) => Err(bad("status", value)),
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPair(item) => write!(f, "x-script: `{item}` is not key=value"),
            Self::UnknownKey(key) => write!(
                f,
                "x-script: unknown key `{key}`; there are think_ms, ttft_ms, gap_ms, chunks, tool, thoughts, \
                 refusal, parts, finish, cached, cache_write, reasoning, status, content, abort_after, error_after, framing, close, \
                 coding, trailers"
            ),
            Self::BadValue { key, value } => write!(f, "x-script: `{value}` is not a value of {key}"),
            Self::TooLarge { key, most } => write!(f, "x-script: {key} is at most {most}"),
        }
    }
}

impl Error for ScriptError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expect: &Script) {
        assert_eq!(Script::parse(header).as_ref(), Ok(expect), "{header}");
    }

    #[test]
    fn reads_every_key() {
        let default = Script::default();
        check("", &default);
        check(" , ", &default);
        check("chunks=3", &Script { chunks: 3, ..Script::default() });
        check(
            "ttft_ms=120,chunks=20,gap_ms=15,tool=2,status=429,content=echo,think_ms=7,abort_after=4,error_after=3",
            &Script {
                think: Duration::from_millis(7),
                ttft: Duration::from_millis(120),
                gap: Duration::from_millis(15),
                chunks: 20,
                tools: 2,
                status: 429,
                content: Content::Echo,
                abort_after: Some(4),
                error_after: Some(3),
                ..Script::default()
            },
        );
        check(
            "thoughts=2,refusal=1,parts=1,finish=MAX_TOKENS,cached=64,cache_write=32,reasoning=17",
            &Script {
                thoughts: 2,
                refusal: true,
                parts: true,
                finish: Some("MAX_TOKENS".to_owned()),
                cached: Some(64),
                cache_write: Some(32),
                reasoning: Some(17),
                ..Script::default()
            },
        );
        check(
            " framing = length , close=1 ",
            &Script { framing: Framing::Length, close: true, ..Script::default() },
        );
        check("content=long", &Script { content: Content::Long, ..Script::default() });
        check("content=unicode", &Script { content: Content::Unicode, ..Script::default() });
        check("content=word,framing=chunked,close=0,coding=identity,trailers=0", &default);
        for (name, coding) in [
            ("gzip", CodingRule::Always(Coding::Gzip)),
            ("deflate", CodingRule::Always(Coding::Deflate)),
            ("br", CodingRule::Always(Coding::Br)),
            ("zstd", CodingRule::Always(Coding::Zstd)),
            ("accept", CodingRule::Accept),
        ] {
            let expect = Script { coding, trailers: true, ..Script::default() };
            check(&format!("coding={name},trailers=1"), &expect);
        }
    }

    #[test]
    fn refuses_and_says_what() {
        for (header, words) in [
            ("ttf_ms=1", "unknown key `ttf_ms`"),
            ("chunks", "`chunks` is not key=value"),
            ("chunks=", "`` is not a value of chunks"),
            ("chunks=-1", "`-1` is not a value of chunks"),
            ("chunks=10001", "chunks is at most 10000"),
            ("gap_ms=60001", "gap_ms is at most 60000"),
            ("status=204", "`204` is not a value of status"),
            ("status=99999", "`99999` is not a value of status"),
            ("content=poem", "`poem` is not a value of content"),
            ("framing=none", "`none` is not a value of framing"),
            ("close=2", "close is at most 1"),
            ("coding=lzw", "`lzw` is not a value of coding"),
            ("trailers=2", "trailers is at most 1"),
            ("finish=stop\"", "`stop\"` is not a value of finish"),
            ("cached=100001", "cached is at most 100000"),
            ("tool=17", "tool is at most 16"),
        ] {
            let error = Script::parse(header).expect_err(header).to_string();
            assert!(error.contains(words), "{header}: {error}");
        }
    }

    #[test]
    fn total_counts_gaps_between_chunks() {
        let script = Script::parse("think_ms=1,ttft_ms=10,gap_ms=100,chunks=3").unwrap();
        assert_eq!(script.total(), Duration::from_millis(211));
        assert_eq!(Script { chunks: 0, ..script }.total(), Duration::from_millis(11));
    }
}
