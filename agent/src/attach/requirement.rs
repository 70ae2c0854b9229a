//! What the kernel and the user must have, each missing thing said in one sentence.

use std::{fs, path::Path};

/// Something that is missing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Requirement {
    /// Linux 5.15: attach cookies.
    #[error(
        "Linux {0} is too old: wirelight needs 5.15 or later, which has attach cookies and the BPF ring buffer"
    )]
    Kernel(String),
    /// CONFIG_DEBUG_INFO_BTF.
    #[error(
        "this kernel carries no type information (/sys/kernel/btf/vmlinux): wirelight needs a kernel built with \
         CONFIG_DEBUG_INFO_BTF=y, as distributions' kernels are since 2021"
    )]
    Btf,
    /// CONFIG_UPROBES.
    #[error(
        "this kernel has no uprobes (/sys/bus/event_source/devices/uprobe): wirelight needs CONFIG_UPROBES=y and \
         CONFIG_UPROBE_EVENTS=y, as distributions' kernels have since 4.17"
    )]
    Uprobes,
    /// CAP_BPF, CAP_PERFMON.
    #[error(
        "not allowed to load programs into the kernel: run wirelight as root, or give it {0} (Linux 5.8 and later)"
    )]
    Capability(String),
    /// A PID namespace of one's own.
    #[error(
        "wirelight runs in a PID namespace of its own and cannot tell processes apart by the kernel's pids: start it in \
         the host's (hostPID: true in Kubernetes, --pid=host in docker)"
    )]
    PidNamespace,
}

/// Checks everything that can be known before trying.
pub fn check() -> Result<(), Requirement> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    if version(release).is_some_and(|v| v < (5, 15)) {
        return Err(Requirement::Kernel(release.to_owned()));
    }
    if let Some(status) = fs::read_to_string("/proc/self/status").ok().as_deref() {
        let missing = missing_capabilities(status);
        if !missing.is_empty() {
            return Err(Requirement::Capability(missing.join(", ")));
        }
    }
    if !Path::new("/sys/kernel/btf/vmlinux").exists() {
        return Err(Requirement::Btf);
    }
    if !Path::new("/sys/bus/event_source/devices/uprobe").exists() {
        return Err(Requirement::Uprobes);
    }
    // The initial PID namespace has this inode on every kernel (PROC_PID_INIT_INO).
    if fs::read_link("/proc/self/ns/pid").is_ok_and(|link| link.as_os_str() != "pid:[4026531836]") {
        return Err(Requirement::PidNamespace);
    }
    Ok(())
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Names of the capabilities that are needed and not effective. CAP_SYS_ADMIN stands for the two newer ones.
fn missing_capabilities(status: &str) -> Vec<&'static str> {
    const SYS_ADMIN: u32 = 21;
    /// CAP_PERFMON and CAP_BPF came with Linux 5.8; before, CAP_SYS_ADMIN was both.
    const NEWER: u32 = 38;
    const NEEDED: [(&str, u32); 4] =
        [("CAP_BPF", 39), ("CAP_PERFMON", 38), ("CAP_SYS_PTRACE", 19), ("CAP_DAC_READ_SEARCH", 2)];
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    let Some(effective) = effective else {
        return Vec::new();
    };
    let has = |bit: u32| effective >> bit & 1 != 0;
    let needed = NEEDED.into_iter().filter(|&(_, bit)| !(has(bit) || bit >= NEWER && has(SYS_ADMIN)));
    needed.map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_distributions_print() {
        assert_eq!(version("6.1.0-18-amd64"), Some((6, 1)));
        assert_eq!(version("5.15.0"), Some((5, 15)));
        assert_eq!(version("unknown"), None);
    }

    #[test]
    fn every_missing_capability_is_named() {
        assert_eq!(missing_capabilities("Name: x\nCapEff:\t000001ffffffffff\n"), Vec::<&str>::new());
        let all = ["CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"];
        assert_eq!(missing_capabilities("CapEff:\t0000000000000000"), all);
        let sys_admin = format!("CapEff:\t{:016x}", 1u64 << 21 | 1 << 19 | 1 << 2);
        assert_eq!(missing_capabilities(&sys_admin), Vec::<&str>::new());
    }
}
