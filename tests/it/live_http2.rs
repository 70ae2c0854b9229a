//! HTTP/2, and content codings on both versions: everything the agent says of such calls is so, and none of the streams
//! that share a connection gets another's bytes.

use std::{collections::BTreeSet, process::Command};

use anyhow::{Context as _, ensure};
use tests::harness::{Agent, ClientCall, Curl, Report, compare::told_at_once, report::name, say, skip};

use crate::scene::{PRINTED, Scene};

/// Long enough gaps for a median to show whether events were told apart when they came, or decoded all at once.
const SCRIPT: &str = "ttft_ms=80,chunks=12,gap_ms=20,content=unicode";
const STREAMS: usize = 50;

/// A script that plays [`SCRIPT`] in a coding.
fn coded(coding: &str) -> String {
    format!("{SCRIPT},coding={coding}")
}

/// Runs the agent around `commands`, one after the other, and holds it to all of their calls. `http2` is how they must
/// have been made.
fn check(scene: &Scene, commands: Vec<Command>, http2: bool) -> anyhow::Result<()> {
    check_made(scene, http2, |_| {
        let calls: anyhow::Result<Vec<_>> = commands.into_iter().map(|command| scene.run(command)).collect();
        Ok(calls?.concat())
    })
}

/// The same for an executable that nobody has run since the agent came: a client makes its first call when the agent
/// has hooked it. `commands` come with how many calls they make.
fn check_hooked(scene: &Scene, commands: Vec<(Command, usize)>, http2: bool) -> anyhow::Result<()> {
    check_made(scene, http2, |agent| {
        let calls: anyhow::Result<Vec<_>> =
            commands.into_iter().map(|(command, count)| scene.run_hooked(agent, command, count)).collect();
        Ok(calls?.concat())
    })
}

/// Holds the agent to the calls that `make` makes.
fn check_made(
    scene: &Scene,
    http2: bool,
    make: impl FnOnce(&Agent) -> anyhow::Result<Vec<ClientCall>>,
) -> anyhow::Result<()> {
    let agent = scene.agent()?;
    let made = make(&agent);
    if let Ok(calls) = &made {
        agent.wait_for_lines(calls.len(), PRINTED);
    }
    let report = agent.stop()?;
    let checked = made.and_then(|calls| {
        for call in &calls {
            let truth = scene.truth(call)?;
            ensure!(truth.http2_stream.is_some() == http2, "the client spoke another version: {truth:#?}");
        }
        scene.all_told(&report, &calls)?;
        calls.iter().try_for_each(|call| spread(scene, &report, call))
    });
    report.explain(checked)
}

/// Content events were told apart as they came, and not all with the last one.
fn spread(scene: &Scene, report: &Report, call: &ClientCall) -> anyhow::Result<()> {
    let (truth, told) = scene.told(report, call)?;
    let Some(sent) = truth.interval_p50() else {
        return Ok(());
    };
    let found = told.seconds(name::INTERVAL_P50).context("no intervals")?;
    say(&format!(
        "{} {}: p50 of intervals {} µs, sent {} µs",
        call.client,
        truth.request_id,
        found / 1000,
        sent / 1000
    ));
    let wrong = told_at_once(&truth, told, call);
    ensure!(wrong.is_none(), "{} {}: {wrong:?}", call.client, truth.request_id);
    Ok(())
}

/// httpx, streamed and whole, in each of `codings`; `None`: it cannot be had.
fn httpx(scene: &Scene, test: &str, codings: &[&str], args: &[&str]) -> anyhow::Result<Option<Vec<Command>>> {
    let mut commands = Vec::new();
    for coding in codings {
        for stream in [true, false] {
            let mut command = match scene.clients.httpx() {
                Ok(command) => command,
                Err(error) => {
                    skip(test, &error.to_string());
                    return Ok(None);
                }
            };
            command.args(["--script", &coded(coding)]).args(args).args((!stream).then_some("--no-stream"));
            commands.push(command);
        }
    }
    Ok(Some(commands))
}

/// HTTP/2 in Python, OpenSSL fed memory.
#[test]
fn httpx_plain() -> anyhow::Result<()> {
    const TEST: &str = "httpx_plain";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(commands) = httpx(&scene, TEST, &["identity"], &["--calls", "2"])? else {
        return Ok(());
    };
    check(&scene, commands, true)
}

#[test]
fn httpx_coded() -> anyhow::Result<()> {
    const TEST: &str = "httpx_coded";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(commands) = httpx(&scene, TEST, &["gzip", "deflate", "br", "zstd"], &[])? else {
        return Ok(());
    };
    check(&scene, commands, true)
}

/// The same codings inside `Transfer-Encoding: chunked`.
#[test]
fn httpx_coded_on_http1() -> anyhow::Result<()> {
    const TEST: &str = "httpx_coded_on_http1";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(commands) = httpx(&scene, TEST, &["gzip", "deflate", "br", "zstd"], &["--http1"])? else {
        return Ok(());
    };
    check(&scene, commands, false)
}

/// httpx without HTTP/2 and without codings: what is left is no different from any other client.
#[test]
fn httpx_plain_on_http1() -> anyhow::Result<()> {
    const TEST: &str = "httpx_plain_on_http1";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(commands) = httpx(&scene, TEST, &["identity"], &["--http1", "--calls", "2"])? else {
        return Ok(());
    };
    check(&scene, commands, false)
}

/// A request body that is coded, and larger than a window; trailers after the answer.
#[test]
fn httpx_coded_request_and_trailers() -> anyhow::Result<()> {
    const TEST: &str = "httpx_coded_request_and_trailers";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Ok(mut small) = scene.clients.httpx() else {
        skip(TEST, "no httpx");
        return Ok(());
    };
    small.args(["--gzip-request", "--script", &format!("{SCRIPT},trailers=1")]);
    let mut large = scene.clients.httpx()?;
    large.args(["--prompt-bytes", "200000", "--script", &format!("{},trailers=1", coded("gzip"))]);
    check(&scene, vec![small, large], true)
}

/// Calls that fail are calls: refused by the provider, and streams that it resets.
#[test]
fn httpx_calls_that_fail() -> anyhow::Result<()> {
    const TEST: &str = "httpx_calls_that_fail";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let mut commands = Vec::new();
    for script in ["status=429,coding=gzip", "status=500,think_ms=20", "chunks=6,gap_ms=20,abort_after=3"] {
        let Ok(mut command) = scene.clients.httpx() else {
            skip(TEST, "no httpx");
            return Ok(());
        };
        command.args(["--script", script]);
        commands.push(command);
    }
    check(&scene, commands, true)
}

/// nghttp2 on the system's libssl.
#[test]
fn curl_http2() -> anyhow::Result<()> {
    const TEST: &str = "curl_http2";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let mut commands = Vec::new();
    for (coding, compressed) in [("identity", false), ("gzip", true), ("br", true), ("zstd", true)] {
        for stream in [true, false] {
            let script = coded(coding);
            let request = Curl { script: &script, stream, compressed, http2: true, ..Curl::default() };
            let Ok(command) = scene.clients.curl(&request) else {
                skip(TEST, "no curl on this machine");
                return Ok(());
            };
            commands.push(command);
        }
    }
    check(&scene, commands, true)
}

/// Node's http2 module: nghttp2 on Node's own OpenSSL.
#[test]
fn node_http2() -> anyhow::Result<()> {
    const TEST: &str = "node_http2";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let mut commands = Vec::new();
    for coding in ["identity", "gzip", "br"] {
        for args in [&["--calls", "2"][..], &["--no-stream"]] {
            let Ok(mut command) = scene.clients.node("http2") else {
                skip(TEST, "no node on this machine");
                return Ok(());
            };
            command.args(["--script", &coded(coding)]).args(args);
            commands.push(command);
        }
    }
    check(&scene, commands, true)
}

/// A Node whose plain fetch takes HTTP/2, and zstd, when the server has them.
#[test]
fn new_node_fetch() -> anyhow::Result<()> {
    const TEST: &str = "new_node_fetch";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let mut commands = Vec::new();
    for coding in ["identity", "gzip", "accept"] {
        for (args, calls) in [(&["--calls", "2"][..], 2), (&["--no-stream"], 1)] {
            let mut command = match scene.clients.new_node("fetch") {
                Ok(command) => command,
                Err(error) => {
                    skip(TEST, &error.to_string());
                    return Ok(());
                }
            };
            command.args(["--script", &coded(coding)]).args(args);
            commands.push((command, calls));
        }
    }
    check_hooked(&scene, commands, true)
}

/// The same Node on HTTP/1.1: its OpenSSL is as visible as that of the older one.
#[test]
fn new_node_https() -> anyhow::Result<()> {
    const TEST: &str = "new_node_https";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let mut command = match scene.clients.new_node("https") {
        Ok(command) => command,
        Err(error) => {
            skip(TEST, &error.to_string());
            return Ok(());
        }
    };
    command.args(["--script", SCRIPT, "--calls", "2"]);
    check_hooked(&scene, vec![(command, 2)], false)
}

/// Every call has a model and a number of chunks that no other has, so one frame in the wrong stream shows.
fn many(
    test: &'static str,
    coding: &str,
    command: impl Fn(&Scene) -> anyhow::Result<Command>,
) -> anyhow::Result<()> {
    let Some(scene) = Scene::enter(test)? else {
        return Ok(());
    };
    let mut command = match command(&scene) {
        Ok(command) => command,
        Err(error) => {
            skip(test, &error.to_string());
            return Ok(());
        }
    };
    let agent = scene.agent()?;
    // All are open before the first token; the longest then lasts a second.
    command.args(["--count", &STREAMS.to_string(), "--model", "m-{i}"]);
    command.args(["--script", &format!("chunks={{i}},ttft_ms=500,gap_ms=20,coding={coding}")]);
    let calls = scene.run(command)?;
    ensure!(calls.len() == STREAMS, "{} calls", calls.len());
    agent.wait_for_lines(calls.len(), PRINTED);
    let report = agent.stop()?;
    report.explain(all_apart(test, &scene, &report, &calls))
}

/// Each of these calls is told as what it was, and all of them as of one connection.
fn all_apart(test: &str, scene: &Scene, report: &Report, calls: &[ClientCall]) -> anyhow::Result<()> {
    let mut delays = Vec::new();
    let (mut ports, mut connections, mut ids) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for call in calls {
        let (truth, told) = scene.told(report, call)?;
        let chunks = truth.content_chunks();
        ensure!(truth.request_model == format!("m-{chunks}"), "the test's own calls got mixed");
        ensure!(told.text(name::REQUEST_MODEL) == Some(&call.request_model), "{told:#?}");
        ports.insert(truth.peer_port);
        connections.insert(&told.connection);
        ids.extend(told.text(name::RESPONSE_ID));
        delays
            .extend(told.ktime.first_token.zip(truth.first_token()).map(|(told, sent)| (told - sent) / 1000));
    }
    delays.sort_unstable();
    say(&format!(
        "{test}: {STREAMS} streams of one connection, first token after the provider's stamp: p50 {:?} µs, max {:?} µs",
        delays.get(delays.len() / 2),
        delays.last()
    ));
    ensure!(report.calls.len() == calls.len(), "{} calls were reported", report.calls.len());
    ensure!(ports.len() == 1, "the client made {} connections", ports.len());
    ensure!(connections.len() == 1, "{} connections were told apart", connections.len());
    ensure!(ids.len() == STREAMS, "{} response ids", ids.len());
    // The one with no chunks at all has no first token.
    ensure!(delays.len() == STREAMS - 1, "{} first tokens", delays.len());
    report.counters.check()?;
    ensure!(report.counters.loss("ring_full") == 0, "{:?}", report.counters);
    Ok(())
}

#[test]
fn many_streams_of_httpx() -> anyhow::Result<()> {
    many("many_streams_of_httpx", "identity", |scene| scene.clients.httpx())
}

/// Each stream has a decoder of its own.
#[test]
fn many_coded_streams_of_httpx() -> anyhow::Result<()> {
    many("many_coded_streams_of_httpx", "gzip", |scene| scene.clients.httpx())
}

#[test]
fn many_streams_of_node() -> anyhow::Result<()> {
    many("many_streams_of_node", "identity", |scene| scene.clients.node("http2"))
}
