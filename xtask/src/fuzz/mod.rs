//! `fuzz`: the committed inputs once more, or new ones for as many minutes as you like.
//!
//! Without `--minutes` every committed input is replayed by the test that `cargo xtask test` runs too, on the plain
//! compiler. With it `campaign` builds the targets of tests/fuzz with libFuzzer and lets them run.

mod campaign;
mod libfuzzer;

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::Done;
use crate::run::{self, root};
use campaign::Campaign;

const HELP: &str = "\
Fuzz what peers reach: the decoders of `wire`, the readers of `genai`.

Usage: cargo xtask fuzz [--minutes N] [--jobs N] [TARGET…]

Without --minutes: replays the inputs committed in tests/fuzz/corpus (and crashes left in tests/fuzz/crashes).
With it: libFuzzer for N minutes per target, on the stable compiler; then new inputs that reach new code are added to
tests/fuzz/corpus, up to 150 of at most 4 KiB per target. A crash is kept in tests/fuzz/crashes/TARGET, and fails.

Targets are the files of tests/fuzz/fuzz_targets; none means all.

Options:
  --minutes N    Per target; fractions are fine
  --jobs N       How many targets run at the same time (default 1)
  --seeds        Write the hand-made inputs again: tests/fuzz/corpus/TARGET/seed-*
  -h, --help     This text

Examples:
  cargo xtask fuzz                              replay everything
  cargo xtask fuzz h1                           replay one target, its crashes too
  cargo xtask fuzz --minutes 1 --jobs 2         all targets, two at a time: 14 minutes
  cargo xtask fuzz --minutes 30 h2_server gzip  half an hour for each of two
";

/// Where everything is.
const DIRECTORY: &str = "tests/fuzz";

pub(crate) fn run(arguments: &[String]) -> Result<Done> {
    let targets = targets()?;
    let Some(asked) = Asked::parse(arguments, &targets)? else {
        print!("{HELP}");
        return Ok(Done::default());
    };
    if asked.seeds {
        let mut seeds = run::cargo();
        seeds.args(["run", "--quiet", "--locked", "--manifest-path", &format!("{DIRECTORY}/Cargo.toml")]);
        run::run(seeds.args(["--example", "seeds"]).env("CARGO_TARGET_DIR", target_directory()))?;
    }
    match asked.seconds {
        Some(seconds) => campaign::run(&Campaign { targets: asked.targets, seconds, jobs: asked.jobs }),
        None => replay(&asked.targets, asked.targets.len() == targets.len()),
    }
}

/// Of what is instrumented, and of what it finds.
fn target_directory() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from).join("fuzz")
}

/// The files of fuzz_targets.
fn targets() -> Result<Vec<String>> {
    let directory = root().join(DIRECTORY).join("fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))? {
        let path = entry.context("cannot list the fuzz targets")?.path();
        names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// The test `fuzz` of the crate `tests`, and what it says about each target.
fn replay(targets: &[String], all: bool) -> Result<Done> {
    let log = env::temp_dir().join(format!("wirelight-replayed-{}", std::process::id()));
    fs::write(&log, "").with_context(|| format!("cannot write {}", log.display()))?;
    let mut test = run::cargo();
    test.args(["test", "--quiet", "--package", "tests", "--test", "fuzz"]).env("WIRELIGHT_REPLAY_LOG", &log);
    if !all {
        test.args(["--", "--exact"]).args(targets);
    }
    let ran = run::run(&mut test);
    let text = fs::read_to_string(&log).context("the log of the replay is gone")?;
    if let Err(error) = fs::remove_file(&log) {
        eprintln!("fuzz: {} stays behind: {error}", log.display());
    }
    let (table, inputs) = replayed(&text);
    print!("{table}");
    Ok(Done {
        failure: ran.err().map(|error| format!("{error:#}")),
        summary: Some(format!("{inputs} inputs replayed, {} targets", text.lines().count())),
    })
}

/// Lines `TARGET INPUTS BYTES MILLISECONDS`, in any order → a table, and how many inputs.
fn replayed(log: &str) -> (String, u64) {
    let mut lines: Vec<&str> = log.lines().collect();
    lines.sort_unstable();
    let mut table = format!("{:<12} {:>7} {:>9} {:>7}\n", "target", "inputs", "bytes", "ms");
    let mut inputs = 0;
    for line in lines {
        let mut words = line.split(' ');
        let mut next = || words.next().unwrap_or_default();
        let (name, count, bytes, millis) = (next(), next(), next(), next());
        inputs += count.parse::<u64>().unwrap_or_default();
        table += &format!("{name:<12} {count:>7} {bytes:>9} {millis:>7}\n");
    }
    (table, inputs)
}

/// The command's own arguments.
#[derive(PartialEq, Debug)]
struct Asked {
    targets: Vec<String>,
    seconds: Option<u64>,
    jobs: usize,
    seeds: bool,
}

impl Asked {
    /// `None` when help was asked for.
    fn parse(arguments: &[String], targets: &[String]) -> Result<Option<Self>> {
        let mut asked = Self { targets: Vec::new(), seconds: None, jobs: 1, seeds: false };
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} needs a number"));
            match argument {
                "-h" | "--help" => return Ok(None),
                "--seeds" => asked.seeds = true,
                "--minutes" => {
                    let minutes: f64 = value()?.parse().context("--minutes needs a number")?;
                    if !(minutes > 0.0 && minutes < 100_000.0) {
                        bail!("--minutes needs a number above 0");
                    }
                    asked.seconds = Some((minutes * 60.0).ceil() as u64);
                }
                "--jobs" => asked.jobs = value()?.parse().context("--jobs needs a number")?,
                name if targets.iter().any(|target| target == name) => asked.targets.push(name.to_owned()),
                name => bail!("there is no fuzz target `{name}`; there are: {}", targets.join(" ")),
            }
        }
        asked.jobs = asked.jobs.max(1);
        if asked.targets.is_empty() {
            asked.targets = targets.to_vec();
        }
        Ok(Some(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Asked>> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Asked::parse(&words, &["h1".to_owned(), "sse".to_owned()])
    }

    #[test]
    fn arguments() {
        let asked = parse("--minutes 0.5 sse --jobs 2").unwrap().unwrap();
        let expect = Asked { targets: vec!["sse".to_owned()], seconds: Some(30), jobs: 2, seeds: false };
        assert_eq!(asked, expect);
        let asked = parse("").unwrap().unwrap();
        assert_eq!((asked.targets.len(), asked.seconds), (2, None));
        assert_eq!(parse("--help").unwrap(), None);
        for (wrong, why) in
            [("h9", "`h9`"), ("--minutes", "number"), ("--minutes 0", "above 0"), ("--jobs x", "number")]
        {
            let error = format!("{:#}", parse(wrong).unwrap_err());
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }

    #[test]
    fn there_are_targets_and_each_has_a_corpus() {
        let targets = targets().unwrap();
        assert!(targets.contains(&"h1".to_owned()), "{targets:?}");
        for target in targets {
            assert!(root().join(DIRECTORY).join("corpus").join(&target).is_dir(), "{target}");
        }
    }

    #[test]
    fn replayed_lines_become_a_table() {
        let (table, inputs) = replayed("sse 9 100 2\nh1 18 200 3\n");
        assert_eq!(inputs, 27);
        assert!(table.find("h1").unwrap() < table.find("sse").unwrap(), "{table}");
    }
}
