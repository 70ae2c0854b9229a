//! What Bedrock adds to the answers of models that are invoked, whosever they are.

use super::usage;
use crate::call::Usage;
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::figures::Figures;

/// What was added.
#[derive(Debug, Default)]
pub(super) struct Around {
    figures: Figures,
    /// `amazon-bedrock-guardrailAction`.
    pub(super) intervened: bool,
    /// It was there.
    acted: bool,
}

impl Around {
    /// Whether an event may have something of this: nearly none has.
    pub(super) fn may_be_in(event: &[u8]) -> bool {
        memchr::memmem::find(event, b"\"amazon-bedrock-").is_some()
    }

    /// Bedrock has said something.
    pub(super) fn has_told(&self) -> bool {
        self.acted || !self.figures.is_empty()
    }

    /// `firstByteLatency` and `invocationLatency`, in milliseconds.
    pub(super) fn latencies_ms(&self) -> (Option<u64>, Option<u64>) {
        (self.figures.count("firstByteLatency"), self.figures.count("invocationLatency"))
    }

    /// What was told, and how much of it had no shape that could be read.
    pub(super) fn into_usage(self) -> (Usage, u32) {
        let usage = usage::metrics(&self.figures);
        let (raw, odd) = self.figures.into_raw();
        let raw = raw.into_iter().map(|(path, number)| (format!("{METRICS}.{path}"), number)).collect();
        (Usage { raw, ..usage }, odd)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Metrics,
    Action,
}

impl Shape for Around {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, _) if key == METRICS.as_bytes() => Some(Place::Metrics),
            (Place::Root, b"amazon-bedrock-guardrailAction") => Some(Place::Action),
            _ => None,
        }
    }

    fn element(_place: Place) -> Option<Place> {
        None
    }

    fn reads_text(place: Place) -> bool {
        place == Place::Action
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        place == Place::Metrics && value == Some(Container::Object)
    }

    fn tap(&mut self, _place: Place, written: &[u8]) {
        self.figures.tap(written);
    }

    fn tapped(&mut self, _place: Place) {
        self.figures.tapped();
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        place == Place::Root && container == Container::Object
    }

    fn close(&mut self, _place: Place) {}

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if place == Place::Action {
            self.acted = true;
            self.intervened |= scalar.as_text().is_some_and(|action| action == "INTERVENED");
        }
    }
}

const METRICS: &str = "amazon-bedrock-invocationMetrics";
