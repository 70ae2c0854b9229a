//! Tools: from the answer that asks for one to the request that brings its result.

use std::collections::VecDeque;

use wire::Time;

use crate::call::{Call, ToolCall, ToolReturn};
use crate::digest::{Digest, Digester, Key};
use crate::limits;

/// Tool calls that have not come back.
#[derive(Debug)]
pub(super) struct Tools {
    key: Key,
    asked: VecDeque<Asked>,
}

#[derive(Debug)]
struct Asked {
    id: Digest,
    call: ToolCall,
    at: Time,
}

impl Tools {
    pub(super) fn new(key: Key) -> Self {
        Self { key, asked: VecDeque::new() }
    }

    /// The tools that come back with this call, in the order of their results. A conversation repeats all results that it
    /// ever had; each comes back once.
    pub(super) fn see(&mut self, call: &Call) -> Vec<ToolReturn> {
        let mut returns = Vec::new();
        if let Some(begun) = call.times.request_first_byte {
            for result in &call.traces.tool_results {
                let at = self.asked.iter().position(|one| one.id == *result && one.at <= begun);
                if let Some(Asked { call: ToolCall { id, name }, at, .. }) =
                    at.and_then(|at| self.asked.remove(at))
                {
                    returns.push(ToolReturn { name, id, took_ns: begun.since(at) });
                }
            }
        }
        let ended = call.times.last_token.or(call.times.last_byte).or(call.times.response_first_byte);
        for tool in &call.response.tool_calls {
            let (Some(id), Some(at)) = (&tool.id, ended) else { continue };
            if self.asked.len() >= limits::REMEMBERED_TOOL_CALLS {
                self.asked.pop_front();
            }
            let id = Digester::of(self.key, id.as_bytes());
            self.asked.push_back(Asked { id, call: tool.clone(), at });
        }
        returns
    }
}
