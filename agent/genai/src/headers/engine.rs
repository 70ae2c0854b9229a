//! The state of the inference engine, as a response tells it.
//!
//! Comes in: `endpoint-load-metrics` (ORCA's text and JSON forms, which vLLM and its kin send where the request asks
//! for it) and Fireworks' headers. Goes out: an [`EngineState`]; what bodies say goes into its fields too.
//!
//! ```text
//! endpoint-load-metrics: TEXT named_metrics.kv_cache_usage_perc=0.05, named_metrics.num_requests_waiting=0
//! endpoint-load-metrics: JSON {"named_metrics": {"kv_cache_usage_perc": 0.05}}
//! ```
//!
//! Not read: ORCA's binary form, a protobuf; `fireworks-speculation-generated-tokens`, which does not say whether
//! drafts or what became of them is counted.

use super::Heard;
use super::decimal;
use crate::json_scan::{Container, Scalar, Scanner, Shape};

/// What an inference engine tells of itself at the time of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineState {
    /// Requests that are worked on.
    pub running: Option<u64>,
    /// Requests that wait.
    pub waiting: Option<u64>,
    /// Requests in the batch, where the engine says so itself.
    pub batch_size: Option<u64>,
    /// The share of the memory for keys and values that is used, 0 to 1.
    pub kv_cache_usage: Option<f64>,
    /// Tokens that speculative decoding proposed.
    pub proposed_tokens: Option<u64>,
    /// How many of them were right.
    pub accepted_tokens: Option<u64>,
    /// Which share of them was right, where that is told.
    pub acceptance_rate: Option<f64>,
    /// Tokens that the request itself predicted. These are not the engine's proposals.
    pub prediction_tokens: Option<u64>,
    /// How many of them were right.
    pub prediction_accepted_tokens: Option<u64>,
    /// The field that told first: a header's name, or a path in a body.
    pub source: Option<&'static str>,
}

impl EngineState {
    /// Requests in the batch: as told, else those that are worked on, which is the same with continuous batching.
    pub fn batch(&self) -> Option<u64> {
        self.batch_size.or(self.running)
    }

    /// The share of proposed tokens that were right: as told, else from the counts.
    pub fn acceptance(&self) -> Option<f64> {
        self.acceptance_rate.or_else(|| {
            let (accepted, proposed) = self.accepted_tokens.zip(self.proposed_tokens)?;
            (proposed > 0 && accepted <= proposed).then(|| accepted as f64 / proposed as f64)
        })
    }

    /// Fills in what is not known yet. To let a body win over a head, fill the body's with the head's.
    pub fn fill(&mut self, other: Self) {
        let Self { running, waiting, batch_size, kv_cache_usage, proposed_tokens, .. } = other;
        let Self { accepted_tokens, acceptance_rate, prediction_tokens, .. } = other;
        let Self { prediction_accepted_tokens, source, .. } = other;
        self.running = self.running.or(running);
        self.waiting = self.waiting.or(waiting);
        self.batch_size = self.batch_size.or(batch_size);
        self.kv_cache_usage = self.kv_cache_usage.or(kv_cache_usage);
        self.proposed_tokens = self.proposed_tokens.or(proposed_tokens);
        self.accepted_tokens = self.accepted_tokens.or(accepted_tokens);
        self.acceptance_rate = self.acceptance_rate.or(acceptance_rate);
        self.prediction_tokens = self.prediction_tokens.or(prediction_tokens);
        self.prediction_accepted_tokens = self.prediction_accepted_tokens.or(prediction_accepted_tokens);
        self.source = self.source.or(source);
    }

    /// Takes a header.
    pub(super) fn hear(&mut self, name: &str, value: &str) -> Heard {
        let orca = ORCA.iter().find(|known| **known == name);
        if let Some(source) = orca {
            return self.orca(value, source);
        }
        let Some((source, figure)) = HEADERS.iter().find(|row| row.0 == name) else { return Heard::NotMine };
        Heard::or_malformed(self.put(*figure, value, source))
    }

    fn orca(&mut self, value: &str, source: &'static str) -> Heard {
        let (format, report) = value.split_once(' ').unwrap_or(("", value));
        let report = report.trim_start();
        if format.eq_ignore_ascii_case("json") {
            let mut orca = Orca { state: self, source, understood: true };
            let mut scanner = Scanner::new::<Orca<'_>>();
            scanner.push(report.as_bytes(), &mut orca);
            return Heard::or_malformed(orca.understood && scanner.is_done());
        }
        if !format.eq_ignore_ascii_case("text") {
            return Heard::Malformed;
        }
        let mut understood = true;
        for (name, value) in report.split(',').filter_map(|metric| metric.split_once('=')) {
            let name = name.trim();
            let name = name.strip_prefix("named_metrics.").unwrap_or(name);
            if let Some(figure) = metric(name) {
                understood &= self.put(figure, value.trim(), source);
            }
        }
        Heard::or_malformed(understood)
    }

    /// Whether the value is what such a figure can be.
    fn put(&mut self, figure: Figure, value: &str, source: &'static str) -> bool {
        let known = match figure {
            Figure::Running => fill(&mut self.running, decimal::count(value)),
            Figure::Waiting => fill(&mut self.waiting, decimal::count(value)),
            Figure::KvCache => fill(&mut self.kv_cache_usage, decimal::share(value)),
            Figure::Prediction => fill(&mut self.prediction_tokens, decimal::count(value)),
            Figure::PredictionAccepted => fill(&mut self.prediction_accepted_tokens, decimal::count(value)),
            // By position, where there is more than one: then it is no figure for the whole.
            Figure::Acceptance => fill(&mut self.acceptance_rate, decimal::share(value)) || !value.is_empty(),
        };
        if known && self.tells() {
            self.source.get_or_insert(source);
        }
        known
    }

    fn tells(&self) -> bool {
        let counts =
            [self.running, self.waiting, self.batch_size, self.proposed_tokens, self.accepted_tokens];
        let predictions = [self.prediction_tokens, self.prediction_accepted_tokens];
        let shares = [self.kv_cache_usage, self.acceptance_rate];
        counts.iter().chain(&predictions).any(Option::is_some) || shares.iter().any(Option::is_some)
    }
}

fn fill<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let understood = value.is_some();
    if slot.is_none() {
        *slot = value;
    }
    understood
}

#[derive(Clone, Copy, Debug)]
enum Figure {
    Running,
    Waiting,
    KvCache,
    Prediction,
    PredictionAccepted,
    Acceptance,
}

const ORCA: [&str; 2] = ["endpoint-load-metrics", "x-endpoint-load-metrics"];

const HEADERS: [(&str, Figure); 4] = [
    ("fireworks-num-concurrent-requests", Figure::Running),
    ("fireworks-speculation-acceptance", Figure::Acceptance),
    ("fireworks-speculation-prompt-tokens", Figure::Prediction),
    ("fireworks-speculation-prompt-matched-tokens", Figure::PredictionAccepted),
];

/// What names of metrics mean: vLLM's, and those that ORCA's users agreed on.
const METRICS: [(&str, Figure); 6] = [
    ("kv_cache_usage_perc", Figure::KvCache),
    ("kv_cache_utilization", Figure::KvCache),
    ("gpu_cache_usage_perc", Figure::KvCache),
    ("num_requests_waiting", Figure::Waiting),
    ("num_requests_running", Figure::Running),
    ("num_queue_reqs", Figure::Waiting),
];

fn metric(name: &str) -> Option<Figure> {
    METRICS.iter().find(|row| row.0 == name).map(|row| row.1)
}

/// ORCA's JSON form, as it is scanned.
struct Orca<'a> {
    state: &'a mut EngineState,
    source: &'static str,
    understood: bool,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Report,
    NamedMetrics,
    Metric(Figure),
}

impl Shape for Orca<'_> {
    type Place = Place;

    const ROOT: Place = Place::Report;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match place {
            Place::Report if key == b"named_metrics" => Some(Place::NamedMetrics),
            Place::Report | Place::NamedMetrics => {
                std::str::from_utf8(key).ok().and_then(metric).map(Place::Metric)
            }
            Place::Metric(_) => None,
        }
    }

    fn element(_: Place) -> Option<Place> {
        None
    }

    fn reads_text(_: Place) -> bool {
        false
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        let right = matches!((place, container), (Place::Report | Place::NamedMetrics, Container::Object));
        self.understood &= right;
        right
    }

    fn close(&mut self, _: Place) {}

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        let understood = if let (Place::Metric(figure), Scalar::Number(number)) = (place, scalar) {
            self.state.put(figure, number, self.source)
        } else {
            false
        };
        self.understood &= understood;
    }
}
