//! The request of a completion, or of a batch of them.

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
    texts: Count,
    stops: Count,
    /// It had a prompt, as text or as tokens.
    given: bool,
    unknown_shape: u32,
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            texts: Count::default(),
            stops: Count::default(),
            given: false,
            unknown_shape: 0,
        }
    }

    /// A list of prompts, once it was seen to its end.
    fn batch(&self) -> Option<u64> {
        self.texts.total().or(self.request.input_count)
    }
}

impl NativeRequest for Asked {
    fn head(&mut self, path: &str) -> bool {
        ["/generate", "/invocations"].iter().any(|ending| path.ends_with(ending))
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
    Text,
    TextElement,
    InputIds,
    Media,
    MediaElement,
    Stream,
    Sampling,
    MaxNewTokens,
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
            (Place::Root, b"text") => Some(Place::Text),
            (Place::Root, b"input_ids") => Some(Place::InputIds),
            (Place::Root, b"image_data" | b"audio_data" | b"video_data") => Some(Place::Media),
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"sampling_params") => Some(Place::Sampling),
            (Place::Sampling, b"max_new_tokens") => Some(Place::MaxNewTokens),
            (Place::Sampling, b"temperature") => Some(Place::Temperature),
            (Place::Sampling, b"top_p") => Some(Place::TopP),
            (Place::Sampling, b"top_k") => Some(Place::TopK),
            (Place::Sampling, b"frequency_penalty") => Some(Place::FrequencyPenalty),
            (Place::Sampling, b"presence_penalty") => Some(Place::PresencePenalty),
            (Place::Sampling, b"sampling_seed") => Some(Place::Seed),
            (Place::Sampling, b"n") => Some(Place::N),
            (Place::Sampling, b"stop") => Some(Place::Stops),
            (Place::Sampling, b"json_schema") => Some(Place::Format("json_schema")),
            (Place::Sampling, b"regex") => Some(Place::Format("regex")),
            (Place::Sampling, b"ebnf") => Some(Place::Format("ebnf")),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Text => Some(Place::TextElement),
            Place::Media => Some(Place::MediaElement),
            Place::Stops => Some(Place::Stop),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(_: Place) -> bool {
        false
    }

    fn hears(place: Place) -> bool {
        matches!(place, Place::Text | Place::TextElement)
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        self.prompt.hear(Said::Text, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Text | Place::TextElement => value.is_none(),
            Place::InputIds => value == Some(Container::Array),
            _ => false,
        }
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
            (Place::Root | Place::Sampling, Container::Object) | (Place::Media, Container::Array) => true,
            (Place::Text, Container::Array) => {
                self.given = true;
                self.texts.begin();
                true
            }
            (Place::InputIds, Container::Array) => {
                self.given = true;
                false
            }
            (Place::Stops, Container::Array) => {
                self.stops.begin();
                true
            }
            // Those of a batch each, and media by prompt: what is the same for all is not told.
            (Place::Sampling | Place::MediaElement, Container::Array) => false,
            (Place::Media | Place::MediaElement, Container::Object) => {
                self.prompt.count_media();
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
            Place::Root if self.given => self.prompt.close(),
            Place::Text => self.texts.close(),
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
            Place::Text => {
                self.given |= is_text;
                fields::value(&mut request.input_count, is_text.then_some(1))
            }
            Place::TextElement => {
                self.texts.add();
                is_text
            }
            Place::Media | Place::MediaElement => {
                self.prompt.count_media();
                is_text
            }
            Place::Stream => fields::value(&mut request.stream, scalar.as_bool()),
            Place::MaxNewTokens => fields::number(&mut request.max_tokens, scalar),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            // -1: all of them.
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
            Place::Format(name) => fields::value(&mut request.output_type, is_text.then(|| name.to_owned())),
            Place::Root | Place::InputIds | Place::Sampling => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}
