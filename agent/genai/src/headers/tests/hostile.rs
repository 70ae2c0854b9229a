//! What no head may do: give away a secret, grow, panic.

use proptest::prelude::*;

use super::*;

/// Every name of a credential that is known, and some that nobody thought of.
const SECRETS: [&str; 22] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "api-key",
    "x-api-key",
    "ocp-apim-subscription-key",
    "x-goog-api-key",
    "x-amz-security-token",
    "helicone-auth",
    "x-portkey-api-key",
    "x-portkey-virtual-key",
    "x-portkey-config",
    "cf-aig-authorization",
    "x-litellm-api-key",
    "x-litellm-cache-key",
    "x-aigw-api-key",
    "x-session-token",
    "mcp-session-id",
    "x-ratelimit-api_key-limit-tokens",
    "llm_provider-authorization",
    "x-litellm-some-token",
];

#[test]
fn secrets_are_told_by_nobody() {
    const CANARY: &str = "sk-canary-4711";
    for name in SECRETS {
        let headers = headers(&[(name, CANARY), ("x-request-id", "p")]);
        let facts = format!(
            "{:?} {:?} {:?}",
            response(&headers, Some("api.openai.com"), Some(NOW)),
            request(&headers, Some("api.openai.com"), "/v1/chat/completions"),
            request_id(&headers)
        );
        assert!(!facts.contains("canary"), "{name}: {facts}");
        // That they are there is no secret: they are marks of gateways.
        assert_eq!(request_id(&headers), Some(("x-request-id", "p")), "{name}");
    }
}

/// Names that are read, so that random values meet parsers.
const NAMES: [&str; 34] = [
    "date",
    "server",
    "server-timing",
    "retry-after",
    "retry-after-ms",
    "ratelimit",
    "ratelimit-policy",
    "ratelimit-limit",
    "x-ratelimit-limit",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-remaining-requests-day",
    "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-unified-5h-utilization",
    "anthropic-ratelimit-unified-7d_x-reset",
    "x-ai-ratelimit-reset-60-openai",
    "openai-processing-ms",
    "fireworks-prefill-queue-duration",
    "fireworks-prompt-tokens",
    "endpoint-load-metrics",
    "x-compute-type",
    "x-queue-time",
    "x-ms-region",
    "cf-ray",
    "x-vercel-id",
    "x-cache-status",
    "x-litellm-response-cost",
    "x-envoy-attempt-count",
    "x-portkey-retry-attempt-count",
    "llm_provider-x-ratelimit-reset-requests",
    "x-amzn-bedrock-input-token-count",
    "x-amzn-bedrock-cache-read-input-token-count",
    "amz-sdk-request",
    "x-stainless-retry-count",
    "x-stainless-read-timeout",
];

proptest! {
    #[test]
    fn no_head_is_too_odd(
        fields in prop::collection::vec((0..NAMES.len(), "(TEXT |JSON )?[-+0-9.,;:=eTZGMTWdurqhms \"{}\\[\\]\\\\µü]{0,60}"), 0..40),
        host in any::<String>(),
        path in any::<String>(),
        now in any::<Option<u64>>(),
    ) {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (NAMES[*name], value.as_str())).collect();
        let headers = headers(&fields);
        let facts = response(&headers, Some(&host), now);
        prop_assert!(facts.rate_limits.entries.len() <= limits::RATE_LIMITS);
        prop_assert!(facts.times.server_timing.len() <= limits::SERVER_TIMINGS);
        prop_assert!(facts.engine.kv_cache_usage.is_none_or(|share| (0.0..=1.0).contains(&share)));
        let asked = request(&headers, Some(&host), &path);
        prop_assert!(asked.unknown_shape as usize <= fields.len());
    }

    #[test]
    fn nor_any_name(name in "(x-ratelimit|anthropic|anthropic-ratelimit-unified|x-ai-ratelimit|llm_provider)-[-a-z0-9_ü]{0,40}", value in any::<String>()) {
        let facts = hear(&[(&name, &value)]);
        prop_assert!(facts.rate_limits.entries.len() <= 1);
    }
}
