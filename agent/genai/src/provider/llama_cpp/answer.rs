//! The answer: one document, an array of them for several prompts, or events of the same shape.

use super::Method;
use crate::call::{Response, Usage};
use crate::headers::{EngineState, ToldTimes};
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::figures::Figures;
use crate::provider::native::NativeAnswer;
use crate::provider::results::{Finished, Results};
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, Findings, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug)]
pub(super) struct Answer {
    method: Method,
    response: Response,
    results: Results,
    figures: Figures,
    told: ToldTimes,
    engine: EngineState,
    check: TextCheck,
    error: Option<ProviderError>,
    /// So many results will come.
    expected: u64,
    /// The result at hand.
    open: Open,
    in_result: bool,
    position: u64,
    /// The event at hand has text.
    says: bool,
    /// It had `content`, `stop` and a count of tokens.
    spoken: bool,
    stops: bool,
    counted: bool,
    vectors: bool,
    unknown_shape: u32,
}

/// What is told of one result.
#[derive(Debug, Default)]
struct Open {
    index: Option<u64>,
    result: Finished,
    evaluated: Option<u64>,
    cached: Option<u64>,
    predicted: Option<u64>,
    /// Prompt tokens that were read now, and those that were there.
    prompt_n: Option<u64>,
    cache_n: Option<u64>,
    predicted_n: Option<u64>,
}

impl Open {
    fn finish(self) -> (Option<u64>, Finished) {
        let Self { index, result, evaluated, cached, predicted, prompt_n, cache_n, predicted_n } = self;
        let prompt = prompt_n.map(|read| read.saturating_add(cache_n.unwrap_or(0)));
        let input = prompt.or(evaluated);
        // At least one token of a prompt is always read; in many versions the count is of all that the cache holds
        // afterwards, the answer with it.
        let cached = cached.filter(|cached| input.is_some_and(|input| *cached < input));
        let output = predicted_n.or(predicted);
        (index, Finished { input, output, cache_read: cache_n.or(cached), ..result })
    }
}

impl Answer {
    pub(super) fn new(method: Method) -> Self {
        Self {
            method,
            response: Response::default(),
            results: Results::default(),
            figures: Figures::default(),
            told: ToldTimes::default(),
            engine: EngineState::default(),
            check: TextCheck::default(),
            error: None,
            expected: 1,
            open: Open::default(),
            in_result: false,
            position: 0,
            says: false,
            spoken: false,
            stops: false,
            counted: false,
            vectors: false,
            unknown_shape: 0,
        }
    }

    fn end_result(&mut self) {
        let (index, result) = std::mem::take(&mut self.open).finish();
        let over = result.over;
        let index = index.unwrap_or(self.position);
        if index > 0 {
            self.check.give_up();
        }
        self.results.merge(index, result);
        self.position += u64::from(over);
    }

    fn is_all(&self) -> bool {
        self.results.over() >= self.expected
    }
}

impl NativeAnswer for Answer {
    fn begin(&mut self, output_type: Option<&str>, answers: u64) {
        self.expected = answers;
        self.check.want_json(output_type);
    }

    fn begin_item(&mut self) {
        self.says = false;
    }

    fn end_item(&mut self) -> Event {
        match self.says {
            true => Event::Text,
            false if self.method == Method::Complete && self.is_all() => Event::Done,
            false => Event::Silent,
        }
    }

    fn is_answer(&self) -> bool {
        match self.method {
            Method::Complete => self.spoken && self.stops && self.counted,
            Method::Embed => self.vectors,
        }
    }

    fn is_error(&self) -> bool {
        self.error.is_some()
    }

    fn is_over(&self) -> bool {
        match self.method {
            Method::Complete => self.is_all(),
            // An array of them is taken for a stream.
            Method::Embed => self.vectors,
        }
    }

    fn into_findings(self) -> Findings {
        let Self { response, results, figures, told, engine, check, error, unknown_shape, .. } = self;
        let (usage, finish_reasons, too_many) = results.into_parts();
        let (raw, odd) = figures.into_raw();
        Findings {
            response: Response { finish_reasons, valid_json: check.verdict(), ..response },
            usage: Usage { raw, ..usage },
            told,
            engine,
            error,
            unknown_shape: unknown_shape + too_many + odd,
            ..Findings::default()
        }
    }
}

/// Where things stand in an answer or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    Index,
    Content,
    Stop,
    StopType,
    Truncated,
    Predicted,
    Evaluated,
    Cached,
    Timings,
    PromptN,
    CacheN,
    PredictedN,
    DraftN,
    DraftAccepted,
    Duration(&'static str),
    Vectors,
    Error,
    ErrorType,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"model") => Some(Place::Model),
            (Place::Root, b"index") => Some(Place::Index),
            (Place::Root, b"content") => Some(Place::Content),
            (Place::Root, b"stop") => Some(Place::Stop),
            (Place::Root, b"stop_type") => Some(Place::StopType),
            (Place::Root, b"truncated") => Some(Place::Truncated),
            (Place::Root, b"tokens_predicted") => Some(Place::Predicted),
            (Place::Root, b"tokens_evaluated") => Some(Place::Evaluated),
            (Place::Root, b"tokens_cached") => Some(Place::Cached),
            (Place::Root, b"timings") => Some(Place::Timings),
            (Place::Timings, b"prompt_n") => Some(Place::PromptN),
            (Place::Timings, b"cache_n") => Some(Place::CacheN),
            (Place::Timings, b"predicted_n") => Some(Place::PredictedN),
            (Place::Timings, b"draft_n") => Some(Place::DraftN),
            (Place::Timings, b"draft_n_accepted") => Some(Place::DraftAccepted),
            (Place::Timings, b"prompt_ms") => Some(Place::Duration("timings.prompt_ms")),
            (Place::Timings, b"predicted_ms") => Some(Place::Duration("timings.predicted_ms")),
            (Place::Timings, b"predicted_per_token_ms") => {
                Some(Place::Duration("timings.predicted_per_token_ms"))
            }
            (Place::Root, b"embedding") => Some(Place::Vectors),
            (Place::Root, b"error") => Some(Place::Error),
            (Place::Error, b"type") => Some(Place::ErrorType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        (place == Place::Root).then_some(Place::Root)
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Model | Place::StopType | Place::ErrorType)
    }

    fn hears(place: Place) -> bool {
        place == Place::Content
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        self.check.hear(written);
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root, Container::Array) | (Place::Timings, Container::Object) => true,
            (Place::Root, Container::Object) => {
                self.open = Open::default();
                self.in_result = true;
                true
            }
            (Place::Vectors, Container::Array) => {
                self.vectors = true;
                false
            }
            (Place::Error, Container::Object) => {
                self.error.get_or_insert_default();
                true
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        // The array of several closes at the same place, and says nothing.
        if place == Place::Root && std::mem::take(&mut self.in_result) {
            self.end_result();
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let Self { open, figures, engine, .. } = self;
        let is_text = matches!(scalar, Scalar::Text { .. });
        let mut figure = |path: &str, slot: &mut Option<u64>| {
            figures.tell(path, scalar);
            fields::number(slot, scalar)
        };
        let known = match place {
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::Index => fields::number(&mut open.index, scalar),
            Place::Content => {
                self.spoken |= is_text;
                self.says |= matches!(scalar, Scalar::Text { empty: false, .. });
                is_text
            }
            Place::Stop => {
                self.stops |= scalar.as_bool().is_some();
                open.result.over |= scalar.as_bool() == Some(true);
                scalar.as_bool().is_some()
            }
            // Events that are not the last say `none`.
            Place::StopType => {
                let known = fields::text(&mut open.result.reason, scalar);
                open.result.reason.take_if(|reason| reason == "none");
                known
            }
            Place::Truncated => {
                self.response.compacted |= scalar.as_bool() == Some(true);
                scalar.as_bool().is_some()
            }
            Place::Predicted => {
                self.counted = true;
                figure("tokens_predicted", &mut open.predicted)
            }
            Place::Evaluated => figure("tokens_evaluated", &mut open.evaluated),
            Place::Cached => figure("tokens_cached", &mut open.cached),
            Place::PromptN => figure("timings.prompt_n", &mut open.prompt_n),
            Place::CacheN => figure("timings.cache_n", &mut open.cache_n),
            Place::PredictedN => figure("timings.predicted_n", &mut open.predicted_n),
            Place::DraftN => {
                engine.source.get_or_insert("timings.draft_n");
                figure("timings.draft_n", &mut engine.proposed_tokens)
            }
            Place::DraftAccepted => {
                engine.source.get_or_insert("timings.draft_n_accepted");
                figure("timings.draft_n_accepted", &mut engine.accepted_tokens)
            }
            Place::Duration(path) => match scalar {
                Scalar::Number(number) => self.told.tell_field(path, number),
                Scalar::Null | Scalar::Bool(_) | Scalar::Text { .. } | Scalar::Unknown => false,
            },
            // A sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                is_text
            }
            Place::ErrorType => {
                self.error.get_or_insert_default().kind = fields::name(scalar);
                is_text
            }
            Place::Root | Place::Timings | Place::Vectors => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}
