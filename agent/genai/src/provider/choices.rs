//! The choices of an answer, put together from pieces: one document, or many chunks.
//!
//! Comes in: what an element of a list of choices said, once the element has closed: a member may come before the `index`
//! that says which choice or tool call it belongs to. Goes out: finish reasons by choice, tool calls by choice and place.

use crate::call::ToolCall;
use crate::limits;

/// All choices so far.
#[derive(Debug, Default)]
pub(super) struct Choices {
    choices: Vec<Choice>,
    tools: Vec<Tool>,
    /// What was too much.
    odd: u32,
}

#[derive(Debug)]
struct Choice {
    index: u64,
    finish_reason: Option<String>,
}

#[derive(Debug)]
struct Tool {
    choice: u64,
    index: u64,
    call: ToolCall,
}

/// A piece of a choice.
#[derive(Debug, Default)]
pub(super) struct OpenChoice {
    pub(super) index: Option<u64>,
    pub(super) finish_reason: Option<String>,
    pub(super) tools: Vec<OpenTool>,
}

/// A piece of a tool call.
#[derive(Debug, Default)]
pub(super) struct OpenTool {
    pub(super) index: Option<u64>,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
}

impl OpenChoice {
    /// Adds a piece of a tool call; false: there are too many.
    pub(super) fn push(&mut self, tool: OpenTool) -> bool {
        let fits = self.tools.len() < limits::TOOL_CALLS;
        if fits {
            self.tools.push(tool);
        }
        fits
    }
}

impl Choices {
    /// Adds a piece, the `position`-th of its list, to the choice that it continues.
    pub(super) fn merge(&mut self, position: u64, piece: OpenChoice) {
        let OpenChoice { index, finish_reason, tools } = piece;
        let index = index.unwrap_or(position);
        for (position, tool) in tools.into_iter().enumerate() {
            self.merge_tool(index, position as u64, tool);
        }
        if let Some(choice) = self.choices.iter_mut().find(|choice| choice.index == index) {
            if finish_reason.is_some() {
                choice.finish_reason = finish_reason;
            }
        } else if self.choices.len() < limits::CHOICES {
            self.choices.push(Choice { index, finish_reason });
        } else {
            self.odd += 1;
        }
    }

    /// Every choice that was begun has told why it ended.
    pub(super) fn are_finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finish_reason.is_some())
    }

    /// What was too much, so far.
    pub(super) fn odd(&self) -> u32 {
        self.odd
    }

    /// The finish reasons and the tool calls.
    pub(super) fn into_parts(self) -> (Vec<String>, Vec<ToolCall>) {
        let Self { mut choices, mut tools, odd: _ } = self;
        choices.sort_by_key(|choice| choice.index);
        tools.sort_by_key(|tool| (tool.choice, tool.index));
        let reasons = choices.into_iter().filter_map(|choice| choice.finish_reason).collect();
        (reasons, tools.into_iter().map(|tool| tool.call).collect())
    }

    /// Adds a fragment of a tool call to the call that it continues. Some servers leave out `index`, or leave it at 0
    /// for every call: another id at the same place is another call.
    fn merge_tool(&mut self, choice: u64, position: u64, fragment: OpenTool) {
        let OpenTool { index, id, name } = fragment;
        let index = index.unwrap_or(position);
        let known = self.tools.iter_mut().rfind(|tool| tool.choice == choice && tool.index == index);
        let continued = known.filter(|tool| id.is_none() || tool.call.id.is_none() || tool.call.id == id);
        if let Some(Tool { call, .. }) = continued {
            call.id = call.id.take().or(id);
            // A name may come in pieces, which join, or be repeated, which adds nothing.
            match (&mut call.name, name) {
                (Some(known), Some(more)) if *known != more && known.len() + more.len() <= limits::TEXT => {
                    known.push_str(&more);
                }
                (Some(_), _) => {}
                (known @ None, name) => *known = name,
            }
        } else if self.tools.len() < limits::TOOL_CALLS {
            self.tools.push(Tool { choice, index, call: ToolCall { id, name } });
        } else {
            self.odd += 1;
        }
    }
}
