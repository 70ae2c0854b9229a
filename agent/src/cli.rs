//! Options and help, defined once: `--help` and `docs/cli.md` are made from this.

use std::{
    fs::File,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::{IsTerminal as _, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use genai::{
    Key, NamedHost, Settings,
    price::{Date, PriceTable},
};

use crate::{
    attach::filter::Values,
    capture::ring,
    config::{Options, Reading},
    export::{Format, writer::Style},
};

/// Shows what happens inside every LLM call on this machine, without touching the processes that make them.
#[derive(Debug, Parser)]
#[command(name = "wirelight", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Log level, or levels by module ("info", "debug", "wirelight::attach=trace"); the log goes to standard error
    #[arg(long, global = true, value_name = "LEVELS", env = "WIRELIGHT_LOG", default_value = "info")]
    pub log: String,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Observe this host and print each model call when it ends
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Observe like `run`, and keep everything that was captured in a file
    #[command(after_help = RECORD_EXAMPLES)]
    Record(RecordArgs),
    /// Print the model calls of a recording; needs no privileges and no kernel support
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(ReplayArgs),
    /// Print all help as one document
    #[command(hide = true)]
    HelpMarkdown,
}

const RUN_EXAMPLES: &str = "\
Examples:
  wirelight run                                   everything on this host
  wirelight run --comm python3 --exclude-uid 0    python3, unless root runs it
  wirelight run --pid 4242                        one process and what it starts
  wirelight run --cgroup /sys/fs/cgroup/system.slice/shop.service
  wirelight run --exe '/usr/bin/node' --format json | jq .attributes

A process is observed when it matches one value of each kind given and no --exclude-… . Without filters every process
but wirelight itself is. SIGUSR1 prints the counters; SIGINT and SIGTERM stop in order.";

const RECORD_EXAMPLES: &str = "\
Examples:
  wirelight record -o calls.tape --comm python3
  wirelight replay calls.tape --format json

The file holds plaintext: prompts, completions, and the API keys of everything observed. It is made readable by its
owner alone; treat it like a key.";

const REPLAY_EXAMPLES: &str = "\
Examples:
  wirelight replay calls.tape
  wirelight replay calls.tape --format json | jq -r '.attributes[\"gen_ai.request.model\"]'";

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    capture: CaptureArgs,
    /// Also keep everything that was captured in this file, as `record` does; it holds plaintext
    #[arg(long, value_name = "FILE")]
    tape: Option<PathBuf>,
}

/// Options of `record`.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// The file to record to
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    output_file: PathBuf,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    capture: CaptureArgs,
}

/// Options of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The recording
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Whom to observe.
#[derive(Debug, Args)]
#[command(next_help_heading = "Whom to observe (repeatable)")]
pub struct FilterArgs {
    /// A process and everything that it starts
    #[arg(long, value_name = "PID")]
    pid: Vec<u32>,
    /// Processes of this name (as in /proc/PID/comm: 15 characters)
    #[arg(long, value_name = "NAME")]
    comm: Vec<String>,
    /// Processes whose executable's path matches this pattern
    #[arg(long, value_name = "GLOB")]
    exe: Vec<String>,
    /// Processes of this user
    #[arg(long, value_name = "UID")]
    uid: Vec<u32>,
    /// Processes in this cgroup v2 directory or below it; or a cgroup id
    #[arg(long, value_name = "DIR|ID")]
    cgroup: Vec<String>,
    /// Not this process
    #[arg(long, value_name = "PID")]
    exclude_pid: Vec<u32>,
    /// Not processes of this name
    #[arg(long, value_name = "NAME")]
    exclude_comm: Vec<String>,
    /// Not processes whose executable's path matches this pattern
    #[arg(long, value_name = "GLOB")]
    exclude_exe: Vec<String>,
    /// Not processes of this user
    #[arg(long, value_name = "UID")]
    exclude_uid: Vec<u32>,
    /// Not processes in this cgroup or below it
    #[arg(long, value_name = "DIR|ID")]
    exclude_cgroup: Vec<String>,
}

/// How calls are shown.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// A readable block for each call, or one JSON object a line
    #[arg(long, value_enum, default_value_t = FormatArg::Console)]
    format: FormatArg,
    /// Write the counters of all stages to this file at stop, as JSON
    #[arg(long, value_name = "FILE")]
    pub counters_json: Option<PathBuf>,
    /// What calls cost by this file, in the format of genai-prices or of litellm; what is not in it costs what the
    /// table says that is part of wirelight
    #[arg(long, value_name = "FILE", value_parser = price_file)]
    prices: Option<Arc<PriceTable>>,
    /// Who is behind a host that no table knows: a gateway, or an engine of your own; repeatable. KIND is a provider's
    /// name as in `gen_ai.provider.name`, such as vllm, litellm, openai; *.DOMAIN stands for all names below it
    #[arg(long, value_name = "HOST[:PORT]=KIND", value_parser = NamedHost::parse)]
    provider: Vec<NamedHost>,
}

/// How bytes are captured.
#[derive(Debug, Args)]
#[command(next_help_heading = "Capture")]
pub struct CaptureArgs {
    /// Size of the ring between kernel and agent; rounded up to a power of two
    #[arg(long, value_name = "BYTES", default_value_t = ring::DEFAULT_BYTES,
          value_parser = clap::value_parser!(u32).range(4096..=1 << 30))]
    ring_bytes: u32,
    /// Tasks that decode in parallel; a process's connections stay together
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    shards: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For people.
    Console,
    /// For programs.
    Json,
}

impl RunArgs {
    /// As the pipeline wants them.
    pub fn options(self) -> Options {
        let Self { filter, output, capture, tape } = self;
        options(filter, output, capture, tape)
    }
}

impl RecordArgs {
    /// As the pipeline wants them.
    pub fn options(self) -> Options {
        let Self { output_file, filter, output, capture } = self;
        options(filter, output, capture, Some(output_file))
    }
}

impl OutputArgs {
    /// Colours only where a person looks at them.
    pub fn style(&self) -> Style {
        let format = match self.format {
            FormatArg::Console => Format::Console,
            FormatArg::Json => Format::Json,
        };
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Style { format, color: std::io::stdout().is_terminal() && !plain }
    }

    /// What the calls of a recording are read with: always the same, so that the same recording gives the same.
    pub fn replay_reading(&self) -> Reading {
        self.reading(Key::default())
    }

    /// What calls are read with. `key`: what digests are keyed with.
    fn reading(&self, key: Key) -> Reading {
        Reading {
            settings: Arc::new(Settings { hosts: self.provider.clone(), key }),
            // The file that was given, before the table that is part of the program.
            prices: self.prices.clone().unwrap_or_else(PriceTable::embedded),
        }
    }
}

fn options(filter: FilterArgs, output: OutputArgs, capture: CaptureArgs, tape: Option<PathBuf>) -> Options {
    let (style, reading) = (output.style(), output.reading(random_key()));
    let FilterArgs {
        pid,
        comm,
        exe,
        uid,
        cgroup,
        exclude_pid,
        exclude_comm,
        exclude_exe,
        exclude_uid,
        exclude_cgroup,
    } = filter;
    Options {
        include: Values { pids: pid, comms: comm, exes: exe, uids: uid, cgroups: cgroup },
        exclude: Values {
            pids: exclude_pid,
            comms: exclude_comm,
            exes: exclude_exe,
            uids: exclude_uid,
            cgroups: exclude_cgroup,
        },
        style,
        ring_bytes: capture.ring_bytes.next_power_of_two(),
        shards: usize::from(capture.shards),
        tape,
        counters: output.counters_json,
        reading,
    }
}

/// A key that nobody else has and that is gone with this process.
fn random_key() -> Key {
    // The hasher of std is keyed by the system's random numbers; what it makes of nothing depends on the key alone.
    let half = || RandomState::new().build_hasher().finish().to_le_bytes();
    let mut bytes = [0; 16];
    let (low, high) = bytes.split_at_mut(8);
    low.copy_from_slice(&half());
    high.copy_from_slice(&half());
    Key::new(bytes)
}

/// Read at the start, so that a wrong file stops the start and not the counting of costs.
fn price_file(path: &str) -> Result<Arc<PriceTable>, String> {
    let unread = |error: std::io::Error| format!("it cannot be read: {error}");
    let file = File::open(path).map_err(unread)?;
    let changed = file.metadata().and_then(|metadata| metadata.modified()).map_err(unread)?;
    let mut bytes = Vec::new();
    // One byte more than it may have is enough to see that it is too large.
    let most = genai::limits::PRICE_FILE as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(unread)?;
    let table = PriceTable::parse(&bytes).map_err(|error| error.to_string())?;
    let name = Path::new(path).file_name().map_or(path.into(), |name| name.to_string_lossy());
    let date = changed.duration_since(UNIX_EPOCH).ok().map(|since| Date::of_unix(since.as_secs()));
    Ok(Arc::new(table.named(&name, date).over(PriceTable::embedded())))
}

/// All help as one document: `docs/cli.md`.
pub fn markdown() -> String {
    let mut out =
        String::from("<!-- Made by `cargo xtask bless` from the options' own help. -->\n# wirelight\n\n");
    let mut command = Cli::command();
    command.build();
    out.push_str(&section(&mut command.clone().term_width(100)));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        out.push_str(&format!("\n## wirelight {}\n\n", sub.get_name()));
        out.push_str(&section(&mut sub.clone().term_width(100)));
    }
    out
}

fn section(command: &mut clap::Command) -> String {
    let help = command.render_help().to_string();
    let lines: Vec<_> = help.trim_end().lines().map(str::trim_end).collect();
    format!("```text\n{}\n```\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> Options {
        let cli = Cli::try_parse_from([&["wirelight", "run"], args].concat()).expect("parses");
        match cli.command {
            Command::Run(run) => run.options(),
            Command::Record(_) | Command::Replay(_) | Command::HelpMarkdown => panic!("not run"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
        assert!(markdown().contains("## wirelight replay"));
    }

    #[test]
    fn filters_are_repeatable_and_have_twins() {
        let options = run(&[
            "--pid",
            "1",
            "--pid",
            "2",
            "--exclude-comm",
            "x",
            "--exe",
            "/usr/bin/*",
            "--cgroup",
            "/a",
        ]);
        assert_eq!(options.include.pids, [1, 2]);
        assert_eq!(options.include.exes, ["/usr/bin/*"]);
        assert_eq!(options.include.cgroups, ["/a"]);
        assert_eq!(options.exclude.comms, ["x"]);
    }

    #[test]
    fn prices_are_read_at_the_start() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("ours.json");
        let argument = path.to_str().expect("text");
        let run_with = |content: &str| {
            std::fs::write(&path, content).expect("written");
            Cli::try_parse_from(["wirelight", "run", "--prices", argument])
        };
        let table = r#"{"gpt-x": {"litellm_provider": "openai", "input_cost_per_token": 1e-06}}"#;
        assert!(run_with(table).is_ok());
        let prices = run(&["--prices", argument]).reading.prices;
        assert_eq!((prices.origin().name.as_str(), prices.model_count()), ("ours.json", 1));
        assert!(prices.origin().date.is_some());
        let says = |content: &str| run_with(content).expect_err("wrong").to_string();
        assert!(says("[{}]").contains("'--prices <FILE>': provider 1: it has no `id`"), "{}", says("[{}]"));
        let absent = Cli::try_parse_from(["wirelight", "run", "--prices", "no/such/file"]);
        assert!(absent.expect_err("absent").to_string().contains("it cannot be read: No such file"));
        assert_eq!(run(&[]).reading.prices.origin().name, "genai-prices");
    }

    #[test]
    fn a_ring_is_a_power_of_two() {
        assert_eq!(run(&["--ring-bytes", "70000"]).ring_bytes, 131_072);
        assert!(Cli::try_parse_from(["wirelight", "run", "--ring-bytes", "17"]).is_err());
    }
}
