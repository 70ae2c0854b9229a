//! The log into which live tests write why they did not run.
//!
//! In: lines `TEST: REASON`, appended by the test programs. Out: how many, and one printed line for each reason.

use std::collections::BTreeMap;
use std::fmt;

/// Skipped tests by reason.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Skips {
    by_reason: BTreeMap<String, Vec<String>>,
}

impl Skips {
    /// A line without a reason still is a test that did not run.
    pub(super) fn parse(log: &str) -> Self {
        let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in log.lines().filter(|line| !line.trim().is_empty()) {
            let (test, reason) = line.split_once(": ").unwrap_or((line, "no reason given"));
            by_reason.entry(reason.trim().to_owned()).or_default().push(test.trim().to_owned());
        }
        Self { by_reason }
    }

    pub(super) fn count(&self) -> u64 {
        self.by_reason.values().map(|tests| tests.len() as u64).sum()
    }
}

impl fmt::Display for Skips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (reason, tests) in &self.by_reason {
            writeln!(f, "skipped {}: {reason} ({})", tests.len(), tests.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_grouped_and_every_line_counts() {
        let skips =
            Skips::parse("live_node: no root\nlive_curl: no root\n\nlive_vm: no qemu: not installed\nodd\n");
        assert_eq!(skips.count(), 4);
        assert_eq!(
            skips.to_string(),
            "skipped 1: no qemu: not installed (live_vm)\n\
             skipped 1: no reason given (odd)\n\
             skipped 2: no root (live_node, live_curl)\n"
        );
    }

    #[test]
    fn empty_log_says_nothing() {
        let skips = Skips::parse("");
        assert_eq!((skips.count(), skips.to_string()), (0, String::new()));
    }
}
