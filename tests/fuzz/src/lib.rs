//! The bodies of the fuzz targets: bytes → a [`Script`] of what happens to a connection → [`explore::check`]; or bytes →
//! an exchange with a model API → [`calls::check`].
//!
//! Over the public APIs of `wire` and `genai` alone, for that is what an attacker reaches. What is fixed (heads, prefaces) is in
//! `prologue`, so that no mutation is spent on it; what the input means is in `script`.
//!
//! Used twice: by `fuzz_targets/` with libFuzzer, and by `replay.rs` on all committed inputs with every test run.
//! There it is a module, so paths within it begin with `super`.
//!
//! The samples that fuzzing starts from are made by `examples/seeds.rs`.

pub mod calls;
pub mod explore;
pub mod prologue;
pub mod script;

use calls::{Api, FRAMES, NDJSON, SSE};
use explore::check;
use script::Script;
use wire::Direction::{ToClient, ToServer};

/// HTTP/1: anything, both ways, from the first byte or joined late, with gaps. Heads may name any content coding.
pub fn h1(data: &[u8]) {
    check(&Script::both_ways(data).expanding(MOST));
}

/// The body of a response: server-sent events until close.
pub fn sse(data: &[u8]) {
    check(&Script::h1_body("Content-Type: text/event-stream\r\n", data));
}

/// The body of a response in chunks.
pub fn chunked(data: &[u8]) {
    check(&Script::h1_body("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n", data));
}

/// Frames of an HTTP/2 server that owes three responses.
pub fn h2_server(data: &[u8]) {
    let before = [(ToServer, prologue::h2_client(&[1, 3, 5])), (ToClient, prologue::h2_settings())];
    check(&Script::stream(&before, ToClient, data, script::frames).expanding(MOST));
}

/// Frames of an HTTP/2 client.
pub fn h2_client(data: &[u8]) {
    let before = [(ToServer, prologue::h2_client(&[])), (ToClient, prologue::h2_settings())];
    check(&Script::stream(&before, ToServer, data, script::frames).expanding(MOST));
}

/// HTTP/2 frames both ways of a connection that was joined while it was running.
pub fn h2_late(data: &[u8]) {
    check(&Script::both_ways(data).late().map(script::frames).expanding(MOST));
}

/// Header blocks of HTTP/2 requests, which share one table.
pub fn hpack(data: &[u8]) {
    let before = [(ToServer, prologue::h2_client(&[])), (ToClient, prologue::h2_settings())];
    check(&Script::stream(&before, ToServer, data, script::header_blocks).expanding(MOST));
}

/// Server-sent events in content coding `gzip`.
pub fn gzip(data: &[u8]) {
    coded("gzip", data, 1032);
}

/// Server-sent events in content coding `deflate`.
pub fn deflate(data: &[u8]) {
    coded("deflate", data, 1032);
}

/// Server-sent events in content coding `br`.
pub fn brotli(data: &[u8]) {
    coded("br", data, MOST);
}

/// Server-sent events in content coding `zstd`.
pub fn zstd(data: &[u8]) {
    coded("zstd", data, 1 << 17);
}

/// `expansion`: bytes that one coded byte can become, by the coding's own format: 258 bytes for 2 bits (RFC 1951
/// §3.2.5), a meta-block of 16 MiB for a few bytes (RFC 7932 §9.2), a block of 128 KiB for 4 bytes (RFC 8878 §3.1.1.2).
fn coded(coding: &str, data: &[u8], expansion: usize) {
    let fields = format!("Content-Type: text/event-stream\r\nContent-Encoding: {coding}\r\n");
    check(&Script::h1_body(&fields, data).expanding(expansion));
}

/// The body of a response: one JSON value per line.
pub fn ndjson(data: &[u8]) {
    check(&Script::h1_body("Content-Type: application/x-ndjson\r\n", data));
}

/// The body of a response: an array whose elements come one by one.
pub fn json_array(data: &[u8]) {
    check(&Script::h1_body("Content-Type: application/json\r\n", data));
}

/// The body of a response: AWS event stream messages.
pub fn eventstream(data: &[u8]) {
    check(&Script::h1_body("Content-Type: application/vnd.amazon.eventstream\r\n", data));
}

/// WebSocket frames both ways, after an upgrade that agreed on compression.
pub fn websocket(data: &[u8]) {
    let script = Script::both_ways(data).after(&prologue::websocket());
    check(&script.expanding(1032));
}

/// Frames of an HTTP/2 server that answers a gRPC call.
pub fn grpc(data: &[u8]) {
    check(&Script::stream(&prologue::grpc(), ToClient, data, script::frames).expanding(MOST));
}

/// OpenAI completions.
pub fn openai_completions(data: &[u8]) {
    calls::check(Api { host: "api.openai.com", path: "/v1/completions", stream: SSE }, data);
}

/// Bedrock's own conversations.
pub fn bedrock_converse(data: &[u8]) {
    calls::check(
        Api {
            host: "bedrock-runtime.us-east-1.amazonaws.com",
            path: "/model/m/converse-stream",
            stream: FRAMES,
        },
        data,
    );
}

/// Models that are invoked on Bedrock, of whatever maker.
pub fn bedrock_invoke(data: &[u8]) {
    calls::check(
        Api {
            host: "bedrock-runtime.us-east-1.amazonaws.com",
            path: "/model/m/invoke-with-response-stream",
            stream: FRAMES,
        },
        data,
    );
}

/// Cohere.
pub fn cohere_chat(data: &[u8]) {
    calls::check(Api { host: "api.cohere.com", path: "/v2/chat", stream: SSE }, data);
}

/// Rankings.
pub fn rerank(data: &[u8]) {
    calls::check(Api { host: "api.cohere.com", path: "/v2/rerank", stream: SSE }, data);
}

/// Gemini interactions.
pub fn gemini_interactions(data: &[u8]) {
    calls::check(
        Api { host: "generativelanguage.googleapis.com", path: "/v1beta/interactions", stream: SSE },
        data,
    );
}

/// Cloudflare's models.
pub fn workers_ai(data: &[u8]) {
    calls::check(
        Api { host: "api.cloudflare.com", path: "/client/v4/accounts/a/ai/run/@cf/meta/m", stream: SSE },
        data,
    );
}

/// Anthropic messages.
pub fn anthropic_messages(data: &[u8]) {
    calls::check(Api { host: "api.anthropic.com", path: "/v1/messages", stream: SSE }, data);
}

/// Gemini.
pub fn gemini(data: &[u8]) {
    calls::check(
        Api {
            host: "generativelanguage.googleapis.com",
            path: "/v1beta/models/m:streamGenerateContent?alt=sse",
            stream: SSE,
        },
        data,
    );
}

/// llama.cpp's own completions.
pub fn llama_cpp(data: &[u8]) {
    calls::check(Api { host: "127.0.0.1:8080", path: "/completion", stream: SSE }, data);
}

/// Ollama's chat.
pub fn ollama_chat(data: &[u8]) {
    calls::check(Api { host: "127.0.0.1:11434", path: "/api/chat", stream: NDJSON }, data);
}

/// Ollama's embeddings.
pub fn ollama_embed(data: &[u8]) {
    calls::check(Api { host: "127.0.0.1:11434", path: "/api/embed", stream: NDJSON }, data);
}

/// Ollama's completions.
pub fn ollama_generate(data: &[u8]) {
    calls::check(Api { host: "127.0.0.1:11434", path: "/api/generate", stream: NDJSON }, data);
}

/// OpenAI chat completions.
pub fn openai_chat(data: &[u8]) {
    calls::check(Api { host: "api.openai.com", path: "/v1/chat/completions", stream: SSE }, data);
}

/// OpenAI embeddings.
pub fn openai_embeddings(data: &[u8]) {
    calls::check(Api { host: "api.openai.com", path: "/v1/embeddings", stream: SSE }, data);
}

/// OpenAI responses.
pub fn openai_responses(data: &[u8]) {
    calls::check(Api { host: "api.openai.com", path: "/v1/responses", stream: SSE }, data);
}

/// SGLang's own completions.
pub fn sglang(data: &[u8]) {
    calls::check(Api { host: "127.0.0.1:30000", path: "/generate", stream: SSE }, data);
}

/// TGI's own completions.
pub fn tgi(data: &[u8]) {
    calls::check(Api { host: "127.0.0.1:8080", path: "/generate_stream", stream: SSE }, data);
}

/// What one byte can become where a head may name any coding, or one is guessed: that of brotli.
const MOST: usize = 1 << 22;

/// A target: its name, and what to call with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, by the name of its file in `fuzz_targets/`.
pub const TARGETS: [Target; 34] = [
    ("anthropic_messages", anthropic_messages),
    ("bedrock_converse", bedrock_converse),
    ("bedrock_invoke", bedrock_invoke),
    ("brotli", brotli),
    ("chunked", chunked),
    ("cohere_chat", cohere_chat),
    ("deflate", deflate),
    ("eventstream", eventstream),
    ("gemini", gemini),
    ("gemini_interactions", gemini_interactions),
    ("grpc", grpc),
    ("gzip", gzip),
    ("h1", h1),
    ("h2_client", h2_client),
    ("h2_late", h2_late),
    ("h2_server", h2_server),
    ("hpack", hpack),
    ("json_array", json_array),
    ("llama_cpp", llama_cpp),
    ("ndjson", ndjson),
    ("ollama_chat", ollama_chat),
    ("ollama_embed", ollama_embed),
    ("ollama_generate", ollama_generate),
    ("openai_chat", openai_chat),
    ("openai_completions", openai_completions),
    ("openai_embeddings", openai_embeddings),
    ("openai_responses", openai_responses),
    ("rerank", rerank),
    ("sglang", sglang),
    ("sse", sse),
    ("tgi", tgi),
    ("websocket", websocket),
    ("workers_ai", workers_ai),
    ("zstd", zstd),
];
