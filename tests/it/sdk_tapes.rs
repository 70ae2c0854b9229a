//! One tape for each API of each SDK, whole and as a stream, made from the SDK itself: replayed, it says what it said when
//! it was recorded. This needs no privilege, no SDK and no network.
//!
//! `tapes/sdk/NAME.tape` with `NAME.json` next to it, the lines that its replay prints. With `BLESS=1` the lines are
//! written anew, and tapes that are missing are recorded: a tape that shall be new is deleted first.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use tests::harness::{
    AgentCommand, SdkApi, SdkCall, SdkUse, agent_binary, replay, say,
    sdk::{BOTO3, NODE, PYTHON},
    skip,
};

use crate::scene::{CLIENT, PRINTED, Scene};

/// Two calls over one connection: what all APIs can play, small.
const SCRIPT: &str = "chunks=2,tool=1,thoughts=1,cached=64,cache_write=32,reasoning=9,ttft_ms=5,gap_ms=2";
/// Bytes of a tape.
const MOST: u64 = 30_000;
/// What the SDK is told is its key, and a word of the prompt. A tape is plaintext and has both, which are nobody's
/// secret; what is printed of it must have neither.
const KEY: &str = "sk-canary-of-the-tapes";
const PROMPT: &str = "Say something short";

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tapes/sdk")
}

fn blessed() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// Its tapes' names, and whether they are of streams.
fn names(api: &SdkApi) -> Vec<(String, bool)> {
    let ways = [false, true].into_iter().take(1 + usize::from(api.streams));
    ways.map(|stream| (api.file_name(stream), stream)).collect()
}

#[test]
fn tapes_of_sdks_are_recorded() -> anyhow::Result<()> {
    let missing: Vec<_> = PYTHON
        .iter()
        .chain(&BOTO3)
        .chain(&NODE)
        .flat_map(|api| names(api).into_iter().map(move |(name, stream)| (api, name, stream)))
        .map(|(api, name, stream)| (api, directory().join(name).with_extension("tape"), stream))
        .filter(|(_, tape, _)| !tape.exists())
        .collect();
    if !blessed() {
        ensure!(missing.is_empty() || !directory().exists(), "bless: there are no {missing:#?}");
        return Ok(());
    }
    for (api, tape, stream) in missing {
        let Some(scene) = Scene::enter("tapes_of_sdks")? else {
            return Ok(());
        };
        let using = SdkUse { stream, tools: api.tools, script: SCRIPT, key: KEY, ..SdkUse::default() };
        let Ok(command) = scene.clients.sdk(api, &using) else {
            skip("tapes_of_sdks", &format!("the SDK {} cannot be installed", api.sdk));
            continue;
        };
        fs::create_dir_all(directory())?;
        let agent = AgentCommand::record(&scene.cgroup, &tape).start()?;
        let calls = SdkCall::run(command, Some(&scene.cgroup), CLIENT)?;
        agent.wait_for_lines(calls.len(), PRINTED);
        agent.stop()?;
        say(&format!("recorded {}", tape.display()));
    }
    Ok(())
}

#[test]
fn tapes_of_sdks_say_what_they_said() -> anyhow::Result<()> {
    let test = "tapes_of_sdks_say_what_they_said";
    let Ok(entries) = fs::read_dir(directory()) else {
        skip(test, "the tapes are not on this machine");
        return Ok(());
    };
    if let Err(error) = agent_binary() {
        skip(test, &format!("{error:#}"));
        return Ok(());
    }
    let mut tapes: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    tapes.retain(|path| path.extension().is_some_and(|extension| extension == "tape"));
    tapes.sort();
    ensure!(!tapes.is_empty(), "no tapes");
    let mut wrong = Vec::new();
    for tape in tapes {
        let bytes = fs::read(&tape)?;
        let name = tape.file_name().context("a name")?.to_string_lossy().into_owned();
        ensure!(bytes.len() as u64 <= MOST, "{name} has {} bytes", bytes.len());
        let (ended, counters) = replay(&tape, "json")?;
        ensure!(ended.status.success(), "{name}: {}\n{}", ended.status, ended.stderr);
        counters.with_context(|| format!("{name}: no counters"))?.check_replay()?;
        let told = String::from_utf8_lossy(&ended.stdout);
        ensure!(!told.contains(KEY) && !told.contains(PROMPT), "{name}: what is secret is told:\n{told}");
        let golden = tape.with_extension("json");
        if blessed() {
            fs::write(&golden, &ended.stdout)?;
        }
        let expect = fs::read(&golden).with_context(|| format!("bless: {}", golden.display()))?;
        if expect != ended.stdout {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            wrong.push(format!("{name}:\nexpected {}\n     now {}", text(&expect), text(&ended.stdout)));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
