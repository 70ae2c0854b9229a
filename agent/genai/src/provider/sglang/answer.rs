//! The answer: one document, an array of them for a batch, or events of the same shape, each with the text so far.

use crate::call::{Response, Usage};
use crate::headers::{EngineState, ToldTimes};
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::figures::Figures;
use crate::provider::native::NativeAnswer;
use crate::provider::prompt::Chars;
use crate::provider::results::{Finished, Results};
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, Findings, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    id: Option<String>,
    results: Results,
    figures: Figures,
    told: ToldTimes,
    engine: EngineState,
    /// What was asked for, if its text shall be checked.
    output_type: Option<String>,
    check: TextCheck,
    error: Option<ProviderError>,
    /// What it is called, if it is one: it may be told before that it is.
    error_type: Option<String>,
    /// The result at hand.
    open: Finished,
    in_result: bool,
    index: Option<u64>,
    chars: Chars,
    position: u64,
    /// The event at hand has more text than the one before.
    says: bool,
    /// Events have only what is new: one had less text than the one before it.
    incremental: bool,
    /// The longest text of an event so far.
    longest: u64,
    /// It had `meta_info`, with counts of tokens.
    counted: bool,
    unknown_shape: u32,
}

impl Answer {
    fn end_result(&mut self) {
        let chars = std::mem::take(&mut self.chars).count;
        let mut result = std::mem::take(&mut self.open);
        result.chars = chars;
        let over = result.over;
        let index = self.index.take().unwrap_or(self.position);
        // With one result only, since those of a batch are of different lengths.
        self.incremental |= self.position == 0 && index == 0 && (1..self.longest).contains(&chars);
        self.longest = self.longest.max(chars);
        let grown = self.results.merge(index, result);
        self.says |= grown || (self.incremental && chars > 0);
        self.position += u64::from(over);
        if self.position > 1 || index > 0 || self.incremental {
            self.check.give_up();
        }
    }
}

impl NativeAnswer for Answer {
    fn begin(&mut self, output_type: Option<&str>, _answers: u64) {
        self.output_type = output_type.map(str::to_owned);
        self.check.want_json(output_type);
    }

    fn begin_item(&mut self) {
        self.says = false;
        if !self.incremental {
            // The text comes once more.
            self.check = TextCheck::default();
            self.check.want_json(self.output_type.as_deref());
        }
    }

    fn end_item(&mut self) -> Event {
        if self.says { Event::Text } else { Event::Silent }
    }

    fn is_answer(&self) -> bool {
        self.id.is_some() && self.counted
    }

    fn is_error(&self) -> bool {
        self.error.is_some()
    }

    fn is_over(&self) -> bool {
        self.results.over() > 0
    }

    fn into_findings(self) -> Findings {
        let Self { id, results, figures, told, engine, check, error, error_type, unknown_shape, .. } = self;
        let error = error.map(|error| ProviderError { kind: error_type, ..error });
        let (usage, finish_reasons, too_many) = results.into_parts();
        let (raw, odd) = figures.into_raw();
        Findings {
            response: Response { id, finish_reasons, valid_json: check.verdict(), ..Response::default() },
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
    Text,
    Index,
    MetaInfo,
    Id,
    FinishReason,
    FinishType,
    PromptTokens,
    CompletionTokens,
    CachedTokens,
    ReasoningTokens,
    Duration(&'static str),
    AcceptRate,
    Accepted,
    Proposed,
    /// An object, a sentence, or the word that it is one.
    Error,
    Object,
    ErrorType,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"text") => Some(Place::Text),
            (Place::Root, b"index") => Some(Place::Index),
            (Place::Root, b"meta_info") => Some(Place::MetaInfo),
            (Place::MetaInfo, b"id") => Some(Place::Id),
            (Place::MetaInfo, b"finish_reason") => Some(Place::FinishReason),
            (Place::FinishReason, b"type") => Some(Place::FinishType),
            (Place::MetaInfo, b"prompt_tokens") => Some(Place::PromptTokens),
            (Place::MetaInfo, b"completion_tokens") => Some(Place::CompletionTokens),
            (Place::MetaInfo, b"cached_tokens") => Some(Place::CachedTokens),
            (Place::MetaInfo, b"reasoning_tokens") => Some(Place::ReasoningTokens),
            (Place::MetaInfo, b"e2e_latency") => Some(Place::Duration("meta_info.e2e_latency")),
            (Place::MetaInfo, b"queue_time") => Some(Place::Duration("meta_info.queue_time")),
            (Place::MetaInfo, b"first_token_latency") => {
                Some(Place::Duration("meta_info.first_token_latency"))
            }
            (Place::MetaInfo, b"spec_accept_rate") => Some(Place::AcceptRate),
            // By versions, the newest first.
            (
                Place::MetaInfo,
                b"spec_num_correct_drafts" | b"spec_accepted_drafts" | b"spec_accept_token_num",
            ) => Some(Place::Accepted),
            (
                Place::MetaInfo,
                b"spec_num_proposed_drafts" | b"spec_proposed_drafts" | b"spec_draft_token_num",
            ) => Some(Place::Proposed),
            (Place::Root, b"error") => Some(Place::Error),
            (Place::Root, b"object") => Some(Place::Object),
            (Place::Root | Place::Error, b"type") => Some(Place::ErrorType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        (place == Place::Root).then_some(Place::Root)
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Id | Place::FinishType | Place::Object | Place::ErrorType)
    }

    fn hears(place: Place) -> bool {
        place == Place::Text
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        self.chars.push(written);
        self.check.hear(written);
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root, Container::Array) | (Place::MetaInfo, Container::Object) => true,
            (Place::Root, Container::Object) => {
                self.open = Finished::default();
                self.chars = Chars::default();
                self.index = None;
                self.in_result = true;
                true
            }
            (Place::FinishReason, Container::Object) => {
                self.open.over = true;
                true
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
        // The array of a batch closes at the same place, and says nothing.
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
        let known = match place {
            Place::Text => is_text,
            Place::Index => fields::number(&mut self.index, scalar),
            Place::Id => fields::text(&mut self.id, scalar),
            Place::FinishType => fields::text(&mut open.reason, scalar),
            // A word, in versions before 0.3.
            Place::FinishReason => {
                open.over |= is_text;
                is_text
            }
            Place::PromptTokens => {
                self.counted = true;
                figures.tell("meta_info.prompt_tokens", scalar);
                fields::number(&mut open.input, scalar)
            }
            Place::CompletionTokens => {
                self.counted = true;
                figures.tell("meta_info.completion_tokens", scalar);
                fields::number(&mut open.output, scalar)
            }
            Place::CachedTokens => {
                figures.tell("meta_info.cached_tokens", scalar);
                fields::number(&mut open.cache_read, scalar)
            }
            Place::ReasoningTokens => {
                figures.tell("meta_info.reasoning_tokens", scalar);
                fields::number(&mut open.reasoning, scalar)
            }
            Place::Duration(path) => match scalar {
                Scalar::Number(number) => self.told.tell_field(path, number),
                Scalar::Null | Scalar::Bool(_) | Scalar::Text { .. } | Scalar::Unknown => false,
            },
            Place::AcceptRate => {
                engine.source.get_or_insert("meta_info.spec_accept_rate");
                let share = scalar.as_f64().filter(|share| (0.0..=1.0).contains(share));
                fields::value(&mut engine.acceptance_rate, share)
            }
            Place::Accepted => {
                engine.source.get_or_insert("meta_info.spec_num_correct_drafts");
                fields::number(&mut engine.accepted_tokens, scalar)
            }
            Place::Proposed => {
                engine.source.get_or_insert("meta_info.spec_num_proposed_drafts");
                fields::number(&mut engine.proposed_tokens, scalar)
            }
            // A sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                is_text
            }
            Place::Object => {
                if scalar.as_text().is_some_and(|object| object == "error") {
                    self.error.get_or_insert_default();
                }
                is_text
            }
            Place::ErrorType => {
                self.error_type = fields::name(scalar);
                is_text
            }
            Place::Root | Place::MetaInfo => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}
