//! Heads of requests: attempts, clients, regions in names.

use super::*;

#[test]
fn stainless_sdks_tell_of_themselves() {
    let facts = ask(
        "127.0.0.1",
        "/v1/chat/completions",
        &[
            ("User-Agent", "OpenAI/Python 2.54.0"),
            ("X-Stainless-Lang", "python"),
            ("X-Stainless-Package-Version", "2.54.0"),
            ("X-Stainless-OS", "Linux"),
            ("X-Stainless-Arch", "x64"),
            ("X-Stainless-Runtime", "CPython"),
            ("X-Stainless-Runtime-Version", "3.11.7"),
            ("X-Stainless-Async", "false"),
            ("X-Stainless-Raw-Response", "true"),
            ("X-Stainless-Helper-Method", "stream"),
            ("x-stainless-retry-count", "2"),
            ("x-stainless-read-timeout", "600.0"),
        ],
    );
    assert_eq!(facts.attempts, Attempts { retry: Some(2), ..Attempts::default() });
    assert_eq!(
        facts.client,
        Client {
            language: said("python", "x-stainless-lang"),
            package_version: said("2.54.0", "x-stainless-package-version"),
            runtime: said("CPython", "x-stainless-runtime"),
            runtime_version: said("3.11.7", "x-stainless-runtime-version"),
            os: said("Linux", "x-stainless-os"),
            arch: said("x64", "x-stainless-arch"),
            helper: said("stream", "x-stainless-helper-method"),
            read_timeout: Some(600 * S),
            ..Client::default()
        }
    );
    assert_eq!((facts.place, facts.unknown_shape), (Place::default(), 0));
}

#[test]
fn aws_numbers_its_attempts() {
    let id = "9598a0b1-da81-4d1e-9a27-7212d877fcf3";
    let expect = |retry, max| Attempts {
        retry,
        max,
        invocation: said(id, "amz-sdk-invocation-id"),
        ..Attempts::default()
    };
    for (request, expect, unknown) in [
        ("attempt=1; max=3", expect(Some(0), Some(3)), 0),
        ("attempt=2; max=3", expect(Some(1), Some(3)), 0),
        ("ttl=20261121T120000Z; attempt=3; max=5", expect(Some(2), Some(5)), 0),
        ("attempt=1", expect(Some(0), None), 0),
        ("attempt=0; max=3", expect(None, Some(3)), 1),
        ("attempt=x; max=y", expect(None, None), 1),
        ("attempt", expect(None, None), 0),
    ] {
        let fields = [("amz-sdk-invocation-id", id), ("amz-sdk-request", request)];
        let facts = ask("bedrock-runtime.us-east-1.amazonaws.com", "/model/m/converse", &fields);
        assert_eq!((facts.attempts, facts.unknown_shape), (expect, unknown), "{request}");
    }
}

#[test]
fn an_invocation_of_aws_comes_before_a_key() {
    for fields in [
        [("idempotency-key", "k"), ("amz-sdk-invocation-id", "i")],
        [("amz-sdk-invocation-id", "i"), ("idempotency-key", "k")],
    ] {
        assert_eq!(ask("h", "/", &fields).attempts.invocation, said("i", "amz-sdk-invocation-id"));
    }
}

#[test]
fn requests_and_responses_tell_of_attempts_together() {
    let mut attempts = ask("h", "/", &[("x-stainless-retry-count", "1"), ("idempotency-key", "k")]).attempts;
    attempts.fill(hear(&[("x-envoy-attempt-count", "2"), ("x-litellm-attempted-fallbacks", "0")]).attempts);
    assert_eq!(
        attempts,
        Attempts {
            retry: Some(1),
            max: None,
            invocation: said("k", "idempotency-key"),
            gateway_retries: Some(1),
            gateway_fallbacks: Some(0),
            gateway_gave_up: false,
        }
    );
}

#[test]
fn time_limits_of_clients_are_read() {
    let client = |fields: &[(&str, &str)]| {
        let facts = ask("h", "/", fields);
        (facts.client, facts.unknown_shape)
    };
    let (told, unknown) = client(&[
        ("x-stainless-timeout", "600"),
        ("x-stainless-read-timeout", "NOT_GIVEN"),
        ("x-slo-ttft-ms", "200"),
        ("x-slo-tpot-ms", "12.5"),
    ]);
    assert_eq!(unknown, 0);
    assert_eq!((told.timeout, told.read_timeout), (Some(600 * S), None));
    assert_eq!((told.wanted_first_token, told.wanted_per_token), (Some(200 * MS), Some(12_500_000)));
    assert_eq!(client(&[("cf-aig-request-timeout", "1500")]).0.timeout, Some(1_500 * MS));
    assert_eq!(client(&[("x-stainless-timeout", "-1")]), (Client::default(), 1));
    assert_eq!(client(&[("x-stainless-retry-count", "-1")]).1, 1);
}

#[test]
fn hosts_tell_regions() {
    for (host, path, region) in [
        ("bedrock-runtime.us-east-1.amazonaws.com", "/model/m/invoke", Some(("us-east-1", "host"))),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "/", Some(("us-gov-west-1", "host"))),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "/", Some(("cn-north-1", "host"))),
        ("bedrock-runtime.eu-west-1.api.aws", "/", Some(("eu-west-1", "host"))),
        ("vpce-0a1b-2c3d.bedrock-runtime.us-east-1.vpce.amazonaws.com", "/", Some(("us-east-1", "host"))),
        ("BEDROCK-RUNTIME.US-EAST-1.AMAZONAWS.COM.", "/", Some(("us-east-1", "host"))),
        ("us-central1-aiplatform.googleapis.com", "/v1/x", Some(("us-central1", "host"))),
        ("aiplatform.eu.rep.googleapis.com", "/", Some(("eu", "host"))),
        (
            "aiplatform.googleapis.com",
            "/v1/projects/p/locations/global/publishers/google/models/m:generateContent",
            Some(("global", "path")),
        ),
        ("aiplatform.googleapis.com", "/v1/models/m", None),
        ("aiplatform.googleapis.com", "/v1/projects/p/locations/", None),
        ("proxy.local", "/v1/projects/p/locations/global/x", None),
        ("eu.api.openai.com", "/v1/chat/completions", Some(("eu", "host"))),
        ("api.openai.com", "/v1/chat/completions", None),
        ("us-east-1.api.x.ai", "/v1/chat/completions", Some(("us-east-1", "host"))),
        ("westeurope.api.cognitive.microsoft.com", "/openai/x", Some(("westeurope", "host"))),
        ("my-model.eastus2.models.ai.azure.com", "/chat/completions", Some(("eastus2", "host"))),
        ("my.openai.azure.com", "/openai/x", None),
        ("bedrock-runtime.a.b.amazonaws.com", "/", None),
        ("bedrock-runtime..amazonaws.com", "/", None),
        ("bedrock-runtime.amazonaws.com", "/", None),
        ("", "", None),
    ] {
        let told = ask(host, path, &[]).place.region;
        let told = told.as_ref().map(|said| (said.text.as_str(), said.source));
        assert_eq!(told, region, "{host}{path}");
    }
}

#[test]
fn model_ids_of_bedrock_tell_areas() {
    for (model, area) in [
        ("us.anthropic.claude-sonnet-4-v1:0", Some("us")),
        ("global.anthropic.claude-sonnet-4-v1%3A0", Some("global")),
        ("apac.amazon.nova-pro-v1:0", Some("apac")),
        ("anthropic.claude-v2", None),
        ("m", None),
        ("arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Feu.anthropic.claude", Some("eu")),
        ("arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fabc", None),
        ("inference-profileü", None),
    ] {
        let host = "bedrock-runtime.us-east-1.amazonaws.com";
        let told = ask(host, &format!("/model/{model}/converse-stream"), &[]).place.area;
        assert_eq!(told.map(|said| said.text), area.map(str::to_owned), "{model}");
    }
    assert_eq!(ask("h", "/model/us.anthropic.claude/converse", &[]).place.area, None);
}

#[test]
fn a_head_s_place_comes_before_a_host_s() {
    let mut place = hear(&[("x-ms-region", "East US")]).place;
    place.fill(ask("bedrock-runtime.us-east-1.amazonaws.com", "/model/us.a.b/invoke", &[]).place);
    assert_eq!(
        place,
        Place { region: said("East US", "x-ms-region"), area: said("us", "model id"), ..Place::default() }
    );
}
