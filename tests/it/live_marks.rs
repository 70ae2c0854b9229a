//! What the kernel side tells beside plaintext, and what it is told: server names, handshakes, and connections that are of
//! no interest.

use std::process::Command;

use anyhow::{Context as _, ensure};
use tests::harness::{AgentCommand, Running, skip};

use crate::scene::{CLIENT, PRINTED, Scene};

/// The name that a client asks for, its handshake, and the end of its connection are seen by the functions that it calls.
#[test]
fn server_name_and_handshake() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("server_name_and_handshake")? else {
        return Ok(());
    };
    let agent = AgentCommand::run(&scene.cgroup).trace().start()?;
    let mut command = scene.clients.python()?;
    // The last one counts: by name, because an address is no server name (RFC 6066).
    command.args(["--url", &scene.provider.url().replace("127.0.0.1", "localhost"), "--script", "chunks=3"]);
    let calls = scene.run(command)?;
    for mark in ["ServerName(\"localhost\")", "HandshakeStart", "HandshakeDone", "what: Free"] {
        ensure!(agent.says(mark, PRINTED), "the agent never saw {mark}");
    }
    scene.all_told(&agent.stop()?, &calls)
}

/// A connection that has nothing to do with models is muted by the agent, and then nothing of it is copied any more.
#[test]
fn a_connection_of_no_interest_is_muted() -> anyhow::Result<()> {
    const TEST: &str = "a_connection_of_no_interest_is_muted";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let mut command = Command::new("curl");
    // One connection, many exchanges; the answer (404) is nobody's business.
    command.args(["--disable", "--silent", "--insecure", "--http1.1", "--max-time", "60"]);
    command.arg(format!("{}/healthz?[1-400]", scene.provider.url()));
    let Ok(client) = Running::start(command, Some(&scene.cgroup)) else {
        skip(TEST, "no curl on this machine");
        return Ok(());
    };
    let ended = client.wait(CLIENT)?;
    ensure!(ended.status.success(), "curl ended with {}: {}", ended.status, ended.stderr);
    let report = agent.stop()?;
    report.counters.check()?;
    ensure!(report.calls.is_empty(), "these are no calls: {:#?}", report.calls);
    let muted = report.counters.kernel("muted").context("a counter")?;
    ensure!(muted > 0, "all of it was copied: {:?}", report.counters);
    Ok(())
}
