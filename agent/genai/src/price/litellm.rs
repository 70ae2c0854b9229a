//! The format of litellm's `model_prices_and_context_window.json`.
//!
//! In: an object whose members are models. Out: the same providers, models and prices as the other format gives, so
//! that one way of looking up and multiplying serves both. A member's name says what it is the price of, from which
//! number of input tokens on, and at which tier:
//!
//! ```text
//! input_cost_per_token
//! input_cost_per_token_above_200k_tokens            from 200,000 input tokens on, for all of them
//! input_cost_per_token_above_200k_tokens_priority   … at service tier `priority`
//! ```
//!
//! Not read: `tiered_pricing`, prices by image, pixel, page or second of video, and those of litellm's own gateway.
//! A model that has no price that is read is left out.

use std::collections::BTreeMap;

use sonic_rs::{JsonContainerTrait as _, JsonValueTrait as _, Object, Value};

use super::file::{PriceFileError, decimal};
use super::matcher::Clause;
use super::money::PRICE_DECIMALS;
use super::table::{Conditional, Model, Provider, Rate, Variant};
use super::unit::Unit;

/// Providers in the order in which they first occur, models in the file's.
pub(super) fn providers(file: &Object) -> Result<Vec<Provider>, PriceFileError> {
    let mut out: Vec<Provider> = Vec::new();
    for (key, value) in file.iter().filter(|(key, _)| *key != "sample_spec") {
        let Some(entry) = value.as_object() else { continue };
        let told = entry.get(&"litellm_provider").and_then(|provider| provider.as_str());
        let Some(id) = told.or(key.split_once('/').map(|(prefix, _)| prefix)).map(id_of) else { continue };
        let Some(model) = model(id, key, entry)? else { continue };
        match out.iter_mut().find(|provider| *provider.id == *id) {
            Some(provider) => provider.models.push(model),
            None => out.push(Provider {
                id: id.into(),
                api: None,
                model_match: None,
                provider_match: None,
                fallbacks: Box::default(),
                models: vec![model],
            }),
        }
    }
    if out.is_empty() {
        let says = "it has neither `providers`, as genai-prices writes it, nor a model with a price, as litellm does";
        return Err(PriceFileError::new(says));
    }
    Ok(out)
}

/// What one entry says of one unit: the base price, and those above a number of tokens.
#[derive(Default)]
struct Prices {
    base: Option<u128>,
    tiers: BTreeMap<u64, u128>,
}

fn model(provider: &str, key: &str, entry: &Object) -> Result<Option<Model>, PriceFileError> {
    let transcribes = entry.get(&"mode").is_some_and(|mode| mode.as_str() == Some("audio_transcription"));
    // By tier of service and unit.
    let mut read: BTreeMap<Option<Kind>, BTreeMap<Unit, Prices>> = BTreeMap::new();
    for (name, value) in entry.iter().filter(|(_, value)| !value.is_null()) {
        let (kind, name) = Kind::split(name);
        let (start, base) = split_tier(name);
        let Some((unit, decimals, times)) = unit_of(&base, transcribes) else { continue };
        let says = || format!("model `{key}`: `{name}` is not a number of dollars");
        let number = if unit == Unit::WebSearches { same_for_all_sizes(value) } else { Some(value) };
        let Some(number) = number else { continue };
        let price = decimal(number, PRICE_DECIMALS + decimals).and_then(|price| price.checked_mul(times));
        let price = price.ok_or_else(|| PriceFileError::new(says()))?;
        let prices = read.entry(kind).or_default().entry(unit).or_default();
        match start {
            // Seconds may be written both as input's and as output's; they are the same seconds.
            None => prices.base = prices.base.or(Some(price)),
            Some(start) => _ = prices.tiers.insert(start, price),
        }
    }
    let standard = read.remove(&None).unwrap_or_default();
    let mut rates = BTreeMap::new();
    for (unit, prices) in &standard {
        rates.extend(rate(prices, None).map(|rate| (*unit, rate)));
    }
    if rates.is_empty() {
        return Ok(None);
    }
    // All that is cached is paid as such, of whatever kind it is.
    if let Some(cached) = rates.get(&Unit::CacheReadTokens).cloned() {
        for (unit, both) in [
            (Unit::InputAudioTokens, Unit::CacheAudioReadTokens),
            (Unit::InputImageTokens, Unit::CacheImageReadTokens),
        ] {
            if rates.contains_key(&unit) {
                rates.entry(both).or_insert(cached.clone());
            }
        }
    }
    let variants = read.iter().filter_map(|(kind, units)| {
        let (key, value) = kind.as_ref()?.when();
        let rates =
            units.iter().filter_map(|(unit, prices)| Some((*unit, rate(prices, standard.get(unit))?)));
        let when = Box::new([(key.into(), value.into())]);
        Some(Variant { when, constraint: None, prices: rates.collect() })
    });
    let variants = variants.collect();
    Ok(Some(Model {
        id: key.into(),
        clause: names(provider, key),
        prices: Box::new([Conditional { constraint: None, prices: rates.into_iter().collect() }]),
        variants,
    }))
}

/// A price that is only told above a number of tokens has its base elsewhere, or none.
fn rate(prices: &Prices, standard: Option<&Prices>) -> Option<Rate> {
    let base = prices.base.or_else(|| standard?.base)?;
    if prices.tiers.is_empty() {
        return Some(Rate::Flat(base));
    }
    Some(Rate::Tiered { base, tiers: prices.tiers.iter().map(|(start, price)| (*start, *price)).collect() })
}

/// A model is called by its key, and without the provider that some keys begin with.
fn names(provider: &str, key: &str) -> Clause {
    let key = key.to_lowercase();
    let short =
        key.split_once('/').filter(|(prefix, _)| id_of(prefix) == provider).map(|(_, rest)| rest.into());
    let whole = Clause::Equals(key.as_str().into());
    match short {
        Some(short) => Clause::Any(Box::new([whole, Clause::Equals(short)])),
        None => whole,
    }
}

/// What a call must be for a price to hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Priority,
    Flex,
    Balanced,
    Ultrafast,
    Batch,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Priority, Self::Flex, Self::Balanced, Self::Ultrafast, Self::Batch];

    fn split(name: &str) -> (Option<Self>, &str) {
        let found = Self::ALL.into_iter().find_map(|kind| Some((kind, name.strip_suffix(kind.suffix())?)));
        found.map_or((None, name), |(kind, name)| (Some(kind), name))
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Priority => "_priority",
            Self::Flex => "_flex",
            Self::Balanced => "_balanced",
            Self::Ultrafast => "_ultrafast",
            Self::Batch => "_batches",
        }
    }

    fn when(self) -> (&'static str, &'static str) {
        match self {
            Self::Priority => ("service_tier", "priority"),
            Self::Flex => ("service_tier", "flex"),
            Self::Balanced => ("service_tier", "balanced"),
            Self::Ultrafast => ("service_tier", "ultrafast"),
            Self::Batch => ("processing", "batch"),
        }
    }
}

/// `input_cost_per_token_above_200k_tokens` → 200,000 and `input_cost_per_token`.
fn split_tier(name: &str) -> (Option<u64>, String) {
    let split = || {
        let (before, thousands) = name.strip_suffix("k_tokens")?.rsplit_once("_above_")?;
        Some((Some(thousands.parse::<u64>().ok()?.checked_mul(1_000)?), before.to_owned()))
    };
    split().unwrap_or_else(|| (None, name.to_owned()))
}

/// The unit of a member, and by what its price is to be multiplied to be that of [`Unit::per`]: a power of ten, and a
/// number.
fn unit_of(name: &str, transcribes: bool) -> Option<(Unit, u32, u128)> {
    const PER_TOKEN: (u32, u128) = (6, 1);
    const PER_THING: (u32, u128) = (3, 1);
    const PER_SECOND: (u32, u128) = (0, 3_600);
    let (unit, (decimals, times)) = match name {
        "input_cost_per_token" => (Unit::InputTokens, PER_TOKEN),
        "output_cost_per_token" => (Unit::OutputTokens, PER_TOKEN),
        "output_cost_per_reasoning_token" => (Unit::OutputReasoningTokens, PER_TOKEN),
        "citation_cost_per_token" => (Unit::OutputCitationTokens, PER_TOKEN),
        "cache_read_input_token_cost" => (Unit::CacheReadTokens, PER_TOKEN),
        "cache_creation_input_token_cost" => (Unit::CacheWriteTokens, PER_TOKEN),
        "cache_creation_input_token_cost_above_1hr" => (Unit::CacheWrite1hTokens, PER_TOKEN),
        "input_cost_per_audio_token" => (Unit::InputAudioTokens, PER_TOKEN),
        "output_cost_per_audio_token" => (Unit::OutputAudioTokens, PER_TOKEN),
        "cache_read_input_audio_token_cost" => (Unit::CacheAudioReadTokens, PER_TOKEN),
        "input_cost_per_image_token" => (Unit::InputImageTokens, PER_TOKEN),
        "output_cost_per_image_token" => (Unit::OutputImageTokens, PER_TOKEN),
        "cache_read_input_image_token_cost" => (Unit::CacheImageReadTokens, PER_TOKEN),
        "input_cost_per_video_token" => (Unit::InputVideoTokens, PER_TOKEN),
        "output_cost_per_video_token" => (Unit::OutputVideoTokens, PER_TOKEN),
        "input_cost_per_character" => (Unit::InputCharacters, PER_TOKEN),
        "input_cost_per_query" => (Unit::RerankSearches, PER_THING),
        "input_cost_per_request" => (Unit::Requests, PER_THING),
        "search_context_cost_per_query" => (Unit::WebSearches, PER_THING),
        "input_cost_per_second" | "output_cost_per_second" if transcribes => (Unit::AudioSeconds, PER_SECOND),
        _ => return None,
    };
    Some((unit, decimals, times))
}

/// Searches have a price by the size of what they add to the prompt, which no response tells.
fn same_for_all_sizes(value: &Value) -> Option<&Value> {
    let mut sizes = value.as_object()?.iter().map(|(_, price)| price);
    let first = sizes.next()?;
    let text = |value: &Value| value.as_raw_number().map(|number| number.as_str().to_owned());
    sizes.all(|size| text(size) == text(first)).then_some(first)
}

/// The other format's id of a provider of litellm's; where there is none, its own name.
fn id_of(provider: &str) -> &str {
    match provider {
        "text-completion-openai" => "openai",
        "azure_ai" | "azure_text" => "azure",
        "bedrock" | "bedrock_converse" | "bedrock_mantle" | "amazon_nova" => "aws",
        "gemini" => "google",
        "xai" => "x-ai",
        "moonshot" => "moonshotai",
        "together_ai" => "together",
        "fireworks_ai" | "fireworks_ai-embedding-models" => "fireworks",
        "voyage" => "voyageai",
        "cohere_chat" => "cohere",
        "codestral" | "text-completion-codestral" => "mistral",
        "github_copilot" => "github-copilot",
        "bigmodel" => "zhipuai",
        vertex if vertex.starts_with("vertex_ai") => "google",
        own => own,
    }
}
