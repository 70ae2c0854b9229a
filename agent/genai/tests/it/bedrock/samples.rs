//! Exchanges as data.

pub(super) const HOST: &str = "bedrock-runtime.us-east-1.amazonaws.com";
pub(super) const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
pub(super) const CONVERSE: &str = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse";
pub(super) const CONVERSE_STREAM: &str =
    "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream";
pub(super) const INVOKE: &str = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke";
pub(super) const INVOKE_STREAM: &str =
    "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke-with-response-stream";

/// Every member of a request that is read, between members that are not.
pub(super) const REQUEST: &str = r#"{"messages":[{"role":"user","content":[{"text":"CANARY-PROMPT"},{"cachePoint":{"type":"default"}}]},
 {"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"CANARY-THOUGHT","signature":"c2ln"}}},
 {"toolUse":{"toolUseId":"tooluse_0","name":"n","input":{"text":"x"}}}]},
 {"role":"user","content":[{"toolResult":{"toolUseId":"tooluse_0","content":[{"text":"42"}],"status":"success"}}]}],
 "system":[{"text":"CANARY-SYSTEM"},{"cachePoint":{"type":"default"}}],
 "inferenceConfig":{"maxTokens":512,"temperature":0.5,"topP":0.9,"stopSequences":["a","b"]},
 "toolConfig":{"tools":[{"toolSpec":{"name":"get_weather","inputSchema":{"json":{"type":"object"}}}}],"toolChoice":{"auto":{}}},
 "additionalModelRequestFields":{"top_k":200,"thinking":{"type":"enabled","budget_tokens":1024}},
 "performanceConfig":{"latency":"optimized"},"serviceTier":{"type":"flex"},"guardrailConfig":{"guardrailIdentifier":"g","trace":"enabled"},
 "outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{}"}}}},"requestMetadata":{"k":"CANARY"}}"#;

pub(super) const STREAM: [(&str, &str); 11] = [
    ("messageStart", r#"{"p":"abcdefg","role":"assistant"}"#),
    (
        "contentBlockDelta",
        r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"CANARY-THOUGHT"}},"p":"ab"}"#,
    ),
    ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c2ln"}}}"#),
    ("contentBlockStop", r#"{"contentBlockIndex":0,"p":"abc"}"#),
    (
        "contentBlockDelta",
        r#"{"contentBlockIndex":1,"delta":{"text":"CANARY-COMPLETION"},"p":"abcdefghijkl"}"#,
    ),
    ("contentBlockDelta", r#"{"contentBlockIndex":1,"delta":{"text":""},"p":"a"}"#),
    (
        "contentBlockStart",
        r#"{"contentBlockIndex":2,"p":"a","start":{"toolUse":{"name":"get_weather","toolUseId":"tooluse_1"}}}"#,
    ),
    (
        "contentBlockDelta",
        r#"{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"q\":\"CANARY-ARGUMENT\"}"}}}"#,
    ),
    ("contentBlockStop", r#"{"contentBlockIndex":2}"#),
    ("messageStop", r#"{"additionalModelResponseFields":{"x":1},"p":"abc","stopReason":"tool_use"}"#),
    (
        "metadata",
        r#"{"metrics":{"latencyMs":1534},"performanceConfig":{"latency":"optimized"},"serviceTier":{"type":"flex"},"usage":{"inputTokens":3,"outputTokens":20,"totalTokens":223,"cacheReadInputTokens":150,"cacheWriteInputTokens":50,"cacheDetails":[{"ttl":"1h","inputTokens":10},{"ttl":"5m","inputTokens":40}],"serverToolUsage":{}}}"#,
    ),
];

pub(super) const ANSWER: &str = r#"{"metrics":{"latencyMs":551},"output":{"message":{"content":[
 {"reasoningContent":{"reasoningText":{"signature":"c2ln","text":"CANARY-THOUGHT"}}},{"text":"CANARY-COMPLETION"},
 {"toolUse":{"input":{"name":"inner","q":"CANARY-ARGUMENT"},"name":"get_weather","toolUseId":"tooluse_1"}}],"role":"assistant"}},
 "stopReason":"tool_use","usage":{"cacheReadInputTokens":0,"cacheWriteInputTokens":0,"inputTokens":406,"outputTokens":73,"totalTokens":479}}"#;

pub(super) const BLOCKED: &str = r#"{"metrics":{"latencyMs":5},"output":{"message":{"content":[{"text":"Sorry"}],"role":"assistant"}},"stopReason":"guardrail_intervened",
 "trace":{"guardrail":{"modelOutput":["CANARY"],"actionReason":"Guardrail blocked.","inputAssessment":{"g1":{"topicPolicy":{"topics":[{"name":"CANARY","type":"DENY","action":"NONE"}]},
 "contentPolicy":{"filters":[{"type":"INSULTS","confidence":"LOW","action":"NONE"},{"type":"VIOLENCE","confidence":"HIGH","action":"BLOCKED"},{"type":"HATE","action":"BLOCKED"}]},
 "invocationMetrics":{"guardrailProcessingLatency":10,"usage":{"topicPolicyUnits":1}}}},"outputAssessments":{"g1":[{"wordPolicy":{"customWords":[{"match":"CANARY","action":"NONE"}]}}]}}},
 "usage":{"inputTokens":0,"outputTokens":0,"totalTokens":0}}"#;

/// What a model of Anthropic's is invoked with.
pub(super) const MESSAGES: &str = r#"{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["x"],"max_tokens":64,"top_k":5,"system":"CANARY-SYSTEM",
 "messages":[{"role":"user","content":"CANARY-PROMPT"}]}"#;
