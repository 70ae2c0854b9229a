//! Why a provider's cache was not hit.
//!
//! Caches of prompts work on beginnings: tools, then instructions, then messages, up to the first difference. So a prompt
//! that has a long beginning in common with an earlier one could have been served from a cache:
//!
//! ```text
//! earlier   tools │ system │ m1 │ m2 │ m3
//! this      tools │ system │ m1 │ m2 │ m3 │ m4 │ m5     the same beginning is long       → expired_or_evicted
//! this      tools │ SYSTEM │ m1 │ m2 │ m3 │ m4          the same parts, moved out of it  → prompt_changed
//! this      other tools, system and messages            nothing like it was seen         → cold
//! ```
//!
//! A reason is given only where a hit could be expected: the provider tells what its cache did, it did nothing, and the
//! prompt is as long as the shortest that providers cache.

use std::collections::VecDeque;

use crate::call::{CacheMiss, Call};
use crate::limits;
use crate::memory::Block;

/// Prompts that were sent.
#[derive(Debug, Default)]
pub(super) struct Prompts {
    recent: VecDeque<Sent>,
    /// Blocks of all of them.
    blocks: usize,
}

/// A prompt, in the order in which caches see it. A part that it does not have is an empty block, so that parts stay
/// comparable.
#[derive(Debug)]
struct Sent {
    provider: &'static str,
    model: Option<String>,
    blocks: Vec<Option<Block>>,
    /// The provider's cache read or wrote something of it.
    cached: bool,
}

impl Prompts {
    /// Why the cache was not hit, where it could have been.
    pub(super) fn see(&mut self, call: &Call) -> Option<CacheMiss> {
        let traces = &call.traces;
        if traces.messages.is_empty() {
            return None;
        }
        let head = [traces.tools, traces.system];
        let blocks = head.into_iter().chain(traces.messages.iter().copied().map(Some)).collect();
        let usage = &call.usage;
        let sent = Sent {
            provider: call.provider.name,
            model: call.request.model.clone(),
            blocks,
            cached: usage.cache_read.is_some_and(|read| read > 0)
                || usage.cache_write.is_some_and(|write| write > 0),
        };
        let reason = self.is_unexpected(call, &sent).then(|| self.reason(&sent));
        self.remember(sent);
        reason
    }

    /// Whether a cache could have been hit and was not.
    fn is_unexpected(&self, call: &Call, sent: &Sent) -> bool {
        let usage = &call.usage;
        let long = usage.input.is_some_and(|input| input >= limits::CACHED_TOKENS);
        // Who tells what was written caches only what it is asked to: then something must have been written, now or
        // before. Others cache by themselves.
        let caching = match usage.cache_write {
            None => true,
            Some(written) => written > 0 || self.alike(sent).any(|one| one.cached),
        };
        usage.cache_read == Some(0) && long && caching
    }

    fn alike<'a>(&'a self, sent: &'a Sent) -> impl Iterator<Item = &'a Sent> {
        self.recent.iter().filter(|one| one.provider == sent.provider && one.model == sent.model)
    }

    fn reason(&self, sent: &Sent) -> CacheMiss {
        let mut reason = CacheMiss::Cold;
        for one in self.alike(sent) {
            let same = one.blocks.iter().zip(&sent.blocks).take_while(|(one, other)| one == other);
            let chars = same.clone().filter_map(|(block, _)| block.as_ref()).map(|block| block.chars);
            if chars.fold(0u64, u64::saturating_add) >= limits::CACHED_TOKENS * CHARS_PER_TOKEN {
                return CacheMiss::ExpiredOrEvicted;
            }
            let begun_alike = same.count();
            let known = |block: &Option<Block>| block.is_some() && one.blocks.contains(block);
            if sent.blocks.iter().skip(begun_alike).any(known) {
                reason = CacheMiss::PromptChanged;
            }
        }
        reason
    }

    fn remember(&mut self, sent: Sent) {
        self.blocks += sent.blocks.len();
        self.recent.push_back(sent);
        while self.recent.len() > limits::REMEMBERED_PROMPTS || self.blocks > limits::REMEMBERED_BLOCKS {
            let Some(oldest) = self.recent.pop_front() else { return };
            self.blocks -= oldest.blocks.len();
        }
    }
}

/// Rather more than texts have, so that what is taken for long enough is.
const CHARS_PER_TOKEN: u64 = 5;
