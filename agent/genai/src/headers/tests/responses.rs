//! Times, engine, place, gateway, ids, cost: heads of responses.

use super::*;

#[test]
fn openai_and_its_edge_are_read() {
    let facts = hear_at(
        "api.openai.com",
        &[
            DATE,
            ("content-type", "text/event-stream; charset=utf-8"),
            ("openai-organization", "org-secret"),
            ("openai-processing-ms", "412"),
            ("openai-version", "2020-10-01"),
            ("x-envoy-upstream-service-time", "420"),
            ("x-request-id", "req_1"),
            ("cf-cache-status", "DYNAMIC"),
            ("server", "cloudflare"),
            ("CF-RAY", "8f2a1b2c3d4e5f60-SJC"),
        ],
    );
    assert_eq!(told(&facts, Phase::Total), Some((412 * MS, "openai-processing-ms")));
    assert_eq!(told(&facts, Phase::Upstream), Some((420 * MS, "x-envoy-upstream-service-time")));
    assert_eq!(facts.fingerprint, Some(Fingerprint::OpenAi));
    assert_eq!(facts.place, Place { edge: said("SJC", "cf-ray"), ..Place::default() });
    let gateway = facts.gateway.clone().unwrap();
    assert_eq!(gateway, Gateway { kind: Some(GatewayKind::Envoy), ..Gateway::default() });
    assert!(gateway.kind.unwrap().is_plain_proxy());
    assert_eq!(facts.unknown_shape, 0);
    assert!(!format!("{facts:?}").contains("org-secret"));
}

#[test]
fn azure_is_read() {
    let facts = hear(&[
        ("apim-request-id", "11111111-2222-3333-4444-555555555555"),
        ("x-request-id", "22222222-2222-3333-4444-555555555555"),
        ("x-ms-region", "East US"),
        ("azureml-model-session", "d012-20260101"),
        ("azureml-served-by-cluster", "hyena-eastus-01"),
        ("x-ms-deployment-name", "gpt-4o"),
        ("cmp-upstream-response-duration", "305"),
        ("ms-azureml-model-time", "298"),
        ("x-ms-rai-invoked", "true"),
    ]);
    assert_eq!(told(&facts, Phase::Inference), Some((298 * MS, "ms-azureml-model-time")));
    assert_eq!(told(&facts, Phase::Upstream), Some((305 * MS, "cmp-upstream-response-duration")));
    assert_eq!(facts.place.region, said("East US", "x-ms-region"));
    assert_eq!(facts.place.pool, said("gpt-4o", "x-ms-deployment-name"));
    assert_eq!(facts.fingerprint.and_then(Fingerprint::provider), Some("azure.ai.openai"));
    assert_eq!((facts.gateway, facts.unknown_shape), (None, 0));
}

#[test]
fn anthropic_s_and_google_s_server_timing_is_read() {
    let facts = hear(&[
        ("server-timing", "x-originResponse;dur=1562"),
        ("server-timing", r#"cache;desc="a, secret", edge; dur=0.25"#),
        ("request-id", "req_011"),
        ("anthropic-organization-id", "org"),
        ("cf-ray", "a359e3bde8d3746d-MIA"),
    ]);
    assert_eq!(told(&facts, Phase::Upstream), Some((1_562 * MS, "server-timing x-originResponse")));
    let timing = |name: &str, nanos| ServerTiming { name: name.to_owned(), nanos };
    assert_eq!(
        facts.times.server_timing,
        [timing("x-originResponse", Some(1_562 * MS)), timing("cache", None), timing("edge", Some(250_000))]
    );
    assert!(!format!("{facts:?}").contains("secret"));
    assert_eq!(facts.fingerprint, Some(Fingerprint::Anthropic));

    let facts = hear(&[("server-timing", "gfet4t7; dur=662"), ("server", "scaffolding on HTTPServer2")]);
    assert_eq!(told(&facts, Phase::Upstream), Some((662 * MS, "server-timing gfet4t7")));
    assert_eq!(facts.fingerprint, Some(Fingerprint::Google));

    // As some of Anthropic's answers have it.
    let facts = hear(&[("server-timing", "x-originResponse;dur=")]);
    assert_eq!(
        facts.times,
        ToldTimes { server_timing: vec![timing("x-originResponse", None)], ..ToldTimes::default() }
    );
    let many = "a;dur=1,".repeat(100);
    assert_eq!(hear(&[("server-timing", &many)]).times.server_timing.len(), limits::SERVER_TIMINGS);
}

#[test]
fn bedrock_counts_tokens_in_headers() {
    let facts = hear(&[
        ("x-amzn-requestid", "9598a0b1-da81-4d1e-9a27-7212d877fcf3"),
        ("X-Amzn-Bedrock-Invocation-Latency", "1321"),
        ("X-Amzn-Bedrock-Input-Token-Count", "3"),
        ("X-Amzn-Bedrock-Output-Token-Count", "2"),
        ("X-Amzn-Bedrock-Cache-Read-Input-Token-Count", "100"),
        ("X-Amzn-Bedrock-Cache-Write-Input-Token-Count", "0"),
    ]);
    assert_eq!(told(&facts, Phase::Total), Some((1_321 * MS, "x-amzn-bedrock-invocation-latency")));
    let usage = Usage {
        input: Some(103),
        output: Some(2),
        cache_read: Some(100),
        cache_write: Some(0),
        ..Usage::default()
    };
    assert_eq!((facts.usage, facts.fingerprint), (usage, Some(Fingerprint::Bedrock)));
}

#[test]
fn fireworks_is_read() {
    let facts = hear(&[
        ("fireworks-server-time-to-first-token", "0.213"),
        ("fireworks-server-processing-time", "1.5"),
        ("fireworks-tokenizer-queue-duration", "0.001"),
        ("fireworks-tokenizer-duration", "0.002"),
        ("fireworks-prefill-queue-duration", "0.01"),
        ("fireworks-prefill-duration", "0.2"),
        ("fireworks-generation-queue-duration", "0.1"),
        ("fireworks-generation-duration", "1.187"),
        ("fireworks-prompt-tokens", "100"),
        ("fireworks-cached-prompt-tokens", "64"),
        ("fireworks-num-concurrent-requests", "7"),
        ("fireworks-speculation-prompt-tokens", "50"),
        ("fireworks-speculation-prompt-matched-tokens", "40"),
        ("fireworks-speculation-acceptance", "0.8,0.6,0.4"),
        ("fireworks-deployment", "accounts/a/deployments/d"),
        ("fireworks-backend-host", "host-1"),
        ("llm_provider-fireworks-prefill-queue-duration", "5"),
    ]);
    for (phase, expect) in [
        (Phase::FirstToken, (213 * MS, "fireworks-server-time-to-first-token")),
        (Phase::Total, (1_500 * MS, "fireworks-server-processing-time")),
        (Phase::Queue, (111 * MS, "fireworks-*-queue-duration")),
        (Phase::Tokenize, (2 * MS, "fireworks-tokenizer-duration")),
        (Phase::Prefill, (200 * MS, "fireworks-prefill-duration")),
        (Phase::Decode, (1_187 * MS, "fireworks-generation-duration")),
    ] {
        assert_eq!(told(&facts, phase), Some(expect));
    }
    assert_eq!(
        facts.engine,
        EngineState {
            running: Some(7),
            prediction_tokens: Some(50),
            prediction_accepted_tokens: Some(40),
            source: Some("fireworks-num-concurrent-requests"),
            ..EngineState::default()
        }
    );
    assert_eq!(facts.engine.batch(), Some(7));
    assert_eq!((facts.usage.input, facts.usage.cache_read), (Some(100), Some(64)));
    assert_eq!(facts.place.pool, said("host-1", "fireworks-backend-host"));
    assert_eq!(facts.unknown_shape, 0);
    assert_eq!(hear(&[("fireworks-speculation-acceptance", "0.75")]).engine.acceptance(), Some(0.75));
}

#[test]
fn tgi_s_times_are_read_where_it_is_tgi() {
    let fields = [
        ("x-compute-type", "1-nvidia-a10g"),
        ("x-compute-time", "0.123456789"),
        ("x-compute-characters", "20"),
        ("x-total-time", "123"),
        ("x-validation-time", "1"),
        ("x-queue-time", "4"),
        ("x-inference-time", "118"),
        ("x-time-per-token", "6"),
        ("x-prompt-tokens", "12"),
        ("x-generated-tokens", "20"),
    ];
    let facts = hear(&fields);
    for (phase, expect) in [
        (Phase::Total, (123_456_789, "x-compute-time")),
        (Phase::Tokenize, (MS, "x-validation-time")),
        (Phase::Queue, (4 * MS, "x-queue-time")),
        (Phase::Inference, (118 * MS, "x-inference-time")),
        (Phase::PerToken, (6 * MS, "x-time-per-token")),
    ] {
        assert_eq!(told(&facts, phase), Some(expect));
    }
    assert_eq!((facts.usage.input, facts.usage.output), (Some(12), Some(20)));
    assert_eq!(facts.fingerprint, Some(Fingerprint::Tgi));
    // `x-queue-time` of some web server is in whatever unit it likes.
    assert_eq!(hear(&fields[1..]), ResponseFacts::default());
}

#[test]
fn orca_reports_are_read() {
    let state = |running, waiting, kv_cache_usage| EngineState {
        running,
        waiting,
        kv_cache_usage,
        source: Some("endpoint-load-metrics"),
        ..EngineState::default()
    };
    for (report, expect, unknown) in [
        (
            "TEXT named_metrics.kv_cache_usage_perc=0.05, named_metrics.num_requests_waiting=0",
            state(None, Some(0), Some(0.05)),
            0,
        ),
        ("TEXT kv_cache_utilization=0.4,num_requests_running=3.0", state(Some(3), None, Some(0.4)), 0),
        (
            r#"JSON {"named_metrics": {"kv_cache_usage_perc": 0.05, "num_requests_running": 12, "x": [1]}}"#,
            state(Some(12), None, Some(0.05)),
            0,
        ),
        (r#"json {"num_requests_waiting":4,"cpu_utilization":0.3}"#, state(None, Some(4), None), 0),
        ("TEXT kv_cache_usage_perc=5, num_requests_waiting=1", state(None, Some(1), None), 1),
        (r#"JSON {"named_metrics": {"num_requests_waiting": 1"#, state(None, None, None), 1),
        (r#"JSON {"named_metrics": {"num_requests_waiting": "1"}}"#, state(None, None, None), 1),
        (r#"JSON {"named_metrics": [1]}"#, state(None, None, None), 1),
        ("JSON [", state(None, None, None), 1),
        ("TEXT ", state(None, None, None), 1),
        ("CBOR abc", state(None, None, None), 1),
        ("TEXT num_requests_waiting=-1", state(None, None, None), 1),
        ("TEXT num_requests_waiting=many", state(None, None, None), 1),
    ] {
        let facts = hear(&[("endpoint-load-metrics", report)]);
        let expect = if expect == state(None, None, None) { EngineState::default() } else { expect };
        assert_eq!((facts.engine, facts.unknown_shape), (expect, unknown), "{report}");
    }
    let deep = format!("JSON {}", r#"{"named_metrics":"#.repeat(200));
    assert_eq!(hear(&[("x-endpoint-load-metrics", &deep)]).engine, EngineState::default());
    let long = format!("TEXT num_requests_waiting=1,{}", "x=1,".repeat(limits::TOLD));
    assert_eq!(hear(&[("endpoint-load-metrics", &long)]), ResponseFacts::default());
}

#[test]
fn acceptance_follows_from_counts() {
    let state = |accepted, proposed| EngineState {
        accepted_tokens: accepted,
        proposed_tokens: proposed,
        ..EngineState::default()
    };
    assert_eq!(state(Some(3), Some(4)).acceptance(), Some(0.75));
    assert_eq!(state(Some(0), Some(0)).acceptance(), None);
    assert_eq!(state(Some(5), Some(4)).acceptance(), None);
    assert_eq!(state(None, Some(4)).acceptance(), None);
    let mut body = state(Some(3), Some(4));
    body.fill(EngineState {
        running: Some(1),
        accepted_tokens: Some(9),
        source: Some("h"),
        ..EngineState::default()
    });
    assert_eq!(body, EngineState { running: Some(1), source: Some("h"), ..state(Some(3), Some(4)) });
}

#[test]
fn bodies_know_better_than_headers() {
    let mut times = hear(&[
        ("x-litellm-response-duration-ms", "900.5"),
        ("llm_provider-openai-processing-ms", "500"),
        ("openai-processing-ms", "600"),
        ("x-kong-proxy-latency", "3"),
    ])
    .times;
    let total = |times: &ToldTimes| times.total.map(|told| (told.nanos, told.source, told.origin));
    // Of headers the first, and that of the server before that of the gateway.
    assert_eq!(total(&times), Some((600 * MS, "openai-processing-ms", Origin::Header)));
    times.tell(Phase::Total, 7, "usage.total_time");
    times.tell(Phase::Total, 9, "usage.total_time");
    assert_eq!(total(&times), Some((9, "usage.total_time", Origin::Body)));
    let head = hear(&[("openai-processing-ms", "600"), ("x-envoy-upstream-service-time", "2")]).times;
    times.merge(head);
    assert_eq!(total(&times), Some((9, "usage.total_time", Origin::Body)));
    assert_eq!(times.upstream.map(|told| told.nanos), Some(2 * MS));
    for phase in Phase::ALL {
        let mut times = ToldTimes::default();
        times.tell(phase, 5, "x");
        assert_eq!(
            Phase::ALL.iter().filter(|other| times.get(**other).is_some()).collect::<Vec<_>>(),
            [&phase]
        );
    }
}

#[test]
fn places_in_bodies_tell_durations() {
    for (path, number, phase, expect) in [
        ("usage.queue_time", "0.023492957", Phase::Queue, 23_492_957),
        ("x_groq.usage.prompt_time", "9.6e-05", Phase::Prefill, 96_000),
        ("time_info.completion_time", "0.27", Phase::Decode, 270 * MS),
        ("metrics.mean_itl_ms", "8.25", Phase::PerToken, 8_250_000),
        ("metrics.latencyMs", "321", Phase::Total, 321 * MS),
        ("meta_info.e2e_latency", "1.5", Phase::Total, 1_500 * MS),
        ("timings.predicted_ms", "661.064", Phase::Decode, 661_064_000),
        ("load_duration", "1334875", Phase::Load, 1_334_875),
        ("perf_metrics.server-time-to-first-token", "0.213", Phase::FirstToken, 213 * MS),
    ] {
        let mut times = ToldTimes::default();
        assert!(times.tell_field(path, number), "{path}");
        assert_eq!(times.get(phase).map(|told| (told.nanos, told.source)), Some((expect, path)));
    }
    let mut times = ToldTimes::default();
    for (path, number) in
        [("queue_time", "1"), ("total_duration", "-1"), ("timings.prompt_ms", "NaN"), ("", "")]
    {
        assert!(!times.tell_field(path, number), "{path}");
    }
    assert_eq!(times, ToldTimes::default());
}

#[test]
fn gateways_leave_marks() {
    let gateway = |host, fields: &[(&str, &str)]| {
        let facts = hear_at(host, fields);
        assert_eq!(facts.unknown_shape, 0, "{fields:?}");
        facts.gateway
    };
    let of = |kind| Gateway { kind: Some(kind), ..Gateway::default() };
    for (host, fields, expect) in [
        (
            "10.0.0.1",
            &[
                ("x-envoy-upstream-service-time", "5"),
                ("x-litellm-call-id", "call-1"),
                ("x-litellm-version", "1.80.0"),
                ("x-litellm-model-id", "abc"),
                ("x-litellm-model-group", "fast"),
                ("x-litellm-cache-key", "sk-x"),
            ][..],
            Some(Gateway {
                request_id: said("call-1", "x-litellm-call-id"),
                model: said("fast", "x-litellm-model-group"),
                version: said("1.80.0", "x-litellm-version"),
                ..of(GatewayKind::LiteLlm)
            }),
        ),
        (
            "api.portkey.ai",
            &[
                ("x-portkey-trace-id", "t-1"),
                ("x-portkey-provider", "openai"),
                ("x-portkey-cache-status", "SEMANTIC HIT"),
                ("x-portkey-last-used-option-index", "config.targets[1]"),
            ],
            Some(Gateway {
                request_id: said("t-1", "x-portkey-trace-id"),
                provider: said("openai", "x-portkey-provider"),
                cache: Some(Cache::SemanticHit),
                ..of(GatewayKind::Portkey)
            }),
        ),
        (
            "oai.helicone.ai",
            &[("helicone-id", "h"), ("helicone-cache", "MISS")],
            Some(Gateway {
                request_id: said("h", "helicone-id"),
                cache: Some(Cache::Miss),
                ..of(GatewayKind::Helicone)
            }),
        ),
        (
            "gateway.ai.cloudflare.com",
            &[("cf-aig-log-id", "01J"), ("cf-aig-cache-status", "HIT"), ("cf-aig-step", "1")],
            Some(Gateway {
                request_id: said("01J", "cf-aig-log-id"),
                cache: Some(Cache::Hit),
                ..of(GatewayKind::Cloudflare)
            }),
        ),
        (
            "kong",
            &[
                ("X-Kong-LLM-Model", "openai/gpt-4o"),
                ("X-Kong-Request-Id", "k"),
                ("X-Cache-Status", "Bypass"),
            ],
            Some(Gateway {
                request_id: said("k", "x-kong-request-id"),
                model: said("openai/gpt-4o", "x-kong-llm-model"),
                cache: Some(Cache::Bypassed),
                ..of(GatewayKind::KongAi)
            }),
        ),
        (
            "ngrok",
            &[("Ngrok-AIG-Request-Id", "n"), ("Ngrok-AIG-Model", "m")],
            Some(Gateway {
                request_id: said("n", "ngrok-aig-request-id"),
                model: said("m", "ngrok-aig-model"),
                ..of(GatewayKind::Ngrok)
            }),
        ),
        ("ai-gateway.vercel.sh", &[("x-vercel-id", "iad1::a")], Some(of(GatewayKind::Vercel))),
        (
            "pod",
            &[("x-gateway-destination-endpoint", "10.1.2.3:8000")],
            Some(of(GatewayKind::InferenceExtension)),
        ),
        ("x", &[("x-ai-eg-backend", "b"), ("server", "envoy")], Some(of(GatewayKind::EnvoyAi))),
        ("x", &[("server", "istio-envoy")], Some(of(GatewayKind::Envoy))),
        ("x", &[("server", "nginx")], None),
        ("helicone.ai.example", &[], None),
    ] {
        assert_eq!(gateway(host, fields), expect, "{host} {fields:?}");
    }
    assert_eq!(hear(&[("helicone-cache", "?")]).unknown_shape, 1);
}

#[test]
fn attempts_of_gateways_are_read() {
    let of = |retries, fallbacks, gave_up| Attempts {
        gateway_retries: retries,
        gateway_fallbacks: fallbacks,
        gateway_gave_up: gave_up,
        ..Attempts::default()
    };
    for (fields, expect, unknown) in [
        (
            &[("x-litellm-attempted-retries", "2"), ("x-litellm-attempted-fallbacks", "1")][..],
            of(Some(2), Some(1), false),
            0,
        ),
        (&[("x-portkey-retry-attempt-count", "0")], of(Some(0), None, false), 0),
        (&[("x-portkey-retry-attempt-count", "-1")], of(None, None, true), 0),
        (&[("x-envoy-attempt-count", "1")], of(Some(0), None, false), 0),
        (&[("x-envoy-attempt-count", "3")], of(Some(2), None, false), 0),
        (&[("x-envoy-attempt-count", "0")], of(None, None, false), 1),
        (&[("cf-aig-step", "1")], of(None, Some(1), false), 0),
        (&[("x-litellm-attempted-retries", "4294967296")], of(None, None, false), 1),
    ] {
        let facts = hear(fields);
        assert_eq!((facts.attempts, facts.unknown_shape), (expect, unknown), "{fields:?}");
    }
}

#[test]
fn servers_have_fingerprints() {
    for (fields, expect) in [
        (&[("server", "uvicorn")][..], Some(Fingerprint::Uvicorn)),
        (&[("server", "llama.cpp")], Some(Fingerprint::LlamaCpp)),
        (&[("x-groq-region", "us-west-1"), ("openai-version", "1")], Some(Fingerprint::Groq)),
        (&[("mistral-correlation-id", "x")], Some(Fingerprint::Mistral)),
        (&[("x-ds-trace-id", "x")], Some(Fingerprint::DeepSeek)),
        (&[("X-Generation-Id", "gen-1")], Some(Fingerprint::OpenRouter)),
        (&[("x-quota-snapshot-chat", "ent=1")], Some(Fingerprint::GitHubCopilot)),
        (
            &[("server", "uvicorn"), ("llm_provider-anthropic-organization-id", "o")],
            Some(Fingerprint::Anthropic),
        ),
        (&[("server", "cloudflare")], None),
    ] {
        assert_eq!(hear(fields).fingerprint, expect, "{fields:?}");
    }
}

#[test]
fn places_are_kept_apart() {
    let place = hear(&[
        ("x-groq-region", "us-west-1"),
        ("x-litellm-model-region", "eu"),
        ("x-vercel-id", "sfo1::iad1::abc"),
        ("x-amz-cf-pop", "FRA56-P1"),
        ("x-gateway-destination-endpoint", "10.1.2.3:8000"),
        ("x-gateway-destination-endpoint-served", "10.1.2.4:8000"),
    ])
    .place;
    assert_eq!(
        place,
        Place {
            region: said("us-west-1", "x-groq-region"),
            area: None,
            pool: said("10.1.2.4:8000", "x-gateway-destination-endpoint-served"),
            edge: said("sfo1", "x-vercel-id"),
        }
    );
    for (name, value, unknown) in [
        ("cf-ray", "8f2a1b2c3d4e5f60", 0),
        ("x-vercel-id", "abc", 0),
        ("x-ms-region", "\u{7}", 1),
        ("x-ms-region", "Köln", 1),
    ] {
        let facts = hear(&[(name, value)]);
        assert_eq!((facts.place, facts.unknown_shape), (Place::default(), unknown), "{name}: {value}");
    }
    let long = "x".repeat(limits::TEXT + 1);
    assert_eq!(hear(&[("x-ms-region", &long)]).place.region, None);
}

#[test]
fn costs_are_told_as_written() {
    for (value, expect, unknown) in [
        ("0.0000214", Some("0.0000214"), 0),
        ("2.14e-05", Some("2.14e-05"), 0),
        ("0", Some("0"), 0),
        ("None", None, 0),
        ("-1", None, 1),
        ("NaN", None, 1),
        ("free", None, 1),
    ] {
        let facts = hear(&[("x-litellm-response-cost", value)]);
        let cost = facts.cost.as_ref().map(|cost| cost.usd.as_str());
        assert_eq!((cost, facts.unknown_shape), (expect, unknown), "{value}");
    }
}

#[test]
fn the_best_id_is_taken() {
    let long = "x".repeat(limits::TEXT + 1);
    for (fields, expect) in [
        (&[("x-request-id", "a"), ("apim-request-id", "b")][..], Some(("apim-request-id", "b"))),
        (&[("cf-ray", "r"), ("request-id", "req_1")], Some(("request-id", "req_1"))),
        (
            &[("x-litellm-call-id", "l"), ("x-request-id", "p"), ("llm_provider-x-request-id", "o")],
            Some(("llm_provider-x-request-id", "o")),
        ),
        (&[("x-portkey-trace-id", "t"), ("cf-ray", "r")], Some(("x-portkey-trace-id", "t"))),
        (&[("request-id", ""), ("x-request-id", "p")], Some(("x-request-id", "p"))),
        (&[("request-id", &long), ("x-request-id", "p")], Some(("x-request-id", "p"))),
        (&[("content-type", "x")], None),
    ] {
        assert_eq!(request_id(&headers(fields)), expect, "{fields:?}");
    }
    assert_eq!(request_ids_of("anthropic"), ["request-id"]);
    assert!(request_ids_of("nobody").is_empty());
}
