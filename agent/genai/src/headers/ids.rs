//! Ids of requests: what a provider's support asks for.
//!
//! Comes in: response headers. Goes out: the id, with the header that has it. Providers give several; the best is the
//! one of whoever ran the model, then that of whoever handed the request on.

use wire::Headers;

use crate::limits;

/// Headers with an id of the request, by `gen_ai.provider.name`, the best first.
const BY_PROVIDER: [(&str, &[&str]); 19] = [
    ("openai", &["x-request-id"]),
    ("azure.ai.openai", &["apim-request-id", "x-request-id", "x-ms-client-request-id"]),
    ("azure.ai.inference", &["apim-request-id", "x-request-id", "x-ms-client-request-id"]),
    ("anthropic", &["request-id"]),
    ("gcp.gemini", &["x-goog-request-id", "x-cloud-trace-context"]),
    ("gcp.vertex_ai", &["x-goog-request-id", "x-cloud-trace-context"]),
    ("gcp.gen_ai", &["x-goog-request-id", "x-cloud-trace-context"]),
    ("aws.bedrock", &["x-amzn-requestid"]),
    ("groq", &["x-request-id"]),
    ("mistral_ai", &["mistral-correlation-id", "x-kong-request-id"]),
    ("cohere", &["x-debug-trace-id"]),
    ("openrouter", &["x-generation-id", "cf-ray"]),
    ("cerebras", &["x-request-id", "cf-ray"]),
    ("together_ai", &["x-request-id", "cf-ray"]),
    ("fireworks_ai", &["x-fireworks-request-id", "x-request-id", "x-fireworks-trace-id"]),
    ("x_ai", &["x-request-id", "cf-ray"]),
    ("deepseek", &["x-ds-trace-id", "cf-ray"]),
    ("github_copilot", &["x-github-request-id", "x-copilot-service-request-id", "x-request-id"]),
    ("hugging_face", &["x-request-id", "x-amzn-trace-id"]),
];

/// For everybody else. Names that only one provider has come first, and before a name that anyone has comes what
/// LiteLLM forwards under its prefix: then the plain one is LiteLLM's own.
const BY_ANYONE: [&str; 33] = [
    "request-id",
    "apim-request-id",
    "x-amzn-requestid",
    "mistral-correlation-id",
    "x-generation-id",
    "x-fireworks-request-id",
    "x-ds-trace-id",
    "x-github-request-id",
    "x-goog-request-id",
    "x-debug-trace-id",
    "llm_provider-request-id",
    "llm_provider-apim-request-id",
    "llm_provider-x-amzn-requestid",
    "llm_provider-mistral-correlation-id",
    "llm_provider-x-fireworks-request-id",
    "llm_provider-x-generation-id",
    "llm_provider-x-ds-trace-id",
    "llm_provider-x-request-id",
    "x-request-id",
    "x-copilot-service-request-id",
    "x-fireworks-trace-id",
    "x-litellm-call-id",
    "x-portkey-trace-id",
    "helicone-id",
    "cf-aig-log-id",
    "cf-aig-event-id",
    "ngrok-aig-request-id",
    "x-kong-request-id",
    "x-cloud-trace-context",
    "x-amzn-trace-id",
    "x-correlation-id",
    "x-vercel-id",
    "cf-ray",
];

/// The names of headers with an id of the request that a provider of this `gen_ai.provider.name` sends, the best first.
/// Empty where nothing is known.
pub fn request_ids_of(provider: &str) -> &'static [&'static str] {
    BY_PROVIDER.iter().find(|row| row.0 == provider).map_or(&[], |row| row.1)
}

/// The id of a request at whoever answered it, and the header that has it.
pub fn request_id(headers: &Headers) -> Option<(&'static str, &str)> {
    first_of(headers, &BY_ANYONE)
}

/// The first of these headers that has an id.
pub(super) fn first_of<'a>(headers: &'a Headers, names: &[&'static str]) -> Option<(&'static str, &'a str)> {
    names.iter().find_map(|name| {
        let id = headers.get(name)?;
        ((1..=limits::TEXT).contains(&id.len())).then_some((*name, id))
    })
}
