//! What a call cost.
//!
//! In: quantities and prices. Out: money, exactly, or why there is none. A part that has a price of its own (cached
//! tokens) is taken out of what holds it (input tokens) and paid at its own; a part without one stays where it is.

use std::fmt;
use std::sync::Arc;

use super::moment::Date;
use super::money::{Money, from_sum};
use super::table::{Conditional, FoundBy, Model, Rate};
use super::unit::{COMMON, Dimensions, Quantities, Unit};

/// What a call cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// All of it.
    pub total: Money,
    /// How that came about, where it was not simply told.
    pub parts: Option<Parts>,
    /// Who says so.
    pub source: Source,
}

/// A cost that was worked out from a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// For what went in, cached or not.
    pub input: Money,
    /// For what came out.
    pub output: Money,
    /// For neither: searches, calls, seconds.
    pub other: Money,
    /// The table's name of the provider that was called.
    pub provider: Arc<str>,
    /// The table's name of the model; at providers that sell other makers' models, the maker's entry.
    pub model: Arc<str>,
    /// How the provider was found.
    pub found_by: FoundBy,
}

/// Who says what a call cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The provider or a gateway, in the response itself.
    Told {
        /// Where in the response: `usage.cost`.
        by: &'static str,
    },
    /// A price table.
    Table(Arc<Origin>),
}

/// Where a price table is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `genai-prices`, or a file's name.
    pub name: String,
    /// Its version, where it has one.
    pub version: Option<String>,
    /// The day on which it was taken.
    pub date: Option<Date>,
}

/// `genai-prices 0.2.3 of 2026-11-21`
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, date } = self;
        f.write_str(name)?;
        if let Some(version) = version {
            write!(f, " {version}")?;
        }
        if let Some(date) = date {
            write!(f, " of {date}")?;
        }
        Ok(())
    }
}

impl Cost {
    /// A cost in dollars that the response tells as decimal text. Absent when that is no number, or one below zero.
    pub fn told(by: &'static str, dollars: &str) -> Option<Self> {
        Money::parse(dollars.trim()).map(|total| Self::told_money(by, total))
    }

    /// A cost that the response tells in ticks, as xAI's do.
    pub fn told_ticks(by: &'static str, ticks: u64) -> Self {
        Self::told_money(by, Money::from_ticks(ticks))
    }

    fn told_money(by: &'static str, total: Money) -> Self {
        Self { total, parts: None, source: Source::Told { by } }
    }
}

/// Why a call has no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCost {
    /// Which model it was is not known.
    ModelUntold,
    /// The table has no such provider; local engines are of this kind.
    UnknownProvider,
    /// The table has no such model of this provider.
    UnknownModel,
    /// The table knows the model, but no price.
    NoPrice,
    /// Nothing that has a price was told.
    NoUsage,
    /// A quantity that the cost depends on was not told.
    Incomplete,
    /// The parts are more than the whole: more cached tokens than tokens.
    Inconsistent,
}

impl NoCost {
    /// For a counter or an attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::ModelUntold => "model_untold",
            Self::UnknownProvider => "unknown_provider",
            Self::UnknownModel => "unknown_model",
            Self::NoPrice => "no_price",
            Self::NoUsage => "no_usage",
            Self::Incomplete => "incomplete_usage",
            Self::Inconsistent => "inconsistent_usage",
        }
    }
}

/// Sums that are exact: fractions of a dollar with one denominator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    input: u128,
    output: u128,
    other: u128,
}

impl Sums {
    /// Total, input, output, other; each is rounded by itself.
    pub(super) fn money(self) -> Option<[Money; 4]> {
        let Self { input, output, other } = self;
        let total = input.checked_add(output)?.checked_add(other)?;
        Some([total, input, output, other].map(|sum| from_sum(sum, COMMON)))
    }
}

/// The prices of a model at a second, for a call of this kind (`service_tier` = `priority`).
pub(super) fn in_force<'t>(model: &'t Model, at: u64, context: &[(&str, &str)]) -> Vec<(Unit, &'t Rate)> {
    let holds = |conditional: &&Conditional| conditional.constraint.is_none_or(|when| when.holds(at));
    let standard = model.prices.iter().rev().find(holds).or(model.prices.first());
    let mut out: Vec<(Unit, &Rate)> = Vec::new();
    for variant in &model.variants {
        let fits = variant.when.iter().all(|(key, value)| context.contains(&(&**key, &**value)));
        if fits && variant.constraint.is_none_or(|when| when.holds(at)) {
            add_missing(&mut out, &variant.prices);
        }
    }
    if let Some(standard) = standard {
        add_missing(&mut out, &standard.prices);
    }
    out
}

fn add_missing<'t>(out: &mut Vec<(Unit, &'t Rate)>, prices: &'t [(Unit, Rate)]) {
    for (unit, rate) in prices {
        if !out.iter().any(|(priced, _)| priced == unit) {
            out.push((*unit, rate));
        }
    }
}

/// What these quantities come to at these prices.
pub(super) fn sums(prices: &[(Unit, &Rate)], told: &Quantities) -> Result<Sums, NoCost> {
    if prices.is_empty() {
        return Err(NoCost::NoPrice);
    }
    let counts = |unit: Unit| unit == Unit::Requests || told.get(unit).is_some();
    if told.is_empty() || !prices.iter().any(|(unit, _)| counts(*unit)) {
        return Err(NoCost::NoUsage);
    }
    if !is_complete(prices, told) {
        return Err(NoCost::Incomplete);
    }
    let input_tokens = told.get(Unit::InputTokens).unwrap_or(0);
    let mut out = Sums::default();
    for (unit, rate) in prices {
        let into = if unit.is_input() {
            &mut out.input
        } else if unit.is_output() {
            &mut out.output
        } else {
            &mut out.other
        };
        // A product that does not fit is of a quantity that nobody sold.
        let sum = leaf(*unit, prices, told)
            .and_then(|count| rate.at(input_tokens).checked_mul(u128::from(count)))
            .and_then(|price| price.checked_mul(COMMON / unit.per()))
            .and_then(|price| into.checked_add(price));
        *into = sum.ok_or(NoCost::Inconsistent)?;
    }
    Ok(out)
}

/// How much of a unit is paid at its own price: what was told, less the parts that have their own. Absent when the
/// parts are more than the whole.
fn leaf(unit: Unit, prices: &[(Unit, &Rate)], told: &Quantities) -> Option<u64> {
    if unit == Unit::Requests {
        return Some(1);
    }
    let within = prices.iter().filter(|(part, _)| unit.dimensions().holds(part.dimensions()));
    within.map(|(part, _)| *part).try_fold(told.get(unit).unwrap_or(0), |left, part| {
        // At most four deep: family, direction, modality, kind, time in the cache.
        left.checked_sub(leaf(part, prices, told)?)
    })
}

/// Whether what was told decides the cost. A part that was not told is none, as providers leave out what is zero; a
/// whole that was not told cannot be, and neither can the overlap of two parts.
fn is_complete(prices: &[(Unit, &Rate)], told: &Quantities) -> bool {
    let used: Vec<Unit> = told.used().collect();
    let tokens_told = Unit::ALL.into_iter().any(|unit| unit.is_token() && told.get(unit).is_some());
    let lacking = |unit: Unit, rate: &Rate| {
        let whole = matches!(unit, Unit::InputTokens | Unit::OutputTokens);
        (whole && tokens_told && !rate.is_zero())
            || used.iter().any(|part| unit.dimensions().holds(part.dimensions()))
            || overlaps(&used).any(|both| both == unit.dimensions())
    };
    let untold = |unit: Unit| unit != Unit::Requests && told.get(unit).is_none();
    if prices.iter().any(|(unit, rate)| untold(*unit) && lacking(*unit, rate)) {
        return false;
    }
    // What is both of two priced parts would be taken out twice, unless it has a price too, or is known to be none.
    let is_priced = |unit: Unit| prices.iter().any(|(priced, _)| *priced == unit);
    let priced: Vec<Unit> = used.into_iter().filter(|unit| is_priced(*unit)).collect();
    overlaps(&priced).all(|both| {
        Unit::of_dimensions(both).is_some_and(|both| is_priced(both) || told.get(both) == Some(0))
    })
}

/// What pairs of these have in common, where neither holds the other.
fn overlaps(units: &[Unit]) -> impl Iterator<Item = Dimensions> {
    units.iter().enumerate().flat_map(move |(at, first)| {
        let first = first.dimensions();
        units.iter().skip(at + 1).filter_map(move |second| {
            let second = second.dimensions();
            let nested = first.holds(second) || second.holds(first);
            first.meet(second).filter(|_| !nested)
        })
    })
}

/// What is billed where that is not what was used: Groq transcribes nothing for less than ten seconds.
pub(super) fn billed(provider: &str, model: &str, told: &Quantities) -> Quantities {
    let mut billed = *told;
    if provider == "groq" && matches!(model, "whisper-large-v3" | "whisper-large-v3-turbo") {
        let seconds = told.get(Unit::AudioSeconds).filter(|seconds| *seconds > 0);
        let seconds = seconds.or(told.get(Unit::InputAudioSeconds)).or(told.get(Unit::AudioSeconds));
        if let Some(seconds) = seconds {
            let seconds = if seconds == 0 { 0 } else { seconds.max(10) };
            billed.set(Unit::AudioSeconds, Some(seconds));
            billed.set(Unit::InputAudioSeconds, Some(seconds));
        }
    }
    billed
}
