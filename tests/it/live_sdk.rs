//! Field truth: for each SDK and API, the agent's figures are what the SDK itself returned. No tolerance.

use std::collections::BTreeSet;

use anyhow::ensure;
use tests::harness::{
    ClientCall, SdkApi, SdkCall, SdkUse, compare::misplaced, compare_sdk::differences, report::AgentCall,
    sdk::PYTHON, skip,
};

use crate::scene::{CLIENT, PRINTED, Scene};

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
    let mut seen = Vec::new();
    for api in &apis {
        for stream in [false, true].into_iter().take(1 + usize::from(api.streams)) {
            for (number, script) in SCRIPTS.iter().chain(&FAILURES).enumerate() {
                let using = SdkUse { stream, tools: api.tools, script, ..SdkUse::default() };
                let mut command = scene.clients.sdk(api, &using)?;
                // The last one counts: each call's model is its own.
                let how = if stream { "stream" } else { "whole" };
                command.args(["--model", &format!("{sdk}-{}-{how}-{number}", api.api)]);
                seen.extend(SdkCall::run(command, Some(&scene.cgroup), CLIENT)?);
            }
        }
    }
    agent.wait_for_lines(seen.len(), PRINTED);
    let report = agent.stop()?;
    let told = |call: &SdkCall| -> Vec<&AgentCall> {
        let model = Some(call.request_model.as_str());
        report.calls.iter().filter(|told| told.text("gen_ai.request.model") == model).collect()
    };
    let (mut wrong, mut retries) = (Vec::new(), 0);
    for call in &seen {
        let name = &call.request_model;
        match told(call)[..] {
            [told] => {
                let truth = call.truth(&scene.provider)?;
                let times = ClientCall { times: call.times.clone(), ..ClientCall::default() };
                let found = [differences(call, told), misplaced(&truth, told, &times)].concat();
                wrong.extend(found.iter().map(|found| format!("{name}: {found}")));
            }
            ref several if call.error.is_some() => {
                retries += several.len().saturating_sub(1);
                wrong.extend(tries(several).map(|found| format!("{name}: {found}")));
            }
            ref several => wrong.push(format!("{name}: reported {} times", several.len())),
        }
    }
    ensure!(wrong.is_empty(), "{sdk}: {wrong:#?}\n{}", report.stderr);
    let (told, made) = (report.calls.len(), seen.len() + retries);
    ensure!(told == made, "{told} calls were reported, {made} were made");
    report.counters.check()
}

/// What is wrong with these, which the SDK says was one call that failed: it has tried again by itself, so they are the
/// tries of one call, numbered.
fn tries(several: &[&AgentCall]) -> Option<String> {
    let logical: BTreeSet<_> = several.iter().map(|call| call.text("wirelight.retry.call")).collect();
    let numbers: Vec<_> =
        several.iter().map(|call| call.number("http.request.resend_count").unwrap_or_default()).collect();
    let in_order = numbers.iter().copied().eq(0..several.len() as u64);
    let one = logical.len() == 1 && !logical.contains(&None);
    (!one || !in_order || several.is_empty())
        .then(|| format!("reported {} times, tries {numbers:?} of {logical:?}", several.len()))
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
