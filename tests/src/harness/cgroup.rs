//! A cgroup v2 directory of the test's own: what is in it, and nothing else, may be observed.
//!
//! A child is moved in before it executes its program, so every instruction of the program runs inside. Dropping the
//! directory ends, one by one, the processes that the kernel lists in it, and removes it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use super::{running::Running, signal::PidFd};

/// A cgroup of our own, empty at first.
#[derive(Debug)]
pub struct Cgroup {
    path: PathBuf,
}

/// All our directories begin with this; the agent is never started on another.
pub(super) const PREFIX: &str = "wirelight-test-";

/// How long ended processes may take to leave.
const EMPTY_WITHIN: Duration = Duration::from_secs(5);

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Cgroup {
    /// Makes a directory directly under `mount`, named after the test, this process and a number.
    pub fn create(mount: &Path, name: &str) -> anyhow::Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let path = mount.join(format!("{PREFIX}{}-{number}-{name}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("making cgroup {}", path.display()))?;
        Ok(Self { path })
    }

    /// Makes a directory below this one; it must be dropped first.
    pub fn below(&self, name: &str) -> anyhow::Result<Self> {
        Self::create(&self.path, name)
    }

    /// Moves a running process in.
    pub fn take(&self, process: &Running) -> anyhow::Result<()> {
        let pid = process.pid();
        fs::write(self.path.join("cgroup.procs"), pid.to_string())
            .with_context(|| format!("moving {pid} into {}", self.path.display()))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The processes inside.
    pub fn pids(&self) -> io::Result<Vec<u32>> {
        let text = fs::read_to_string(self.path.join("cgroup.procs"))?;
        // 0 stands for a process of a PID namespace that we do not see.
        Ok(text.lines().filter_map(|line| line.parse().ok()).filter(|&pid| pid != 0).collect())
    }

    /// Makes `command` start inside.
    pub fn adopt(&self, command: &mut Command) -> anyhow::Result<()> {
        let path = self.path.join("cgroup.procs");
        let procs: File = OpenOptions::new()
            .write(true)
            .open(&path)
            .with_context(|| format!("opening {}", path.display()))?;
        // SAFETY: between fork and exec only write(2) is called, which is async-signal-safe, and nothing is allocated.
        // `0` names the writer itself.
        unsafe { command.pre_exec(move || (&procs).write_all(b"0")) };
        Ok(())
    }

    fn empty(&self) -> io::Result<()> {
        let deadline = Instant::now() + EMPTY_WITHIN;
        loop {
            let pids = self.pids()?;
            if pids.is_empty() {
                return Ok(());
            }
            for pid in pids {
                self.end(pid)?;
            }
            if Instant::now() > deadline {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "processes do not leave"));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends `pid` if it is, still, one of ours: the descriptor fixes who it is before the list is read again.
    fn end(&self, pid: u32) -> io::Result<()> {
        let Ok(process) = PidFd::open(pid) else {
            return Ok(());
        };
        if self.pids()?.contains(&pid) {
            process.signal(libc::SIGKILL)?;
        }
        Ok(())
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if !self.path.exists() {
            return;
        }
        let removed = self.empty().and_then(|()| fs::remove_dir(&self.path));
        if let Err(error) = removed {
            super::live::say(&format!("cgroup {} is left behind: {error}", self.path.display()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{live::skip, probe::Machine};
    use std::process::Stdio;

    /// The mount, where directories can be made in it.
    fn mount(test: &str) -> Option<PathBuf> {
        match Machine::probe(Path::new("/")) {
            Ok(machine) => Some(machine.cgroup_mount),
            Err(missing) => {
                skip(test, &missing.to_string());
                None
            }
        }
    }

    #[test]
    fn a_child_is_inside_from_its_first_instruction() -> anyhow::Result<()> {
        let Some(mount) = mount("a_child_is_inside") else {
            return Ok(());
        };
        let cgroup = Cgroup::create(&mount, "inside")?;
        let mut command = Command::new("/bin/cat");
        cgroup.adopt(command.arg("/proc/self/cgroup"))?;
        let output = command.output()?;
        let name = cgroup.path().file_name().and_then(|name| name.to_str()).context("a name")?;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.lines().any(|line| line.starts_with("0::/") && line.ends_with(name)), "{text}");
        assert!(cgroup.pids()?.is_empty());
        Ok(())
    }

    #[test]
    fn a_process_can_be_moved() -> anyhow::Result<()> {
        let Some(mount) = mount("a_process_can_be_moved") else {
            return Ok(());
        };
        let above = Cgroup::create(&mount, "above")?;
        let below = above.below("below")?;
        let mut command = Command::new("/bin/sleep");
        command.arg("60");
        let moved = Running::start(command, Some(&above))?;
        below.take(&moved)?;
        assert_eq!((above.pids()?, below.pids()?), (vec![], vec![moved.pid()]));
        Ok(())
    }

    #[test]
    fn dropping_ends_what_is_inside_and_removes_it() -> anyhow::Result<()> {
        let Some(mount) = mount("dropping_ends_what_is_inside") else {
            return Ok(());
        };
        let cgroup = Cgroup::create(&mount, "drop/../x")?;
        let path = cgroup.path().to_owned();
        assert_eq!(path.parent(), Some(mount.as_path()), "a name cannot lead elsewhere");
        let mut inside = Command::new("/bin/sleep");
        cgroup.adopt(inside.arg("60").stdin(Stdio::null()))?;
        let mut inside = inside.spawn()?;
        let mut outside = Command::new("/bin/sleep").arg("60").spawn()?;
        assert_eq!(cgroup.pids()?, [inside.id()]);
        let reaper = thread::spawn(move || inside.wait());
        drop(cgroup);
        let status = reaper.join().expect("no panic")?;
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGKILL));
        assert!(!path.exists());
        assert!(outside.try_wait()?.is_none(), "a process outside lives on");
        outside.kill()?;
        outside.wait()?;
        Ok(())
    }
}
