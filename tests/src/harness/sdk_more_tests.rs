//! The same for Node and for Bedrock.

use super::{tests::hold, *};
use crate::{
    harness::{compare_sdk::wrong, live::skip},
    provider::{End, Options},
};

const LIMIT: Duration = Duration::from_secs(120);

fn of_node(sdk: &str) -> impl Iterator<Item = SdkApi> {
    NODE.into_iter().filter(move |api| api.sdk == sdk)
}

#[test]
fn openai() -> anyhow::Result<()> {
    hold(of_node("openai"))
}

#[test]
fn anthropic() -> anyhow::Result<()> {
    hold(of_node("anthropic"))
}

#[test]
fn google() -> anyhow::Result<()> {
    hold(of_node("google"))
}

#[test]
fn bedrock() -> anyhow::Result<()> {
    hold(of_node("bedrock"))
}

#[test]
fn boto3() -> anyhow::Result<()> {
    hold(BOTO3)
}

/// The same SDKs, whose fetch then speaks HTTP/2.
#[test]
fn on_a_new_node() -> anyhow::Result<()> {
    hold(NODE.into_iter().filter(|api| api.streams).map(SdkApi::by_new_node))
}

/// Calls of one use, with their truths; nothing where the SDK cannot be installed.
fn calls(provider: &Provider, api: &SdkApi, using: &SdkUse<'_>) -> anyhow::Result<Vec<(SdkCall, Truth)>> {
    let clients = Clients::new(provider)?;
    let Ok(command) = clients.sdk(api, using) else {
        skip(&format!("the SDK {}", api.sdk), "it cannot be installed on this machine");
        return Ok(Vec::new());
    };
    let calls = SdkCall::run(command, None, LIMIT)?;
    ensure!(!calls.is_empty(), "{} made no call", api.name());
    calls.into_iter().map(|call| call.truth(provider).map(|truth| (call, truth))).collect()
}

/// Which version of HTTP each speaks with a server that offers both.
#[test]
fn versions_of_http() -> anyhow::Result<()> {
    let provider = Provider::start(Options::default())?;
    let find = |sdk: &str, api: &str| of_node(sdk).find(|one| one.api == api).context("in the table");
    for (api, http2) in [
        (find("openai", "chat")?, false),
        (find("openai", "responses")?.by_new_node(), true),
        (find("bedrock", "count_tokens")?, true),
        (find("bedrock", "converse")?, true),
        (BOTO3[1], false),
    ] {
        for (_, truth) in calls(&provider, &api, &SdkUse::default())? {
            assert_eq!(truth.http2_stream.is_some(), http2, "{api:?}");
        }
    }
    Ok(())
}

/// What is refused is an error with the provider's own word, and so is one that comes in the stream.
#[test]
fn errors_keep_the_providers_word() -> anyhow::Result<()> {
    for (sdk, api, code) in [
        ("openai", "chat", "rate_limit_exceeded"),
        ("openai", "responses", "rate_limit_exceeded"),
        ("anthropic", "messages", "rate_limit_error"),
        ("google", "generate", "RESOURCE_EXHAUSTED"),
        ("bedrock", "converse", "ThrottlingException"),
        ("bedrock", "invoke", "ThrottlingException"),
    ] {
        for api in NODE.into_iter().chain(BOTO3).filter(|one| (one.sdk, one.api) == (sdk, api)) {
            for stream in [false, true] {
                let provider = Provider::start(Options::default())?;
                let using = SdkUse { stream, script: "status=429", ..SdkUse::default() };
                for (call, truth) in calls(&provider, &api, &using)? {
                    let error = call.error.clone().with_context(|| format!("{api:?} saw no error"))?;
                    ensure!((error.status, error.code.as_deref()) == (Some(429), Some(code)), "{error:?}");
                    let wrong = wrong(&call, &truth);
                    ensure!(wrong.is_empty(), "{api:?}: {wrong:#?}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_stream_may_fail_in_its_midst() -> anyhow::Result<()> {
    let failing = |api: &SdkApi| api.sdk == "bedrock" && api.streams;
    for api in NODE.into_iter().chain(BOTO3).filter(failing) {
        let provider = Provider::start(Options::default())?;
        let using = SdkUse { stream: true, script: "chunks=5,error_after=2", ..SdkUse::default() };
        for (call, truth) in calls(&provider, &api, &using)? {
            let error = call.error.clone().with_context(|| format!("{api:?} saw no error"))?;
            // Each language's own way to write a name.
            let code = error.code.context("a code")?.to_lowercase();
            ensure!(code == "modelstreamerrorexception", "{api:?}: {code}");
            assert_eq!((truth.content_chunks(), truth.end), (2, End::Whole));
            let wrong = wrong(&call, &truth);
            ensure!(wrong.is_empty(), "{api:?}: {wrong:#?}");
        }
    }
    Ok(())
}

/// A call that fails is made again, as often as it may be, and each attempt is one for the provider.
#[test]
fn what_fails_is_tried_again() -> anyhow::Result<()> {
    for (sdk, api) in [("openai", "chat"), ("anthropic", "messages"), ("bedrock", "converse")] {
        for api in NODE.into_iter().chain(BOTO3).filter(|one| (one.sdk, one.api) == (sdk, api)) {
            let provider = Provider::start(Options::default())?;
            let using = SdkUse { script: "status=503", retries: 1, ..SdkUse::default() };
            let clients = Clients::new(&provider)?;
            let Ok(command) = clients.sdk(&api, &using) else {
                skip(&format!("the SDK {sdk}"), "it cannot be installed on this machine");
                continue;
            };
            ensure!(SdkCall::run(command, None, LIMIT)?.len() == 1);
            let statuses: Vec<u16> = provider.log().all().iter().map(|truth| truth.status).collect();
            assert_eq!(statuses, [503, 503], "{api:?}");
        }
    }
    Ok(())
}
