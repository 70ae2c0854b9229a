//! New inputs: libFuzzer for a time per target, then the best of what it found into the committed corpus.
//!
//! In: targets, a time, how many at once. Out: a table; a failure where there was a crash. What is grown stays in the
//! target directory, so that the next campaign goes on from it; its logs are beside it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::libfuzzer::{self, Figures, INPUT_BYTES};
use super::{DIRECTORY, target_directory};
use crate::Done;
use crate::run::{self, root};

/// What was asked for.
pub(super) struct Campaign {
    pub(super) targets: Vec<String>,
    pub(super) seconds: u64,
    pub(super) jobs: usize,
}

/// Committed inputs of one target: a replay of all targets takes seconds, and the repository stays small.
const FILES: usize = 150;
const BYTES: u64 = 48 * 1024;
/// Between two lines about the same target.
const PROGRESS: Duration = Duration::from_secs(10);

/// What became of a target.
struct Outcome {
    target: String,
    took: Duration,
    figures: Figures,
    /// Committed inputs, afterwards.
    corpus: usize,
    added: usize,
    crashes: Vec<PathBuf>,
    /// It ended otherwise than by time or by a crash.
    failure: Option<String>,
}

pub(super) fn run(campaign: &Campaign) -> Result<Done> {
    let programs = libfuzzer::build(&campaign.targets)?;
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (Some(target), Some(program)) = (campaign.targets.get(index), programs.get(index)) else {
                return;
            };
            let outcome = Work::new(target, program).and_then(|work| work.fuzz(campaign.seconds));
            let mut outcomes = outcomes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            outcomes.push((index, outcome));
        }
    };
    thread::scope(|scope| {
        for _ in 0..campaign.jobs.min(programs.len()) {
            scope.spawn(work);
        }
    });
    // Now that nobody needs it; fails where there are crashes.
    let _gone = fs::remove_dir(root().join(DIRECTORY).join("crashes"));
    let mut outcomes = outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    outcomes.sort_by_key(|(index, _)| *index);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect::<Result<Vec<_>>>()?;
    print!("{}", table(&outcomes));
    for outcome in &outcomes {
        for crash in &outcome.crashes {
            println!("{}: reproduce with `cargo xtask fuzz {}`", shown(crash).display(), outcome.target);
        }
    }
    let crashes: usize = outcomes.iter().map(|outcome| outcome.crashes.len()).sum();
    let failures: Vec<&str> = outcomes.iter().filter_map(|outcome| outcome.failure.as_deref()).collect();
    let executions: u64 = outcomes.iter().map(|outcome| outcome.figures.executions).sum();
    let failure = match (crashes, failures.as_slice()) {
        (0, []) => None,
        (0, failures) => Some(failures.join("; ")),
        (crashes, _) => Some(format!("{crashes} crashes, see above")),
    };
    let summary = format!("{executions} executions of {} targets, {crashes} crashes", outcomes.len());
    Ok(Done { failure, summary: Some(summary) })
}

/// One target and its directories.
struct Work<'a> {
    target: &'a str,
    program: &'a Path,
    committed: PathBuf,
    grown: PathBuf,
    crashes: PathBuf,
    scratch: PathBuf,
    log: PathBuf,
}

impl<'a> Work<'a> {
    fn new(target: &'a str, program: &'a Path) -> Result<Self> {
        let ours = root().join(DIRECTORY);
        let theirs = target_directory();
        let work = Self {
            target,
            program,
            committed: ours.join("corpus").join(target),
            grown: theirs.join("corpus").join(target),
            crashes: ours.join("crashes").join(target),
            scratch: theirs.join("merge").join(target),
            log: theirs.join(format!("{target}.log")),
        };
        for directory in [&work.committed, &work.grown, &work.crashes] {
            fs::create_dir_all(directory)
                .with_context(|| format!("cannot create {}", directory.display()))?;
        }
        Ok(work)
    }

    fn fuzz(&self, seconds: u64) -> Result<Outcome> {
        let before = files(&self.crashes)?;
        let began = Instant::now();
        let mut command = libfuzzer::fuzz(self.program, seconds, &self.grown, &self.committed, &self.crashes);
        let (figures, success) = self.watch(&mut command)?;
        let took = began.elapsed();
        let crashes: Vec<PathBuf> = files(&self.crashes)?.difference(&before).cloned().collect();
        let committed = files(&self.committed)?;
        // What fails must not get into the corpus; libFuzzer's merge would try it again and again.
        if crashes.is_empty() && success {
            self.merge()?;
        }
        let now = files(&self.committed)?;
        if files(&self.crashes)?.is_empty() {
            // Only to be found where something is in it.
            let _gone = fs::remove_dir(&self.crashes);
        }
        let why = || format!("{} ended early without a crash: {}", self.target, self.log.display());
        Ok(Outcome {
            target: self.target.to_owned(),
            took,
            figures,
            corpus: now.len(),
            added: now.difference(&committed).count(),
            failure: (!success && crashes.is_empty()).then(why),
            crashes,
        })
    }

    /// Runs to the end; everything goes to the log, and a line now and then to the terminal.
    fn watch(&self, command: &mut Command) -> Result<(Figures, bool)> {
        let shown = run::announce(command);
        let mut log =
            File::create(&self.log).with_context(|| format!("cannot write {}", self.log.display()))?;
        // libFuzzer writes to stderr alone, and so does a panic.
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = quiet.spawn().with_context(|| format!("cannot run `{shown}`"))?;
        let stderr = BufReader::new(child.stderr.take().context("libFuzzer has no output")?);
        let mut figures = Figures::default();
        let mut said = Instant::now();
        for line in stderr.split(b'\n') {
            let line = line.context("cannot read what libFuzzer writes")?;
            log.write_all(&line).and_then(|()| log.write_all(b"\n")).context("cannot write the log")?;
            // A panic may show bytes of the input.
            let line = String::from_utf8_lossy(&line);
            figures.add(&line);
            if line.starts_with('#') && said.elapsed() > PROGRESS {
                eprintln!("{}: {} executions, {} edges", self.target, figures.executions, figures.coverage);
                said = Instant::now();
            }
        }
        let status = child.wait().with_context(|| format!("cannot wait for `{shown}`"))?;
        Ok((figures, status.success()))
    }

    /// Committed becomes: the hand-made inputs, and the smallest of what was there and of what reaches more.
    fn merge(&self) -> Result<()> {
        if self.scratch.exists() {
            fs::remove_dir_all(&self.scratch).context("cannot empty the directory of the merge")?;
        }
        fs::create_dir_all(&self.scratch).context("cannot create the directory of the merge")?;
        let committed = files(&self.committed)?;
        // First of all those that are there: what reaches nothing new must not replace them.
        committed.iter().try_for_each(|path| copy(path, &self.scratch))?;
        let (seeds, found): (Vec<_>, Vec<_>) = committed.into_iter().partition(|path| is_seed(path));
        let mut merge = libfuzzer::merge(self.program, &self.scratch, &[&self.grown]);
        let (_, merged) = self.watch(&mut merge)?;
        anyhow::ensure!(merged, "{}: the merge failed: {}", self.target, self.log.display());
        let candidates = files(&self.scratch)?.into_iter().filter(|path| !is_seed(path));
        let sized =
            candidates.map(|path| Ok((path.metadata()?.len(), path))).collect::<std::io::Result<Vec<_>>>();
        let seed_bytes = seeds.iter().map(|seed| seed.metadata().map_or(0, |meta| meta.len())).sum();
        let kept = choose(sized.context("cannot look at merged inputs")?, seeds.len(), seed_bytes);
        for path in found {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        kept.iter().try_for_each(|path| copy(path, &self.committed))
    }
}

/// The smallest ones, as many as fit beside the seeds.
fn choose(mut candidates: Vec<(u64, PathBuf)>, seeds: usize, seed_bytes: u64) -> Vec<PathBuf> {
    candidates.sort();
    let mut bytes = seed_bytes;
    let fits = |(size, _): &(u64, PathBuf)| {
        bytes += size;
        *size <= u64::from(INPUT_BYTES) && bytes <= BYTES
    };
    candidates.into_iter().take(FILES.saturating_sub(seeds)).take_while(fits).map(|(_, path)| path).collect()
}

fn copy(path: &Path, directory: &Path) -> Result<()> {
    let name = path.file_name().context("an input has no name")?;
    fs::copy(path, directory.join(name)).with_context(|| format!("cannot copy {}", path.display()))?;
    Ok(())
}

/// Written by tests/fuzz/examples/seeds.rs; libFuzzer names its own by their hash.
fn is_seed(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("seed-"))
}

fn files(directory: &Path) -> Result<BTreeSet<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    entries.map(|entry| Ok(entry.context("cannot list inputs")?.path())).collect()
}

/// Relative to the workspace, where it is inside.
fn shown(path: &Path) -> &Path {
    path.strip_prefix(root()).unwrap_or(path)
}

fn table(outcomes: &[Outcome]) -> String {
    let mut table = format!(
        "{:<12} {:>7} {:>12} {:>8} {:>6} {:>7} {:>6} {:>7}\n",
        "target", "minutes", "executions", "exec/s", "edges", "corpus", "added", "crashes"
    );
    for Outcome { target, took, figures, corpus, added, crashes, failure: _ } in outcomes {
        let seconds = took.as_secs_f64().max(0.001);
        table += &format!(
            "{target:<12} {:>7.1} {:>12} {:>8.0} {:>6} {corpus:>7} {added:>6} {:>7}\n",
            seconds / 60.0,
            figures.executions,
            figures.executions as f64 / seconds,
            figures.coverage,
            crashes.len(),
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smallest_inputs_are_kept_up_to_the_caps() {
        let named = |size: u64| (size, PathBuf::from(format!("{size}")));
        let names =
            |kept: Vec<PathBuf>| kept.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(names(choose(vec![named(300), named(5), named(5000)], 9, 0)), ["5", "300"]);
        assert_eq!(names(choose(vec![named(300), named(5)], FILES - 1, 0)), ["5"]);
        assert_eq!(names(choose(vec![named(300), named(5)], 9, BYTES - 100)), ["5"]);
        assert_eq!(names(choose(vec![named(5)], FILES + 7, 0)), [] as [&str; 0]);
    }

    #[test]
    fn seeds_are_told_by_their_name() {
        assert!(is_seed(Path::new("corpus/h1/seed-gap")));
        assert!(!is_seed(Path::new("corpus/seed-x/da39a3ee5e6b4b0d3255bfef95601890afd80709")));
    }

    #[test]
    fn table_has_a_line_per_target() {
        let outcome = Outcome {
            target: "h1".to_owned(),
            took: Duration::from_secs(60),
            figures: Figures { executions: 6000, coverage: 812 },
            corpus: 40,
            added: 3,
            crashes: Vec::new(),
            failure: None,
        };
        let table = table(&[outcome]);
        let words: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(words, ["h1", "1.0", "6000", "100", "812", "40", "3", "0"]);
    }
}
