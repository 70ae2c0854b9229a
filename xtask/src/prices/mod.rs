//! `prices`: makes the agent's price table from a wheel of genai-prices.
//!
//! In: a version that pip finds, or a wheel. Out: `agent/genai/data/prices.json`, and what changed. Python reads the
//! wheel, since its table is Python; it is read as a syntax tree, never run. `docs/prices.md` says what to do next.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::bpf::write_if_new;
use crate::run::{self, root};

const TABLE: &str = "agent/genai/data/prices.json";
const CONVERT: &str = "xtask/src/prices/convert.py";

const HELP: &str = "\
Makes agent/genai/data/prices.json from a wheel of genai-prices, and says what changed.

Usage: cargo xtask prices [--version V | --wheel FILE]

Without options it is the newest version that pip finds. The same version gives the same bytes.
";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let made = match words.as_slice() {
        [] => from_index("genai-prices"),
        ["--version", version] => from_index(&format!("genai-prices=={version}")),
        ["--wheel", wheel] => convert(Path::new(wheel)),
        ["-h" | "--help"] => {
            print!("{HELP}");
            return Ok(());
        }
        _ => bail!("`prices {}` is not understood: `cargo xtask prices --help`", words.join(" ")),
    }?;
    write_if_new(TABLE, &made)
}

/// Lets pip choose and fetch, into a directory of our own.
fn from_index(requirement: &str) -> Result<Vec<u8>> {
    let directory = root().join("target/xtask-prices");
    if directory.exists() {
        fs::remove_dir_all(&directory).context("cannot empty target/xtask-prices")?;
    }
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--dest"]).arg(&directory).arg(requirement);
    run::run(&mut pip)?;
    convert(&only_wheel(&directory)?)
}

fn only_wheel(directory: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(directory).context("pip left no directory")?;
    let mut wheels = entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some());
    match (wheels.next(), wheels.next()) {
        (Some(wheel), None) => Ok(wheel),
        _ => bail!("pip did not leave exactly one file in {}", directory.display()),
    }
}

/// What the script writes to standard output; what it says goes to ours.
fn convert(wheel: &Path) -> Result<Vec<u8>> {
    let mut python = Command::new("python3");
    python.arg(root().join(CONVERT)).arg(wheel).arg(root().join(TABLE));
    let shown = run::announce(&python);
    let output = python
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    Ok(output.stdout)
}
