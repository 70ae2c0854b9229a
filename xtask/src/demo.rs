//! `demo`: one real call, seen from outside, in one command.
//!
//! Builds the agent and the demo program of `tests`, then becomes the demo. Loading eBPF programs needs root.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::run::{self, AsRoot};
use crate::{setup, wirelight};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let as_root = AsRoot::find();
    if as_root == AsRoot::No {
        bail!("the demo loads eBPF programs: run it as root, or install sudo");
    }
    setup::run(setup::For::Demo)?;
    let agent = wirelight::build()?;
    let mut build = run::cargo();
    build.args(["build", "--package", "tests", "--bin", "demo"]);
    let demo = wirelight::messages(&mut build)?.executable("demo").context("cargo built no `demo`")?;

    let mut command = match as_root {
        AsRoot::Sudo => {
            let mut sudo = Command::new("sudo");
            // Named once more: a sudoers file may refuse `-E` for what it does not know.
            sudo.arg("-E").arg("env").arg(format!("WIRELIGHT_BIN={}", agent.binary.display())).arg(demo);
            sudo
        }
        AsRoot::Already | AsRoot::No => Command::new(demo),
    };
    command.args(arguments).env("WIRELIGHT_BIN", &agent.binary);
    let shown = run::announce(&command);
    Err(command.exec()).with_context(|| format!("cannot run `{shown}`"))
}
