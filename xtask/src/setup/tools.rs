//! The programs that live tests drive: real clients and what starts them.
//!
//! In: what is going to run. Out: everything on `PATH`, or the one command that puts it there.

use anyhow::{Context as _, Result, bail};

use super::{For, apt_get, present, timed};
use crate::run;

/// A program and the Debian package that has it.
struct Tool {
    program: &'static str,
    package: &'static str,
    purposes: &'static [For],
}

const TOOLS: [Tool; 5] = [
    Tool { program: "python3", package: "python3", purposes: &[For::Tests, For::Demo] },
    Tool { program: "pip3", package: "python3-pip", purposes: &[For::Tests] },
    Tool { program: "curl", package: "curl", purposes: &[For::Tests, For::Demo] },
    Tool { program: "node", package: "nodejs", purposes: &[For::Tests] },
    Tool { program: "npm", package: "npm", purposes: &[For::Tests] },
];

pub(super) fn install(purpose: For) -> Result<()> {
    let wanted = TOOLS.iter().filter(|tool| tool.purposes.contains(&purpose));
    let (there, absent): (Vec<&Tool>, Vec<&Tool>) =
        wanted.partition(|tool| run::on_path(tool.program).is_some());
    if !there.is_empty() {
        present(there.iter().map(|tool| tool.program).collect::<Vec<_>>().join(", "));
    }
    if absent.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = absent.iter().map(|tool| tool.package).collect();
    let list = packages.join(" ");
    if run::on_path("apt-get").is_none() {
        bail!("install these with your package manager: {list}");
    }
    if !run::is_root() {
        bail!("run `sudo apt-get install -y {list}`");
    }
    timed(&list, || {
        run::run(apt_get().arg("update")).context("the package lists could not be refreshed")?;
        run::run(apt_get().args(["install", "-y", "--no-install-recommends"]).args(&packages))
    })
}
