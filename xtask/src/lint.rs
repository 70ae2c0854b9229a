//! `lint`: formatting, clippy, and what cargo-deny knows about dependencies.
//!
//! Kernel code is compiled out on the host, so clippy runs a second time for the kernel's target, where the BPF
//! toolchain is there to compile core for it.

use std::env;

use anyhow::{Result, bail};

use crate::run::{self, root};
use crate::source;
use crate::toolchain::Toolchain;

pub(crate) fn run() -> Result<()> {
    // All are run: who formats wrongly wants to hear of the rest as well.
    let steps = [
        run::run(run::cargo().args(["fmt", "--all", "--check"])),
        // A workspace of its own. Clippy sees the targets' bodies as a part of the crate `tests`.
        run::run(run::cargo().args(["fmt", "--manifest-path", "tests/fuzz/Cargo.toml", "--check"])),
        run::run(run::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
        kernel_code(),
        dependencies(),
    ];
    let failed: Vec<String> =
        steps.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    if !failed.is_empty() {
        bail!("{}", failed.join("; "));
    }
    Ok(())
}

fn dependencies() -> Result<()> {
    if run::on_path("cargo-deny").is_none() {
        eprintln!("lint: cargo-deny is not installed, dependencies are not checked");
        return Ok(());
    }
    run::run(run::cargo().args(["deny", "check"]))
}

fn kernel_code() -> Result<()> {
    let toolchain = Toolchain::find()?;
    if let Some(missing) = toolchain.missing() {
        eprintln!("lint: kernel code is not checked, {missing}");
        return Ok(());
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let mut clippy = source::cargo(root(), &target.join("bpf"), env::consts::ARCH, &toolchain, "clippy")?;
    run::run(clippy.args(["--", "-D", "warnings"]))
}
