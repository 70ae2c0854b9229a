//! Running other programs, visibly.
//!
//! In: a command. Out: its success, or one sentence that names the command. Every command is printed before it
//! runs, so that what a developer command does can be repeated by hand.

use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// The workspace.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// The cargo that runs us, in the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs to the end, with our terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = announce(command);
    let status = command.status().with_context(|| format!("cannot run `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs to the end and returns what it wrote; not announced, for questions rather than deeds.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{shown}`"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{shown}` failed ({}): {}", output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` did not write text"))
}

/// Runs quietly, and ends it when it takes longer than `limit`.
pub(crate) fn within(limit: Duration, command: &mut Command) -> Result<()> {
    let shown = announce(command);
    let began = Instant::now();
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = quiet.spawn().with_context(|| format!("cannot run `{shown}`"))?;
    loop {
        if let Some(status) = child.try_wait().with_context(|| format!("cannot wait for `{shown}`"))? {
            if !status.success() {
                bail!("`{shown}` failed ({status})");
            }
            return Ok(());
        }
        if began.elapsed() > limit {
            child.kill().with_context(|| format!("cannot end `{shown}`"))?;
            child.wait().with_context(|| format!("cannot wait for `{shown}`"))?;
            bail!("`{shown}` took longer than {} s", limit.as_secs());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Prints the command line and returns it.
pub(crate) fn announce(command: &Command) -> String {
    let shown = show(command);
    eprintln!("$ {shown}");
    shown
}

/// The command as one would type it.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy);
    words.collect::<Vec<_>>().join(" ")
}

/// Where `PATH` has `program`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(program)).find(|candidate| candidate.is_file())
}

/// Whether we are root: the owner of our own `/proc` entry is our effective user.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// How to become root for one command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AsRoot {
    /// We are.
    Already,
    /// `sudo -E` works, or can ask for the password here.
    Sudo,
    /// Not at all.
    No,
}

impl AsRoot {
    pub(crate) fn find() -> Self {
        use std::io::IsTerminal as _;
        let without_password = || output(Command::new("sudo").args(["-n", "true"])).is_ok();
        if is_root() {
            Self::Already
        } else if on_path("sudo").is_some() && (std::io::stdin().is_terminal() || without_password()) {
            Self::Sudo
        } else {
            Self::No
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_names_the_command_and_what_it_said() {
        let error =
            output(Command::new("sh").args(["-c", "echo because >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.starts_with("`sh -c") && error.ends_with("because"), "{error}");
    }

    #[test]
    fn slow_command_is_ended() {
        let began = Instant::now();
        let error =
            within(Duration::from_millis(100), Command::new("sleep").arg("20")).unwrap_err().to_string();
        assert!(error.contains("took longer"), "{error}");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn root_is_the_workspace() {
        assert!(root().join("rust-toolchain.toml").is_file());
    }
}
