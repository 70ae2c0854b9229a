//! Whom the filters mean: the call of a process that they mean is told, that of another in the same cgroup is not, and
//! not one byte of it was copied.
//!
//! Who is not meant makes the heavier call, so that what was copied shows it. `--cgroup` is always given beside the
//! filter under test: it is what keeps these tests to themselves.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use tests::harness::{
    Agent, AgentCommand, ClientCall, Curl, Report, Running,
    client::{finish, run},
    say, skip,
};

use crate::scene::{CLIENT, PRINTED, Scene, next_call};

/// Bytes of the prompt of whoever is not meant. A call of the others has some 5,000 in both directions.
const HEAVY: u64 = 200_000;
/// A user who is not root, and need not exist.
const NOBODY: u32 = 65_534;

fn heavy(command: &mut Command) {
    command.args(["--script", "chunks=6", "--prompt-bytes", &HEAVY.to_string()]);
}

fn light(command: &mut Command) {
    command.args(["--script", "chunks=6"]);
}

/// Starts the agent with one filter, runs the client that it does not mean and then the one that it does.
fn check(
    scene: &Scene,
    filter: [&str; 2],
    unmeant: impl FnOnce() -> anyhow::Result<Vec<ClientCall>>,
    meant: impl FnOnce() -> anyhow::Result<Vec<ClientCall>>,
) -> anyhow::Result<()> {
    let agent = AgentCommand::run(&scene.cgroup).arg(filter[0]).arg(filter[1]).start()?;
    let unmeant = unmeant()?;
    let meant = meant()?;
    let report = stopped(agent, meant.len())?;
    only(scene, &report, &meant, &unmeant).with_context(|| filter.join(" "))
}

fn stopped(agent: Agent, calls: usize) -> anyhow::Result<Report> {
    agent.wait_for_lines(calls, PRINTED);
    agent.stop()
}

/// The calls of one process are told, those of the others are not, and nothing of theirs left the kernel.
fn only(scene: &Scene, report: &Report, meant: &[ClientCall], unmeant: &[ClientCall]) -> anyhow::Result<()> {
    for call in meant.iter().chain(unmeant) {
        ensure!(call.done && call.error.is_none(), "a client failed: {call:#?}");
    }
    scene.all_told(report, meant)?;
    let counters = &report.counters;
    let (denied, undecided) = (counters.kernel("denied")?, counters.kernel("undecided")?);
    let (copied, allowed) = (counters.kernel("byte_in")?, counters.kernel("allowed")?);
    say(&format!("copied {copied} bytes; allowed {allowed}, denied {denied}, undecided {undecided}"));
    ensure!(denied + undecided > 0, "no call was refused: {counters:?}");
    ensure!(allowed == 1, "{allowed} processes were allowed");
    ensure!(copied < HEAVY / 2, "{copied} bytes were copied: more than the one call has");
    Ok(())
}

/// Two copies of Python in a directory of their own: two executables, and two names.
struct TwoPythons {
    _directory: tempfile::TempDir,
    meant: PathBuf,
    unmeant: PathBuf,
}

/// Longer than what the kernel keeps of a name, and different before that.
const MEANT: &str = "meant-python-of-this-test";
const UNMEANT: &str = "unmeant-python-of-this-test";

impl TwoPythons {
    /// `None`: this machine has no Python that can be copied, which has been said.
    fn make(test: &str) -> anyhow::Result<Option<Self>> {
        // Debian's finds its library wherever it is; others look around themselves.
        let Ok(python) = fs::canonicalize("/usr/bin/python3") else {
            skip(test, "there is no /usr/bin/python3");
            return Ok(None);
        };
        let directory = tempfile::Builder::new().prefix("wirelight-pythons-").tempdir()?;
        let (meant, unmeant) = (directory.path().join(MEANT), directory.path().join(UNMEANT));
        fs::copy(&python, &meant)?;
        fs::copy(&python, &unmeant)?;
        Ok(Some(Self { _directory: directory, meant, unmeant }))
    }

    fn run(
        scene: &Scene,
        interpreter: &Path,
        call: impl Fn(&mut Command),
    ) -> anyhow::Result<Vec<ClientCall>> {
        let mut command = scene.clients.python_at(interpreter);
        call(&mut command);
        scene.run(command)
    }

    fn check(&self, scene: &Scene, filter: [&str; 2]) -> anyhow::Result<()> {
        check(
            scene,
            filter,
            || Self::run(scene, &self.unmeant, heavy),
            || Self::run(scene, &self.meant, light),
        )
    }
}

/// What the other tests take for granted: a heavy call that is copied does show.
#[test]
fn without_a_filter_all_is_copied() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("without_a_filter_all_is_copied")? else {
        return Ok(());
    };
    let Some(pythons) = TwoPythons::make("without_a_filter_all_is_copied")? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let mut calls = TwoPythons::run(&scene, &pythons.unmeant, heavy)?;
    calls.extend(TwoPythons::run(&scene, &pythons.meant, light)?);
    let report = stopped(agent, 2)?;
    scene.all_told(&report, &calls)?;
    let (copied, allowed) = (report.counters.kernel("byte_in")?, report.counters.kernel("allowed")?);
    ensure!(copied > HEAVY, "{copied} bytes were copied");
    ensure!(allowed == 2 && report.counters.kernel("denied")? == 0, "{:?}", report.counters);
    Ok(())
}

#[test]
fn by_name() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("by_name")? else {
        return Ok(());
    };
    let Some(pythons) = TwoPythons::make("by_name")? else {
        return Ok(());
    };
    pythons.check(&scene, ["--comm", MEANT])?;
    pythons.check(&scene, ["--exclude-comm", UNMEANT])
}

#[test]
fn by_executable() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("by_executable")? else {
        return Ok(());
    };
    let Some(pythons) = TwoPythons::make("by_executable")? else {
        return Ok(());
    };
    pythons.check(&scene, ["--exe", "/*/meant-python*"])?;
    pythons.check(&scene, ["--exclude-exe", "/*/unmeant-python*"])
}

#[test]
fn by_user() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("by_user")? else {
        return Ok(());
    };
    scene.clients.open_to_all()?;
    let as_user = |user: u32, call: fn(&mut Command)| {
        let mut command = scene.clients.python()?;
        call(command.uid(user).gid(user).current_dir("/"));
        scene.run(command)
    };
    // These tests run as root, whose user is 0.
    for filter in [["--uid", "65534"], ["--exclude-uid", "0"]] {
        check(&scene, filter, || as_user(0, heavy), || as_user(NOBODY, light))?;
    }
    Ok(())
}

#[test]
fn not_a_cgroup_below() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("not_a_cgroup_below")? else {
        return Ok(());
    };
    let below = scene.cgroup.below("below")?;
    let call_below = |call: fn(&mut Command)| {
        let mut command = scene.clients.python()?;
        call(&mut command);
        run(command, Some(&below), CLIENT)
    };
    let path = below.path().to_str().context("a path of ASCII")?;
    check(&scene, ["--exclude-cgroup", path], || call_below(heavy), || scene.simple_calls(1))?;
    // Without the exclusion what is below belongs.
    let agent = scene.agent()?;
    let calls = call_below(light)?;
    scene.all_told(&stopped(agent, 1)?, &calls)
}

/// A process given by pid, and a program that it starts; not another one beside them.
#[test]
fn by_pid_and_what_it_starts() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("by_pid_and_what_it_starts")? else {
        return Ok(());
    };
    let Ok(curl) = scene.clients.curl(&Curl { script: "chunks=6", ..Curl::default() }) else {
        skip("by_pid_and_what_it_starts", "no curl on this machine");
        return Ok(());
    };
    let mut parent = Running::start(scene.clients.parent(&curl)?, Some(&scene.cgroup))?;
    ensure!(parent.lines(1, CLIENT).len() == 1, "it did not start");
    let pid = parent.pid().to_string();
    let unmeant = || {
        let mut command = scene.clients.python()?;
        heavy(&mut command);
        scene.run(command)
    };
    let meant = || {
        parent.tell("go")?;
        let lines = parent.lines(2, CLIENT);
        Ok(vec![ClientCall::from_parent(lines.get(1).context("its child told nothing")?)?])
    };
    check(&scene, ["--pid", &pid], unmeant, meant)
}

/// A process that makes the calls itself, given by pid, to be observed and not to be.
#[test]
fn by_pid() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("by_pid")? else {
        return Ok(());
    };
    // Both are there before the agent, and wait for a word.
    let waiting = |call: fn(&mut Command)| {
        let mut command = scene.clients.python()?;
        call(command.arg("--on-input"));
        Running::start(command, Some(&scene.cgroup))
    };
    let called = |mut client: Running| {
        next_call(&mut client, 1)?;
        finish(client, false, CLIENT)
    };
    let (unmeant, meant) = (waiting(heavy)?, waiting(light)?);
    let pid = meant.pid().to_string();
    check(&scene, ["--pid", &pid], || called(unmeant), || called(meant))?;
    let (unmeant, meant) = (waiting(heavy)?, waiting(light)?);
    let pid = unmeant.pid().to_string();
    check(&scene, ["--exclude-pid", &pid], || called(unmeant), || called(meant))
}

/// A running process is moved into the cgroup, out of it, and in again; it keeps its connection all the while.
#[test]
fn moved_in_and_out() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("moved_in_and_out")? else {
        return Ok(());
    };
    let elsewhere = scene.live.cgroup()?;
    let agent = scene.agent()?;
    let mut command = scene.clients.python()?;
    command.args(["--on-input", "--script", "chunks=6", "--calls", "5"]);
    let mut client = Running::start(command, Some(&elsewhere))?;
    next_call(&mut client, 1)?;
    scene.cgroup.take(&client)?;
    next_call(&mut client, 2)?;
    next_call(&mut client, 3)?;
    elsewhere.take(&client)?;
    next_call(&mut client, 4)?;
    scene.cgroup.take(&client)?;
    next_call(&mut client, 5)?;
    let report = stopped(agent, 3)?;
    let calls = finish(client, false, CLIENT)?;
    ensure!(calls.iter().all(|call| call.done), "the client noticed: {calls:#?}");
    scene.all_told(&report, &[calls[1].clone(), calls[2].clone(), calls[4].clone()])?;
    let counters = &report.counters;
    ensure!(counters.kernel("denied")? > 0 && counters.kernel("allowed")? == 2, "{counters:?}");
    Ok(())
}
