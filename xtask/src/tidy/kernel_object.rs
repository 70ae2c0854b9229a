//! The committed kernel object is the one that the sources give.
//!
//! In: the committed object, its fingerprint, and the object of a fresh build where there is one. Out: what does
//! not fit. Without this, people who build without the BPF toolchain would run another kernel side than they read.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::Finding;
use crate::fingerprint::{COMMITTED, Committed, Fingerprint, OBJECT, OBJECT_ARCH};
use crate::toolchain::Toolchain;

/// Paths of the machine that built it must not be in it.
const FOREIGN: [&str; 3] = [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/ho", "me/")];

/// What can be said without building anything.
pub(super) fn committed(root: &Path) -> Result<Vec<Finding>> {
    if !root.join(COMMITTED).exists() {
        return Ok(vec![Finding::new(COMMITTED, 1, "is missing: run `cargo xtask bpf`")]);
    }
    let object = fs::read(root.join(OBJECT)).with_context(|| format!("cannot read {OBJECT}"))?;
    Ok(judge(&Committed::read(root)?, &Fingerprint::of_sources(root)?, &object))
}

fn judge(committed: &Committed, sources: &Fingerprint, object: &[u8]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if committed.sources != *sources {
        findings.push(Finding::new(
            COMMITTED,
            1,
            "the kernel side's sources have changed: run `cargo xtask bpf`",
        ));
    }
    if committed.object != Fingerprint::of_bytes(object) {
        findings.push(Finding::new(OBJECT, 1, "is not the object of the fingerprint: run `cargo xtask bpf`"));
    }
    for foreign in FOREIGN {
        if object.windows(foreign.len()).any(|window| window == foreign.as_bytes()) {
            findings.push(Finding::new(
                OBJECT,
                1,
                format!("contains `{foreign}`: see agent/build/source.rs"),
            ));
        }
    }
    findings
}

/// With the BPF toolchain `built` was made from source just now, and builds are reproducible.
pub(super) fn rebuilt(root: &Path, built: &Path) -> Result<Vec<Finding>> {
    if let Some(missing) = Toolchain::find()?.missing() {
        eprintln!("tidy: the kernel object was not built again to compare, {missing}");
        return Ok(Vec::new());
    }
    let built = fs::read(built).with_context(|| format!("cannot read {}", built.display()))?;
    let committed = fs::read(root.join(OBJECT)).unwrap_or_default();
    Ok(compare(&built, &committed, std::env::consts::ARCH))
}

fn compare(built: &[u8], committed: &[u8], arch: &str) -> Vec<Finding> {
    if arch != OBJECT_ARCH || built == committed {
        return Vec::new();
    }
    vec![Finding::new(OBJECT, 1, "these sources give another object: run `cargo xtask bpf`")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.says).collect()
    }

    fn of(object: &[u8]) -> Committed {
        Committed {
            sources: Fingerprint::of_bytes(b"sources"),
            object: Fingerprint::of_bytes(object),
            built_by: "rustc".to_owned(),
        }
    }

    #[test]
    fn current_object_is_fine() {
        assert_eq!(said(judge(&of(b"elf"), &Fingerprint::of_bytes(b"sources"), b"elf")), [] as [&str; 0]);
    }

    #[test]
    fn stale_or_exchanged_object_is_found() {
        let stale = said(judge(&of(b"elf"), &Fingerprint::of_bytes(b"new sources"), b"elf"));
        assert!(stale.len() == 1 && stale[0].contains("sources have changed"), "{stale:?}");
        let exchanged = said(judge(&of(b"elf"), &Fingerprint::of_bytes(b"sources"), b"other"));
        assert!(exchanged.len() == 1 && exchanged[0].contains("is not the object"), "{exchanged:?}");
    }

    #[test]
    fn object_with_foreign_bytes_is_found() {
        for foreign in FOREIGN {
            let object = format!("elf\0{foreign}info\0");
            let findings =
                said(judge(&of(object.as_bytes()), &Fingerprint::of_bytes(b"sources"), object.as_bytes()));
            assert_eq!(findings, [format!("contains `{foreign}`: see agent/build/source.rs")]);
        }
    }

    #[test]
    fn object_that_differs_from_a_fresh_build_is_found() {
        assert_eq!(compare(b"new", b"old", OBJECT_ARCH).len(), 1);
        assert_eq!(compare(b"same", b"same", OBJECT_ARCH).len(), 0);
        assert_eq!(compare(b"new", b"old", "another").len(), 0);
    }
}
