//! Rate limits.
//!
//! Comes in: response headers, one by one. Goes out: [`RateLimits`]: one [`RateLimit`] for each thing that is counted,
//! in each window, and what the server says about trying again.
//!
//! ```text
//! x-ratelimit-{limit,remaining,reset}[-subject][-window]      OpenAI and all who copy it, Mistral, Cerebras, Fireworks
//! x-ratelimit-{owner}-{limit,remaining,reset}-{subject}       LiteLLM
//! anthropic-{ratelimit,priority,fast}-{subject}-{limit,remaining,reset}
//! anthropic-ratelimit-unified-[{window}-]{status,reset,utilization}
//! x-ai-ratelimit-{limit,remaining,reset,retry-after}-{window}-{provider}        Kong
//! ratelimit: "name";r=…;t=…    ratelimit-policy: "name";q=…;w=…                 IETF
//! ```
//!
//! Not read: `x-usage-ratelimit-*` and `x-quota-snapshot-*` of GitHub Copilot, whose figures nobody has explained; the
//! byte and partition quotas of the IETF draft.

mod reader;

pub(super) use self::reader::Reader;

/// What a response tells of rate limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateLimits {
    /// One for each thing that is counted, as they come.
    pub entries: Vec<RateLimit>,
    /// What this request took of the limit on tokens (Mistral).
    pub query_cost: Option<u64>,
    /// How long to wait before trying again, in nanoseconds from the response on.
    pub retry_after: Option<u64>,
    /// Whether the server wants the request again (`x-should-retry`).
    pub should_retry: Option<bool>,
    /// The server says that a limit was passed.
    pub over_limit: Option<bool>,
    /// A proxy says that it, or what is behind it, has too much to do.
    pub overloaded: Option<bool>,
    /// Limits that were told and are not among `entries`, because there were too many.
    pub dropped: u32,
}

/// One limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateLimit {
    /// What is counted.
    pub what: Quantity,
    /// Which of the account's limits it is.
    pub quota: Quota,
    /// In which time. Absent: the provider does not say.
    pub window: Option<Window>,
    /// How the server calls it, where it does: the name of an IETF policy, Anthropic's window, Kong's provider,
    /// LiteLLM's owner.
    pub name: Option<String>,
    /// How much there is in a window. Absent also where the server says −1, which means no limit.
    pub limit: Option<u64>,
    /// How much is left. Under 0 where more was taken than there is.
    pub remaining: Option<i64>,
    /// When it is whole again, in nanoseconds from the response on. Where the server names a point in time, the
    /// response's own `date` is subtracted, which is exact to a second.
    pub reset_after: Option<u64>,
    /// The share that is used up, 1 is all of it (subscriptions at Anthropic).
    pub used: Option<f64>,
    /// How the server judges it (subscriptions at Anthropic).
    pub standing: Option<Standing>,
}

impl RateLimit {
    /// Whether there is any figure in it.
    fn tells(&self) -> bool {
        let Self { what: _, quota: _, window: _, name: _, limit, remaining, reset_after, used, standing } =
            self;
        limit.is_some()
            || remaining.is_some()
            || reset_after.is_some()
            || used.is_some()
            || standing.is_some()
    }
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// The header does not say, and the host is none whose documentation does.
    #[default]
    Unstated,
    /// Requests.
    Requests,
    /// Tokens, both ways.
    Tokens,
    /// Prompt tokens.
    InputTokens,
    /// Prompt tokens, where those that were cached weigh less.
    UncachedInputTokens,
    /// Completion tokens.
    OutputTokens,
    /// Images.
    Images,
    /// Requests at the same time.
    ConcurrentRequests,
    /// The use of a subscription, by the provider's own measure.
    Use,
}

impl Quantity {
    /// Its name in an attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unstated => "unstated",
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::InputTokens => "input_tokens",
            Self::UncachedInputTokens => "uncached_input_tokens",
            Self::OutputTokens => "output_tokens",
            Self::Images => "images",
            Self::ConcurrentRequests => "concurrent_requests",
            Self::Use => "use",
        }
    }
}

/// Which of an account's limits it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Quota {
    /// The usual one.
    #[default]
    Standard,
    /// That of a project.
    Project,
    /// Anthropic's for the priority tier.
    Priority,
    /// Anthropic's for fast mode.
    Fast,
    /// A subscription's.
    Subscription,
    /// What is paid beyond a subscription.
    Overage,
    /// That of a gateway's key, team or user.
    Key,
    /// That of a key which is free.
    Trial,
    /// A gateway's own.
    Gateway,
    /// A policy in terms of the IETF draft.
    Policy,
}

impl Quota {
    /// Its name in an attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Project => "project",
            Self::Priority => "priority",
            Self::Fast => "fast",
            Self::Subscription => "subscription",
            Self::Overage => "overage",
            Self::Key => "key",
            Self::Trial => "trial",
            Self::Gateway => "gateway",
            Self::Policy => "policy",
        }
    }
}

/// The time in which a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// A second, a minute, 5 hours.
    Seconds(u64),
    /// A month, which has no fixed length.
    Month,
    /// A year, neither.
    Year,
}

impl Window {
    /// A minute.
    pub const MINUTE: Self = Self::Seconds(60);
    /// A day.
    pub const DAY: Self = Self::Seconds(86_400);

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "second" => Self::Seconds(1),
            "minute" => Self::MINUTE,
            "hour" => Self::Seconds(3_600),
            "day" => Self::DAY,
            "week" => Self::Seconds(604_800),
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }
}

/// How a server judges what is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is enough.
    Allowed,
    /// It is nearly used up.
    Warned,
    /// It is used up.
    Rejected,
}
