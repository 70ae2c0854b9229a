//! What a server tells of itself beside the answer: how long it took, what its engine guessed, what it wants for it.
//!
//! Comes in: the figures of the usage object and of the objects beside it. Goes out: [`Told`]. Servers differ in names
//! and units and agree on nothing.

use super::answer_place::Extra;
use crate::provider::figures::Figures;

/// What was told. Durations are in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) total: Option<u64>,
    pub(super) queue: Option<u64>,
    pub(super) prefill: Option<u64>,
    pub(super) decode: Option<u64>,
    pub(super) first_token: Option<u64>,
    pub(super) per_token: Option<u64>,
    /// Tokens that speculative decoding proposed.
    pub(super) proposed: Option<u64>,
    /// How many of them were right.
    pub(super) accepted: Option<u64>,
    /// Which share of them was right.
    pub(super) acceptance: Option<f64>,
    /// US dollars, as decimal text.
    pub(super) cost_usd: Option<String>,
}

const SECOND: f64 = 1e9;
const MILLI: f64 = 1e6;

/// Puts together what the usage and the objects beside it tell.
pub(super) fn told(usage: &Figures, extras: &[(Extra, Figures)]) -> Told {
    let mut told = Told {
        // Groq's; SambaNova's.
        queue: nanos(usage.number("queue_time"), SECOND),
        prefill: nanos(usage.number("prompt_time"), SECOND),
        decode: nanos(usage.number("completion_time"), SECOND),
        total: nanos(usage.number("total_time").or(usage.number("total_latency")), SECOND),
        first_token: nanos(usage.number("time_to_first_token"), SECOND),
        cost_usd: cost(usage),
        ..Told::default()
    };
    for (extra, figures) in extras {
        told.hear(*extra, figures);
    }
    told
}

impl Told {
    fn hear(&mut self, extra: Extra, figures: &Figures) {
        let seconds = |path| nanos(figures.number(path), SECOND);
        let millis = |path| nanos(figures.number(path), MILLI);
        match extra {
            Extra::TimeInfo => {
                self.queue = seconds("queue_time").or(self.queue);
                self.prefill = seconds("prompt_time").or(self.prefill);
                self.decode = seconds("completion_time").or(self.decode);
                self.total = seconds("total_time").or(self.total);
            }
            Extra::Timings => {
                self.prefill = millis("prompt_ms").or(self.prefill);
                self.decode = millis("predicted_ms").or(self.decode);
                self.per_token = millis("predicted_per_token_ms").or(self.per_token);
                self.proposed = figures.count("draft_n").or(self.proposed);
                self.accepted = figures.count("draft_n_accepted").or(self.accepted);
            }
            Extra::Metrics => {
                self.first_token = millis("time_to_first_token_ms").or(self.first_token);
                self.decode = millis("generation_time_ms").or(self.decode);
                self.queue = millis("queue_time_ms").or(self.queue);
                self.per_token = millis("mean_itl_ms").or(self.per_token);
                self.speculation(figures);
            }
            // All of its values are strings.
            Extra::PerfMetrics => {
                let seconds = |path| nanos(figures.name(path).and_then(|text| text.parse().ok()), SECOND);
                let told = |path| seconds(path).or(nanos(figures.number(path), SECOND));
                self.first_token = told("server-time-to-first-token").or(self.first_token);
                self.total = told("server-processing-time").or(self.total);
                self.prefill = told("prefill-duration").or(self.prefill);
                self.decode = told("generation-duration").or(self.decode);
            }
            Extra::Sglext => {
                // One object, or one per choice.
                let first = |name: &str| {
                    let paths =
                        [format!("spec_tokens_details.{name}"), format!("spec_tokens_details.0.{name}")];
                    paths.iter().find_map(|path| figures.number(path))
                };
                let count = |name| first(name).filter(|count| *count >= 0.0).map(|count| count as u64);
                self.accepted = count("spec_num_correct_drafts").or(self.accepted);
                self.proposed = count("spec_num_proposed_drafts").or(self.proposed);
                self.acceptance = first("spec_accept_rate").or(self.acceptance);
            }
        }
    }

    /// vLLM tells in how many steps it accepted just so many drafts.
    fn speculation(&mut self, figures: &Figures) {
        let rate = figures.number("speculative_decoding.draft_acceptance_rate");
        let steps =
            |drafts: usize| figures.count(&format!("speculative_decoding.acceptance_histogram.{drafts}"));
        let accepted = (0..).map_while(|drafts| Some(steps(drafts)?.saturating_mul(drafts as u64)));
        let accepted = steps(0).map(|_| accepted.fold(0_u64, u64::saturating_add));
        self.acceptance = rate.or(self.acceptance);
        self.accepted = accepted.or(self.accepted);
        let proposed = rate.filter(|rate| *rate > 0.0 && *rate <= 1.0).zip(accepted);
        self.proposed =
            proposed.map(|(rate, accepted)| (accepted as f64 / rate).round() as u64).or(self.proposed);
    }
}

/// What it cost: OpenRouter's credits are dollars, xAI's ticks are 10⁻¹⁰ of one.
fn cost(usage: &Figures) -> Option<String> {
    const TICKS: u64 = 10_000_000_000;
    if let Some(ticks) = usage.count("cost_in_usd_ticks") {
        let text = format!("{}.{:010}", ticks / TICKS, ticks % TICKS);
        return Some(text.trim_end_matches('0').trim_end_matches('.').to_owned());
    }
    let cost = usage.number("cost").or(usage.number("cost.total_cost"))?;
    // The shortest text that means the number is the text that it was, but for its zeros.
    (cost >= 0.0).then(|| cost.to_string())
}

/// A duration that was told in some unit.
fn nanos(told: Option<f64>, unit: f64) -> Option<u64> {
    let nanos = told? * unit;
    // 2⁵³ ns are 104 days.
    (0.0..=9_007_199_254_740_992.0).contains(&nanos).then(|| nanos.round() as u64)
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

    #[test]
    fn usage_tells_times_and_costs() {
        for (text, expect) in [
            (
                r#"{"queue_time":0.037493756,"prompt_time":0.000680594,"completion_time":0.463333333,"total_time":0.464013927}"#,
                Told {
                    queue: Some(37_493_756),
                    prefill: Some(680_594),
                    decode: Some(463_333_333),
                    total: Some(464_013_927),
                    ..Told::default()
                },
            ),
            (r#"{"cost":0.00014}"#, Told { cost_usd: Some("0.00014".to_owned()), ..Told::default() }),
            (
                r#"{"cost":{"total_cost":0.006}}"#,
                Told { cost_usd: Some("0.006".to_owned()), ..Told::default() },
            ),
            (
                r#"{"cost_in_usd_ticks":37756000}"#,
                Told { cost_usd: Some("0.0037756".to_owned()), ..Told::default() },
            ),
            (
                r#"{"cost_in_usd_ticks":20000000000}"#,
                Told { cost_usd: Some("2".to_owned()), ..Told::default() },
            ),
            (r#"{"cost":-1,"queue_time":-5,"total_time":1e300,"prompt_time":"x"}"#, Told::default()),
            ("{}", Told::default()),
        ] {
            assert_eq!(told(&figures(text), &[]), expect, "{text}");
        }
    }

    #[test]
    fn objects_beside_the_usage_tell_in_their_own_units() {
        for (extra, text, expect) in [
            (
                Extra::TimeInfo,
                r#"{"queue_time":0.5,"prompt_time":0.25,"completion_time":1.5,"total_time":2.25,"created":1}"#,
                Told {
                    queue: Some(500_000_000),
                    prefill: Some(250_000_000),
                    decode: Some(1_500_000_000),
                    total: Some(2_250_000_000),
                    ..Told::default()
                },
            ),
            (
                Extra::Timings,
                r#"{"prompt_ms":30.958,"predicted_ms":661.064,"predicted_per_token_ms":18.88,"draft_n":10,"draft_n_accepted":7}"#,
                Told {
                    prefill: Some(30_958_000),
                    decode: Some(661_064_000),
                    per_token: Some(18_880_000),
                    proposed: Some(10),
                    accepted: Some(7),
                    ..Told::default()
                },
            ),
            (
                Extra::Metrics,
                r#"{"time_to_first_token_ms":12.5,"generation_time_ms":100,"queue_time_ms":1,"mean_itl_ms":2,"speculative_decoding":{"draft_acceptance_rate":0.5,"acceptance_histogram":[4,2,3]}}"#,
                Told {
                    first_token: Some(12_500_000),
                    decode: Some(100_000_000),
                    queue: Some(1_000_000),
                    per_token: Some(2_000_000),
                    accepted: Some(8),
                    proposed: Some(16),
                    acceptance: Some(0.5),
                    ..Told::default()
                },
            ),
            (
                Extra::PerfMetrics,
                r#"{"server-time-to-first-token":"0.125","server-processing-time":"1.5","prompt-tokens":"9"}"#,
                Told { first_token: Some(125_000_000), total: Some(1_500_000_000), ..Told::default() },
            ),
            (
                Extra::Sglext,
                r#"{"spec_tokens_details":[{"spec_accept_rate":0.75,"spec_num_correct_drafts":3,"spec_num_proposed_drafts":4}]}"#,
                Told { accepted: Some(3), proposed: Some(4), acceptance: Some(0.75), ..Told::default() },
            ),
            (Extra::Timings, r#"{"prompt_ms":null,"draft_n":-1}"#, Told::default()),
        ] {
            assert_eq!(told(&Figures::default(), &[(extra, figures(text))]), expect, "{text}");
        }
    }
}
