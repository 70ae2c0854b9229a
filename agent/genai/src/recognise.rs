//! Which provider and API an exchange is.
//!
//! Comes in: what a request head says. Goes out: whose host it is, and a [`Guess`] from the path; the body's shape is each
//! flavour's own judgement ([`crate::provider::Reader::claims`]). The host names the provider, the path names the API:
//! gateways put any prefix before the same endings.

use crate::hosts;
use crate::provider::{FLAVOURS, Flavour, SOCKETS, Socket};
use crate::settings::Settings;

/// What the head of a request tells.
#[derive(Clone)]
pub(crate) enum Guess {
    /// A call of this API.
    Call(&'static Flavour),
    /// No call, but model traffic goes this way: a model provider's host, or a path of some model API.
    ModelTraffic,
    /// It may be a call; its body has to tell.
    Body,
    /// No call.
    Foreign,
}

/// A host, with its port where one is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// `host`, `host:port`, `[v6]:port`; the brackets do not belong to the host.
    pub(crate) fn parse(text: &'a str) -> Self {
        let (host, port) = match text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => match text.rsplit_once(':') {
                // More than one colon without brackets is a bare IPv6 address.
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                Some(_) | None => (text, None),
            },
        };
        Self { host, port: port.and_then(|port| port.parse().ok()) }
    }
}

/// Splits a request target into its authority, if it is in absolute form, and its path without query.
pub(crate) fn split_target(target: &str) -> (Option<&str>, &str) {
    let (authority, path) = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => match rest.find(['/', '?']) {
            Some(at) => {
                let (authority, path) = rest.split_at(at);
                (Some(authority), path)
            }
            None => (Some(rest), "/"),
        },
        Some(_) | None => (None, target),
    };
    (authority, path.split(['?', '#']).next().unwrap_or_default())
}

/// Whose host it is. Hosts that the user names come before the table.
pub(crate) fn owner(authority: Authority<'_>, settings: &Settings) -> Option<&'static str> {
    let host = authority.host.trim_end_matches('.').to_ascii_lowercase();
    let named = settings.hosts.iter().find(|named| named.names(&host, authority.port));
    named.map(crate::settings::NamedHost::provider).or_else(|| hosts::owner(&host))
}

/// What a request head tells. The path is without query; `owned`: the host is a provider's.
pub(crate) fn by_head(method: &str, path: &str, owned: bool) -> Guess {
    let path = path.strip_suffix('/').unwrap_or(path);
    let api = by_path(path);
    if method != "POST" {
        return if owned || api.is_some() || is_model_path(path) {
            Guess::ModelTraffic
        } else {
            Guess::Foreign
        };
    }
    match api {
        _ if is_shared_path(path) => Guess::Body,
        Some(flavour) => Guess::Call(flavour),
        None if is_model_path(path) => Guess::ModelTraffic,
        None => Guess::Body,
    }
}

/// The API of a WebSocket that is asked for by such a request; whether it gets one, the answer tells.
pub(crate) fn socket(method: &str, path: &str) -> Option<&'static Socket> {
    // HTTP/2 asks by CONNECT (RFC 8441).
    let asks = matches!(method, "GET" | "CONNECT");
    let path = path.strip_suffix('/').unwrap_or(path);
    SOCKETS.iter().find(|socket| asks && socket.paths.iter().any(|ending| path.ends_with(ending))).copied()
}

fn by_path(path: &str) -> Option<&'static Flavour> {
    let endings =
        FLAVOURS.iter().flat_map(|flavour| flavour.paths.iter().map(move |ending| (*flavour, *ending)));
    endings.filter(|(_, ending)| ends(path, ending)).max_by_key(|(_, ending)| ending.len()).map(|(f, _)| f)
}

/// Whether a path ends so. An asterisk stands for something: a model, which may have slashes that nobody has encoded.
fn ends(path: &str, ending: &str) -> bool {
    let Some((before, after)) = ending.split_once('*') else {
        return path.ends_with(ending);
    };
    let middle = path.strip_suffix(after).and_then(|rest| rest.split_once(before));
    middle.is_some_and(|(_, something)| !something.is_empty())
}

/// Whether inference engines have such paths of their own, but web applications, or other model APIs, have them too:
/// there path and body together tell.
fn is_shared_path(path: &str) -> bool {
    const ENDINGS: &[&str] = &[
        // Ollama's.
        "/api/chat",
        "/api/generate",
        "/api/embed",
        "/api/embeddings",
        // TGI's, SGLang's.
        "/generate",
        "/generate_stream",
        // llama.cpp's.
        "/completion",
        "/infill",
        "/embedding",
    ];
    // SageMaker's, of whatever it hosts.
    ENDINGS.iter().any(|ending| path.ends_with(ending))
        || path.ends_with("/invocations")
        || path.ends_with("/invocations-response-stream")
}

/// Whether model APIs have such paths. These are not read (yet), but a connection that carries one is not foreign, and
/// a body of `model` and `messages` there is of another API than it looks.
fn is_model_path(path: &str) -> bool {
    const ENDINGS: &[&str] = &[
        // Gemini's Live API, which is a WebSocket, and OpenAI's.
        "BidiGenerateContent",
        "BidiGenerateContentConstrained",
        "/live/sessions",
        "/messages",
        "/messages/count_tokens",
        "/complete",
        "/models",
        "/moderations",
        "/model/*/invoke-with-bidirectional-stream",
        "/guardrail/*/apply",
        "/guardrail-checks/invoke",
        "/async-invoke",
        "/invocations",
        "/generate",
        "/generate_stream",
        "/completion",
        "/infill",
        "/tokenize",
        "/apply-template",
        "/api/embed",
        "/api/ps",
        "/api/show",
        "/api/tags",
    ];
    // Google's methods follow a colon in the last segment.
    const GOOGLE: &[&str] =
        &[":rawPredict", ":streamRawPredict", ":batchGenerateContent", ":predictLongRunning"];
    ENDINGS.iter().chain(GOOGLE).any(|ending| ends(path, ending))
        || path.contains("/chat/completions/")
        || path.contains("/v1/responses/")
        || path.contains("/openai/responses/")
        || path.contains("/v1beta/interactions/")
        || path.contains("/v1/models/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a request to `host` with `method target` is taken for.
    fn guess(host: &str, line: &str) -> String {
        let (method, target) = line.split_once(' ').unwrap();
        let (authority, path) = split_target(target);
        let authority = Authority::parse(authority.unwrap_or(host));
        let owner = owner(authority, &Settings::default());
        match by_head(method, path, owner.is_some()) {
            Guess::Call(flavour) => {
                let inferred = if owner.is_none() && flavour.elsewhere.is_inferred() { "?" } else { "" };
                let name = owner.unwrap_or(flavour.elsewhere.name);
                format!("{name}{inferred} {}", flavour.api.name)
            }
            Guess::ModelTraffic => "traffic".to_owned(),
            Guess::Body => "body".to_owned(),
            Guess::Foreign => "foreign".to_owned(),
        }
    }

    #[test]
    fn heads_are_told_by_host_and_path() {
        for (host, line, expect) in [
            ("api.openai.com", "POST /v1/chat/completions", "openai chat_completions"),
            ("API.OpenAI.com:443", "POST /v1/chat/completions?a=b", "openai chat_completions"),
            ("api.openai.com.", "POST /v1/chat/completions/", "openai chat_completions"),
            ("eu.api.openai.com", "POST /v1/chat/completions", "openai chat_completions"),
            (
                "proxy.local:3128",
                "POST https://api.openai.com/v1/chat/completions",
                "openai chat_completions",
            ),
            ("xapi.openai.com", "POST /v1/chat/completions", "openai? chat_completions"),
            ("api.openai.com.evil.example", "POST /v1/chat/completions", "openai? chat_completions"),
            ("127.0.0.1:8000", "POST /any/prefix/chat/completions", "openai? chat_completions"),
            ("[::1]:8000", "POST /v1/chat/completions", "openai? chat_completions"),
            (
                "x.openai.azure.com",
                "POST /openai/deployments/d/chat/completions?api-version=1",
                "azure.ai.openai chat_completions",
            ),
            ("api.openai.com", "POST /v1/responses", "openai responses"),
            ("us.api.openai.com:443", "POST /v1/responses/", "openai responses"),
            ("x.openai.azure.com", "POST /openai/v1/responses", "azure.ai.openai responses"),
            ("x.openai.azure.com", "POST /openai/responses?api-version=1", "azure.ai.openai responses"),
            ("10.0.0.1:8000", "POST /gateway/v1/responses", "openai? responses"),
            ("api.openai.com", "POST /v1/responses/resp_1/cancel", "traffic"),
            ("10.0.0.1:8000", "POST /v1/responses/compact", "traffic"),
            ("10.0.0.1:8000", "GET /v1/responses/resp_1", "traffic"),
            ("x.openai.azure.com", "GET /openai/responses/resp_1?api-version=1", "traffic"),
            ("api.openai.com", "POST /v1/embeddings", "openai embeddings"),
            (
                "x.openai.azure.com",
                "POST /openai/deployments/d/embeddings?api-version=1",
                "azure.ai.openai embeddings",
            ),
            ("10.0.0.1:8000", "GET /v1/embeddings", "traffic"),
            // As likely the answers to a survey.
            ("g.example", "POST /forms/1/responses", "body"),
            ("api.openai.com", "GET /v1/models", "traffic"),
            ("api.openai.com", "POST /v1/files", "body"),
            ("api.openai.com", "GET /v1/chat/completions", "traffic"),
            ("127.0.0.1:8000", "GET /v1/models", "traffic"),
            ("api.anthropic.com", "POST /v1/messages?beta=true", "anthropic messages"),
            ("api.anthropic.com", "POST /v1/messages/count_tokens", "anthropic count_tokens"),
            ("api.anthropic.com", "POST /v1/messages/batches", "body"),
            ("api.anthropic.com", "GET /v1/models", "traffic"),
            ("api.anthropic.com", "POST /v1/chat/completions", "anthropic chat_completions"),
            ("127.0.0.1:8000", "POST /anthropic/v1/messages", "anthropic? messages"),
            ("x.services.ai.azure.com", "POST /anthropic/v1/messages", "azure.ai.inference messages"),
            ("api.anthropic.com", "POST /v1/complete", "traffic"),
            (
                "us-east5-aiplatform.googleapis.com",
                "POST /v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict",
                "gcp.vertex_ai messages",
            ),
            (
                "us-east5-aiplatform.googleapis.com",
                "POST /v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-4-1:rawPredict",
                "gcp.vertex_ai messages",
            ),
            (
                "aiplatform.googleapis.com",
                "POST /v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict",
                "gcp.vertex_ai count_tokens",
            ),
            ("aiplatform.googleapis.com", "POST /v1/publishers/mistralai/models/m:rawPredict", "traffic"),
            ("aiplatform.googleapis.com", "POST /publishers/anthropic/models/:rawPredict", "traffic"),
            (
                "bedrock-runtime.us-east-1.amazonaws.com",
                "POST /model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
                "aws.bedrock converse",
            ),
            ("10.0.0.1:8080", "POST /aws/model/m/converse-stream", "aws.bedrock? converse"),
            (
                "bedrock-runtime.us-east-1.amazonaws.com",
                "POST /model/arn:aws:bedrock:us-east-1::foundation-model/meta.llama3/invoke",
                "aws.bedrock invoke_model",
            ),
            (
                "bedrock-runtime-fips.us-east-1.amazonaws.com",
                "POST /model/m/invoke-with-response-stream",
                "aws.bedrock invoke_model",
            ),
            (
                "bedrock-runtime.us-east-1.amazonaws.com",
                "POST /model/m/count-tokens",
                "aws.bedrock count_tokens",
            ),
            ("bedrock-runtime.us-east-1.amazonaws.com", "POST /guardrail/g/version/1/apply", "traffic"),
            ("bedrock-runtime.us-east-1.amazonaws.com", "POST /guardrail-checks/invoke", "traffic"),
            (
                "bedrock-runtime.us-east-1.amazonaws.com",
                "POST /model/m/invoke-with-bidirectional-stream",
                "traffic",
            ),
            ("bedrock-runtime.us-east-1.amazonaws.com", "GET /async-invoke", "traffic"),
            ("bedrock-mantle.us-east-1.api.aws", "POST /anthropic/v1/messages", "aws.bedrock messages"),
            ("g.example", "POST /converse", "body"),
            ("g.example", "POST /model//converse", "body"),
            ("g.example", "POST /chain/invoke", "body"),
            ("api.openai.com", "POST /v1/threads/thread_1/messages", "traffic"),
            ("chat.example", "POST /channels/1/messages", "traffic"),
            ("127.0.0.1:11434", "POST /api/chat", "body"),
            ("127.0.0.1:11434", "POST /api/generate", "body"),
            ("127.0.0.1:11434", "GET /api/tags", "traffic"),
            ("127.0.0.1:11434", "POST /api/embed", "body"),
            ("127.0.0.1:11434", "POST /api/embeddings", "body"),
            ("127.0.0.1:8080", "POST /generate", "body"),
            ("127.0.0.1:8080", "POST /generate_stream/", "body"),
            ("127.0.0.1:8080", "POST /completion", "body"),
            ("127.0.0.1:8080", "POST /infill", "body"),
            ("127.0.0.1:8080", "GET /infill", "traffic"),
            ("h.example", "POST /serving-endpoints/m/invocations", "body"),
            ("127.0.0.1:8000", "GET /v1/chat/completions/chatcmpl-1", "traffic"),
            (
                "g.example",
                "POST /v1beta/models/gemini:streamGenerateContent?alt=sse",
                "gcp.gen_ai? generate_content",
            ),
            (
                "generativelanguage.googleapis.com",
                "POST /v1/models/m:generateContent",
                "gcp.gemini generate_content",
            ),
            (
                "us-central1-aiplatform.googleapis.com",
                "POST /v1/projects/p/locations/us-central1/publishers/google/models/m:generateContent",
                "gcp.vertex_ai generate_content",
            ),
            (
                "aiplatform.eu.rep.googleapis.com",
                "POST /v1/m:generateContent",
                "gcp.vertex_ai generate_content",
            ),
            ("aiplatform.googleapis.com", "POST /v1/models/m:countTokens", "gcp.vertex_ai count_tokens"),
            ("aiplatform.googleapis.com", "GET /v1/models/m:countTokens", "traffic"),
            (
                "generativelanguage.googleapis.com",
                "POST /v1beta/models/m:batchEmbedContents",
                "gcp.gemini embed_content",
            ),
            ("g.example", "POST /v1beta/models/m:embedContent", "gcp.gen_ai? embed_content"),
            // Any model at all is served there.
            ("aiplatform.googleapis.com", "POST /v1/projects/p/locations/l/endpoints/1:predict", "body"),
            ("aiplatform.googleapis.com", "POST /v1/models/claude:streamRawPredict", "traffic"),
            (
                "generativelanguage.googleapis.com",
                "POST /v1beta/openai/chat/completions",
                "gcp.gemini chat_completions",
            ),
            (
                "x-aiplatform.googleapis.com.evil.example",
                "POST /v1/models/m:generateContent",
                "gcp.gen_ai? generate_content",
            ),
            ("generativelanguage.googleapis.com", "POST /v1beta/interactions", "gcp.gemini interactions"),
            ("generativelanguage.googleapis.com", "GET /v1beta/interactions/v1_abc", "traffic"),
            ("g.example", "GET /v1beta/interactions/v1_abc", "traffic"),
            ("g.example", "POST /v1beta/interactions/v1_abc/cancel", "traffic"),
            ("crm.example", "POST /v1/interactions", "body"),
            ("api.cohere.com", "POST /v2/chat", "body"),
            ("127.0.0.1:8000", "POST /cohere/v2/chat", "cohere? chat"),
            ("api.cohere.com", "POST /v2/embed", "cohere embed"),
            ("api.cohere.com", "POST /v2/rerank", "cohere rerank"),
            ("api.jina.ai", "POST /v1/rerank", "jina_ai rerank"),
            ("127.0.0.1:8080", "POST /rerank", "cohere? rerank"),
            ("api.voyageai.com", "POST /v1/multimodalembeddings", "voyage_ai embeddings"),
            ("g.example", "POST /ask", "body"),
            ("g.example", "POST /notchat/completionsx", "body"),
            ("g.example", "GET /ask", "foreign"),
            ("g.example", "GET /?next=/v1/chat/completions", "foreign"),
            ("g.example", "OPTIONS *", "foreign"),
        ] {
            assert_eq!(guess(host, line), expect, "{host} {line}");
        }
    }

    #[test]
    fn authorities_and_targets_are_taken_apart() {
        for (text, host, port) in [
            ("a.b", "a.b", None),
            ("a.b:8443", "a.b", Some(8443)),
            ("[::1]:8443", "::1", Some(8443)),
            ("[::1]", "::1", None),
            ("::1", "::1", None),
            ("a.b:x", "a.b", None),
            ("a.b:99999", "a.b", None),
            ("", "", None),
        ] {
            assert_eq!(Authority::parse(text), Authority { host, port }, "{text}");
        }
        for (target, authority, path) in [
            ("/a?b", None, "/a"),
            ("/a?u=http://x/y", None, "/a"),
            ("http://h/a?b#c", Some("h"), "/a"),
            ("https://h:1?b", Some("h:1"), ""),
            ("https://h", Some("h"), "/"),
            ("*", None, "*"),
            ("h:443", None, "h:443"),
        ] {
            assert_eq!(split_target(target), (authority, path), "{target}");
        }
    }
}
