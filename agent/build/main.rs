//! Puts the kernel object where `attach` embeds it from: `OUT_DIR/wirelight-ebpf`.
//!
//! In: the sources of `ebpf` and `common`, and what this machine can do. Out: one ELF object with BTF.
//!
//! ```text
//! WIRELIGHT_BPF=source ──────────────► build (errors are the toolchain's own)
//! WIRELIGHT_BPF=prebuilt ────────────► committed object, if its fingerprint fits the sources
//! unset ── BPF toolchain present? ─ yes ► build
//!                                   no ► committed object, as above
//! ```
//!
//! The committed object is why `cargo build` works with nothing but stable Rust: a person who does not touch
//! the kernel side never needs rust-src or bpf-linker. A stale one is refused, because a kernel side and an agent
//! that disagree about the record layout would produce wrong figures, not an error.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is how a build script talks to cargo")]

mod fingerprint;
mod source;
mod strip;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use fingerprint::{Committed, Fingerprint};
use toolchain::Toolchain;

/// The name under which `attach` embeds the object.
const EMBEDDED: &str = "wirelight-ebpf";

fn main() -> ExitCode {
    match put_object() {
        Ok(()) => ExitCode::SUCCESS,
        // Not returned from `main`: with RUST_BACKTRACE set the reason would drown in frames of this script.
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn put_object() -> Result<()> {
    let agent = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").context("run by cargo only")?);
    let root = agent.parent().context("the agent lies in the workspace")?;
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").context("run by cargo only")?);
    let arch = env::var("CARGO_CFG_TARGET_ARCH").context("run by cargo only")?;

    println!("cargo::rerun-if-env-changed=WIRELIGHT_BPF");
    for input in fingerprint::inputs(root)? {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    // A new file in these directories is an input that the list above does not have yet.
    for directory in fingerprint::DIRECTORIES {
        println!("cargo::rerun-if-changed={}", root.join(directory).display());
    }

    let wanted = env::var("WIRELIGHT_BPF").ok();
    let object = match wanted.as_deref() {
        Some("source") => from_source(root, &out_dir, &arch, &Toolchain::find()?)?,
        Some("prebuilt") => prebuilt(root, &arch).context("WIRELIGHT_BPF=prebuilt cannot be met")?,
        Some(other) => {
            bail!("WIRELIGHT_BPF={other} is neither `source` nor `prebuilt`: unset it or use one of these")
        }
        None => {
            let toolchain = Toolchain::find()?;
            match toolchain.missing() {
                None => from_source(root, &out_dir, &arch, &toolchain)?,
                Some(missing) => {
                    // Installing what is missing changes the choice, so look again when it appears.
                    for path in missing.would_appear_at() {
                        println!("cargo::rerun-if-changed={}", path.display());
                    }
                    prebuilt(root, &arch).with_context(|| {
                        format!("run `cargo xtask setup`: the kernel object cannot be built here ({missing})")
                    })?
                }
            }
        }
    };
    let embedded = out_dir.join(EMBEDDED);
    fs::write(&embedded, object).with_context(|| format!("cannot write {}", embedded.display()))
}

fn from_source(root: &Path, out_dir: &Path, arch: &str, toolchain: &Toolchain) -> Result<Vec<u8>> {
    // cargo is given a directory of its own: it would wait for ever on the lock that the outer cargo holds.
    let built = source::build(root, &out_dir.join("bpf"), arch, toolchain)?;
    for warning in built.warnings.lines().filter(|line| !line.trim().is_empty()) {
        println!("cargo::warning={warning}");
    }
    let object =
        fs::read(&built.object).with_context(|| format!("cannot read {}", built.object.display()))?;
    strip::dwarf(&object)
}

fn prebuilt(root: &Path, arch: &str) -> Result<Vec<u8>> {
    for path in [fingerprint::OBJECT, fingerprint::COMMITTED] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    if arch != fingerprint::OBJECT_ARCH {
        bail!("the committed object is for {} and this build is for {arch}", fingerprint::OBJECT_ARCH);
    }
    let committed = Committed::read(root)?;
    if committed.sources != Fingerprint::of_sources(root)? {
        bail!("{} was built from other sources than these", fingerprint::OBJECT);
    }
    committed.object(root)
}
