//! Reads apt's own configuration and answers.
//!
//! In: `sources.list` text in either format, `apt-cache madison` output. Out: the Debian archives that this machine
//! uses, a version. Lines and stanzas that are not understood are passed over: apt itself will judge them.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// A place that has Debian's main archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Archive {
    uri: String,
    /// The key that signs it, where the source names one.
    signed_by: Option<String>,
}

impl Archive {
    /// A source line for another suite of the same archive.
    pub(super) fn one_line(&self, suite: &str) -> String {
        let Self { uri, signed_by } = self;
        let options = signed_by.as_ref().map(|key| format!("[signed-by={key}] ")).unwrap_or_default();
        format!("deb {options}{uri} {suite} main\n")
    }
}

/// One source file, in the format that its name says.
pub(super) struct SourceFile {
    deb822: bool,
    text: String,
}

/// Everything that apt reads, in its order.
pub(super) fn configured_sources() -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    if let Ok(text) = fs::read_to_string("/etc/apt/sources.list") {
        files.push(SourceFile { deb822: false, text });
    }
    let directory = Path::new("/etc/apt/sources.list.d");
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let deb822 = match path.extension().and_then(|extension| extension.to_str()) {
            Some("list") => false,
            Some("sources") => true,
            _ => continue,
        };
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        files.push(SourceFile { deb822, text });
    }
    Ok(files)
}

/// The archives with Debian's `main`, without repeats.
pub(super) fn debian_archives(files: &[SourceFile]) -> Vec<Archive> {
    let mut found = Vec::new();
    for file in files {
        let archives = if file.deb822 { stanzas(&file.text) } else { lines(&file.text) };
        for archive in archives {
            if !found.contains(&archive) {
                found.push(archive);
            }
        }
    }
    found
}

/// `deb [option=value …] URI SUITE COMPONENT…`
fn lines(text: &str) -> Vec<Archive> {
    let read = |line: &str| {
        let line = line.split('#').next()?.trim();
        let rest = line.strip_prefix("deb")?;
        let rest = rest.starts_with(char::is_whitespace).then(|| rest.trim_start())?;
        let (options, rest) = match rest.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']')?,
            None => ("", rest),
        };
        let mut words = rest.split_whitespace();
        let uri = words.next()?;
        let _suite = words.next()?;
        let signed_by = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by="));
        (words.any(|component| component == "main") && is_debian(uri))
            .then(|| Archive { uri: uri.to_owned(), signed_by: signed_by.map(str::to_owned) })
    };
    text.lines().filter_map(read).collect()
}

/// `Types:`, `URIs:`, `Components:`, `Signed-By:` …, a blank line between two.
fn stanzas(text: &str) -> Vec<Archive> {
    let mut found = Vec::new();
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    for stanza in text.split(|line| line.trim().is_empty()) {
        let field = |name: &str| {
            stanza.iter().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        let has = |name: &str, word: &str| {
            field(name).is_some_and(|value| value.split_whitespace().any(|w| w == word))
        };
        let enabled = field("Enabled").is_none_or(|value| value != "no");
        if !enabled || !has("Types", "deb") || !has("Components", "main") {
            continue;
        }
        // A key written into the file instead of named by path is left to apt's trusted ones.
        let signed_by = field("Signed-By").filter(|value| value.starts_with('/'));
        for uri in field("URIs").unwrap_or_default().split_whitespace().filter(|uri| is_debian(uri)) {
            found.push(Archive { uri: uri.to_owned(), signed_by: signed_by.map(str::to_owned) });
        }
    }
    found
}

/// Every mirror has the main archive at `/debian`; security updates, for one, are at another path.
fn is_debian(uri: &str) -> bool {
    let fetched = uri.starts_with("http://") || uri.starts_with("https://");
    fetched && uri.trim_end_matches('/').ends_with("/debian")
}

/// The first version in `apt-cache madison` output (` package | version | source `) that begins so.
pub(super) fn version_starting(madison: &str, prefix: &str) -> Option<String> {
    let mut versions = madison.lines().filter_map(|line| Some(line.split('|').nth(1)?.trim()));
    versions.find(|version| version.starts_with(prefix)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uris(deb822: bool, text: &str) -> Vec<String> {
        let files = [SourceFile { deb822, text: text.to_owned() }];
        debian_archives(&files).into_iter().map(|archive| archive.one_line("new")).collect()
    }

    #[test]
    fn one_line_format() {
        let text = "\
# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # why
deb-src http://source.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] https://other.example/debian/ bookworm main
deb http://mirror.example/debian bookworm-updates main
deb http://mirror.example/debian-security bookworm-security main
deb http://extra.example/debian bookworm extra
deb cdrom:[Debian]/debian bookworm main
deb
";
        assert_eq!(
            uris(false, text),
            [
                "deb http://mirror.example/debian new main\n",
                "deb [signed-by=/usr/share/keyrings/k.gpg] https://other.example/debian/ new main\n",
            ]
        );
    }

    #[test]
    fn deb822_format() {
        let text = "\
Types: deb deb-src
# a comment inside a stanza
URIs: http://mirror.example/debian https://other.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

types: deb
uris: http://off.example/debian
components: main
enabled: no

Types: deb
URIs: http://inline.example/debian
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
";
        assert_eq!(
            uris(true, text),
            [
                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian new main\n",
                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://other.example/debian new main\n",
                "deb http://inline.example/debian new main\n",
            ]
        );
    }

    #[test]
    fn the_pinned_version_is_found_among_others() {
        let madison = "\
  rust-src | 1.96.1+dfsg1-2~bpo13+1 | http://mirror.example/debian trixie-backports/main amd64 Packages
  rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://mirror.example/debian trixie-backports/main amd64 Packages
";
        assert_eq!(version_starting(madison, "1.95.0+").as_deref(), Some("1.95.0+dfsg1-2~bpo13+1"));
        assert_eq!(version_starting(madison, "1.9.0+"), None);
        assert_eq!(version_starting("", "1.95.0+"), None);
    }
}
