//! Each real client on OpenSSL, alone: everything the agent says of its calls is so.

use std::process::Command;

use tests::harness::{Curl, skip};

use crate::scene::{PRINTED, Scene};

/// Runs the agent around `commands`, one after the other, and holds it to all of their calls.
fn check(scene: &Scene, commands: impl IntoIterator<Item = Command>) -> anyhow::Result<()> {
    let agent = scene.agent()?;
    let mut calls = Vec::new();
    for command in commands {
        calls.extend(scene.run(command)?);
    }
    agent.wait_for_lines(calls.len(), PRINTED);
    scene.all_told(&agent.stop()?, &calls)
}

/// Python ≥ 3.10 on the system's libssl: SSL_read_ex and SSL_write_ex only.
#[test]
fn python() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("python")? else {
        return Ok(());
    };
    let mut commands = Vec::new();
    for args in [
        &["--script", "ttft_ms=120,chunks=20,gap_ms=15"][..],
        &["--script", "chunks=5,tool=2", "--calls", "3"],
        &["--script", "chunks=8,content=long,gap_ms=1"],
        &["--script", "chunks=8,content=unicode", "--tls12"],
        &["--script", "chunks=8,framing=length"],
        &["--no-stream", "--script", "ttft_ms=50", "--calls", "2"],
        &["--prompt-bytes", "200000", "--model-last"],
    ] {
        let mut command = scene.clients.python()?;
        command.args(args);
        commands.push(command);
    }
    check(&scene, commands)
}

/// Calls that fail are calls: refused by the provider, and broken off by it.
#[test]
fn python_calls_that_fail() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("python_calls_that_fail")? else {
        return Ok(());
    };
    let mut commands = Vec::new();
    for script in ["status=429", "status=500,think_ms=20", "chunks=6,abort_after=3"] {
        let mut command = scene.clients.python()?;
        command.args(["--script", script]);
        commands.push(command);
    }
    check(&scene, commands)
}

/// curl on the system's libssl.
#[test]
fn curl() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("curl")? else {
        return Ok(());
    };
    let requests = [
        Curl { script: "ttft_ms=80,chunks=12,gap_ms=10", ..Curl::default() },
        Curl { script: "chunks=3,tool=1", model: "gpt-4o", ..Curl::default() },
        Curl { stream: false, ..Curl::default() },
    ];
    let Ok(commands) =
        requests.iter().map(|request| scene.clients.curl(request)).collect::<Result<Vec<_>, _>>()
    else {
        skip("curl", "no curl on this machine");
        return Ok(());
    };
    check(&scene, commands)
}

/// Node: an OpenSSL of its own, fed memory; the handshake runs inside SSL_read.
#[test]
fn node() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("node")? else {
        return Ok(());
    };
    let mut commands = Vec::new();
    for mode in ["https", "fetch"] {
        for args in [&["--script", "ttft_ms=60,chunks=12,gap_ms=10", "--calls", "2"][..], &["--no-stream"]] {
            let Ok(mut command) = scene.clients.node(mode) else {
                skip("node", "no node on this machine");
                return Ok(());
            };
            command.args(args);
            commands.push(command);
        }
    }
    check(&scene, commands)
}
