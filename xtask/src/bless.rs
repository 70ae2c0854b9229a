//! `bless`: rewrites everything generated: the committed kernel object, docs/cli.md, the goldens of the tests.
//!
//! What changed is then a diff to read, and `tidy` and `test` hold on to it.

use anyhow::Result;

use crate::tidy::docs;
use crate::{Done, bpf, setup, test, wirelight};

pub(crate) fn run(arguments: &[String]) -> Result<Done> {
    setup::toolchain()?;
    bpf::run()?;
    let agent = wirelight::build()?;
    bpf::write_if_new(docs::PATH, docs::generate(&agent.binary)?.as_bytes())?;
    test::run(arguments, false, &[("BLESS", "1")])
}
