//! What live tests need of a machine, probed apart from the tests' own probe: one that says "cannot" by mistake
//! would otherwise turn every live test off without a trace.

use std::fs;
use std::path::Path;

use crate::run::AsRoot;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Host {
    pub(super) root: bool,
    pub(super) uprobes: bool,
    pub(super) btf: bool,
    pub(super) cgroup2: bool,
}

impl Host {
    pub(super) fn probe(as_root: AsRoot) -> Self {
        Self {
            root: as_root != AsRoot::No,
            uprobes: Path::new("/sys/bus/event_source/devices/uprobe").exists(),
            btf: Path::new("/sys/kernel/btf/vmlinux").exists(),
            cgroup2: has_cgroup2(&fs::read_to_string("/proc/self/mounts").unwrap_or_default()),
        }
    }

    /// What keeps live tests from running, if anything.
    pub(super) fn lacks(&self) -> Option<String> {
        let Self { root, uprobes, btf, cgroup2 } = *self;
        let parts = [(root, "root"), (uprobes, "uprobes"), (btf, "kernel BTF"), (cgroup2, "cgroup v2")];
        let lacking: Vec<&str> = parts.iter().filter(|(there, _)| !there).map(|(_, name)| *name).collect();
        (!lacking.is_empty()).then(|| format!("no {}", lacking.join(", no ")))
    }

    #[cfg(test)]
    pub(super) fn able() -> Self {
        Self { root: true, uprobes: true, btf: true, cgroup2: true }
    }
}

/// `DEVICE MOUNT-POINT TYPE OPTIONS 0 0`
fn has_cgroup2(mounts: &str) -> bool {
    mounts.lines().any(|line| line.split(' ').nth(2) == Some("cgroup2"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cgroup2_is_a_file_system_type_and_not_a_name() {
        assert!(has_cgroup2("proc /proc proc rw 0 0\nnone /sys/fs/cgroup/unified cgroup2 rw 0 0\n"));
        assert!(!has_cgroup2("cgroup2 /mnt/cgroup2 tmpfs rw 0 0\n"));
    }

    #[test]
    fn what_is_lacking_is_named() {
        assert_eq!(Host::able().lacks(), None);
        let poor = Host { root: false, btf: false, ..Host::able() };
        assert_eq!(poor.lacks().as_deref(), Some("no root, no kernel BTF"));
    }
}
