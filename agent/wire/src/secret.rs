//! What is a credential, by the name of the header field or query parameter that carries it.
//!
//! Comes in: names, request targets, URLs. Goes out: whether a value must be dropped, and targets without such values.
//! Erring on the side of dropping is right: a dropped value is still known to be present.
//!
//! Not handled: credentials in the path of a target, and those in bodies, which are content.

use std::borrow::Cow;

/// Whether the value of the header field `name` (lower-case) is a credential, or as good as one.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = dashed(name);
    // LiteLLM hands on what its upstream sent under this prefix: the rest of the name tells.
    let name = name.strip_prefix("llm-provider-").map_or(name.clone(), |inner| Cow::Owned(inner.to_owned()));
    !NOT_SECRET.contains(&name.as_ref())
        && (SECRET_FIELDS.contains(&name.as_ref()) || name.starts_with("x-aigw-") || sounds_secret(&name))
}

/// Whether the value of the header field `name` (lower-case) is a URL, which may carry credentials in its query.
pub(crate) fn is_url(name: &str) -> bool {
    URL_FIELDS.contains(&name)
}

/// A request target or URL without user info, and with `-` for the values of secret query parameters.
///
/// ```text
/// /v1beta/models/x:stream?alt=sse&key=AIza…   →  /v1beta/models/x:stream?alt=sse&key=-
/// http://user:password@host/v1?sig=abc        →  http://host/v1?sig=-
/// ```
pub fn clean_target(target: &str) -> String {
    let target = without_user_info(target);
    let query_at = target.find(['?', '#']).unwrap_or(target.len());
    let (path, query) = target.split_at_checked(query_at).unwrap_or((&target, ""));
    let mut clean = String::with_capacity(target.len());
    clean.push_str(path);
    for parameters in query.split_inclusive('&') {
        push_clean(&mut clean, parameters);
    }
    clean
}

/// What stands between two `&`. Servers differ in whether `;`, `?` and `#` separate too: names are looked for behind
/// each of them, but a secret value is taken to go on to the next `&`.
fn push_clean(clean: &mut String, parameters: &str) {
    for parameter in parameters.split_inclusive(['&', ';', '?', '#']) {
        match parameter.split_once('=') {
            Some((name, _)) if is_secret_parameter(name) => {
                clean.push_str(name);
                clean.push_str("=-");
                if parameters.ends_with('&') {
                    clean.push('&');
                }
                return;
            }
            Some(_) | None => clean.push_str(parameter),
        }
    }
}

/// Drops `user:password@` of an absolute-form (`http://…`) or authority-form (`host:port`) target.
fn without_user_info(target: &str) -> Cow<'_, str> {
    let (scheme, rest) = match target.split_once("://") {
        // `://` inside a query belongs to a parameter.
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => (Some(scheme), rest),
        Some(_) | None if target.starts_with(['/', '*', '?']) => return Cow::Borrowed(target),
        Some(_) | None => (None, target),
    };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some((authority, after)) = rest.split_at_checked(authority_end) else {
        return Cow::Borrowed(target);
    };
    match (scheme, authority.rsplit_once('@')) {
        (_, None) => Cow::Borrowed(target),
        (Some(scheme), Some((_, host))) => Cow::Owned(format!("{scheme}://{host}{after}")),
        (None, Some((_, host))) => Cow::Owned(format!("{host}{after}")),
    }
}

fn is_secret_parameter(name: &str) -> bool {
    let name = percent_decoded(name).to_ascii_lowercase();
    let name = dashed(&name);
    SECRET_PARAMETERS.contains(&name.as_ref()) || name.starts_with("x-amz-") || is_secret(&name)
}

/// Words that no harmless name of a field or parameter holds. `-token` is an ending: `max-tokens` is a number.
fn sounds_secret(name: &str) -> bool {
    const HOLDS: [&str; 9] = [
        "api-key",
        "apikey",
        "secret",
        "password",
        "passwd",
        "signature",
        "credential",
        "jwt",
        "authorization",
    ];
    const ENDS: [&str; 4] = ["-token", "-key", "-auth", "-cookie"];
    HOLDS.iter().any(|word| name.contains(word)) || ENDS.iter().any(|word| name.ends_with(word))
}

fn dashed(name: &str) -> Cow<'_, str> {
    if name.contains('_') { Cow::Owned(name.replace('_', "-")) } else { Cow::Borrowed(name) }
}

/// `%6b` → `k`, so that no spelling of a name hides it. Anything else stays as it is.
fn percent_decoded(name: &str) -> String {
    let mut decoded = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = match (*first, tail) {
            (b'%', [high, low, ..]) => hex_value(*high).zip(hex_value(*low)),
            _ => None,
        };
        match hex {
            Some((high, low)) => {
                decoded.push(high << 4 | low);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Fields whose names alone do not tell, of providers, gateways and clouds.
const SECRET_FIELDS: [&str; 15] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "api-key",
    "x-api-key",
    "ocp-apim-subscription-key",
    "helicone-auth",
    // Both carry provider keys inside JSON or behind an alias.
    "x-portkey-config",
    "x-portkey-virtual-key",
    // Browsers cannot set headers on a WebSocket, so keys travel as a subprotocol name.
    "sec-websocket-protocol",
    // Whoever knows a session's id may use the session.
    "mcp-session-id",
    "cf-access-client-id",
    "authentication-info",
    "dpop",
];

/// Names that end like secrets and are none: they tell retries and handshakes apart, or are times of a token.
const NOT_SECRET: [&str; 4] =
    ["idempotency-key", "sec-websocket-key", "fireworks-server-time-to-first-token", "x-time-per-token"];

/// Fields that hold a URL, or one in angle brackets.
const URL_FIELDS: [&str; 11] = [
    "location",
    "content-location",
    "operation-location",
    "azure-asyncoperation",
    "referer",
    "http-referer",
    "link",
    "refresh",
    "x-original-url",
    "x-original-uri",
    "x-forwarded-uri",
];

const SECRET_PARAMETERS: [&str; 9] =
    ["key", "token", "sig", "auth", "code", "assertion", "pass", "pwd", "access-token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credential_fields_are_secret() {
        for name in [
            "authorization",
            "proxy-authorization",
            "x-api-key",
            "api-key",
            "apikey",
            "api_key",
            "ocp-apim-subscription-key",
            "x-goog-api-key",
            "x-goog-iam-authorization-token",
            "x-amz-security-token",
            "x-amz-meta-signature-v4",
            "cookie",
            "set-cookie",
            "helicone-auth",
            "x-portkey-api-key",
            "x-portkey-virtual-key",
            "x-portkey-config",
            "x-portkey-aws-secret-access-key",
            "cf-aig-authorization",
            "cf-access-client-secret",
            "x-litellm-api-key",
            "x-litellm-key",
            "x-aigw-anything",
            "x-auth-token",
            "x-access-token",
            "x-csrf-token",
            "x-xai-token-auth",
            "sec-websocket-protocol",
            "mcp-session-id",
            "x-session-token",
            "x-goog-iap-jwt-assertion",
            "x-functions-key",
            "llm_provider-set-cookie",
            "llm_provider-x-aigw-anything",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn fields_of_diagnostic_value_are_not() {
        for name in [
            "host",
            "content-type",
            "x-request-id",
            "openai-organization",
            "openai-processing-ms",
            "x-ratelimit-remaining-tokens",
            "anthropic-ratelimit-tokens-limit",
            "anthropic-ratelimit-input-tokens-remaining",
            "x-stainless-retry-count",
            "idempotency-key",
            "sec-websocket-key",
            "x-session-affinity",
            "x-claude-code-session-id",
            "traceparent",
            "baggage",
            "amz-sdk-invocation-id",
            "x-amz-content-sha256",
            "x-amzn-requestid",
            "x-goog-api-client",
            "www-authenticate",
            "x-envoy-upstream-service-time",
            "fireworks-server-time-to-first-token",
            "llm_provider-fireworks-server-time-to-first-token",
            "x-time-per-token",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn targets_lose_their_secrets_only() {
        for (target, clean) in [
            ("/v1/chat/completions", "/v1/chat/completions"),
            ("/x?key=S&alt=sse", "/x?key=-&alt=sse"),
            ("/x?alt=sse&key=S", "/x?alt=sse&key=-"),
            ("/x?KEY=S;Api_Key=S&api-key=S#token=S", "/x?KEY=-&api-key=-"),
            ("/x?a=b;key=S&c=d?token=S&e=f#sig=S", "/x?a=b;key=-&c=d?token=-&e=f#sig=-"),
            ("/x?k%65y=S", "/x?k%65y=-"),
            ("/x?key=S=S?S;S", "/x?key=-"),
            ("/x?api-version=2024&max_tokens=5", "/x?api-version=2024&max_tokens=5"),
            (
                "/x?X-Amz-Signature=S&X-Amz-Credential=S&X-Amz-Date=S",
                "/x?X-Amz-Signature=-&X-Amz-Credential=-&X-Amz-Date=-",
            ),
            (
                "/x?sig=S&se=2030&client_secret=S&access_token=S",
                "/x?sig=-&se=2030&client_secret=-&access_token=-",
            ),
            ("http://user:S@host:8080/x?a=b", "http://host:8080/x?a=b"),
            ("http://S@host", "http://host"),
            ("http://u:S@S@host/", "http://host/"),
            ("user:S@host:443", "host:443"),
            ("/a@b?u=http://c@d", "/a@b?u=http://c@d"),
            ("*", "*"),
            ("", ""),
            ("?", "?"),
            ("/x?&&=&key", "/x?&&=&key"),
            ("/ü?key=ü%", "/ü?key=-"),
        ] {
            assert_eq!(clean_target(target), clean, "{target}");
        }
    }
}
