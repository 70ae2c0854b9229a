//! Headers of rate limits, one by one → [`RateLimits`].
//!
//! Each family of names is a function; those without a grammar are rows of `SINGLE`.

use super::super::Heard;
use super::super::decimal::{self, Unit};
use super::super::list::{Item, items};
use super::super::moment::{Reset, moment};
use super::{Quantity, Quota, RateLimit, RateLimits, Standing, Window};
use crate::limits;

/// Which figure of a limit a header has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Limit,
    Remaining,
    Reset,
}

impl Part {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "limit" => Self::Limit,
            "remaining" => Self::Remaining,
            "reset" => Self::Reset,
            _ => return None,
        })
    }
}

/// What a limit is known by.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Key<'a> {
    what: Quantity,
    quota: Quota,
    window: Option<Window>,
    name: Option<&'a str>,
}

/// What subjects of `x-ratelimit-*` and `anthropic-ratelimit-*` mean.
const SUBJECTS: [(&str, Quantity, Quota); 16] = [
    ("", Quantity::Unstated, Quota::Standard),
    ("requests", Quantity::Requests, Quota::Standard),
    ("req", Quantity::Requests, Quota::Standard),
    ("tokens", Quantity::Tokens, Quota::Standard),
    ("input-tokens", Quantity::InputTokens, Quota::Standard),
    ("output-tokens", Quantity::OutputTokens, Quota::Standard),
    ("tokens-prompt", Quantity::InputTokens, Quota::Standard),
    ("tokens-generated", Quantity::OutputTokens, Quota::Standard),
    ("tokens-cache-adjusted-prompt", Quantity::UncachedInputTokens, Quota::Standard),
    ("images", Quantity::Images, Quota::Standard),
    ("input-images", Quantity::Images, Quota::Standard),
    ("max_parallel_requests", Quantity::ConcurrentRequests, Quota::Standard),
    ("project-requests", Quantity::Requests, Quota::Project),
    ("project-tokens", Quantity::Tokens, Quota::Project),
    ("requests-project", Quantity::Requests, Quota::Project),
    ("tokens-project", Quantity::Tokens, Quota::Project),
];

/// Headers that have one figure of one limit and no grammar.
const SINGLE: [(&str, Part, Quantity, Quota, Option<Window>); 14] = [
    // Together
    ("x-tokenlimit-limit", Part::Limit, Quantity::Tokens, Quota::Standard, None),
    ("x-tokenlimit-remaining", Part::Remaining, Quantity::Tokens, Quota::Standard, None),
    ("x-tokenlimit-reset", Part::Reset, Quantity::Tokens, Quota::Standard, None),
    // Mistral, before 2025
    ("ratelimitbysize-limit", Part::Limit, Quantity::Tokens, Quota::Standard, None),
    ("ratelimitbysize-remaining", Part::Remaining, Quantity::Tokens, Quota::Standard, None),
    ("ratelimitbysize-reset", Part::Reset, Quantity::Tokens, Quota::Standard, None),
    // Cohere
    ("x-trial-endpoint-call-limit", Part::Limit, Quantity::Requests, Quota::Trial, None),
    ("x-trial-endpoint-call-remaining", Part::Remaining, Quantity::Requests, Quota::Trial, None),
    ("x-endpoint-monthly-call-limit", Part::Limit, Quantity::Requests, Quota::Trial, Some(Window::Month)),
    // LiteLLM
    ("x-litellm-key-rpm-limit", Part::Limit, Quantity::Requests, Quota::Key, Some(Window::MINUTE)),
    ("x-litellm-key-tpm-limit", Part::Limit, Quantity::Tokens, Quota::Key, Some(Window::MINUTE)),
    // IETF, up to draft 6. The draft's own unit is the request.
    ("ratelimit-limit", Part::Limit, Quantity::Requests, Quota::Policy, None),
    ("ratelimit-remaining", Part::Remaining, Quantity::Requests, Quota::Policy, None),
    ("ratelimit-reset", Part::Reset, Quantity::Requests, Quota::Policy, None),
];

/// Hosts whose `x-ratelimit-limit`, of nothing, is documented to count requests.
const COUNT_REQUESTS: [&str; 5] =
    ["openrouter.ai", "api.together.xyz", "api.together.ai", "models.github.ai", "api.githubcopilot.com"];

/// Limits as they are heard of.
#[derive(Debug)]
pub(in crate::headers) struct Reader {
    told: RateLimits,
    now: Option<u64>,
    /// A limit told in milliseconds is more exact than one in seconds.
    exact_retry: bool,
}

impl Reader {
    /// `now`: when the response was sent, since 1970.
    pub(in crate::headers) fn new(now: Option<u64>) -> Self {
        Self { told: RateLimits::default(), now, exact_retry: false }
    }

    /// Takes a header.
    pub(in crate::headers) fn hear(&mut self, name: &str, value: &str) -> Heard {
        if let Some(rest) = name.strip_prefix("x-ratelimit-") {
            self.open_ai(rest, value)
        } else if let Some(rest) = name.strip_prefix("anthropic-") {
            self.anthropic(rest, value)
        } else if let Some(rest) = name.strip_prefix("x-ai-ratelimit-") {
            self.kong(rest, value)
        } else if let Some((_, part, what, quota, window)) = SINGLE.iter().find(|row| row.0 == name) {
            let key = Key { what: *what, quota: *quota, window: *window, name: None };
            self.put(key, *part, value)
        } else {
            self.other(name, value)
        }
    }

    /// What was heard, once all headers were.
    pub(in crate::headers) fn finish(mut self, host: Option<&str>, groq: bool) -> RateLimits {
        let host = host.unwrap_or_default();
        let counts_requests = COUNT_REQUESTS.iter().any(|known| host.eq_ignore_ascii_case(known));
        let groq = groq || host.eq_ignore_ascii_case("api.groq.com");
        for entry in &mut self.told.entries {
            if entry.what == Quantity::Unstated && entry.quota == Quota::Standard && counts_requests {
                entry.what = Quantity::Requests;
            }
            // Groq's documentation: requests are always those of a day, tokens those of a minute.
            if groq && entry.window.is_none() && entry.quota == Quota::Standard {
                entry.window = match entry.what {
                    Quantity::Requests => Some(Window::DAY),
                    Quantity::Tokens | Quantity::InputTokens | Quantity::OutputTokens => Some(Window::MINUTE),
                    Quantity::Unstated
                    | Quantity::UncachedInputTokens
                    | Quantity::Images
                    | Quantity::ConcurrentRequests
                    | Quantity::Use => None,
                };
            }
            // Azure and LiteLLM send −1 for what they do not know. Of a known limit it may be more than was there.
            if entry.remaining == Some(-1) && entry.limit.is_none() {
                entry.remaining = None;
            }
        }
        self.told.entries.retain(RateLimit::tells);
        self.told
    }

    /// `x-ratelimit-…`
    fn open_ai(&mut self, rest: &str, value: &str) -> Heard {
        match rest {
            "over-limit" => return flag(&mut self.told.over_limit, value),
            "tokens-query-cost" => return self.query_cost(value),
            _ => {}
        }
        let (word, after) = rest.split_once('-').unwrap_or((rest, ""));
        let (owner, part, subject) = match Part::named(word) {
            Some(part) => (None, part, after),
            None => match owned(rest) {
                Some((owner, part, subject)) => (Some(owner), part, subject),
                None => return Heard::NotMine,
            },
        };
        let Some(key) = subject_key(subject) else { return Heard::NotMine };
        let key = match owner {
            Some(owner) => Key { quota: Quota::Key, name: Some(owner), ..key },
            None => key,
        };
        // Envoy appends the policy of the older IETF drafts: `10, 10;w=60`.
        let value = if value.contains(';') { value.split(',').next().unwrap_or_default() } else { value };
        self.put(key, part, value)
    }

    /// `anthropic-…`
    fn anthropic(&mut self, rest: &str, value: &str) -> Heard {
        if let Some(rest) = rest.strip_prefix("ratelimit-unified-") {
            return self.unified(rest, value);
        }
        let Some((family, rest)) = rest.split_once('-') else { return Heard::NotMine };
        let quota = match family {
            "ratelimit" => Quota::Standard,
            "priority" => Quota::Priority,
            "fast" => Quota::Fast,
            _ => return Heard::NotMine,
        };
        let Some((subject, part)) = rest.rsplit_once('-') else { return Heard::NotMine };
        match (subject_key(subject), Part::named(part)) {
            (Some(key), Some(part)) => self.put(Key { quota, ..key }, part, value),
            (None, _) | (_, None) => Heard::NotMine,
        }
    }

    /// `anthropic-ratelimit-unified-…`: limits of a subscription, in shares of it.
    fn unified(&mut self, rest: &str, value: &str) -> Heard {
        let (claim, figure) = match rest.rsplit_once('-') {
            Some((claim, figure)) => (Some(claim), figure),
            None => (None, rest),
        };
        let quota = if claim == Some("overage") { Quota::Overage } else { Quota::Subscription };
        let claim = claim.filter(|claim| *claim != "overage");
        // `5h`, `7d`, and `7d_opus` for what is left of a week for one model.
        let window = claim.and_then(|claim| decimal::go_duration(claim.split('_').next()?));
        let window = window.map(|nanos| Window::Seconds(nanos / decimal::SECOND));
        if claim.is_some() && window.is_none() {
            return Heard::NotMine;
        }
        let key = Key { what: Quantity::Use, quota, window, name: claim };
        match figure {
            "reset" => self.put(key, Part::Reset, value),
            "utilization" => {
                let used = decimal::float(value);
                self.set(key, |entry| entry.used = entry.used.or(used));
                Heard::or_malformed(used.is_some())
            }
            "status" => {
                let standing = match value {
                    "allowed" => Some(Standing::Allowed),
                    "allowed_warning" => Some(Standing::Warned),
                    "rejected" => Some(Standing::Rejected),
                    _ => None,
                };
                self.set(key, |entry| entry.standing = entry.standing.or(standing));
                Heard::or_malformed(standing.is_some())
            }
            _ => Heard::NotMine,
        }
    }

    /// `x-ai-ratelimit-…`: a part, a window by name or in seconds, and a provider.
    fn kong(&mut self, rest: &str, value: &str) -> Heard {
        if let Some(rest) = rest.strip_prefix("retry-after") {
            let known = rest.is_empty() || rest.starts_with('-');
            return if known {
                self.retry_after(decimal::nanos(value, Unit::Seconds), false)
            } else {
                Heard::NotMine
            };
        }
        let (part, rest) = rest.split_once('-').unwrap_or((rest, ""));
        let (window, provider) = rest.split_once('-').unwrap_or((rest, ""));
        let Some(part) = Part::named(part) else { return Heard::NotMine };
        let window = Window::named(window).or_else(|| decimal::count(window).map(Window::Seconds));
        let name = (!provider.is_empty()).then_some(provider);
        // The plug-in counts tokens or money, by its configuration.
        self.put(Key { what: Quantity::Unstated, quota: Quota::Gateway, window, name }, part, value)
    }

    fn other(&mut self, name: &str, value: &str) -> Heard {
        match name {
            "ratelimitbysize-query-cost" => self.query_cost(value),
            "retry-after" => {
                let wait = decimal::nanos(value, Unit::Seconds).map(Reset::After);
                let at = wait.or_else(|| moment(value).map(Reset::At));
                match at {
                    Some(at) => match at.after(self.now) {
                        Some(wait) => self.retry_after(Some(wait), false),
                        None => Heard::Understood,
                    },
                    None => Heard::Malformed,
                }
            }
            "retry-after-ms" | "x-ms-retry-after-ms" => {
                self.retry_after(decimal::nanos(value, Unit::Millis), true)
            }
            "x-should-retry" => flag(&mut self.told.should_retry, value),
            "x-envoy-ratelimited" => flag(&mut self.told.over_limit, value),
            "x-envoy-overloaded" => flag(&mut self.told.overloaded, value),
            "ratelimit" => self.ietf(value, Self::ietf_state),
            "ratelimit-policy" => self.ietf(value, Self::ietf_policy),
            _ => Heard::NotMine,
        }
    }

    fn ietf(&mut self, value: &str, one: fn(&mut Self, Item<'_>) -> Heard) -> Heard {
        let (mut any, mut understood) = (false, true);
        for item in items(value) {
            any = true;
            understood &= one(self, item) != Heard::Malformed;
        }
        Heard::or_malformed(any && understood)
    }

    /// An item of `ratelimit`: `"name";r=50;t=30`, or `limit=100`, `remaining=50`, `reset=5` of draft 7.
    fn ietf_state(&mut self, item: Item<'_>) -> Heard {
        if let Some((part, value)) = item.name.split_once('=') {
            let key = Key { what: Quantity::Requests, quota: Quota::Policy, window: None, name: None };
            return Part::named(part).map_or(Heard::NotMine, |part| self.put(key, part, value));
        }
        let remaining = item.get("r").and_then(decimal::signed);
        let reset = item.get("t").and_then(|text| decimal::nanos(text, Unit::Seconds));
        self.policy(Some(item.name), |entry| {
            entry.remaining = entry.remaining.or(remaining);
            entry.reset_after = entry.reset_after.or(reset);
        });
        Heard::or_malformed(remaining.is_some() || reset.is_some())
    }

    /// An item of `ratelimit-policy`: `"name";q=100;w=60`, or `100;w=60` of the older drafts.
    fn ietf_policy(&mut self, item: Item<'_>) -> Heard {
        let nameless = item.get("q").is_none().then(|| decimal::count(item.name)).flatten();
        let limit = nameless.or_else(|| item.get("q").and_then(decimal::count));
        let window = item.get("w").and_then(decimal::count).map(Window::Seconds);
        let what = match item.get("qu") {
            None | Some("requests") => Quantity::Requests,
            Some("concurrent-requests") => Quantity::ConcurrentRequests,
            Some(_) => Quantity::Unstated,
        };
        // Hugging Face puts what its policy is before the name: `"fixed window";"api";q=500;w=300`.
        let second = item.parameters().find(|(key, value)| value.is_empty() && !key.is_empty());
        let name = second.map_or(item.name, |(name, _)| name);
        self.policy(nameless.is_none().then_some(name), |entry| {
            entry.what = what;
            entry.limit = entry.limit.or(limit);
            entry.window = entry.window.or(window);
        });
        Heard::or_malformed(limit.is_some())
    }

    fn policy(&mut self, name: Option<&str>, change: impl FnOnce(&mut RateLimit)) {
        self.set(Key { what: Quantity::Requests, quota: Quota::Policy, window: None, name }, change);
    }

    fn query_cost(&mut self, value: &str) -> Heard {
        let cost = decimal::count(value);
        self.told.query_cost = self.told.query_cost.or(cost);
        Heard::or_malformed(cost.is_some())
    }

    fn retry_after(&mut self, nanos: Option<u64>, exact: bool) -> Heard {
        if nanos.is_some() && (self.told.retry_after.is_none() || exact && !self.exact_retry) {
            self.told.retry_after = nanos;
            self.exact_retry = exact;
        }
        Heard::or_malformed(nanos.is_some())
    }

    /// A figure of a limit. What was heard first stays: it stands nearer to the process.
    fn put(&mut self, key: Key<'_>, part: Part, value: &str) -> Heard {
        match part {
            Part::Limit => {
                let limit = decimal::count(value);
                self.set(key, |entry| entry.limit = entry.limit.or(limit));
                // −1: there is none.
                Heard::or_malformed(limit.is_some() || value == "-1")
            }
            Part::Remaining => {
                let remaining = decimal::signed(value);
                self.set(key, |entry| entry.remaining = entry.remaining.or(remaining));
                Heard::or_malformed(remaining.is_some())
            }
            Part::Reset => {
                let reset = Reset::parse(value);
                let after = reset.and_then(|reset| reset.after(self.now));
                self.set(key, |entry| entry.reset_after = entry.reset_after.or(after));
                Heard::or_malformed(reset.is_some() || value == "-1")
            }
        }
    }

    fn set(&mut self, key: Key<'_>, change: impl FnOnce(&mut RateLimit)) {
        let Key { what, quota, window, name } = key;
        let entries = &mut self.told.entries;
        let name = name
            .map(|name| name.get(..name.floor_char_boundary(limits::RATE_LIMIT_NAME)).unwrap_or_default());
        // A policy is known by its name alone: one header has its window and its unit, the other has not.
        let is_it = |entry: &RateLimit| {
            (entry.quota, entry.name.as_deref()) == (quota, name)
                && (quota == Quota::Policy || (entry.what, entry.window) == (what, window))
        };
        if let Some(entry) = entries.iter_mut().find(|entry| is_it(entry)) {
            change(entry);
            return;
        }
        let mut entry =
            RateLimit { what, quota, window, name: name.map(str::to_owned), ..RateLimit::default() };
        change(&mut entry);
        if !entry.tells() {
            return;
        }
        if entries.len() < limits::RATE_LIMITS {
            entries.push(entry);
        } else {
            self.told.dropped = self.told.dropped.saturating_add(1);
        }
    }
}

/// What a subject means, with the window at its end.
fn subject_key(subject: &str) -> Option<Key<'static>> {
    let (stem, last) = subject.rsplit_once('-').unwrap_or(("", subject));
    let (stem, window) = match Window::named(last) {
        Some(window) => (stem, Some(window)),
        None => (subject, None),
    };
    let (_, what, quota) = SUBJECTS.iter().find(|row| row.0 == stem)?;
    Some(Key { what: *what, quota: *quota, window, name: None })
}

/// `team-remaining-tokens` → whose it is, which part, of what.
fn owned(rest: &str) -> Option<(&str, Part, &str)> {
    ["-limit-", "-remaining-", "-reset-"].iter().find_map(|mark| {
        let (owner, subject) = rest.split_once(mark)?;
        Some((owner, Part::named(mark.trim_matches('-'))?, subject))
    })
}

fn flag(slot: &mut Option<bool>, value: &str) -> Heard {
    let told = match value {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    };
    *slot = slot.or(told);
    Heard::or_malformed(told.is_some())
}
