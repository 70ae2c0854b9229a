//! The request of a completion.

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
    request: Request,
    prompt: PromptReader,
    stops: Count,
    /// It had `inputs`.
    given: bool,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            stops: Count::default(),
            given: false,
            unknown_shape: 0,
        }
    }
}

impl NativeRequest for Asked {
    fn head(&mut self, path: &str) -> bool {
        const ENDINGS: [&str; 4] =
            ["/generate", "/generate_stream", "/invocations", "/invocations-response-stream"];
        // The root of a server, which inference endpoints are called at.
        path.is_empty() || ENDINGS.iter().any(|ending| path.ends_with(ending))
    }

    fn is_request(&self) -> bool {
        self.given
    }

    fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, stops, given: _, unknown_shape } = self;
        let (prompt, traces) = prompt.finish();
        (Request { prompt, stop_count: stops.total(), ..request }, traces, unknown_shape)
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Inputs,
    Stream,
    Parameters,
    MaxNewTokens,
    Temperature,
    TopP,
    TopK,
    FrequencyPenalty,
    Seed,
    Stops,
    Stop,
    Grammar,
    GrammarType,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"inputs") => Some(Place::Inputs),
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"parameters") => Some(Place::Parameters),
            (Place::Parameters, b"max_new_tokens") => Some(Place::MaxNewTokens),
            (Place::Parameters, b"temperature") => Some(Place::Temperature),
            (Place::Parameters, b"top_p") => Some(Place::TopP),
            (Place::Parameters, b"top_k") => Some(Place::TopK),
            (Place::Parameters, b"frequency_penalty") => Some(Place::FrequencyPenalty),
            (Place::Parameters, b"seed") => Some(Place::Seed),
            (Place::Parameters, b"stop") => Some(Place::Stops),
            (Place::Parameters, b"grammar") => Some(Place::Grammar),
            (Place::Grammar, b"type") => Some(Place::GrammarType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        (place == Place::Stops).then_some(Place::Stop)
    }

    fn reads_text(place: Place) -> bool {
        place == Place::GrammarType
    }

    fn hears(place: Place) -> bool {
        place == Place::Inputs
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        self.prompt.hear(Said::Text, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        place == Place::Inputs && value.is_none()
    }

    fn tap(&mut self, _place: Place, written: &[u8]) {
        self.prompt.tap(written);
    }

    fn tapped(&mut self, _place: Place) {
        self.prompt.tapped();
        self.prompt.end_message();
        self.prompt.begin_message();
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Parameters | Place::Grammar, Container::Object) => true,
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
            Place::Root if self.given => self.prompt.close(),
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
            Place::Inputs => {
                self.given |= is_text;
                fields::value(&mut request.input_count, is_text.then_some(1))
            }
            Place::Stream => fields::value(&mut request.stream, scalar.as_bool()),
            Place::MaxNewTokens => fields::number(&mut request.max_tokens, scalar),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::TopK => fields::value(&mut request.top_k, scalar.as_f64()),
            Place::FrequencyPenalty => fields::value(&mut request.frequency_penalty, scalar.as_f64()),
            Place::Seed => fields::value(&mut request.seed, fields::integer(scalar)),
            Place::GrammarType => fields::text(&mut request.output_type, scalar),
            Place::Stop => {
                self.stops.add();
                is_text
            }
            Place::Root | Place::Parameters | Place::Stops | Place::Grammar => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}
