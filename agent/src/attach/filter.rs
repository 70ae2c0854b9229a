//! Who may be observed.
//!
//! Comes in: values as options give them. Goes out: the rules as the kernel side wants them, and the answer for one
//! process where only user space can give it. A process must match one value of each kind given, and no exclusion.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use common::{limits, policy::kind};
use globset::{Glob, GlobSet, GlobSetBuilder};

/// Why a filter is not understood.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// Not a pattern.
    #[error("--exe {0:?} is not a pattern: {1}")]
    Glob(String, #[source] globset::Error),
    /// No such cgroup.
    #[error("--cgroup {0:?} is no cgroup: give a directory of the unified hierarchy ({1}), or a cgroup id")]
    Cgroup(String, String),
    /// No unified hierarchy.
    #[error("--cgroup {0:?}: the unified cgroup hierarchy (cgroup2) is not mounted here")]
    NoHierarchy(String),
    /// More than the kernel side looks up.
    #[error("more than {max} values of --{0}: the kernel side looks up {max}", max = limits::FILTER_VALUES)]
    TooMany(&'static str),
}

/// Values as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// Process ids.
    pub pids: Vec<u32>,
    /// Names of main threads.
    pub comms: Vec<String>,
    /// Patterns of executables' paths.
    pub exes: Vec<String>,
    /// Real user ids.
    pub uids: Vec<u32>,
    /// Cgroups: directories or ids.
    pub cgroups: Vec<String>,
}

/// Values, understood.
#[derive(Debug, Default)]
pub struct Selection {
    /// Process ids.
    pub pids: Vec<u32>,
    /// Names, cut to what the kernel keeps of them.
    pub comms: Vec<[u8; limits::COMM]>,
    /// Patterns.
    pub exes: GlobSet,
    /// User ids.
    pub uids: Vec<u32>,
    /// Cgroups.
    pub cgroups: Vec<Cgroup>,
}

/// A cgroup of the unified hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cgroup {
    /// Its id in the kernel, which is its directory's inode.
    pub id: u64,
    /// Its directory, where it was given as one.
    pub dir: Option<PathBuf>,
}

/// All rules.
#[derive(Debug, Default)]
pub struct Filter {
    /// What to observe; empty kinds do not restrict.
    pub include: Selection,
    /// What not to observe.
    pub exclude: Selection,
}

/// What of a process the rules are about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Process id.
    pub pid: u32,
    /// Name of the main thread.
    pub comm: &'a str,
    /// Path of the executable.
    pub exe: Option<&'a str>,
    /// Real user id.
    pub uid: Option<u32>,
    /// Ids of its cgroup and those above.
    pub cgroups: &'a [u64],
}

impl Selection {
    fn parse(values: &Values, mount: Option<&Path>) -> Result<Self, FilterError> {
        let Values { pids, comms, exes, uids, cgroups } = values;
        let lengths =
            [("pid", pids.len()), ("comm", comms.len()), ("uid", uids.len()), ("cgroup", cgroups.len())];
        if let Some((name, _)) = lengths.into_iter().find(|&(_, n)| n > limits::FILTER_VALUES as usize) {
            return Err(FilterError::TooMany(name));
        }
        let mut globs = GlobSetBuilder::new();
        for exe in exes {
            globs.add(Glob::new(exe).map_err(|error| FilterError::Glob(exe.clone(), error))?);
        }
        Ok(Self {
            pids: pids.clone(),
            comms: comms.iter().map(|comm| kernel_comm(comm)).collect(),
            exes: globs.build().map_err(|error| FilterError::Glob(exes.join(" "), error))?,
            uids: uids.clone(),
            cgroups: cgroups.iter().map(|value| Cgroup::parse(value, mount)).collect::<Result<_, _>>()?,
        })
    }

    /// Kinds for which there are values.
    pub fn kinds(&self) -> u32 {
        let Self { pids, comms, exes, uids, cgroups } = self;
        [
            (kind::PID, pids.is_empty()),
            (kind::COMM, comms.is_empty()),
            (kind::EXE, exes.is_empty()),
            (kind::UID, uids.is_empty()),
            (kind::CGROUP, cgroups.is_empty()),
        ]
        .into_iter()
        .filter_map(|(kind, empty)| (!empty).then_some(kind))
        .fold(0, |kinds, kind| kinds | kind)
    }

    /// Kinds for which a process has a value that is listed.
    pub fn matched(&self, facts: &Facts<'_>) -> u32 {
        let Self { pids, comms, exes, uids, cgroups } = self;
        [
            (kind::PID, pids.contains(&facts.pid)),
            (kind::COMM, comms.contains(&kernel_comm(facts.comm))),
            (kind::EXE, facts.exe.is_some_and(|exe| exes.is_match(exe))),
            (kind::UID, facts.uid.is_some_and(|uid| uids.contains(&uid))),
            (kind::CGROUP, cgroups.iter().any(|cgroup| facts.cgroups.contains(&cgroup.id))),
        ]
        .into_iter()
        .filter_map(|(kind, hit)| hit.then_some(kind))
        .fold(0, |kinds, kind| kinds | kind)
    }
}

impl Cgroup {
    fn parse(value: &str, mount: Option<&Path>) -> Result<Self, FilterError> {
        if let Ok(id) = value.parse() {
            return Ok(Self { id, dir: None });
        }
        let mount = mount.ok_or_else(|| FilterError::NoHierarchy(value.to_owned()))?;
        // As a directory, or as `/proc/PID/cgroup` writes it.
        let candidates = [PathBuf::from(value), mount.join(value.trim_start_matches('/'))];
        let dir =
            candidates.into_iter().find(|dir| dir.starts_with(mount) && dir.join("cgroup.procs").exists());
        let found = dir.and_then(|dir| Some(Self { id: fs::metadata(&dir).ok()?.ino(), dir: Some(dir) }));
        found.ok_or_else(|| FilterError::Cgroup(value.to_owned(), mount.display().to_string()))
    }
}

impl Filter {
    /// Understands the options.
    pub fn parse(include: &Values, exclude: &Values, mount: Option<&Path>) -> Result<Self, FilterError> {
        Ok(Self { include: Selection::parse(include, mount)?, exclude: Selection::parse(exclude, mount)? })
    }

    /// Whether a process is to be observed, as far as user space can tell. `pid_listed`: it, or a process that it
    /// comes from, is one of those given by pid.
    pub fn admits(&self, facts: &Facts<'_>, pid_listed: bool) -> bool {
        let wanted = self.include.kinds();
        let mut matched = self.include.matched(facts);
        if pid_listed {
            matched |= kind::PID;
        }
        matched & wanted == wanted && self.exclude.matched(facts) == 0
    }
}

/// What the kernel keeps of a name: 15 bytes and a zero.
fn kernel_comm(comm: &str) -> [u8; limits::COMM] {
    let mut out = [0; limits::COMM];
    let kept = comm.len().min(limits::COMM - 1);
    for (to, from) in out.iter_mut().zip(&comm.as_bytes()[..kept]) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pids: &[u32], comms: &[&str], exes: &[&str], uids: &[u32], cgroups: &[&str]) -> Values {
        let owned = |v: &[&str]| v.iter().map(|s| (*s).to_owned()).collect();
        Values {
            pids: pids.to_vec(),
            comms: owned(comms),
            exes: owned(exes),
            uids: uids.to_vec(),
            cgroups: owned(cgroups),
        }
    }

    fn python<'a>() -> Facts<'a> {
        Facts {
            pid: 42,
            comm: "python3",
            exe: Some("/usr/bin/python3.11"),
            uid: Some(1000),
            cgroups: &[7, 1],
        }
    }

    #[test]
    fn one_of_each_kind_and_no_exclusion() {
        let none = values(&[], &[], &[], &[], &[]);
        let cases = [
            (none.clone(), none.clone(), true),
            (values(&[42, 43], &[], &[], &[], &[]), none.clone(), true),
            (values(&[43], &[], &[], &[], &[]), none.clone(), false),
            (values(&[], &["node", "python3"], &[], &[], &[]), none.clone(), true),
            (values(&[], &["python3"], &["/usr/bin/python*"], &[1000], &["7"]), none.clone(), true),
            (values(&[], &["python3"], &["/opt/**"], &[1000], &["7"]), none.clone(), false),
            (values(&[], &[], &[], &[], &["1"]), none.clone(), true),
            (values(&[], &[], &[], &[], &["2"]), none.clone(), false),
            (none.clone(), values(&[], &["python3"], &[], &[], &[]), false),
            (none, values(&[], &[], &[], &[0], &[]), true),
            (values(&[42], &[], &[], &[], &[]), values(&[], &[], &["/usr/**"], &[], &[]), false),
        ];
        for (i, (include, exclude, expect)) in cases.into_iter().enumerate() {
            let filter = Filter::parse(&include, &exclude, None).expect("parses");
            assert_eq!(filter.admits(&python(), false), expect, "case {i}");
        }
    }

    #[test]
    fn a_descendant_of_a_listed_pid_counts_as_listed() {
        let filter =
            Filter::parse(&values(&[1], &[], &[], &[], &[]), &Values::default(), None).expect("parses");
        assert!(filter.admits(&python(), true) && !filter.admits(&python(), false));
    }

    #[test]
    fn names_are_compared_as_the_kernel_keeps_them() {
        let long = values(&[], &["a-name-of-twenty-one"], &[], &[], &[]);
        let filter = Filter::parse(&long, &Values::default(), None).expect("parses");
        assert!(filter.admits(&Facts { comm: "a-name-of-twent", ..Facts::default() }, false));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let bad = |v| Filter::parse(&v, &Values::default(), None).expect_err("wrong").to_string();
        assert!(bad(values(&[], &[], &["a["], &[], &[])).contains("--exe \"a[\" is not a pattern"));
        assert!(bad(values(&[], &[], &[], &[], &["/x"])).contains("not mounted"));
        let many: Vec<u32> = (0..2000).collect();
        assert!(bad(values(&many, &[], &[], &[], &[])).contains("more than 1024 values of --pid"));
    }
}
