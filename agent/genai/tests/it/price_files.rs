//! Price files of users: both formats, what is wrong with a file, and files of any shape.

use genai::price::{Date, Money, NoCost, PriceTable, Quantities, Sold, Unit};
use proptest::prelude::*;

const NOON: u64 = 1_795_176_000;

/// Every member that is read.
const OURS: &str = r#"{"source":"mine","version":"7","date":"2026-10-01","later":{},"providers":[
{"id":"vllm","api_pattern":"https://gpu\\d+\\.lan","provider_match":{"equals":"lan"},"models":[
 {"id":"m","match":{"or":[{"equals":"M"},{"and":[{"starts_with":"m-"},{"ends_with":"-x"},{"contains":"é"}]},
   {"regex":"^m\\d$"}]},"later":1,
  "prices":[{"prices":{"input_mtok":1,"output_mtok":2}},
   {"constraint":{"type":"start_date","start_date":"2026-11-20"},"prices":{"input_mtok":3,"output_mtok":4,"later_mtok":9}},
   {"constraint":{"type":"time_of_date","start_time":"22:00:00+00:00","end_time":"02:00:00+00:00"},
    "prices":{"input_mtok":{"base":5,"tiers":[{"start":20,"price":7},{"start":10,"price":6}]},"output_mtok":null}}],
  "price_variants":[{"when":{"service_tier":"flex"},"prices":{"output_mtok":1}},
   {"when":{"service_tier":"flex"},"prices":{"output_mtok":0.5,"input_mtok":0.5}}]}]},
{"id":"shop","fallback_model_providers":["nobody","vllm"],"models":[]}]}"#;

/// litellm's member names.
const LITELLM: &str = r#"{
"sample_spec":{"input_cost_per_token":"a number"},
"gpt-x":{"litellm_provider":"openai","mode":"chat","max_input_tokens":1000000,
  "input_cost_per_token":2e-06,"input_cost_per_token_above_200k_tokens":4e-06,
  "output_cost_per_token":8e-06,"output_cost_per_token_above_200k_tokens":1.2e-05,
  "output_cost_per_reasoning_token":1e-05,
  "cache_read_input_token_cost":2e-07,"cache_read_input_token_cost_above_200k_tokens":4e-07,
  "cache_creation_input_token_cost":2.5e-06,"cache_creation_input_token_cost_above_1hr":4e-06,
  "input_cost_per_token_priority":4e-06,"output_cost_per_token_priority":1.6e-05,
  "input_cost_per_token_above_200k_tokens_priority":8e-06,
  "input_cost_per_token_flex":1e-06,"output_cost_per_token_batches":4e-06,
  "input_cost_per_audio_token":1e-05,
  "search_context_cost_per_query":{"search_context_size_low":0.01,"search_context_size_high":0.01},
  "supports_vision":true},
"azure/gpt-x":{"litellm_provider":"azure","input_cost_per_token":3e-06,"output_cost_per_token":null},
"whisper-y":{"litellm_provider":"groq","mode":"audio_transcription","input_cost_per_second":0.0001,"output_cost_per_second":0.0001},
"rerank-z":{"litellm_provider":"cohere","mode":"rerank","input_cost_per_query":0.002,"input_cost_per_token":0.0},
"bedrock/us-east-1/q":{"litellm_provider":"bedrock_converse","input_cost_per_token":1e-06},
"dall-e":{"litellm_provider":"openai","output_cost_per_image":0.04},
"vertex_ai/gemini-w":{"litellm_provider":"vertex_ai-language-models","input_cost_per_token":1.0000000000000002e-07}
}"#;

fn table(text: &str) -> PriceTable {
    PriceTable::parse(text.as_bytes()).expect("a price file")
}

struct Asked<'a> {
    provider: &'a str,
    model: &'a str,
    tier: Option<&'a str>,
    batch: bool,
    at: u64,
}

fn ask<'a>(provider: &'a str, model: &'a str) -> Asked<'a> {
    Asked { provider, model, tier: None, batch: false, at: NOON }
}

fn total(table: &PriceTable, asked: Asked<'_>, of: &[(Unit, u64)]) -> Result<Money, NoCost> {
    let quantities = of.iter().fold(Quantities::new(), |all, (unit, count)| all.with(*unit, *count));
    let Asked { provider, model, tier, batch, at } = asked;
    let sold = Sold {
        provider: Some(provider),
        host: Some("gpu7.lan"),
        path: "/v1/chat/completions",
        model: Some(model),
        quantities: &quantities,
        tier,
        speed: None,
        batch,
        unix_seconds: at,
    };
    table.cost(&sold).map(|cost| cost.total)
}

fn dollars(text: &str) -> Result<Money, NoCost> {
    Ok(Money::parse(text).expect("a sum of money"))
}

const IN: Unit = Unit::InputTokens;
const OUT: Unit = Unit::OutputTokens;

#[test]
fn a_file_in_our_format_is_read_whole() {
    let table = table(OURS);
    assert_eq!(table.origin().to_string(), "mine 7 of 2026-10-01");
    assert_eq!((table.model_count(), table.passed_over()), (1, 1));
    let million = [(IN, 1_000_000), (OUT, 1_000_000)];
    for model in ["m", "M", "m-é-x", "M-É-X", "m7"] {
        assert_eq!(total(&table, ask("vllm", model), &million), dollars("7"), "{model}");
    }
    for model in ["m-x", "m77", "n", "m-é-"] {
        assert_eq!(total(&table, ask("vllm", model), &million), Err(NoCost::UnknownModel), "{model}");
    }
    // By another name, by a fallback, by its URL.
    for provider in ["lan", "shop", "somebody"] {
        assert_eq!(total(&table, ask(provider, "m"), &million), dollars("7"), "{provider}");
    }
    let at = |at| total(&table, Asked { at, ..ask("vllm", "m") }, &million);
    let midnight = NOON - 12 * 3_600;
    assert_eq!(at(midnight - 7_201), dollars("3"));
    assert_eq!(at(midnight + 7_200), dollars("7"));
    // At night only input is sold.
    assert_eq!(at(midnight - 1), dollars("7"));
    let night = |input| total(&table, Asked { at: midnight, ..ask("vllm", "m") }, &[(IN, input), (OUT, 9)]);
    assert_eq!(
        [night(10), night(11), night(20), night(21)],
        ["0.00005", "0.000066", "0.00012", "0.000147"].map(dollars)
    );
    // The first variant that has a price of a unit has the say over it.
    let flex = Asked { tier: Some("flex"), ..ask("vllm", "m") };
    assert_eq!(total(&table, flex, &million), dollars("1.5"));
}

#[test]
fn a_file_of_litellms_is_read() {
    let table = table(LITELLM);
    assert_eq!(table.model_count(), 6);
    let gpt = |of: &[(Unit, u64)]| total(&table, ask("openai", "gpt-x"), of);
    assert_eq!(gpt(&[(IN, 1_000), (OUT, 100)]), dollars("0.0028"));
    assert_eq!(gpt(&[(IN, 200_000), (OUT, 0)]), dollars("0.4"));
    assert_eq!(gpt(&[(IN, 200_001), (OUT, 1)]), dollars("0.800016"));
    assert_eq!(gpt(&[(IN, 0), (OUT, 100), (Unit::OutputReasoningTokens, 60)]), dollars("0.00092"));
    let cached = [(IN, 1_000), (OUT, 0), (Unit::CacheReadTokens, 600), (Unit::CacheWriteTokens, 300)];
    assert_eq!(gpt(&cached), dollars("0.00107"));
    let hour = [cached.as_slice(), &[(Unit::CacheWrite1hTokens, 100)]].concat();
    assert_eq!(gpt(&hour), dollars("0.00122"));
    // Cached audio is paid as cached.
    let audio = [(IN, 1_000), (OUT, 0), (Unit::InputAudioTokens, 500), (Unit::CacheReadTokens, 400)];
    assert_eq!(gpt(&audio), Err(NoCost::Incomplete));
    let audio = [audio.as_slice(), &[(Unit::CacheAudioReadTokens, 100)]].concat();
    assert_eq!(gpt(&audio), dollars("0.00448"));
    assert_eq!(gpt(&[(IN, 0), (OUT, 0), (Unit::WebSearches, 3)]), dollars("0.03"));

    let at = |tier, batch, input| {
        let asked = Asked { tier, batch, ..ask("openai", "gpt-x") };
        total(&table, asked, &[(IN, input), (OUT, 100)])
    };
    assert_eq!(at(Some("priority"), false, 1_000), dollars("0.0056"));
    assert_eq!(at(Some("priority"), false, 300_000), dollars("2.4016"));
    assert_eq!(at(Some("flex"), false, 1_000), dollars("0.0018"));
    assert_eq!(at(Some("default"), true, 1_000), dollars("0.0024"));

    let one = |provider, model, of| total(&table, ask(provider, model), &[of]);
    assert_eq!(one("azure.ai.openai", "gpt-x", (IN, 1_000)), dollars("0.003"));
    assert_eq!(one("groq", "whisper-y", (Unit::AudioSeconds, 60)), dollars("0.006"));
    assert_eq!(one("cohere", "rerank-z", (Unit::RerankSearches, 1)), dollars("0.002"));
    assert_eq!(one("aws.bedrock", "us-east-1/q", (IN, 1)), dollars("0.000001"));
    assert_eq!(one("gcp.gemini", "gemini-w", (IN, 10_000_000)), dollars("1.0000000000000002"));
    assert_eq!(one("openai", "dall-e", (OUT, 1)), Err(NoCost::UnknownModel));
}

#[test]
fn a_file_is_asked_before_the_embedded_table() {
    let table = table(LITELLM).named("prices.json", Date::parse("2026-11-01")).over(PriceTable::embedded());
    let told = [(IN, 1_000), (OUT, 100)];
    assert_eq!(total(&table, ask("openai", "gpt-x"), &told), dollars("0.0028"));
    assert_eq!(total(&table, ask("openai", "gpt-4o"), &told), dollars("0.0035"));
    assert_eq!(total(&table, ask("mistral_ai", "gpt-4o"), &told), Err(NoCost::UnknownModel));
    // What it knows of a call is its own: that parts do not add up is so in any table.
    let wrong = [(IN, 1), (OUT, 1), (Unit::CacheReadTokens, 2)];
    assert_eq!(total(&table, ask("openai", "gpt-x"), &wrong), Err(NoCost::Inconsistent));
    assert_eq!(table.origin().to_string(), "prices.json of 2026-11-01");
    let ours = self::table(OURS).named("x", Date::parse("2026-11-01"));
    assert_eq!(ours.origin().to_string(), "x 7 of 2026-10-01");
    assert!(format!("{table:?}").len() < 500);
}

#[test]
fn a_wrong_file_is_told_in_a_sentence_that_says_where() {
    let model = |model: &str| format!(r#"[{{"id":"p","models":[{model}]}}]"#);
    let prices = |prices: &str| model(&format!(r#"{{"id":"m","match":{{"equals":"m"}},"prices":{prices}}}"#));
    let clause = |clause: &str| model(&format!(r#"{{"id":"m","match":{clause},"prices":{{}}}}"#));
    let check = |text: &str, expect: &str| {
        let error = PriceTable::parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, expect, "{text}");
        assert!(!error.contains('\n'));
    };
    check("3", "it is neither an array of providers nor an object of models");
    check(
        "{}",
        "it has neither `providers`, as genai-prices writes it, nor a model with a price, as litellm does",
    );
    check(r#"{"providers":{}}"#, "`providers` is not an array");
    check(r#"{"providers":[],"date":"soon"}"#, "\"soon\" is not a date");
    check(r#"{"providers":[],"version":3}"#, "`version` is not a string");
    check("[3]", "provider 1: it is not an object");
    check(r#"[{"id":"p"},{}]"#, "provider 2: it has no `id`");
    check(r#"[{"id":"p","models":{}}]"#, "provider `p`: `models` is not an array");
    check(r#"[{"id":"p","api_pattern":3}]"#, "provider `p`: `api_pattern`: a pattern is not a string");
    check(
        r#"[{"id":"p","fallback_model_providers":[3]}]"#,
        "provider `p`: `fallback_model_providers` has what is not a string",
    );
    check(&model("3"), "provider `p`: model 1: it is not an object");
    check(&model(r#"{"id":"m"}"#), "provider `p`: model `m`: it has no `match`");
    check(&model(r#"{"id":"m","match":{"equals":"m"}}"#), "provider `p`: model `m`: it has no `prices`");
    let at = |what: &str| format!("provider `p`: model `m`: {what}");
    for (wrong, what) in [
        ("3", "`prices` is not an object"),
        (r#"{"input_mtok":"3"}"#, "`input_mtok`: it is not a number of dollars"),
        (r#"{"input_mtok":-3}"#, "`input_mtok`: it is not a number of dollars"),
        (r#"{"input_mtok":1e40}"#, "`input_mtok`: it is not a number of dollars"),
        (r#"{"input_mtok":true}"#, "`input_mtok`: it is not a number of dollars"),
        (r#"{"input_mtok":{}}"#, "`input_mtok`: tiers have no `base`"),
        (
            r#"{"input_mtok":{"base":1,"tiers":[{}]}}"#,
            "`input_mtok`: a tier's `start` is not a number of tokens",
        ),
        (r#"{"input_mtok":{"base":1,"tiers":[{"start":1}]}}"#, "`input_mtok`: a tier has no `price`"),
        (r#"[3]"#, "one of `prices` is not an object"),
        (r#"[{"constraint":{}, "prices":{}}]"#, "it has no `start_time`"),
        (r#"[{"constraint":{"type":"moon"}, "prices":{}}]"#, "constraints of type \"moon\" are not known"),
        (r#"[{"constraint":{"start_date":"2026-02-30"}, "prices":{}}]"#, "\"2026-02-30\" is not a date"),
        (
            r#"[{"constraint":{"start_time":"25:00:00","end_time":"01:00:00"}, "prices":{}}]"#,
            "`start_time` is not a time of day: \"25:00:00\"",
        ),
    ] {
        check(&prices(wrong), &at(what));
    }
    for (wrong, what) in [
        ("3", "`match`: it is not an object"),
        ("{}", "`match`: a clause has exactly one member"),
        (r#"{"equals":"a","contains":"b"}"#, "`match`: a clause has exactly one member"),
        (r#"{"equals":3}"#, "`match`: `equals` is not a string"),
        (r#"{"or":3}"#, "`match`: `or` is not an array"),
        (r#"{"starts":"a"}"#, "`match`: clauses of kind \"starts\" are not known"),
    ] {
        check(&clause(wrong), &at(what));
    }
    let deep = format!("{}{{\"equals\":\"a\"}}{}", "{\"or\":[".repeat(8), "]}".repeat(8));
    check(&clause(&deep), &at("`match`: clauses are nested deeper than 8"));
    let long = format!(r#"{{"regex":"{}"}}"#, "a".repeat(513));
    check(&clause(&long), &at("`match`: a pattern is longer than 512 bytes"));
    let variant =
        r#"{"id":"m","match":{"equals":"m"},"prices":{},"price_variants":[{"when":{},"prices":{}}]}"#;
    check(&model(variant), &at("a variant's `when` is empty"));
    check(
        r#"{"gpt":{"litellm_provider":"openai","input_cost_per_token":-1}}"#,
        "model `gpt`: `input_cost_per_token` is not a number of dollars",
    );
}

#[test]
fn what_is_no_json_or_too_large_is_told() {
    let says = |bytes: &[u8]| PriceTable::parse(bytes).unwrap_err().to_string();
    assert_eq!(says(b"[\"\xff\"]"), "it is not UTF-8 at byte 2");
    assert_eq!(says(&vec![b' '; 16 * 1024 * 1024 + 1]), "it is larger than 16 MiB");
    for wrong in ["", "[", "[]x", "nonsense", "{\"a\":}", "[1,]"] {
        let says = says(wrong.as_bytes());
        assert!(says.starts_with("it is not JSON: ") && !says.contains('\n'), "{wrong}: {says}");
    }
    // Nesting that would overflow a stack.
    assert!(PriceTable::parse("[".repeat(1_000_000).as_bytes()).is_err());
    let nested = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    assert!(PriceTable::parse(nested.as_bytes()).is_err());
    let object = format!("{}1{}", "{\"a\":".repeat(500_000), "}".repeat(500_000));
    assert!(PriceTable::parse(object.as_bytes()).is_err());
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    for text in [OURS, LITELLM] {
        for end in 0..text.len() {
            assert!(PriceTable::parse(&text.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}

proptest! {
    #[test]
    fn a_damaged_file_never_panics(at in 0..OURS.len(), byte: u8, litellm: bool) {
        let mut bytes = if litellm { LITELLM } else { OURS }.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(table) = PriceTable::parse(&bytes) {
            let told = [(IN, 1_000), (OUT, 100)];
            for (provider, model) in [("vllm", "m"), ("openai", "gpt-x"), ("shop", "m7")] {
                let cost = total(&table, ask(provider, model), &told);
                prop_assert!(cost.is_ok() || cost.is_err_and(|none| !none.name().is_empty()));
            }
        }
    }
}
