//! What a server tells of itself beside the answer: how long it took, what its engine guessed, what it wants for it.
//!
//! Comes in: the figures of the usage object and of the objects beside it. Goes out: [`Told`]. What durations are called,
//! and in which unit they are, [`ToldTimes`] knows by their places.

use super::answer_place::Extra;
use crate::headers::{EngineState, Phase, ToldTimes};
use crate::price::Cost;
use crate::provider::figures::Figures;

/// What was told.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) times: ToldTimes,
    pub(super) engine: EngineState,
    pub(super) cost: Option<Cost>,
}

/// Puts together what the usage and the objects beside it tell.
pub(super) fn told(usage: &Figures, extras: &[(Extra, Figures)]) -> Told {
    let mut told = Told { cost: cost(usage), ..Told::default() };
    told.durations(usage, "usage", &["queue_time", "prompt_time", "completion_time", "total_time"]);
    // SambaNova's.
    told.seconds(Phase::Total, usage.number("total_latency"), "usage.total_latency");
    told.seconds(Phase::FirstToken, usage.number("time_to_first_token"), "usage.time_to_first_token");
    for (extra, figures) in extras {
        told.hear(*extra, figures);
    }
    told
}

impl Told {
    fn hear(&mut self, extra: Extra, figures: &Figures) {
        match extra {
            Extra::TimeInfo => {
                let names = ["queue_time", "prompt_time", "completion_time", "total_time"];
                self.durations(figures, "time_info", &names);
            }
            Extra::Timings => {
                self.durations(figures, "timings", &["prompt_ms", "predicted_ms", "predicted_per_token_ms"]);
                let (proposed, accepted) = (figures.count("draft_n"), figures.count("draft_n_accepted"));
                self.speculation(proposed, accepted, None, "timings.draft_n");
            }
            Extra::Metrics => {
                let names = ["time_to_first_token_ms", "generation_time_ms", "queue_time_ms", "mean_itl_ms"];
                self.durations(figures, "metrics", &names);
                self.histogram(figures);
            }
            Extra::PerfMetrics => {
                let names = [
                    "server-time-to-first-token",
                    "server-processing-time",
                    "tokenizer-duration",
                    "prefill-duration",
                    "generation-duration",
                ];
                self.durations(figures, "perf_metrics", &names);
                let queues =
                    ["tokenizer", "prefill", "generation"].map(|queue| format!("{queue}-queue-duration"));
                let queues = queues.iter().filter_map(|queue| word(figures, queue)?.parse::<f64>().ok());
                let queued =
                    queues.fold(None, |sum: Option<f64>, queue| Some(sum.unwrap_or_default() + queue));
                self.seconds(Phase::Queue, queued, "perf_metrics.*-queue-duration");
            }
            Extra::Sglext => {
                // One object, or one per choice.
                let number = |name: &str| {
                    let paths =
                        [format!("spec_tokens_details.{name}"), format!("spec_tokens_details.0.{name}")];
                    paths.iter().find_map(|path| figures.number(path))
                };
                let count = |name| number(name).filter(|count| *count >= 0.0).map(|count| count as u64);
                let (proposed, accepted) =
                    (count("spec_num_proposed_drafts"), count("spec_num_correct_drafts"));
                self.speculation(
                    proposed,
                    accepted,
                    number("spec_accept_rate"),
                    "sglext.spec_tokens_details",
                );
            }
        }
    }

    /// Durations whose places are known.
    fn durations(&mut self, figures: &Figures, object: &str, names: &[&str]) {
        for name in names {
            if let Some(word) = word(figures, name) {
                self.times.tell_field(&format!("{object}.{name}"), &word);
            }
        }
    }

    fn seconds(&mut self, phase: Phase, seconds: Option<f64>, source: &'static str) {
        let nanos = seconds.map(|seconds| (seconds * 1e9).round());
        // 2⁵³ ns are 104 days.
        if let Some(nanos) = nanos.filter(|nanos| (0.0..=9_007_199_254_740_992.0).contains(nanos)) {
            self.times.tell(phase, nanos as u64, source);
        }
    }

    fn speculation(
        &mut self,
        proposed: Option<u64>,
        accepted: Option<u64>,
        rate: Option<f64>,
        source: &'static str,
    ) {
        let acceptance_rate = rate.filter(|rate| (0.0..=1.0).contains(rate));
        if proposed.is_some() || accepted.is_some() || acceptance_rate.is_some() {
            self.engine.fill(EngineState {
                proposed_tokens: proposed,
                accepted_tokens: accepted,
                acceptance_rate,
                source: Some(source),
                ..EngineState::default()
            });
        }
    }

    /// vLLM tells in how many steps it accepted just so many drafts.
    fn histogram(&mut self, figures: &Figures) {
        let rate = figures.number("speculative_decoding.draft_acceptance_rate");
        let steps =
            |drafts: usize| figures.count(&format!("speculative_decoding.acceptance_histogram.{drafts}"));
        let accepted = (0..).map_while(|drafts| Some(steps(drafts)?.saturating_mul(drafts as u64)));
        let accepted = steps(0).map(|_| accepted.fold(0_u64, u64::saturating_add));
        let proposed = rate.filter(|rate| *rate > 0.0 && *rate <= 1.0).zip(accepted);
        let proposed = proposed.map(|(rate, accepted)| (accepted as f64 / rate).round() as u64);
        self.speculation(proposed, accepted, rate, "metrics.speculative_decoding");
    }
}

/// A number as it was written, or nearly so; some servers write theirs as strings.
fn word(figures: &Figures, path: &str) -> Option<String> {
    figures.number(path).map(|number| number.to_string()).or_else(|| figures.name(path).map(str::to_owned))
}

/// What it cost: OpenRouter's credits are dollars.
fn cost(usage: &Figures) -> Option<Cost> {
    if let Some(ticks) = usage.count("cost_in_usd_ticks") {
        return Some(Cost::told_ticks("usage.cost_in_usd_ticks", ticks));
    }
    // The shortest text that means the number is the text that it was, but for its zeros.
    let cost = |path| usage.number(path).map(|cost| cost.to_string());
    let told = |path| Cost::told(path, &cost(path.strip_prefix("usage.")?)?);
    told("usage.cost").or_else(|| told("usage.cost.total_cost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(text: &str) -> Figures {
        let mut figures = Figures::default();
        figures.tap(text.as_bytes());
        figures.tapped();
        figures
    }

    /// What was told of times, in nanoseconds.
    fn times(told: &Told) -> Vec<(Phase, u64, &'static str)> {
        let all = Phase::ALL.into_iter();
        all.filter_map(|phase| told.times.get(phase).map(|told| (phase, told.nanos, told.source))).collect()
    }

    #[test]
    fn usage_tells_times_and_costs() {
        let groq = r#"{"queue_time":0.037493756,"prompt_time":0.000680594,"completion_time":0.463333333,"total_time":0.464013927}"#;
        assert_eq!(
            times(&told(&figures(groq), &[])),
            [
                (Phase::Total, 464_013_927, "usage.total_time"),
                (Phase::Queue, 37_493_756, "usage.queue_time"),
                (Phase::Prefill, 680_594, "usage.prompt_time"),
                (Phase::Decode, 463_333_333, "usage.completion_time"),
            ]
        );
        let sambanova = r#"{"total_latency":0.5,"time_to_first_token":0.25}"#;
        assert_eq!(
            times(&told(&figures(sambanova), &[])),
            [
                (Phase::Total, 500_000_000, "usage.total_latency"),
                (Phase::FirstToken, 250_000_000, "usage.time_to_first_token"),
            ]
        );
        for (text, cost) in [
            (r#"{"cost":0.00014}"#, Cost::told("usage.cost", "0.00014")),
            (r#"{"cost":{"total_cost":0.006}}"#, Cost::told("usage.cost.total_cost", "0.006")),
            (
                r#"{"cost_in_usd_ticks":37756000}"#,
                Some(Cost::told_ticks("usage.cost_in_usd_ticks", 37_756_000)),
            ),
            (r#"{"cost":-1,"queue_time":-5,"total_latency":1e300,"prompt_time":"x"}"#, None),
            ("{}", None),
        ] {
            let told = told(&figures(text), &[]);
            assert_eq!((told.cost.is_some(), told.cost), (cost.is_some(), cost), "{text}");
            assert_eq!((told.times, told.engine), Default::default(), "{text}");
        }
    }

    #[test]
    fn objects_beside_the_usage_tell_in_their_own_units() {
        for (extra, text, expect) in [
            (
                Extra::TimeInfo,
                r#"{"queue_time":0.5,"prompt_time":0.25,"completion_time":1.5,"total_time":2.25,"created":1}"#,
                &[
                    (Phase::Total, 2_250_000_000, "time_info.total_time"),
                    (Phase::Queue, 500_000_000, "time_info.queue_time"),
                    (Phase::Prefill, 250_000_000, "time_info.prompt_time"),
                    (Phase::Decode, 1_500_000_000, "time_info.completion_time"),
                ][..],
            ),
            (
                Extra::Timings,
                r#"{"prompt_ms":30.958,"predicted_ms":661.064,"predicted_per_token_ms":18.88}"#,
                &[
                    (Phase::Prefill, 30_958_000, "timings.prompt_ms"),
                    (Phase::Decode, 661_064_000, "timings.predicted_ms"),
                    (Phase::PerToken, 18_880_000, "timings.predicted_per_token_ms"),
                ],
            ),
            (
                Extra::Metrics,
                r#"{"time_to_first_token_ms":12.5,"generation_time_ms":100,"queue_time_ms":1,"mean_itl_ms":2}"#,
                &[
                    (Phase::Queue, 1_000_000, "metrics.queue_time_ms"),
                    (Phase::Decode, 100_000_000, "metrics.generation_time_ms"),
                    (Phase::FirstToken, 12_500_000, "metrics.time_to_first_token_ms"),
                    (Phase::PerToken, 2_000_000, "metrics.mean_itl_ms"),
                ],
            ),
            (
                Extra::PerfMetrics,
                r#"{"server-time-to-first-token":"0.125","server-processing-time":"1.5","prefill-queue-duration":"0.25","generation-queue-duration":0.5}"#,
                &[
                    (Phase::Total, 1_500_000_000, "perf_metrics.server-processing-time"),
                    (Phase::Queue, 750_000_000, "perf_metrics.*-queue-duration"),
                    (Phase::FirstToken, 125_000_000, "perf_metrics.server-time-to-first-token"),
                ],
            ),
            (Extra::Timings, r#"{"prompt_ms":null,"predicted_ms":-1}"#, &[]),
        ] {
            let told = told(&Figures::default(), &[(extra, figures(text))]);
            assert_eq!(times(&told), expect, "{text}");
            assert_eq!((told.engine, told.cost), Default::default(), "{text}");
        }
    }

    #[test]
    fn engines_tell_how_well_they_guess() {
        for (extra, text, expect) in [
            (Extra::Timings, r#"{"draft_n":10,"draft_n_accepted":7}"#, (Some(10), Some(7), None)),
            (
                Extra::Metrics,
                r#"{"speculative_decoding":{"draft_acceptance_rate":0.5,"acceptance_histogram":[4,2,3]}}"#,
                (Some(16), Some(8), Some(0.5)),
            ),
            (
                Extra::Metrics,
                r#"{"speculative_decoding":{"draft_acceptance_rate":0,"acceptance_histogram":[4]}}"#,
                (None, Some(0), Some(0.0)),
            ),
            (
                Extra::Sglext,
                r#"{"spec_tokens_details":[{"spec_accept_rate":0.75,"spec_num_correct_drafts":3,"spec_num_proposed_drafts":4}]}"#,
                (Some(4), Some(3), Some(0.75)),
            ),
            (
                Extra::Sglext,
                r#"{"spec_tokens_details":{"spec_accept_rate":7,"spec_num_correct_drafts":-3}}"#,
                (None, None, None),
            ),
            (Extra::Timings, r#"{"draft_n":-1}"#, (None, None, None)),
        ] {
            let engine = told(&Figures::default(), &[(extra, figures(text))]).engine;
            let told = (engine.proposed_tokens, engine.accepted_tokens, engine.acceptance_rate);
            assert_eq!(told, expect, "{text}");
            assert_eq!(engine.source.is_some(), expect != (None, None, None), "{text}");
        }
    }
}
