//! Field truth: for each SDK and API, the agent's figures are what the SDK itself returned. No tolerance.

use anyhow::ensure;
use tests::harness::{
    ClientCall, SdkApi, SdkCall, SdkUse, compare::misplaced, compare_sdk::differences, report::AgentCall,
    say, sdk::PYTHON, skip,
};

use crate::scene::{CLIENT, PRINTED, Scene};

/// APIs that the agent does not read yet: it must say nothing of their calls. Support for one that lands makes its test
/// fail until its line here is gone.
const NOT_YET: [(&str, &str); 1] = [("ollama", "embed")];
/// Fields of APIs that are read, which the agent does not tell yet as the SDK does: they must differ, of every answer.
const WRONG_YET: [(&str, &str, &str); 0] = [];

/// What is played: every kind of token, tool calls and reasoning; and an answer without any of them.
const SCRIPTS: [&str; 2] = [
    "chunks=3,tool=2,thoughts=2,cached=64,cache_write=32,reasoning=9,ttft_ms=2,gap_ms=1",
    "chunks=2,ttft_ms=1,gap_ms=1",
];
/// What fails: the client's fault, a limit, the server's fault.
const FAILURES: [&str; 3] = ["status=400", "status=429", "status=500"];

/// Holds the agent to all APIs of an SDK.
fn check(test: &'static str, sdk: &str) -> anyhow::Result<()> {
    let Some(scene) = Scene::enter(test)? else {
        return Ok(());
    };
    let apis: Vec<&SdkApi> = PYTHON.iter().filter(|api| api.sdk == sdk).collect();
    ensure!(!apis.is_empty(), "there is no SDK {sdk}");
    // Installed before the agent starts: the installer's processes are none of its business.
    if let Err(error) = scene.clients.sdk(apis[0], &SdkUse::default()) {
        skip(test, &format!("its SDK cannot be installed: {error:#}"));
        return Ok(());
    }
    let agent = scene.agent()?;
    let (mut seen, mut unseen) = (Vec::new(), Vec::new());
    for api in &apis {
        let read = !NOT_YET.contains(&(api.sdk, api.api));
        if !read {
            say(&format!("NOT YET: {} is not read", api.name()));
        }
        for stream in [false, true].into_iter().take(1 + usize::from(api.streams)) {
            for (number, script) in SCRIPTS.iter().chain(&FAILURES).enumerate() {
                let using = SdkUse { stream, tools: api.tools, script, ..SdkUse::default() };
                let mut command = scene.clients.sdk(api, &using)?;
                // The last one counts: each call's model is its own.
                let how = if stream { "stream" } else { "whole" };
                command.args(["--model", &format!("{sdk}-{}-{how}-{number}", api.api)]);
                let calls = SdkCall::run(command, Some(&scene.cgroup), CLIENT)?;
                if read { seen.extend(calls) } else { unseen.extend(calls) }
            }
        }
    }
    agent.wait_for_lines(seen.len(), PRINTED);
    let report = agent.stop()?;
    let told = |call: &SdkCall| -> Vec<&AgentCall> {
        let model = Some(call.request_model.as_str());
        report.calls.iter().filter(|told| told.text("gen_ai.request.model") == model).collect()
    };
    let mut wrong = Vec::new();
    for call in &seen {
        let name = &call.request_model;
        match told(call)[..] {
            [told] => {
                let truth = call.truth(&scene.provider)?;
                let times = ClientCall { times: call.times.clone(), ..ClientCall::default() };
                let found = [differences(call, told), misplaced(&truth, told, &times)].concat();
                wrong.extend(known(call, found).iter().map(|found| format!("{name}: {found}")));
            }
            ref several => wrong.push(format!("{name}: reported {} times", several.len())),
        }
    }
    for call in &unseen {
        if !told(call).is_empty() {
            wrong.push(format!("{}: it is read: take it from NOT_YET", call.request_model));
        }
    }
    ensure!(wrong.is_empty(), "{sdk}: {wrong:#?}\n{}", report.stderr);
    let (told, made) = (report.calls.len(), seen.len());
    ensure!(told == made, "{told} calls were reported, {made} were made");
    report.counters.check()
}

/// What was found beyond [`WRONG_YET`], and what of that was not found.
fn known(call: &SdkCall, mut found: Vec<String>) -> Vec<String> {
    if call.error.is_some() {
        return found;
    }
    for (_, _, field) in WRONG_YET.iter().filter(|(sdk, api, _)| call.sdk == *sdk && call.api == *api) {
        let before = found.len();
        found.retain(|found| !found.starts_with(&format!("{field}: ")));
        match found.len() == before {
            true => found.push(format!("{field} is told as it is: take it from WRONG_YET")),
            false => say(&format!("NOT YET: {field} of {} {}", call.sdk, call.api)),
        }
    }
    found
}

#[test]
fn sdk_openai() -> anyhow::Result<()> {
    check("sdk_openai", "openai")
}

#[test]
fn sdk_anthropic() -> anyhow::Result<()> {
    check("sdk_anthropic", "anthropic")
}

#[test]
fn sdk_google() -> anyhow::Result<()> {
    check("sdk_google", "google")
}

#[test]
fn sdk_mistral() -> anyhow::Result<()> {
    check("sdk_mistral", "mistral")
}

#[test]
fn sdk_cohere() -> anyhow::Result<()> {
    check("sdk_cohere", "cohere")
}

#[test]
fn sdk_ollama() -> anyhow::Result<()> {
    check("sdk_ollama", "ollama")
}

#[test]
fn sdk_litellm() -> anyhow::Result<()> {
    check("sdk_litellm", "litellm")
}
