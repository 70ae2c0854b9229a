//! What may be depended on, and that each dependency says what for.
//!
//! In: a manifest. Out: a dependency that is not on the crate's list, or one without its reason. Read line by line,
//! as our manifests are written; a table `[dependencies.name]` is a finding for that reason.

use super::Finding;

/// A manifest, and all that it may depend on when built for use. Tests may use what they like.
const ALLOWED: [(&str, &[&str]); 5] = [
    (
        "agent/genai/Cargo.toml",
        &["base64", "bytes", "memchr", "regex-lite", "serde", "serde_json", "siphasher", "sonic-rs", "wire"],
    ),
    (
        "agent/wire/Cargo.toml",
        &["brotli-decompressor", "bytes", "crc32fast", "flate2", "httparse", "memchr", "zstd"],
    ),
    ("common/Cargo.toml", &[]),
    ("ebpf/Cargo.toml", &["aya-ebpf", "aya-log-ebpf", "common"]),
    ("xtask/Cargo.toml", &["anyhow", "sha2"]),
];

/// Pure crates stay pure, and xtask stays quick to compile.
pub(super) fn allowed_dependencies(path: &str, content: &str) -> Vec<Finding> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(manifest, _)| *manifest == path) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut section = "";
    for (line, text) in super::numbered(content) {
        if let Some(header) = text.strip_prefix('[') {
            section = header.split(']').next().unwrap_or_default();
            if section.starts_with("dependencies.") {
                findings.push(Finding::new(
                    path,
                    line,
                    "write a dependency on one line, for the reader and for tidy",
                ));
            }
            continue;
        }
        let counts = section.ends_with("dependencies") && section != "dev-dependencies";
        let name = if counts { key(text) } else { None };
        if let Some(name) = name.filter(|name| !allowed.contains(name)) {
            let says = format!("`{name}` is not a dependency that this crate may have");
            findings.push(Finding::new(path, line, says));
        }
    }
    findings
}

/// A workspace dependency has a comment that says what it is for; our own crates are described where they are.
pub(super) fn commented_dependencies(path: &str, content: &str) -> Vec<Finding> {
    if path != "Cargo.toml" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut inside = false;
    // The dependency whose lines are being read: where, name, and whether a comment was seen.
    let mut open: Option<(usize, &str, bool)> = None;
    let mut close = |open: &mut Option<(usize, &str, bool)>| {
        if let Some((line, name, false)) = open.take() {
            findings.push(Finding::new(path, line, format!("say in a comment what `{name}` is for")));
        }
    };
    for (line, text) in super::numbered(content) {
        if text.starts_with('[') {
            close(&mut open);
            inside = text.starts_with("[workspace.dependencies]");
            continue;
        }
        if !inside || text.starts_with('#') {
            continue;
        }
        if let Some(name) = key(text) {
            close(&mut open);
            open = Some((line, name, text.contains("path = ")));
        }
        if let Some((_, _, commented)) = &mut open {
            *commented |= text.contains('#');
        }
    }
    close(&mut open);
    findings
}

/// `name` of `name = …` and `name.workspace = true` at the start of a line.
fn key(text: &str) -> Option<&str> {
    let (key, _) = text.split_once('=')?;
    let name = key.trim_end().split('.').next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(findings: Vec<Finding>) -> Vec<String> {
        findings.iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn pure_crate_with_a_runtime_is_found() {
        let content = "\
[package]
name = \"wire\"
[dependencies]
bytes.workspace = true
tokio = { version = \"1\" }
[dev-dependencies]
tempfile.workspace = true
[target.'cfg(unix)'.dependencies]
libc.workspace = true
[dependencies.rand]
version = \"1\"
";
        assert_eq!(
            said(allowed_dependencies("agent/wire/Cargo.toml", content)),
            [
                "agent/wire/Cargo.toml:5: `tokio` is not a dependency that this crate may have",
                "agent/wire/Cargo.toml:9: `libc` is not a dependency that this crate may have",
                "agent/wire/Cargo.toml:10: write a dependency on one line, for the reader and for tidy",
            ]
        );
        assert_eq!(said(allowed_dependencies("tests/Cargo.toml", content)), [] as [&str; 0]);
    }

    #[test]
    fn dependency_without_a_reason_is_found() {
        let content = "\
[workspace.dependencies]
wire = { path = \"agent/wire\" }
# bytes
bytes = \"1\"        # shared between stages
serde = \"1\"
tokio = { version = \"1\", features = [
    \"net\",
] } # tasks
libc = \"0.2\"
[profile.dev]
debug = 1
";
        assert_eq!(
            said(commented_dependencies("Cargo.toml", content)),
            [
                "Cargo.toml:5: say in a comment what `serde` is for",
                "Cargo.toml:9: say in a comment what `libc` is for",
            ]
        );
    }
}
