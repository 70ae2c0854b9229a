//! `setup`: installs what builds and tests need. Idempotent; every step says what it did.
//!
//! The BPF toolchain (bpf-linker, rust-src) is wanted, not needed: where it cannot be had and the committed kernel
//! object fits the sources, setup succeeds with a notice and builds take that object.

mod apt;
mod rust_src;
mod tools;

use std::env;
use std::fmt::Display;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::fingerprint::{Committed, Fingerprint};
use crate::run::{self, root};
use crate::toolchain::{BPF_LINKER, RUSTC, Toolchain};

/// What is going to run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum For {
    /// The live tests, with their real clients.
    Tests,
    /// The demo, which brings its own client.
    Demo,
}

pub(crate) fn run(purpose: For) -> Result<()> {
    let toolchain = toolchain();
    let tools = tools(purpose);
    // Both are tried before either stops us: the second is often what the person can fix.
    toolchain?;
    tools
}

/// The programs that tests or the demo start.
pub(crate) fn tools(purpose: For) -> Result<()> {
    tools::install(purpose)
}

/// What compiles the kernel side.
pub(crate) fn toolchain() -> Result<()> {
    let found = Toolchain::find()?;
    if found.version != RUSTC {
        eprintln!("setup: rustc is {}, the kernel side wants {RUSTC}", found.version);
        return prebuilt_instead(&format!("this is rustc {} and not {RUSTC}", found.version));
    }
    let linker = match found.linker {
        Some(_) => {
            present(format!("bpf-linker {BPF_LINKER}"));
            Ok(())
        }
        None => timed(format!("bpf-linker {BPF_LINKER}"), bpf_linker),
    };
    let sources = if found.has_rust_src() {
        present(format!("rust-src {RUSTC}"));
        Ok(())
    } else {
        timed(format!("rust-src {RUSTC}"), || rust_src::install(&found))
    };
    match linker.and(sources) {
        Ok(()) => Ok(()),
        Err(error) => prebuilt_instead(&format!("{error:#}")),
    }
}

fn bpf_linker() -> Result<()> {
    eprintln!("setup: compiling bpf-linker takes about 90 s on two cores");
    let mut install = run::cargo();
    install.args(["install", "bpf-linker", "--version", BPF_LINKER, "--locked", "--quiet"]);
    // It is a program of the host: flags and directories meant for the workspace are not for it.
    for name in ["CARGO_BUILD_TARGET", "CARGO_TARGET_DIR", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS"] {
        install.env_remove(name);
    }
    run::run(&mut install)?;
    if Toolchain::find()?.linker.is_none() {
        bail!(
            "cargo installed bpf-linker where neither PATH nor cargo's own bin directory has it: add it to PATH"
        );
    }
    Ok(())
}

/// The notice, or the error where the committed object does not fit either.
fn prebuilt_instead(reason: &str) -> Result<()> {
    let usable = || -> Result<bool> {
        let committed = Committed::read(root())?;
        committed.object(root())?;
        Ok(committed.sources == Fingerprint::of_sources(root())?)
    };
    if usable().unwrap_or(false) {
        eprintln!("setup: no BPF toolchain, builds use the committed kernel object; {reason}");
        return Ok(());
    }
    bail!(
        "the kernel object can neither be built nor taken from ebpf/prebuilt, which is of other sources; {reason}"
    )
}

fn present(what: impl Display) {
    eprintln!("setup: {what}: present");
}

fn timed(what: impl Display, step: impl FnOnce() -> Result<()>) -> Result<()> {
    eprintln!("setup: {what}: installing …");
    let began = Instant::now();
    step().with_context(|| format!("{what} could not be installed"))?;
    eprintln!("setup: {what}: installed in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// `apt-get`, never asking.
fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").env_remove("LD_LIBRARY_PATH");
    if env::var_os("CI").is_some() {
        command.arg("--quiet");
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiler_of_the_kernel_side_is_the_workspaces() {
        let pinned = std::fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
        assert!(pinned.contains(&format!("channel = \"{RUSTC}\"")), "change both together");
    }
}
