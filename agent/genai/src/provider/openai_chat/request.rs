//! The request of a chat completion, or of a completion: what both have is the same, with `prompt` for `messages`.
//!
//! Of what is said, lengths are kept and digests. Lists of messages and prompts are counted once they are closed.

use super::request_place::Place;
use crate::call::Request;
use crate::digest::{Digest, Digester, Key};
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct Asked {
    key: Key,
    request: Request,
    /// `max_completion_tokens` stands over the older `max_tokens`, whichever comes first.
    completion_limit: Option<u64>,
    /// `safety_identifier` stands over the older `user`.
    safety_identifier: Option<Digest>,
    messages: Count,
    prompts: Prompts,
    /// The value at hand is a prompt of its own.
    is_prompt: bool,
    tools: Count,
    stops: Count,
    prompt: PromptReader,
    /// There was a `system` beside the messages.
    system: bool,
    looks: Option<Looks>,
    unknown_shape: u32,
}

/// What a request with a string `model` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Looks {
    /// It has an array `messages`.
    Chat,
    /// It has a `prompt`.
    Completion,
    /// It had `system` beside these, before them: it is Anthropic's.
    Foreign,
}

/// The member `prompt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Prompts {
    #[default]
    None,
    /// One text, or one list of tokens.
    One,
    /// A list, of which so many elements were seen, and so many of them numbers.
    List { elements: u64, tokens: u64 },
    /// A list that has closed.
    Whole { count: u64 },
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            request: Request::default(),
            completion_limit: None,
            safety_identifier: None,
            messages: Count::default(),
            prompts: Prompts::None,
            is_prompt: false,
            tools: Count::default(),
            stops: Count::default(),
            prompt: PromptReader::new(key),
            system: false,
            looks: None,
            unknown_shape: 0,
        }
    }

    /// What this is by its members alone, once that is told. What comes later comes too late, since what a body is taken
    /// for must not depend on how it was cut.
    pub(super) fn looks(&self) -> Option<Looks> {
        self.looks
    }

    /// Whether it looks like becoming one of these.
    pub(super) fn may_be_prompt(&self) -> bool {
        self.request.model.is_some() || self.messages.has_begun() || self.prompts != Prompts::None
    }

    /// The format asked for, as far as it is known yet.
    pub(super) fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    pub(super) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, completion_limit, safety_identifier, prompts, prompt, .. } = self;
        let (prompt, traces) = prompt.finish();
        let request = Request {
            max_tokens: completion_limit.or(request.max_tokens),
            choice_count: request.choice_count.filter(|count| *count != 1),
            stop_count: request.stop_count.or(self.stops.total()),
            message_count: self.messages.total(),
            tool_count: self.tools.total(),
            user: safety_identifier.or(request.user),
            input_count: match prompts {
                Prompts::None | Prompts::List { .. } => None,
                Prompts::One => Some(1),
                Prompts::Whole { count } => Some(count),
            },
            prompt,
            ..request
        };
        (request, traces, self.unknown_shape)
    }

    fn settle(&mut self) {
        if self.request.model.is_some() && self.looks.is_none() {
            self.looks = match (self.messages.has_begun(), self.prompts) {
                (false, Prompts::None) => None,
                _ if self.system => Some(Looks::Foreign),
                (true, _) => Some(Looks::Chat),
                (false, Prompts::One | Prompts::List { .. } | Prompts::Whole { .. }) => {
                    Some(Looks::Completion)
                }
            };
        }
    }

    /// A text that is a prompt of its own.
    fn end_prompt(&mut self) {
        self.prompt.tapped();
        self.prompt.end_message();
        self.prompt.begin_message();
    }

    fn open_prompts(&mut self) {
        self.prompts = Prompts::List { elements: 0, tokens: 0 };
        self.settle();
    }

    fn count_prompt(&mut self, token: bool) {
        // Tokens that stand alone are all of one prompt.
        self.is_prompt = !token;
        if let Prompts::List { elements, tokens } = &mut self.prompts {
            *elements += 1;
            *tokens += u64::from(token);
        }
    }

    fn close_prompts(&mut self) {
        if let Prompts::List { elements, tokens } = self.prompts {
            if tokens > 0 {
                self.end_prompt();
            }
            self.prompts = Prompts::Whole { count: elements - tokens + u64::from(tokens > 0) };
            self.prompt.close();
        }
    }

    fn digest(&self, scalar: &Scalar<'_>) -> Option<Digest> {
        scalar.as_text().map(|text| Digester::of(self.key, text.as_bytes()))
    }
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        Place::member(place, key)
    }

    fn element(place: Place) -> Option<Place> {
        place.element()
    }

    fn reads_text(place: Place) -> bool {
        place.reads_text()
    }

    fn hears(place: Place) -> bool {
        matches!(
            place,
            Place::Text
                | Place::Arguments
                | Place::Prompt
                | Place::PromptElement
                | Place::Suffix
                | Place::Source
                | Place::Document
        )
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        let retrieved = matches!(place, Place::Source | Place::Document);
        let said = if retrieved { Said::Retrieved } else { Said::Text };
        self.prompt.hear(said, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Tools => value == Some(Container::Array),
            Place::Text
            | Place::Role
            | Place::Name
            | Place::CallId
            | Place::ResultOf
            | Place::Source
            | Place::Document
            | Place::Prompt
            | Place::Suffix => value.is_none(),
            Place::Media | Place::PromptElement | Place::Arguments => true,
            _ => false,
        }
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Tools => self.prompt.tap_tools(written),
            _ => self.prompt.tap(written),
        }
    }

    fn tapped(&mut self, place: Place) {
        match place {
            Place::Tools => {}
            _ if std::mem::take(&mut self.is_prompt) => self.end_prompt(),
            _ => self.prompt.tapped(),
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::ResponseFormat | Place::Reasoning, Container::Object)
            | (Place::Part | Place::Call | Place::Function, Container::Object)
            | (Place::Text | Place::Calls | Place::Documents, Container::Array) => true,
            (Place::Stop, Container::Array) => {
                self.stops.begin();
                true
            }
            (Place::Messages, Container::Array) => {
                self.messages.begin();
                self.settle();
                true
            }
            (Place::Message, Container::Object) => {
                self.messages.add();
                self.prompt.begin_message();
                true
            }
            (Place::Tools, Container::Array) => {
                self.tools.begin();
                true
            }
            (Place::Tool, Container::Object) => {
                self.tools.add();
                false
            }
            (Place::Media, _) => {
                self.prompt.count_media();
                false
            }
            (Place::Source, _) => {
                self.prompt.count_retrieved();
                true
            }
            (Place::Document, _) => true,
            (Place::System, _) => {
                self.system = true;
                false
            }
            (Place::Prompt, Container::Array) => {
                self.open_prompts();
                true
            }
            // Tokens, of which nobody knows the characters.
            (Place::PromptElement, Container::Array) => {
                self.count_prompt(false);
                false
            }
            (Place::Arguments, _) => false,
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Messages => {
                self.messages.close();
                self.prompt.close();
            }
            Place::Message => self.prompt.end_message(),
            Place::Tools => self.tools.close(),
            Place::Stop => self.stops.close(),
            Place::Prompt => self.close_prompts(),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let request = &mut self.request;
        let known = match place {
            Place::Model => {
                let known = fields::text(&mut request.model, scalar);
                self.settle();
                known
            }
            Place::Stream => fields::value(&mut request.stream, scalar.as_bool()),
            Place::MaxTokens => fields::number(&mut request.max_tokens, scalar),
            Place::MaxCompletionTokens => fields::number(&mut self.completion_limit, scalar),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::TopK => fields::value(&mut request.top_k, scalar.as_f64()),
            Place::FrequencyPenalty => fields::value(&mut request.frequency_penalty, scalar.as_f64()),
            Place::PresencePenalty => fields::value(&mut request.presence_penalty, scalar.as_f64()),
            Place::Seed => fields::value(&mut request.seed, scalar.as_i64()),
            Place::N => fields::number(&mut request.choice_count, scalar),
            Place::ServiceTier => fields::text(&mut request.service_tier, scalar),
            Place::ReasoningLevel => fields::text(&mut request.reasoning_level, scalar),
            // Whether to think at all is no level.
            Place::Reasoning => {
                matches!(scalar, Scalar::Bool(_)) || fields::text(&mut request.reasoning_level, scalar)
            }
            Place::OutputType => fields::text(&mut request.output_type, scalar),
            Place::User => {
                let user = self.digest(scalar);
                fields::value(&mut self.request.user, user)
            }
            Place::SafetyIdentifier => {
                let user = self.digest(scalar);
                fields::value(&mut self.safety_identifier, user)
            }
            Place::Stop => {
                if is_text {
                    request.stop_count = Some(1);
                }
                is_text
            }
            Place::StopElement => {
                self.stops.add();
                is_text
            }
            Place::Role => {
                let role = scalar.as_text();
                role.as_deref().map(|role| self.prompt.role(role)).is_some()
            }
            Place::ResultOf => {
                let id = scalar.as_text();
                id.as_deref().map(|id| self.prompt.result_of(id)).is_some()
            }
            Place::System => {
                self.system |= is_text;
                is_text
            }
            Place::Media => {
                self.prompt.count_media();
                is_text
            }
            Place::Source => {
                self.prompt.count_retrieved();
                is_text
            }
            Place::Prompt => {
                if is_text {
                    self.is_prompt = true;
                    self.prompts = Prompts::One;
                    self.prompt.close();
                    self.settle();
                }
                is_text
            }
            Place::PromptElement => {
                self.count_prompt(!is_text);
                matches!(scalar, Scalar::Text { .. } | Scalar::Number(_))
            }
            Place::Suffix => {
                self.is_prompt = is_text;
                is_text
            }
            Place::Text | Place::Name | Place::CallId | Place::Arguments => is_text,
            // Whatever it is.
            Place::Document => true,
            Place::Root
            | Place::Messages
            | Place::Message
            | Place::Part
            | Place::Calls
            | Place::Call
            | Place::Function
            | Place::Documents
            | Place::Tools
            | Place::Tool
            | Place::ResponseFormat => false,
        };
        if !known {
            self.unknown_shape += 1;
        }
    }
}
