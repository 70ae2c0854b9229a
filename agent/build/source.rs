//! Compiles `ebpf` for the kernel with a cargo of its own.
//!
//! In: the workspace, a directory to build in, the toolchain. Out: the path of the object, DWARF and all; `strip`
//! makes it what is embedded. The same sources give the same bytes in any directory and under any user, which is
//! what lets `cargo xtask tidy` hold the committed object against its sources.
//!
//! Why not the crate aya-build: docs/decisions/2026-11-20-bpf-toolchain.md.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use super::toolchain::{self, Missing, Toolchain};

/// eBPF has a target for each byte order; every host that wirelight supports is little-endian.
pub(crate) const TARGET: &str = "bpfel-unknown-none";

/// The profile, in full: the workspace's release profile is the agent's, and may change without the kernel side.
const PROFILE: [(&str, &str); 8] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    // BTF is derived from debug info; `strip` removes the rest.
    ("CARGO_PROFILE_RELEASE_DEBUG", "full"),
    ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "false"),
    // bpf-linker optimises the whole program itself.
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "false"),
    ("CARGO_PROFILE_RELEASE_STRIP", "none"),
];

/// What cargo may inherit of the environment that begins with `CARGO_`: where its files are, how it downloads, and
/// the job server. The rest describes the build that runs us (`CARGO_FEATURE_…`, `CARGO_TARGET_DIR`, …).
const INHERITED: [&str; 6] =
    ["CARGO_HOME", "CARGO_MAKEFLAGS", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_"];

/// A finished build.
pub(crate) struct Built {
    /// The linked object.
    pub(crate) object: PathBuf,
    /// What the compiler said although it succeeded.
    pub(crate) warnings: String,
}

/// Builds `wirelight-ebpf` below `target_dir` for hosts of `arch`.
pub(crate) fn build(root: &Path, target_dir: &Path, arch: &str, toolchain: &Toolchain) -> Result<Built> {
    let mut command = cargo(root, target_dir, arch, toolchain, "build")?;
    command.args(["--bin", "wirelight-ebpf", "--quiet"]);
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("the kernel side does not compile:\n{}", said.trim_end());
    }
    let object = target_dir.join(TARGET).join("release/wirelight-ebpf");
    Ok(Built { object, warnings: said })
}

/// `cargo VERB --package ebpf` for the kernel, in an environment that does not depend on who calls.
pub(crate) fn cargo(
    root: &Path,
    target_dir: &Path,
    arch: &str,
    toolchain: &Toolchain,
    verb: &str,
) -> Result<Command> {
    if !toolchain.has_rust_src() {
        bail!("{}: run `cargo xtask setup`", Missing::RustSrc { at: toolchain.rust_src() });
    }
    let Some(linker) = &toolchain.linker else { bail!("{}: run `cargo xtask setup`", Missing::Linker) };

    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_") && !INHERITED.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(&*name);
        }
    }
    // clippy and sccache hook in by these; the object must not depend on either.
    for name in ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS"] {
        command.env_remove(name);
    }
    command
        .current_dir(root)
        .args([verb, "--package", "ebpf", "--release", "--target", TARGET, "-Z", "build-std=core"])
        .arg("--target-dir")
        .arg(target_dir)
        .envs(PROFILE)
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(root, arch, toolchain)?)
        .env("CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER", linker)
        // bpf-linker loads the first libLLVM it finds along this path, and must find the compiler's own.
        .env("LD_LIBRARY_PATH", toolchain.sysroot.join("lib"))
        .env("RUSTC", &toolchain.rustc)
        // Allows `-Z build-std` on a stable compiler, for this child alone: the rest of the workspace stays stable.
        .env("RUSTC_BOOTSTRAP", "1");
    Ok(command)
}

/// Joined by 0x1f, as `CARGO_ENCODED_RUSTFLAGS` wants it: paths may contain spaces.
fn rustflags(root: &Path, arch: &str, toolchain: &Toolchain) -> Result<OsString> {
    let cargo_home =
        toolchain::cargo_home().context("neither CARGO_HOME nor HOME is set: set one of them")?;
    let mut flags = OsString::from(format!("--cfg=bpf_target_arch=\"{arch}\"\x1f-Clink-arg=--btf"));
    // Panic locations and BTF line info name source files; no machine's paths belong in the object.
    let mut places = vec![
        (root.to_owned(), "/wirelight"),
        (toolchain.sysroot.clone(), "/rustc"),
        (cargo_home.clone(), "/cargo"),
    ];
    // Below here cargo has a directory for each registry or mirror, named after its host. The last match wins.
    let registries = fs::read_dir(cargo_home.join("registry/src")).into_iter().flatten().flatten();
    places.extend(registries.map(|registry| (registry.path(), "/cargo")));
    for (from, to) in places {
        flags.push("\x1f--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    Ok(flags)
}
