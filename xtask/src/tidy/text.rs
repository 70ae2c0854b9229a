//! How files read: module docs, no markers of unfinished work, no machine's paths, no stray whitespace.
//!
//! In: any text file. Out: the lines that break a rule.

use super::{Finding, extension, numbered};

/// Words that say that something is not finished. In pieces, so that this file does not find itself.
const MARKERS: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[ign", "ore"),
];

/// Directories that exist on one machine or for one person.
const MACHINE: [&str; 3] = [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/ho", "me/")];

/// Files that people write, in which the rules of this module apply.
const WRITTEN: [&str; 11] = ["c", "conf", "js", "md", "mjs", "py", "rs", "sh", "toml", "yaml", "yml"];

/// Every source file begins with what it is about.
pub(super) fn module_doc(path: &str, content: &str) -> Vec<Finding> {
    if extension(path) != "rs" || content.starts_with("//!") {
        return Vec::new();
    }
    vec![Finding::new(path, 1, "begin with a `//!` line: what comes in, what goes out, what is not handled")]
}

/// Unfinished work belongs into an issue, and a test that does not run is not a test.
pub(super) fn markers(path: &str, content: &str) -> Vec<Finding> {
    if !WRITTEN.contains(&extension(path)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (line, text) in numbered(content) {
        for marker in MARKERS.iter().filter(|marker| has_word(text, marker)) {
            findings.push(Finding::new(
                path,
                line,
                format!("`{marker}` says that this is not finished: finish or remove it"),
            ));
        }
    }
    findings
}

/// Only where a path begins: the root of another process below `/proc` is none.
pub(super) fn machine_paths(path: &str, content: &str) -> Vec<Finding> {
    if !WRITTEN.contains(&extension(path)) {
        return Vec::new();
    }
    let begins = |text: &str, at: usize| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| c.is_whitespace() || "\"'`(=:,<[".contains(c))
    };
    // A person's or machine's name, not a placeholder.
    let named = |text: &str, end: usize| {
        text.get(end..).and_then(|rest| rest.chars().next()).is_some_and(|c| c.is_ascii_alphanumeric())
    };
    let mut findings = Vec::new();
    for (line, text) in numbered(content) {
        for machine in MACHINE {
            let hit = |(at, _): (usize, &str)| begins(text, at) && named(text, at + machine.len());
            if text.match_indices(machine).any(hit) {
                findings.push(Finding::new(path, line, format!("`{machine}…` exists on one machine only")));
            }
        }
    }
    findings
}

/// What diffs should not be about.
pub(super) fn whitespace(path: &str, content: &str) -> Vec<Finding> {
    if !["md", "rs", "toml"].contains(&extension(path)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (line, text) in numbered(content) {
        if text.contains('\t') {
            findings.push(Finding::new(path, line, "has a tab: use spaces, or `\\t` in a string"));
        }
        if text.ends_with([' ', '\t', '\r']) {
            findings.push(Finding::new(path, line, "ends with white space"));
        }
    }
    if !content.is_empty() && !content.ends_with('\n') {
        findings.push(Finding::new(path, content.lines().count(), "the last line has no end"));
    }
    findings
}

/// `word` in `text`, not as a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        // Markers that end in punctuation need no border there.
        let open_ended = !word.ends_with(is_word) || word.starts_with('#');
        before.is_none_or(|c| !is_word(c)) && (open_ended || after.is_none_or(|c| !is_word(c)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(findings: Vec<Finding>) -> Vec<usize> {
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn file_without_a_module_doc_is_found() {
        assert_eq!(lines(module_doc("a.rs", "use std::fs;\n//! late\n")), [1]);
        assert_eq!(lines(module_doc("build/main.rs", "")), [1]);
        assert_eq!(lines(module_doc("a.rs", "//! What it is.\n")), [] as [usize; 0]);
        assert_eq!(lines(module_doc("a.py", "import os\n")), [] as [usize; 0]);
    }

    #[test]
    fn every_marker_is_found() {
        for marker in MARKERS {
            assert_eq!(lines(markers("a.rs", &format!("ok\n// {marker} later\n"))), [2], "{marker}");
        }
        let ignored = format!("{}d = \"slow\"]\n", MARKERS[5]);
        assert_eq!(lines(markers("a.rs", &ignored)), [1]);
    }

    #[test]
    fn words_that_contain_a_marker_are_not_markers() {
        let text = format!("{0}S MAX_{0} {1}X a{0}\n", MARKERS[0], MARKERS[2]);
        assert_eq!(lines(markers("a.md", &text)), [] as [usize; 0]);
        assert_eq!(lines(markers("a.tape", MARKERS[0])), [] as [usize; 0]);
    }

    #[test]
    fn machine_paths_are_found_where_a_path_begins() {
        for machine in MACHINE {
            let text = format!("fine\nlet p = \"{machine}x\";\nsee {machine}y\n{machine}z\n");
            assert_eq!(lines(machine_paths("a.rs", &text)), [2, 3, 4], "{machine}");
            let inside = format!("/proc/7{machine}usr\nformat!(\"{{pid}}{machine}usr\")\n{machine}<name>\n");
            assert_eq!(lines(machine_paths("a.rs", &inside)), [] as [usize; 0], "{machine}");
        }
    }

    #[test]
    fn stray_whitespace_is_found() {
        assert_eq!(lines(whitespace("a.rs", "fn a() {\n\tb();\n} \n")), [2, 3]);
        assert_eq!(lines(whitespace("a.toml", "a = 1\r\n")), [] as [usize; 0], "lines() takes \\r\\n off");
        assert_eq!(lines(whitespace("a.md", "one\ntwo")), [2]);
        assert_eq!(lines(whitespace("Makefile", "\tcc\n")), [] as [usize; 0]);
    }
}
