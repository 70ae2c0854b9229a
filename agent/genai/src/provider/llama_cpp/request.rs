//! The request of a completion, of an infill, or of an embedding.

use super::Method;
use crate::call::Request;
use crate::digest::Key;
use crate::json_scan::{Container, Scalar, Shape};
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::native::NativeRequest;
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct Asked {
    method: Method,
    request: Request,
    prompt: PromptReader,
    stops: Count,
    /// Elements of a list of prompts, and those of them that are tokens: all tokens are of one prompt.
    prompts: Count,
    tokens: u64,
    /// The element at hand is a token.
    token: bool,
    /// It had a prompt.
    given: bool,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(method: Method, key: Key) -> Self {
        Self {
            method,
            request: Request::default(),
            prompt: PromptReader::new(key),
            stops: Count::default(),
            prompts: Count::default(),
            tokens: 0,
            token: false,
            given: false,
            unknown_shape: 0,
        }
    }

    /// Texts and tokens in one list are one prompt.
    fn batch(&self) -> Option<u64> {
        let listed = self.prompts.total().map(|all| if self.tokens > 0 { 1 } else { all });
        listed.or(self.given.then_some(1).filter(|_| !self.prompts.has_begun()))
    }
}

impl NativeRequest for Asked {
    fn head(&mut self, path: &str) -> bool {
        let endings: &[&str] = match self.method {
            Method::Complete => &["/completion", "/infill"],
            Method::Embed => &["/embedding"],
        };
        endings.iter().any(|ending| path.ends_with(ending))
    }

    fn is_request(&self) -> bool {
        self.given
    }

    fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    fn answers(&self) -> u64 {
        let each = self.request.choice_count.unwrap_or(1).max(1);
        self.batch().unwrap_or(1).saturating_mul(each)
    }

    fn into_parts(self) -> (Request, Traces, u32) {
        let input_count = self.batch();
        let Self { request, prompt, stops, unknown_shape, .. } = self;
        let (prompt, traces) = prompt.finish();
        let stop_count = stops.total().or(request.stop_count);
        (Request { prompt, input_count, stop_count, ..request }, traces, unknown_shape)
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    Stream,
    /// A text, tokens, a list of such, or an object with media.
    Prompt,
    PromptElement,
    /// What stands before and after the gap.
    Infill,
    /// Other files, for what they tell of this one.
    Extra,
    ExtraFile,
    ExtraText,
    Media,
    MediaElement,
    NPredict,
    Temperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    Seed,
    N,
    Stops,
    Stop,
    /// What the answer must be like: its name is what was asked for.
    Format(&'static str),
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"stream") => Some(Place::Stream),
            // The second and third are those of embeddings.
            (Place::Root, b"prompt" | b"content" | b"input") => Some(Place::Prompt),
            (Place::Prompt | Place::PromptElement, b"prompt_string") => Some(Place::Infill),
            (Place::Prompt | Place::PromptElement, b"multimodal_data") => Some(Place::Media),
            (Place::Root, b"input_prefix" | b"input_suffix") => Some(Place::Infill),
            (Place::Root, b"input_extra") => Some(Place::Extra),
            (Place::ExtraFile, b"text") => Some(Place::ExtraText),
            (Place::Root, b"n_predict") => Some(Place::NPredict),
            (Place::Root, b"temperature") => Some(Place::Temperature),
            (Place::Root, b"top_p") => Some(Place::TopP),
            (Place::Root, b"top_k") => Some(Place::TopK),
            (Place::Root, b"frequency_penalty") => Some(Place::FrequencyPenalty),
            (Place::Root, b"presence_penalty") => Some(Place::PresencePenalty),
            (Place::Root, b"seed") => Some(Place::Seed),
            (Place::Root, b"n_cmpl") => Some(Place::N),
            (Place::Root, b"stop") => Some(Place::Stops),
            (Place::Root, b"json_schema") => Some(Place::Format("json_schema")),
            (Place::Root, b"grammar") => Some(Place::Format("grammar")),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Prompt => Some(Place::PromptElement),
            Place::Extra => Some(Place::ExtraFile),
            Place::Media => Some(Place::MediaElement),
            Place::Stops => Some(Place::Stop),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        place == Place::Model
    }

    fn hears(place: Place) -> bool {
        matches!(place, Place::Prompt | Place::PromptElement | Place::Infill | Place::ExtraText)
    }

    fn hear(&mut self, place: Place, written: &[u8]) {
        let said = if place == Place::ExtraText { Said::Retrieved } else { Said::Text };
        self.prompt.hear(said, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Prompt | Place::Infill | Place::ExtraText => value.is_none(),
            Place::PromptElement => true,
            Place::Media => value == Some(Container::Array),
            _ => false,
        }
    }

    fn tap(&mut self, _place: Place, written: &[u8]) {
        self.prompt.tap(written);
    }

    fn tapped(&mut self, place: Place) {
        self.prompt.tapped();
        if place == Place::PromptElement && !std::mem::take(&mut self.token) && self.tokens == 0 {
            self.prompt.end_message();
            self.prompt.begin_message();
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root, Container::Object) | (Place::Extra | Place::Media, Container::Array) => true,
            (Place::Prompt, Container::Object) => {
                self.given = true;
                true
            }
            (Place::Prompt, Container::Array) => {
                self.given = true;
                self.prompts.begin();
                true
            }
            (Place::PromptElement, Container::Object) => {
                self.prompts.add();
                true
            }
            // Tokens.
            (Place::PromptElement, Container::Array) => {
                self.prompts.add();
                false
            }
            (Place::ExtraFile, Container::Object) => {
                self.prompt.count_retrieved();
                true
            }
            (Place::Stops, Container::Array) => {
                self.stops.begin();
                true
            }
            (Place::Format(name), Container::Object) => {
                self.request.output_type = Some(name.to_owned());
                false
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Root if self.given => {
                // All that is no list is one prompt.
                if !self.prompts.has_begun() || self.tokens > 0 {
                    self.prompt.end_message();
                }
                self.prompt.close();
            }
            Place::Prompt if self.prompts.has_begun() => self.prompts.close(),
            Place::Stops => self.stops.close(),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let request = &mut self.request;
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::Model => fields::text(&mut request.model, scalar),
            Place::Stream => fields::value(&mut request.stream, scalar.as_bool()),
            Place::Prompt | Place::Infill => {
                self.given |= is_text;
                is_text
            }
            Place::PromptElement => {
                self.prompts.add();
                self.token = scalar.as_u64().is_some();
                self.tokens += u64::from(self.token);
                is_text || self.token
            }
            Place::ExtraText => is_text,
            Place::MediaElement => {
                self.prompt.count_media();
                is_text
            }
            // -1: without end. That is no limit.
            Place::NPredict => {
                fields::number(&mut request.max_tokens, scalar)
                    || scalar.as_f64().is_some_and(|number| number < 0.0)
            }
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::TopK => fields::value(&mut request.top_k, scalar.as_f64()),
            Place::FrequencyPenalty => fields::value(&mut request.frequency_penalty, scalar.as_f64()),
            Place::PresencePenalty => fields::value(&mut request.presence_penalty, scalar.as_f64()),
            Place::Seed => fields::value(&mut request.seed, fields::integer(scalar)),
            Place::N => fields::number(&mut request.choice_count, scalar),
            Place::Stops => fields::value(&mut request.stop_count, is_text.then_some(1)),
            Place::Stop => {
                self.stops.add();
                is_text
            }
            Place::Format(name) => {
                // An empty grammar is none.
                if matches!(scalar, Scalar::Text { empty: false, .. }) {
                    request.output_type = Some(name.to_owned());
                }
                is_text
            }
            Place::Root | Place::Extra | Place::ExtraFile | Place::Media => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}
