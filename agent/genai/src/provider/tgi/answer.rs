//! The answer: one document, which the root of the server puts into an array, or an event per token.

use crate::call::{Response, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::figures::Figures;
use crate::provider::native::NativeAnswer;
use crate::provider::results::{Finished, Results};
use crate::provider::text_check::TextCheck;
use crate::provider::{Event, Findings, ProviderError, fields};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    results: Results,
    figures: Figures,
    check: TextCheck,
    error: Option<ProviderError>,
    /// The result at hand.
    open: Finished,
    in_result: bool,
    position: u64,
    /// The token at hand: whether it has text, and whether that is only markup of the model.
    says: bool,
    special: bool,
    /// A stream: the text comes in tokens, and once more as a whole.
    in_tokens: bool,
    /// It had a whole text.
    generated: bool,
    unknown_shape: u32,
}

impl NativeAnswer for Answer {
    fn begin(&mut self, output_type: Option<&str>, _answers: u64) {
        self.check.want_json(output_type);
    }

    fn begin_item(&mut self) {
        self.says = false;
        self.special = false;
    }

    fn end_item(&mut self) -> Event {
        match self.says && !self.special {
            true => Event::Text,
            false if self.generated => Event::Done,
            false => Event::Silent,
        }
    }

    fn is_answer(&self) -> bool {
        self.generated || self.in_tokens
    }

    fn is_error(&self) -> bool {
        self.error.is_some()
    }

    fn is_over(&self) -> bool {
        self.generated
    }

    fn into_findings(self) -> Findings {
        let Self { results, figures, check, error, unknown_shape, .. } = self;
        let (usage, finish_reasons, too_many) = results.into_parts();
        let (raw, odd) = figures.into_raw();
        Findings {
            response: Response { finish_reasons, valid_json: check.verdict(), ..Response::default() },
            usage: Usage { raw, ..usage },
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
    Token,
    TokenId,
    TokenText,
    Special,
    GeneratedText,
    Details,
    FinishReason,
    GeneratedTokens,
    InputLength,
    Error,
    ErrorType,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"token") => Some(Place::Token),
            (Place::Token, b"id") => Some(Place::TokenId),
            (Place::Token, b"text") => Some(Place::TokenText),
            (Place::Token, b"special") => Some(Place::Special),
            (Place::Root, b"generated_text") => Some(Place::GeneratedText),
            (Place::Root, b"details") => Some(Place::Details),
            (Place::Details, b"finish_reason") => Some(Place::FinishReason),
            (Place::Details, b"generated_tokens") => Some(Place::GeneratedTokens),
            (Place::Details, b"input_length") => Some(Place::InputLength),
            (Place::Root, b"error") => Some(Place::Error),
            (Place::Root, b"error_type") => Some(Place::ErrorType),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        (place == Place::Root).then_some(Place::Root)
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::FinishReason | Place::ErrorType)
    }

    fn hears(place: Place) -> bool {
        place == Place::GeneratedText
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        self.check.hear(written);
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root, Container::Array) => true,
            (Place::Root, Container::Object) => {
                if self.position > 0 {
                    self.check.give_up();
                }
                self.open = Finished::default();
                self.in_result = true;
                true
            }
            (Place::Token | Place::Details, Container::Object) => true,
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        // The array closes at the same place, and says nothing.
        if place == Place::Root && std::mem::take(&mut self.in_result) {
            let result = std::mem::take(&mut self.open);
            let over = result.over;
            self.results.merge(self.position, result);
            // The next one in an array; a token of a stream belongs to the result of the token before it.
            self.position += u64::from(over);
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::TokenId => {
                self.in_tokens |= scalar.as_u64().is_some();
                scalar.as_u64().is_some()
            }
            Place::TokenText => {
                self.says |= matches!(scalar, Scalar::Text { empty: false, .. });
                is_text
            }
            Place::Special => {
                self.special |= scalar.as_bool() == Some(true);
                scalar.as_bool().is_some()
            }
            Place::GeneratedText => {
                self.generated |= is_text;
                self.open.over |= is_text;
                is_text
            }
            Place::FinishReason => fields::text(&mut self.open.reason, scalar),
            Place::GeneratedTokens => {
                self.figures.tell("details.generated_tokens", scalar);
                fields::number(&mut self.open.output, scalar)
            }
            Place::InputLength => {
                self.figures.tell("details.input_length", scalar);
                fields::number(&mut self.open.input, scalar)
            }
            // A sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                is_text
            }
            Place::ErrorType => {
                self.error.get_or_insert_default().kind = fields::name(scalar);
                is_text
            }
            Place::Root | Place::Token | Place::Details => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}
