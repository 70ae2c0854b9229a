//! What a call cost.
//!
//! Comes in: who was called, which model answered, how much it used and when ([`Sold`]). Goes out: a [`Cost`], or why
//! there is none. A cost that the response itself tells is made by [`Cost::told`] and beats any table. Nothing is
//! guessed: no price, no cost, and never 0 for unknown.
//!
//! - `unit` – what is sold by the piece: kinds of tokens, searches, seconds
//! - `money` – dollars without rounding
//! - `moment` – dates and hours at which prices hold
//! - `matcher` – which names a price is for
//! - `table` – providers and models, and how a call finds its own
//! - `cost` – quantities times prices
//! - `sale` – what a call bought
//! - `file` – the format of genai-prices
//! - `litellm` – the format of litellm
//!
//! Not handled: what a call costs by contract, discounts by volume, free quotas, taxes.

mod cost;
mod file;
mod litellm;
mod matcher;
mod moment;
mod money;
mod sale;
mod table;
#[cfg(test)]
mod tests;
mod unit;

use std::fmt;
use std::sync::{Arc, LazyLock};

pub use cost::{Cost, NoCost, Origin, Parts, Source};
pub use file::PriceFileError;
pub use moment::Date;
pub use money::Money;
pub use table::FoundBy;
pub use unit::{Quantities, Unit};

use table::{Missing, Provider};

/// What was sold to whom, as far as it was told.
#[derive(Clone, Copy, Debug)]
pub struct Sold<'a> {
    /// `gen_ai.provider.name`. `None` where that was only inferred: who speaks OpenAI's API does not take OpenAI's
    /// prices.
    pub provider: Option<&'a str>,
    /// The host that was called.
    pub host: Option<&'a str>,
    /// The path on it.
    pub path: &'a str,
    /// The model that answered, else the one that was asked for.
    pub model: Option<&'a str>,
    /// How much was used. Operations that have no output (embeddings) should say 0, as they never tell it.
    pub quantities: &'a Quantities,
    /// `service_tier`, as the response has it.
    pub tier: Option<&'a str>,
    /// Anthropic's `usage.speed`.
    pub speed: Option<&'a str>,
    /// The call was part of a batch.
    pub batch: bool,
    /// When it was made.
    pub unix_seconds: u64,
}

/// The prices of providers' models.
pub struct PriceTable {
    providers: Vec<Provider>,
    origin: Arc<Origin>,
    /// Who is asked where this knows no such model.
    base: Option<Arc<Self>>,
    passed_over: usize,
}

impl PriceTable {
    /// The table that is part of the program; parsed when first asked for.
    pub fn embedded() -> Arc<Self> {
        static TABLE: LazyLock<Arc<PriceTable>> = LazyLock::new(|| {
            // That it parses is tested; were it not to, there are no prices.
            let table = PriceTable::parse(include_bytes!("../../data/prices.json"));
            Arc::new(table.unwrap_or_else(|_| PriceTable::new(Vec::new(), Origin::default(), 0)))
        });
        Arc::clone(&TABLE)
    }

    /// A price file in the format of genai-prices or of litellm.
    pub fn parse(bytes: &[u8]) -> Result<Self, PriceFileError> {
        file::parse(bytes)
    }

    /// The same table, with another asked where this one knows no such model.
    #[must_use]
    pub fn over(mut self, base: Arc<Self>) -> Self {
        self.base = Some(base);
        self
    }

    /// The same table, by this name, and of this date unless it tells one itself.
    #[must_use]
    pub fn named(mut self, name: &str, date: Option<Date>) -> Self {
        let Origin { name: _, version, date: own } = (*self.origin).clone();
        self.origin = Arc::new(Origin { name: name.to_owned(), version, date: own.or(date) });
        self
    }

    /// Where it is from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How many models it has prices for.
    pub fn model_count(&self) -> usize {
        self.providers.iter().map(|provider| provider.models.len()).sum()
    }

    /// Prices of units that this version does not know. They change no cost, as no quantity of such a unit is known.
    pub fn passed_over(&self) -> usize {
        self.passed_over
    }

    /// What a call cost by this table.
    pub fn cost(&self, sold: &Sold<'_>) -> Result<Cost, NoCost> {
        let model = sold.model.filter(|model| !model.is_empty()).ok_or(NoCost::ModelUntold)?.to_lowercase();
        let url = sold.host.map(|host| format!("https://{host}{}", sold.path));
        self.cost_of(sold, &model, url.as_deref())
    }

    fn cost_of(&self, sold: &Sold<'_>, model: &str, url: Option<&str>) -> Result<Cost, NoCost> {
        let found = match table::find(&self.providers, sold.provider, url, model) {
            Ok(found) => found,
            Err(missing) => {
                return match (&self.base, missing) {
                    (Some(base), Missing::Provider | Missing::Model) => base.cost_of(sold, model, url),
                    (None, Missing::Provider) => Err(NoCost::UnknownProvider),
                    (None, Missing::Model) => Err(NoCost::UnknownModel),
                };
            }
        };
        let context = if found.fallback { Vec::new() } else { context(sold) };
        let prices = cost::in_force(found.model, sold.unix_seconds, &context);
        let told = cost::billed(&found.provider.id, &found.model.id, sold.quantities);
        let [total, input, output, other] =
            cost::sums(&prices, &told)?.money().ok_or(NoCost::Inconsistent)?;
        Ok(Cost {
            total,
            parts: Some(Parts {
                input,
                output,
                other,
                provider: Arc::clone(&found.provider.id),
                model: Arc::clone(&found.model.id),
                found_by: found.by,
            }),
            source: Source::Table(Arc::clone(&self.origin)),
        })
    }

    fn new(providers: Vec<Provider>, origin: Origin, passed_over: usize) -> Self {
        Self { providers, origin: Arc::new(origin), base: None, passed_over }
    }
}

/// Two thousand models are nothing to print.
impl fmt::Debug for PriceTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PriceTable")
            .field("origin", &self.origin)
            .field("models", &self.model_count())
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// What the variants of a price ask for.
fn context<'a>(sold: &Sold<'a>) -> Vec<(&'static str, &'a str)> {
    let mut out = Vec::new();
    if let Some(tier) = sold.tier {
        out.push(("service_tier", tier));
    }
    // Anthropic tells a batch by its tier.
    if sold.batch || sold.tier == Some("batch") {
        out.push(("processing", "batch"));
    }
    if let Some(speed) = sold.speed {
        out.push(("speed", speed));
    }
    out
}
