//! Exchanges as data.

/// Every member of a request that is read, between members that are not.
pub(crate) const REQUEST: &str = r#"{"messages":[{"role":"system","content":"CANARY-PROMPT {\"model\":\"fake\"}"},
 {"role":"user","content":[{"type":"text","text":"]}\\"},{"type":"image_url","image_url":{"url":"data:;base64,AAAA"}}]},
 {"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"n","arguments":"{}"}}]}],
 "model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"max_tokens":16,"max_completion_tokens":128,
 "temperature":0.7,"top_p":1,"n":2,"metadata":{"model":"other","stream":false,"n":9},
 "tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object"}}},{"type":"custom"}],
 "response_format":{"json_schema":{"type":"object","schema":{}},"type":"json_schema"},"user":"someone"}"#;

/// A stream as OpenAI sends it: a chunk with only a role first, usage last.
pub(crate) const STREAM: [&str; 6] = [
    r#"{"id":"chatcmpl-B9","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"xA1"}"#,
    r#"{"id":"chatcmpl-B9","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":"CANARY-COMPLETION"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"q"}"#,
    r#"{"id":"chatcmpl-B9","object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}"#,
    r#"{"id":"chatcmpl-B9","object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":"!"},"finish_reason":null}]}"#,
    r#"{"id":"chatcmpl-B9","object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}"#,
    r#"{"id":"chatcmpl-B9","object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":7,"audio_tokens":0,"cache_write_tokens":5},"completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":0}}}"#,
];

/// An answer that is not a stream.
pub(crate) const ANSWER: &str = r#"{"id":"chatcmpl-C1","object":"chat.completion","created":1,"model":"gpt-4o-2024-08-06",
 "choices":[{"index":0,"message":{"role":"assistant","content":"CANARY-COMPLETION \"usage\":{","refusal":null,"annotations":[],
 "tool_calls":[{"id":"call_a","type":"function","function":{"name":"get_weather","arguments":"{\"q\":\"CANARY-ARGUMENT\"}"}},
 {"id":"call_b","type":"custom","custom":{"name":"run","input":"x"}}]},"logprobs":null,"finish_reason":"tool_calls"}],
 "usage":{"prompt_tokens":11,"completion_tokens":4,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":0},
 "completion_tokens_details":{"reasoning_tokens":0}},"service_tier":"default","system_fingerprint":"fp_1","more":[{"a":1}]}"#;

/// Two tool calls whose names come whole and whose arguments come in pieces, interleaved.
pub(crate) const TOOL_STREAM: [&str; 6] = [
    r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_abc","type":"function","function":{"name":"get_weather","arguments":""}}]},"finish_reason":null}]}"#,
    r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"lo"}}]},"finish_reason":null}]}"#,
    r#"{"object":"chat.completion.chunk","choices":[{"delta":{"tool_calls":[{"function":{"name":"get_time","arguments":""},"type":"function","id":"call_def","index":1}]},"index":0}]}"#,
    r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{}"}},{"index":0,"function":{"arguments":"c\":1}"}}]},"finish_reason":null}]}"#,
    r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":""}}]},"finish_reason":null}]}"#,
    r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
];
