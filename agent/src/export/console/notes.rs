//! What a person should know of a call besides its phases and counts: what the server told of itself, and what was out
//! of the ordinary.

use super::{duration_s, float, int, text};
use crate::span::{Span, Value, semconv as name};

/// The server's own times, its place, and who stood between.
pub(super) fn server(span: &Span) -> String {
    let times = [
        ("queue", name::SERVER_QUEUE),
        ("load", name::SERVER_LOAD),
        ("prefill", name::SERVER_PREFILL),
        ("decode", name::SERVER_DECODE),
        ("first token", name::SERVER_FIRST_TOKEN),
        ("total", name::SERVER_TOTAL),
    ];
    let mut known: Vec<String> = times
        .iter()
        .filter_map(|(label, name)| Some(format!("{label} {}", duration_s(float(span, name)?))))
        .collect();
    known.extend(int(span, name::ENGINE_WAITING).map(|waiting| format!("{waiting} waiting")));
    known.extend(text(span, name::PROVIDER_REGION));
    known.extend(text(span, name::GATEWAY_NAME).map(|gateway| format!("via {gateway}")));
    if known.is_empty() { String::new() } else { format!("server {}", known.join("  ")) }
}

/// What was out of the ordinary.
pub(super) fn notes(span: &Span) -> String {
    let is = |name: &str| span.get(name) == Some(&Value::Bool(true));
    let mut notes = Vec::new();
    if let Some(retries) = int(span, name::HTTP_RESEND_COUNT) {
        let waited = float(span, name::RETRY_WAITED).map(|waited| format!(" after {}", duration_s(waited)));
        notes.push(format!("retry {retries}{}", waited.unwrap_or_default()));
    }
    notes.extend(float(span, name::RETRY_AFTER).map(|wait| format!("told to wait {}", duration_s(wait))));
    if is(name::RESPONSE_REFUSAL) {
        let category = text(span, name::RESPONSE_REFUSAL_CATEGORY).map(|category| format!(" ({category})"));
        notes.push(format!("refused{}", category.unwrap_or_default()));
    }
    if is(name::RESPONSE_TRUNCATED) {
        notes.push("cut off at the token limit".to_owned());
    }
    if span.get(name::RESPONSE_VALID_JSON) == Some(&Value::Bool(false)) {
        notes.push("not the JSON that was asked for".to_owned());
    }
    if let Some(stalls) = int(span, name::STREAM_STALLS).filter(|stalls| *stalls > 0) {
        let stalled = float(span, name::STREAM_STALLED).unwrap_or_default();
        notes.push(format!("stalled {} in {stalls}", duration_s(stalled)));
    }
    notes.extend(text(span, name::CACHE_MISS_REASON).map(|reason| format!("cache missed: {reason}")));
    notes.extend(scarce(span, "requests", name::RATE_LIMIT_REQUESTS, name::RATE_LIMIT_REQUESTS_REMAINING));
    notes.extend(scarce(span, "tokens", name::RATE_LIMIT_TOKENS, name::RATE_LIMIT_TOKENS_REMAINING));
    notes.join(", ")
}

/// A limit of which less than a tenth is left.
fn scarce(span: &Span, what: &str, limit: &str, remaining: &str) -> Option<String> {
    let (limit, remaining) = (int(span, limit)?, int(span, remaining)?);
    (remaining < limit / 10).then(|| format!("{remaining} of {limit} {what} left"))
}

/// What it cost.
pub(super) fn cost(span: &Span) -> Option<String> {
    let dollars = float(span, name::COST)?;
    // Three digits that matter, however little it was.
    let digits = if dollars > 0.0 { (2.0 - dollars.log10().floor()).clamp(2.0, 12.0) } else { 2.0 };
    Some(format!("${dollars:.0$}", digits as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::build::tests::{full_call, span};

    #[test]
    fn a_call_with_everything_has_everything_noted() {
        let span = span(&full_call());
        assert_eq!(server(&span), "server queue 20.0 ms  total 2.25 s  2 waiting  us-west-1  via litellm");
        let notes = notes(&span);
        for note in [
            "retry 1 after 250 ms",
            "told to wait 2.00 s",
            "refused (cyber)",
            "not the JSON that was asked for",
            "stalled 1.50 s in 1",
            "cache missed: prompt_changed",
        ] {
            assert!(notes.contains(note), "{note}: {notes}");
        }
        assert!(!notes.contains("left"), "150,000 tokens are enough: {notes}");
    }

    #[test]
    fn little_money_is_told_to_three_digits() {
        let cost_of = |dollars: f64| {
            let mut span = span(&full_call());
            span.attributes = vec![(name::COST, Value::Float(dollars))];
            cost(&span)
        };
        for (dollars, expect) in
            [(0.0131, "$0.0131"), (12.5, "$12.50"), (0.000_002_5, "$0.00000250"), (0.0, "$0.00")]
        {
            assert_eq!(cost_of(dollars).as_deref(), Some(expect));
        }
    }
}
