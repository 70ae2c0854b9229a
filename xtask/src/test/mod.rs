//! `test`: everything, and the truth about what was not run.
//!
//! In: arguments for cargo test. Out: the totals, alone on the last line. Live tests that a machine cannot run pass
//! with a line in the skip log; here these are counted as skipped, shown with their reasons, and held against what
//! this machine can do.

mod host;
mod skips;
mod summary;

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::run::{self, AsRoot};
use crate::{Done, setup, wirelight};
use host::Host;
use skips::Skips;
use summary::Totals;

/// `environment` is added to the tests' own.
pub(crate) fn run(arguments: &[String], strict: bool, environment: &[(&str, &str)]) -> Result<Done> {
    setup::toolchain()?;
    if let Err(error) = setup::tools(setup::For::Tests) {
        eprintln!("test: {error:#}; without them live tests will be skipped");
    }
    let agent = wirelight::build()?;
    let skip_log = env::temp_dir().join(format!("wirelight-skipped-{}", std::process::id()));
    fs::write(&skip_log, "").with_context(|| format!("cannot write {}", skip_log.display()))?;

    let mut tests = run::cargo();
    tests.args(["test", "--no-fail-fast"]).args(scope(arguments)).args(arguments);
    tests
        .envs(environment.iter().copied())
        .env("WIRELIGHT_BIN", &agent.binary)
        .env("WIRELIGHT_SKIP_LOG", &skip_log);
    let as_root = AsRoot::find();
    match as_root {
        AsRoot::Already => {}
        AsRoot::Sudo => {
            tests.env(runner_variable()?, "sudo -E");
        }
        AsRoot::No => eprintln!("test: without root and without sudo, live tests will be skipped"),
    }

    let began = Instant::now();
    let (totals, success) = watch(&mut tests)?;
    let skips = Skips::parse(&fs::read_to_string(&skip_log).context("the skip log is gone")?);
    if let Err(error) = fs::remove_file(&skip_log) {
        eprintln!("test: {} stays behind: {error}", skip_log.display());
    }
    eprintln!("test: {:.0} s", began.elapsed().as_secs_f64());
    eprint!("{skips}");
    Ok(Done {
        failure: verdict(totals, success, &skips, &Host::probe(as_root), strict),
        summary: Some(totals.with_live_skips(skips.count()).to_string()),
    })
}

/// Everything, unless a crate is asked for.
fn scope(arguments: &[String]) -> Option<&'static str> {
    let ours = arguments.iter().take_while(|argument| *argument != "--");
    let named = |argument: &String| argument == "--package" || argument.starts_with("-p");
    (!ours.into_iter().any(named)).then_some("--workspace")
}

/// The one sentence about what is wrong, if anything.
fn verdict(totals: Totals, success: bool, skips: &Skips, host: &Host, strict: bool) -> Option<String> {
    if totals.failed > 0 {
        return Some(format!("{} tests failed, see above", totals.failed));
    }
    if !success {
        return Some(
            "cargo test failed although no test did: a test program does not compile or ended early"
                .to_owned(),
        );
    }
    if totals.passed == 0 {
        return Some("no test ran: the filter after `--` fits none".to_owned());
    }
    if skips.count() == 0 {
        return None;
    }
    match host.lacks() {
        Some(lacking) => eprintln!("test: live tests cannot run here: {lacking}"),
        None if strict => {
            return Some(format!(
                "{} live tests were skipped on a machine that could run them",
                skips.count()
            ));
        }
        None => eprintln!(
            "test: this machine could have run the skipped live tests; with --strict that is a failure"
        ),
    }
    None
}

/// Runs cargo test, shows its output as it comes, and adds up.
fn watch(tests: &mut Command) -> Result<(Totals, bool)> {
    let shown = run::announce(tests);
    let mut child = tests.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot run `{shown}`"))?;
    let stdout = BufReader::new(child.stdout.take().context("cargo test has no output")?);
    let mut totals = Totals::default();
    for line in stdout.split(b'\n') {
        let line = line.context("cannot read what the tests write")?;
        // A client under test may write anything at all.
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        totals.add(&line);
    }
    let status = child.wait().context("cannot wait for cargo test")?;
    Ok((totals, status.success()))
}

/// `CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER`: cargo compiles as us, and starts test programs through it.
fn runner_variable() -> Result<String> {
    let version = run::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(format!("CARGO_TARGET_{}_RUNNER", host.replace('-', "_").to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        passed: u64,
        failed: u64,
        success: bool,
        skips: &str,
        host: &Host,
        strict: bool,
    ) -> Option<String> {
        let totals = Totals { passed, failed, skipped: 0 };
        verdict(totals, success, &Skips::parse(skips), host, strict)
    }

    #[test]
    fn asking_for_a_crate_narrows_the_scope() {
        let check = |line: &str| scope(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(check(""), Some("--workspace"));
        assert_eq!(check("sse -- --nocapture -p"), Some("--workspace"));
        assert_eq!(check("-p wire sse"), None);
        assert_eq!(check("--package wire"), None);
    }

    #[test]
    fn verdicts() {
        let able = Host::able();
        let unable = Host { root: false, ..Host::able() };
        let skip = "live_openssl: no node\n";
        assert_eq!(check(3, 0, true, "", &able, true), None);
        assert_eq!(check(3, 0, true, skip, &able, false), None);
        assert_eq!(check(3, 0, true, skip, &unable, true), None);
        assert!(
            check(3, 0, true, skip, &able, true).is_some_and(|why| why.contains("1 live tests were skipped"))
        );
        assert!(check(3, 2, false, "", &able, false).is_some_and(|why| why.contains("2 tests failed")));
        assert!(check(3, 0, false, "", &able, false).is_some_and(|why| why.contains("ended early")));
        assert!(check(0, 0, true, "", &able, false).is_some_and(|why| why.contains("no test ran")));
    }
}
