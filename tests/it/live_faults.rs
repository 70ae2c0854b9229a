//! Things that go wrong, and things that are not for us: what is lost is said, what is not ours is not told, and the
//! observed process never notices.

use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use tests::{
    harness::{
        Agent, AgentCommand, ClientCall, EdgeCase, NotReady, Report, Running,
        client::{finish, run},
        compare::differences,
        say,
    },
    provider::Protocol,
};

use crate::scene::{CLIENT, PRINTED, Scene, next_call};

/// The agent stands still while more is streamed than its ring holds: certain loss, on any machine.
#[test]
fn calls_that_lost_bytes_say_so_and_others_are_whole() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("calls_that_lost_bytes_say_so")? else {
        return Ok(());
    };
    let agent = AgentCommand::run(&scene.cgroup).arg("--ring-bytes").arg("131072").start()?;
    let before = scene.simple_calls(2)?;
    // 0, then 0.8, then 1.6 MB of text.
    let mut client = scene.on_input("chunks={i}00,content=long,ttft_ms=0,gap_ms=0", 3)?;
    next_call(&mut client, 1)?;
    ensure!(agent.wait_for_lines(3, PRINTED) == 3, "three small calls were made");
    agent.pause()?;
    next_call(&mut client, 2)?;
    next_call(&mut client, 3)?;
    agent.resume()?;
    // It has a ring to empty; what comes after must find room.
    thread::sleep(Duration::from_secs(1));
    let during = finish(client, false, CLIENT)?;
    let after = scene.simple_calls(2)?;
    agent.wait_for_lines(3 + 2 + 1, PRINTED);
    let report = agent.stop()?;

    for call in before.iter().chain(&during[..1]).chain(&after) {
        scene.told(&report, call)?;
    }
    let (first, second) = (scene.truth(&during[1])?, scene.truth(&during[2])?);
    // Its request and head went into an empty ring: it is known, and it is known to lack something.
    let told = report.call(&first.request_id)?.context("the call that filled the ring was not reported")?;
    ensure!(told.truncated(), "it lost bytes and does not say so");
    if let Some(told) = report.call(&second.request_id)? {
        let wrong = differences(&second, told);
        ensure!(wrong.is_empty() || told.truncated(), "it lost bytes and does not say so: {wrong:#?}");
    }
    report.counters.check()?;
    let lost = report.counters.loss("ring_full");
    say(&format!("lost in the ring: {lost} records"));
    ensure!(lost > 0, "the ring was overrun and nothing was counted");
    ensure!(during.iter().all(|call| call.done), "a client noticed: {during:#?}");
    Ok(())
}

/// An agent that is killed leaves the process as it was, and the next agent finds it so.
#[test]
fn a_killed_agent_is_not_noticed() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("a_killed_agent_is_not_noticed")? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let mut client = scene.on_input("chunks=20,gap_ms=20", 5)?;
    next_call(&mut client, 1)?;
    ensure!(
        breakpoints(&client)? > 0,
        "an attached agent leaves no mark: this test could not see one that stays"
    );
    // In the middle of the second call.
    client.tell("go")?;
    thread::sleep(Duration::from_millis(150));
    agent.kill()?;
    unattached(&client)?;
    ensure!(client.lines(2, CLIENT).len() == 2, "the client did not finish the call that the agent left");
    next_call(&mut client, 3)?;
    let agent = scene.agent()?;
    next_call(&mut client, 4)?;
    agent.wait_for_lines(1, PRINTED);
    ensure!(breakpoints(&client)? > 0, "the second agent is not attached");
    let report = agent.stop()?;
    unattached(&client)?;
    next_call(&mut client, 5)?;
    let calls = finish(client, false, CLIENT)?;
    ensure!(calls.iter().all(|call| call.done && call.error.is_none()), "the client noticed: {calls:#?}");
    scene.all_told(&report, &calls[3..4])
}

/// Bytes of libssl's code in a client of ours that are not those of the file: a probe is a breakpoint there.
fn breakpoints(client: &Running) -> anyhow::Result<usize> {
    let maps = fs::read_to_string(format!("/proc/{}/maps", client.pid()))?;
    let code = maps.lines().find(|line| line.contains(" r-xp ") && line.contains("/libssl"));
    let fields: Vec<&str> = code.context("the client has libssl mapped")?.split_whitespace().collect();
    let (from, to) = fields[0].split_once('-').context("a range")?;
    let (from, to) = (u64::from_str_radix(from, 16)?, u64::from_str_radix(to, 16)?);
    let mut in_memory = vec![0; usize::try_from(to - from)?];
    fs::File::open(format!("/proc/{}/mem", client.pid()))?.read_exact_at(&mut in_memory, from)?;
    let mut in_file = vec![0; in_memory.len()];
    // The last page of the mapping may reach beyond the file.
    let read = fs::File::open(fields[5])?.read_at(&mut in_file, u64::from_str_radix(fields[2], 16)?)?;
    Ok(in_memory.iter().zip(&in_file).take(read).filter(|(memory, file)| memory != file).count())
}

/// Nothing of an agent that has ended is left in the client.
fn unattached(client: &Running) -> anyhow::Result<()> {
    let deadline = Instant::now() + PRINTED;
    while breakpoints(client)? > 0 {
        ensure!(Instant::now() < deadline, "{} breakpoints are left in the client", breakpoints(client)?);
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// TLS that is not HTTP is left alone and costs next to nothing: it is muted, and never told.
#[test]
fn what_is_not_http_is_muted() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("what_is_not_http_is_muted")? else {
        return Ok(());
    };
    for protocol in [Protocol::Smtp, Protocol::Binary] {
        let agent = scene.agent()?;
        let mut command = scene.clients.not_http(protocol, scene.provider.not_http(protocol))?;
        command.args(["--rounds", "200"]);
        let ended = Running::start(command, Some(&scene.cgroup))?.wait(CLIENT)?;
        ensure!(ended.status.success(), "{protocol:?}: {}", ended.stderr);
        // And HTTP beside it is seen.
        let calls = scene.simple_calls(1)?;
        agent.wait_for_lines(1, PRINTED);
        let report = agent.stop()?;
        scene.all_told(&report, &calls)?;
        let muted = report.counters.muted();
        ensure!(muted > 0, "{protocol:?}: no counter says that something was muted: {:?}", report.counters);
    }
    Ok(())
}

/// Starts the agent with `--pid`: it may run and see nothing, or end and say why; nothing else.
fn with_pid(scene: &Scene, pid: u32) -> anyhow::Result<Option<Agent>> {
    match AgentCommand::run(&scene.cgroup).arg("--pid").arg(pid.to_string()).start() {
        Ok(agent) => Ok(Some(agent)),
        Err(error) => {
            let NotReady { status, stderr } = error.downcast::<NotReady>()?;
            ensure!(
                status.code().is_some_and(|code| code != 0 && code != 101),
                "it ended with {status}:\n{stderr}"
            );
            ensure!(!stderr.trim().is_empty() && !stderr.contains("panicked"), "it said:\n{stderr}");
            say(&format!("--pid {pid}: ended, saying: {}", stderr.lines().last().unwrap_or_default()));
            Ok(None)
        }
    }
}

#[test]
fn a_pid_that_is_nobody_is_no_harm() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("a_pid_that_is_nobody")? else {
        return Ok(());
    };
    // Pids stay below pid_max.
    let nobody: u32 = fs::read_to_string("/proc/sys/kernel/pid_max")?.trim().parse()?;
    let mut dead = Command::new("/bin/true").spawn()?;
    dead.wait()?;
    for pid in [nobody, dead.id()] {
        let agent = with_pid(&scene, pid)?;
        let calls = scene.simple_calls(1)?;
        ensure!(calls[0].done, "the client noticed: {calls:#?}");
        if let Some(agent) = agent {
            let report = agent.stop()?;
            ensure!(report.calls.is_empty(), "a call of another pid was reported: {:#?}", report.calls);
            report.counters.check()?;
        }
    }
    Ok(())
}

#[test]
fn a_process_that_dies_at_once_is_no_harm() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("a_process_that_dies_at_once")? else {
        return Ok(());
    };
    // It dies while the agent starts on it.
    let mut command = Command::new("/bin/sleep");
    command.arg("0.03");
    let dying = Running::start(command, Some(&scene.cgroup))?;
    if let Some(agent) = with_pid(&scene, dying.pid())? {
        agent.stop()?.counters.check()?;
    }
    // Some die while the agent looks at them, and a real client is seen all the same.
    let agent = scene.agent()?;
    for _ in 0..30 {
        Running::start(Command::new("/bin/true"), Some(&scene.cgroup))?.wait(CLIENT)?;
    }
    let calls = scene.simple_calls(1)?;
    agent.wait_for_lines(1, PRINTED);
    scene.all_told(&agent.stop()?, &calls)
}

/// A process that was there before the agent, on a connection that was, and one that came after.
#[test]
fn before_and_after_the_agent() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("before_and_after_the_agent")? else {
        return Ok(());
    };
    let mut client = scene.on_input("chunks=6", 3)?;
    next_call(&mut client, 1)?;
    let agent = scene.agent()?;
    next_call(&mut client, 2)?;
    next_call(&mut client, 3)?;
    let after = scene.simple_calls(2)?;
    agent.wait_for_lines(4, PRINTED);
    let report = agent.stop()?;
    let before = finish(client, false, CLIENT)?;
    let ports: Vec<u16> =
        before.iter().map(|call| scene.truth(call).map(|truth| truth.peer_port)).collect::<Result<_, _>>()?;
    ensure!(ports[0] == ports[2], "the connection was to be kept");
    scene.all_told(&report, &[&before[1..], &after[..]].concat())
}

/// The same client, library and provider, outside the cgroup: not ours, so not told.
#[test]
fn outside_the_cgroup_nothing_is_seen() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("outside_the_cgroup")? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let mut command = scene.clients.python()?;
    command.args(["--calls", "2"]);
    let outside = run(command, None, CLIENT)?;
    ensure!(outside.iter().all(|call| call.done), "{outside:#?}");
    let inside = scene.simple_calls(1)?;
    let elsewhere = scene.live.cgroup()?;
    let mut command = scene.clients.python()?;
    command.args(["--calls", "2"]);
    run(command, Some(&elsewhere), CLIENT)?;
    agent.wait_for_lines(1, PRINTED);
    let report = agent.stop()?;
    ensure!(
        !report.stderr.contains(elsewhere.path().to_str().unwrap_or("-")),
        "it knows of the other cgroup"
    );
    scene.all_told(&report, &inside)
}

/// Runs one case of `ssl_edge.py` under the agent.
fn edge(scene: &Scene, case: EdgeCase, args: &[&str]) -> anyhow::Result<(Report, Vec<ClientCall>)> {
    let agent = scene.agent()?;
    let mut command = scene.clients.edge(case)?;
    command.args(["--script", "chunks=5", "--model", "m-{i}"]).args(args);
    let calls = scene.run(command)?;
    for call in &calls {
        ensure!(call.done && call.error.is_none(), "the client noticed: {call:#?}");
    }
    agent.wait_for_lines(calls.len(), PRINTED);
    Ok((agent.stop()?, calls))
}

/// Every call is told whole, or as one that lost bytes; a loss of user memory is counted.
fn whole_or_said(scene: &Scene, report: &Report, calls: &[ClientCall], what: &str) -> anyhow::Result<()> {
    report.counters.check()?;
    let faults = report.counters.loss("read_fault");
    for call in calls {
        let truth = scene.truth(call)?;
        let wrong = match report.call(&truth.request_id)? {
            Some(told) if told.truncated() => {
                say(&format!("{what}: {} lost bytes and says so; read_fault {faults}", truth.request_id));
                continue;
            }
            Some(told) => differences(&truth, told),
            // Its request was lost, and so perhaps what makes it a model call.
            None if faults > 0 => {
                say(&format!("{what}: {} is not told; read_fault {faults}", truth.request_id));
                continue;
            }
            None => bail!("{what}: a call is missing and nothing says so:\n{}", report.stderr),
        };
        ensure!(wrong.is_empty(), "{what}: {wrong:#?}");
        say(&format!("{what}: whole"));
    }
    Ok(())
}

/// Bytes that were peeked at are counted when they are read, once.
#[test]
fn edge_peek() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("edge_peek")? else {
        return Ok(());
    };
    let (report, calls) = edge(&scene, EdgeCase::Peek, &[])?;
    scene.all_told(&report, &calls)
}

/// The length that was written is the one that SSL_write returns: with the one it was given, the model, which comes
/// after 300 KB of prompt here, would not be found.
#[test]
fn edge_partial_writes() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("edge_partial_writes")? else {
        return Ok(());
    };
    let args = ["--prompt-bytes", "300000", "--model-last"];
    let (report, calls) = edge(&scene, EdgeCase::Partial, &args)?;
    scene.all_told(&report, &calls)
}

/// One SSL_write of 4 MiB: whole, or said; and the call after it on the same connection is never shifted by it.
#[test]
fn edge_one_big_write() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("edge_one_big_write")? else {
        return Ok(());
    };
    let (report, calls) = edge(&scene, EdgeCase::Big, &["--prompt-bytes", "4194304"])?;
    report.counters.check()?;
    for call in &calls {
        let truth = scene.truth(call)?;
        let told = report.call(&truth.request_id)?.context("a call of 4 MiB was not reported")?;
        let wrong = differences(&truth, told);
        ensure!(wrong.is_empty() || told.truncated(), "{wrong:#?}");
        // The response is small: whatever became of the request, it is told as it was.
        ensure!(
            told.number("wirelight.stream.content_chunk_count") == Some(truth.content_chunks()),
            "{told:#?}"
        );
        say(&format!("4 MiB in one write: truncated {}, differences {wrong:?}", told.truncated()));
    }
    Ok(())
}

/// The memory of a write is not resident when SSL_write returns, or is gone: read all the same, or said.
#[test]
fn edge_memory_that_is_not_there() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("edge_memory_that_is_not_there")? else {
        return Ok(());
    };
    for (case, bytes) in [
        (EdgeCase::DontNeed, "10"),
        (EdgeCase::DontNeed, "100000"),
        (EdgeCase::PageOut, "10"),
        (EdgeCase::Unmap, "10"),
    ] {
        let (report, calls) = edge(&scene, case, &["--prompt-bytes", bytes])?;
        whole_or_said(&scene, &report, &calls, &format!("{} {bytes}", case.name()))?;
    }
    Ok(())
}

/// The agent is never inside what it observes.
#[test]
fn the_agent_is_outside() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("the_agent_is_outside")? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    ensure!(scene.cgroup.pids()?.is_empty(), "somebody is in the test's cgroup");
    let own = fs::read_to_string(format!("/proc/{}/cgroup", agent.pid()))?;
    let name = scene.cgroup.path().file_name().map(Path::new).context("a name")?;
    ensure!(!own.contains(name.to_str().context("a name")?), "{own}");
    let report = agent.stop()?;
    ensure!(report.calls.is_empty(), "{:#?}", report.calls);
    report.counters.check()
}
