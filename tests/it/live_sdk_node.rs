//! Field truth for the makers' SDKs for Node, and for Bedrock's in both languages: the agent's figures are what the SDK
//! itself returned. No tolerance.

use anyhow::{Context as _, ensure};
use serde_json::json;
use tests::harness::{
    Agent, ClientCall, Report, Running, SdkApi, SdkCall, SdkUse,
    compare::misplaced,
    compare_sdk::differences,
    report::{AgentCall, name},
    say,
    sdk::{BOTO3, NODE},
    skip,
};

use crate::scene::{CLIENT, HOOKED, PRINTED, Scene};

/// APIs that the agent does not read yet: it must say nothing of their calls. Support for one that lands makes its test
/// fail until its line here is gone.
const NOT_YET: [(&str, &str); 0] = [];

/// Whether the agent reads this API.
pub(crate) fn is_read(api: &SdkApi) -> bool {
    !NOT_YET.contains(&(api.sdk, api.api))
}

/// What is played to each: every kind of token, tool calls and reasoning; an answer without any of them; and what fails by
/// the client's fault, a limit, and the server's fault.
const SCRIPTS: [&str; 5] = [
    "chunks=3,tool=2,thoughts=2,cached=64,cache_write=32,reasoning=9,ttft_ms=2,gap_ms=1",
    "chunks=2,ttft_ms=1,gap_ms=1",
    "status=400",
    "status=429",
    "status=500",
];

/// Holds the agent to all of these APIs.
fn check(test: &'static str, apis: &[SdkApi]) -> anyhow::Result<()> {
    let Some(scene) = Scene::enter(test)? else {
        return Ok(());
    };
    let first = apis.first().context("no API")?;
    // Installed before the agent starts: the installer's processes are none of its business.
    if let Err(error) = scene.clients.sdk(first, &SdkUse::default()) {
        skip(test, &format!("its SDK cannot be installed: {error:#}"));
        return Ok(());
    }
    let agent = scene.agent()?;
    let (mut seen, mut unseen) = (Vec::new(), Vec::new());
    for api in apis {
        let read = is_read(api);
        if !read {
            say(&format!("NOT YET: {} is not read", api.name()));
        }
        for stream in [false, true].into_iter().take(1 + usize::from(api.streams)) {
            let calls = play(&scene, &agent, api, stream)?;
            if read { seen.extend(calls) } else { unseen.extend(calls) }
        }
    }
    agent.wait_for_lines(seen.len(), PRINTED);
    let report = agent.stop()?;
    report.explain(compare(&scene, &report, &seen, &unseen))
}

/// One process that plays all scripts, once the agent has hooked its executable.
fn play(scene: &Scene, agent: &Agent, api: &SdkApi, stream: bool) -> anyhow::Result<Vec<SdkCall>> {
    let calls = SCRIPTS.len().try_into()?;
    let using = SdkUse { stream, tools: api.tools, calls, ..SdkUse::default() };
    let mut command = scene.clients.sdk(api, &using)?;
    command.arg("--on-input");
    let executable = command.get_program().to_string_lossy().into_owned();
    let is_node = executable.ends_with("node");
    let mut client = Running::start(command, Some(&scene.cgroup))?;
    // This is said of the first process only, and true of all after it. Python's library is small and known.
    if is_node {
        let hooked = agent.says(&format!("path={executable:?}"), HOOKED);
        ensure!(hooked, "the agent did not say within {HOOKED:?} that it hooked {executable}");
    }
    let how = if stream { "stream" } else { "whole" };
    for (number, script) in SCRIPTS.iter().enumerate() {
        let model = format!("{}-{}-{how}-{number}", api.sdk, api.api);
        client.tell(&json!({"model": model, "script": script}).to_string())?;
    }
    let ended = client.wait(CLIENT)?;
    ensure!(ended.status.success(), "{} ended with {}:\n{}", api.name(), ended.status, ended.stderr);
    let calls = SdkCall::read_lines(&ended.stdout)?;
    ensure!(calls.len() == SCRIPTS.len(), "{} made {} calls", api.name(), calls.len());
    Ok(calls)
}

fn compare(scene: &Scene, report: &Report, seen: &[SdkCall], unseen: &[SdkCall]) -> anyhow::Result<()> {
    let told = |call: &SdkCall| -> Vec<&AgentCall> {
        let model = Some(call.request_model.as_str());
        report.calls.iter().filter(|told| told.text(name::REQUEST_MODEL) == model).collect()
    };
    let mut wrong = Vec::new();
    for call in seen {
        let name = &call.request_model;
        match told(call)[..] {
            [told] => {
                let truth = call.truth(&scene.provider)?;
                let client = ClientCall { times: call.times.clone(), ..ClientCall::default() };
                let mut found = [differences(call, told), misplaced(&truth, told, &client)].concat();
                let counts = (told.number(name::CHUNKS), told.number(name::CONTENT_CHUNKS));
                let sent = (truth.chunks.len() as u64, truth.content_chunks());
                if truth.stream && counts != (Some(sent.0), Some(sent.1)) {
                    found.push(format!("chunks and those with content: {sent:?} sent, agent {counts:?}"));
                }
                wrong.extend(found.iter().map(|found| format!("{name}: {found}")));
            }
            ref several => wrong.push(format!("{name}: reported {} times", several.len())),
        }
    }
    for call in unseen.iter().filter(|call| !told(call).is_empty()) {
        wrong.push(format!("{}: it is read: take it from NOT_YET", call.request_model));
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    let (told, made) = (report.calls.len(), seen.len());
    ensure!(told == made, "{told} calls were reported, {made} were made");
    report.counters.check()
}

fn of_node(sdk: &str) -> Vec<SdkApi> {
    NODE.into_iter().filter(|api| api.sdk == sdk).collect()
}

#[test]
fn node_sdk_openai() -> anyhow::Result<()> {
    check("node_sdk_openai", &of_node("openai"))
}

#[test]
fn node_sdk_anthropic() -> anyhow::Result<()> {
    check("node_sdk_anthropic", &of_node("anthropic"))
}

#[test]
fn node_sdk_google() -> anyhow::Result<()> {
    check("node_sdk_google", &of_node("google"))
}

/// HTTP/2, a connection for each stream.
#[test]
fn node_sdk_bedrock() -> anyhow::Result<()> {
    check("node_sdk_bedrock", &of_node("bedrock"))
}

#[test]
fn boto3() -> anyhow::Result<()> {
    check("boto3", &BOTO3)
}

/// The same SDKs on a Node whose fetch speaks HTTP/2.
#[test]
fn node_sdks_by_http2() -> anyhow::Result<()> {
    let streams = NODE.into_iter().filter(|api| api.streams).map(SdkApi::by_new_node);
    check("node_sdks_by_http2", &streams.collect::<Vec<_>>())
}
