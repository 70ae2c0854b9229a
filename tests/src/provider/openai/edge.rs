//! What OpenAI's edge says around a body, whichever of its APIs it is of.

use serde::Serialize;

use super::json;
use crate::provider::dialect::Facts;

/// The header fields of a response.
pub(in crate::provider) fn fields(facts: &Facts<'_>) -> Vec<(&'static str, String)> {
    let milliseconds = facts.processing.as_millis().to_string();
    let mut fields = vec![
        ("access-control-expose-headers", "X-Request-ID".to_owned()),
        ("openai-organization", "org-local".to_owned()),
        ("openai-processing-ms", milliseconds.clone()),
        ("openai-version", "2020-10-01".to_owned()),
        ("x-envoy-upstream-service-time", milliseconds),
        ("x-ratelimit-limit-requests", "10000".to_owned()),
        ("x-ratelimit-limit-tokens", "30000000".to_owned()),
        ("x-ratelimit-remaining-requests", "9999".to_owned()),
        ("x-ratelimit-remaining-tokens", "29999982".to_owned()),
        ("x-ratelimit-reset-requests", "6ms".to_owned()),
        ("x-ratelimit-reset-tokens", "0s".to_owned()),
        ("x-request-id", request_id(&facts.call.request)),
    ];
    if matches!(facts.status, 429 | 503) {
        fields.push(("retry-after", "1".to_owned()));
        fields.push(("retry-after-ms", "750".to_owned()));
        fields.push(("x-should-retry", "true".to_owned()));
    }
    fields.extend([
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload".to_owned()),
        ("cf-cache-status", "DYNAMIC".to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
        ("Server", "cloudflare".to_owned()),
        ("CF-RAY", "8f0a1b2c3d4e5f60-SJC".to_owned()),
    ]);
    fields
}

/// The id of a request.
pub(in crate::provider) fn request_id(digits: &str) -> String {
    format!("req_{digits}")
}

/// The body of an error, with the type and code that OpenAI gives for this status.
pub(in crate::provider) fn error(status: u16, message: &str) -> Vec<u8> {
    let (kind, code) = match status {
        401 => ("invalid_request_error", Some("invalid_api_key")),
        404 => ("invalid_request_error", Some("model_not_found")),
        429 => ("requests", Some("rate_limit_exceeded")),
        400..=499 => ("invalid_request_error", None),
        _ => ("server_error", None),
    };
    json(&ErrorBody { error: ErrorPart { message, kind, param: None, code } })
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: ErrorPart<'a>,
}

#[derive(Serialize)]
struct ErrorPart<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<()>,
    code: Option<&'static str>,
}
