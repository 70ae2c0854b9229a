//! What the figures of a usage object mean: of OpenAI, of those who copied it, and of Realtime.
//!
//! Comes in: the figures. Goes out: [`Usage`], in which input includes what was cached and output includes reasoning,
//! as they are told; and what it cost, where that is told with them.

use crate::call::Usage;
use crate::price::Cost;
use crate::provider::figures::Figures;

/// What a usage object says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) usage: Usage,
    pub(super) cost: Option<Cost>,
    /// Who tells so, by what only they tell.
    pub(super) server: Option<&'static str>,
    /// Figures that could not be read.
    pub(super) odd: u32,
}

/// Normalises.
pub(super) fn read(figures: Figures) -> Told {
    let (input, output) = (figures.count("input_tokens"), figures.count("output_tokens"));
    let sum = input.zip(output).map(|(input, output)| input.saturating_add(output));
    let total = figures.count("total_tokens");
    // Realtime's details are of one `token`.
    let usage = Usage {
        input,
        output,
        cache_read: figures.first(&[
            "input_tokens_details.cached_tokens",
            "input_token_details.cached_tokens",
            "input_tokens_details.cache_read_input_tokens",
        ]),
        cache_write: figures.first(&[
            "input_tokens_details.cache_write_tokens",
            "input_tokens_details.cache_creation_input_tokens",
        ]),
        reasoning: figures
            .first(&["output_tokens_details.reasoning_tokens", "output_token_details.reasoning_tokens"]),
        input_audio: figures
            .first(&["input_token_details.audio_tokens", "input_tokens_details.audio_tokens"]),
        output_audio: figures
            .first(&["output_token_details.audio_tokens", "output_tokens_details.audio_tokens"]),
        input_image: figures
            .first(&["input_token_details.image_tokens", "input_tokens_details.image_tokens"]),
        output_image: figures
            .first(&["output_token_details.image_tokens", "output_tokens_details.image_tokens"]),
        cache_read_audio: figures.first(&[
            "input_token_details.cached_tokens_details.audio_tokens",
            "input_token_details.cached_tokens_details.audio",
        ]),
        cache_read_image: figures.first(&[
            "input_token_details.cached_tokens_details.image_tokens",
            "input_token_details.cached_tokens_details.image",
        ]),
        // xAI's and Perplexity's.
        web_searches: figures.first(&[
            "server_side_tool_usage_details.web_search_calls",
            "tool_calls_details.search_web.invocation",
        ]),
        inconsistent: total.zip(sum).is_some_and(|(total, sum)| total != sum),
        ..Usage::default()
    };
    let cost = cost(&figures);
    let marks = [("cost_in_usd_ticks", "x_ai"), ("cost.total_cost", "perplexity")];
    let server = marks.into_iter().find(|(path, _)| figures.number(path).is_some()).map(|(_, name)| name);
    let (raw, odd) = figures.into_raw();
    Told { usage: Usage { raw, ..usage }, cost, server, odd }
}

fn cost(figures: &Figures) -> Option<Cost> {
    let dollars = |path| figures.number(path).and_then(|cost| Cost::told(path_of(path), &cost.to_string()));
    let ticks = || figures.count("cost_in_usd_ticks");
    dollars("cost")
        .or_else(|| dollars("cost.total_cost"))
        .or_else(|| Some(Cost::told_ticks("usage.cost_in_usd_ticks", ticks()?)))
}

/// Where in the response a figure stands.
fn path_of(figure: &str) -> &'static str {
    if figure == "cost" { "usage.cost" } else { "usage.cost.total_cost" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Told {
        let mut figures = Figures::default();
        figures.tap(text.as_bytes());
        figures.tapped();
        read(figures)
    }

    #[test]
    fn every_dialect_is_understood() {
        let usage = |input, output| Usage { input: Some(input), output: Some(output), ..Usage::default() };
        for (text, expect) in [
            (
                r#"{"input_tokens":37,"input_tokens_details":{"cached_tokens":16,"cache_write_tokens":9,"cache_write_tokens_details":{"ttl_30m_tokens":4,"ttl_12h_tokens":5}},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":48}"#,
                Usage { cache_read: Some(16), cache_write: Some(9), reasoning: Some(3), ..usage(37, 11) },
            ),
            (
                r#"{"input_tokens":37,"output_tokens":11,"total_tokens":49}"#,
                Usage { inconsistent: true, ..usage(37, 11) },
            ),
            (r#"{"input_tokens":37,"total_tokens":49}"#, Usage { input: Some(37), ..Usage::default() }),
            (
                r#"{"input_tokens":9,"input_tokens_details":{"cache_read_input_tokens":8,"cache_creation_input_tokens":1},"output_tokens":2,"tool_calls_details":{"search_web":{"invocation":3}}}"#,
                Usage { cache_read: Some(8), cache_write: Some(1), web_searches: Some(3), ..usage(9, 2) },
            ),
            (
                r#"{"input_tokens":9,"output_tokens":2,"server_side_tool_usage_details":{"web_search_calls":4}}"#,
                Usage { web_searches: Some(4), ..usage(9, 2) },
            ),
            (
                r#"{"total_tokens":253,"input_tokens":132,"output_tokens":121,"input_token_details":{"text_tokens":102,"audio_tokens":20,"image_tokens":10,"cached_tokens":64,"cached_tokens_details":{"text_tokens":60,"audio_tokens":3,"image_tokens":1}},"output_token_details":{"text_tokens":30,"audio_tokens":91}}"#,
                Usage {
                    cache_read: Some(64),
                    cache_read_audio: Some(3),
                    cache_read_image: Some(1),
                    input_audio: Some(20),
                    input_image: Some(10),
                    output_audio: Some(91),
                    ..usage(132, 121)
                },
            ),
            (r#"{"input_tokens":-1,"output_tokens":1.5,"total_tokens":1e300}"#, Usage::default()),
            ("{}", Usage::default()),
        ] {
            let Told { usage, odd, .. } = told(text);
            assert_eq!(usage.raw.is_empty(), text == "{}", "{text}");
            assert_eq!((Usage { raw: Vec::new(), ..usage }, odd), (expect, 0), "{text}");
        }
        let raw =
            told(r#"{"input_tokens_details":{"cache_write_tokens_details":{"ttl_12h_tokens":5}}}"#).usage.raw;
        assert_eq!(raw, [("input_tokens_details.cache_write_tokens_details.ttl_12h_tokens".to_owned(), 5.0)]);
    }

    #[test]
    fn costs_are_told() {
        for (text, cost, server) in [
            (r#"{"cost":0.25}"#, Cost::told("usage.cost", "0.25"), None),
            (
                r#"{"cost":{"total_cost":0.125}}"#,
                Cost::told("usage.cost.total_cost", "0.125"),
                Some("perplexity"),
            ),
            (
                r#"{"cost_in_usd_ticks":1250000000}"#,
                Some(Cost::told_ticks("usage.cost_in_usd_ticks", 1_250_000_000)),
                Some("x_ai"),
            ),
            (r#"{"cost":-1}"#, None, None),
            (r#"{"input_tokens":1}"#, None, None),
        ] {
            let told = told(text);
            assert_eq!((told.cost, told.server), (cost, server), "{text}");
        }
    }
}
