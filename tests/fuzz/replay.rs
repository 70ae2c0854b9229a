//! Every committed fuzz input, with the compiler and the build that all tests have: what was found once stays found.
//!
//! In: `corpus/TARGET/*`, and `crashes/TARGET/*` where fuzzing has left some. Out: one test per target. A line
//! `TARGET INPUTS BYTES MILLISECONDS` for each is appended to the file that `WIRELIGHT_REPLAY_LOG` names, which is
//! how `cargo xtask fuzz` makes its table.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "src/lib.rs"]
pub mod fuzz;

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// One input. Each takes well under a millisecond; a hang of a decoder must fail, a slow machine must not.
const AT_MOST: Duration = Duration::from_secs(20);

/// Names a test after each target.
macro_rules! replays {
    ($($target:ident)*) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target));
            }
        )*

        const REPLAYED: &[&str] = &[$(stringify!($target)),*];
    };
}

replays! {
    anthropic_messages bedrock_converse bedrock_invoke brotli chunked cohere_chat
    deflate eventstream gemini gemini_interactions grpc gzip
    h1 h2_client h2_late h2_server hpack json_array
    llama_cpp ndjson ollama_chat ollama_embed ollama_generate openai_chat
    openai_completions openai_embeddings openai_responses rerank sglang sse
    tgi websocket workers_ai zstd
}

#[test]
fn every_target_has_a_program_a_replay_and_a_corpus() {
    let names: BTreeSet<String> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let replayed: BTreeSet<String> = REPLAYED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(replayed, names, "replays! in replay.rs");
    let programs: BTreeSet<String> =
        files(&here().join("fuzz_targets")).iter().map(|path| stem(path)).collect();
    assert_eq!(programs, names, "fuzz_targets/");
    let manifest = include_str!("Cargo.toml");
    for name in &names {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name} is not in Cargo.toml"
        );
        assert!(!files(&here().join("corpus").join(name)).is_empty(), "{name} has no corpus");
    }
}

fn replay(name: &str) {
    let (_, target) = fuzz::TARGETS.iter().find(|(target, _)| *target == name).unwrap();
    let began = Instant::now();
    let (mut inputs, mut bytes) = (0, 0);
    let mut failed = Vec::new();
    for path in ["corpus", "crashes"].iter().flat_map(|kind| files(&here().join(kind).join(name))) {
        let input = fs::read(&path).unwrap();
        let began = Instant::now();
        // All of them are tried: fuzzing tends to find one bug many times.
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() || began.elapsed() > AT_MOST {
            failed.push(path);
        }
        inputs += 1;
        bytes += input.len();
    }
    if let Some(log) = std::env::var_os("WIRELIGHT_REPLAY_LOG") {
        let mut log = OpenOptions::new().append(true).create(true).open(log).unwrap();
        let line = format!("{name} {inputs} {bytes} {}\n", began.elapsed().as_millis());
        log.write_all(line.as_bytes()).unwrap();
    }
    assert!(failed.is_empty(), "{} of {inputs} inputs fail, or take {AT_MOST:?}: {failed:#?}", failed.len());
}

/// `tests/fuzz`, seen from the crate that this is a test of.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// Sorted, so that failures come in the same order everywhere. No directory is no files.
fn files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}
