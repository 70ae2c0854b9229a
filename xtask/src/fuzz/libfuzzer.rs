//! libFuzzer: how its programs are built and started, and what their output means.
//!
//! In: a target. Out: a program on the stable compiler; the figures of a run. AddressSanitizer is left out: it is
//! nightly's, and our side of the targets is without `unsafe`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{DIRECTORY, target_directory};
use crate::{run, wirelight};

/// What cargo-fuzz gives to rustc, without its sanitizers: these need no nightly compiler. Counters at every edge,
/// operands of comparisons, and the table that tells which edge is where.
const COVERAGE: [&str; 8] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // Keeps branches apart that LLVM would fold into one, and with it one counter.
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Clink-dead-code",
    "-Ccodegen-units=1",
];

/// One input takes microseconds.
const TIMEOUT_SECONDS: u32 = 10;
/// What a decoder may hold is a few megabytes; libFuzzer itself takes some hundred.
const MEMORY_MB: u32 = 1024;
/// Longer ones find nothing that these do not, at a fraction of the speed.
pub(super) const INPUT_BYTES: u32 = 4096;

/// Builds all `targets`, and returns their programs in the same order.
pub(super) fn build(targets: &[String]) -> Result<Vec<PathBuf>> {
    let triple = host()?;
    let mut build = run::cargo();
    build.args(["build", "--release", "--locked", "--manifest-path"]).arg(format!("{DIRECTORY}/Cargo.toml"));
    // With `--target` flags are for what is fuzzed, and not for build scripts.
    build.args(["--target", &triple]);
    for target in targets {
        build.args(["--bin", target]);
    }
    build.env("RUSTFLAGS", COVERAGE.join(" ")).env("CARGO_TARGET_DIR", target_directory());
    build.env_remove("CARGO_ENCODED_RUSTFLAGS");
    let said = wirelight::messages(&mut build)?;
    let program =
        |target: &String| said.executable(target).with_context(|| format!("cargo built no `{target}`"));
    targets.iter().map(program).collect()
}

fn host() -> Result<String> {
    let version = run::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(host.to_owned())
}

/// Fuzzes for a time. `grown` is read and written, `committed` is read.
pub(super) fn fuzz(program: &Path, seconds: u64, grown: &Path, committed: &Path, crashes: &Path) -> Command {
    let mut command = limited(program);
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", crashes.display()));
    command.arg("-print_final_stats=1").args([grown, committed]);
    command
}

/// Copies into `into` what it takes to reach everything that `from` reaches.
pub(super) fn merge(program: &Path, into: &Path, from: &[&Path]) -> Command {
    let mut command = limited(program);
    command.arg("-merge=1").arg(into).args(from);
    command
}

fn limited(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(format!("-max_len={INPUT_BYTES}")).arg(format!("-timeout={TIMEOUT_SECONDS}"));
    command.arg(format!("-rss_limit_mb={MEMORY_MB}"));
    command
}

/// What a run says about itself.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Figures {
    pub(super) executions: u64,
    /// Edges reached.
    pub(super) coverage: u64,
}

impl Figures {
    /// Takes a line such as `#2097152 pulse  cov: 812 ft: 1500 corp: 120/4Kb lim: 43 exec/s: 52428 rss: 60Mb`, or
    /// `stat::number_of_executed_units: 3145728`; others are passed over.
    pub(super) fn add(&mut self, line: &str) {
        let word_after = |name: &str| {
            let (_, rest) = line.split_once(name)?;
            rest.split_whitespace().next()?.parse().ok()
        };
        if let Some(executions) = word_after("stat::number_of_executed_units:") {
            self.executions = executions;
        } else if let Some(number) = line.strip_prefix('#') {
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            self.executions = digits.parse().unwrap_or(self.executions).max(self.executions);
            self.coverage = word_after(" cov: ").unwrap_or(self.coverage);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_progress_and_from_the_end() {
        let mut figures = Figures::default();
        figures.add("INFO: Seed: 3918206239");
        figures.add("#2\tINITED cov: 81 ft: 82 corp: 1/1b exec/s: 0 rss: 44Mb");
        figures.add("#2097152\tpulse  cov: 812 ft: 1500 corp: 120/4Kb lim: 43 exec/s: 52428 rss: 60Mb");
        assert_eq!(figures, Figures { executions: 2_097_152, coverage: 812 });
        figures.add("stat::number_of_executed_units: 3145728");
        figures.add("stat::average_exec_per_sec:     52428");
        assert_eq!(figures, Figures { executions: 3_145_728, coverage: 812 });
    }
}
