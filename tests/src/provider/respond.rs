//! One call, played: bytes written at their times, each stamped before it leaves.
//!
//! In: a request and its script. Out: the response, and the call's [`Truth`]. Every part is flushed and small enough for
//! one TLS record, so that what the client reads at once is what was sent at once.

use std::{io, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{
    coding::{self, Coded, Coding},
    head::{Body, Head},
    ids::Ids,
    openai::{self, Asked, Event, Identity},
    reply::Reply,
    script::{Framing, Script},
    truth::{Connection, End, Entry, Sent, Truth, TruthLog, UsageTold},
};
use crate::clock::monotonic_ns;

/// What becomes of the connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The next request may come.
    KeepAlive,
    /// Closed with a word.
    Close,
    /// Dropped without one; of HTTP/2, the stream only.
    Drop,
}

/// A call that is about to be answered.
pub(super) struct Exchange<'a, R> {
    pub(super) reply: &'a mut R,
    pub(super) log: &'a TruthLog,
    pub(super) ids: &'a Ids,
    pub(super) words: &'a [String],
    pub(super) script: Script,
    /// The coding of the response.
    pub(super) coding: Option<Coding>,
    pub(super) connection: Connection,
    pub(super) request_bytes: u64,
    /// When the request's last byte had been read.
    pub(super) request_done: u64,
}

impl<R: Reply> Exchange<'_, R> {
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
            peer_port: self.connection.peer_port,
            http2_stream: self.connection.http2_stream,
            coding: self.coding.map(|coding| coding.name().to_owned()),
            request_bytes: self.request_bytes,
            ..Truth::default()
        });
        let result = if fails {
            let body = openai::error(self.script.status, "scripted by x-script");
            self.whole(entry, &request_id, body, None, self.script.think).await
        } else if asked.stream {
            let events = openai::events(asked, &self.script, &identity);
            self.streamed(entry, &request_id, &events).await
        } else {
            let body = openai::completion(asked, &self.script, &identity);
            let usage = Some(asked.usage(&self.script));
            self.whole(entry, &request_id, body, usage, self.script.total()).await
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
        body: Vec<u8>,
        usage: Option<UsageTold>,
        wait: Duration,
    ) -> io::Result<After> {
        let body = coding::whole(self.coding, body);
        tokio::time::sleep(wait).await;
        let head = self.head(request_id, Body::Json { length: body.len() });
        let after = head.after;
        self.reply.head(&head, self.log.stamp(entry, Sent::Head)).await?;
        let sent = Sent::Done { usage, bytes: body.len() as u64 };
        self.reply.end(body, Some(self.log.stamp(entry, sent))).await?;
        Ok(after)
    }

    async fn streamed(&mut self, entry: Entry, request_id: &str, events: &[Event]) -> io::Result<After> {
        // Coded beforehand: a coder's time must not come between a chunk's due time and its stamp.
        let parts: Vec<&[u8]> = events.iter().map(|event| event.bytes.as_slice()).collect();
        let Coded { mut parts, tail } = coding::flushed(self.coding, &[&parts[..], &[openai::DONE]].concat());
        let length = match self.script.framing {
            Framing::Chunked => None,
            Framing::Length => Some(parts.iter().map(Vec::len).sum::<usize>() + tail.len()),
        };
        let done = parts.pop().unwrap_or_default();

        tokio::time::sleep(self.script.think).await;
        let head = self.head(request_id, Body::Events { length });
        let after = head.after;
        self.reply.head(&head, self.log.stamp(entry, Sent::Head)).await?;

        // Deadlines, not sleeps in a row: a slow write does not move the chunks after it.
        let mut due = Instant::now();
        let mut contents = 0;
        for (index, (event, part)) in events.iter().zip(parts).enumerate() {
            if event.content {
                if self.script.abort_after == Some(contents) {
                    return Ok(After::Drop);
                }
                due += if contents == 0 { self.script.ttft } else { self.script.gap };
                contents += 1;
                sleep_until(due).await;
            }
            let Event { content, usage, bytes: _ } = *event;
            let sent = Sent::Chunk { index, content, usage, bytes: part.len() as u64 };
            self.reply.part(part, self.log.stamp(entry, sent)).await?;
        }
        if self.script.abort_after.is_some_and(|after| after <= contents) {
            return Ok(After::Drop);
        }
        let sent = Sent::Done { usage: None, bytes: done.len() as u64 };
        self.reply.part(done, self.log.stamp(entry, sent)).await?;
        self.reply.end(tail, None).await?;
        Ok(after)
    }

    fn head<'h>(&self, request_id: &'h str, body: Body) -> Head<'h> {
        Head {
            status: self.script.status,
            request_id,
            processing: Duration::from_nanos(monotonic_ns().saturating_sub(self.request_done)),
            after: if self.script.close { After::Close } else { After::KeepAlive },
            body,
            coding: self.coding,
            trailers: self.script.trailers,
        }
    }
}
