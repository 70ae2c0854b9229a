//! Exchanges with model APIs, as `src/calls.rs` reads them: a stream, an answer that is none, an error; at an unknown
//! place, and with a loss.

/// What there is of one API.
struct Sample {
    target: &'static str,
    request: &'static str,
    /// Events or lines, without their framing.
    stream: &'static [&'static str],
    lines: bool,
    answer: &'static str,
}

/// The seeds of every target.
pub fn all() -> impl Iterator<Item = (&'static str, Vec<(String, Vec<u8>)>)> {
    SAMPLES.iter().map(|sample| (sample.target, sample.seeds()))
}

impl Sample {
    fn seeds(&self) -> Vec<(String, Vec<u8>)> {
        let framed: String = match self.lines {
            true => self.stream.iter().map(|line| format!("{line}\n")).collect(),
            false => self.stream.iter().map(|event| format!("data: {event}\n\n")).collect(),
        };
        let error = r#"{"error":{"message":"CANARY","type":"rate_limit_error","code":"slow_down"}}"#;
        let exchange = |name: &str, flags: u8, answer: &str| {
            let length = u16::try_from(self.request.len()).unwrap_or(u16::MAX).to_be_bytes();
            let head = [flags, 6, length[0], length[1]];
            (name.to_owned(), [&head, self.request.as_bytes(), answer.as_bytes()].concat())
        };
        vec![
            exchange("stream", 0, &framed),
            exchange("stream-elsewhere", 4, &framed),
            exchange("stream-gap", 8, &framed),
            exchange("answer", 2, self.answer),
            exchange("answer-elsewhere", 6, self.answer),
            exchange("error", 3, error),
        ]
    }
}

const SAMPLES: &[Sample] = &[
    Sample {
        target: "anthropic_messages",
        request: r#"{"model":"claude","max_tokens":64,"system":"CANARY","messages":[{"role":"user","content":"CANARY"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"CANARY"}]}],"tools":[{"name":"f","input_schema":{}}],"thinking":{"type":"enabled","budget_tokens":1024},"stream":true,"metadata":{"user_id":"u"}}"#,
        stream: &[
            r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"usage":{"input_tokens":9,"cache_creation_input_tokens":5,"cache_read_input_tokens":3,"output_tokens":1}}}"#,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"CANARY"}}"#,
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"CANARY"}}"#,
            r#"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"CANARY"}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":15}}"#,
            r#"{"type":"message_stop"}"#,
        ],
        lines: false,
        answer: r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"CANARY"}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":5,"service_tier":"standard"}}"#,
    },
    Sample {
        target: "gemini",
        request: r#"{"systemInstruction":{"parts":[{"text":"CANARY"}]},"contents":[{"role":"user","parts":[{"text":"CANARY"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}],"generationConfig":{"temperature":0.5,"topK":4,"maxOutputTokens":64,"responseMimeType":"application/json","stopSequences":["x"]}}"#,
        stream: &[
            r#"{"candidates":[{"content":{"parts":[{"text":"CANARY","thought":true}],"role":"model"},"index":0}],"modelVersion":"gemini","responseId":"r"}"#,
            r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":1}}}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":4,"thoughtsTokenCount":3,"totalTokenCount":15,"promptTokensDetails":[{"modality":"TEXT","tokenCount":8}]}}"#,
        ],
        lines: false,
        answer: r#"[{"candidates":[{"content":{"parts":[{"text":"CANARY"}]},"finishReason":"SAFETY"}],"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8}}]"#,
    },
    Sample {
        target: "llama_cpp",
        request: r#"{"prompt":["CANARY",[1,2],3],"input_extra":[{"filename":"f","text":"CANARY"}],"n_predict":64,"temperature":0.8,"seed":-1,"stop":["x"],"json_schema":{"type":"object"},"stream":true}"#,
        stream: &[
            r#"{"index":0,"content":"","stop":false,"tokens_predicted":0,"tokens_evaluated":9,"prompt_progress":{"total":9,"cache":1}}"#,
            r#"{"index":0,"content":"CANARY","stop":false,"tokens_predicted":1,"tokens_evaluated":9}"#,
            r#"{"index":0,"content":"","stop":true,"model":"q.gguf","tokens_predicted":35,"tokens_evaluated":9,"truncated":true,"stop_type":"word","tokens_cached":8,"timings":{"cache_n":8,"prompt_n":1,"prompt_ms":30.9,"predicted_n":35,"predicted_ms":661.0,"predicted_per_second":null,"draft_n":20,"draft_n_accepted":15}}"#,
        ],
        lines: false,
        answer: r#"[{"index":0,"content":"CANARY","stop":true,"stop_type":"limit","tokens_predicted":3,"tokens_evaluated":9},{"index":1,"content":"CANARY","stop":true,"stop_type":"eos","tokens_predicted":3,"tokens_evaluated":9}]"#,
    },
    Sample {
        target: "ollama_chat",
        request: r#"{"model":"m","messages":[{"role":"system","content":"CANARY"},{"role":"user","content":"CANARY","images":["AAAA"]},{"role":"assistant","thinking":"CANARY","tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":1}}}]},{"role":"tool","tool_name":"f","tool_call_id":"c","content":"CANARY"}],"tools":[{"type":"function","function":{"name":"f"}}],"format":"json","think":"high","options":{"temperature":0.2,"top_k":4,"seed":7,"stop":["x"],"num_predict":-1}}"#,
        stream: &[
            r#"{"model":"m","created_at":"t","message":{"role":"assistant","content":"","thinking":"CANARY"},"done":false}"#,
            r#"{"model":"m","created_at":"t","message":{"content":"CANARY","tool_calls":[{"function":{"name":"f","arguments":{}}}]},"done":false}"#,
            r#"{"model":"m","created_at":"t","message":{"content":""},"done":true,"done_reason":"stop","total_duration":4883583458,"load_duration":1334875,"prompt_eval_count":26,"prompt_eval_cached_count":20,"prompt_eval_duration":342546000,"eval_count":282,"eval_duration":4535599000}"#,
        ],
        lines: true,
        answer: r#"{"model":"m","remote_host":"h","created_at":"t","message":{"role":"assistant","content":"CANARY"},"done":true,"done_reason":"length","eval_count":9}"#,
    },
    Sample {
        target: "ollama_embed",
        request: r#"{"model":"m","input":["a","b"],"dimensions":2,"truncate":true}"#,
        stream: &[r#"{"embedding":[0.1]}"#],
        lines: true,
        answer: r#"{"model":"m","embeddings":[[0.1,0.2],[0.3]],"total_duration":14143917,"load_duration":1019500,"prompt_eval_count":8}"#,
    },
    Sample {
        target: "ollama_generate",
        request: r#"{"model":"m","system":"CANARY","prompt":"CANARY","suffix":"x","images":["AAAA"],"format":{"type":"object"},"stream":true,"think":true}"#,
        stream: &[
            r#"{"model":"m","created_at":"t","response":"","thinking":"CANARY","done":false}"#,
            r#"{"model":"m","created_at":"t","response":"x","done":false}"#,
            r#"{"model":"m","created_at":"t","response":"","done":true,"done_reason":"stop","context":[1,2],"eval_count":2,"eval_duration":1}"#,
        ],
        lines: true,
        answer: r#"{"model":"m","created_at":"t","response":"{}","done":true,"done_reason":"load"}"#,
    },
    Sample {
        target: "openai_chat",
        request: r#"{"model":"gpt","messages":[{"role":"system","content":"CANARY"},{"role":"user","content":[{"type":"text","text":"CANARY"},{"type":"image_url","image_url":{"url":"data:"}}]},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"CANARY"}}]},{"role":"tool","tool_call_id":"c","content":"CANARY"}],"tools":[{"type":"function","function":{"name":"f"}}],"stream":true,"stream_options":{"include_usage":true},"n":2,"max_completion_tokens":64,"response_format":{"type":"json_object"},"reasoning_effort":"low","stop":["x"]}"#,
        stream: &[
            r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","model":"gpt","service_tier":"default","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
            r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"reasoning_content":"CANARY"}},{"index":1,"delta":{"content":"CANARY"}}]}"#,
            r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"CANARY"}}]},"finish_reason":"tool_calls"}]}"#,
            r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":7},"completion_tokens_details":{"reasoning_tokens":3}},"x_groq":{"id":"r"}}"#,
            "[DONE]",
        ],
        lines: false,
        answer: r#"{"id":"chatcmpl-2","object":"chat.completion","model":"gpt","choices":[{"index":0,"message":{"role":"assistant","content":"CANARY","refusal":null},"finish_reason":"content_filter"}],"usage":{"prompt_tokens":11,"completion_tokens":4,"total_tokens":15},"system_fingerprint":"fp_1"}"#,
    },
    Sample {
        target: "openai_embeddings",
        request: r#"{"model":"m","input":["a",[1,2]],"dimensions":8,"encoding_format":"base64","user":"u"}"#,
        stream: &["[DONE]"],
        lines: false,
        answer: r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]},{"object":"embedding","index":1,"embedding":"AAAA"}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}}"#,
    },
    Sample {
        target: "openai_responses",
        request: r#"{"model":"gpt","instructions":"x","input":[{"role":"user","content":[{"type":"input_text","text":"CANARY"}]},{"type":"function_call_output","call_id":"c","output":"x"}],"tools":[{"type":"function","name":"f"}],"previous_response_id":"resp_0","reasoning":{"effort":"low"},"text":{"format":{"type":"json_schema"}},"stream":true,"max_output_tokens":64}"#,
        stream: &[
            r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","model":"gpt","status":"in_progress"}}"#,
            r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":""}}"#,
            r#"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"CANARY"}"#,
            r#"{"type":"response.output_text.delta","output_index":1,"delta":"CANARY"}"#,
            r#"{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"CANARY"}]}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":14}}}"#,
        ],
        lines: false,
        answer: r#"{"id":"resp_2","object":"response","model":"gpt","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"reasoning","summary":[]},{"type":"message","content":[{"type":"output_text","text":"CANARY"}]}],"usage":{"input_tokens":9,"output_tokens":5,"total_tokens":14}}"#,
    },
    Sample {
        target: "sglang",
        request: r#"{"text":["CANARY","b"],"sampling_params":{"max_new_tokens":32,"temperature":0,"top_k":-1,"n":2,"stop":"x","json_schema":"{}"},"image_data":["AAAA"],"stream":true}"#,
        stream: &[
            r#"{"text":"CANARY","meta_info":{"id":"r","finish_reason":null,"prompt_tokens":5,"completion_tokens":1,"cached_tokens":2}}"#,
            r#"{"text":"CANARY x","index":1,"meta_info":{"id":"r","finish_reason":{"type":"stop","matched":7},"prompt_tokens":5,"completion_tokens":2,"reasoning_tokens":1,"e2e_latency":0.5,"queue_time":0.001,"spec_accept_rate":0.5,"spec_num_correct_drafts":8,"spec_num_proposed_drafts":16}}"#,
            "[DONE]",
        ],
        lines: false,
        answer: r#"[{"text":"CANARY","meta_info":{"id":"a","prompt_tokens":3,"completion_tokens":1,"finish_reason":{"type":"length","length":1}}},{"text":"","meta_info":{"id":"b","prompt_tokens":4,"completion_tokens":1,"finish_reason":{"type":"abort"}}}]"#,
    },
    Sample {
        target: "tgi",
        request: r#"{"inputs":"CANARY","parameters":{"max_new_tokens":20,"temperature":0.5,"top_k":10,"seed":42,"stop":["x"],"details":true,"grammar":{"type":"json","value":{}}},"stream":true}"#,
        stream: &[
            r#"{"index":1,"token":{"id":1,"text":"CANARY","logprob":-0.1,"special":false},"top_tokens":[],"generated_text":null,"details":null}"#,
            r#"{"index":2,"token":{"id":2,"text":"","logprob":-0.1,"special":true},"generated_text":"CANARY","details":{"finish_reason":"eos_token","generated_tokens":3,"input_length":7,"seed":42}}"#,
        ],
        lines: false,
        answer: r#"[{"generated_text":"CANARY","details":{"finish_reason":"length","generated_tokens":20,"seed":null,"input_length":4,"prefill":[]}}]"#,
    },
];
