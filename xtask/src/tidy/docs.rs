//! docs/cli.md is what the program says about itself.
//!
//! In: the built agent, which prints the page when run with the hidden argument `help-markdown`. Out: the page, or
//! the first line in which the committed one differs.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::Finding;
use crate::run;

/// The generated page.
pub(crate) const PATH: &str = "docs/cli.md";

/// The page as it should be.
pub(crate) fn generate(agent: &Path) -> Result<String> {
    run::output(Command::new(agent).arg("help-markdown")).context("the agent does not describe its options")
}

/// The committed page against the program.
pub(super) fn up_to_date(root: &Path, agent: &Path) -> Result<Vec<Finding>> {
    let committed = fs::read_to_string(root.join(PATH)).unwrap_or_default();
    Ok(compare(&committed, &generate(agent)?))
}

fn compare(committed: &str, generated: &str) -> Vec<Finding> {
    if generated.trim().is_empty() {
        return vec![Finding::new(PATH, 1, "`wirelight help-markdown` prints nothing")];
    }
    if committed == generated {
        return Vec::new();
    }
    let same = committed.lines().zip(generated.lines()).take_while(|(old, new)| old == new).count();
    vec![Finding::new(PATH, same + 1, "differs from `wirelight --help`: run `cargo xtask bless`")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_page_is_found_at_its_first_difference() {
        let page = "# wirelight\n\n`--pid`\n";
        assert_eq!(compare(page, page), []);
        assert_eq!(compare("# wirelight\n\n`--pit`\n", page).first().map(|finding| finding.line), Some(3));
        assert_eq!(compare("", page).first().map(|finding| finding.line), Some(1));
    }

    #[test]
    fn program_that_says_nothing_is_found() {
        assert_eq!(compare("", "\n").len(), 1);
    }
}
