//! Calls of all shapes → attributes and phases.

use genai::headers::{self, EngineState, Gateway, Place, RateLimit, RateLimits, Said, ToldTimes};
use genai::intervals::Intervals;
use genai::price::Cost;
use genai::{
    Api, Attempt, Beside, Digest, Failure, Http, Mcp, Part, Request, Response, ToolCall, ToolReturn, Traces,
};
use wire::Protocol;

use super::*;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A call of which nearly nothing is known.
pub(crate) fn bare_call() -> Call {
    Call {
        provider: Provider::api("openai"),
        api: Api::CHAT_COMPLETIONS,
        http: Http {
            protocol: Protocol::Http1,
            host: None,
            path: String::new(),
            status: None,
            request_id: None,
            traceparent: None,
            user_agent: None,
            request_bytes: 0,
            response_bytes: 0,
        },
        request: Request::default(),
        response: Response::default(),
        usage: Usage::default(),
        times: Times { request_first_byte: Some(Time(5_000_000)), ..Times::default() },
        stream: None,
        outcome: Outcome::Unfinished,
        failure: None,
        lossy: false,
        lost_bytes: 0,
        joined_late: false,
        unknown_shape: 0,
        beside: Beside::default(),
        cost: None,
        mcp: None,
        attempt: None,
        cache_miss: None,
        tool_returns: Vec::new(),
        traces: Traces::default(),
    }
}

/// 2023-11-14 22:13:20 UTC at kernel time 0.
pub(crate) const CLOCK: Clock = Clock { monotonic_epoch_ns: 1_700_000_000_000_000_000 };

/// A streamed call of which everything is known. Times in ms: 0 – 4 sent, 1400 first token, 2300 last.
pub(crate) fn full_call() -> Call {
    let ms = |ms: u64| Some(Time(1_000_000_000 + ms * 1_000_000));
    let mut intervals = Intervals::default();
    [20, 20, 0, 240, 21].iter().for_each(|ms| intervals.push(ms * 1_000_000));
    Call {
        provider: Provider::host("openai"),
        http: Http {
            host: some("api.openai.com"),
            path: "/v1/chat/completions".to_owned(),
            status: Some(200),
            request_id: some("req_1"),
            traceparent: some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            user_agent: some("OpenAI/Python"),
            ..bare_call().http
        },
        request: Request {
            model: some("gpt-4o"),
            stream: Some(true),
            max_tokens: Some(128),
            temperature: Some(0.7),
            top_p: Some(1.0),
            choice_count: Some(2),
            message_count: Some(3),
            tool_count: Some(2),
            output_type: some("json_schema"),
            top_k: Some(40.0),
            frequency_penalty: Some(0.5),
            presence_penalty: Some(-0.5),
            seed: Some(-7),
            stop_count: Some(2),
            reasoning_level: some("high"),
            service_tier: some("flex"),
            speed: some("fast"),
            previous_response: some("resp_0"),
            conversation: some("conv_1"),
            prompt_id: some("pmpt_1"),
            prompt_version: some("3"),
            user: Some(Digest(0xabc)),
            tenant: Some(Digest(0xdef)),
            dimensions: Some(256),
            encoding_format: some("base64"),
            input_count: Some(4),
            top_n: Some(5),
            prompt: Some(Prompt {
                system: Part { count: 1, chars: 500 },
                user: Part { count: 1, chars: 250 },
                assistant: Part::default(),
                tool_result: Part { count: 2, chars: 250 },
                retrieved: Part::default(),
                media: 1,
                tool_definitions: 321,
            }),
        },
        response: Response {
            id: some("chatcmpl-1"),
            model: some("gpt-4o-2024-08-06"),
            finish_reasons: vec!["stop".to_owned(), "tool_calls".to_owned()],
            system_fingerprint: some("fp_1"),
            service_tier: some("default"),
            tool_calls: vec![ToolCall { id: some("call_1"), name: some("f") }],
            refusal: true,
            refusal_category: some("cyber"),
            conversation: None,
            valid_json: Some(false),
            compacted: true,
            inference_geo: some("us"),
            speed: None,
            upstream: some("Fireworks"),
            cache_miss_reason: some("tools_changed"),
        },
        usage: Usage {
            input: Some(1200),
            output: Some(210),
            cache_read: Some(1188),
            cache_write: Some(12),
            reasoning: Some(64),
            prediction_accepted: Some(3),
            inconsistent: true,
            raw: vec![("prompt_tokens".to_owned(), 1200.0), ("queue_time".to_owned(), 0.5)],
            ..Usage::default()
        },
        times: Times {
            request_first_byte: ms(0),
            request_last_byte: ms(4),
            response_first_byte: ms(1390),
            first_chunk: ms(1395),
            first_token: ms(1400),
            first_text: ms(1420),
            last_token: ms(2300),
            last_byte: ms(2310),
        },
        stream: Some(Stream {
            chunks: 9,
            content_chunks: 6,
            coalesced: 1,
            intervals,
            stalls: 1,
            stalled_ns: 1_500_000_000,
        }),
        outcome: Outcome::Complete,
        beside: beside(),
        cost: Cost::told("usage.cost", "0.0131"),
        attempt: Some(Attempt {
            logical: Digest(0x77),
            number: 2,
            by: Some(AttemptBy::Body),
            waited_ns: Some(250_000_000),
        }),
        cache_miss: Some(CacheMiss::PromptChanged),
        tool_returns: vec![ToolReturn { name: some("f"), id: some("call_0"), took_ns: 1_250_000_000 }],
        ..bare_call()
    }
}

/// Everything that can be told beside an answer.
fn beside() -> Beside {
    let said = |text: &str| Said::new(text, "test");
    let mut times = ToldTimes::default();
    times.tell(headers::Phase::Queue, 20_000_000, "usage.queue_time");
    times.tell(headers::Phase::Total, 2_250_000_000, "openai-processing-ms");
    let limit = RateLimit {
        what: headers::Quantity::Tokens,
        limit: Some(150_000),
        remaining: Some(149_984),
        reset_after: Some(6_000_000),
        ..RateLimit::default()
    };
    Beside {
        rate_limits: RateLimits {
            entries: vec![limit],
            retry_after: Some(2_000_000_000),
            should_retry: Some(false),
            ..RateLimits::default()
        },
        times,
        engine: EngineState {
            running: Some(7),
            waiting: Some(2),
            proposed_tokens: Some(10),
            accepted_tokens: Some(9),
            ..EngineState::default()
        },
        place: Place { region: said("us-west-1"), pool: said("pool-9"), ..Place::default() },
        gateway: Some(Gateway { kind: Some(headers::GatewayKind::LiteLlm), ..Gateway::default() }),
        attempts: headers::Attempts { gateway_retries: Some(1), ..headers::Attempts::default() },
        client: headers::Client {
            language: said("python"),
            read_timeout: Some(600_000_000_000),
            ..headers::Client::default()
        },
    }
}

/// The process that makes them.
pub(crate) fn process() -> Arc<Process> {
    Arc::new(Process {
        pid: 4242,
        start_ns: 77,
        parent: Some(1),
        uid: Some(1000),
        comm: some("python3"),
        exe: some("/usr/bin/python3.12"),
        cgroup: some("/user.slice"),
    })
}

/// Their spans.
pub(crate) fn span(call: &Call) -> Span {
    build(call, &process(), ConnectionInfo::new("4242-7f00-1".to_owned(), None), CLOCK)
}

/// The attributes, one to a line.
fn lines(span: &Span) -> String {
    let line = |(name, value): &(&str, Value)| match value {
        Value::Text(text) => format!("{name} = {text}\n"),
        Value::Int(int) => format!("{name} = {int}\n"),
        Value::Float(float) => format!("{name} = {float:?}\n"),
        Value::Bool(bool) => format!("{name} = {bool}\n"),
        Value::List(list) => format!("{name} = {list:?}\n"),
    };
    span.attributes.iter().map(line).collect()
}

#[test]
fn a_full_call() {
    let span = span(&full_call());
    assert_eq!(lines(&span), include_str!("full_call.txt"));
    assert_eq!((span.name.as_str(), span.duration_ns()), ("chat gpt-4o", 2_310_000_000));
    assert_eq!(span.traceparent, full_call().http.traceparent);
    let at = |ms: u64| Time(1_000_000_000 + ms * 1_000_000);
    assert_eq!(
        span.phases,
        [
            Phase { name: "request.send", start: at(0), end: at(4) },
            Phase { name: "provider.ttft", start: at(4), end: at(1400) },
            Phase { name: "provider.decode", start: at(1400), end: at(2300) },
        ]
    );
}

#[test]
fn what_is_not_known_is_absent() {
    let span = build(&bare_call(), &Arc::default(), ConnectionInfo::default(), CLOCK);
    assert_eq!(
        lines(&span),
        "gen_ai.operation.name = chat\ngen_ai.provider.name = openai\nwirelight.provider.inferred = true\n\
         openai.api.type = chat_completions\nwirelight.outcome = unfinished\nprocess.pid = 0\n"
    );
    assert_eq!((span.name.as_str(), span.duration_ns(), span.phases.len()), ("chat", 0, 0));
}

#[test]
fn a_request_to_a_server_of_tools() {
    let mcp = |method: &str, target| Mcp { method: method.to_owned(), target, ..Mcp::default() };
    let built = |mcp| {
        let api = Api { name: "mcp", operation: "mcp" };
        build(
            &Call { provider: Provider::server("mcp"), api, mcp: Some(mcp), ..bare_call() },
            &Arc::default(),
            ConnectionInfo::default(),
            CLOCK,
        )
    };
    let call = Mcp {
        request_id: some("3"),
        in_session: true,
        protocol_version: some("2025-06-18"),
        error_code: Some(-32602),
        ..mcp("tools/call", some("get_weather"))
    };
    let span = built(call);
    assert_eq!(
        lines(&span),
        "gen_ai.operation.name = execute_tool\nmcp.method.name = tools/call\ngen_ai.tool.name = get_weather\n\
         mcp.protocol.version = 2025-06-18\nwirelight.mcp.in_session = true\njsonrpc.request.id = 3\n\
         rpc.response.status_code = -32602\nnetwork.transport = tcp\nnetwork.protocol.name = http\n\
         network.protocol.version = 1.1\nwirelight.outcome = unfinished\nprocess.pid = 0\n"
    );
    assert_eq!(span.name, "tools/call get_weather");
    for (mcp, expect, target) in [
        (mcp("tools/list", None), "tools/list", None),
        (mcp("prompts/get", some("p")), "prompts/get p", Some((name::PROMPT_NAME, "p"))),
        (
            mcp("resources/read", some("file:///x")),
            "resources/read",
            Some((name::MCP_RESOURCE_URI, "file:///x")),
        ),
    ] {
        let span = built(mcp);
        assert_eq!((span.name.as_str(), span.get(name::OPERATION_NAME)), (expect, None));
        if let Some((name, target)) = target {
            assert_eq!(span.get(name), Some(&Value::Text(target.to_owned())), "{name}");
        }
    }
}

#[test]
fn losses_and_failures_are_told() {
    let call = Call {
        outcome: Outcome::Cut,
        failure: Some(Failure { kind: "stream_truncated".to_owned() }),
        lossy: true,
        lost_bytes: 70,
        joined_late: true,
        unknown_shape: 2,
        response: Response::default(),
        ..full_call()
    };
    let span = span(&call);
    for (name, value) in [
        (name::ERROR_TYPE, Value::Text("stream_truncated".to_owned())),
        (name::OUTCOME, Value::Text("cut".to_owned())),
        (name::CAPTURE_TRUNCATED, Value::Bool(true)),
        (name::CAPTURE_LOST_BYTES, Value::Int(70)),
        (name::CAPTURE_JOINED_LATE, Value::Bool(true)),
        (name::CAPTURE_UNKNOWN_SHAPE, Value::Int(2)),
        (name::RESPONSE_FINISH_REASONS, Value::List(vec!["error".to_owned()])),
    ] {
        assert_eq!(span.get(name), Some(&value), "{name}");
    }
    assert_eq!(span.get(name::RESPONSE_TOOL_CALL_COUNT), None, "there may have been some");
    // Lost, and nobody knows how much.
    let span = self::span(&Call { lossy: true, ..bare_call() });
    assert_eq!(span.get(name::CAPTURE_TRUNCATED), Some(&Value::Bool(true)));
    assert_eq!(span.get(name::CAPTURE_LOST_BYTES), None);
}

#[test]
fn phases_are_disjoint_and_in_the_call_whatever_the_times() {
    let moments = [None, Some(Time(10)), Some(Time(20)), Some(Time(30))];
    let mut cases = 0;
    for request_first_byte in moments {
        for request_last_byte in moments {
            for response_first_byte in moments {
                for first_token in moments {
                    for last_token in moments {
                        for last_byte in [None, Some(Time(30))] {
                            let times = Times {
                                request_first_byte,
                                request_last_byte,
                                response_first_byte,
                                first_chunk: first_token,
                                first_token,
                                first_text: first_token,
                                last_token,
                                last_byte,
                            };
                            for stream in [None, Some(Stream::default())] {
                                let span = span(&Call { times, stream, ..bare_call() });
                                assert!(
                                    span.phases.iter().all(|phase| phase.start <= phase.end),
                                    "{times:?}"
                                );
                                assert!(
                                    span.phases.windows(2).all(|two| two[0].end <= two[1].start),
                                    "{times:?}"
                                );
                                if let Some(Value::Float(share)) = span.get(name::TRACE_COMPLETENESS) {
                                    assert!((0.0..=1.0).contains(share), "{times:?}");
                                }
                                cases += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(cases, 4 * 4 * 4 * 4 * 4 * 2 * 2);
}

#[test]
fn an_answer_that_is_no_stream_is_waited_for_until_its_first_byte() {
    let span = span(&Call {
        stream: None,
        times: Times { first_token: None, last_token: None, ..full_call().times },
        ..full_call()
    });
    let ttft = span.phases.iter().find(|one| one.name == phase::PROVIDER_TTFT).expect("a phase");
    assert_eq!(ttft.end.since(ttft.start), 1_386_000_000);
    assert_eq!(span.phases.len(), 2);
}

#[test]
fn a_server_is_named_by_the_request_else_by_the_handshake() {
    let built = |host: Option<&str>| {
        let mut call = bare_call();
        call.http.host = host.map(str::to_owned);
        let span = build(&call, &process(), ConnectionInfo::new("c".to_owned(), Some("sni.example")), CLOCK);
        (span.get(name::SERVER_ADDRESS).cloned(), span.get(name::SERVER_PORT).cloned())
    };
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    assert_eq!(built(Some("host.example:8443")), (text("host.example"), Some(Value::Int(8443))));
    assert_eq!(built(Some("host.example:x")), (text("sni.example"), None));
    assert_eq!(built(None), (text("sni.example"), None));
}

#[test]
fn servers_are_told_from_host_fields() {
    for (host, expect) in [
        ("api.openai.com", Some(("api.openai.com", 443))),
        ("127.0.0.1:8443", Some(("127.0.0.1", 8443))),
        ("[::1]:8443", Some(("::1", 8443))),
        ("[::1]", Some(("::1", 443))),
        ("::1", Some(("::1", 443))),
        ("a.b:", Some(("a.b", 443))),
        ("a.b:x", None),
        ("", None),
        (":80", None),
    ] {
        assert_eq!(authority(host), expect, "{host}");
    }
}

#[test]
fn no_two_attributes_have_one_name() {
    let mut names: Vec<_> = span(&full_call()).attributes.into_iter().map(|(name, _)| name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
