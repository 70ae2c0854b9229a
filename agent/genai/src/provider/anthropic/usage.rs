//! The usage of a message. Anthropic tells cached tokens apart from the others; here the prompt has them all.

use crate::call::{Response, Usage};
use crate::provider::figures::Figures;

/// Reads what was told; and how much of it had no shape that could be read. What the answer was made with stands among
/// the figures too, and goes into the response. `counted`: a mere count of a prompt's tokens.
pub(super) fn read(figures: Figures, counted: Option<u64>, response: &mut Response) -> (Usage, u32) {
    const WRITTEN: [&str; 2] =
        ["cache_creation.ephemeral_5m_input_tokens", "cache_creation.ephemeral_1h_input_tokens"];
    let name = |path: &str| figures.name(path).map(str::to_owned);
    response.service_tier = name("service_tier");
    response.speed = name("speed");
    response.inference_geo = name("inference_geo");
    let [five_minutes, an_hour] = WRITTEN;
    let cache_read = figures.count("cache_read_input_tokens");
    let cache_write = figures.count("cache_creation_input_tokens").or_else(|| figures.sum(&WRITTEN));
    // What was not told adds nothing.
    let cached = cache_read.unwrap_or(0).saturating_add(cache_write.unwrap_or(0));
    let input = figures.count("input_tokens").map(|input| input.saturating_add(cached));
    let usage = Usage {
        input: input.or(counted),
        output: figures.count("output_tokens"),
        cache_read,
        cache_write,
        cache_write_5m: figures.count(five_minutes),
        cache_write_1h: figures.count(an_hour),
        reasoning: figures.count("output_tokens_details.thinking_tokens"),
        web_searches: figures.count("server_tool_use.web_search_requests"),
        ..Usage::default()
    };
    let (mut raw, odd) = figures.into_raw();
    raw.extend(counted.map(|counted| ("input_tokens".to_owned(), counted as f64)));
    (Usage { raw, ..usage }, odd)
}
