//! Providers, their models, and how a call finds its model.
//!
//! In: who was called and which model answered. Out: the model's prices. The order of the file decides, as in the
//! library whose file it is: the first clause that matches wins.

use std::sync::Arc;

use super::matcher::{Clause, Pattern};
use super::moment::{Constraint, dashed_dates};
use super::unit::Unit;

#[derive(Debug)]
pub(super) struct Provider {
    pub(super) id: Arc<str>,
    /// Whose URLs these are.
    pub(super) api: Option<Pattern>,
    /// Whose models these must be.
    pub(super) model_match: Option<Clause>,
    /// Other names of the provider.
    pub(super) provider_match: Option<Clause>,
    /// Providers whose models it sells at their prices.
    pub(super) fallbacks: Box<[Box<str>]>,
    pub(super) models: Vec<Model>,
}

#[derive(Debug)]
pub(super) struct Model {
    pub(super) id: Arc<str>,
    pub(super) clause: Clause,
    /// The last that is in force holds; where none is, the first.
    pub(super) prices: Box<[Conditional]>,
    /// The first that fits holds, for each unit apart.
    pub(super) variants: Box<[Variant]>,
}

#[derive(Debug)]
pub(super) struct Conditional {
    pub(super) constraint: Option<Constraint>,
    pub(super) prices: Prices,
}

/// Prices that hold when the call was made in a certain way.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) when: When,
    pub(super) constraint: Option<Constraint>,
    pub(super) prices: Prices,
}

/// What the call must have been: `service_tier` = `priority`.
pub(super) type When = Box<[(Box<str>, Box<str>)]>;

/// A price for each unit that has one.
pub(super) type Prices = Box<[(Unit, Rate)]>;

/// Dollars for as many as [`Unit::per`] says, with [`super::money::PRICE_DECIMALS`] decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rate {
    Flat(u128),
    /// By the call's total of input tokens: the highest tier whose start it exceeds is paid for all of them.
    Tiered {
        base: u128,
        /// Ascending.
        tiers: Box<[(u64, u128)]>,
    },
}

impl Rate {
    pub(super) fn at(&self, input_tokens: u64) -> u128 {
        match self {
            Self::Flat(price) => *price,
            Self::Tiered { base, tiers } => {
                let reached = tiers.iter().rev().find(|(start, _)| input_tokens > *start);
                reached.map_or(*base, |(_, price)| *price)
            }
        }
    }

    /// Whether it costs nothing at any tier.
    pub(super) fn is_zero(&self) -> bool {
        match self {
            Self::Flat(price) => *price == 0,
            Self::Tiered { base, tiers } => *base == 0 && tiers.iter().all(|(_, price)| *price == 0),
        }
    }
}

/// How a call's provider was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// By its name.
    Name,
    /// By the host and path that were called.
    Url,
    /// By the model alone: neither name nor host was known. What another host of the same model asks may differ.
    Model,
}

impl FoundBy {
    /// For an attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "provider",
            Self::Url => "url",
            Self::Model => "model",
        }
    }
}

/// The model that a call used.
#[derive(Debug)]
pub(super) struct Found<'t> {
    /// Who was called.
    pub(super) provider: &'t Provider,
    pub(super) model: &'t Model,
    /// The model is another provider's, which this one sells; its variants are the maker's own affair.
    pub(super) fallback: bool,
    pub(super) by: FoundBy,
}

/// Why no model was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Provider,
    Model,
}

/// `provider` is a `gen_ai.provider.name`; `model` is in lower case.
pub(super) fn find<'t>(
    providers: &'t [Provider],
    provider: Option<&str>,
    url: Option<&str>,
    model: &str,
) -> Result<Found<'t>, Missing> {
    let (provider, model) = match (provider, model.split_once('/')) {
        (Some("litellm"), Some((prefix, rest))) if by_id(providers, prefix).is_some() => (Some(prefix), rest),
        _ => (provider, model),
    };
    let named = provider.and_then(|name| match id_of(name) {
        Some(id) => providers.iter().find(|provider| *provider.id == *id),
        None => by_id(providers, name),
    });
    let (provider, by) = if let Some(named) = named {
        (named, FoundBy::Name)
    } else if let Some(url) = url {
        (providers.iter().find(|provider| serves(provider, url)).ok_or(Missing::Provider)?, FoundBy::Url)
    } else if provider.is_some() {
        return Err(Missing::Provider);
    } else {
        (providers.iter().find(|provider| makes(provider, model)).ok_or(Missing::Provider)?, FoundBy::Model)
    };
    let found = model_of(providers, provider, model).or_else(|| {
        let dashed = dashed_dates(model)?;
        model_of(providers, provider, &dashed)
    });
    let (model, fallback) = found.ok_or(Missing::Model)?;
    Ok(Found { provider, model, fallback, by })
}

/// By id, else by the first whose names match.
fn by_id<'t>(providers: &'t [Provider], name: &str) -> Option<&'t Provider> {
    let name = name.trim().to_lowercase();
    let also =
        |provider: &&Provider| provider.provider_match.as_ref().is_some_and(|clause| clause.matches(&name));
    providers.iter().find(|provider| *provider.id == *name).or_else(|| providers.iter().find(also))
}

fn serves(provider: &Provider, url: &str) -> bool {
    provider.api.as_ref().is_some_and(|api| api.matches(url))
}

fn makes(provider: &Provider, model: &str) -> bool {
    provider.model_match.as_ref().is_some_and(|clause| clause.matches(model))
}

/// The model, and whether it is another provider's. One step only: a fallback's fallbacks are not asked.
fn model_of<'t>(providers: &'t [Provider], provider: &'t Provider, model: &str) -> Option<(&'t Model, bool)> {
    let own = |provider: &'t Provider| provider.models.iter().find(|own| own.clause.matches(model));
    if let Some(found) = own(provider) {
        return Some((found, false));
    }
    provider.fallbacks.iter().find_map(|id| {
        let maker = providers.iter().find(|provider| *provider.id == **id)?;
        own(maker).map(|model| (model, true))
    })
}

/// The id in price files of a `gen_ai.provider.name`. Names that are not here are the same in both, or have no prices.
/// `azure.ai.openai` must not be left to the clauses: `openai`'s is that a name contains it.
fn id_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "openai" => "openai",
        "azure.ai.openai" | "azure.ai.inference" => "azure",
        "anthropic" => "anthropic",
        "gcp.gemini" | "gcp.vertex_ai" | "gcp.gen_ai" => "google",
        "aws.bedrock" => "aws",
        "x_ai" => "x-ai",
        "mistral_ai" => "mistral",
        "moonshot_ai" => "moonshotai",
        "together_ai" => "together",
        "fireworks_ai" => "fireworks",
        "voyage_ai" => "voyageai",
        "github_copilot" => "github-copilot",
        "cloudflare_workers_ai" => "cloudflare",
        _ => return None,
    })
}
