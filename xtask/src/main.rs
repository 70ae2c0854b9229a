//! Every developer command: `cargo xtask COMMAND…`, one file each.
//!
//! Commands run in the order given; a failed one does not keep the next from running, so that one round shows
//! everything. Depends on no crate of ours, so that it starts in seconds and works when nothing else compiles.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its terminal")]

mod bench;
mod bless;
mod bpf;
mod demo;
mod fuzz;
mod lint;
mod prices;
mod run;
mod setup;
mod test;
mod tidy;
mod wirelight;

// The build script's own view of what the kernel object is built from and with.
#[allow(dead_code, reason = "the build script uses the rest")]
#[path = "../../agent/build/fingerprint.rs"]
mod fingerprint;
#[allow(dead_code, reason = "the build script uses the rest")]
#[path = "../../agent/build/source.rs"]
mod source;
#[cfg(test)] // its tests run here: a build script has none of its own
#[path = "../../agent/build/strip.rs"]
mod strip;
#[allow(dead_code, reason = "the build script uses the rest")]
#[path = "../../agent/build/toolchain.rs"]
mod toolchain;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
Developer commands of wirelight.

Usage: cargo xtask COMMAND… [--strict] [-- ARGUMENTS]

Several commands run in the order given.

Commands:
  setup   Install what builds and tests need; says what it did and what was there already
  lint    Formatting, clippy on host and kernel code, cargo-deny where it is installed
  tidy    Rules that no compiler checks: who imports whom, module docs, generated files up to date
  test    Everything, live tests too where this machine allows them (as root, or through sudo)
  bpf     Build the kernel object from source and refresh ebpf/prebuilt
  bless   Rewrite generated files: the kernel object, docs/cli.md, goldens
  demo    See one real call: a local provider, a real client, and what wirelight makes of them
  bench   Measure: `bench wire` the decoders. Takes the rest of the line
  prices  Make the embedded price table again: the newest, or `prices --version V`. Takes the rest of the line
  fuzz    Replay the committed fuzz inputs, or find new ones: `fuzz --help`. Takes the rest of the line

Options:
  --strict       A live test that was skipped although it could have run is a failure (the default when CI is set)
  -h, --help     This text
  -- ARGUMENTS   For `test` and `bless`: passed to cargo test. For `demo`: passed to the demo

Examples:
  cargo xtask lint tidy test        what CI runs
  cargo xtask test -- -p wire sse   only the tests of `wire` whose names contain `sse`
  cargo xtask fuzz --minutes 1      fuzz every target for a minute
  cargo xtask bless                 after a change to the kernel side, to an option, or to a golden
";

fn main() -> ExitCode {
    let asked = match Asked::parse(std::env::args().skip(1)) {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("xtask: {error:#}");
            return ExitCode::from(2);
        }
    };
    let mut failed = Vec::new();
    let mut summaries = Vec::new();
    let mut code = 1;
    for command in &asked.commands {
        match command.run(&asked) {
            Ok(Done { failure: None, summary }) => summaries.extend(summary),
            Ok(Done { failure: Some(failure), summary }) => {
                summaries.extend(summary);
                failed.push(format!("{}: {failure}", command.name()));
                code = 101;
            }
            Err(error) => failed.push(format!("{}: {error:#}", command.name())),
        }
    }
    for failure in &failed {
        eprintln!("xtask {failure}");
    }
    // Last of all, where people and machines look for it.
    for summary in &summaries {
        println!("{summary}");
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(code) }
}

/// How a command ended that could do its work.
#[derive(Default)]
struct Done {
    /// One sentence; tests that failed are not an error of ours but a result.
    failure: Option<String>,
    /// For the last line of output.
    summary: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Command {
    Setup,
    Lint,
    Tidy,
    Test,
    Bpf,
    Bless,
    Demo,
    Bench,
    Prices,
    Fuzz,
}

impl Command {
    const ALL: [Self; 10] = [
        Self::Setup,
        Self::Lint,
        Self::Tidy,
        Self::Test,
        Self::Bpf,
        Self::Bless,
        Self::Demo,
        Self::Bench,
        Self::Prices,
        Self::Fuzz,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Lint => "lint",
            Self::Tidy => "tidy",
            Self::Test => "test",
            Self::Bpf => "bpf",
            Self::Bless => "bless",
            Self::Demo => "demo",
            Self::Bench => "bench",
            Self::Prices => "prices",
            Self::Fuzz => "fuzz",
        }
    }

    /// Whether what follows is its own, options too.
    fn takes_the_rest(self) -> bool {
        match self {
            Self::Bench | Self::Prices | Self::Fuzz => true,
            Self::Setup | Self::Lint | Self::Tidy | Self::Test | Self::Bpf | Self::Bless | Self::Demo => {
                false
            }
        }
    }

    fn run(self, asked: &Asked) -> Result<Done> {
        match self {
            Self::Setup => setup::run(setup::For::Tests),
            Self::Lint => lint::run(),
            Self::Tidy => tidy::run(),
            Self::Test => return test::run(&asked.rest, asked.strict, &[]),
            Self::Bpf => bpf::run(),
            Self::Bless => return bless::run(&asked.rest),
            Self::Demo => demo::run(&asked.rest),
            Self::Bench => bench::run(&asked.own),
            Self::Prices => prices::run(&asked.own),
            Self::Fuzz => return fuzz::run(&asked.own),
        }
        .map(|()| Done::default())
    }
}

/// The command line.
#[derive(PartialEq, Eq, Debug)]
struct Asked {
    commands: Vec<Command>,
    strict: bool,
    rest: Vec<String>,
    /// What follows a command that takes the rest of the line.
    own: Vec<String>,
}

impl Asked {
    /// `None` when help was asked for.
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let strict = std::env::var_os("CI").is_some();
        let mut asked = Self { commands: Vec::new(), strict, rest: Vec::new(), own: Vec::new() };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "-h" | "--help" | "help" => return Ok(None),
                "--strict" => asked.strict = true,
                "--" => asked.rest.extend(&mut arguments),
                name => match Command::ALL.into_iter().find(|command| command.name() == name) {
                    Some(command) => {
                        asked.commands.push(command);
                        if command.takes_the_rest() {
                            asked.own.extend(&mut arguments);
                        }
                    }
                    None => bail!("there is no command `{name}`: `cargo xtask --help` lists them"),
                },
            }
        }
        if asked.commands.is_empty() {
            return Ok(None);
        }
        Ok(Some(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Asked>> {
        Asked::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn commands_keep_their_order_and_the_rest_is_passed_on() {
        let asked = parse("tidy lint test --strict -- --nocapture lint").unwrap().unwrap();
        assert_eq!(asked.commands, [Command::Tidy, Command::Lint, Command::Test]);
        assert!(asked.strict);
        assert_eq!(asked.rest, ["--nocapture", "lint"]);
    }

    #[test]
    fn options_after_fuzz_are_its_own() {
        let asked = parse("lint fuzz h1 --help lint").unwrap().unwrap();
        assert_eq!(asked.commands, [Command::Lint, Command::Fuzz]);
        assert_eq!(asked.own, ["h1", "--help", "lint"]);
    }

    #[test]
    fn help_and_nothing_ask_for_help_and_a_wrong_name_is_named() {
        assert_eq!(parse("lint --help").unwrap(), None);
        assert_eq!(parse("").unwrap(), None);
        let error = parse("lnit").unwrap_err().to_string();
        assert!(error.contains("`lnit`"), "{error}");
    }

    #[test]
    fn help_names_every_command() {
        for command in Command::ALL {
            assert!(HELP.contains(&format!("\n  {} ", command.name())), "{command:?}");
        }
    }
}
