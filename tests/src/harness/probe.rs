//! Can this machine run the live tests? What is missing is said, never guessed around.
//!
//! In: `/proc` and `/sys`. Out: what the tests need to know of the machine, or the first reason why not.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// A machine on which the agent can observe what a test starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Where the cgroup v2 hierarchy is mounted.
    pub cgroup_mount: PathBuf,
}

/// Why the live tests cannot run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Neither `CAP_SYS_ADMIN` nor both of `CAP_BPF` and `CAP_PERFMON`.
    Privilege,
    /// Linux before 5.15, which has no attach cookies; or a release that we cannot read.
    Kernel(String),
    /// No uprobe PMU.
    Uprobes,
    /// No BTF of the running kernel.
    Btf,
    /// No cgroup v2 hierarchy: without it we could not observe our own processes only.
    Cgroup2,
    /// Kernel pids are the initial namespace's; here they would be other processes' or nobody's.
    PidNamespace,
}

const CAP_SYS_ADMIN: u32 = 21;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;
/// `PROC_PID_INIT_INO` of the kernel: the initial PID namespace, always.
const INITIAL_PID_NAMESPACE: &str = "pid:[4026531836]";
const OLDEST_KERNEL: (u32, u32) = (5, 15);

impl Machine {
    /// Looks at the machine whose `/proc` and `/sys` are under `root`.
    pub fn probe(root: &Path) -> Result<Self, Missing> {
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        if !privileged(&read("proc/self/status")) {
            return Err(Missing::Privilege);
        }
        let release = read("proc/sys/kernel/osrelease").trim().to_owned();
        if version(&release).is_none_or(|version| version < OLDEST_KERNEL) {
            return Err(Missing::Kernel(release));
        }
        let namespace = fs::read_link(root.join("proc/self/ns/pid")).unwrap_or_default();
        if namespace != Path::new(INITIAL_PID_NAMESPACE) {
            return Err(Missing::PidNamespace);
        }
        if !root.join("sys/bus/event_source/devices/uprobe").exists() {
            return Err(Missing::Uprobes);
        }
        if !root.join("sys/kernel/btf/vmlinux").exists() {
            return Err(Missing::Btf);
        }
        let cgroup_mount = cgroup2_mount(&read("proc/self/mounts")).ok_or(Missing::Cgroup2)?;
        Ok(Self { cgroup_mount })
    }
}

fn privileged(status: &str) -> bool {
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok())
        .unwrap_or(0);
    let has = |capability: u32| effective & (1 << capability) != 0;
    has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON))
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn cgroup2_mount(mounts: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let (path, kind) = (fields.nth(1)?, fields.next()?);
        // The kernel writes a space as \040.
        (kind == "cgroup2").then(|| PathBuf::from(path.replace("\\040", " ")))
    })
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Privilege => f.write_str("needs root, or CAP_BPF and CAP_PERFMON"),
            Self::Kernel(release) => write!(f, "needs Linux 5.15 or newer, this is `{release}`"),
            Self::Uprobes => f.write_str("this kernel has no uprobes"),
            Self::Btf => f.write_str("this kernel has no BTF"),
            Self::Cgroup2 => f.write_str("no cgroup v2 hierarchy is mounted"),
            Self::PidNamespace => f.write_str("not in the initial PID namespace"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    const MOUNTS: &str = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n\
                          cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n\
                          cgroup2 /sys/fs/cgroup/uni\\040fied cgroup2 rw,relatime 0 0\n";

    fn machine() -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for directory in
            ["proc/self/ns", "proc/sys/kernel", "sys/kernel/btf", "sys/bus/event_source/devices/uprobe"]
        {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        for (file, text) in [
            ("proc/self/status", "Name:\tx\nCapEff:\t000001ffffffffff\n"),
            ("proc/sys/kernel/osrelease", "6.1.0-13-cloud-amd64\n"),
            ("sys/kernel/btf/vmlinux", ""),
            ("proc/self/mounts", MOUNTS),
        ] {
            fs::write(root.path().join(file), text).unwrap();
        }
        symlink(INITIAL_PID_NAMESPACE, root.path().join("proc/self/ns/pid")).unwrap();
        root
    }

    #[test]
    fn a_fit_machine_tells_its_mount() {
        let root = machine();
        let expect = Machine { cgroup_mount: PathBuf::from("/sys/fs/cgroup/uni fied") };
        assert_eq!(Machine::probe(root.path()), Ok(expect));
    }

    #[test]
    fn each_missing_thing_is_named() {
        type Spoil = fn(&Path);
        let write = |root: &Path, file: &str, text: &str| fs::write(root.join(file), text).unwrap();
        let cases: [(Spoil, Missing); 6] = [
            (|root| fs::remove_file(root.join("sys/kernel/btf/vmlinux")).unwrap(), Missing::Btf),
            (
                |root| fs::remove_dir(root.join("sys/bus/event_source/devices/uprobe")).unwrap(),
                Missing::Uprobes,
            ),
            (|root| fs::remove_file(root.join("proc/self/mounts")).unwrap(), Missing::Cgroup2),
            (|root| fs::remove_file(root.join("proc/self/ns/pid")).unwrap(), Missing::PidNamespace),
            (|root| fs::remove_file(root.join("proc/self/status")).unwrap(), Missing::Privilege),
            (
                |root| fs::remove_file(root.join("proc/sys/kernel/osrelease")).unwrap(),
                Missing::Kernel(String::new()),
            ),
        ];
        for (spoil, expect) in cases {
            let root = machine();
            spoil(root.path());
            assert_eq!(Machine::probe(root.path()), Err(expect));
        }
        let root = machine();
        write(root.path(), "proc/sys/kernel/osrelease", "5.14.0-427.el9\n");
        assert_eq!(Machine::probe(root.path()), Err(Missing::Kernel("5.14.0-427.el9".to_owned())));
        fs::remove_file(root.path().join("proc/self/ns/pid")).unwrap();
        symlink("pid:[4026532000]", root.path().join("proc/self/ns/pid")).unwrap();
        write(root.path(), "proc/sys/kernel/osrelease", "6.18.0\n");
        assert_eq!(Machine::probe(root.path()), Err(Missing::PidNamespace));
    }

    #[test]
    fn privilege_is_by_capability() {
        for (caps, expect) in [
            ("0000000000000000", false),
            ("0000000000200000", true),  // SYS_ADMIN
            ("000000c000000000", true),  // BPF and PERFMON
            ("0000008000000000", false), // BPF alone
        ] {
            assert_eq!(privileged(&format!("CapEff:\t{caps}\n")), expect, "{caps}");
        }
    }
}
