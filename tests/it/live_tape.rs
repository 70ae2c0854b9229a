//! A tape is the run: replayed it says the same to the byte, cut it says what is on it, spoilt it says so.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tests::harness::{AgentCall, AgentCommand, Curl, Report, replay, say};

use crate::scene::{PRINTED, Scene};

/// A tape of six calls of two clients, and what its recording printed.
struct Recorded {
    directory: TempDir,
    tape: PathBuf,
    report: Report,
}

fn record(scene: &Scene) -> anyhow::Result<Recorded> {
    let directory = tempfile::tempdir()?;
    let tape = directory.path().join("calls.tape");
    let agent = AgentCommand::record(&scene.cgroup, &tape).start()?;
    let mut python = scene.clients.python()?;
    python.args(["--script", "chunks=8,tool=1", "--calls", "4", "--model", "m-{i}"]);
    let mut calls = scene.run(python)?;
    for stream in [true, false] {
        calls.extend(scene.run(scene.clients.curl(&Curl { stream, ..Curl::default() })?)?);
    }
    agent.wait_for_lines(calls.len(), PRINTED);
    let report = agent.stop()?;
    scene.all_told(&report, &calls)?;
    Ok(Recorded { directory, tape, report })
}

impl Recorded {
    /// A copy of the tape, changed.
    fn changed(&self, change: impl FnOnce(&mut Vec<u8>)) -> anyhow::Result<PathBuf> {
        let mut bytes = fs::read(&self.tape)?;
        change(&mut bytes);
        let path = self.directory.path().join("changed.tape");
        fs::write(&path, bytes)?;
        Ok(path)
    }

    fn len(&self) -> anyhow::Result<usize> {
        Ok(usize::try_from(fs::metadata(&self.tape)?.len())?)
    }
}

fn replayed(tape: &Path) -> anyhow::Result<(Vec<u8>, String)> {
    let (ended, counters) = replay(tape, "json")?;
    ensure!(ended.status.code() == Some(0), "replay ended with {}:\n{}", ended.status, ended.stderr);
    ensure!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    counters.context("replay wrote no counters")?.check_replay()?;
    Ok((ended.stdout, ended.stderr))
}

#[test]
fn a_replay_says_the_same_to_the_byte() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("a_replay_says_the_same")? else {
        return Ok(());
    };
    let recorded = record(&scene)?;
    // Plaintext is on it.
    let mode = fs::metadata(&recorded.tape)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "the tape's mode is {mode:o}");
    for _ in 0..2 {
        let (stdout, _) = replayed(&recorded.tape)?;
        ensure!(
            stdout == recorded.report.stdout,
            "recorded:\n{}\nreplayed:\n{}",
            String::from_utf8_lossy(&recorded.report.stdout),
            String::from_utf8_lossy(&stdout)
        );
    }
    let (console, _) = replay(&recorded.tape, "console")?;
    ensure!(console.status.success() && !console.stdout.is_empty(), "{}", console.stderr);
    Ok(())
}

/// A machine that lost power leaves a tape that ends anywhere.
#[test]
fn a_cut_tape_gives_what_is_on_it() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("a_cut_tape")? else {
        return Ok(());
    };
    let recorded = record(&scene)?;
    let whole = lines(&recorded.report.stdout);
    let length = recorded.len()?;
    let mut least = whole.len();
    for cut in [length - 1, length - 7, length * 9 / 10, length * 3 / 4, length / 2, length / 3] {
        let tape = recorded.changed(|bytes| bytes.truncate(cut))?;
        let (stdout, stderr) = replayed(&tape).with_context(|| format!("cut at {cut} of {length}"))?;
        let told = lines(&stdout);
        let same = told.iter().zip(&whole).take_while(|(told, whole)| told == whole).count();
        // What comes after the common part are calls that the cut left open, and they say so.
        for call in AgentCall::read_lines(told[same..].concat().as_bytes())? {
            let open = call.truncated() || call.text("wirelight.outcome") != Some("complete");
            ensure!(open, "cut at {cut} of {length}: a call that the recording did not print: {call:#?}");
        }
        ensure!(
            !stderr.trim().is_empty(),
            "cut at {cut} of {length}: replay does not say that the tape is cut"
        );
        say(&format!("cut at {cut} of {length}: {same} of {} calls", whole.len()));
        ensure!(same <= least, "less tape gave more calls");
        least = same;
    }
    ensure!(least < whole.len(), "a third of the tape cannot hold all calls");
    Ok(())
}

/// A byte that changed is noticed and counted; it is never taken for truth and never a panic.
#[test]
fn a_flipped_byte_is_counted() -> anyhow::Result<()> {
    let Some(scene) = Scene::enter("a_flipped_byte")? else {
        return Ok(());
    };
    let recorded = record(&scene)?;
    let length = recorded.len()?;
    for at in (1..20).map(|part| length * part / 20) {
        let tape = recorded.changed(|bytes| bytes[at] ^= 0x40)?;
        let (ended, counters) = replay(&tape, "json")?;
        ensure!(ended.status.code() == Some(0), "byte {at}: {}\n{}", ended.status, ended.stderr);
        let counters = counters.with_context(|| format!("byte {at}: no counters"))?;
        counters.check_replay()?;
        ensure!(counters.loss("bad_record") > 0, "byte {at} of {length} was not missed: {counters:?}");
        AgentCall::read_lines(&ended.stdout)?;
    }
    // What is no tape at all is refused in words.
    let tape = recorded.changed(|bytes| bytes[0] ^= 0xff)?;
    let (ended, _) = replay(&tape, "json")?;
    ensure!(ended.status.code().is_some_and(|code| code != 0 && code != 101), "{}", ended.status);
    ensure!(!ended.stderr.trim().is_empty() && !ended.stderr.contains("panicked"), "{}", ended.stderr);
    Ok(())
}

fn lines(output: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(output).split_inclusive('\n').map(str::to_owned).collect()
}
