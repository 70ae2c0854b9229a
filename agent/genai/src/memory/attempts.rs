//! Attempts of one logical call.
//!
//! A client that was refused asks again, often over another connection. It belongs together by, best first:
//!
//! 1. the name that the client gives all attempts of a call (`amz-sdk-invocation-id`);
//! 2. the client's own count (`x-stainless-retry-count`), together with the same body;
//! 3. the same body again, after an attempt that failed in a way that is worth another, within the time that clients
//!    back off for.
//!
//! A count of 0 says only that the library begins anew: frameworks retry on top of libraries, with the same body.

use std::collections::VecDeque;

use wire::Time;

use crate::call::{Attempt, AttemptBy, Call};
use crate::digest::{Digest, Digester, Key};
use crate::limits;

/// Attempts that may be followed by another.
#[derive(Debug)]
pub(super) struct Attempts {
    key: Key,
    recent: VecDeque<Tried>,
    /// Logical calls so far: two may have the same body and begin at the same time.
    named: u64,
}

#[derive(Clone, Copy, Debug)]
struct Tried {
    attempt: Attempt,
    body: Option<Digest>,
    invocation: Option<Digest>,
    ended: Time,
    /// It is worth another attempt.
    failed: bool,
    /// How long the server said to wait.
    retry_after: u64,
}

impl Attempts {
    pub(super) fn new(key: Key) -> Self {
        Self { key, recent: VecDeque::new(), named: 0 }
    }

    /// Which attempt of which call this is. `None`: nothing of its request was seen that would tell.
    pub(super) fn see(&mut self, call: &Call) -> Option<Attempt> {
        let begun = call.times.request_first_byte?;
        let (body, invocation) = (call.traces.body, call.traces.invocation);
        let count = call.beside.attempts.retry;
        if body.is_none() && invocation.is_none() && count.is_none() {
            return None;
        }
        let (before, by) = self.before(body, invocation, count, begun).unzip();
        let told = count.map_or(1, |count| count.saturating_add(1));
        let logical = match before {
            Some(one) => one.attempt.logical,
            None => self.name(body, invocation, begun),
        };
        let by = by.or((told > 1).then_some(AttemptBy::Count));
        let attempt = Attempt {
            logical,
            number: before.map_or(told, |one| told.max(one.attempt.number.saturating_add(1))),
            by,
            waited_ns: before.map(|one| begun.since(one.ended)),
        };
        let ended = call.times.last_byte.or(call.times.response_first_byte).unwrap_or(begun);
        let tried = Tried {
            attempt,
            body,
            invocation,
            ended,
            failed: is_worth_another(call),
            retry_after: call.beside.rate_limits.retry_after.unwrap_or_default(),
        };
        self.remember(tried);
        // A first attempt is told too: it may turn out to be the first of several.
        Some(attempt)
    }

    /// The attempt that this one follows.
    fn before(
        &self,
        body: Option<Digest>,
        invocation: Option<Digest>,
        count: Option<u32>,
        begun: Time,
    ) -> Option<(Tried, AttemptBy)> {
        let same = |one: Option<Digest>, other: Option<Digest>| one.is_some() && one == other;
        let earlier = || self.recent.iter().rev().filter(|one| one.ended <= begun);
        if let Some(one) = earlier().find(|one| same(one.invocation, invocation)) {
            return Some((*one, AttemptBy::Invocation));
        }
        if let Some(count) = count.filter(|count| *count > 0) {
            // A library's first attempt has the number 1 or, where a framework asked it again, a higher one.
            let counted = earlier().find(|one| same(one.body, body) && one.attempt.number >= count);
            if let Some(one) = counted {
                return Some((*one, AttemptBy::Count));
            }
        }
        let soon = |one: &&Tried| {
            begun.since(one.ended) <= limits::BACK_OFF_NS.max(one.retry_after.saturating_mul(2))
        };
        let again = earlier().find(|one| same(one.body, body)).filter(|one| one.failed).filter(soon);
        again.map(|one| (*one, AttemptBy::Body))
    }

    fn name(&mut self, body: Option<Digest>, invocation: Option<Digest>, begun: Time) -> Digest {
        self.named += 1;
        let mut digester = Digester::new(self.key);
        for part in [body, invocation].into_iter().flatten() {
            digester.write(&part.0.to_le_bytes());
        }
        digester.write(&begun.0.to_le_bytes());
        digester.write(&self.named.to_le_bytes());
        digester.digest()
    }

    fn remember(&mut self, tried: Tried) {
        if self.recent.len() >= limits::REMEMBERED_ATTEMPTS {
            self.recent.pop_front();
        }
        self.recent.push_back(tried);
    }
}

/// Whether clients ask again after this: 408, 409, 429 and 5xx, and what happened to the transport; not what the client
/// itself gave up, nor what was refused for good.
fn is_worth_another(call: &Call) -> bool {
    let Some(failure) = &call.failure else {
        return false;
    };
    match call.http.status {
        Some(408 | 409 | 429 | 500..) => true,
        Some(400..) => false,
        Some(_) | None => failure.kind != "client_cancelled",
    }
}
