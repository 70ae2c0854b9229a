//! `cargo xtask demo`: see `tests::demo`. Ends with 1 when a call is missing or a figure is not what it was.

use std::{io, process::ExitCode};

fn main() -> anyhow::Result<ExitCode> {
    let right = tests::demo::run(&mut io::stdout().lock())?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
