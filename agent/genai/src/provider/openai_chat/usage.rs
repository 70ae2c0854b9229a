//! What the figures of a usage object mean, in all dialects.
//!
//! Comes in: the figures; whose host it is. Goes out: [`Usage`], in which input includes what was cached and output
//! includes reasoning. Servers agree on `prompt_tokens` and `completion_tokens`; the rest each names in its own way.

use crate::call::Usage;
use crate::provider::figures::Figures;

/// Normalises. `timings` are llama.cpp's, which tells its tokens there when nobody asked for usage.
pub(super) fn normalise(usage: Figures, timings: Option<Figures>, owner: Option<&str>) -> (Usage, u32) {
    match timings.filter(|_| usage.is_empty()) {
        Some(timings) => of_timings(timings),
        None => of_usage(usage, owner),
    }
}

/// Who tells so, by what only they tell.
pub(super) fn teller(usage: &Figures) -> Option<&'static str> {
    let marks = [
        ("cost_in_usd_ticks", "x_ai"),
        ("citation_tokens", "perplexity"),
        ("cost.total_cost", "perplexity"),
        ("prompt_cache_hit_tokens", "deepseek"),
        ("completion_tokens_per_sec", "sambanova"),
    ];
    marks.into_iter().find(|(path, _)| usage.number(path).is_some()).map(|(_, name)| name)
}

fn of_usage(usage: Figures, owner: Option<&str>) -> (Usage, u32) {
    let said = usage.first(&["completion_tokens", "output_tokens"]);
    let input = usage.first(&["prompt_tokens", "input_tokens"]);
    let reasoning = usage.first(&["completion_tokens_details.reasoning_tokens", "reasoning_tokens"]);
    let total = usage.count("total_tokens");
    let sum = |input: Option<u64>, output: Option<u64>| input?.checked_add(output?);
    let beside = match owner.or_else(|| teller(&usage)) {
        // Unless its own total says that it is a part: then somebody has added it already.
        Some("x_ai") => reasoning.filter(|_| total.is_none() || total != sum(input, said)),
        // Its total leaves out both.
        Some("perplexity") => {
            let parts = [reasoning, usage.count("citation_tokens")];
            parts.into_iter().flatten().reduce(u64::saturating_add)
        }
        Some(_) | None => None,
    };
    let output = said.map(|said| said.saturating_add(beside.unwrap_or_default()));
    let normal = Usage {
        input,
        output,
        cache_read: usage.first(&[
            "prompt_tokens_details.cached_tokens",
            "prompt_cache_hit_tokens",
            "cached_tokens",
            "num_cached_tokens",
            "cache_read_input_tokens",
        ]),
        cache_write: usage.first(&[
            "prompt_tokens_details.cache_write_tokens",
            "prompt_tokens_details.created_cache_tokens",
            "prompt_tokens_details.cache_creation_tokens",
            "cache_creation_input_tokens",
        ]),
        reasoning,
        input_audio: usage.count("prompt_tokens_details.audio_tokens"),
        output_audio: usage.count("completion_tokens_details.audio_tokens"),
        input_image: usage.count("prompt_tokens_details.image_tokens"),
        output_image: usage.count("completion_tokens_details.image_tokens"),
        prediction_accepted: usage.count("completion_tokens_details.accepted_prediction_tokens"),
        prediction_rejected: usage.count("completion_tokens_details.rejected_prediction_tokens"),
        web_searches: usage.first(&["num_search_queries", "server_tool_use.web_search_requests"]),
        inconsistent: total.is_some_and(|total| sum(input, output).is_some_and(|sum| sum != total)),
        ..Usage::default()
    };
    let (raw, odd) = usage.into_raw();
    (Usage { raw, ..normal }, odd)
}

fn of_timings(timings: Figures) -> (Usage, u32) {
    let normal = Usage {
        input: timings.count("prompt_n").map(|read| {
            // What was cached was not read again.
            read.saturating_add(timings.count("cache_n").unwrap_or_default())
        }),
        output: timings.count("predicted_n"),
        cache_read: timings.count("cache_n"),
        ..Usage::default()
    };
    let (raw, odd) = timings.into_raw();
    (Usage { raw, ..normal }, odd)
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
    fn every_dialect_is_understood() {
        let usage = |input, output| Usage { input: Some(input), output: Some(output), ..Usage::default() };
        for (owner, text, expect) in [
            (None, r#"{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14}"#, usage(9, 5)),
            (
                None,
                r#"{"prompt_tokens":9,"completion_tokens":5,"total_tokens":15}"#,
                Usage { inconsistent: true, ..usage(9, 5) },
            ),
            (
                Some("openai"),
                r#"{"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":3,"cache_write_tokens":2,"audio_tokens":1,"image_tokens":6},"completion_tokens_details":{"reasoning_tokens":4,"audio_tokens":7,"image_tokens":8,"accepted_prediction_tokens":10,"rejected_prediction_tokens":11}}"#,
                Usage {
                    cache_read: Some(3),
                    cache_write: Some(2),
                    reasoning: Some(4),
                    input_audio: Some(1),
                    output_audio: Some(7),
                    input_image: Some(6),
                    output_image: Some(8),
                    prediction_accepted: Some(10),
                    prediction_rejected: Some(11),
                    ..usage(9, 5)
                },
            ),
            (
                Some("deepseek"),
                r#"{"prompt_tokens":9,"completion_tokens":5,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":3}"#,
                Usage { cache_read: Some(6), ..usage(9, 5) },
            ),
            (
                Some("moonshot_ai"),
                r#"{"prompt_tokens":9,"completion_tokens":5,"cached_tokens":6}"#,
                Usage { cache_read: Some(6), ..usage(9, 5) },
            ),
            (
                None,
                r#"{"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":{"created_cache_tokens":2,"multimodal_tokens":1}}"#,
                Usage { cache_write: Some(2), ..usage(9, 5) },
            ),
            (
                None,
                r#"{"prompt_tokens":9,"completion_tokens":5,"reasoning_tokens":2}"#,
                Usage { reasoning: Some(2), ..usage(9, 5) },
            ),
            (
                Some("databricks"),
                r#"{"prompt_tokens":9,"completion_tokens":5,"cache_read_input_tokens":2,"cache_creation_input_tokens":1}"#,
                Usage { cache_read: Some(2), cache_write: Some(1), ..usage(9, 5) },
            ),
            // Reasoning beside the output.
            (
                Some("x_ai"),
                r#"{"prompt_tokens":9,"completion_tokens":5,"total_tokens":20,"completion_tokens_details":{"reasoning_tokens":6}}"#,
                Usage { reasoning: Some(6), ..usage(9, 11) },
            ),
            (
                None,
                r#"{"prompt_tokens":9,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":6},"cost_in_usd_ticks":1}"#,
                Usage { reasoning: Some(6), ..usage(9, 11) },
            ),
            // Unless the total has it in the output.
            (
                Some("x_ai"),
                r#"{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,"completion_tokens_details":{"reasoning_tokens":3}}"#,
                Usage { reasoning: Some(3), ..usage(9, 5) },
            ),
            (
                Some("perplexity"),
                r#"{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,"citation_tokens":100,"num_search_queries":2,"reasoning_tokens":10}"#,
                Usage { reasoning: Some(10), web_searches: Some(2), inconsistent: true, ..usage(9, 115) },
            ),
            (
                Some("x_ai"),
                r#"{"completion_tokens_details":{"reasoning_tokens":6}}"#,
                Usage { reasoning: Some(6), ..Usage::default() },
            ),
            (None, r#"{"prompt_tokens":-1,"completion_tokens":1.5,"total_tokens":1e300}"#, Usage::default()),
            (None, "{}", Usage::default()),
        ] {
            let (told, odd) =
                normalise(figures(text), Some(figures(r#"{"prompt_n":1}"#)).filter(|_| text != "{}"), owner);
            assert_eq!((Usage { raw: Vec::new(), ..told.clone() }, odd), (expect, 0), "{text}");
            assert_eq!(told.raw.is_empty(), text == "{}", "{text}");
        }
        let timings = figures(r#"{"cache_n":236,"prompt_n":1,"predicted_n":35}"#);
        let (told, _) = normalise(Figures::default(), Some(timings), None);
        assert_eq!((told.input, told.output, told.cache_read), (Some(237), Some(35), Some(236)));
    }
}
