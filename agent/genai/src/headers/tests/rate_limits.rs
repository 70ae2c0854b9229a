//! Rate limits, as each provider writes them.

use super::Quantity::{
    ConcurrentRequests, Images, InputTokens, OutputTokens, Requests, Tokens, UncachedInputTokens, Unstated,
    Use,
};
use super::*;

const MINUTE: Option<Window> = Some(Window::MINUTE);
const DAY: Option<Window> = Some(Window::DAY);

fn limits_of(fields: &[(&str, &str)]) -> Vec<RateLimit> {
    let facts = hear(fields);
    assert_eq!(facts.unknown_shape, 0, "{fields:?}");
    facts.rate_limits.entries
}

fn named(name: &str, entry: RateLimit) -> RateLimit {
    RateLimit { name: Some(name.to_owned()), ..entry }
}

fn of(quota: Quota, entry: RateLimit) -> RateLimit {
    RateLimit { quota, ..entry }
}

#[test]
fn openai_s_are_read() {
    let told = limits_of(&[
        ("x-ratelimit-limit-requests", "10000"),
        ("x-ratelimit-limit-tokens", "2,000,000"),
        ("x-ratelimit-remaining-requests", "9999"),
        ("x-ratelimit-remaining-tokens", "1999975"),
        ("x-ratelimit-reset-requests", "6ms"),
        ("x-ratelimit-reset-tokens", "6m0s"),
        ("x-ratelimit-limit-project-tokens", "500"),
        ("x-ratelimit-limit-images", "50"),
    ]);
    assert_eq!(
        told,
        [
            entry(Requests, None, Some(10_000), Some(9_999), Some(6 * MS)),
            entry(Tokens, None, Some(2_000_000), Some(1_999_975), Some(360 * S)),
            of(Quota::Project, entry(Tokens, None, Some(500), None, None)),
            entry(Images, None, Some(50), None, None),
        ]
    );
}

#[test]
fn azure_s_resets_are_plain_seconds() {
    let told = limits_of(&[
        ("x-ratelimit-remaining-requests", "999"),
        ("x-ratelimit-reset-requests", "10"),
        ("x-ratelimit-remaining-tokens", "-1"),
        ("x-ratelimit-limit-tokens", "-1"),
    ]);
    assert_eq!(told, [entry(Requests, None, None, Some(999), Some(10 * S))]);
}

#[test]
fn what_was_overdrawn_is_told() {
    let told = limits_of(&[("x-ratelimit-remaining-tokens", "-1"), ("x-ratelimit-limit-tokens", "100")]);
    assert_eq!(told, [entry(Tokens, None, Some(100), Some(-1), None)]);
    let told = limits_of(&[("x-ratelimit-remaining-tokens", "-250")]);
    assert_eq!(told, [entry(Tokens, None, None, Some(-250), None)]);
}

#[test]
fn groq_s_windows_are_those_of_its_documentation() {
    let fields = [
        ("x-ratelimit-limit-requests", "14400"),
        ("x-ratelimit-limit-tokens", "18000"),
        ("x-ratelimit-remaining-requests", "14370"),
        ("x-ratelimit-remaining-tokens", "17997"),
        ("x-ratelimit-reset-requests", "2m59.56s"),
        ("x-ratelimit-reset-tokens", "7.66s"),
    ];
    let expect = [
        entry(Requests, DAY, Some(14_400), Some(14_370), Some(179_560 * MS)),
        entry(Tokens, MINUTE, Some(18_000), Some(17_997), Some(7_660 * MS)),
    ];
    assert_eq!(hear_at("api.groq.com", &fields).rate_limits.entries, expect);
    let behind_a_proxy = [&fields[..], &[("x-groq-region", "us-west-1")]].concat();
    assert_eq!(hear_at("proxy.local", &behind_a_proxy).rate_limits.entries, expect);
    assert_eq!(hear_at("proxy.local", &fields).rate_limits.entries[0].window, None);
}

#[test]
fn anthropic_s_are_read() {
    let told = limits_of(&[
        DATE,
        ("anthropic-ratelimit-requests-limit", "4000"),
        ("anthropic-ratelimit-requests-remaining", "3999"),
        ("anthropic-ratelimit-requests-reset", "2026-01-27T12:30:01Z"),
        ("anthropic-ratelimit-tokens-limit", "480000"),
        ("anthropic-ratelimit-tokens-remaining", "470000"),
        ("anthropic-ratelimit-tokens-reset", "2026-01-27T12:29:59Z"),
        ("anthropic-ratelimit-input-tokens-limit", "400000"),
        ("anthropic-ratelimit-output-tokens-remaining", "80000"),
        ("anthropic-priority-input-tokens-limit", "10000"),
        ("anthropic-priority-output-tokens-reset", "2026-01-27T12:31:00Z"),
        ("anthropic-fast-input-tokens-remaining", "77"),
        ("anthropic-organization-id", "00000000-0000-0000-0000-000000000002"),
    ]);
    assert_eq!(
        told,
        [
            entry(Requests, None, Some(4_000), Some(3_999), Some(S)),
            entry(Tokens, None, Some(480_000), Some(470_000), Some(0)),
            entry(InputTokens, None, Some(400_000), None, None),
            entry(OutputTokens, None, None, Some(80_000), None),
            of(Quota::Priority, entry(InputTokens, None, Some(10_000), None, None)),
            of(Quota::Priority, entry(OutputTokens, None, None, None, Some(60 * S))),
            of(Quota::Fast, entry(InputTokens, None, None, Some(77), None)),
        ]
    );
}

#[test]
fn subscriptions_at_anthropic_are_read() {
    let told = limits_of(&[
        DATE,
        ("anthropic-ratelimit-unified-status", "allowed"),
        ("anthropic-ratelimit-unified-reset", "1769517600"),
        ("anthropic-ratelimit-unified-representative-claim", "five_hour"),
        ("anthropic-ratelimit-unified-fallback-percentage", "0.5"),
        ("anthropic-ratelimit-unified-5h-status", "allowed"),
        ("anthropic-ratelimit-unified-5h-reset", "1769517600"),
        ("anthropic-ratelimit-unified-5h-utilization", "0.01"),
        ("anthropic-ratelimit-unified-7d-status", "allowed_warning"),
        ("anthropic-ratelimit-unified-7d-reset", "1769600000"),
        ("anthropic-ratelimit-unified-7d-utilization", "0.94"),
        ("anthropic-ratelimit-unified-7d-surpassed-threshold", "0.75"),
        ("anthropic-ratelimit-unified-7d_oi-utilization", "1.02"),
        ("anthropic-ratelimit-unified-overage-status", "rejected"),
        ("anthropic-ratelimit-unified-overage-disabled-reason", "org_level_disabled"),
    ]);
    let week = Some(Window::Seconds(604_800));
    let subscription = |window, reset, used, standing| RateLimit {
        what: Use,
        quota: Quota::Subscription,
        window,
        reset_after: reset,
        used,
        standing: Some(standing),
        ..RateLimit::default()
    };
    assert_eq!(
        told,
        [
            subscription(None, Some(600 * S), None, Standing::Allowed),
            named(
                "5h",
                subscription(Some(Window::Seconds(18_000)), Some(600 * S), Some(0.01), Standing::Allowed)
            ),
            named("7d", subscription(week, Some(83_000 * S), Some(0.94), Standing::Warned)),
            named(
                "7d_oi",
                RateLimit { standing: None, ..subscription(week, None, Some(1.02), Standing::Warned) }
            ),
            of(Quota::Overage, subscription(None, None, None, Standing::Rejected)),
        ]
    );
}

#[test]
fn names_with_a_window_are_read() {
    for (fields, expect) in [
        // Cerebras
        (
            &[
                ("x-ratelimit-limit-requests-day", "1000000"),
                ("x-ratelimit-remaining-requests-day", "999997"),
                ("x-ratelimit-reset-requests-day", "33011.382867"),
                ("x-ratelimit-limit-tokens-minute", "1000000"),
                ("x-ratelimit-reset-tokens-minute", "11.382867"),
            ][..],
            vec![
                entry(Requests, DAY, Some(1_000_000), Some(999_997), Some(33_011_382_867_000)),
                entry(Tokens, MINUTE, Some(1_000_000), None, Some(11_382_867_000)),
            ],
        ),
        // Mistral
        (
            &[
                ("x-ratelimit-limit-req-minute", "60"),
                ("x-ratelimit-remaining-req-minute", "59"),
                ("x-ratelimit-limit-tokens-minute", "500000"),
                ("x-ratelimit-remaining-tokens-minute", "499990"),
                ("x-ratelimit-limit-tokens-month", "1000000000"),
                ("x-ratelimit-remaining-tokens-month", "999999990"),
            ],
            vec![
                entry(Requests, MINUTE, Some(60), Some(59), None),
                entry(Tokens, MINUTE, Some(500_000), Some(499_990), None),
                entry(Tokens, Some(Window::Month), Some(1_000_000_000), Some(999_999_990), None),
            ],
        ),
        // Kong's plain plug-in
        (
            &[("x-ratelimit-limit-hour", "10"), ("x-ratelimit-remaining-hour", "9")],
            vec![entry(Unstated, Some(Window::Seconds(3_600)), Some(10), Some(9), None)],
        ),
        // Mistral, older
        (
            &[
                ("ratelimitbysize-limit", "2000000"),
                ("ratelimitbysize-remaining", "1999000"),
                ("ratelimitbysize-reset", "30"),
            ],
            vec![entry(Tokens, None, Some(2_000_000), Some(1_999_000), Some(30 * S))],
        ),
        // Together
        (
            &[("x-tokenlimit-limit", "3000"), ("x-tokenlimit-remaining", "2900")],
            vec![entry(Tokens, None, Some(3_000), Some(2_900), None)],
        ),
        // Fireworks
        (
            &[
                ("x-ratelimit-limit-tokens-prompt", "60000"),
                ("x-ratelimit-remaining-tokens-generated", "5999"),
                ("x-ratelimit-limit-tokens-cache-adjusted-prompt", "9000"),
            ],
            vec![
                entry(InputTokens, None, Some(60_000), None, None),
                entry(OutputTokens, None, None, Some(5_999), None),
                entry(UncachedInputTokens, None, Some(9_000), None, None),
            ],
        ),
        // Cohere
        (
            &[
                ("x-trial-endpoint-call-limit", "40"),
                ("x-trial-endpoint-call-remaining", "39"),
                ("x-endpoint-monthly-call-limit", "1000"),
            ],
            vec![
                of(Quota::Trial, entry(Requests, None, Some(40), Some(39), None)),
                of(Quota::Trial, entry(Requests, Some(Window::Month), Some(1_000), None, None)),
            ],
        ),
        // LiteLLM
        (
            &[
                ("x-litellm-key-rpm-limit", "100"),
                ("x-litellm-key-tpm-limit", "None"),
                ("x-ratelimit-team-remaining-requests", "7"),
                ("x-ratelimit-team-limit-max_parallel_requests", "3"),
            ],
            vec![
                of(Quota::Key, entry(Requests, MINUTE, Some(100), None, None)),
                named("team", of(Quota::Key, entry(Requests, None, None, Some(7), None))),
                named("team", of(Quota::Key, entry(ConcurrentRequests, None, Some(3), None, None))),
            ],
        ),
        // Kong
        (
            &[
                ("X-AI-RateLimit-Limit-minute-openai", "100000"),
                ("X-AI-RateLimit-Remaining-minute-openai", "87432"),
                ("X-AI-RateLimit-Limit-300-llama2", "500"),
                ("X-AI-RateLimit-Reset-300-llama2", "12"),
            ],
            vec![
                named(
                    "openai",
                    of(Quota::Gateway, entry(Unstated, MINUTE, Some(100_000), Some(87_432), None)),
                ),
                named(
                    "llama2",
                    of(
                        Quota::Gateway,
                        entry(Unstated, Some(Window::Seconds(300)), Some(500), None, Some(12 * S)),
                    ),
                ),
            ],
        ),
        // Envoy
        (
            &[
                ("x-ratelimit-limit", "10, 10;w=60"),
                ("x-ratelimit-remaining", "9"),
                ("x-ratelimit-reset", "41"),
            ],
            vec![entry(Unstated, None, Some(10), Some(9), Some(41 * S))],
        ),
    ] {
        assert_eq!(limits_of(fields), expect);
    }
}

#[test]
fn a_limit_of_nothing_counts_requests_where_that_is_documented() {
    let fields = [
        DATE,
        ("X-RateLimit-Limit", "20"),
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset", "1769517060000"),
    ];
    let openrouter = hear_at("openrouter.ai", &fields).rate_limits.entries;
    assert_eq!(openrouter, [entry(Requests, None, Some(20), Some(0), Some(60 * S))]);
    assert_eq!(hear_at("elsewhere", &fields).rate_limits.entries[0].what, Unstated);
}

#[test]
fn ietf_lists_are_read() {
    let policy = |name: Option<&str>, window, limit, remaining, reset| RateLimit {
        quota: Quota::Policy,
        name: name.map(str::to_owned),
        ..entry(Requests, window, limit, remaining, reset)
    };
    let five_minutes = Some(Window::Seconds(300));
    for (fields, expect) in [
        (
            &[
                ("ratelimit", r#""default";r=50;t=30, "daily";r=990"#),
                ("ratelimit-policy", r#""default";q=100;w=60,"daily";q=1000;w=86400"#),
            ][..],
            vec![
                policy(Some("default"), MINUTE, Some(100), Some(50), Some(30 * S)),
                policy(Some("daily"), DAY, Some(1_000), Some(990), None),
            ],
        ),
        (
            &[
                ("ratelimit-policy", r#""fixed window";"api";q=500;w=300"#),
                ("ratelimit", r#""api";r=499;t=157"#),
            ],
            vec![policy(Some("api"), five_minutes, Some(500), Some(499), Some(157 * S))],
        ),
        (
            &[("ratelimit", "limit=100, remaining=50, reset=5"), ("ratelimit-policy", "100;w=60")],
            vec![policy(None, MINUTE, Some(100), Some(50), Some(5 * S))],
        ),
        (
            &[("ratelimit-limit", "100"), ("ratelimit-remaining", "50"), ("ratelimit-reset", "5")],
            vec![policy(None, None, Some(100), Some(50), Some(5 * S))],
        ),
        (
            &[("ratelimit-policy", r#""busy";q=4;qu="concurrent-requests""#)],
            vec![RateLimit { what: ConcurrentRequests, ..policy(Some("busy"), None, Some(4), None, None) }],
        ),
    ] {
        assert_eq!(limits_of(fields), expect, "{fields:?}");
        // In whichever order they come.
        let backwards: Vec<_> = fields.iter().rev().copied().collect();
        let mut told = limits_of(&backwards);
        told.sort_by_key(|entry| expect.iter().position(|other| other == entry));
        assert_eq!(told, expect, "{backwards:?}");
    }
}

#[test]
fn waits_are_read_and_the_exact_one_counts() {
    for (fields, expect) in [
        (&[("retry-after", "20")][..], Some(20 * S)),
        (&[("retry-after", "0.5")], Some(500 * MS)),
        (&[("retry-after", "Tue, 27 Jan 2026 12:30:07 GMT")], Some(7 * S)),
        (&[("retry-after", "Tue, 27 Jan 2026 12:29:00 GMT")], Some(0)),
        (&[("retry-after", "2"), ("retry-after-ms", "1234")], Some(1_234 * MS)),
        (&[("x-ms-retry-after-ms", "1234"), ("retry-after", "2")], Some(1_234 * MS)),
        (&[("retry-after-ms", "1.5")], Some(1_500_000)),
        (&[("x-ai-ratelimit-retry-after", "23")], Some(23 * S)),
        (&[("x-ai-ratelimit-retry-after-300-llama2", "9")], Some(9 * S)),
        (&[], None),
    ] {
        let facts = hear(fields);
        assert_eq!((facts.rate_limits.retry_after, facts.unknown_shape), (expect, 0), "{fields:?}");
    }
    let told = hear(&[
        ("x-should-retry", "false"),
        ("x-ratelimit-over-limit", "yes"),
        ("x-envoy-overloaded", "true"),
        ("x-ratelimit-tokens-query-cost", "12"),
    ])
    .rate_limits;
    let RateLimits { entries, query_cost, retry_after, should_retry, over_limit, overloaded, dropped } = told;
    assert_eq!((entries, retry_after, dropped), (vec![], None, 0));
    assert_eq!(
        (query_cost, should_retry, over_limit, overloaded),
        (Some(12), Some(false), Some(true), Some(true))
    );
}

#[test]
fn points_in_time_need_a_now() {
    let fields = [("anthropic-ratelimit-requests-reset", "2026-01-27T12:31:00Z")];
    let after = |fields: &[(&str, &str)], now| {
        response(&headers(fields), None, now).rate_limits.entries.first().and_then(|entry| entry.reset_after)
    };
    assert_eq!(after(&fields, None), None);
    assert_eq!(after(&fields, Some(NOW + 10 * S)), Some(50 * S));
    // The server's own clock comes first.
    let dated = [fields[0], DATE];
    assert_eq!(after(&dated, Some(NOW + 10 * S)), Some(60 * S));
    assert_eq!(after(&[fields[0], ("date", "yesterday")], Some(NOW)), Some(60 * S));
}

#[test]
fn forwarded_limits_fill_what_the_answer_s_own_do_not_say() {
    let told = limits_of(&[
        ("llm_provider-x-ratelimit-limit-requests", "10000"),
        ("llm_provider-x-ratelimit-remaining-requests", "9999"),
        ("x-ratelimit-remaining-requests", "5"),
    ]);
    assert_eq!(told, [entry(Requests, None, Some(10_000), Some(5), None)]);
}

#[test]
fn malformed_figures_are_counted_and_absent() {
    for (name, value) in [
        ("x-ratelimit-limit-requests", "many"),
        ("x-ratelimit-limit-requests", "99999999999999999999"),
        ("x-ratelimit-remaining-tokens", "1,00"),
        ("x-ratelimit-reset-tokens", "tomorrow"),
        ("anthropic-ratelimit-tokens-reset", "2026-02-30T00:00:00Z"),
        ("anthropic-ratelimit-unified-status", "perhaps"),
        ("anthropic-ratelimit-unified-5h-utilization", "NaN"),
        ("ratelimit", "a;b;c"),
        ("ratelimit", ",;=\""),
        ("ratelimit-policy", "\"default\";w=60"),
        ("retry-after", "-5"),
        ("retry-after-ms", "soon"),
        ("x-should-retry", "maybe"),
        ("ratelimitbysize-query-cost", "x"),
    ] {
        let facts = hear(&[(name, value)]);
        assert_eq!(facts.unknown_shape, 1, "{name}: {value}");
        assert_eq!(facts.rate_limits, RateLimits::default(), "{name}: {value}");
    }
    // Names that look like those of limits and are none.
    for name in
        ["x-ratelimit-resource", "x-ratelimit-", "anthropic-ratelimit-", "anthropic-", "x-ai-ratelimit-x"]
    {
        let facts = hear(&[(name, "core")]);
        assert_eq!((facts.unknown_shape, facts.rate_limits), (0, RateLimits::default()), "{name}");
    }
}

#[test]
fn there_is_a_most_of_limits() {
    let fields: Vec<_> = (0..1_000).map(|i| (format!("x-ratelimit-o{i}-limit-tokens"), "1")).collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let told = hear(&fields).rate_limits;
    assert_eq!((told.entries.len(), told.dropped), (limits::RATE_LIMITS, 1_000 - limits::RATE_LIMITS as u32));
    let long = format!("x-ratelimit-{}-limit-tokens", "ü".repeat(1_000));
    let told = hear(&[(&long, "1")]).rate_limits;
    assert_eq!(told.entries[0].name.as_ref().map(String::len), Some(limits::RATE_LIMIT_NAME));
    let list = r#""p";r=1,"#.repeat(400);
    assert_eq!(hear(&[("ratelimit", &list)]).rate_limits.entries.len(), 1);
    let list: String = (0..100).map(|i| format!("\"p{i}\";r=1,")).collect();
    let told = hear(&[("ratelimit", &list)]).rate_limits;
    assert_eq!((told.entries.len(), told.dropped), (limits::RATE_LIMITS, 100 - limits::RATE_LIMITS as u32));
}
