//! The items of an output: messages, and calls of tools.
//!
//! Comes in: each item as often as it is told: when it is added, when it is done, and in the last event. Goes out: the
//! calls, each once and in order, and what they and the messages make of the reasons why the answer ended.

use crate::call::ToolCall;
use crate::limits;

/// The output so far.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// Where in the output the first message stands.
    first_message: Option<u64>,
    /// Where in the output the first call stands that the client is to answer.
    first_call: Option<u64>,
    tools: Vec<Tool>,
}

#[derive(Debug)]
struct Tool {
    index: u64,
    call: ToolCall,
}

/// An item of the output.
#[derive(Debug, Default)]
pub(super) struct OpenItem {
    pub(super) kind: Kind,
    pub(super) id: Option<String>,
    pub(super) call_id: Option<String>,
    pub(super) name: Option<String>,
}

/// What an item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    /// `function_call`, `custom_tool_call`: the client is to answer it.
    Call,
    /// `mcp_call`: the server calls, and goes on by itself.
    RemoteCall,
    /// Any other `…_call`. If the client is to answer it (`computer_call`, `shell_call`), it has a `call_id`; those that
    /// the server does by itself (`web_search_call`) have none.
    BuiltIn,
    /// What is left of a conversation that became too long.
    Compaction,
    /// Reasoning, the results of tools, and what is not known yet.
    #[default]
    Other,
}

impl Kind {
    pub(super) fn of(text: &str) -> Self {
        match text {
            "message" => Self::Message,
            "function_call" | "custom_tool_call" => Self::Call,
            "mcp_call" => Self::RemoteCall,
            "compaction" => Self::Compaction,
            _ if text.ends_with("_call") => Self::BuiltIn,
            _ => Self::Other,
        }
    }
}

impl OpenItem {
    /// Whether the client is to answer it.
    fn is_for_client(&self) -> bool {
        match self.kind {
            Kind::Call => true,
            Kind::BuiltIn => self.call_id.is_some(),
            Kind::Message | Kind::RemoteCall | Kind::Compaction | Kind::Other => false,
        }
    }

    /// It names a tool.
    pub(super) fn names_tool(&self) -> bool {
        matches!(self.kind, Kind::Call | Kind::RemoteCall) && self.name.is_some()
    }
}

impl Items {
    /// A message stands at a place of the output.
    pub(super) fn add_message(&mut self, index: u64) {
        first(&mut self.first_message, index);
    }

    /// Takes what is told of the item at a place. False: it is one call too many.
    pub(super) fn add(&mut self, index: u64, item: OpenItem) -> bool {
        if item.is_for_client() {
            first(&mut self.first_call, index);
        } else if item.kind == Kind::Message {
            self.add_message(index);
            return true;
        } else if item.kind != Kind::RemoteCall {
            return true;
        }
        let OpenItem { kind, id, call_id, name } = item;
        let id = if kind == Kind::RemoteCall { id } else { call_id };
        let same = |tool: &&mut Tool| match (&tool.call.id, &id) {
            (Some(known), Some(id)) => known == id,
            (None, _) | (_, None) => tool.index == index,
        };
        if let Some(Tool { call, .. }) = self.tools.iter_mut().find(same) {
            call.id = call.id.take().or(id);
            call.name = name.or(call.name.take());
        } else if self.tools.len() < limits::TOOL_CALLS {
            self.tools.push(Tool { index, call: ToolCall { id, name } });
        } else {
            return false;
        }
        true
    }

    /// Why an answer ended that is complete.
    pub(super) fn finish_reasons(&self) -> Vec<String> {
        let stop = self.first_message.map(|index| (index, "stop"));
        let calls = self.first_call.map(|index| (index, "tool_calls"));
        let mut reasons: Vec<_> = stop.into_iter().chain(calls).collect();
        reasons.sort_by_key(|(index, _)| *index);
        reasons.into_iter().map(|(_, reason)| reason.to_owned()).collect()
    }

    /// The calls in the order of the output.
    pub(super) fn into_tool_calls(self) -> Vec<ToolCall> {
        let mut tools = self.tools;
        tools.sort_by_key(|tool| tool.index);
        tools.into_iter().map(|tool| tool.call).collect()
    }
}

/// Keeps the lowest of the indices.
fn first(slot: &mut Option<u64>, index: u64) {
    *slot = Some(slot.map_or(index, |known| known.min(index)));
}
