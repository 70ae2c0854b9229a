//! Exchanges as data.

pub(super) const ANTHROPIC: &str = "api.anthropic.com";
pub(super) const MESSAGES: &str = "/v1/messages";
pub(super) const COUNT: &str = "/v1/messages/count_tokens";
pub(super) const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// Every member of a request that is read, between members that are not.
pub(super) const REQUEST: &str = r#"{"max_tokens":4096,"messages":[{"role":"user","content":"CANARY-PROMPT {\"model\":\"fake\"}"},
 {"role":"assistant","content":[{"type":"thinking","thinking":"]}\\","signature":"c2ln"},{"type":"tool_use","id":"toolu_0","name":"n","input":{"model":"x"}}]},
 {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_0","content":"42"}]}],
 "model":"claude-sonnet-4-5","metadata":{"user_id":"CANARY-USER"},"stop_sequences":["\n\nHuman:"],"stream":true,
 "system":[{"type":"text","text":"CANARY-SYSTEM","cache_control":{"type":"ephemeral","ttl":"5m"}}],"temperature":0.7,"top_p":1,
 "thinking":{"type":"enabled","budget_tokens":2048},"tool_choice":{"type":"auto","disable_parallel_tool_use":true},
 "tools":[{"name":"get_weather","input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"web_search"}],
 "output_config":{"effort":"high","format":{"schema":{"type":"object"},"type":"json_schema"}},"service_tier":"auto"}"#;

/// Reasoning, text and a tool call, with a prompt that was partly cached.
pub(super) const STREAM: [&str; 18] = [
    r#"{"type":"message_start","message":{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":472,"cache_creation_input_tokens":100,"cache_read_input_tokens":1024,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":0},"output_tokens":2,"service_tier":"standard"}}}"#,
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
    r#"{"type": "ping"}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"CANARY-THOUGHT"}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxB"}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
    r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"CANARY-COMPLETION"}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" there"}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"x"}}}"#,
    r#"{"type":"content_block_stop","index":1}"#,
    r#"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_01T1x1fJ34qAmk2tNTrN7Up6","name":"get_weather","input":{}}}"#,
    r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}"#,
    r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"location\":"}}"#,
    r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":" \"CANARY-ARGUMENT\"}"}}"#,
    r#"{"type":"content_block_stop","index":2}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":472,"cache_creation_input_tokens":100,"cache_read_input_tokens":1024,"output_tokens":89,"output_tokens_details":{"thinking_tokens":31}}}"#,
    STOP,
];

pub(super) const STOP: &str = r#"{"type":"message_stop"}"#;

/// An answer that is not a stream.
pub(super) const ANSWER: &str = r#"{"model":"claude-opus-4-1-20250805","id":"msg_013Zva2CMHLNnXjNJJKqJ2EF","type":"message","role":"assistant",
 "content":[{"type":"thinking","thinking":"CANARY-THOUGHT","signature":"c2ln"},{"type":"text","text":"CANARY-COMPLETION \"usage\":{","citations":null},
 {"type":"server_tool_use","id":"srvtoolu_01WYG3ziw53XMcoyKL4XcZmE","name":"web_search","input":{"query":"CANARY-ARGUMENT"}},
 {"type":"web_search_tool_result","tool_use_id":"srvtoolu_01WYG3ziw53XMcoyKL4XcZmE","content":[{"type":"web_search_result","id":"x","name":"y"}]},
 {"name":"get_weather","id":"toolu_01A09q90qw90lq917835lq9","input":{"name":"inner","id":"inner"},"type":"tool_use"}],
 "stop_reason":"tool_use","stop_sequence":null,"container":null,
 "usage":{"input_tokens":2095,"cache_creation_input_tokens":0,"cache_read_input_tokens":51,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},
 "output_tokens":503,"output_tokens_details":{"thinking_tokens":120},"server_tool_use":{"web_search_requests":1},"service_tier":"priority"}}"#;

pub(super) const REFUSAL: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-4-1","content":[],"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","category":"cyber","explanation":"CANARY-EXPLANATION"},"usage":{"input_tokens":564,"output_tokens":7}}"#;

pub(super) const OVERLOADED: &str = r#"{"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"},"request_id":"req_011CSHoEeqs5C35K2UUqR7Fy"}"#;
