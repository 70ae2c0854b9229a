//! The agent under test, as its user runs it.
//!
//! In: a cgroup of ours and options. Out: what it printed, and how it stopped. **It is never started on anything else
//! than a cgroup that a test made**: the machine is shared, and other people's processes are not ours to observe.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use super::{
    cgroup::{Cgroup, PREFIX},
    report::{AgentCall, Counters},
    running::{Ended, Running},
};

/// How to start the agent.
#[derive(Debug)]
pub struct AgentCommand {
    binary: Option<PathBuf>,
    args: Vec<OsString>,
    trace: bool,
    most_lines: usize,
}

/// The agent, attached and watching.
#[derive(Debug)]
pub struct Agent {
    running: Running,
    counters: PathBuf,
    _directory: TempDir,
}

/// What a stopped agent leaves.
#[derive(Debug)]
pub struct Report {
    /// Its output, to the byte.
    pub stdout: Vec<u8>,
    /// Its log.
    pub stderr: String,
    /// Its output as calls, where it was asked for JSON.
    pub calls: Vec<AgentCall>,
    /// Its counters.
    pub counters: Counters,
}

/// What a test found wrong, with the agent's log: a failure on somebody else's machine has to say why by itself.
#[derive(Debug)]
struct Explained {
    why: anyhow::Error,
    log: String,
}

/// The agent ended before it was ready. A test may expect this.
#[derive(Debug)]
pub struct NotReady {
    /// How it ended.
    pub status: ExitStatus,
    /// What it said.
    pub stderr: String,
}

/// Attaching to a new library may mean reading hundreds of megabytes on a slow machine.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Ten times the budget for a stop.
const STOPPED_WITHIN: Duration = Duration::from_secs(20);
/// A replay of what a test records takes milliseconds.
const REPLAYED_WITHIN: Duration = Duration::from_secs(60);
const READY: &str = "wirelight: ready";
const BINARY: &str = "WIRELIGHT_BIN";
/// The agent's log level: what the person who runs the tests has set is for their own agent.
const LOG: &str = "WIRELIGHT_LOG";

impl AgentCommand {
    /// `wirelight run --format json` on this cgroup.
    pub fn run(cgroup: &Cgroup) -> Self {
        Self::new("run", cgroup)
    }

    /// `wirelight record -o TAPE --format json` on this cgroup.
    pub fn record(cgroup: &Cgroup, tape: &Path) -> Self {
        Self::new("record", cgroup).arg("-o").arg(tape)
    }

    fn new(verb: &str, cgroup: &Cgroup) -> Self {
        Self { binary: None, args: vec![verb.into()], trace: false, most_lines: usize::MAX }
            .arg("--format")
            .arg("json")
            .arg("--cgroup")
            .arg(cgroup.path())
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Logs everything that it can.
    pub fn trace(mut self) -> Self {
        self.trace = true;
        self
    }

    /// Whoever reads its output leaves after so many lines, as `head` does.
    pub fn head(mut self, lines: usize) -> Self {
        self.most_lines = lines;
        self
    }

    #[cfg(test)]
    fn binary(mut self, path: &Path) -> Self {
        self.binary = Some(path.to_owned());
        self
    }

    /// Starts the agent and waits until it is ready. One that ends before is a [`NotReady`].
    pub fn start(self) -> anyhow::Result<Agent> {
        let Self { binary, args, trace, most_lines } = self;
        only_our_cgroups(&args)?;
        let directory = tempfile::Builder::new().prefix("wirelight-agent-").tempdir()?;
        let counters = directory.path().join("counters.json");
        let mut command = Command::new(binary.map_or_else(agent_binary, Ok)?);
        command.args(args).arg("--counters-json").arg(&counters).env_remove(LOG);
        if trace {
            command.args(["--log", "trace"]);
        }
        let running = Running::start_read(command, None, most_lines)?;
        if !running.says(READY, READY_WITHIN) {
            // Either it has ended, or it never will say it: what is left of its time is not worth waiting for.
            running.signal(libc::SIGTERM)?;
            let Ended { status, stderr, .. } = running.wait(STOPPED_WITHIN)?;
            return Err(NotReady { status, stderr }.into());
        }
        Ok(Agent { running, counters, _directory: directory })
    }
}

/// `wirelight replay`: it observes nothing, so it needs no cgroup. Its end is given whatever it was.
pub fn replay(tape: &Path, format: &str) -> anyhow::Result<(Ended, Option<Counters>)> {
    let directory = tempfile::tempdir()?;
    let counters = directory.path().join("counters.json");
    let mut command = Command::new(agent_binary()?);
    command.arg("replay").arg(tape).args(["--format", format]).arg("--counters-json").arg(&counters);
    command.env_remove(LOG);
    let ended = Running::start(command, None)?.wait(REPLAYED_WITHIN)?;
    let counters = if counters.exists() { Some(read_counters(&counters)?) } else { None };
    Ok((ended, counters))
}

impl Agent {
    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// Waits until it has printed `count` lines or `limit` is over.
    pub fn wait_for_lines(&self, count: usize, limit: Duration) -> usize {
        self.running.lines(count, limit).len()
    }

    /// Waits until a line of its log contains `text`; `false`: it ended, or `limit` is over, without one.
    pub fn says(&self, text: &str, limit: Duration) -> bool {
        self.running.says(text, limit)
    }

    /// Asks for the table of its counters.
    pub fn ask_for_counters(&self) -> anyhow::Result<()> {
        self.running.signal(libc::SIGUSR1)
    }

    /// Stops it in its tracks: it reads nothing until [`Agent::resume`], and the ring fills.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.running.signal(libc::SIGSTOP)
    }

    /// Lets it go on.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.running.signal(libc::SIGCONT)
    }

    /// Ends it without a chance to clean up, and waits for its end.
    pub fn kill(self) -> anyhow::Result<()> {
        self.running.signal(libc::SIGKILL)?;
        self.running.wait(STOPPED_WITHIN)?;
        Ok(())
    }

    /// Asks it to stop, and takes what it leaves. Anything but a clean stop is an error.
    pub fn stop(self) -> anyhow::Result<Report> {
        self.running.signal(libc::SIGINT)?;
        self.ended()
    }

    /// The same as a service manager asks.
    pub fn terminate(self) -> anyhow::Result<Report> {
        self.running.signal(libc::SIGTERM)?;
        self.ended()
    }

    /// Tells it to stop, and gives how long it took until it had told everything; the kernel's part comes after that.
    pub fn stop_and_tell(self) -> anyhow::Result<(Report, Duration)> {
        let asked = Instant::now();
        self.running.signal(libc::SIGINT)?;
        ensure!(self.says("out          spans", STOPPED_WITHIN), "the agent told no figures at its stop");
        let told = asked.elapsed();
        Ok((self.ended()?, told))
    }

    /// Waits for an end that it comes to by itself, and takes what it leaves.
    pub fn ended(self) -> anyhow::Result<Report> {
        let Ended { status, stdout, stderr } = self.running.wait(STOPPED_WITHIN)?;
        ensure!(status.code() == Some(0), "the agent stopped with {status}; its log:\n{stderr}");
        ensure!(!stderr.contains("panicked at"), "the agent panicked:\n{stderr}");
        let calls = AgentCall::read_lines(&stdout)?;
        let counters = read_counters(&self.counters)?;
        Ok(Report { stdout, stderr, calls, counters })
    }
}

impl Report {
    /// The call with this provider's request id; two of them are an error, none is `None`.
    pub fn call(&self, request_id: &str) -> anyhow::Result<Option<&AgentCall>> {
        let mut found = self.calls.iter().filter(|call| call.request_id() == Some(request_id));
        let first = found.next();
        ensure!(found.next().is_none(), "{request_id} was reported twice");
        Ok(first)
    }

    /// Adds the log to what went wrong, once.
    pub fn explain<T>(&self, result: anyhow::Result<T>) -> anyhow::Result<T> {
        result.map_err(|why| match why.is::<Explained>() {
            true => why,
            false => Explained { why, log: self.stderr.clone() }.into(),
        })
    }
}

/// The agent's binary: as the environment says, else next to this executable or above its `deps`.
pub fn agent_binary() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os(BINARY) {
        return Ok(path.into());
    }
    let own = std::env::current_exe().context("finding this executable")?;
    let near = own.ancestors().skip(1).take(2).map(|directory| directory.join("wirelight"));
    match near.into_iter().find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!(
            "there is no `wirelight` next to {}: build it first (cargo build -p wirelight), or name it in {BINARY}",
            own.display()
        ),
    }
}

fn read_counters(path: &Path) -> anyhow::Result<Counters> {
    let text = fs::read_to_string(path).context("reading the agent's counters")?;
    serde_json::from_str(&text).context("the agent's counters")
}

/// Refuses arguments that would observe anything but cgroups that tests made.
fn only_our_cgroups(args: &[OsString]) -> anyhow::Result<()> {
    let mut filters = 0;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let value = match arg.as_encoded_bytes().strip_prefix(b"--cgroup") {
            Some(b"") => args.next().map(OsString::as_os_str),
            Some([b'=', ..]) => arg.to_str().and_then(|arg| arg.strip_prefix("--cgroup=")).map(OsStr::new),
            Some(_) | None => continue,
        };
        // The prefix is what `Cgroup::create` gives, and only it.
        let ours = value.map(Path::new).is_some_and(|path| {
            path.is_absolute()
                && path.is_dir()
                && path.components().all(|part| part != std::path::Component::ParentDir)
                && path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()))
        });
        ensure!(ours, "refusing to start the agent on {value:?}: a test observes only a cgroup that it made");
        filters += 1;
    }
    ensure!(
        filters > 0,
        "refusing to start the agent without --cgroup: a test observes only what it started"
    );
    Ok(())
}

impl std::fmt::Display for NotReady {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, stderr } = self;
        write!(f, "the agent ended ({status}) before it was ready; its log:\n{stderr}")
    }
}

impl std::error::Error for NotReady {}

impl std::fmt::Display for Explained {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { why, log } = self;
        write!(f, "{why:#}; the agent's log:\n{log}")
    }
}

impl std::error::Error for Explained {}

#[cfg(test)]
#[path = "agent_tests.rs"]
mod tests;
