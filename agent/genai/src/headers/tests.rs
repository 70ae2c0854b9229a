//! Heads as providers send them, and what they must tell.

mod hostile;
mod rate_limits;
mod requests;
mod responses;
mod values;

use wire::Headers;

use super::*;

const MS: u64 = 1_000_000;
const S: u64 = 1_000_000_000;
/// Tue, 27 Jan 2026 12:30:00 GMT
const NOW: u64 = 1_769_517_000 * S;
const DATE: (&str, &str) = ("Date", "Tue, 27 Jan 2026 12:30:00 GMT");

fn headers(fields: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::default();
    fields.iter().for_each(|(name, value)| headers.push(name.as_bytes(), value.as_bytes()));
    headers
}

fn hear(fields: &[(&str, &str)]) -> ResponseFacts {
    response(&headers(fields), None, Some(NOW))
}

fn hear_at(host: &str, fields: &[(&str, &str)]) -> ResponseFacts {
    response(&headers(fields), Some(host), Some(NOW))
}

fn ask(host: &str, path: &str, fields: &[(&str, &str)]) -> RequestFacts {
    request(&headers(fields), Some(host), path)
}

fn entry(
    what: Quantity,
    window: Option<Window>,
    limit: Option<u64>,
    remaining: Option<i64>,
    reset_after: Option<u64>,
) -> RateLimit {
    RateLimit { what, window, limit, remaining, reset_after, ..RateLimit::default() }
}

fn said(text: &str, source: &'static str) -> Option<Said> {
    Some(Said { text: text.to_owned(), source })
}

/// What a phase was told to take, and by whom.
fn told(facts: &ResponseFacts, phase: Phase) -> Option<(u64, &'static str)> {
    facts.times.get(phase).map(|told| (told.nanos, told.source))
}
