//! What really happened, per call, by the provider's own clock: what the agent's figures are held against.
//!
//! An entry is opened when a request is whole and each stamp is entered *before* the bytes it belongs to are written,
//! so a client that has seen bytes, and a test that waited for this client, find them here.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

/// One call as the provider served it. Times are `CLOCK_MONOTONIC` nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// `x-request-id`, or what the API has for it; unique, also where no header says it.
    pub request_id: String,
    /// `id` of the response body; absent for an error.
    pub response_id: Option<String>,
    /// The model asked for.
    pub request_model: String,
    /// The model that answered; absent for an error.
    pub response_model: Option<String>,
    /// Whether the response was a stream.
    pub stream: bool,
    /// Status of the response.
    pub status: u16,
    /// The request's last byte had been read.
    pub request_done: u64,
    /// Just before the response head was written.
    pub head_sent: Option<u64>,
    /// Every stream event but `[DONE]`.
    pub chunks: Vec<ChunkSent>,
    /// Just before `[DONE]` was written, or the body of a response that is not a stream.
    pub done_sent: Option<u64>,
    /// Tokens, where the client was told.
    pub usage: Option<UsageTold>,
    /// What a client that understands the answer must find in it; nothing for an error.
    #[serde(default)]
    pub told: Told,
    /// How it ended.
    pub end: End,
    /// The client's port: which connection this was.
    pub peer_port: u16,
    /// Which stream of the connection, where it is HTTP/2.
    #[serde(default)]
    pub http2_stream: Option<u32>,
    /// The coding of the response body, as its `Content-Encoding` says.
    #[serde(default)]
    pub coding: Option<String>,
    /// Bytes of the request body, as they came.
    pub request_bytes: u64,
    /// Bytes of the response body, coded but not framed, as far as handed to the connection; what ends the coding after
    /// `[DONE]` is not counted.
    pub response_bytes: u64,
}

/// One stream event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkSent {
    /// Just before it was written.
    pub at: u64,
    /// Whether it carries text or part of a tool call.
    pub content: bool,
}

/// Tokens as told in the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageTold {
    /// `prompt_tokens`.
    pub input: u64,
    /// `completion_tokens`.
    pub output: u64,
    /// `prompt_tokens_details.cached_tokens`.
    pub cached: u64,
}

/// What an answer says, by the names that are the same for all APIs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// One for each choice, in the API's own words.
    pub finish_reasons: Vec<String>,
    pub tools: Vec<ToolTold>,
    pub tokens: Tokens,
}

/// A call of a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolTold {
    /// Absent where the API gives none.
    pub id: Option<String>,
    pub name: String,
}

/// Tokens by one rule for all APIs: what comes from a cache or goes to it is part of the input, reasoning is part of the
/// output. Absent: not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tokens {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub cached: Option<u64>,
    pub cache_write: Option<u64>,
    pub reasoning: Option<u64>,
}

impl ToolTold {
    pub(super) fn new(id: impl Into<Option<String>>, name: &str) -> Self {
        Self { id: id.into(), name: name.to_owned() }
    }
}

/// How a call ended on the provider's side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Not yet.
    #[default]
    Running,
    /// Everything was written.
    Whole,
    /// Dropped by script.
    Aborted,
    /// The client took no more.
    ClientGone,
}

impl Truth {
    /// When the first event of any kind was sent.
    pub fn first_chunk(&self) -> Option<u64> {
        self.chunks.first().map(|chunk| chunk.at)
    }

    /// When the first content was sent.
    pub fn first_token(&self) -> Option<u64> {
        self.content_times().next()
    }

    /// When the last content was sent.
    pub fn last_token(&self) -> Option<u64> {
        self.content_times().last()
    }

    /// How many events carried content.
    pub fn content_chunks(&self) -> u64 {
        self.content_times().count() as u64
    }

    /// The median time between content events (nearest rank), as sent.
    pub fn interval_p50(&self) -> Option<u64> {
        let times: Vec<u64> = self.content_times().collect();
        let mut gaps: Vec<u64> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        gaps.sort_unstable();
        gaps.get(gaps.len().div_ceil(2).checked_sub(1)?).copied()
    }

    fn content_times(&self) -> impl Iterator<Item = u64> + '_ {
        self.chunks.iter().filter(|chunk| chunk.content).map(|chunk| chunk.at)
    }
}

/// All calls of a provider, in the order in which their requests were whole.
#[derive(Clone, Debug, Default)]
pub struct TruthLog(Arc<Mutex<Vec<Truth>>>);

/// Where one call's entry is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry(usize);

/// The connection of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Connection {
    pub(super) peer_port: u16,
    pub(super) http2_stream: Option<u32>,
}

/// What is about to be sent of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Head,
    /// A stream event, `bytes` of the body long.
    Chunk {
        index: usize,
        content: bool,
        usage: Option<UsageTold>,
        bytes: u64,
        /// Nothing comes after it, not even a word that it is over.
        last: bool,
    },
    /// `[DONE]`, or the body of a response that is not a stream.
    Done {
        usage: Option<UsageTold>,
        bytes: u64,
    },
}

/// A time that is to be entered when it has come.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    log: TruthLog,
    entry: Entry,
    sent: Sent,
}

impl Stamp {
    /// Enters it. Once more, for a write that took nothing and is tried again: only the time changes.
    pub(super) fn enter(&self, at: u64) {
        self.log.update(self.entry, |truth| match self.sent {
            Sent::Head => truth.head_sent = Some(at),
            Sent::Chunk { index, content, usage, bytes, last } => {
                match truth.chunks.get_mut(index) {
                    Some(chunk) => chunk.at = at,
                    None => {
                        truth.chunks.push(ChunkSent { at, content });
                        truth.usage = truth.usage.or(usage);
                        truth.response_bytes += bytes;
                    }
                }
                if last {
                    truth.done_sent = Some(at);
                    truth.end = End::Whole;
                }
            }
            Sent::Done { usage, bytes } => {
                if truth.done_sent.replace(at).is_none() {
                    truth.end = End::Whole;
                    truth.usage = truth.usage.or(usage);
                    truth.response_bytes += bytes;
                }
            }
        });
    }
}

impl TruthLog {
    /// A copy of everything so far.
    pub fn all(&self) -> Vec<Truth> {
        self.lock().clone()
    }

    /// The call with this `x-request-id`.
    pub fn find(&self, request_id: &str) -> Option<Truth> {
        self.lock().iter().find(|truth| truth.request_id == request_id).cloned()
    }

    /// One JSON object per line.
    pub fn write_lines(&self, mut to: impl Write) -> io::Result<()> {
        for truth in self.all() {
            serde_json::to_writer(&mut to, &truth)?;
            to.write_all(b"\n")?;
        }
        Ok(())
    }

    pub(super) fn open(&self, truth: Truth) -> Entry {
        let mut all = self.lock();
        all.push(truth);
        Entry(all.len() - 1)
    }

    /// A stamp for what of this call is about to be sent.
    pub(super) fn stamp(&self, entry: Entry, sent: Sent) -> Stamp {
        Stamp { log: self.clone(), entry, sent }
    }

    pub(super) fn update(&self, entry: Entry, change: impl FnOnce(&mut Truth)) {
        if let Some(truth) = self.lock().get_mut(entry.0) {
            change(truth);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Truth>> {
        // Entries are changed field by field: a panic elsewhere leaves nothing half done that matters.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(chunks: &[(u64, bool)]) -> Truth {
        let chunks = chunks.iter().map(|&(at, content)| ChunkSent { at, content }).collect();
        Truth { request_id: "req_1".to_owned(), chunks, ..Truth::default() }
    }

    #[test]
    fn figures_count_content_only() {
        let one = truth(&[(10, false), (20, true), (30, true), (60, true), (61, false)]);
        assert_eq!(one.first_chunk(), Some(10));
        assert_eq!(one.first_token(), Some(20));
        assert_eq!(one.last_token(), Some(60));
        assert_eq!(one.content_chunks(), 3);
        assert_eq!(one.interval_p50(), Some(10));
    }

    #[test]
    fn nothing_sent_is_nothing_known() {
        for none in [truth(&[]), truth(&[(10, false)])] {
            assert_eq!(none.first_token(), None);
            assert_eq!(none.last_token(), None);
            assert_eq!(none.interval_p50(), None);
        }
        assert_eq!(truth(&[(10, true)]).interval_p50(), None);
    }

    #[test]
    fn a_stamp_entered_again_changes_the_time_only() {
        let log = TruthLog::default();
        let entry = log.open(truth(&[]));
        let usage = Some(UsageTold { input: 1, output: 2, cached: 0 });
        for at in [5, 7] {
            log.stamp(entry, Sent::Head).enter(at);
            log.stamp(entry, Sent::Chunk { index: 0, content: true, usage: None, bytes: 3, last: false })
                .enter(at + 10);
            log.stamp(entry, Sent::Chunk { index: 1, content: false, usage, bytes: 4, last: false })
                .enter(at + 20);
            log.stamp(entry, Sent::Done { usage: None, bytes: 5 }).enter(at + 30);
        }
        let expect = Truth {
            head_sent: Some(7),
            done_sent: Some(37),
            usage,
            response_bytes: 12,
            end: End::Whole,
            ..truth(&[(17, true), (27, false)])
        };
        assert_eq!(log.all(), [expect]);
    }

    #[test]
    fn lines_read_back() {
        let log = TruthLog::default();
        let entry = log.open(truth(&[(1, true)]));
        log.open(Truth { request_id: "req_2".to_owned(), ..Truth::default() });
        log.update(entry, |truth| truth.end = End::Whole);
        let mut lines = Vec::new();
        log.write_lines(&mut lines).unwrap();
        let read: Vec<Truth> = String::from_utf8(lines)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(read, log.all());
        assert_eq!(log.find("req_1").map(|truth| truth.end), Some(End::Whole));
        assert_eq!(log.find("req_3"), None);
    }
}
