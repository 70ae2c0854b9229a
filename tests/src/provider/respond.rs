//! One call, played: bytes written at their times, each stamped before it leaves.
//!
//! In: a request and its script. Out: the response, and the call's [`Truth`]. Every part is flushed and small enough for
//! one TLS record, so that what the client reads at once is what was sent at once.

use std::{io, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{
    coding::{self, Coded, Coding},
    dialect::{Answer, Dialect, Event, Facts, Identity, Said},
    head::{Body, Head},
    reply::Reply,
    script::{Framing, Script},
    truth::{Connection, End, Entry, Sent, Told, Truth, TruthLog, UsageTold},
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
    pub(super) dialect: &'static dyn Dialect,
    pub(super) call: Identity,
    pub(super) script: Script,
    /// The coding of the response.
    pub(super) coding: Option<Coding>,
    pub(super) connection: Connection,
    pub(super) request_bytes: u64,
    /// When the request's last byte had been read.
    pub(super) request_done: u64,
}

impl<R: Reply> Exchange<'_, R> {
    /// Sends the answer, by the script.
    pub(super) async fn play(mut self, answer: Answer) -> io::Result<After> {
        let Answer { request_model, response_id, response_model, told, said } = answer;
        let fails = self.script.status != 200;
        let entry = self.log.open(Truth {
            // Unique also where the API has no header for it.
            request_id: self.dialect.request_id(&self.call).unwrap_or_else(|| self.call.request.clone()),
            response_id: response_id.filter(|_| !fails),
            request_model,
            response_model: response_model.filter(|_| !fails),
            stream: matches!(said, Said::Stream { .. }) && !fails,
            status: self.script.status,
            request_done: self.request_done,
            told: if fails { Told::default() } else { told },
            peer_port: self.connection.peer_port,
            http2_stream: self.connection.http2_stream,
            coding: self.coding.map(|coding| coding.name().to_owned()),
            request_bytes: self.request_bytes,
            ..Truth::default()
        });
        let result = match said {
            _ if fails => {
                let body = self.dialect.error(self.script.status, "scripted by x-script", &self.call);
                self.whole(entry, body, None, self.script.think).await
            }
            Said::Whole { body, usage } => self.whole(entry, body, usage, self.script.total()).await,
            Said::Stream { content_type, events, end } => {
                self.streamed(entry, content_type, &events, &end).await
            }
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
        body: Vec<u8>,
        usage: Option<UsageTold>,
        wait: Duration,
    ) -> io::Result<After> {
        let body = coding::whole(self.coding, body);
        tokio::time::sleep(wait).await;
        let after = self.head(entry, Body::Json { length: body.len() }).await?;
        let sent = Sent::Done { usage, bytes: body.len() as u64 };
        self.reply.end(body, Some(self.log.stamp(entry, sent))).await?;
        Ok(after)
    }

    /// `end`: what tells that it is over; empty where nothing does but the end of the body.
    async fn streamed(
        &mut self,
        entry: Entry,
        content_type: &'static str,
        events: &[Event],
        end: &[u8],
    ) -> io::Result<After> {
        // Coded beforehand: a coder's time must not come between a chunk's due time and its stamp.
        let mut parts: Vec<&[u8]> = events.iter().map(|event| event.bytes.as_slice()).collect();
        if !end.is_empty() {
            parts.push(end);
        }
        let Coded { mut parts, tail } = coding::flushed(self.coding, &parts);
        let length = match self.script.framing {
            Framing::Chunked => None,
            Framing::Length => Some(parts.iter().map(Vec::len).sum::<usize>() + tail.len()),
        };
        let done = if end.is_empty() { None } else { parts.pop() };

        tokio::time::sleep(self.script.think).await;
        let after = self.head(entry, Body::Events { length, content_type }).await?;

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
            let last = done.is_none() && index + 1 == events.len();
            if last && self.script.abort_after.is_some_and(|after| after <= contents) {
                return Ok(After::Drop);
            }
            let Event { content, usage, bytes: _ } = *event;
            let sent = Sent::Chunk { index, content, usage, bytes: part.len() as u64, last };
            self.reply.part(part, self.log.stamp(entry, sent)).await?;
        }
        if let Some(done) = done {
            if self.script.abort_after.is_some_and(|after| after <= contents) {
                return Ok(After::Drop);
            }
            let sent = Sent::Done { usage: None, bytes: done.len() as u64 };
            self.reply.part(done, self.log.stamp(entry, sent)).await?;
        }
        self.reply.end(tail, None).await?;
        Ok(after)
    }

    /// Sends the head of the response.
    async fn head(&mut self, entry: Entry, body: Body) -> io::Result<After> {
        let processing = Duration::from_nanos(monotonic_ns().saturating_sub(self.request_done));
        let facts = Facts { call: &self.call, script: &self.script, status: self.script.status, processing };
        let head = Head {
            status: self.script.status,
            fields: &self.dialect.fields(&facts),
            after: if self.script.close { After::Close } else { After::KeepAlive },
            body,
            coding: self.coding,
            trailers: self.script.trailers,
        };
        self.reply.head(&head, self.log.stamp(entry, Sent::Head)).await?;
        Ok(head.after)
    }
}
