//! The answer of a chat completion or a completion: one document, or many chunks that have the same members with `delta`
//! for `message`.
//!
//! A member may come before the `index` that says which choice or tool call it belongs to, so what an element of an
//! array says is collected until the element closes.

use super::answer_place::{Extra, Place};
use super::chunk::Chunk;
use super::request::Looks;
use super::told::{Told, told};
use super::usage::{normalise, teller};
use crate::call::{Response, Usage};
use crate::finish::is_refusal;
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::choices::{Choices, OpenChoice, OpenTool};
use crate::provider::figures::Figures;
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    usage: Figures,
    /// Objects of figures beside the usage; each once, as it was told last.
    extras: Vec<(Extra, Figures)>,
    error: Option<ProviderError>,
    /// What stands beside an error that says nothing itself.
    beside: ProviderError,
    /// A number that an error is called by: its word is better.
    error_number: Option<u64>,
    choices: Choices,
    /// Whether the text is JSON.
    pub(super) check: TextCheck,
    /// What `object` says that this is.
    object: Option<Option<Looks>>,
    /// A choice had a `message` or `delta`.
    spoke: bool,
    /// A choice had a `text`.
    wrote: bool,
    /// What only one server sends.
    server: Option<&'static str>,
    /// It tells who is behind it, as OpenRouter does together with `provider`.
    native: bool,
    chunk: Chunk,
    /// Elements of `choices` so far in the document at hand.
    choices_begun: u64,
    /// The element of `choices` at hand.
    open_choice: OpenChoice,
    /// The element of `tool_calls` at hand.
    open_tool: OpenTool,
    unknown_shape: u32,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) response: Response,
    pub(super) usage: Usage,
    pub(super) told: Told,
    pub(super) error: Option<ProviderError>,
    pub(super) server: Option<&'static str>,
    pub(super) unknown_shape: u32,
}

impl Answer {
    pub(super) fn begin_chunk(&mut self) {
        self.chunk = Chunk::of_stream();
        self.choices_begun = 0;
        self.usage.restart();
    }

    /// What the chunk carried.
    pub(super) fn end_chunk(&mut self) -> Event {
        self.chunk.event()
    }

    /// Whether this is an answer of that API: it says so, or it says nothing and looks like one.
    pub(super) fn is_of(&self, api: Looks) -> bool {
        let looks = match (self.spoke, self.wrote) {
            (true, _) => Some(Looks::Chat),
            (false, true) => Some(Looks::Completion),
            (false, false) => None,
        };
        self.object.unwrap_or(looks) == Some(api)
    }

    /// Every choice that was begun has told why it ended.
    pub(super) fn is_finished(&self) -> bool {
        self.choices.are_finished()
    }

    pub(super) fn into_parts(self, owner: Option<&'static str>) -> Found {
        let Self { mut response, usage, mut extras, error, beside, error_number, choices, .. } = self;
        let mut unknown_shape = self.unknown_shape + choices.odd();
        (response.finish_reasons, response.tool_calls) = choices.into_parts();
        response.refusal |= response.finish_reasons.iter().any(|reason| is_refusal(reason));
        response.valid_json = self.check.verdict();
        let router = (self.native && response.upstream.is_some()).then_some("openrouter");
        let server = self.server.or(router).or_else(|| teller(&usage));
        let error = error.map(|ProviderError { code, kind }| {
            let (code, kind) = (code.or(beside.code), kind.or(beside.kind));
            // Numbers repeat the status, or mean something to their server only.
            let is_number = |code: &String| code.bytes().all(|byte| byte.is_ascii_digit());
            let number = error_number.map(|number| number.to_string());
            match kind {
                Some(kind) => ProviderError { code: code.filter(|code| !is_number(code)), kind: Some(kind) },
                None => ProviderError { code: code.or(number), kind: None },
            }
        });
        response.refusal |= error.as_ref().and_then(|error| error.code.as_deref()).is_some_and(is_refusal);
        let told = told(&usage, &extras);
        let timings = extras.iter().position(|(extra, _)| *extra == Extra::Timings);
        let timings = timings.map(|at| extras.swap_remove(at).1);
        let (usage, odd) = normalise(usage, timings, owner);
        unknown_shape += odd + extras.into_iter().map(|(_, figures)| figures.into_raw().1).sum::<u32>();
        Found { response, usage, told, error, server, unknown_shape }
    }

    fn close_choice(&mut self) {
        // A choice always has a place in its list, even where it has no index.
        let position = self.choices_begun.saturating_sub(1);
        let choice = std::mem::take(&mut self.open_choice);
        if choice.index.unwrap_or(position) != 0 {
            self.check.give_up();
        }
        let odd = self.choices.odd();
        self.choices.merge(position, choice);
        self.chunk.plain &= odd == self.choices.odd();
    }

    fn figures(&mut self, place: Place) -> Option<&mut Figures> {
        let Place::Extra(extra) = place else {
            return (place == Place::Usage).then_some(&mut self.usage);
        };
        let at = self.extras.iter().position(|(known, _)| *known == extra).unwrap_or(self.extras.len());
        if at == self.extras.len() {
            self.extras.push((extra, Figures::default()));
        }
        self.extras.get_mut(at).map(|(_, figures)| figures)
    }

    fn error(&mut self) -> &mut ProviderError {
        self.error.get_or_insert_default()
    }

    fn refuse(&mut self, category: &str) {
        self.response.refusal = true;
        self.response.refusal_category.get_or_insert_with(|| category.to_owned());
    }

    /// What tells who sent it.
    fn mark(&mut self, place: Place) {
        let server = match place {
            Place::Mark(server) => server,
            Place::Groq => "groq",
            Place::PromptFilters | Place::Filters => "azure.ai.openai",
            Place::BaseResponse => "minimax",
            Place::Extra(Extra::Timings) => "llama_cpp",
            Place::Extra(Extra::TimeInfo) => "cerebras",
            Place::Extra(Extra::PerfMetrics) => "fireworks_ai",
            Place::Extra(Extra::Sglext) => "sglang",
            _ => return,
        };
        // Copilot hands on what Azure says of its filters.
        if server == "github_copilot" || self.server.is_none() {
            self.server = Some(server);
        }
    }
}

impl Shape for Answer {
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
        matches!(place, Place::Content | Place::ChoiceText)
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        let again = match place {
            // A chat that has both says the same in both.
            Place::ChoiceText => self.spoke,
            _ => self.chunk.is_repeated(),
        };
        if !again {
            self.check.hear(written);
        }
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        matches!(place, Place::Usage | Place::Extra(_)) && value == Some(Container::Object)
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        if let Some(figures) = self.figures(place) {
            figures.tap(written);
        }
    }

    fn tapped(&mut self, place: Place) {
        if let Some(figures) = self.figures(place) {
            figures.tapped();
        }
    }

    fn repeats(&self) -> bool {
        self.chunk.plain
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Choices | Place::ToolCalls | Place::Content | Place::Hidden, Container::Array)
            | (Place::Root | Place::Audio | Place::Function, Container::Object)
            | (Place::ContentPart | Place::HiddenPart | Place::Filter(_), Container::Object) => true,
            (Place::Choice, Container::Object) => {
                self.open_choice = OpenChoice::default();
                self.choices_begun += 1;
                true
            }
            (Place::Delta, Container::Object) => {
                self.spoke = true;
                self.chunk.delta = true;
                true
            }
            (Place::ToolCall | Place::FunctionCall, Container::Object) => {
                self.open_tool = OpenTool::default();
                true
            }
            (Place::Filters, Container::Object) => {
                self.mark(place);
                true
            }
            _ => {
                self.chunk.plain = false;
                self.open_rare(place, container)
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Choice => self.close_choice(),
            Place::Message => self.chunk.in_message = false,
            Place::ToolCall | Place::FunctionCall => {
                let tool = std::mem::take(&mut self.open_tool);
                if !self.open_choice.push(tool) {
                    self.unknown_shape += 1;
                }
            }
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            if let Place::Mark(_) = place {
                self.mark(place);
            }
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let says = matches!(scalar, Scalar::Text { empty: false, .. });
        let known = match place {
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::SystemFingerprint => {
                let known = fields::text(&mut self.response.system_fingerprint, scalar);
                if self.response.system_fingerprint.as_deref() == Some("fp_ollama") {
                    self.server.get_or_insert("ollama");
                }
                known
            }
            Place::ServiceTier => fields::text(&mut self.response.service_tier, scalar),
            Place::Object => self.object(scalar),
            Place::ChoiceIndex => fields::number(&mut self.open_choice.index, scalar),
            Place::ToolIndex => fields::number(&mut self.open_tool.index, scalar),
            Place::Content => {
                if says {
                    self.chunk.say(true);
                }
                is_text
            }
            Place::ChoiceText => {
                self.wrote = true;
                if says {
                    self.chunk.say(true);
                }
                is_text
            }
            Place::Shown | Place::ShownElement | Place::Sound => {
                if says {
                    self.chunk.say(true);
                }
                is_text
            }
            Place::Hidden | Place::HiddenPart | Place::FunctionArguments => {
                if says {
                    self.chunk.say(false);
                }
                is_text
            }
            Place::ContentPart => is_text,
            Place::Refusal => {
                if says {
                    self.chunk.say(true);
                    self.response.refusal = true;
                }
                is_text
            }
            Place::Filtered(filter) => {
                if scalar.as_bool() == Some(true) {
                    self.refuse(filter);
                }
                scalar.as_bool().is_some()
            }
            Place::Mark(_) => {
                self.mark(place);
                true
            }
            // Of any type and of any meaning, where no error stands beside them.
            Place::RootCode => {
                self.beside.code = fields::name(scalar);
                self.error_number = scalar.as_u64().or(self.error_number);
                true
            }
            Place::RootType => {
                self.beside.kind = fields::name(scalar);
                true
            }
            Place::Upstream => {
                fields::text(&mut self.response.upstream, scalar);
                true
            }
            _ => {
                self.chunk.plain = false;
                self.scalar_rare(place, scalar)
            }
        };
        if !known {
            self.chunk.plain = false;
            self.unknown_shape += 1;
        }
    }
}

/// What few chunks have, and what changes something each time that it comes.
impl Answer {
    fn open_rare(&mut self, place: Place, container: Container) -> bool {
        self.mark(place);
        match (place, container) {
            (Place::Message, Container::Object) => {
                self.spoke = true;
                self.chunk.in_message = true;
                true
            }
            (Place::Shown, Container::Array) | (Place::Groq | Place::BaseResponse, Container::Object) => true,
            (Place::PromptFilters, Container::Array)
            | (Place::PromptFilter | Place::InnerError, Container::Object) => true,
            (Place::ShownElement | Place::Shown, Container::Object) => {
                self.chunk.say(true);
                false
            }
            (Place::Error, Container::Object) => {
                self.error();
                true
            }
            (Place::Detail, _) => {
                self.error();
                false
            }
            (Place::Usage | Place::Extra(_), Container::Object) => false,
            // These may be anything where they are none of ours.
            (Place::Mark(_) | Place::RootCode | Place::RootType | Place::Upstream | Place::Extra(_), _) => {
                false
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn scalar_rare(&mut self, place: Place, scalar: &Scalar<'_>) -> bool {
        let is_text = matches!(scalar, Scalar::Text { .. });
        match place {
            Place::FinishReason => fields::text(&mut self.open_choice.finish_reason, scalar),
            Place::NativeFinishReason => {
                let mut native = None;
                let known = fields::text(&mut native, scalar);
                self.native = true;
                if let Some(native) = native.filter(|native| is_refusal(native)) {
                    self.refuse(&native);
                }
                known
            }
            Place::ToolId => fields::text(&mut self.open_tool.id, scalar),
            Place::FunctionName => {
                let known = fields::text(&mut self.open_tool.name, scalar);
                if known && self.open_tool.name.is_some() {
                    self.chunk.say(false);
                }
                is_text
            }
            // OpenRouter and llama.cpp repeat the HTTP status here as a number.
            Place::ErrorCode => {
                self.error().code = fields::name(scalar);
                self.error_number = scalar.as_u64().or(self.error_number);
                matches!(scalar, Scalar::Text { .. } | Scalar::Number(_))
            }
            Place::ErrorType => {
                self.error().kind = fields::name(scalar);
                is_text
            }
            // TGI's and Ollama's errors are a sentence, which is content.
            Place::Error | Place::Detail => {
                self.error();
                is_text
            }
            Place::StatusCode => {
                if let Some(status) = scalar.as_u64().filter(|status| *status != 0) {
                    self.error();
                    self.error_number = Some(status);
                }
                scalar.as_u64().is_some()
            }
            // What is no object here is none of ours.
            Place::Extra(_) | Place::Filter(_) => true,
            _ => false,
        }
    }

    fn object(&mut self, scalar: &Scalar<'_>) -> bool {
        let Scalar::Text { text: Some(object), .. } = scalar else { return false };
        let known = [
            ("chat.completion.chunk", Some(Looks::Chat)),
            ("chat.completion", Some(Looks::Chat)),
            ("text_completion", Some(Looks::Completion)),
            // Some engines call a completion's chunks so.
            ("text_completion.chunk", Some(Looks::Completion)),
            // vLLM's and Mistral's errors are their own document.
            ("error", None),
        ];
        let looks = known.into_iter().find(|(known, _)| object.says(known));
        if looks == Some(("error", None)) {
            self.chunk.plain = false;
            self.error();
        }
        // Azure's first chunk leaves it empty, which says nothing.
        if !object.says("") {
            self.object = Some(looks.and_then(|(_, looks)| looks));
        }
        true
    }
}
