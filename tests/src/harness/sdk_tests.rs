//! The SDKs against the provider, without an agent: each API, whole and as a stream, returns what was sent. Where an SDK
//! cannot be installed, its tests skip by name.

use super::*;
use crate::{
    harness::{compare_sdk::wrong, live::skip},
    provider::Options,
};

const LIMIT: Duration = Duration::from_secs(120);

/// Each API of an SDK for Python.
fn check(sdk: &str) -> anyhow::Result<()> {
    hold(PYTHON.into_iter().filter(|api| api.sdk == sdk))
}

/// Plays a script with each API, and holds it to the provider's truth.
pub(super) fn hold(apis: impl IntoIterator<Item = SdkApi>) -> anyhow::Result<()> {
    let provider = Provider::start(Options::default())?;
    let clients = Clients::new(&provider)?;
    let mut compared = 0;
    for api in &apis.into_iter().collect::<Vec<_>>() {
        for stream in [false, true].into_iter().take(1 + usize::from(api.streams)) {
            let script = "chunks=3,tool=2,thoughts=2,cached=64,cache_write=32,reasoning=9,ttft_ms=1,gap_ms=1";
            let using = SdkUse { stream, tools: api.tools, script, calls: 2, ..SdkUse::default() };
            let Ok(command) = clients.sdk(api, &using) else {
                skip(&format!("the SDK {}", api.sdk), "it cannot be installed on this machine");
                return Ok(());
            };
            let calls = SdkCall::run(command, None, LIMIT)?;
            ensure!(calls.len() == 2, "{}: {} calls", api.name(), calls.len());
            for call in calls {
                let truth = call.truth(&provider)?;
                let wrong = wrong(&call, &truth);
                ensure!(wrong.is_empty(), "{} {}: {wrong:#?}\n{call:#?}", api.name(), call.request_model);
                ensure!(call.error.is_none(), "{}: {:?}", api.name(), call.error);
                ensure!(!stream || call.events >= 3, "{}: {} events", api.name(), call.events);
                compared += 1;
            }
        }
    }
    ensure!(compared > 0, "no API at all");
    Ok(())
}

#[test]
fn openai() -> anyhow::Result<()> {
    check("openai")
}

#[test]
fn anthropic() -> anyhow::Result<()> {
    check("anthropic")
}

#[test]
fn google() -> anyhow::Result<()> {
    check("google")
}

#[test]
fn mistral() -> anyhow::Result<()> {
    check("mistral")
}

#[test]
fn cohere() -> anyhow::Result<()> {
    check("cohere")
}

#[test]
fn ollama() -> anyhow::Result<()> {
    check("ollama")
}

#[test]
fn litellm() -> anyhow::Result<()> {
    check("litellm")
}

/// What a provider refuses is an error of the SDK's, with the provider's own word where the SDK keeps it.
#[test]
fn errors_keep_the_providers_word() -> anyhow::Result<()> {
    let provider = Provider::start(Options::default())?;
    let clients = Clients::new(&provider)?;
    for (sdk, api, code) in [
        ("openai", "chat", Some("rate_limit_exceeded")),
        ("openai", "responses", Some("rate_limit_exceeded")),
        ("anthropic", "messages", Some("rate_limit_error")),
        ("google", "generate", Some("RESOURCE_EXHAUSTED")),
        ("mistral", "chat", Some("rate_limited")),
        ("cohere", "chat", None),
        ("ollama", "chat", None),
    ] {
        let api = find(sdk, api);
        for stream in [false, true] {
            let using = SdkUse { stream, script: "status=429", ..SdkUse::default() };
            let Ok(command) = clients.sdk(api, &using) else {
                skip(&format!("errors of the SDK {sdk}"), "it cannot be installed on this machine");
                break;
            };
            for call in SdkCall::run(command, None, LIMIT)? {
                let error = call.error.clone().with_context(|| format!("{} saw no error", api.name()))?;
                ensure!((error.status, error.code.as_deref()) == (Some(429), code), "{sdk}: {error:?}");
                let wrong = wrong(&call, &call.truth(&provider)?);
                ensure!(wrong.is_empty(), "{}: {wrong:#?}", api.name());
            }
        }
    }
    Ok(())
}

fn find(sdk: &str, api: &str) -> &'static SdkApi {
    let found = PYTHON.iter().find(|one| one.sdk == sdk && one.api == api);
    found.expect("it is in the table")
}

#[test]
fn every_difference_is_found() {
    let call = SdkCall { request_model: "m".to_owned(), ..SdkCall::default() };
    let truth = Truth { status: 200, ..Truth::default() };
    assert_eq!(wrong(&call, &truth), Vec::<String>::new());
    let some = || Some("x".to_owned());
    let other = SdkCall {
        stream: true,
        request_id: some(),
        response_id: some(),
        response_model: some(),
        finish_reasons: vec!["stop".to_owned()],
        tools: vec![ToolTold::default()],
        usage: Tokens {
            input: Some(1),
            output: Some(0),
            cached: Some(0),
            cache_write: Some(0),
            reasoning: Some(0),
        },
        ..call.clone()
    };
    assert_eq!(wrong(&other, &truth).len(), 11, "{:?}", wrong(&other, &truth));
    let unsaid = ["request_id", "usage.cached"].map(str::to_owned).to_vec();
    assert_eq!(wrong(&SdkCall { unsaid, ..other }, &truth).len(), 9);
    let failed = SdkCall { error: Some(SdkError { status: Some(429), ..SdkError::default() }), ..call };
    assert_eq!(wrong(&failed, &truth), ["status: SDK Some(429), provider Some(200)"]);
    assert!(SdkCall::read_lines(b"{}\nTraceback").is_err());
}
