//! `bench`: what decoders and readers cost, each as one table.
//!
//! In: which benchmark. Out: whatever its program prints; the programs in `agent/*/benches` make their tables themselves,
//! from criterion's estimates, so that this stays without dependencies.

use anyhow::{Context as _, Result, bail};

use crate::run;

const HELP: &str = "\
Measure the decoders and the readers.

Usage: cargo xtask bench wire|readers|providers [FILTER]

Builds with optimisation, runs each scenario for about three seconds, and prints a table: MB/s of the bytes on the
wire, events/s, ns per event. About a minute in all.

  wire         The decoders; also how much longer each takes than a search for line ends (memchr) in the same bytes,
               and the memory of a live stream
  readers      What reads the decoded events, alone and behind the decoders, beside parsers that build values
  providers    A stream of each provider's family, from bytes to calls, and the ratio to building a value of each event
  FILTER       Only the scenarios whose names contain this

Examples:
  cargo xtask bench wire          everything
  cargo xtask bench wire gzip     the scenarios with gzip
  cargo xtask bench wire memory   only the memory of live streams
  cargo xtask bench readers pipe  only the whole pipelines
";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if arguments.iter().any(|argument| argument == "-h" || argument == "--help") {
        print!("{HELP}");
        return Ok(());
    }
    let (which, filter) = arguments.split_first().context("what? `cargo xtask bench wire`")?;
    let package = match which.as_str() {
        "wire" => "wire",
        "readers" | "providers" => "genai",
        _ => bail!("there is no benchmark `{which}`: `cargo xtask bench --help`"),
    };
    if let Some(option) = filter.iter().find(|word| word.starts_with('-')) {
        bail!("there is no option `{option}`: `cargo xtask bench --help`");
    }
    run::run(run::cargo().args(["bench", "--package", package, "--bench", which, "--"]).args(filter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_names_are_named() {
        let said = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            run(&words).unwrap_err().to_string()
        };
        assert!(said("wier").contains("`wier`"));
        assert!(said("wire --fast").contains("`--fast`"));
        assert!(said("").contains("bench wire"));
    }
}
