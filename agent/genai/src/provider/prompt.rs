//! What a prompt is made of, and what to recognise it by.
//!
//! Comes in: from the shapes of requests, as they come upon them: strings as written, roles, values that make a message
//! what it is. Goes out: [`Prompt`], counts and lengths; [`Traces`], keyed digests. No text is kept.
//!
//! What makes a message, for its digest, is what its shape taps: role, texts, calls, results. What clients move about
//! between two turns of the same conversation, `cache_control` above all, is not tapped.

use crate::call::{Part, Prompt};
use crate::digest::{Digester, Key};
use crate::limits;
use crate::memory::{Block, Traces};

/// A prompt under way.
#[derive(Debug)]
pub(super) struct PromptReader {
    key: Key,
    prompt: Prompt,
    traces: Traces,
    system: Digester,
    system_chars: u64,
    tools: Digester,
    /// The message at hand.
    open: Message,
    /// The digest of the message at hand, or of what stands outside of messages.
    digester: Digester,
    whole: bool,
}

/// What a string of a prompt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// By whom, the message's role says.
    Text,
    /// Instructions that are no message.
    System,
    /// By a tool, whatever the message's role is.
    ToolResult,
    /// By a document.
    Retrieved,
}

#[derive(Debug, Default)]
struct Message {
    role: Role,
    text: Chars,
    tool_results: u64,
    retrieved: u64,
    tool_result: Chars,
    document: Chars,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Role {
    #[default]
    User,
    System,
    Assistant,
    Tool,
}

impl PromptReader {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            prompt: Prompt::default(),
            traces: Traces::default(),
            system: Digester::new(key),
            system_chars: 0,
            tools: Digester::new(key),
            open: Message::default(),
            digester: Digester::new(key),
            whole: false,
        }
    }

    /// A message begins. One without a role is the user's.
    pub(super) fn begin_message(&mut self) {
        // What was handed in before all messages.
        let Message { retrieved, document, .. } = std::mem::take(&mut self.open);
        self.prompt.retrieved.add(retrieved, document.count);
        self.digester = Digester::new(self.key);
    }

    /// Whose it is.
    pub(super) fn role(&mut self, role: &str) {
        self.open.role = match role {
            "system" | "developer" => Role::System,
            "assistant" | "model" | "chatbot" | "CHATBOT" => Role::Assistant,
            "tool" | "function" => Role::Tool,
            _ => Role::User,
        };
    }

    /// The message is over.
    pub(super) fn end_message(&mut self) {
        let Message { role, text, tool_results, retrieved, tool_result, document } =
            std::mem::take(&mut self.open);
        let Prompt { system, user, assistant, tool_result: results, retrieved: documents, .. } =
            &mut self.prompt;
        let part = match role {
            Role::User => user,
            Role::System => system,
            Role::Assistant => assistant,
            Role::Tool => &mut *results,
        };
        part.count += 1;
        part.chars = part.chars.saturating_add(text.count);
        // The message of a tool is one result, whatever is in it.
        results.add(if role == Role::Tool { 0 } else { tool_results }, tool_result.count);
        documents.add(retrieved, document.count);
        let chars = text.count.saturating_add(tool_result.count).saturating_add(document.count);
        if self.traces.messages.len() < limits::TRACED_MESSAGES {
            self.traces.messages.push(Block { digest: self.digester.digest(), chars });
        } else {
            self.traces.more_messages = true;
        }
    }

    /// A string, or the next piece of one, as written.
    pub(super) fn hear(&mut self, said: Said, written: &[u8]) {
        match said {
            Said::Text => self.open.text.push(written),
            Said::ToolResult => self.open.tool_result.push(written),
            Said::Retrieved => self.open.document.push(written),
            Said::System => {
                let mut chars = Chars { count: 0, ..self.open.text };
                chars.push(written);
                self.prompt.system.chars = self.prompt.system.chars.saturating_add(chars.count);
                self.system_chars = self.system_chars.saturating_add(chars.count);
                self.open.text = Chars { count: self.open.text.count, ..chars };
            }
        }
    }

    /// Instructions that are no message were there.
    pub(super) fn count_system(&mut self) {
        self.prompt.system.count += 1;
    }

    /// The message at hand has a tool's result, besides what it says itself.
    pub(super) fn count_tool_result(&mut self) {
        self.open.tool_results += 1;
    }

    /// A document or search result was handed in: with the message at hand, or beside all messages.
    pub(super) fn count_retrieved(&mut self) {
        self.open.retrieved += 1;
    }

    /// An image, a sound, a file.
    pub(super) fn count_media(&mut self) {
        self.prompt.media += 1;
    }

    /// Which tool call a result of the prompt is of.
    pub(super) fn result_of(&mut self, id: &str) {
        if self.traces.tool_results.len() < limits::TOOL_CALLS {
            self.traces.tool_results.push(Digester::of(self.key, id.as_bytes()));
        }
    }

    /// The next bytes of what makes the message at hand.
    pub(super) fn tap(&mut self, written: &[u8]) {
        self.digester.write(written);
    }

    /// That was one value.
    pub(super) fn tapped(&mut self) {
        self.digester.write(b"\0");
    }

    /// The next bytes of the instructions that are no message.
    pub(super) fn tap_system(&mut self, written: &[u8]) {
        self.system.write(written);
    }

    /// The next bytes of the tools' definitions.
    pub(super) fn tap_tools(&mut self, written: &[u8]) {
        self.prompt.tool_definitions = self.prompt.tool_definitions.saturating_add(written.len() as u64);
        self.tools.write(written);
    }

    /// All messages were seen.
    pub(super) fn close(&mut self) {
        self.whole = true;
    }

    /// What there was. The prompt only if it was seen to its end.
    pub(super) fn finish(mut self) -> (Option<Prompt>, Traces) {
        // What was handed in beside all messages.
        let Message { retrieved, document, .. } = std::mem::take(&mut self.open);
        self.prompt.retrieved.add(retrieved, document.count);
        let Self { prompt, mut traces, system, system_chars, tools, whole, .. } = self;
        let block = |digester: &Digester, chars| Block { digest: digester.digest(), chars };
        traces.system = (!system.is_empty()).then(|| block(&system, system_chars));
        traces.tools = (!tools.is_empty()).then(|| block(&tools, prompt.tool_definitions));
        (whole.then_some(prompt), traces)
    }
}

impl Part {
    fn add(&mut self, count: u64, chars: u64) {
        self.count += count;
        self.chars = self.chars.saturating_add(chars);
    }
}

/// Counts characters of a string as it is written in JSON.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chars {
    pub(super) count: u64,
    escape: Escape,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Begun,
    Unicode {
        left: u8,
        value: u16,
    },
}

impl Chars {
    /// The next piece as written.
    pub(super) fn push(&mut self, written: &[u8]) {
        let mut rest = written;
        // The scanner cuts at backslashes, so nearly all pieces have none but the one that they begin with.
        while let Some((first, after)) = rest.split_first() {
            match self.escape {
                Escape::None if *first == b'\\' => {
                    self.escape = Escape::Begun;
                    rest = after;
                }
                Escape::None => {
                    let end = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
                    let (plain, next) = rest.split_at_checked(end).unwrap_or((rest, &[]));
                    self.count = self.count.saturating_add(characters(plain));
                    rest = next;
                }
                Escape::Begun if *first == b'u' => {
                    self.escape = Escape::Unicode { left: 4, value: 0 };
                    rest = after;
                }
                Escape::Begun => {
                    self.escape = Escape::None;
                    self.count += 1;
                    rest = after;
                }
                Escape::Unicode { left, value } => {
                    let digit = char::from(*first).to_digit(16).unwrap_or_default();
                    let value = (value << 4) | u16::try_from(digit).unwrap_or_default();
                    self.escape = match left {
                        0 | 1 => Escape::None,
                        _ => Escape::Unicode { left: left - 1, value },
                    };
                    // The second half of a pair belongs to the character of the first.
                    if self.escape == Escape::None && !(0xdc00..=0xdfff).contains(&value) {
                        self.count += 1;
                    }
                    rest = after;
                }
            }
        }
    }
}

/// Characters of UTF-8: bytes that continue none.
fn characters(text: &[u8]) -> u64 {
    // Compiles to vector instructions: 20 GB/s.
    text.iter().map(|byte| u64::from(*byte & 0xc0 != 0x80)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_those_of_the_text_and_not_of_its_writing() {
        for (written, expect) in [
            ("", 0),
            ("abc", 3),
            (r#"a\nb\"c\\"#, 6),
            ("äöü€😀", 5),
            (r"\u00e4\u20ac", 2),
            (r"\ud83d\ude00!", 2),
            (r"\u0041\\u0041", 7),
        ] {
            for at in 0..=written.len() {
                let mut chars = Chars::default();
                chars.push(&written.as_bytes()[..at]);
                chars.push(&written.as_bytes()[at..]);
                assert_eq!(chars.count, expect, "{written} cut at {at}");
            }
        }
    }

    #[test]
    fn parts_are_told_by_role_and_by_kind() {
        let mut reader = PromptReader::new(Key::default());
        reader.count_system();
        reader.hear(Said::System, b"be kind");
        for (role, text) in [("system", "abc"), ("user", "hello"), ("assistant", "hi"), ("tool", "42")] {
            reader.begin_message();
            // The role may come after the text.
            reader.hear(Said::Text, text.as_bytes());
            reader.role(role);
            reader.end_message();
        }
        reader.begin_message();
        reader.count_tool_result();
        reader.hear(Said::ToolResult, b"result");
        reader.count_retrieved();
        reader.hear(Said::Retrieved, b"document");
        reader.end_message();
        reader.tap_tools(b"[{}]");
        reader.close();
        let (prompt, traces) = reader.finish();
        let part = |count, chars| Part { count, chars };
        let expect = Prompt {
            system: part(2, 10),
            user: part(2, 5),
            assistant: part(1, 2),
            tool_result: part(2, 8),
            retrieved: part(1, 8),
            media: 0,
            tool_definitions: 4,
        };
        assert_eq!(prompt, Some(expect));
        assert_eq!(expect.chars(), 33);
        assert_eq!(traces.messages.len(), 5);
    }
}
