//! One call, played: bytes written at their times, each stamped before it leaves.
//!
//! In: a request and its script. Out: the response on the connection, and the call's [`Truth`]. Every write is flushed
//! and small enough for one TLS record, so that what the client reads at once is what was sent at once.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    time::{Instant, sleep_until},
};

use super::{
    ids::Ids,
    openai::{self, Asked, Event, Identity},
    script::{Framing, Script},
    truth::{ChunkSent, End, Entry, Truth, TruthLog, UsageTold},
};
use crate::clock::monotonic_ns;

/// What becomes of the connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The next request may come.
    KeepAlive,
    /// Closed with a word.
    Close,
    /// Dropped without one.
    Drop,
}

/// A call that is about to be answered.
pub(super) struct Exchange<'a, S> {
    pub(super) stream: &'a mut S,
    pub(super) log: &'a TruthLog,
    pub(super) ids: &'a Ids,
    pub(super) words: &'a [String],
    pub(super) script: Script,
    pub(super) peer_port: u16,
    pub(super) request_bytes: u64,
    /// When the request's last byte had been read.
    pub(super) request_done: u64,
}

/// A response that has no call behind it: models, and requests that are refused.
pub(super) async fn plain<S: AsyncWrite + Unpin>(
    stream: &mut S,
    ids: &Ids,
    status: u16,
    body: &[u8],
    after: After,
) -> io::Result<After> {
    let head = Head { status, request_id: &ids.request(), processing: Duration::ZERO, after };
    let mut bytes = head.json(body.len());
    bytes.extend_from_slice(body);
    send(stream, &bytes).await?;
    Ok(after)
}

impl<S: AsyncWrite + Unpin> Exchange<'_, S> {
    /// Answers what was asked, by the script.
    pub(super) async fn play(mut self, asked: &Asked) -> io::Result<After> {
        let fails = self.script.status != 200;
        let identity = Identity {
            response_id: self.ids.response(),
            created: self.ids.unix_seconds(),
            words: self.words.to_vec(),
        };
        let request_id = self.ids.request();
        let entry = self.log.open(Truth {
            request_id: request_id.clone(),
            response_id: (!fails).then(|| identity.response_id.clone()),
            request_model: asked.model.clone(),
            response_model: (!fails).then(|| asked.answering_model()),
            stream: asked.stream && !fails,
            status: self.script.status,
            request_done: self.request_done,
            peer_port: self.peer_port,
            request_bytes: self.request_bytes,
            ..Truth::default()
        });
        let result = if fails {
            let body = openai::error(self.script.status, "scripted by x-script");
            self.whole(entry, &request_id, &body, None, self.script.think).await
        } else if asked.stream {
            let events = openai::events(asked, &self.script, &identity);
            self.streamed(entry, &request_id, &events).await
        } else {
            let body = openai::completion(asked, &self.script, &identity);
            let usage = Some(asked.usage(&self.script));
            self.whole(entry, &request_id, &body, usage, self.script.total()).await
        };
        self.log.update(entry, |truth| {
            truth.end = match &result {
                // Entered before the last bytes left: the client has them already.
                Ok(After::KeepAlive | After::Close) => truth.end,
                Ok(After::Drop) => End::Aborted,
                Err(_) => End::ClientGone,
            }
        });
        result
    }

    /// A response that comes at once.
    async fn whole(
        &mut self,
        entry: Entry,
        request_id: &str,
        body: &[u8],
        usage: Option<UsageTold>,
        wait: Duration,
    ) -> io::Result<After> {
        tokio::time::sleep(wait).await;
        let after = self.after();
        let head = Head { status: self.script.status, request_id, processing: self.since_request(), after }
            .json(body.len());
        self.log.update(entry, |truth| truth.head_sent = Some(monotonic_ns()));
        send(self.stream, &head).await?;
        self.log.update(entry, |truth| {
            truth.usage = usage;
            truth.end = End::Whole;
            truth.response_bytes = body.len() as u64;
            truth.done_sent = Some(monotonic_ns());
        });
        send(self.stream, body).await?;
        Ok(after)
    }

    async fn streamed(&mut self, entry: Entry, request_id: &str, events: &[Event]) -> io::Result<After> {
        tokio::time::sleep(self.script.think).await;
        let after = self.after();
        let head = Head { status: 200, request_id, processing: self.since_request(), after };
        let length = match self.script.framing {
            Framing::Chunked => None,
            Framing::Length => {
                Some(events.iter().map(|event| event.bytes.len()).sum::<usize>() + openai::DONE.len())
            }
        };
        self.log.update(entry, |truth| truth.head_sent = Some(monotonic_ns()));
        send(self.stream, &head.event_stream(length)).await?;

        // Deadlines, not sleeps in a row: a slow write does not move the chunks after it.
        let mut due = Instant::now();
        let mut contents = 0;
        for event in events {
            if event.content {
                if self.script.abort_after == Some(contents) {
                    return Ok(After::Drop);
                }
                due += if contents == 0 { self.script.ttft } else { self.script.gap };
                contents += 1;
                sleep_until(due).await;
            }
            let bytes = self.framed(&event.bytes);
            self.log.update(entry, |truth| {
                truth.chunks.push(ChunkSent { at: monotonic_ns(), content: event.content });
                truth.usage = truth.usage.or(event.usage);
                truth.response_bytes += event.bytes.len() as u64;
            });
            send(self.stream, &bytes).await?;
        }
        if self.script.abort_after.is_some_and(|after| after <= contents) {
            return Ok(After::Drop);
        }
        let done = self.framed(openai::DONE);
        self.log.update(entry, |truth| {
            truth.end = End::Whole;
            truth.response_bytes += openai::DONE.len() as u64;
            truth.done_sent = Some(monotonic_ns());
        });
        send(self.stream, &done).await?;
        if self.script.framing == Framing::Chunked {
            send(self.stream, b"0\r\n\r\n").await?;
        }
        Ok(after)
    }

    fn framed(&self, bytes: &[u8]) -> Vec<u8> {
        match self.script.framing {
            Framing::Chunked => [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat(),
            Framing::Length => bytes.to_vec(),
        }
    }

    fn after(&self) -> After {
        if self.script.close { After::Close } else { After::KeepAlive }
    }

    fn since_request(&self) -> Duration {
        Duration::from_nanos(monotonic_ns().saturating_sub(self.request_done))
    }
}

/// Writes and flushes: what is sent together is one record and one segment where it is small enough.
async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// A response head as OpenAI's edge sends it.
struct Head<'a> {
    status: u16,
    request_id: &'a str,
    processing: Duration,
    after: After,
}

impl Head<'_> {
    fn json(&self, length: usize) -> Vec<u8> {
        self.text("application/json", &format!("Content-Length: {length}"))
    }

    fn event_stream(&self, length: Option<usize>) -> Vec<u8> {
        let framing = match length {
            Some(length) => format!("Content-Length: {length}"),
            None => "Transfer-Encoding: chunked".to_owned(),
        };
        self.text("text/event-stream; charset=utf-8", &framing)
    }

    fn text(&self, content_type: &str, framing: &str) -> Vec<u8> {
        let Self { status, request_id, processing, after } = self;
        let reason = match status {
            200 => "OK",
            400 => "Bad Request",
            401 => "Unauthorized",
            404 => "Not Found",
            413 => "Content Too Large",
            429 => "Too Many Requests",
            500 => "Internal Server Error",
            503 => "Service Unavailable",
            // RFC 9112 §4: a client ignores the phrase.
            _ => "",
        };
        let connection = match after {
            After::KeepAlive => "keep-alive",
            After::Close | After::Drop => "close",
        };
        let retry = match status {
            429 | 503 => "retry-after: 1\r\nretry-after-ms: 750\r\nx-should-retry: true\r\n",
            _ => "",
        };
        let milliseconds = processing.as_millis();
        format!(
            "HTTP/1.1 {status} {reason}\r\n\
             Content-Type: {content_type}\r\n\
             {framing}\r\n\
             Connection: {connection}\r\n\
             access-control-expose-headers: X-Request-ID\r\n\
             openai-organization: org-local\r\n\
             openai-processing-ms: {milliseconds}\r\n\
             openai-version: 2020-10-01\r\n\
             x-envoy-upstream-service-time: {milliseconds}\r\n\
             x-ratelimit-limit-requests: 10000\r\n\
             x-ratelimit-limit-tokens: 30000000\r\n\
             x-ratelimit-remaining-requests: 9999\r\n\
             x-ratelimit-remaining-tokens: 29999982\r\n\
             x-ratelimit-reset-requests: 6ms\r\n\
             x-ratelimit-reset-tokens: 0s\r\n\
             x-request-id: {request_id}\r\n\
             {retry}\
             strict-transport-security: max-age=31536000; includeSubDomains; preload\r\n\
             cf-cache-status: DYNAMIC\r\n\
             X-Content-Type-Options: nosniff\r\n\
             Server: cloudflare\r\n\
             CF-RAY: 8f0a1b2c3d4e5f60-SJC\r\n\
             \r\n"
        )
        .into_bytes()
    }
}
