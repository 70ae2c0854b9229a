//! Which sources a kernel object was built from.
//!
//! In: the files that decide what the object contains. Out: one SHA-256 over their relative paths and contents,
//! and the text file that carries it beside the committed object. Modification times and absolute paths play no
//! part, so a fresh clone has the same fingerprint.
//!
//! Included by `#[path]` in `xtask` as well, which writes what `main.rs` here reads.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

/// The committed object.
pub(crate) const OBJECT: &str = "ebpf/prebuilt/wirelight-ebpf.o";
/// What it was built from and with.
pub(crate) const COMMITTED: &str = "ebpf/prebuilt/fingerprint";
/// `pt_regs` is read by register name, so an object serves one architecture.
pub(crate) const OBJECT_ARCH: &str = "x86_64";
/// Every file below these counts.
pub(crate) const DIRECTORIES: [&str; 2] = ["common/src", "ebpf/src"];
/// Single files that count: manifests (features, editions), the compiler, and the recipe itself.
const FILES: [&str; 5] = [
    "agent/build/source.rs",
    "agent/build/strip.rs",
    "common/Cargo.toml",
    "ebpf/Cargo.toml",
    "rust-toolchain.toml",
];
/// The dependencies of these packages count with the versions that the lock file pins.
const LOCKED: [&str; 2] = ["common", "ebpf"];
const LOCK_FILE: &str = "Cargo.lock";

/// A SHA-256, written as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of the sources below `root`.
    pub(crate) fn of_sources(root: &Path) -> Result<Self> {
        let mut parts = Vec::new();
        for path in inputs(root)? {
            let content = fs::read(root.join(&path)).with_context(|| format!("cannot read {path}"))?;
            let content = match path.as_str() {
                LOCK_FILE => locked_versions(&String::from_utf8_lossy(&content), &LOCKED)?.into_bytes(),
                _ => content,
            };
            parts.push((path, content));
        }
        Ok(Self::of_parts(&parts))
    }

    /// The fingerprint of one file's content.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        Self(digits(Sha256::new().chain_update(bytes)))
    }

    /// Lengths are hashed too: a byte that moves from one file to its neighbour must show.
    fn of_parts(parts: &[(String, Vec<u8>)]) -> Self {
        let mut hash = Sha256::new();
        for (path, content) in parts {
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(path);
            hash.update((content.len() as u64).to_le_bytes());
            hash.update(content);
        }
        Self(digits(hash))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text file beside the committed object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Committed {
    /// What the object was built from.
    pub(crate) sources: Fingerprint,
    /// The object itself, so that one changed without the other is noticed.
    pub(crate) object: Fingerprint,
    /// Compiler and linker, for people.
    pub(crate) built_by: String,
}

impl Committed {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(root.join(COMMITTED)).with_context(|| format!("cannot read {COMMITTED}"))?;
        Self::parse(&text)
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            value.map(str::to_owned).with_context(|| format!("{COMMITTED} has no line `{name} …`"))
        };
        Ok(Self {
            sources: Fingerprint(field("sources")?),
            object: Fingerprint(field("object")?),
            built_by: field("built-by")?,
        })
    }

    /// The object, if it is the one that this file describes.
    pub(crate) fn object(&self, root: &Path) -> Result<Vec<u8>> {
        let object = fs::read(root.join(OBJECT)).with_context(|| format!("cannot read {OBJECT}"))?;
        if Fingerprint::of_bytes(&object) != self.object {
            bail!("{OBJECT} is not the object that {COMMITTED} describes");
        }
        Ok(object)
    }
}

impl fmt::Display for Committed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sources, object, built_by } = self;
        writeln!(f, "sources {sources}\nobject {object}\nbuilt-by {built_by}")
    }
}

/// The relative paths of all inputs, sorted.
pub(crate) fn inputs(root: &Path) -> Result<Vec<String>> {
    let mut found: Vec<String> = FILES.iter().map(|&file| file.to_owned()).collect();
    found.push(LOCK_FILE.to_owned());
    for directory in DIRECTORIES {
        walk(root, directory, &mut found)?;
    }
    found.sort_unstable();
    Ok(found)
}

fn walk(root: &Path, directory: &str, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(root.join(directory)).with_context(|| format!("cannot list {directory}"))? {
        let entry = entry.with_context(|| format!("cannot list {directory}"))?;
        let name = entry.file_name();
        let name = name.to_str().with_context(|| format!("{directory} has a file whose name is not text"))?;
        let path = format!("{directory}/{name}");
        if entry.file_type().with_context(|| format!("cannot look at {path}"))?.is_dir() {
            walk(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// `name version checksum`, one line for each package that `roots` need, sorted. The rest of the lock file (the
/// agent's own dependencies) may change without touching the kernel side.
pub(crate) fn locked_versions(lock: &str, roots: &[&str]) -> Result<String> {
    let packages: Vec<Locked<'_>> = lock.split("[[package]]").skip(1).map(Locked::parse).collect();
    let mut wanted: Vec<(&str, Option<&str>)> = roots.iter().map(|&name| (name, None)).collect();
    let mut lines = Vec::new();
    while let Some((name, version)) = wanted.pop() {
        let fits =
            |package: &&Locked<'_>| package.name == name && version.is_none_or(|v| package.version == v);
        let package =
            packages.iter().find(fits).with_context(|| format!("{LOCK_FILE} does not pin {name}"))?;
        let line = format!("{} {} {}\n", package.name, package.version, package.checksum);
        if !lines.contains(&line) {
            lines.push(line);
            wanted.extend(&package.dependencies);
        }
    }
    lines.sort_unstable();
    Ok(lines.concat())
}

/// One `[[package]]` of the lock file. A dependency has a version only where two versions are locked.
struct Locked<'a> {
    name: &'a str,
    version: &'a str,
    checksum: &'a str,
    dependencies: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Locked<'a> {
    fn parse(stanza: &'a str) -> Self {
        let field = |name: &str| {
            let value = stanza
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'));
            value.unwrap_or_default()
        };
        let dependencies = stanza.lines().filter_map(|line| line.strip_prefix(" \"")?.strip_suffix("\","));
        Self {
            name: field("name"),
            version: field("version"),
            checksum: field("checksum"),
            dependencies: dependencies
                .map(|text| {
                    let mut words = text.split(' ');
                    (words.next().unwrap_or_default(), words.next())
                })
                .collect(),
        }
    }
}

fn digits(hash: Sha256) -> String {
    let mut text = String::from("sha256:");
    for byte in hash.finalize() {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
[[package]]
name = "agent-only"
version = "7.0.0"
checksum = "77"

[[package]]
name = "aya-ebpf"
version = "0.2.1"
checksum = "21"
dependencies = [
 "cty",
 "syn 2.0.1",
]

[[package]]
name = "common"
version = "0.1.0"

[[package]]
name = "cty"
version = "0.3.0"
checksum = "30"

[[package]]
name = "ebpf"
version = "0.1.0"
dependencies = [
 "aya-ebpf",
 "common",
]

[[package]]
name = "syn"
version = "1.0.9"
checksum = "19"

[[package]]
name = "syn"
version = "2.0.1"
checksum = "20"
"#;

    #[test]
    fn lock_file_is_read_for_the_kernel_sides_packages_only() {
        let found = locked_versions(LOCK, &["common", "ebpf"]).unwrap();
        assert_eq!(found, "aya-ebpf 0.2.1 21\ncommon 0.1.0 \ncty 0.3.0 30\nebpf 0.1.0 \nsyn 2.0.1 20\n");
    }

    #[test]
    fn lock_file_without_the_package_is_an_error() {
        let error = locked_versions(LOCK, &["absent"]).unwrap_err();
        assert_eq!(error.to_string(), "Cargo.lock does not pin absent");
    }

    #[test]
    fn same_content_has_the_same_fingerprint_and_every_change_shows() {
        let parts = |a: &str, b: &str| {
            Fingerprint::of_parts(&[("a.rs".to_owned(), a.into()), ("b.rs".to_owned(), b.into())])
        };
        let expect = "sha256:2ae40436a0260224387f616a89f03335d146142ee33f55fe8f200e3692921fdd";
        assert_eq!(
            parts("one", "two").to_string(),
            expect,
            "the format of the hash is part of the committed file"
        );
        assert_ne!(parts("one", "two"), parts("one", "tw0"));
        assert_ne!(parts("onet", "wo"), parts("one", "two"), "a byte that moves to the next file");
    }

    #[test]
    fn committed_file_survives_writing_and_reading() {
        let committed = Committed {
            sources: Fingerprint::of_bytes(b"sources"),
            object: Fingerprint::of_bytes(b"object"),
            built_by: "rustc 1.95.0, bpf-linker 0.10.3".to_owned(),
        };
        assert_eq!(Committed::parse(&committed.to_string()).unwrap(), committed);
        assert!(Committed::parse("sources sha256:00\n").is_err());
    }
}
