//! The harness against a stand-in: a shell script that keeps the agent's side of the agreement, or breaks it.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;

const LINE: &str = r#"{"name":"chat m","start_unix_ns":1,"end_unix_ns":2,"attributes":{"wirelight.provider.request_id":"req_1"},"phases":[],"ktime":{},"process":{"pid":1},"connection":"c"}"#;

/// A script that stands for the agent, and a directory that stands for a cgroup. The first takes the second with it.
struct StandIn {
    directory: TempDir,
    cgroup: Cgroup,
}

impl StandIn {
    fn new(script: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cgroup = Cgroup::create(directory.path(), "stand-in").unwrap();
        // What a directory of the kernel's would have.
        fs::write(cgroup.path().join("cgroup.procs"), "").unwrap();
        let binary = directory.path().join("wirelight");
        fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        Self { directory, cgroup }
    }

    fn start(&self) -> anyhow::Result<Agent> {
        AgentCommand::run(&self.cgroup).binary(&self.directory.path().join("wirelight")).start()
    }
}

/// `$7` is the counters' file: run --format json --cgroup DIR --counters-json FILE.
fn keeps_its_word(stop: &str) -> String {
    format!(
        "trap '{stop}' INT\necho '{LINE}'\necho 'INFO wirelight: ready' >&2\nwhile :; do sleep 0.01; done"
    )
}

#[test]
fn output_and_counters_are_taken_at_the_stop() {
    let stop = r#"echo "{\"stages\":[]}" > "$7"; exit 0"#;
    let stand_in = StandIn::new(&keeps_its_word(stop));
    let agent = stand_in.start().unwrap();
    assert_eq!(agent.wait_for_lines(1, Duration::from_secs(10)), 1);
    let report = agent.stop().unwrap();
    assert_eq!(report.stdout, format!("{LINE}\n").as_bytes());
    assert_eq!(report.counters, Counters::default());
    assert!(report.call("req_1").unwrap().is_some());
    assert!(report.call("req_2").unwrap().is_none());
}

#[test]
fn a_stop_that_is_not_clean_is_an_error() {
    for (stop, words) in [
        ("exit 1", "stopped with exit status: 1"),
        ("exit 0", "reading the agent's counters"),
        (r#"echo "thread main panicked at x" >&2; exit 0"#, "panicked"),
        (r#"echo nonsense; echo "{\"stages\":[]}" > "$7"; exit 0"#, "line 2 of the agent's output"),
    ] {
        let agent = StandIn::new(&keeps_its_word(stop));
        let error = format!("{:#}", agent.start().unwrap().stop().unwrap_err());
        assert!(error.contains(words), "{stop}: {error}");
    }
}

#[test]
fn an_end_before_ready_keeps_its_status_and_words() {
    let error = StandIn::new("echo 'no such pid' >&2; exit 4").start().unwrap_err();
    let not_ready = error.downcast_ref::<NotReady>().expect("NotReady");
    assert_eq!(not_ready.status.code(), Some(4));
    assert_eq!(not_ready.stderr, "no such pid\n");
}

#[test]
fn a_call_told_twice_is_an_error() {
    let stop = r#"echo "{\"stages\":[]}" > "$7"; exit 0"#;
    let script = keeps_its_word(stop).replace("INFO", &format!("' >&2; echo '{LINE}'; echo '"));
    let report = StandIn::new(&script).start().unwrap().stop().unwrap();
    assert!(report.call("req_1").is_err());
}

#[test]
fn a_paused_agent_stands_still_and_a_killed_one_ends() {
    let stand_in = StandIn::new(&keeps_its_word("exit 0"));
    let agent = stand_in.start().unwrap();
    let stat = format!("/proc/{}/stat", agent.pid());
    let stopped = || fs::read_to_string(&stat).unwrap().contains(") T ");
    agent.pause().unwrap();
    // The signal is delivered when the process is next scheduled.
    while !stopped() {
        std::thread::yield_now();
    }
    agent.resume().unwrap();
    while stopped() {
        std::thread::yield_now();
    }
    agent.kill().unwrap();
    assert!(!Path::new(&stat).exists());
}

#[test]
fn nothing_but_our_cgroups_may_be_observed() {
    let directory = tempfile::tempdir().unwrap();
    let ours = directory.path().join(format!("{PREFIX}1-0-x"));
    let theirs = directory.path().join("system.slice");
    for path in [&ours, &theirs] {
        fs::create_dir(path).unwrap();
    }
    let (ours, theirs) = (ours.to_str().unwrap(), theirs.to_str().unwrap());
    let missing = format!("{}/{PREFIX}missing", directory.path().display());
    let up = format!("{ours}/../{PREFIX}1-0-x");
    let glued = format!("--cgroup={ours}");
    let glued_theirs = format!("--cgroup={theirs}");
    for (args, allowed) in [
        (vec!["run", "--cgroup", ours], true),
        (vec!["run", &glued], true),
        (vec!["run"], false),
        (vec!["run", "--pid", "1"], false),
        (vec!["run", "--exclude-cgroup", ours], false),
        (vec!["run", "--cgroup"], false),
        (vec!["run", "--cgroup", "/"], false),
        (vec!["run", "--cgroup", "12345"], false),
        (vec!["run", "--cgroup", theirs], false),
        (vec!["run", &glued_theirs], false),
        (vec!["run", "--cgroup", ours, "--cgroup", theirs], false),
        (vec!["run", "--cgroup", &missing], false),
        (vec!["run", "--cgroup", &up], false),
    ] {
        let args: Vec<OsString> = args.into_iter().map(OsString::from).collect();
        assert_eq!(only_our_cgroups(&args).is_ok(), allowed, "{args:?}");
    }
}
