//! The request of a generation. Google reads names in camelCase and, as it does with all protocol buffers, in
//! snake_case.

use super::part::{PartPlace, PartReader};
use super::resource;
use crate::call::Request;
use crate::digest::{Digester, Key};
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct Asked {
    key: Key,
    request: Request,
    prompt: PromptReader,
    contents: Count,
    /// `contents` is one and no list.
    single: bool,
    /// One of the contents has parts.
    parts: bool,
    tools: Count,
    stops: Count,
    part: PartReader,
    /// Tokens that may be thought with, as written: where no level is told, they are the level.
    budget: Option<String>,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            request: Request::default(),
            prompt: PromptReader::new(key),
            contents: Count::default(),
            single: false,
            parts: false,
            tools: Count::default(),
            stops: Count::default(),
            part: PartReader::default(),
            budget: None,
            unknown_shape: 0,
        }
    }

    /// Whether this is a generation by its members alone: `contents` that have `parts`.
    pub(super) fn is_gemini(&self) -> bool {
        self.parts
    }

    /// Whether it looks like becoming one.
    pub(super) fn may_be_gemini(&self) -> bool {
        self.contents.has_begun()
    }

    /// The format asked for.
    pub(super) fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    /// What was found, and how much of it had an unknown shape. The model is the one that the body names, which it
    /// seldom does.
    pub(super) fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, contents, tools, stops, budget, unknown_shape, .. } = self;
        let (prompt, traces) = prompt.finish();
        let request = Request {
            choice_count: request.choice_count.filter(|count| *count != 1),
            message_count: contents.total(),
            tool_count: tools.total(),
            stop_count: stops.total(),
            reasoning_level: request.reasoning_level.or(budget),
            prompt,
            ..request
        };
        (request, traces, unknown_shape)
    }

    fn begin_message(&mut self) {
        self.contents.add();
        self.prompt.begin_message();
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The request, also where Code Assist wraps it in another, or the counting of its tokens does.
    Root,
    Model,
    /// The project that Code Assist is asked for.
    Project,
    ServiceTier,
    /// A prompt that begins with what is kept in a cache.
    CachedContent,
    /// Instructions; with gateways also a bare text.
    System,
    SystemParts,
    SystemPart,
    SystemText,
    /// One content, or a list of them.
    Contents,
    Content,
    Role,
    Parts,
    Part(PartPlace),
    Tools,
    Tool,
    Functions,
    Function,
    /// A tool of Google's own, which a member stands for: `googleSearch`, `codeExecution`.
    BuiltIn,
    Config,
    Temperature,
    TopP,
    TopK,
    CandidateCount,
    MaxOutputTokens,
    Stops,
    Stop,
    Seed,
    PresencePenalty,
    FrequencyPenalty,
    ResponseMimeType,
    Thinking,
    ThinkingLevel,
    ThinkingBudget,
}

/// Members of `generationConfig`.
fn config(key: &[u8]) -> Option<Place> {
    match key {
        b"temperature" => Some(Place::Temperature),
        b"topP" | b"top_p" => Some(Place::TopP),
        b"topK" | b"top_k" => Some(Place::TopK),
        b"candidateCount" | b"candidate_count" => Some(Place::CandidateCount),
        b"maxOutputTokens" | b"max_output_tokens" => Some(Place::MaxOutputTokens),
        b"stopSequences" | b"stop_sequences" => Some(Place::Stops),
        b"seed" => Some(Place::Seed),
        b"presencePenalty" | b"presence_penalty" => Some(Place::PresencePenalty),
        b"frequencyPenalty" | b"frequency_penalty" => Some(Place::FrequencyPenalty),
        b"responseMimeType" | b"response_mime_type" => Some(Place::ResponseMimeType),
        b"thinkingConfig" | b"thinking_config" => Some(Place::Thinking),
        _ => None,
    }
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"request" | b"generateContentRequest" | b"generate_content_request") => {
                Some(Place::Root)
            }
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"project") => Some(Place::Project),
            (Place::Root, b"serviceTier" | b"service_tier") => Some(Place::ServiceTier),
            (Place::Root, b"cachedContent" | b"cached_content") => Some(Place::CachedContent),
            (Place::Root, b"systemInstruction" | b"system_instruction") => Some(Place::System),
            (Place::System, b"parts") => Some(Place::SystemParts),
            (Place::SystemParts | Place::SystemPart, b"text") => Some(Place::SystemText),
            (Place::Root, b"contents") => Some(Place::Contents),
            (Place::Contents | Place::Content, b"role") => Some(Place::Role),
            (Place::Contents | Place::Content, b"parts") => Some(Place::Parts),
            // One part for a list of one.
            (Place::Parts, key) => PartPlace::Whole.member(key).map(Place::Part),
            (Place::Part(place), key) => place.member(key).map(Place::Part),
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Tool, b"functionDeclarations" | b"function_declarations") => Some(Place::Functions),
            (Place::Tool, _) => Some(Place::BuiltIn),
            (Place::Root, b"generationConfig" | b"generation_config") => Some(Place::Config),
            (Place::Config, key) => config(key),
            (Place::Thinking, b"thinkingLevel" | b"thinking_level") => Some(Place::ThinkingLevel),
            (Place::Thinking, b"thinkingBudget" | b"thinking_budget") => Some(Place::ThinkingBudget),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Contents => Some(Place::Content),
            Place::Parts => Some(Place::Part(PartPlace::Whole)),
            Place::Part(place) => place.element().map(Place::Part),
            Place::SystemParts => Some(Place::SystemPart),
            Place::Tools => Some(Place::Tool),
            Place::Functions => Some(Place::Function),
            Place::Stops => Some(Place::Stop),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        match place {
            Place::Part(place) => place.reads_text(),
            _ => matches!(
                place,
                Place::Model
                    | Place::Project
                    | Place::ServiceTier
                    | Place::CachedContent
                    | Place::Role
                    | Place::ResponseMimeType
                    | Place::ThinkingLevel
            ),
        }
    }

    fn hears(place: Place) -> bool {
        match place {
            Place::Part(place) => place.said().is_some(),
            _ => matches!(place, Place::System | Place::SystemText),
        }
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        let said = match place {
            Place::Part(place) => place.said(),
            _ => Some(Said::System),
        };
        if let Some(said) = said {
            self.prompt.hear(said, written);
        }
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match (place, value) {
            (Place::Part(place), value) => place.is_tapped(value),
            (Place::Role | Place::SystemText | Place::System, None)
            | (Place::Tools, Some(Container::Array)) => true,
            _ => false,
        }
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Tools => self.prompt.tap_tools(written),
            Place::System | Place::SystemText => self.prompt.tap_system(written),
            Place::Part(place) => {
                self.prompt.tap(written);
                // Arguments and results are no strings here, but said all the same.
                if let Some(said) = place.says_as_written() {
                    self.prompt.hear(said, written);
                }
            }
            _ => self.prompt.tap(written),
        }
    }

    fn tapped(&mut self, place: Place) {
        match place {
            Place::Role | Place::Part(_) => self.prompt.tapped(),
            // Neither is a message.
            _ => {}
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Config | Place::Tool | Place::Thinking, Container::Object)
            | (Place::SystemParts, Container::Array | Container::Object)
            | (Place::SystemPart, Container::Object)
            | (Place::Functions, Container::Array) => true,
            (Place::Contents, Container::Array) => {
                self.contents.begin();
                true
            }
            // Google takes one element for a list of one.
            (Place::Contents, Container::Object) => {
                self.contents.begin();
                self.single = true;
                self.begin_message();
                true
            }
            (Place::Content, Container::Object) => {
                self.begin_message();
                true
            }
            (Place::System, Container::Object) => {
                self.prompt.count_system();
                true
            }
            (Place::Parts, Container::Array) => {
                self.parts = true;
                true
            }
            (Place::Parts, Container::Object) => {
                self.parts = true;
                self.part = PartReader::default();
                true
            }
            (Place::Part(place), container) => {
                let opened = self.part.open(place, container, &mut self.prompt);
                self.unknown_shape += u32::from(opened.is_none());
                opened.unwrap_or_default()
            }
            (Place::Tools, Container::Array) => {
                self.tools.begin();
                true
            }
            (Place::Function | Place::BuiltIn | Place::Functions, Container::Object) => {
                self.tools.add();
                false
            }
            (Place::Stops, Container::Array) => {
                self.stops.begin();
                true
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Root if self.contents.total().is_some() => self.prompt.close(),
            Place::Content => self.prompt.end_message(),
            Place::Contents => {
                if std::mem::take(&mut self.single) {
                    self.prompt.end_message();
                }
                self.contents.close();
            }
            Place::Part(place) => self.part.close(place, &mut self.prompt),
            Place::Tools => self.tools.close(),
            Place::Stops => self.stops.close(),
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
                let model = scalar.as_text().map(|model| resource(&model).to_owned());
                fields::value(&mut request.model, model.filter(|model| !model.is_empty()))
            }
            Place::Project => {
                let tenant = scalar.as_text().map(|project| Digester::of(self.key, project.as_bytes()));
                fields::value(&mut request.tenant, tenant)
            }
            Place::ServiceTier => fields::text(&mut request.service_tier, scalar),
            Place::CachedContent => fields::text(&mut request.prompt_id, scalar),
            Place::ResponseMimeType => fields::text(&mut request.output_type, scalar),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::TopK => fields::value(&mut request.top_k, scalar.as_f64()),
            Place::CandidateCount => fields::value(&mut request.choice_count, scalar.as_u64()),
            Place::MaxOutputTokens => fields::value(&mut request.max_tokens, scalar.as_u64()),
            Place::Seed => fields::value(&mut request.seed, fields::integer(scalar)),
            Place::PresencePenalty => fields::value(&mut request.presence_penalty, scalar.as_f64()),
            Place::FrequencyPenalty => fields::value(&mut request.frequency_penalty, scalar.as_f64()),
            Place::ThinkingLevel => fields::text(&mut request.reasoning_level, scalar),
            // -1 leaves it to the model.
            Place::ThinkingBudget => {
                let budget = fields::integer(scalar).map(|budget| budget.to_string());
                fields::value(&mut self.budget, budget)
            }
            Place::Stop => {
                self.stops.add();
                is_text
            }
            Place::Role => scalar.as_text().is_some_and(|role| {
                self.prompt.role(&role);
                true
            }),
            Place::System if is_text => {
                self.prompt.count_system();
                true
            }
            Place::SystemText => is_text,
            Place::Part(place) => self.part.scalar(place, scalar),
            Place::Root
            | Place::System
            | Place::SystemParts
            | Place::SystemPart
            | Place::Contents
            | Place::Content
            | Place::Parts
            | Place::Tools
            | Place::Tool
            | Place::Functions
            | Place::Function
            | Place::BuiltIn
            | Place::Config
            | Place::Stops
            | Place::Thinking => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}
