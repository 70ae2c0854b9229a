//! What calls cost by the embedded table: against figures that genai-prices' own library gives, and at borders.

use genai::price::{Cost, FoundBy, Money, NoCost, PriceTable, Quantities, Sold, Source, Unit};
use sonic_rs::{JsonContainerTrait as _, JsonValueTrait as _, Value};

/// 2026-11-20T12:00Z.
const NOON: u64 = 1_795_176_000;

fn quantities(of: &[(Unit, u64)]) -> Quantities {
    of.iter().fold(Quantities::new(), |all, (unit, quantity)| all.with(*unit, *quantity))
}

fn sold<'a>(provider: &'a str, model: &'a str, quantities: &'a Quantities) -> Sold<'a> {
    Sold {
        provider: Some(provider),
        host: None,
        path: "",
        model: Some(model),
        quantities,
        tier: None,
        speed: None,
        batch: false,
        unix_seconds: NOON,
    }
}

fn money(text: &str) -> Money {
    Money::parse(text).expect("a sum of money")
}

fn check(sold: &Sold<'_>, input: &str, output: &str, total: &str) {
    let cost = PriceTable::embedded().cost(sold).expect("a price");
    let parts = cost.parts.expect("the parts of it");
    assert_eq!(
        (parts.input, parts.output, cost.total),
        (money(input), money(output), money(total)),
        "{sold:?}"
    );
}

fn check_none(sold: &Sold<'_>, expect: NoCost) {
    assert_eq!(PriceTable::embedded().cost(sold), Err(expect), "{sold:?}");
}

const IN: Unit = Unit::InputTokens;
const OUT: Unit = Unit::OutputTokens;
const READ: Unit = Unit::CacheReadTokens;
const WRITE: Unit = Unit::CacheWriteTokens;

#[test]
fn golden_figures_are_exact() {
    let told = quantities(&[(IN, 10_000), (READ, 8_000), (OUT, 500)]);
    let gpt = sold("openai", "gpt-5-2025-08-07", &told);
    check(&gpt, "0.0035", "0.005", "0.0085");
    check(&Sold { tier: Some("priority"), ..gpt }, "0.007", "0.01", "0.017");

    let told = quantities(&[(IN, 150_000), (READ, 100_000), (WRITE, 20_000), (OUT, 1_000)]);
    check(&sold("anthropic", "claude-haiku-5-5", &told), "0.0325", "0.0025", "0.035");
    let told = told.with(Unit::CacheWrite1hTokens, 5_000);
    check(&sold("anthropic", "claude-haiku-5-5", &told), "0.034375", "0.0025", "0.036875");

    let told = quantities(&[(IN, 3_000), (OUT, 1_000), (Unit::OutputReasoningTokens, 800)]);
    for name in ["gcp.gemini", "gcp.vertex_ai", "gcp.gen_ai"] {
        check(&sold(name, "gemini-2.5-flash", &told), "0.0009", "0.0025", "0.0034");
    }
    let told = quantities(&[(IN, 1_000), (OUT, 100)]);
    check(&sold("deepseek", "deepseek-chat", &told), "0.00027", "0.00011", "0.00038");
    check(&sold("azure.ai.openai", "gpt-4o", &told), "0.0025", "0.001", "0.0035");
    let bedrock = sold("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", &told);
    check(&bedrock, "0.0033", "0.00165", "0.00495");
}

/// Random calls, and what genai-prices' own library makes of them; `price_vectors.py` beside the file makes it.
#[test]
fn the_librarys_own_figures_are_met() {
    let text = include_str!("../data/price_vectors.json");
    let vectors: Value = sonic_rs::from_str(text).unwrap();
    let (mut costs, mut without) = (0, 0);
    for vector in vectors.as_array().unwrap() {
        let text = |key: &str| vector.get(key).and_then(|value| value.as_str());
        let context = |key: &str| vector.get("context").and_then(|context| context.get(key)?.as_str());
        let mut told = Quantities::new();
        for (name, value) in vector.get("usage").unwrap().as_object().unwrap() {
            told.set(Unit::of_name(name).unwrap(), value.as_u64());
        }
        let url = text("url").map(|url| url.strip_prefix("https://").unwrap());
        let (host, path) = url.map_or((None, ""), |url| {
            let (host, path) = url.split_at(url.find('/').unwrap());
            (Some(host), path)
        });
        let sold = Sold {
            provider: text("provider"),
            host,
            path,
            model: text("model"),
            quantities: &told,
            tier: context("service_tier"),
            speed: context("speed"),
            batch: context("processing") == Some("batch"),
            unix_seconds: vector.get("at").unwrap().as_u64().unwrap(),
        };
        let cost = PriceTable::embedded().cost(&sold);
        match (text("none"), cost) {
            (None, Ok(cost)) => {
                let expect = |key| money(vector.get("cost").unwrap().get(key).unwrap().as_str().unwrap());
                let matched = |at: usize| vector.get("matched").unwrap().get(at).unwrap().as_str().unwrap();
                let parts = cost.parts.unwrap();
                let figures = (parts.input, parts.output, cost.total);
                assert_eq!(figures, (expect("input"), expect("output"), expect("total")), "{vector}");
                assert_eq!((&*parts.provider, &*parts.model), (matched(0), matched(1)));
                costs += 1;
            }
            (Some("unknown"), Err(NoCost::UnknownProvider | NoCost::UnknownModel))
            | (Some("usage"), Err(NoCost::Incomplete | NoCost::Inconsistent))
            | (Some("no_price"), Err(NoCost::NoPrice))
            | (Some("no_usage"), Err(NoCost::NoUsage)) => without += 1,
            (expect, cost) => panic!("{expect:?}, but {cost:?}: {vector}"),
        }
    }
    assert_eq!((costs, without), (300, 100));
}

#[test]
fn a_tier_begins_after_its_start() {
    let at = |input| {
        let told = quantities(&[(IN, input), (OUT, 0)]);
        PriceTable::embedded().cost(&sold("anthropic", "claude-haiku-5-5", &told)).unwrap().total
    };
    let (below, above) = (at(100_000), at(100_001));
    // All tokens pay the tier's price, not only those above.
    assert!(above.pico_usd() > below.pico_usd() * 3 / 2, "{below} {above}");
    assert_eq!(at(99_999).pico_usd() * 100_000, below.pico_usd() * 99_999);
}

#[test]
fn a_price_by_the_hour_depends_on_when_the_call_was_made() {
    let told = quantities(&[(IN, 1_000), (OUT, 100)]);
    let day = NOON - 12 * 3_600;
    let at = |seconds| {
        let sold = Sold { unix_seconds: day + seconds, ..sold("deepseek", "deepseek-chat", &told) };
        PriceTable::embedded().cost(&sold).unwrap().total
    };
    // From 16:30 to 00:30 it is night there.
    let (day, night) = (money("0.00038"), at(20 * 3_600));
    assert!(night < day);
    assert_eq!([at(16 * 3_600 + 1_799), at(16 * 3_600 + 1_800), at(86_399)], [day, night, night]);
    assert_eq!([at(0), at(1_799), at(1_800)], [night, night, day]);
}

#[test]
fn who_is_called_is_found_by_name_then_host_then_model() {
    let told = quantities(&[(IN, 1_000), (OUT, 100)]);
    let base = sold("", "gpt-4o", &told);
    let found = |provider, host, path, model| {
        let cost = PriceTable::embedded().cost(&Sold { provider, host, path, model: Some(model), ..base });
        cost.map(|cost| {
            let parts = cost.parts.unwrap();
            (parts.provider.to_string(), parts.found_by)
        })
    };
    let at = |id: &str, by| Ok((id.to_owned(), by));
    assert_eq!(found(Some("openai"), Some("api.anthropic.com"), "/", "gpt-4o"), at("openai", FoundBy::Name));
    assert_eq!(found(None, Some("api.openai.com"), "/v1/chat", "gpt-4o"), at("openai", FoundBy::Url));
    let hub = "/groq/openai/v1/chat/completions";
    let by_path = found(None, Some("router.huggingface.co"), hub, "openai/gpt-oss-120b");
    assert_eq!(by_path, at("huggingface_groq", FoundBy::Url));
    assert_eq!(found(None, None, "", "gpt-4o"), at("openai", FoundBy::Model));
    assert_eq!(found(Some("litellm"), None, "", "openai/gpt-4o"), at("openai", FoundBy::Name));
    assert_eq!(found(Some("litellm"), None, "", "gpt-4o"), Err(NoCost::UnknownProvider));
    // A host that is known, and nobody's.
    assert_eq!(found(None, Some("localhost:8000"), "/v1", "gpt-4o"), Err(NoCost::UnknownProvider));
    for local in ["ollama", "vllm", "sglang", "tgi", "llama_cpp", "jina_ai", "ibm.watsonx.ai"] {
        assert_eq!(found(Some(local), Some("localhost"), "/", "gpt-4o"), Err(NoCost::UnknownProvider));
        assert_eq!(found(Some(local), None, "", "gpt-4o"), Err(NoCost::UnknownProvider));
    }
}

#[test]
fn every_otel_name_with_prices_finds_its_provider() {
    let told = quantities(&[(IN, 1), (OUT, 1)]);
    for name in [
        "openai",
        "azure.ai.openai",
        "azure.ai.inference",
        "anthropic",
        "gcp.gemini",
        "gcp.vertex_ai",
        "gcp.gen_ai",
        "aws.bedrock",
        "x_ai",
        "mistral_ai",
        "moonshot_ai",
        "groq",
        "deepseek",
        "cohere",
        "perplexity",
        "openrouter",
        "cerebras",
        "together_ai",
        "fireworks_ai",
        "voyage_ai",
        "github_copilot",
        "cloudflare_workers_ai",
    ] {
        check_none(&sold(name, "no such model", &told), NoCost::UnknownModel);
    }
}

#[test]
fn a_variant_is_the_makers_own() {
    let told = quantities(&[(IN, 10_000), (OUT, 500)]);
    let total = |sold: Sold<'_>| PriceTable::embedded().cost(&sold).unwrap().total;
    let azure = sold("azure.ai.openai", "gpt-5-2025-08-07", &told);
    assert_eq!(total(Sold { tier: Some("priority"), ..azure }), total(azure));
    let anthropic = sold("anthropic", "claude-haiku-5-5", &told);
    let batch = total(Sold { batch: true, ..anthropic });
    assert_eq!(batch.pico_usd() * 2, total(anthropic).pico_usd());
    assert_eq!(total(Sold { tier: Some("batch"), ..anthropic }), batch);
    assert_eq!(
        total(Sold { tier: Some("standard"), speed: Some("standard"), ..anthropic }),
        total(anthropic)
    );
}

#[test]
fn unknown_is_no_cost_and_never_zero() {
    let told = quantities(&[(IN, 10_000), (OUT, 500)]);
    check_none(&sold("openai", "gpt-5", &Quantities::new()), NoCost::NoUsage);
    check_none(&sold("openai", "", &told), NoCost::ModelUntold);
    check_none(&Sold { model: None, ..sold("openai", "", &told) }, NoCost::ModelUntold);
    check_none(&sold("openai", "gpt-minus-one", &told), NoCost::UnknownModel);
    check_none(&sold("google", "gemma-3", &told), NoCost::NoPrice);
    check_none(&sold("openai", "gpt-5", &quantities(&[(Unit::InputPixels, 3)])), NoCost::NoUsage);
    // Cut off before its usage was whole.
    check_none(&sold("openai", "gpt-5", &quantities(&[(IN, 10_000)])), NoCost::Incomplete);
    check_none(&sold("openai", "gpt-5", &quantities(&[(OUT, 10)])), NoCost::Incomplete);
    check_none(&sold("openai", "gpt-5", &quantities(&[(READ, 10), (OUT, 10)])), NoCost::Incomplete);
    // Which of the audio was cached is not told, and it has its own price.
    let audio = quantities(&[(IN, 1_000), (OUT, 1), (READ, 500), (Unit::InputAudioTokens, 700)]);
    check_none(&sold("google", "gemini-2.5-flash", &audio), NoCost::Incomplete);
    let audio = audio.with(Unit::CacheAudioReadTokens, 300);
    assert!(PriceTable::embedded().cost(&sold("google", "gemini-2.5-flash", &audio)).is_ok());
}

#[test]
fn parts_that_exceed_their_whole_are_inconsistent() {
    let gpt = |of: &[(Unit, u64)]| PriceTable::embedded().cost(&sold("openai", "gpt-5", &quantities(of)));
    assert!(gpt(&[(IN, 10), (OUT, 1), (READ, 10)]).is_ok());
    assert_eq!(gpt(&[(IN, 10), (OUT, 1), (READ, 11)]), Err(NoCost::Inconsistent));
    let claude = quantities(&[(IN, 10), (OUT, 1), (WRITE, 5), (Unit::CacheWrite1hTokens, 6)]);
    check_none(&sold("anthropic", "claude-haiku-5-5", &claude), NoCost::Inconsistent);
    // Any numbers give a cost or a reason, and no overflow.
    let all = Unit::ALL.into_iter().fold(Quantities::new(), |all, unit| all.with(unit, u64::MAX));
    check_none(&sold("openai", "gpt-5", &all), NoCost::Inconsistent);
    assert_eq!(gpt(&[(IN, u64::MAX), (OUT, 1)]), Err(NoCost::Inconsistent));
    let huge = gpt(&[(IN, 1_000_000_000_000_000), (OUT, 1)]).unwrap();
    assert_eq!(huge.total.to_string(), "1250000000.00001");
}

#[test]
fn a_cost_that_is_told_is_taken_as_told() {
    let check = |text: &str, expect: Option<&str>| {
        let cost = Cost::told("usage.cost", text);
        assert_eq!(cost.as_ref().map(|cost| cost.total.to_string()).as_deref(), expect, "{text}");
        if let Some(cost) = cost {
            assert_eq!((cost.parts, cost.source), (None, Source::Told { by: "usage.cost" }));
        }
    };
    check("0.00014", Some("0.00014"));
    check(" 1.4e-05 ", Some("0.000014"));
    check("0", Some("0"));
    check("-1", None);
    check("free", None);
    check("", None);
    assert_eq!(Cost::told_ticks("usage.cost_in_usd_ticks", 37_756_000).total.to_string(), "0.0037756");
}

#[test]
fn the_table_says_where_it_is_from() {
    let table = PriceTable::embedded();
    assert_eq!(table.model_count(), 2_330);
    assert_eq!(table.passed_over(), 0);
    assert_eq!(table.origin().to_string(), "genai-prices 0.2.3 of 2026-11-21");
    let told = quantities(&[(IN, 1), (OUT, 1)]);
    let cost = table.cost(&sold("openai", "gpt-5", &told)).unwrap();
    let Source::Table(origin) = cost.source else { panic!("told") };
    assert_eq!(*origin, *table.origin());
}
