//! Bedrock's usage. Cached tokens are told apart from the others; here the prompt has them all.

use wire::Headers;

use crate::call::Usage;
use crate::provider::figures::Figures;

/// What an object of Converse tells, or one of Nova's. `counted`: a mere count of a prompt's tokens.
pub(super) fn converse(figures: Figures, counted: Option<u64>) -> (Usage, u32) {
    // Names with `Count` are Nova's.
    let cache_read = figures.first(&["cacheReadInputTokens", "cacheReadInputTokenCount"]);
    let cache_write = figures.first(&["cacheWriteInputTokens", "cacheWriteInputTokenCount"]);
    let (mut five_minutes, mut an_hour) = (None, None);
    for index in 0..DETAILS {
        let slot = match figures.name(&format!("cacheDetails.{index}.ttl")) {
            Some("5m") => &mut five_minutes,
            Some("1h") => &mut an_hour,
            Some(_) | None => continue,
        };
        *slot = figures.count(&format!("cacheDetails.{index}.inputTokens"));
    }
    let input = with_cached(figures.count("inputTokens"), cache_read, cache_write);
    let output = figures.count("outputTokens");
    let told = figures.count("totalTokens");
    let inconsistent = match (told, input, output) {
        (Some(total), Some(input), Some(output)) => total != input.saturating_add(output),
        _ => false,
    };
    let (mut raw, odd) = figures.into_raw();
    raw.extend(counted.map(|counted| ("inputTokens".to_owned(), counted as f64)));
    let usage = Usage {
        input: input.or(counted),
        output,
        cache_read,
        cache_write,
        cache_write_5m: five_minutes,
        cache_write_1h: an_hour,
        inconsistent,
        raw,
        ..Usage::default()
    };
    (usage, odd)
}

/// What `amazon-bedrock-invocationMetrics` tells.
pub(super) fn metrics(figures: &Figures) -> Usage {
    let cache_read = figures.count("cacheReadInputTokenCount");
    let cache_write = figures.count("cacheWriteInputTokenCount");
    Usage {
        input: with_cached(figures.count("inputTokenCount"), cache_read, cache_write),
        output: figures.count("outputTokenCount"),
        cache_read,
        cache_write,
        ..Usage::default()
    }
}

/// What the headers of an answer tell.
pub(super) fn headers(headers: &Headers) -> Usage {
    let mut raw = Vec::new();
    let mut count = |name: &str| {
        let count = headers.get(name)?.trim().parse::<u64>().ok()?;
        raw.push((name.to_owned(), count as f64));
        Some(count)
    };
    let input = count("x-amzn-bedrock-input-token-count");
    let output = count("x-amzn-bedrock-output-token-count");
    let cache_read = count("x-amzn-bedrock-cache-read-input-token-count");
    let cache_write = count("x-amzn-bedrock-cache-write-input-token-count");
    Usage {
        input: with_cached(input, cache_read, cache_write),
        output,
        cache_read,
        cache_write,
        raw,
        ..Usage::default()
    }
}

/// What the model itself told, and, of what it did not tell, what was told around it.
pub(super) fn or_else(own: Usage, around: Usage) -> Usage {
    // The prompt's figures belong together: one source may count cached tokens where another does not.
    let (input, cache_read, cache_write) = match own.input {
        Some(_) => (own.input, own.cache_read, own.cache_write),
        None => (around.input, around.cache_read, around.cache_write),
    };
    let mut raw = own.raw;
    raw.extend(around.raw);
    Usage { input, cache_read, cache_write, output: own.output.or(around.output), raw, ..own }
}

/// What was not told adds nothing.
fn with_cached(input: Option<u64>, read: Option<u64>, write: Option<u64>) -> Option<u64> {
    input.map(|input| input.saturating_add(read.unwrap_or(0)).saturating_add(write.unwrap_or(0)))
}

/// Kinds of caches there are: for five minutes, for an hour; and some to come.
const DETAILS: usize = 4;
