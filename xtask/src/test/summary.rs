//! Adds up what the test programs report.
//!
//! In: lines of cargo test's output. Out: totals, as `N passed, N failed, N skipped`.

use std::fmt;

/// What all test programs together did.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Totals {
    pub(super) passed: u64,
    pub(super) failed: u64,
    /// Tests that cargo calls ignored.
    pub(super) skipped: u64,
}

impl Totals {
    /// Takes a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; …`; others are passed over.
    pub(super) fn add(&mut self, line: &str) {
        // Not only at the start: a client under test that leaves its last line open glues itself before it.
        let Some((_, counts)) = line.split_once("test result: ") else {
            return;
        };
        let Some((_, counts)) = counts.split_once(". ") else {
            return;
        };
        for part in counts.split("; ") {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }

    /// A live test that skips itself returns early, and cargo takes it for passed.
    pub(super) fn with_live_skips(self, live: u64) -> Self {
        Self { passed: self.passed.saturating_sub(live), failed: self.failed, skipped: self.skipped + live }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, live: u64, expect: &str) {
        let mut totals = Totals::default();
        output.lines().for_each(|line| totals.add(line));
        assert_eq!(totals.with_live_skips(live).to_string(), expect);
    }

    #[test]
    fn results_of_all_programs_are_added() {
        let output = "\
running 3 tests
test sse::tests::splits ... ok
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.01s
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s
goodbye from nodetest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        check(output, 0, "16 passed, 2 failed, 1 skipped");
        check(output, 4, "12 passed, 2 failed, 5 skipped");
    }

    #[test]
    fn other_lines_count_nothing() {
        check("", 0, "0 passed, 0 failed, 0 skipped");
        check("test result: what. x passed; 1\n1 passed; 2 failed", 0, "0 passed, 0 failed, 0 skipped");
        check("test result: ok", 3, "0 passed, 0 failed, 3 skipped");
    }
}
