//! Streams of HTTP/2 that are given up: such a call is told once, with who ended it and what came until then, and the
//! others of its connection are whole.

use std::process::Command;

use anyhow::{Context as _, ensure};
use tests::{
    harness::{Agent, ClientCall, Report, compare::differences, report::name, say, skip},
    provider::End,
};

use crate::scene::{PRINTED, Scene};

/// The number of the call that is left. It is the shortest: what still comes of it, others read.
const LEFT: u32 = 0;
const CALLS: usize = 4;
const SCRIPT: &str = "ttft_ms=100,gap_ms=30,chunks=2{i}";
const ERROR_TYPE: &str = "error.type";

/// Makes the calls, one of which is left; `None`: there is no such client, which is said.
fn command(test: &str, command: anyhow::Result<Command>) -> Option<Command> {
    let mut command = command.map_err(|error| skip(test, &error.to_string())).ok()?;
    command.args(["--script", SCRIPT, "--model", "m-{i}"]);
    command.args(["--leave", &LEFT.to_string(), "--count", &CALLS.to_string()]);
    Some(command)
}

/// The client resets the stream, and `error_type` is what is said of it.
fn reset(
    test: &'static str,
    error_type: &str,
    make: impl Fn(&Scene) -> anyhow::Result<Command>,
) -> anyhow::Result<()> {
    reset_by(test, error_type, make, |scene, _, command| scene.run(command))
}

/// The same by a client that is run in a way of its own.
fn reset_by(
    test: &'static str,
    error_type: &str,
    make: impl Fn(&Scene) -> anyhow::Result<Command>,
    run: impl Fn(&Scene, &Agent, Command) -> anyhow::Result<Vec<ClientCall>>,
) -> anyhow::Result<()> {
    let Some(scene) = Scene::enter(test)? else {
        return Ok(());
    };
    let Some(command) = command(test, make(&scene)) else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let made = run(&scene, &agent, command);
    if made.is_ok() {
        agent.wait_for_lines(CALLS, PRINTED);
    }
    let report = agent.stop()?;
    report.explain(made.and_then(|calls| one_is_left(test, error_type, &scene, &report, &calls)))
}

/// One of the calls was told as left, and the others as whole.
fn one_is_left(
    test: &str,
    error_type: &str,
    scene: &Scene,
    report: &Report,
    calls: &[ClientCall],
) -> anyhow::Result<()> {
    ensure!(calls.len() == CALLS, "{} calls", calls.len());
    ensure!(report.calls.len() == CALLS, "{} calls were reported", report.calls.len());
    report.counters.check()?;

    let (left, whole): (Vec<_>, Vec<_>) =
        calls.iter().partition(|call| call.request_model == format!("m-{LEFT}"));
    for call in &whole {
        let (_, told) = scene.told(report, call)?;
        ensure!(call.done && !told.attributes.contains_key(ERROR_TYPE), "{told:#?}");
    }
    let [call] = left[..] else {
        anyhow::bail!("{} calls were left", left.len());
    };
    let truth = scene.truth(call)?;
    ensure!(!call.done && truth.end == End::ClientGone, "it was not left: {call:#?} {truth:#?}");
    let told = report.call(call.id()?)?.context("the call that was left was not reported")?;
    let (sent, chunks) = (truth.chunks.len(), told.number(name::CHUNKS));
    say(&format!("{test}: {sent} chunks sent, {chunks:?} told, {:?}", told.text(ERROR_TYPE)));
    ensure!(told.text(name::OUTCOME) == Some("cut"), "{told:#?}");
    ensure!(told.text(ERROR_TYPE) == Some(error_type), "{told:#?}");
    ensure!(told.text(name::RESPONSE_ID) == truth.response_id.as_deref(), "{told:#?}");
    ensure!(told.text(name::REQUEST_MODEL) == Some(&truth.request_model), "{told:#?}");
    ensure!(!told.truncated() && told.number(name::OUTPUT_TOKENS).is_none(), "{told:#?}");
    // What the client had, and no more than was sent.
    for (what, least, most) in [
        (name::CHUNKS, call.chunks, truth.chunks.len() as u64),
        (name::CONTENT_CHUNKS, call.content_chunks, truth.content_chunks()),
    ] {
        let found = told.number(what).context("no count")?;
        ensure!((least..=most).contains(&found), "{what} {found}, not {least} to {most}");
    }
    let at = &told.ktime;
    ensure!(at.first_token.is_some() && at.last_token <= at.last_byte, "{at:?}");
    Ok(())
}

/// As gRPC, Go and hyper do it.
#[test]
fn node_http2_cancels() -> anyhow::Result<()> {
    reset("node_http2_cancels", "client_cancelled", |scene| scene.clients.node("http2"))
}

/// What Node's `close()` sends when it is told nothing.
#[test]
fn node_http2_closes() -> anyhow::Result<()> {
    reset("node_http2_closes", "client_cancelled", |scene| {
        let mut command = scene.clients.node("http2")?;
        command.args(["--leave-code", "0"]);
        Ok(command)
    })
}

/// INTERNAL_ERROR: the client is broken, or says so.
#[test]
fn node_http2_breaks() -> anyhow::Result<()> {
    reset("node_http2_breaks", "connection_reset", |scene| {
        let mut command = scene.clients.node("http2")?;
        command.args(["--leave-code", "2"]);
        Ok(command)
    })
}

/// An AbortController, as programs on the SDKs use it.
#[test]
fn new_node_fetch_aborts() -> anyhow::Result<()> {
    reset_by(
        "new_node_fetch_aborts",
        "client_cancelled",
        |scene| scene.clients.new_node("fetch"),
        |scene, agent, command| scene.run_hooked(agent, command, CALLS),
    )
}

/// The provider gives up in the middle of an answer.
#[test]
fn the_server_resets() -> anyhow::Result<()> {
    const TEST: &str = "the_server_resets";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Ok(mut command) = scene.clients.node("http2") else {
        skip(TEST, "no node on this machine");
        return Ok(());
    };
    command.args(["--script", "chunks=6,gap_ms=20,abort_after=3", "--calls", "2"]);
    let agent = scene.agent()?;
    let calls = scene.run(command)?;
    agent.wait_for_lines(calls.len(), PRINTED);
    let report = agent.stop()?;
    scene.all_told(&report, &calls)?;
    for call in &calls {
        let (truth, told) = scene.told(&report, call)?;
        ensure!(truth.end == End::Aborted, "{truth:#?}");
        ensure!(told.text(ERROR_TYPE) == Some("connection_reset"), "{told:#?}");
        ensure!(told.text(name::OUTCOME) == Some("cut"), "{told:#?}");
    }
    Ok(())
}

/// httpx closes the response and tells nobody: the rest of it comes while others read, so the call is whole.
#[test]
fn httpx_leaves_without_a_word() -> anyhow::Result<()> {
    const TEST: &str = "httpx_leaves_without_a_word";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(command) = command(TEST, scene.clients.httpx()) else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let calls = scene.run(command)?;
    agent.wait_for_lines(CALLS, PRINTED);
    let report = agent.stop()?;
    ensure!(report.calls.len() == CALLS, "{} calls were reported", report.calls.len());
    report.counters.check()?;
    for call in &calls {
        if call.request_model != format!("m-{LEFT}") {
            scene.told(&report, call)?;
            continue;
        }
        ensure!(!call.done, "it was not left: {call:#?}");
        let truth = scene.truth(call)?;
        let told = report.call(call.id()?)?.context("the call that was left was not reported")?;
        let wrong = differences(&truth, told);
        ensure!(truth.end == End::Whole && wrong.is_empty(), "{wrong:#?}");
    }
    Ok(())
}
