//! The local provider on its own: `provider [PORT]`. Prints its address and CA, then each call as a line of JSON when
//! it is asked to stop (end of input or SIGINT).

use std::io::{self, Read as _, Write as _};

use anyhow::Context as _;
use tests::provider::{Options, Protocol, Provider};

fn main() -> anyhow::Result<()> {
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse().context("usage: provider [PORT]")?,
        None => 0,
    };
    let provider = Provider::start(Options { port, ..Options::default() })?;
    let mut out = io::stdout().lock();
    writeln!(out, "url     {}", provider.url())?;
    writeln!(out, "ca      {}", provider.ca_path().display())?;
    writeln!(out, "smtp    {}", provider.not_http(Protocol::Smtp))?;
    writeln!(out, "binary  {}", provider.not_http(Protocol::Binary))?;
    writeln!(out, "stops at end of input, then prints what it served")?;
    out.flush()?;
    // What is typed means nothing; that it ends does.
    io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink())?;
    provider.log().write_lines(&mut out)?;
    Ok(())
}
