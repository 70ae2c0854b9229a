//! The content blocks of a prompt's messages, and what is in them: blocks again, three deep.
//!
//! ```text
//! content ── "text"
//!        └── [ block: type, text, … ── content ── as above, one level deeper
//!                                  └── source ── type, data, url, …
//!                                            └── content ── as above, one level deeper ]
//! ```
//!
//! Clients write a block's `type` first. Where `content` comes before it, it is taken for a tool's result, which it
//! nearly always is.

use crate::json_scan::{Container, Scalar};
use crate::provider::prompt::{PromptReader, Said};

/// A place in a message's content: how deep, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) struct Part {
    level: u8,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// A text, blocks, or one block.
    Content,
    Block,
    Type,
    /// Text that is said, by whomever.
    Text,
    /// The arguments of a tool call.
    Input,
    /// What belongs to the message and is no text: ids, names, addresses, encrypted data.
    Mark,
    /// Which tool call a result is of.
    ToolUse,
    /// Where a document or image is from. Of a search result an address.
    Source,
    SourceType,
    /// A document's text, or an image's encoding.
    Data,
}

/// What a block is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Unknown,
    Text,
    ToolResult,
    SearchResult,
    Document,
    Image,
}

/// A block under way.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    kind: Kind,
    /// Its source is text: not an encoding and not somewhere else.
    in_text: bool,
}

/// The blocks that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: [Block; LEVELS],
}

/// A message's blocks, what is in a tool's result, and what is in a document therein.
const LEVELS: usize = 3;

impl Part {
    /// `content` of a message.
    pub(super) const CONTENT: Self = Self { level: 0, what: What::Content };

    pub(super) fn member(self, key: &[u8]) -> Option<Self> {
        let Self { level, what } = self;
        let here = |what| Some(Self { level, what });
        let deeper = |level: u8| {
            let level = level + 1;
            (usize::from(level) < LEVELS).then_some(Self { level, what: What::Content })
        };
        match (what, key) {
            // One block may stand where many do.
            (What::Block | What::Content, b"type") => here(What::Type),
            (What::Block | What::Content, b"text" | b"thinking" | b"stdout" | b"stderr") => here(What::Text),
            (What::Block | What::Content, b"input") => here(What::Input),
            (
                What::Block | What::Content,
                b"id" | b"name" | b"title" | b"url" | b"data" | b"file_id" | b"tool_name"
                | b"encrypted_content",
            )
            | (What::Source, b"url" | b"file_id" | b"media_type") => here(What::Mark),
            (What::Block, b"tool_use_id") => here(What::ToolUse),
            (What::Block | What::Content, b"source") => here(What::Source),
            (What::Block | What::Content | What::Source, b"content") => deeper(level),
            (What::Source, b"type") => here(What::SourceType),
            (What::Source, b"data") => here(What::Data),
            _ => None,
        }
    }

    pub(super) fn element(self) -> Option<Self> {
        (self.what == What::Content).then_some(Self { what: What::Block, ..self })
    }

    pub(super) fn reads_text(self) -> bool {
        matches!(self.what, What::Type | What::SourceType | What::ToolUse)
    }

    pub(super) fn hears(self) -> bool {
        matches!(self.what, What::Content | What::Text | What::Data)
    }

    pub(super) fn taps(self, value: Option<Container>) -> bool {
        match self.what {
            What::Input => true,
            What::Content | What::Text | What::Mark | What::ToolUse | What::Source | What::Data => {
                value.is_none()
            }
            What::Block | What::Type | What::SourceType => false,
        }
    }
}

impl Blocks {
    pub(super) fn hear(&mut self, part: Part, written: &[u8], prompt: &mut PromptReader) {
        let encoded = part.what == What::Data && !self.at(part.level).in_text;
        if !encoded {
            prompt.hear(self.said(part), written);
        }
    }

    pub(super) fn tap(&mut self, part: Part, written: &[u8], prompt: &mut PromptReader) {
        prompt.tap(written);
        // Arguments are an object here; what they are as text is what others' clients send.
        if part.what == What::Input {
            prompt.hear(Said::Text, written);
        }
    }

    pub(super) fn open(&mut self, part: Part, container: Container, unknown_shape: &mut u32) -> bool {
        match (part.what, container) {
            (What::Block, Container::Object) => {
                *self.at(part.level) = Block::default();
                true
            }
            (What::Content, Container::Object) if part.level > 0 => {
                *self.at(part.level) = Block::default();
                true
            }
            (What::Content, Container::Array) | (What::Source, Container::Object) => true,
            // They are tapped, and not gone into.
            (What::Input, _) => false,
            _ => {
                *unknown_shape += 1;
                false
            }
        }
    }

    pub(super) fn close(&mut self, part: Part, prompt: &mut PromptReader) {
        match part.what {
            What::Block => self.count(part.level, prompt),
            What::Content if part.level > 0 => self.count(part.level, prompt),
            _ => {}
        }
    }

    /// Takes a value; whether it has the type that it should have.
    pub(super) fn scalar(&mut self, part: Part, scalar: &Scalar<'_>, prompt: &mut PromptReader) -> bool {
        let block = self.at(part.level);
        match part.what {
            What::Type => scalar.as_text().is_some_and(|kind| {
                block.kind = Kind::of(&kind);
                true
            }),
            What::SourceType => scalar.as_text().is_some_and(|kind| {
                block.in_text = matches!(&*kind, "text" | "content");
                true
            }),
            What::ToolUse => scalar.as_text().is_some_and(|id| {
                prompt.result_of(&id);
                true
            }),
            What::Content | What::Text | What::Mark | What::Source | What::Data => {
                matches!(scalar, Scalar::Text { .. })
            }
            What::Input => true,
            What::Block => false,
        }
    }

    /// The block at that level is over.
    fn count(&mut self, level: u8, prompt: &mut PromptReader) {
        let Block { kind, in_text } = std::mem::take(self.at(level));
        match kind {
            Kind::ToolResult if level == 0 => prompt.count_tool_result(),
            Kind::SearchResult => prompt.count_retrieved(),
            Kind::Document if in_text => prompt.count_retrieved(),
            Kind::Document | Kind::Image => prompt.count_media(),
            Kind::Unknown | Kind::Text | Kind::ToolResult => {}
        }
    }

    /// What a string at that place is.
    fn said(&self, part: Part) -> Said {
        // The content of a block belongs to the block around it; all else to the block at its own level.
        let own = usize::from(part.level) + usize::from(part.what != What::Content);
        let around = || self.open.iter().take(own);
        if around().any(|block| matches!(block.kind, Kind::Document | Kind::SearchResult)) {
            Said::Retrieved
        } else if around().any(|block| block.kind == Kind::ToolResult)
            || (part.level > 0 && self.open.first().is_some_and(|block| block.kind == Kind::Unknown))
        {
            Said::ToolResult
        } else {
            Said::Text
        }
    }

    fn at(&mut self, level: u8) -> &mut Block {
        // Deeper ones are never opened.
        let [first, second, third] = &mut self.open;
        match level {
            0 => first,
            1 => second,
            _ => third,
        }
    }
}

impl Kind {
    fn of(kind: &str) -> Self {
        match kind {
            "search_result" => Self::SearchResult,
            "document" => Self::Document,
            "image" | "container_upload" => Self::Image,
            // tool_result, mcp_tool_result, web_search_tool_result, …
            _ if kind.ends_with("tool_result") => Self::ToolResult,
            _ => Self::Text,
        }
    }
}
