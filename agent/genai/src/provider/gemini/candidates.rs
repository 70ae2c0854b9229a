//! The candidates of an answer, put together from its chunks.
//!
//! What belongs to a candidate is gathered while its element is open and merged when it closes, for `index` may come
//! last, and is left out where it is 0.

use crate::call::ToolCall;
use crate::limits;

/// All candidates, as far as they came.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    all: Vec<Candidate>,
    calls: Vec<Call>,
    /// More of them than are followed.
    pub(super) unknown_shape: u32,
}

#[derive(Debug)]
struct Candidate {
    index: u64,
    finish_reason: Option<String>,
}

/// A tool call, and whose it is.
#[derive(Debug)]
struct Call {
    candidate: u64,
    call: ToolCall,
}

/// The element of `candidates` at hand.
#[derive(Debug, Default)]
pub(super) struct OpenCandidate {
    pub(super) position: u64,
    pub(super) index: Option<u64>,
    pub(super) finish_reason: Option<String>,
    calls: Vec<Fragment>,
}

/// A `functionCall`: a whole call, or, where arguments are streamed, a piece of one.
#[derive(Debug, Default)]
pub(super) struct Fragment {
    pub(super) call: ToolCall,
    pub(super) has_arguments: bool,
}

impl OpenCandidate {
    pub(super) fn at(position: u64) -> Self {
        Self { position, ..Self::default() }
    }

    /// Keeps a call. Whether there was room.
    pub(super) fn push(&mut self, fragment: Fragment) -> bool {
        let room = self.calls.len() < limits::TOOL_CALLS;
        if room {
            self.calls.push(fragment);
        }
        room
    }

    /// Which candidate it is.
    pub(super) fn number(&self) -> u64 {
        self.index.unwrap_or(self.position)
    }
}

impl Candidates {
    /// What this element adds.
    pub(super) fn merge(&mut self, open: OpenCandidate) {
        let index = open.number();
        let OpenCandidate { position: _, index: _, finish_reason, calls } = open;
        for fragment in calls {
            self.merge_call(index, fragment);
        }
        if let Some(candidate) = self.all.iter_mut().find(|candidate| candidate.index == index) {
            candidate.finish_reason = finish_reason.or(candidate.finish_reason.take());
        } else if self.all.len() < limits::CHOICES {
            self.all.push(Candidate { index, finish_reason });
        } else {
            self.unknown_shape += 1;
        }
    }

    /// Every candidate that was begun has told why it ended.
    pub(super) fn are_finished(&self) -> bool {
        self.all.iter().all(|candidate| candidate.finish_reason.is_some())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Finish reasons and calls, in the order of the candidates.
    pub(super) fn into_parts(self) -> (Vec<String>, Vec<ToolCall>) {
        let Self { mut all, mut calls, unknown_shape: _ } = self;
        all.sort_by_key(|candidate| candidate.index);
        calls.sort_by_key(|call| call.candidate);
        let reasons = all.into_iter().filter_map(|candidate| candidate.finish_reason).collect();
        (reasons, calls.into_iter().map(|call| call.call).collect())
    }

    /// A call with a name is a new one, unless its id is that of the one before it. One without continues the one
    /// before it, and one with nothing says that no more of it will come.
    fn merge_call(&mut self, candidate: u64, fragment: Fragment) {
        let Fragment { call: ToolCall { id, name }, has_arguments } = fragment;
        let last = self.calls.iter_mut().rfind(|call| call.candidate == candidate);
        let continued = last.filter(|Call { call, .. }| match (&id, &name) {
            (Some(id), _) if call.id.is_some() => call.id.as_ref() == Some(id),
            (_, name) => name.is_none(),
        });
        if let Some(Call { call, .. }) = continued {
            call.id = call.id.take().or(id);
            call.name = call.name.take().or(name);
            return;
        }
        if id.is_none() && name.is_none() && !has_arguments {
            return;
        }
        if self.calls.len() < limits::TOOL_CALLS {
            self.calls.push(Call { candidate, call: ToolCall { id, name } });
        } else {
            self.unknown_shape += 1;
        }
    }
}
