//! Clients that the distribution does not have, or not as new: from PyPI and npm, at fixed versions.
//!
//! In: a name. Out: where it is. The first use installs it next to the test executable, or where `WIRELIGHT_CLIENTS`
//! says; later uses, of later runs too, find it there. The registries are those that the machine's pip and npm are set up
//! for. Nothing is built and no package's own script is run.

mod node_sdks;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use flate2::Crc;

pub(super) use self::node_sdks::node_sdks;
use super::{client::find, running::Running};

/// httpx with HTTP/2 and all codings, for the system's Python.
const HTTPX: [&str; 12] = [
    "httpx==0.28.1",
    "httpcore==1.0.9",
    "h2==4.4.1",
    "hpack==4.2.0",
    "hyperframe==6.1.0",
    "h11==0.16.0",
    "anyio==4.16.0",
    "idna==3.20",
    "certifi==2026.10.18",
    "typing_extensions==4.16.0",
    "brotli==1.2.1",
    "zstandard==0.25.0",
];
/// The first Node whose own fetch speaks HTTP/2 (undici 8), as its makers build it. 150 MB.
const NODE: &str = "26.10.0";
const DIRECTORY: &str = "WIRELIGHT_CLIENTS";
/// 100 MB over a slow line.
const INSTALLED_WITHIN: Duration = Duration::from_secs(300);
/// 150 MB off a slow disk.
const STARTED_WITHIN: Duration = Duration::from_secs(60);

/// The SDKs of OpenAI, Anthropic, Google, Mistral, Cohere and Ollama, and all that they need. 220 MB.
pub(super) fn sdks() -> anyhow::Result<PathBuf> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let requirements = include_str!("../../clients/requirements-sdks.txt");
    once(&INSTALLED, &named("sdks", requirements), |directory| pip(directory, requirements.lines()))
}

/// LiteLLM, and the packages that it imports and does not say. 340 MB.
pub(super) fn litellm() -> anyhow::Result<PathBuf> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let requirements = include_str!("../../clients/requirements-litellm.txt");
    once(&INSTALLED, &named("litellm", requirements), |directory| pip(directory, requirements.lines()))
}

/// AWS's SDK. 36 MB.
pub(super) fn boto3() -> anyhow::Result<PathBuf> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let requirements = include_str!("../../clients/requirements-boto3.txt");
    once(&INSTALLED, &named("boto3", requirements), |directory| pip(directory, requirements.lines()))
}

/// A directory for what is asked for: other versions are another directory.
fn named(name: &str, requirements: &str) -> String {
    let mut sum = Crc::new();
    sum.update(requirements.as_bytes());
    format!("{name}-{:08x}", sum.sum())
}

/// The directory that makes `import httpx` work.
pub(super) fn httpx() -> anyhow::Result<PathBuf> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    once(&INSTALLED, "httpx-0.28.1", |directory| pip(directory, HTTPX))
}

/// Installs exactly these.
fn pip(directory: &Path, packages: impl IntoIterator<Item = &'static str>) -> anyhow::Result<()> {
    // The interpreter that will import it: wheels are for one.
    let mut pip = Command::new(find(&["/usr/bin/python3", "python3"])?);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]);
    pip.args(["--only-binary=:all:", "--no-deps", "--target"]).arg(directory).args(packages);
    finish(pip)
}

/// A Node that is newer than the distribution's.
pub(super) fn node() -> anyhow::Result<PathBuf> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let directory = once(&INSTALLED, &format!("node-{NODE}"), |directory| {
        let arch = match std::env::consts::ARCH {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            other => bail!("no Node for {other}"),
        };
        let package = format!("node-linux-{arch}");
        let mut npm = Command::new(find(&["npm"])?);
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts"]);
        npm.arg("--prefix").arg(directory).arg(format!("{package}@{NODE}"));
        finish(npm)?;
        // Its headers and manuals are a third of it.
        let modules = directory.join("node_modules");
        let executable = directory.join("node");
        fs::rename(modules.join(package).join("bin/node"), &executable)?;
        fs::remove_dir_all(modules)?;
        // 150 MB that are still being written back, and were never read, take seconds to start: whoever times a first
        // call would time that.
        settle(directory)?;
        works(&executable)
    })?;
    Ok(directory.join("node"))
}

/// `name` in the clients' directory, filled by `install` if it is not there. A failure is not tried again.
fn once(
    installed: &OnceLock<Result<PathBuf, String>>,
    name: &str,
    install: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<PathBuf> {
    let all = match std::env::var_os(DIRECTORY) {
        Some(path) => path.into(),
        None => beside_executable()?,
    };
    let place = || installed_in(&all, name, install).map_err(|error| format!("{name}: {error:#}"));
    installed.get_or_init(place).clone().map_err(anyhow::Error::msg)
}

fn installed_in(
    all: &Path,
    name: &str,
    install: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<PathBuf> {
    let place = all.join(name);
    if place.is_dir() {
        return Ok(place);
    }
    fs::create_dir_all(all).with_context(|| format!("making {}", all.display()))?;
    // Whole or not at all: it gets its name when it is complete.
    let directory = tempfile::Builder::new().prefix("installing-").tempdir_in(all)?;
    install(directory.path())?;
    match fs::rename(directory.path(), &place) {
        Ok(()) => {
            // It is no temporary directory any more.
            let _moved = directory.keep();
        }
        // Another test program was faster.
        Err(_) if place.is_dir() => (),
        Err(error) => return Err(error).with_context(|| format!("making {}", place.display())),
    }
    Ok(place)
}

/// Waits until everything in a directory is on the disk.
fn settle(directory: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            settle(&path)?;
        } else {
            let synced = fs::File::open(&path).and_then(|file| file.sync_all());
            synced.with_context(|| format!("writing back {}", path.display()))?;
        }
    }
    Ok(())
}

/// Starts an executable once, which says its version.
fn works(executable: &Path) -> anyhow::Result<()> {
    let mut version = Command::new(executable);
    version.arg("--version");
    let ended = Running::start(version, None)?.wait(STARTED_WITHIN)?;
    ensure!(ended.status.success(), "its first start ended with {}: {}", ended.status, ended.stderr.trim());
    Ok(())
}

/// `clients` next to this executable, or above its `deps`.
fn beside_executable() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("finding this executable")?;
    let directory = own.parent().context("a directory")?;
    let directory =
        if directory.ends_with("deps") { directory.parent().unwrap_or(directory) } else { directory };
    Ok(directory.join("clients"))
}

fn finish(command: Command) -> anyhow::Result<()> {
    let ended = Running::start(command, None)?.wait(INSTALLED_WITHIN)?;
    match ended.status.success() {
        true => Ok(()),
        false => bail!("the installer ended with {}: {}", ended.status, ended.stderr.trim()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_place_is_filled_once_and_only_whole() -> anyhow::Result<()> {
        let all = tempfile::tempdir()?;
        let broken = installed_in(all.path(), "a-1", |directory| {
            fs::write(directory.join("half"), "")?;
            bail!("no network")
        });
        assert_eq!(broken.unwrap_err().to_string(), "no network");
        assert_eq!(fs::read_dir(all.path())?.count(), 0, "nothing is left of it");

        let filled =
            installed_in(all.path(), "a-1", |directory| Ok(fs::write(directory.join("whole"), "")?))?;
        assert!(filled.join("whole").is_file());
        let again = installed_in(all.path(), "a-1", |_| bail!("it is there"))?;
        assert_eq!((&again, fs::read_dir(all.path())?.count()), (&filled, 1));
        Ok(())
    }

    #[test]
    fn what_does_not_start_is_not_installed() -> anyhow::Result<()> {
        let all = tempfile::tempdir()?;
        let broken = installed_in(all.path(), "a-1", |directory| {
            let executable = directory.join("inner/a");
            fs::create_dir(directory.join("inner"))?;
            fs::write(&executable, "#!/bin/sh\necho no libc >&2; exit 3\n")?;
            fs::set_permissions(&executable, fs::Permissions::from_mode(0o755))?;
            settle(directory)?;
            works(&executable)
        });
        let said = broken.unwrap_err().to_string();
        assert!(said.contains("exit status: 3: no libc"), "{said}");
        assert_eq!(fs::read_dir(all.path())?.count(), 0);
        Ok(())
    }

    #[test]
    fn a_failure_is_remembered() {
        let installed = OnceLock::new();
        let first = once(&installed, "\0", |_| Ok(())).unwrap_err().to_string();
        let second = once(&installed, "b", |_| Ok(())).unwrap_err().to_string();
        assert_eq!(first, second);
    }
}
