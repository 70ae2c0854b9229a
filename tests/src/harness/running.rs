//! A child process whose output is collected and which never outlives its time.
//!
//! In: a command, and the cgroup that it shall run in. Out: its lines as they come, and how it ended. Dropped while
//! running, it is killed.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write as _},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use super::{
    cgroup::Cgroup,
    signal::{PidFd, hears_interrupt},
};

/// A child process.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    process: PidFd,
    stdin: Option<ChildStdin>,
    stdout: Output,
    stderr: Output,
    ended: Option<ExitStatus>,
}

/// What an ended process leaves.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// All of its output.
    pub stdout: Vec<u8>,
    /// All of its log.
    pub stderr: String,
}

/// Bytes of output kept per stream: beyond it the rest is read and dropped, and `wait` says so.
const MOST_OUTPUT: usize = 256 * 1024 * 1024;
/// How often an end is looked for: there is no waiting with a limit in std.
const POLL: Duration = Duration::from_millis(5);
/// How long output may still come after the end.
const DRAIN: Duration = Duration::from_secs(5);

impl Running {
    /// Starts `command`, in `cgroup` where one is given.
    pub fn start(command: Command, cgroup: Option<&Cgroup>) -> anyhow::Result<Self> {
        Self::start_read(command, cgroup, usize::MAX)
    }

    /// The same, with a reader of its output that leaves after so many lines, as `head` does.
    pub fn start_read(
        mut command: Command,
        cgroup: Option<&Cgroup>,
        most_lines: usize,
    ) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        if let Some(cgroup) = cgroup {
            cgroup.adopt(&mut command)?;
        }
        hears_interrupt(&mut command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let process = PidFd::open(child.id())?;
        Ok(Self {
            name,
            process,
            stdin: child.stdin.take(),
            stdout: Output::collect(stdout.context("a pipe")?, most_lines)?,
            stderr: Output::collect(stderr.context("a pipe")?, usize::MAX)?,
            child,
            ended: None,
        })
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line to its input.
    pub fn tell(&mut self, line: &str) -> anyhow::Result<()> {
        let stdin = self.stdin.as_mut().context("its input is closed")?;
        stdin.write_all(format!("{line}\n").as_bytes()).with_context(|| format!("telling {}", self.name))
    }

    /// Waits until there are `count` lines of output, or it ends, or `limit` is over; gives the whole lines so far.
    pub fn lines(&self, count: usize, limit: Duration) -> Vec<String> {
        self.stdout.wait(limit, |lines| lines.len() >= count)
    }

    /// Waits for a line of its log that contains `text`; `false` when it ended, or `limit` is over, without one.
    pub fn says(&self, text: &str, limit: Duration) -> bool {
        let found = |lines: &[Vec<u8>]| lines.iter().any(|line| String::from_utf8_lossy(line).contains(text));
        self.stderr.wait(limit, found).iter().any(|line| line.contains(text))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: i32) -> anyhow::Result<()> {
        self.process.signal(signal).with_context(|| format!("signalling {}", self.name))
    }

    /// Closes its input and waits for its end; one that takes longer than `limit` is killed and an error.
    pub fn wait(mut self, limit: Duration) -> anyhow::Result<Ended> {
        drop(self.stdin.take());
        let deadline = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                let log = self.stderr.tail();
                bail!("{} did not end within {limit:?}; its log ends with:\n{log}", self.name);
            }
            thread::sleep(POLL);
        };
        self.ended = Some(status);
        let stdout = self.stdout.whole().with_context(|| format!("output of {}", self.name))?;
        let stderr = self.stderr.whole().with_context(|| format!("log of {}", self.name))?;
        Ok(Ended { status, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.is_none() {
            // Both fail only for a child that has ended, which is what is wanted.
            let _ended = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

/// A stream of the child, read by a thread.
#[derive(Debug)]
struct Output(Arc<(Mutex<Collected>, Condvar)>);

#[derive(Debug, Default)]
struct Collected {
    /// Lines as they came, with their ends; the last may lack it.
    lines: Vec<Vec<u8>>,
    bytes: usize,
    over: bool,
    ended: bool,
}

impl Output {
    fn collect(from: impl Read + Send + 'static, most_lines: usize) -> io::Result<Self> {
        let shared = Arc::new((Mutex::new(Collected::default()), Condvar::new()));
        let own = Self(Arc::clone(&shared));
        thread::Builder::new().name("output".to_owned()).spawn(move || {
            let mut from = BufReader::new(from);
            loop {
                let mut line = Vec::new();
                // A pipe that cannot be read any more has ended.
                let read = from.read_until(b'\n', &mut line).unwrap_or(0);
                let mut collected = lock(&shared.0);
                if read == 0 {
                    collected.ended = true;
                } else if collected.bytes + read > MOST_OUTPUT {
                    collected.over = true;
                } else {
                    collected.bytes += read;
                    collected.lines.push(line);
                }
                if collected.lines.len() >= most_lines {
                    collected.ended = true;
                }
                shared.1.notify_all();
                if collected.ended {
                    return;
                }
            }
        })?;
        Ok(own)
    }

    fn wait(&self, limit: Duration, enough: impl Fn(&[Vec<u8>]) -> bool) -> Vec<String> {
        let guard = lock(&self.0.0);
        let (collected, _timed_out) = self
            .0
            .1
            .wait_timeout_while(guard, limit, |collected| !collected.ended && !enough(&collected.lines))
            .unwrap_or_else(PoisonError::into_inner);
        collected
            .lines
            .iter()
            .filter(|line| line.ends_with(b"\n"))
            .map(|line| String::from_utf8_lossy(line).trim_end().to_owned())
            .collect()
    }

    fn whole(&self) -> anyhow::Result<Vec<u8>> {
        self.wait(DRAIN, |_| false);
        let collected = lock(&self.0.0);
        if collected.over {
            bail!("more than {MOST_OUTPUT} bytes");
        }
        if !collected.ended {
            bail!("still held open {DRAIN:?} after the end");
        }
        Ok(collected.lines.concat())
    }

    /// The last lines, for an error's sake.
    fn tail(&self) -> String {
        let collected = lock(&self.0.0);
        let from = collected.lines.len().saturating_sub(20);
        String::from_utf8_lossy(&collected.lines[from..].concat()).into_owned()
    }
}

fn lock(collected: &Mutex<Collected>) -> MutexGuard<'_, Collected> {
    collected.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;

    fn shell(script: &str) -> Running {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(script);
        Running::start(command, None).unwrap()
    }

    #[test]
    fn output_is_kept_to_the_byte() {
        let ended = shell("printf 'a\\n\\nb'; echo log >&2; exit 3").wait(Duration::from_secs(10)).unwrap();
        assert_eq!(ended.stdout, b"a\n\nb");
        assert_eq!(ended.stderr, "log\n");
        assert_eq!(ended.status.code(), Some(3));
    }

    #[test]
    fn a_reader_may_leave() {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg("trap '' PIPE; echo a; read go; while echo b; do :; done 2>/dev/null; exit 4");
        let mut running = Running::start_read(command, None, 1).unwrap();
        assert_eq!(running.lines(9, Duration::from_secs(10)), ["a"]);
        running.tell("go").unwrap();
        let ended = running.wait(Duration::from_secs(10)).unwrap();
        assert_eq!((ended.status.code(), ended.stdout.as_slice()), (Some(4), &b"a\n"[..]));
    }

    #[test]
    fn lines_and_log_can_be_waited_for() {
        let mut running = shell("echo ready >&2; read word; echo got $word; read more");
        assert!(running.says("ready", Duration::from_secs(10)));
        running.tell("one").unwrap();
        assert_eq!(running.lines(1, Duration::from_secs(10)), ["got one"]);
        assert_eq!(running.lines(2, Duration::from_millis(20)), ["got one"]);
        assert!(!running.says("never", Duration::from_millis(20)));
        running.wait(Duration::from_secs(10)).unwrap();
    }

    #[test]
    fn waiting_ends_with_the_process() {
        let start = Instant::now();
        assert!(!shell("exit 0").says("ready", Duration::from_secs(60)));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn one_that_takes_too_long_is_killed_and_said() {
        let mut command = Command::new("/bin/sleep");
        command.arg("60");
        let running = Running::start(command, None).unwrap();
        let pid = running.pid();
        let error = running.wait(Duration::from_millis(50)).unwrap_err().to_string();
        assert!(error.contains("/bin/sleep did not end within 50ms"), "{error}");
        assert!(PidFd::open(pid).is_err(), "it is gone and reaped");
    }

    #[test]
    fn signals_arrive() {
        let mut command = Command::new("/bin/sleep");
        command.arg("60");
        let running = Running::start(command, None).unwrap();
        running.signal(libc::SIGTERM).unwrap();
        let ended = running.wait(Duration::from_secs(10)).unwrap();
        assert_eq!(ended.status.signal(), Some(libc::SIGTERM));
    }
}
