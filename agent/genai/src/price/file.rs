//! The format of genai-prices.
//!
//! In: bytes of a file. Out: a table, or one sentence that says what is wrong and where. The file is an array of
//! providers, or the same in an envelope that says where it is from:
//!
//! ```json
//! {"source": "genai-prices", "version": "0.2.3", "date": "2026-11-21", "providers": [
//!   {"id": "openai", "api_pattern": "https://api\\.openai\\.com", "models": [
//!     {"id": "gpt-5", "match": {"starts_with": "gpt-5"}, "prices": {"input_mtok": 1.25, "output_mtok": 10}}]}]}
//! ```
//!
//! Any other object is taken for litellm's. Members that are not named here are passed over, so a newer file is read
//! too; what would change a price (a clause, a constraint) must be known.

use std::fmt;

use sonic_rs::{Array, Deserializer, JsonContainerTrait as _, JsonValueTrait as _, Object, Value};

use super::PriceTable;
use super::cost::Origin;
use super::litellm;
use super::matcher::{Clause, Pattern};
use super::moment::{Constraint, Date, time_of_day};
use super::money::{PRICE_DECIMALS, scaled};
use super::table::{Conditional, Model, Prices, Provider, Rate, Variant, When};
use super::unit::Unit;
use crate::limits;

/// What is wrong with a price file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceFileError(String);

impl fmt::Display for PriceFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PriceFileError {}

impl PriceFileError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// The same, within this.
    fn within(self, place: impl fmt::Display) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

type Result<T, E = PriceFileError> = std::result::Result<T, E>;

/// Either format.
pub(super) fn parse(bytes: &[u8]) -> Result<PriceTable> {
    if bytes.len() > limits::PRICE_FILE {
        return fail(format!("it is larger than {} MiB", limits::PRICE_FILE >> 20));
    }
    let text = std::str::from_utf8(bytes)
        .or_else(|error| fail(format!("it is not UTF-8 at byte {}", error.valid_up_to())))?;
    if depth_of(text) > limits::PRICE_DEPTH {
        return fail(format!("it is nested deeper than {}", limits::PRICE_DEPTH));
    }
    let mut passed_over = 0;
    // Numbers stay text: a price is a decimal fraction, not the nearest binary one.
    let mut deserializer = Deserializer::from_str(text).use_rawnumber();
    let value: Value = deserializer.deserialize().or_else(not_json)?;
    deserializer.end().or_else(not_json)?;
    let (providers, origin) = if let Some(array) = value.as_array() {
        (providers(array, &mut passed_over)?, Origin::default())
    } else if let Some(envelope) = value.as_object() {
        match envelope.get(&"providers") {
            Some(list) => {
                let Some(array) = list.as_array() else { return fail("`providers` is not an array") };
                (providers(array, &mut passed_over)?, origin(envelope)?)
            }
            None => (litellm::providers(envelope)?, Origin::default()),
        }
    } else {
        return fail("it is neither an array of providers nor an object of models");
    };
    let models: usize = providers.iter().map(|provider: &Provider| provider.models.len()).sum();
    if models > limits::PRICE_MODELS {
        return fail(format!("it has more than {} models", limits::PRICE_MODELS));
    }
    Ok(PriceTable::new(providers, origin, passed_over))
}

/// Containers within containers, of text that may not be JSON. The parser, and what frees its values, go down by
/// recursion.
fn depth_of(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'[' | b'{' if !string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// One line of the parser's own sentence; the rest quotes the file.
fn not_json<T>(error: sonic_rs::Error) -> Result<T> {
    let says = error.to_string();
    fail(format!("it is not JSON: {}", says.lines().next().unwrap_or("it ends early").trim_end()))
}

fn origin(envelope: &Object) -> Result<Origin> {
    let text = |key: &str| {
        let value = envelope.get(&key).filter(|value| !value.is_null());
        value.map(|value| value.as_str().map(str::to_owned)).map_or(Ok(None), |text| match text {
            Some(text) => Ok(Some(text)),
            None => fail(format!("`{key}` is not a string")),
        })
    };
    let date = match text("date")? {
        Some(date) => Some(date_of(&date)?),
        None => None,
    };
    Ok(Origin { name: text("source")?.unwrap_or_default(), version: text("version")?, date })
}

fn providers(array: &Array, passed_over: &mut usize) -> Result<Vec<Provider>> {
    let mut out = Vec::new();
    for (index, value) in array.iter().enumerate() {
        let place = |value: &Value| match value.get("id").and_then(|id| id.as_str().map(str::to_owned)) {
            Some(id) => format!("provider `{id}`"),
            None => format!("provider {}", index + 1),
        };
        out.push(provider(value, passed_over).map_err(|error| error.within(place(value)))?);
    }
    Ok(out)
}

fn provider(value: &Value, passed_over: &mut usize) -> Result<Provider> {
    let object = object(value, "it")?;
    let id = required(object, "id")?;
    let mut models = Vec::new();
    for value in list(object, "models")? {
        let place = value.get("id").and_then(|id| id.as_str().map(|id| format!("model `{id}`")));
        let place = place.unwrap_or_else(|| format!("model {}", models.len() + 1));
        models.push(model(value, passed_over).map_err(|error| error.within(place))?);
    }
    let mut fallbacks = Vec::new();
    for value in list(object, "fallback_model_providers")? {
        match value.as_str() {
            Some(id) => fallbacks.push(id.into()),
            None => return fail("`fallback_model_providers` has what is not a string"),
        }
    }
    let clause_of = |key: &str| member(object, key).map(|value| named(clause(value, 0), key)).transpose();
    Ok(Provider {
        id: id.into(),
        api: match member(object, "api_pattern") {
            Some(value) => Some(named(pattern(value, Pattern::at_start), "api_pattern")?),
            None => None,
        },
        model_match: clause_of("model_match")?,
        provider_match: clause_of("provider_match")?,
        fallbacks: fallbacks.into(),
        models,
    })
}

fn model(value: &Value, passed_over: &mut usize) -> Result<Model> {
    let object = object(value, "it")?;
    let id = required(object, "id")?;
    let Some(matches) = member(object, "match") else { return fail("it has no `match`") };
    let mut conditionals = Vec::new();
    match member(object, "prices") {
        Some(value) if value.is_array() => {
            for value in list(object, "prices")? {
                let object = self::object(value, "one of `prices`")?;
                let constraint = constraint(object)?;
                conditionals.push(Conditional { constraint, prices: prices(object, passed_over)? });
            }
        }
        Some(_) => conditionals.push(Conditional { constraint: None, prices: prices(object, passed_over)? }),
        None => return fail("it has no `prices`"),
    }
    let mut variants = Vec::new();
    for value in list(object, "price_variants")? {
        let object = self::object(value, "one of `price_variants`")?;
        let when = when(object)?;
        variants.push(Variant {
            when,
            constraint: constraint(object)?,
            prices: prices(object, passed_over)?,
        });
    }
    Ok(Model {
        id: id.into(),
        clause: named(clause(matches, 0), "match")?,
        prices: conditionals.into(),
        variants: variants.into(),
    })
}

fn when(object: &Object) -> Result<When> {
    let Some(value) = member(object, "when") else { return fail("a variant has no `when`") };
    let mut out: Vec<(Box<str>, Box<str>)> = Vec::new();
    for (key, value) in self::object(value, "`when`")? {
        match value.as_str() {
            Some(value) => out.push((key.into(), value.into())),
            None => return fail(format!("`when.{key}` is not a string")),
        }
    }
    if out.is_empty() { fail("a variant's `when` is empty") } else { Ok(out.into()) }
}

fn constraint(object: &Object) -> Result<Option<Constraint>> {
    let Some(value) = member(object, "constraint") else { return Ok(None) };
    let constraint = self::object(value, "`constraint`")?;
    // Files before the type was written have the members alone.
    let kind = match member(constraint, "type") {
        Some(_) => required(constraint, "type")?,
        None if member(constraint, "start_date").is_some() => "start_date",
        None => "time_of_date",
    };
    let time = |key: &str| {
        let text = required(constraint, key)?;
        time_of_day(text).map_or_else(|| fail(format!("`{key}` is not a time of day: {}", quoted(text))), Ok)
    };
    Ok(Some(match kind {
        "start_date" => Constraint::From(date_of(required(constraint, "start_date")?)?),
        "time_of_date" => Constraint::Daily { start: time("start_time")?, end: time("end_time")? },
        other => return fail(format!("constraints of type {} are not known", quoted(other))),
    }))
}

fn prices(object: &Object, passed_over: &mut usize) -> Result<Prices> {
    let Some(value) = member(object, "prices") else { return fail("it has no `prices`") };
    let mut out = Vec::new();
    for (key, value) in self::object(value, "`prices`")?.iter().filter(|(_, value)| !value.is_null()) {
        match Unit::of_price_key(key) {
            Some(unit) => out.push((unit, named(rate(value), key)?)),
            None => *passed_over += 1,
        }
    }
    Ok(out.into())
}

fn rate(value: &Value) -> Result<Rate> {
    let Some(tiered) = value.as_object() else { return dollars(value).map(Rate::Flat) };
    let base = member(tiered, "base").map_or_else(|| fail("tiers have no `base`"), dollars)?;
    let mut tiers = Vec::new();
    for value in list(tiered, "tiers")? {
        let tier = object(value, "a tier")?;
        let start = member(tier, "start").and_then(|start| start.as_raw_number()?.as_str().parse().ok());
        let Some(start) = start else { return fail("a tier's `start` is not a number of tokens") };
        let price = member(tier, "price").map_or_else(|| fail("a tier has no `price`"), dollars)?;
        tiers.push((start, price));
    }
    tiers.sort_by_key(|(start, _)| *start);
    Ok(Rate::Tiered { base, tiers: tiers.into() })
}

fn dollars(value: &Value) -> Result<u128> {
    match decimal(value, PRICE_DECIMALS) {
        Some(price) => Ok(price),
        None => fail("it is not a number of dollars"),
    }
}

/// A number at or above zero, as its text has it, times 10^`decimals`.
pub(super) fn decimal(value: &Value, decimals: u32) -> Option<u128> {
    scaled(value.as_raw_number()?.as_str(), decimals)
}

fn clause(value: &Value, depth: usize) -> Result<Clause> {
    if depth >= limits::PRICE_CLAUSE_DEPTH {
        return fail(format!("clauses are nested deeper than {}", limits::PRICE_CLAUSE_DEPTH));
    }
    let object = object(value, "it")?;
    let mut members = object.iter();
    let (Some((kind, value)), None) = (members.next(), members.next()) else {
        return fail("a clause has exactly one member");
    };
    let text = || match value.as_str() {
        Some(text) => Ok(text.to_lowercase().into()),
        None => fail(format!("`{kind}` is not a string")),
    };
    let clauses = || {
        let Some(array) = value.as_array() else { return fail(format!("`{kind}` is not an array")) };
        array.iter().map(|value| clause(value, depth + 1)).collect::<Result<Box<[Clause]>>>()
    };
    Ok(match kind {
        "equals" => Clause::Equals(text()?),
        "starts_with" => Clause::StartsWith(text()?),
        "ends_with" => Clause::EndsWith(text()?),
        "contains" => Clause::Contains(text()?),
        "regex" => Clause::Regex(Box::new(pattern(value, Pattern::new)?)),
        "or" => Clause::Any(clauses()?),
        "and" => Clause::All(clauses()?),
        other => return fail(format!("clauses of kind {} are not known", quoted(other))),
    })
}

fn pattern(value: &Value, new: impl Fn(&str) -> Pattern) -> Result<Pattern> {
    match value.as_str() {
        Some(text) if text.len() <= limits::PRICE_PATTERN => Ok(new(text)),
        Some(_) => fail(format!("a pattern is longer than {} bytes", limits::PRICE_PATTERN)),
        None => fail("a pattern is not a string"),
    }
}

fn date_of(text: &str) -> Result<Date> {
    Date::parse(text).map_or_else(|| fail(format!("{} is not a date", quoted(text))), Ok)
}

/// A member that is there and not null.
fn member<'v>(object: &'v Object, key: &str) -> Option<&'v Value> {
    object.get(&key).filter(|value| !value.is_null())
}

fn required<'v>(object: &'v Object, key: &str) -> Result<&'v str> {
    match member(object, key).map(|value| value.as_str()) {
        Some(Some(text)) => Ok(text),
        Some(None) => fail(format!("`{key}` is not a string")),
        None => fail(format!("it has no `{key}`")),
    }
}

/// An array; none where there is no such member.
fn list<'v>(object: &'v Object, key: &str) -> Result<&'v [Value]> {
    match member(object, key) {
        None => Ok(&[]),
        Some(value) => match value.as_array() {
            Some(array) => Ok(array.as_slice()),
            None => fail(format!("`{key}` is not an array")),
        },
    }
}

fn object<'v>(value: &'v Value, what: &str) -> Result<&'v Object> {
    value.as_object().map_or_else(|| fail(format!("{what} is not an object")), Ok)
}

fn named<T>(result: Result<T>, key: &str) -> Result<T> {
    result.map_err(|error| error.within(format_args!("`{key}`")))
}

/// The beginning of a text, so that a sentence stays one.
fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    format!("{shown:?}")
}

fn fail<T>(what: impl Into<String>) -> Result<T> {
    Err(PriceFileError::new(what))
}
