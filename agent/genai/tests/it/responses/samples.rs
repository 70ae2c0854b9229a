//! Exchanges as data.

pub(super) const PATH: &str = "/v1/responses";

/// Every member of a request that is read, between members that are not.
pub(super) const REQUEST: &str = r#"{"model":"gpt-5","input":[{"role":"developer","content":"CANARY-PROMPT {\"model\":\"fake\"}"},
 {"type":"message","role":"user","content":[{"type":"input_text","text":"]}\\"},{"type":"input_image","image_url":"data:;base64,AAAA"}]},
 {"type":"function_call","call_id":"call_0","name":"n","arguments":"{}"},{"type":"function_call_output","call_id":"call_0","output":"CANARY-OUTPUT"}],
 "instructions":"CANARY-INSTRUCTIONS","stream":true,"max_output_tokens":512,"temperature":0.5,"top_p":0.9,"metadata":{"model":"other","stream":"no"},
 "reasoning":{"effort":"low","summary":"auto"},"text":{"verbosity":"low","format":{"type":"json_schema","name":"x","schema":{"type":"object"}}},
 "tools":[{"type":"function","name":"get_weather","parameters":{"type":"object"}},{"type":"web_search"},{"type":"custom","name":"run"}],
 "tool_choice":"auto","parallel_tool_calls":true,"store":false,"include":["reasoning.encrypted_content"]}"#;

/// A stream as OpenAI sends it.
pub(super) const STREAM: [&str; 11] = [
    r#"{"type":"response.created","response":{"id":"resp_67ccd2be","object":"response","created_at":1741476542,"status":"in_progress","error":null,"incomplete_details":null,"instructions":"CANARY-INSTRUCTIONS","max_output_tokens":null,"model":"gpt-5-2025-08-07","output":[],"reasoning":{"effort":null,"summary":null},"service_tier":"auto","text":{"format":{"type":"text"}},"tools":[{"type":"function","name":"fake","call_id":"x"}],"usage":null},"sequence_number":0}"#,
    r#"{"type":"response.in_progress","response":{"id":"resp_67ccd2be","object":"response","status":"in_progress","model":"gpt-5-2025-08-07","output":[],"service_tier":"auto","usage":null},"sequence_number":1}"#,
    r#"{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_67","type":"message","status":"in_progress","role":"assistant","content":[]},"sequence_number":2}"#,
    r#"{"type":"response.content_part.added","item_id":"msg_67","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]},"sequence_number":3}"#,
    r#"{"type":"response.output_text.delta","item_id":"msg_67","output_index":0,"content_index":0,"delta":"CANARY","logprobs":[],"sequence_number":4,"obfuscation":"a7"}"#,
    r#"{"type":"response.output_text.delta","item_id":"msg_67","output_index":0,"content_index":0,"delta":" there","logprobs":[],"sequence_number":5,"obfuscation":"Z"}"#,
    r#"{"type":"response.output_text.delta","item_id":"msg_67","output_index":0,"content_index":0,"delta":"!","logprobs":[],"sequence_number":6,"obfuscation":"b"}"#,
    r#"{"type":"response.output_text.done","item_id":"msg_67","output_index":0,"content_index":0,"text":"CANARY there!","logprobs":[],"sequence_number":7}"#,
    r#"{"type":"response.content_part.done","item_id":"msg_67","output_index":0,"content_index":0,"part":{"type":"output_text","text":"CANARY there!","annotations":[]},"sequence_number":8}"#,
    r#"{"type":"response.output_item.done","output_index":0,"item":{"id":"msg_67","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"CANARY there!","annotations":[]}]},"sequence_number":9}"#,
    r#"{"type":"response.completed","response":{"id":"resp_67ccd2be","object":"response","created_at":1741476542,"status":"completed","error":null,"incomplete_details":null,"model":"gpt-5-2025-08-07","output":[{"id":"msg_67","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"CANARY \"status\":\"failed\"","annotations":[]}]}],"service_tier":"default","usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":16,"cache_write_tokens":4},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":48}},"sequence_number":10}"#,
];

/// Reasoning, then two calls of the client's tools and one of a server's.
pub(super) const TOOL_STREAM: [&str; 14] = [
    r#"{"type":"response.created","response":{"id":"resp_t","object":"response","status":"in_progress","model":"o4-mini-2025-04-16","output":[]},"sequence_number":0}"#,
    r#"{"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"CANARY-CIPHER"},"sequence_number":1}"#,
    r#"{"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""},"sequence_number":2}"#,
    r#"{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"CANARY-REASONING","sequence_number":3}"#,
    r#"{"type":"response.output_item.added","output_index":1,"item":{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"call_abc","name":"get_weather"},"sequence_number":4}"#,
    r#"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"","sequence_number":5}"#,
    r#"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"{\"CANARY","sequence_number":6}"#,
    r#"{"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":1,"arguments":"{\"CANARY\":1}","sequence_number":7}"#,
    r#"{"type":"response.output_item.done","output_index":1,"item":{"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"CANARY\":1}","call_id":"call_abc","name":"get_weather"},"sequence_number":8}"#,
    r#"{"item":{"input":"","name":"run","call_id":"call_def","type":"custom_tool_call","id":"ctc_1"},"output_index":2,"sequence_number":9,"type":"response.output_item.added"}"#,
    r#"{"delta":"CANARY-CODE","item_id":"ctc_1","output_index":2,"sequence_number":10,"type":"response.custom_tool_call_input.delta"}"#,
    r#"{"type":"response.output_item.done","output_index":3,"item":{"id":"mcp_1","type":"mcp_call","server_label":"s","name":"lookup","arguments":"{}","output":"CANARY","error":null},"sequence_number":11}"#,
    r#"{"type":"response.output_item.done","output_index":4,"item":{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"CANARY"}},"sequence_number":12}"#,
    r#"{"type":"response.completed","response":{"id":"resp_t","object":"response","status":"completed","model":"o4-mini-2025-04-16","output":[{"id":"rs_1","type":"reasoning","summary":[]},{"id":"fc_1","type":"function_call","arguments":"{}","call_id":"call_abc","name":"get_weather"},{"id":"ctc_1","type":"custom_tool_call","call_id":"call_def","name":"run","input":"x"},{"id":"mcp_1","type":"mcp_call","name":"lookup"},{"id":"ws_1","type":"web_search_call"}],"usage":{"input_tokens":81,"input_tokens_details":{"cached_tokens":0},"output_tokens":1035,"output_tokens_details":{"reasoning_tokens":832},"total_tokens":1116}},"sequence_number":13}"#,
];

/// An answer that is not a stream.
pub(super) const ANSWER: &str = r#"{"id":"resp_68af","object":"response","created_at":1756315696,"status":"completed","background":false,"error":null,
 "incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-5-2025-08-07","output":[
 {"id":"rs_68","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"CANARY"}]},
 {"id":"msg_68","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"CANARY \"usage\":{"}],"role":"assistant"},
 {"id":"fc_68","type":"function_call","status":"completed","arguments":"{\"q\":\"CANARY\"}","call_id":"call_x","name":"get_time"}],
 "parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":"minimal","summary":null},"service_tier":"default","store":false,
 "temperature":1.0,"text":{"format":{"type":"text"},"verbosity":"medium"},"tool_choice":"auto","tools":[{"type":"function","name":"get_time"}],
 "usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":0},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123},"user":null,"metadata":{}}"#;
