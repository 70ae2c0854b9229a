//! The agent's own life: asked for its counters, told to stop, left by its reader, refused by the kernel, misused.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use tests::harness::{
    AgentCommand, Curl, Ended, Live, Running, agent_binary, client::finish, report::name, say, skip,
};

use crate::scene::{CLIENT, PRINTED, Scene};

/// An agent that starts nothing has ended long before.
const REFUSED: Duration = Duration::from_secs(30);

/// The table of counters comes when it is asked for, and the agent goes on.
#[test]
fn asked_for_its_counters_it_tells_and_goes_on() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("asked_for_its_counters")? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let mut calls = scene.simple_calls(2)?;
    ensure!(agent.wait_for_lines(2, PRINTED) == 2, "two calls were made");
    agent.ask_for_counters()?;
    ensure!(agent.says("kernel: ", PRINTED), "it was asked and says nothing");
    calls.extend(scene.simple_calls(1)?);
    agent.wait_for_lines(3, PRINTED);
    let report = agent.stop()?;
    // One because it was asked, one because it stopped.
    let rows: Vec<Vec<&str>> = report.stderr.lines().map(|line| line.split_whitespace().collect()).collect();
    let calls_out: Vec<&str> =
        rows.iter().filter(|row| row.first() == Some(&"out")).filter_map(|row| row.get(3).copied()).collect();
    ensure!(calls_out == ["2", "3"], "the tables say {calls_out:?}:\n{}", report.stderr);
    for stage in &report.counters.stages {
        let said = rows.iter().filter(|row| row.first() == Some(&stage.name.as_str())).count();
        ensure!(said == 2, "{} is in {said} tables", stage.name);
    }
    scene.all_told(&report, &calls)
}

/// SIGTERM, with a call under way: the end is in order, and what was seen of the call is told.
#[test]
fn terminated_it_stops_in_order() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("terminated_it_stops_in_order")? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let calls = scene.simple_calls(1)?;
    ensure!(agent.wait_for_lines(1, PRINTED) == 1, "one call was made");
    // Longer than any stop takes.
    let mut client = scene.on_input("chunks=10,ttft_ms=0,gap_ms=1000", 1)?;
    client.tell("go")?;
    // When the second chunk is sent, the client has had the first for a second.
    let deadline = Instant::now() + CLIENT;
    while scene.provider.log().all().get(1).is_none_or(|truth| truth.chunks.len() < 2) {
        ensure!(Instant::now() < deadline, "the provider does not play the second call");
        thread::sleep(Duration::from_millis(5));
    }
    let asked = Instant::now();
    let report = agent.terminate()?;
    say(&format!("stopped within {} ms", asked.elapsed().as_millis()));
    scene.told(&report, &calls[0])?;
    report.counters.check()?;
    let unfinished = finish(client, false, CLIENT)?;
    ensure!(unfinished[0].done, "the client noticed: {unfinished:#?}");
    let told = report.call(unfinished[0].id()?)?.context("the call under way was not told")?;
    ensure!(told.text(name::OUTCOME) == Some("unfinished"), "{told:#?}");
    Ok(())
}

/// How soon a stop has told everything, whatever is hooked. Detaching comes after, and takes the kernel 0.1 s a probe.
const TOLD: Duration = Duration::from_secs(1);

/// Calls and figures do not wait for the kernel to take the probes out.
#[test]
fn a_stop_tells_everything_before_it_detaches() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("a_stop_tells_everything_before_it_detaches")? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let mut calls = scene.simple_calls(1)?;
    match scene.clients.node("https") {
        Ok(node) => calls.extend(scene.run(node)?),
        Err(_) => say("without node: there is none on this machine"),
    }
    let begun = Instant::now();
    let (report, told) = agent.stop_and_tell()?;
    let files = report.stderr.lines().filter(|line| line.contains(" hooked user=")).count();
    say(&format!(
        "told everything within {} ms, ended within {} ms, with probes in {files} files",
        told.as_millis(),
        begun.elapsed().as_millis()
    ));
    ensure!(told < TOLD, "it took {told:?}");
    ensure!(files > 0, "nothing was hooked:\n{}", report.stderr);
    scene.all_told(&report, &calls)
}

/// `wirelight run | head -1`: nobody reads any more, so the agent ends, and well.
#[test]
fn left_by_its_reader_it_ends() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("left_by_its_reader")? else {
        return Ok(());
    };
    let agent = AgentCommand::run(&scene.cgroup).head(1).start()?;
    let mut calls = scene.simple_calls(1)?;
    ensure!(agent.wait_for_lines(1, PRINTED) == 1, "one call was made");
    calls.extend(scene.simple_calls(1)?);
    let left = Instant::now();
    let report = agent.ended()?;
    let took = left.elapsed();
    say(&format!("ended {} ms after the call that nobody read", took.as_millis()));
    ensure!(took < PRINTED, "it took {took:?}");
    ensure!(calls.iter().all(|call| call.done), "a client noticed: {calls:#?}");
    report.counters.check()?;
    ensure!(report.calls.len() == 1, "{:#?}", report.calls);
    ensure!(report.stderr.contains("nobody reads the output any more"), "{}", report.stderr);
    ensure!(!report.stderr.contains(" WARN ") && !report.stderr.contains(" ERROR "), "{}", report.stderr);
    Ok(())
}

/// A process that lives for some milliseconds is seen from its first byte.
#[test]
fn short_lives_are_seen_whole() -> anyhow::Result<()> {
    const LIVES: usize = 30;
    let Some(scene) = Scene::enter("short_lives_are_seen_whole")? else {
        return Ok(());
    };
    let request = Curl { script: "chunks=3,ttft_ms=0,gap_ms=0", ..Curl::default() };
    if scene.clients.curl(&request).is_err() {
        skip("short_lives_are_seen_whole", "no curl on this machine");
        return Ok(());
    }
    let agent = scene.agent()?;
    let mut calls = Vec::new();
    for _ in 0..LIVES {
        calls.extend(scene.run(scene.clients.curl(&request)?)?);
    }
    agent.wait_for_lines(LIVES, PRINTED);
    let report = agent.stop()?;
    scene.all_told(&report, &calls)?;
    let late = report.calls.iter().filter(|call| call.attributes.contains_key(name::JOINED_LATE)).count();
    ensure!(late == 0, "{late} calls were joined after they began");
    Ok(())
}

/// What the agent says when it does not start: exit code 1 and one sentence, which is given.
fn refused(command: Command) -> anyhow::Result<String> {
    let Ended { status, stdout, stderr } = Running::start(command, None)?.wait(REFUSED)?;
    ensure!(status.code() == Some(1), "it ended with {status}:\n{stderr}");
    ensure!(stdout.is_empty(), "it printed {:?}", String::from_utf8_lossy(&stdout));
    let lines: Vec<&str> = stderr.lines().collect();
    let [line] = lines[..] else {
        anyhow::bail!("not one sentence:\n{stderr}");
    };
    let sentence = line.strip_prefix("wirelight: ").with_context(|| format!("not ours: {line}"))?;
    say(&format!("refused: {sentence}"));
    Ok(sentence.to_owned())
}

/// `wirelight run` on a cgroup of ours, should it start after all.
fn run_on(binary: &Path, cgroup: &Path) -> Command {
    let mut command = Command::new(binary);
    command.env_remove("WIRELIGHT_LOG").arg("run").arg("--cgroup").arg(cgroup);
    command
}

#[test]
fn without_privileges_it_says_what_it_needs() -> anyhow::Result<()> {
    let Some(live) = Live::enter("without_privileges") else {
        return Ok(());
    };
    let cgroup = live.cgroup()?;
    // Where it was built the other user may not look.
    let directory = tempfile::tempdir()?;
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755))?;
    let binary = directory.path().join("wirelight");
    fs::copy(agent_binary()?, &binary)?;
    fs::set_permissions(&binary, Permissions::from_mode(0o755))?;
    let mut command = run_on(&binary, cgroup.path());
    command.uid(65_534).gid(65_534).current_dir("/");
    let said = refused(command)?;
    for capability in ["CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"] {
        ensure!(said.contains(capability), "{capability} is not named: {said}");
    }
    Ok(())
}

#[test]
fn what_it_does_not_understand_it_says() -> anyhow::Result<()> {
    let Some(live) = Live::enter("what_it_does_not_understand") else {
        return Ok(());
    };
    let cgroup = live.cgroup()?;
    let binary = agent_binary()?;
    let mut command = run_on(&binary, cgroup.path());
    command.args(["--log", "nonsense=["]);
    let said = refused(command)?;
    ensure!(said.contains("--log \"nonsense=[\""), "{said}");
    let said = refused(run_on(&binary, Path::new("/nonexistent")))?;
    ensure!(said.contains("--cgroup \"/nonexistent\""), "{said}");
    let mut command = run_on(&binary, cgroup.path());
    command.args(["--exe", "a["]);
    let said = refused(command)?;
    ensure!(said.contains("--exe \"a[\""), "{said}");
    Ok(())
}
