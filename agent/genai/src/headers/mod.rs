//! What headers tell of a call.
//!
//! Comes in: the headers of a request ([`request`]) and of a response ([`response`]), the host, the path. Goes out:
//! [`RequestFacts`] and [`ResponseFacts`], plain data. What headers do not say is absent. What a known header says in a
//! way that nobody knows is counted (`unknown_shape`) and absent.
//!
//! Each header is looked at once, by each part in turn; a part has one row or arm per header that it knows:
//!
//! - [`rate_limit`] – limits, and when to come again
//! - [`times`] – how long things took
//! - [`engine`] – what the engine is busy with
//! - [`place`] – region, pool, edge
//! - [`gateway`] – who stands between, and what answers
//! - [`attempts`] – retries; the client's SDK and its time limits
//! - `ids` – ids of requests
//! - `decimal`, `moment`, `list` – numbers, points in time and lists, as headers write them
//!
//! LiteLLM hands on what its upstream sent under a prefix (`llm_provider-x-ratelimit-…`). These are read as what they
//! are without it, after all others: an answer's own headers come first.
//!
//! Not read: ids of accounts, organisations, projects and sessions (`openai-organization`, `anthropic-organization-id`,
//! `x-claude-code-session-id`), which say who asked and nothing of how it went. Credentials cannot be read: the decoder
//! has dropped them.

pub mod attempts;
mod decimal;
pub mod engine;
pub mod gateway;
mod ids;
mod list;
mod moment;
pub mod place;
pub mod rate_limit;
#[cfg(test)]
mod tests;
pub mod times;

use wire::{Header, Headers};

pub use self::attempts::{Attempts, Client};
pub use self::decimal::{Unit, nanos};
pub use self::engine::EngineState;
pub use self::gateway::{Cache, Fingerprint, Gateway, GatewayKind};
pub use self::ids::{request_id, request_ids_of};
pub use self::place::Place;
pub use self::rate_limit::{Quantity, Quota, RateLimit, RateLimits, Standing, Window};
pub use self::times::{Origin, Phase, ServerTiming, Told, ToldTimes};
use crate::call::Usage;
use crate::limits;

/// What the headers of a response tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseFacts {
    /// Rate limits, and when to come again.
    pub rate_limits: RateLimits,
    /// How long things took.
    pub times: ToldTimes,
    /// What the engine is busy with.
    pub engine: EngineState,
    /// Where the request was answered.
    pub place: Place,
    /// Who handed it on.
    pub gateway: Option<Gateway>,
    /// What answers, by its marks.
    pub fingerprint: Option<Fingerprint>,
    /// What gateways tried before.
    pub attempts: Attempts,
    /// Tokens, as some servers count them in headers (Bedrock, Fireworks, TGI). A body knows better.
    pub usage: Usage,
    /// What the call cost, where a gateway says so.
    pub cost: Option<Cost>,
    /// Why an inference gateway turned the request away (`x-llm-d-request-dropped-reason`).
    pub dropped_reason: Option<Said>,
    /// Known headers whose values say nothing that is known.
    pub unknown_shape: u32,
}

/// What the headers of a request tell, with its host and path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestFacts {
    /// Which attempt it is.
    pub attempts: Attempts,
    /// What the client tells of itself.
    pub client: Client,
    /// Where it goes, by the names of hosts and models.
    pub place: Place,
    /// Known headers whose values say nothing that is known.
    pub unknown_shape: u32,
}

/// A text that was told. Names and ids, never content: these have bounds and characters that are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The text.
    pub text: String,
    /// The header that says it, or `host`, `path`.
    pub source: &'static str,
}

impl Said {
    /// Absent where it is empty, too long, or has characters that no name has.
    pub fn new(text: &str, source: &'static str) -> Option<Self> {
        let fits = (1..=limits::TEXT).contains(&text.len());
        let is_name = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        (fits && is_name).then(|| Self { text: text.to_owned(), source })
    }
}

/// What a call cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// In US dollars, as written: a decimal number, maybe with an exponent.
    pub usd: String,
    /// The header that says it.
    pub source: &'static str,
}

/// What became of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// Nobody here knows its name.
    NotMine,
    /// Its value was understood.
    Understood,
    /// Its value was not.
    Malformed,
}

impl Heard {
    fn or_malformed(understood: bool) -> Self {
        if understood { Self::Understood } else { Self::Malformed }
    }

    fn or_else(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::NotMine => next(),
            Self::Understood | Self::Malformed => self,
        }
    }
}

/// What the headers of a response tell.
///
/// `host`: where the request went, without port. `unix_ns`: when the head came, in nanoseconds since 1970. It stands
/// in where the response has no `date`, by which points in time are made durations: those and the `date` are of one
/// clock, and ours may be wrong.
pub fn response(headers: &Headers, host: Option<&str>, unix_ns: Option<u64>) -> ResponseFacts {
    let now = headers.get("date").and_then(moment::moment).or(unix_ns);
    let tgi = headers.contains("x-compute-type");
    let groq = headers.contains("x-groq-region");
    let mut facts = ResponseFacts::default();
    let mut rate_limits = rate_limit::Reader::new(now);
    let mut times = times::Reader::default();
    let mut place = place::Reader::default();
    let mut gateway = gateway::Reader::default();
    let mut tokens = Tokens::default();
    for forwarded in [false, true] {
        for header in headers.iter() {
            let inner = header.name.strip_prefix(FORWARDED);
            if inner.is_some() != forwarded {
                continue;
            }
            if forwarded {
                gateway.see(&header.name);
            }
            let name = inner.unwrap_or(&header.name);
            gateway.see(name);
            let Some(value) = worth_reading(header) else { continue };
            let heard = rate_limits
                .hear(name, value)
                .or_else(|| times.hear(name, value, tgi))
                .or_else(|| place.hear(name, value))
                .or_else(|| gateway.hear(name, value))
                .or_else(|| facts.attempts.hear_response(name, value))
                .or_else(|| facts.engine.hear(name, value))
                .or_else(|| tokens.hear(name, value, tgi))
                .or_else(|| facts.hear(name, value));
            if heard == Heard::Malformed {
                facts.unknown_shape = facts.unknown_shape.saturating_add(1);
            }
        }
    }
    facts.rate_limits = rate_limits.finish(host, groq);
    facts.times = times.finish();
    facts.place = place.finish();
    (facts.gateway, facts.fingerprint) = gateway.finish(host);
    facts.usage = tokens.usage();
    facts
}

/// What the headers of a request tell. `host`: without port; `path`: without query.
pub fn request(headers: &Headers, host: Option<&str>, path: &str) -> RequestFacts {
    let place = place::of_request(host.unwrap_or_default(), path);
    let mut facts = RequestFacts { place, ..RequestFacts::default() };
    for header in headers.iter() {
        let Some(value) = worth_reading(header) else { continue };
        let heard = facts
            .attempts
            .hear_request(&header.name, value)
            .or_else(|| facts.client.hear(&header.name, value));
        if heard == Heard::Malformed {
            facts.unknown_shape = facts.unknown_shape.saturating_add(1);
        }
    }
    facts
}

/// The value of a header, unless it is nothing, or `None`: servers in Python, LiteLLM most of all, write that.
fn worth_reading(header: &Header) -> Option<&str> {
    let value = header.value.text()?;
    ((1..=limits::TOLD).contains(&value.len()) && value != "None").then_some(value)
}

impl ResponseFacts {
    /// What is of no part.
    fn hear(&mut self, name: &str, value: &str) -> Heard {
        match name {
            "x-litellm-response-cost" => {
                let is_price = decimal::float(value).is_some();
                if is_price && self.cost.is_none() {
                    self.cost = Some(Cost { usd: value.to_owned(), source: "x-litellm-response-cost" });
                }
                Heard::or_malformed(is_price)
            }
            "x-llm-d-request-dropped-reason" => {
                self.dropped_reason = Said::new(value, "x-llm-d-request-dropped-reason");
                Heard::or_malformed(self.dropped_reason.is_some())
            }
            _ => Heard::NotMine,
        }
    }
}

/// What LiteLLM puts before the names of its upstream's headers.
const FORWARDED: &str = "llm_provider-";

/// Token counts in headers.
#[derive(Debug, Default)]
struct Tokens {
    usage: Usage,
    /// Cached tokens come on top of `usage.input`: Bedrock's way of counting.
    apart: bool,
}

impl Tokens {
    fn hear(&mut self, name: &str, value: &str, tgi: bool) -> Heard {
        let Self { usage, apart } = self;
        let slot = match name {
            "x-amzn-bedrock-input-token-count" => {
                *apart = true;
                &mut usage.input
            }
            "x-amzn-bedrock-cache-read-input-token-count" | "fireworks-cached-prompt-tokens" => {
                &mut usage.cache_read
            }
            "x-amzn-bedrock-cache-write-input-token-count" => &mut usage.cache_write,
            "fireworks-prompt-tokens" => &mut usage.input,
            "x-amzn-bedrock-output-token-count" => &mut usage.output,
            "x-prompt-tokens" if tgi => &mut usage.input,
            "x-generated-tokens" if tgi => &mut usage.output,
            _ => return Heard::NotMine,
        };
        let count = decimal::count(value);
        *slot = slot.or(count);
        Heard::or_malformed(count.is_some())
    }

    /// Input includes cached tokens, as everywhere in [`Usage`].
    fn usage(self) -> Usage {
        let Self { mut usage, apart } = self;
        if apart {
            let cached = usage.cache_read.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0));
            usage.input = usage.input.map(|input| input.saturating_add(cached));
        }
        usage
    }
}
