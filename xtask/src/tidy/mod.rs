//! `tidy`: rules that no compiler checks, as code. Each finding is one `file:line: sentence`.
//!
//! In: the text files of the workspace. Out: findings; none is success. A rule is a function from text to findings,
//! so that each has a test that it catches what it is for.

pub(crate) mod docs;
mod imports;
mod kernel_object;
mod manifests;
mod text;

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::run::root;
use crate::wirelight;

/// One violation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Finding {
    path: String,
    /// Counted from 1.
    line: usize,
    says: String,
}

impl Finding {
    fn new(path: &str, line: usize, says: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, says: says.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, says } = self;
        write!(f, "{path}:{line}: {says}")
    }
}

/// Takes a relative path and its content; decides by the path whether it applies.
type Rule = fn(&str, &str) -> Vec<Finding>;

const RULES: [Rule; 9] = [
    imports::stage_imports,
    imports::main_imports,
    imports::crate_names,
    manifests::allowed_dependencies,
    manifests::commented_dependencies,
    text::module_doc,
    text::markers,
    text::machine_paths,
    text::whitespace,
];

pub(crate) fn run() -> Result<()> {
    let mut findings = Vec::new();
    let mut count = 0;
    for path in files(root())? {
        let bytes = fs::read(root().join(&path)).with_context(|| format!("cannot read {path}"))?;
        // Captured bytes and the kernel object are not text.
        let Ok(content) = String::from_utf8(bytes) else {
            continue;
        };
        count += 1;
        findings.extend(RULES.iter().flat_map(|rule| rule(&path, &content)));
    }
    eprintln!("tidy: {count} files read");
    findings.extend(kernel_object::committed(root())?);
    // The rest needs a build, which says by itself what is wrong with it.
    match wirelight::build() {
        Ok(agent) => {
            findings.extend(kernel_object::rebuilt(root(), &agent.object)?);
            findings.extend(docs::up_to_date(root(), &agent.binary)?);
        }
        Err(error) => findings.push(Finding::new(docs::PATH, 1, format!("cannot be checked: {error:#}"))),
    }
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        1 => bail!("1 finding, see above"),
        more => bail!("{more} findings, see above"),
    }
}

/// Relative paths of all files, without what builds and package managers put there.
fn files(root: &Path) -> Result<Vec<String>> {
    fn walk(root: &Path, directory: &str, found: &mut Vec<String>) -> Result<()> {
        for entry in fs::read_dir(root.join(directory)).with_context(|| format!("cannot list {directory}"))? {
            let entry = entry.with_context(|| format!("cannot list {directory}"))?;
            let Ok(name) = entry.file_name().into_string() else {
                bail!("{directory} has a name that is not text")
            };
            let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
            let kind = entry.file_type().with_context(|| format!("cannot look at {path}"))?;
            if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                walk(root, &path, found)?;
            } else if kind.is_file() {
                found.push(path);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(root, "", &mut found)?;
    found.sort();
    Ok(found)
}

/// Directories that are not ours.
const SKIPPED: [&str; 6] = [".git", "__pycache__", "node_modules", "target", "venv", ".venv"];

/// `path`'s extension.
fn extension(path: &str) -> &str {
    Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

/// Lines with their numbers.
fn numbered(content: &str) -> impl Iterator<Item = (usize, &str)> {
    content.lines().enumerate().map(|(index, line)| (index + 1, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_sources_are_found_and_sorted() {
        let found = files(root()).unwrap();
        assert!(found.contains(&"xtask/src/tidy/mod.rs".to_owned()));
        assert!(found.is_sorted());
        assert!(!found.iter().any(|path| path.starts_with(".git/") || path.starts_with("target/")));
    }

    #[test]
    fn finding_reads_as_an_editor_wants_it() {
        assert_eq!(Finding::new("a/b.rs", 7, "is wrong").to_string(), "a/b.rs:7: is wrong");
    }
}
