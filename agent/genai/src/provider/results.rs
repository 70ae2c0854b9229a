//! Results of one request that has several: prompts that go as a batch, or several answers to one.
//!
//! Comes in: figures and finish reasons, each with the index of its result. Goes out: their sums, and the reasons by
//! index. Streams tell the same figures again and again, and the last ones count.

use crate::call::Usage;
use crate::limits;

/// All results so far.
#[derive(Debug, Default)]
pub(super) struct Results {
    all: Vec<(u64, Finished)>,
    /// What was too much.
    odd: u32,
}

/// What is known of one.
#[derive(Debug, Default)]
pub(super) struct Finished {
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    pub(super) cache_read: Option<u64>,
    pub(super) reasoning: Option<u64>,
    pub(super) reason: Option<String>,
    /// It has ended, whether it says why or not.
    pub(super) over: bool,
    /// Characters of its text, where that comes again and again.
    pub(super) chars: u64,
}

impl Results {
    /// Adds what was told of a result; what is absent changes nothing. Whether there is more text of it than before.
    pub(super) fn merge(&mut self, index: u64, told: Finished) -> bool {
        let Some(at) = self.all.iter().position(|(known, _)| *known == index) else {
            let grown = told.chars > 0;
            if self.all.len() < limits::CHOICES {
                self.all.push((index, told));
            } else {
                self.odd += 1;
            }
            return grown;
        };
        let Some((_, known)) = self.all.get_mut(at) else { return false };
        let Finished { input, output, cache_read, reasoning, reason, over, chars } = told;
        known.input = input.or(known.input);
        known.output = output.or(known.output);
        known.cache_read = cache_read.or(known.cache_read);
        known.reasoning = reasoning.or(known.reasoning);
        known.reason = reason.or(known.reason.take());
        known.over |= over;
        let grown = chars > known.chars;
        known.chars = known.chars.max(chars);
        grown
    }

    /// So many have ended.
    pub(super) fn over(&self) -> u64 {
        self.all.iter().map(|(_, result)| u64::from(result.over)).sum()
    }

    /// Sums, finish reasons, and what was too much.
    pub(super) fn into_parts(mut self) -> (Usage, Vec<String>, u32) {
        self.all.sort_by_key(|(index, _)| *index);
        let mut usage = Usage::default();
        let mut reasons = Vec::new();
        let add = |slot: &mut Option<u64>, more: Option<u64>| {
            if let Some(more) = more {
                *slot = Some(slot.unwrap_or(0).saturating_add(more));
            }
        };
        for (_, result) in self.all {
            add(&mut usage.input, result.input);
            add(&mut usage.output, result.output);
            add(&mut usage.cache_read, result.cache_read);
            add(&mut usage.reasoning, result.reasoning);
            reasons.extend(result.reason);
        }
        (usage, reasons, self.odd)
    }
}
