//! `bpf`: builds the kernel object from source and refreshes the committed one.
//!
//! The agent's build script does the building, so that there is one way in which the object is made.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::fingerprint::{COMMITTED, Committed, Fingerprint, OBJECT};
use crate::run::{self, root};
use crate::toolchain::{BPF_LINKER, Toolchain};
use crate::wirelight;

pub(crate) fn run() -> Result<()> {
    let mut command = run::cargo();
    command.args(["build", "--package", "wirelight"]).env("WIRELIGHT_BPF", "source");
    // The object is wanted even while the agent itself does not compile: the build script has run by then.
    let said = wirelight::messages_even_so(&mut command)?;
    let built = said.kernel_object().context("the kernel object was not built, see above")?;

    let object = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    let toolchain = Toolchain::find()?;
    let rustc = run::output(Command::new(&toolchain.rustc).arg("--version"))?;
    let committed = Committed {
        sources: Fingerprint::of_sources(root())?,
        object: Fingerprint::of_bytes(&object),
        built_by: format!("{}, bpf-linker {BPF_LINKER}", rustc.trim()),
    };
    fs::create_dir_all(root().join("ebpf/prebuilt")).context("cannot create ebpf/prebuilt")?;
    write_if_new(OBJECT, &object)?;
    write_if_new(COMMITTED, committed.to_string().as_bytes())
}

/// Writes a generated file, and says whether that changed it.
pub(crate) fn write_if_new(path: &str, content: &[u8]) -> Result<()> {
    let full = root().join(path);
    if fs::read(&full).is_ok_and(|old| old == content) {
        eprintln!("{path}: up to date");
        return Ok(());
    }
    fs::write(&full, content).with_context(|| format!("cannot write {path}"))?;
    eprintln!("{path}: written");
    Ok(())
}
