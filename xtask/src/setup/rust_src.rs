//! The sources of core, for `-Z build-std=core`, where rustup's component would be.
//!
//! In: the compiler. Out: `SYSROOT/lib/rustlib/src/rust/library`. First `rustup component add`, which works wherever
//! the network does; else Debian's package of the same release from the machine's own mirror, fetched by an apt
//! with lists of its own, so that signatures and proxies are apt's business and the system's lists stay untouched.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio, id};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{apt, apt_get};
use crate::run;
use crate::toolchain::{RUSTC, Toolchain};

/// A component of 3 MB; without a network rustup gives up within a few seconds, behind a bad proxy never.
const RUSTUP_LIMIT: Duration = Duration::from_secs(90);
/// Debian packages each rustc for the stable suite here, and keeps the previous ones.
const SUITE: &str = "trixie-backports";
const PACKAGE: &str = "rust-src";

pub(super) fn install(toolchain: &Toolchain) -> Result<()> {
    match from_rustup(toolchain) {
        Ok(()) => return Ok(()),
        Err(error) => eprintln!("setup: {error:#}; trying Debian's package"),
    }
    from_debian(toolchain)
}

fn from_rustup(toolchain: &Toolchain) -> Result<()> {
    if run::on_path("rustup").is_none() {
        bail!("rustup is not on PATH");
    }
    let name = env::var("RUSTUP_TOOLCHAIN").unwrap_or_else(|_| RUSTC.to_owned());
    let mut add = Command::new("rustup");
    add.args(["component", "add", "rust-src", "--toolchain", &name]).env("RUSTUP_MAX_RETRIES", "0");
    run::within(RUSTUP_LIMIT, &mut add)?;
    if !toolchain.has_rust_src() {
        bail!("rustup put rust-src somewhere else than {}", toolchain.rust_src().display());
    }
    Ok(())
}

fn from_debian(toolchain: &Toolchain) -> Result<()> {
    // Beside the destination, so that the last step is a rename and an interrupted set-up leaves no half a library.
    let parent = toolchain.rust_src();
    fs::create_dir_all(&parent).with_context(|| format!("cannot create {}", parent.display()))?;
    let scratch = Scratch::create(parent.join(format!(".unpacking-{}", id())))?;
    let package = download(&scratch.path)?;
    let library = format!("usr/src/rustc-{RUSTC}/library");
    unpack(&package, &library, &scratch.path)?;
    let destination = parent.join("library");
    if destination.exists() {
        fs::remove_dir_all(&destination)
            .with_context(|| format!("cannot remove {}", destination.display()))?;
    }
    fs::rename(scratch.path.join(&library), &destination)
        .with_context(|| format!("{PACKAGE} has no {library}"))?;
    if !toolchain.has_rust_src() {
        bail!("Debian's {PACKAGE} {RUSTC} does not contain core");
    }
    Ok(())
}

/// Tries each mirror that the machine's own apt uses.
fn download(scratch: &Path) -> Result<PathBuf> {
    let mirrors = apt::debian_archives(&apt::configured_sources()?);
    if mirrors.is_empty() {
        bail!(
            "this machine's apt sources name no Debian archive: run `rustup component add rust-src` where that works"
        );
    }
    let mut last = None;
    for mirror in mirrors {
        match download_from(&mirror, scratch) {
            Ok(package) => return Ok(package),
            Err(error) => last = Some(error),
        }
    }
    last.map_or_else(|| bail!("no mirror was tried"), Err)
}

fn download_from(mirror: &apt::Archive, scratch: &Path) -> Result<PathBuf> {
    let state = scratch.join("apt");
    for directory in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(state.join(directory)).context("cannot create apt's directories")?;
    }
    let list = state.join("sources.list");
    fs::write(&list, mirror.one_line(SUITE)).context("cannot write apt's source list")?;
    let (lists, cache) = (state.join("lists"), state.join("cache"));
    let settings = [
        ("Dir::Etc::sourcelist", list.as_path()),
        ("Dir::Etc::sourceparts", Path::new("-")),
        ("Dir::State::lists", &lists),
        ("Dir::Cache", &cache),
        ("Acquire::Languages", Path::new("none")),
        // apt would fetch as a user who may not write here.
        ("APT::Sandbox::User", Path::new("")),
    ];
    let configuration: String =
        settings.iter().map(|(name, value)| format!("{name} \"{}\";\n", value.display())).collect();
    let own = state.join("apt.conf");
    fs::write(&own, configuration).context("cannot write apt's configuration")?;

    run::run(apt_get().arg("-c").arg(&own).arg("update"))?;
    let mut madison = Command::new("apt-cache");
    madison.arg("-c").arg(&own).args(["madison", PACKAGE]);
    let version = apt::version_starting(&run::output(&mut madison)?, &format!("{RUSTC}+"))
        .with_context(|| format!("{SUITE} has no {PACKAGE} {RUSTC}"))?;
    let mut download = apt_get();
    download.arg("-c").arg(&own).args(["download", &format!("{PACKAGE}={version}")]).current_dir(scratch);
    run::run(&mut download)?;
    let mut entries =
        fs::read_dir(scratch).context("cannot list the download")?.flatten().map(|entry| entry.path());
    entries.find(|path| path.extension().is_some_and(|e| e == "deb")).context("apt-get downloaded no package")
}

/// `dpkg-deb --fsys-tarfile PACKAGE | tar -x LIBRARY`: the package has the compiler's sources too, ten times as much.
fn unpack(package: &Path, library: &str, into: &Path) -> Result<()> {
    let mut unpacker = Command::new("dpkg-deb");
    unpacker.arg("--fsys-tarfile").arg(package).stdout(Stdio::piped());
    run::announce(&unpacker);
    let mut unpacker = unpacker.spawn().context("cannot run dpkg-deb")?;
    let tarball = unpacker.stdout.take().context("dpkg-deb has no output")?;
    let mut tar = Command::new("tar");
    tar.args(["-x", "-C"]).arg(into).arg(format!("./{library}")).stdin(tarball);
    let unpacked = run::run(&mut tar);
    let status = unpacker.wait().context("cannot wait for dpkg-deb")?;
    unpacked?;
    if !status.success() {
        bail!("dpkg-deb could not read the package ({status})");
    }
    Ok(())
}

/// A directory that goes when it is no longer used.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn create(path: PathBuf) -> Result<Self> {
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("setup: {} stays behind: {error}", self.path.display());
        }
    }
}
