//! What it takes to compile for the kernel, and whether this machine has it.
//!
//! In: the compiler that cargo runs, its sysroot, `PATH`. Out: the parts, each present or named as missing.
//! Nothing is installed here; `cargo xtask setup` does that, and includes this file by `#[path]`.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

/// The last bpf-linker that loads the LLVM of rustc 1.95; see docs/decisions/2026-11-20-bpf-toolchain.md.
pub(crate) const BPF_LINKER: &str = "0.10.3";
/// The compiler that rust-toolchain.toml names.
pub(crate) const RUSTC: &str = "1.95.0";

/// The compiler, and the two parts it needs beyond `rustup toolchain install`.
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// The compiler's executable.
    pub(crate) rustc: OsString,
    /// `1.95.0`.
    pub(crate) version: String,
    /// Where the compiler is installed.
    pub(crate) sysroot: PathBuf,
    /// bpf-linker of the right version.
    pub(crate) linker: Option<PathBuf>,
}

impl Toolchain {
    /// Looks at this machine.
    pub(crate) fn find() -> Result<Self> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let version = first_line(Command::new(&rustc).arg("--version"))?;
        let version = version.split(' ').nth(1).unwrap_or_default().to_owned();
        let sysroot = first_line(Command::new(&rustc).args(["--print", "sysroot"]))?.into();
        Ok(Self { rustc, version, sysroot, linker: linker() })
    }

    /// Where rustup's component `rust-src` puts its `library` directory.
    pub(crate) fn rust_src(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }

    /// Whether `-Z build-std=core` finds core.
    pub(crate) fn has_rust_src(&self) -> bool {
        self.rust_src().join("library/core/src/lib.rs").is_file()
    }

    /// What keeps this machine from building the kernel object, if anything.
    pub(crate) fn missing(&self) -> Option<Missing> {
        if self.version != RUSTC {
            Some(Missing::Rustc { found: self.version.clone() })
        } else if !self.has_rust_src() {
            Some(Missing::RustSrc { at: self.rust_src() })
        } else if self.linker.is_none() {
            Some(Missing::Linker)
        } else {
            None
        }
    }
}

/// The first part found absent.
#[derive(Debug)]
pub(crate) enum Missing {
    /// Another compiler: its LLVM is not the one that bpf-linker was made for.
    Rustc { found: String },
    /// The sources of core.
    RustSrc { at: PathBuf },
    /// bpf-linker, or the right version of it.
    Linker,
}

impl Missing {
    /// Paths whose change can mean that the part has been installed.
    pub(crate) fn would_appear_at(&self) -> Vec<PathBuf> {
        match self {
            Self::Rustc { found: _ } => Vec::new(),
            Self::RustSrc { at } => vec![at.join("library")],
            Self::Linker => cargo_bin().map(|bin| bin.join("bpf-linker")).into_iter().collect(),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rustc { found } => write!(f, "it needs rustc {RUSTC} and this is {found}"),
            Self::RustSrc { at: _ } => f.write_str("the compiler has no rust-src"),
            Self::Linker => write!(f, "bpf-linker {BPF_LINKER} is not installed"),
        }
    }
}

/// The first bpf-linker of the right version: `cargo install`'s directory, then `PATH`.
fn linker() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = cargo_bin().into_iter().chain(env::split_paths(&path));
    directories.map(|directory| directory.join("bpf-linker")).find(|candidate| is_right_linker(candidate))
}

fn is_right_linker(candidate: &Path) -> bool {
    fs::exists(candidate).unwrap_or(false)
        && first_line(Command::new(candidate).arg("--version"))
            .is_ok_and(|line| line == format!("bpf-linker {BPF_LINKER}"))
}

/// Where `cargo install` puts programs.
pub(crate) fn cargo_bin() -> Option<PathBuf> {
    cargo_home().map(|home| home.join("bin"))
}

/// Cargo's own directory, by its own rule.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let default = || Some(PathBuf::from(env::var_os("HOME")?).join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(default)
}

fn first_line(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}
