//! What `/proc` tells of a process: read when it is first seen, tolerant of its being gone.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::enrich::Process;

/// A file, however it is called and wherever it is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// Device.
    pub device: u64,
    /// Inode.
    pub inode: u64,
    /// Time of last change in nanoseconds: inodes are reused.
    pub changed: i64,
}

/// A file that a process maps executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// `START-END` as in `/proc/PID/maps`.
    pub range: String,
    /// Inode.
    pub inode: u64,
    /// Path as the process sees it; ends with ` (deleted)` for a file without a name.
    pub path: String,
}

/// Reads what is known of a process. `None`: it is gone.
pub fn read(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let (parent, start_ticks) = parent_and_start(&stat)?;
    Some(Process {
        pid,
        start_ns: start_ticks.saturating_mul(1_000_000_000 / ticks_per_second()),
        parent: Some(parent),
        uid: real_uid(&status),
        comm: fs::read_to_string(format!("/proc/{pid}/comm")).ok().map(|c| c.trim_end().to_owned()),
        exe: executable(pid),
        cgroup: cgroup_path(pid),
    })
}

/// Path of the executable as the process sees it.
pub fn executable(pid: u32) -> Option<String> {
    let path = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let path = path.to_string_lossy();
    Some(path.strip_suffix(" (deleted)").unwrap_or(&path).to_owned())
}

/// The executable mappings of files, each file once.
pub fn mappings(pid: u32) -> io::Result<Vec<Mapping>> {
    Ok(parse_maps(&fs::read_to_string(format!("/proc/{pid}/maps"))?))
}

fn parse_maps(maps: &str) -> Vec<Mapping> {
    let mut files = BTreeMap::new();
    for line in maps.lines() {
        // `7f..-7f.. r-xp 00001000 fe:00 1234   /path with spaces`
        let mut fields = line.splitn(6, ' ');
        let (Some(range), Some(mode), Some(_), Some(device), Some(inode), Some(path)) =
            (fields.next(), fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let inode: u64 = inode.parse().unwrap_or(0);
        if inode == 0 || !mode.contains('x') {
            continue;
        }
        files.entry((device, inode)).or_insert_with(|| Mapping {
            range: range.to_owned(),
            inode,
            path: path.trim_start().to_owned(),
        });
    }
    files.into_values().collect()
}

/// Opens a mapped file: the very one that is mapped, even when its name is gone or means another file by now.
pub fn open_mapping(pid: u32, mapping: &Mapping) -> io::Result<(File, FileId)> {
    let by_range = PathBuf::from(format!("/proc/{pid}/map_files/{}", mapping.range));
    let file = match File::open(&by_range) {
        Ok(file) => file,
        // Without CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE: by name, through the process's own root.
        Err(error) => {
            let by_name = format!("/proc/{pid}/root{}", mapping.path);
            let file = File::open(by_name).map_err(|_| error)?;
            if file.metadata()?.ino() != mapping.inode {
                return Err(io::Error::other("the file was replaced after the process mapped it"));
            }
            file
        }
    };
    let id = FileId::of(&file)?;
    Ok((file, id))
}

impl FileId {
    /// Of an open file.
    pub fn of(file: &File) -> io::Result<Self> {
        let meta = file.metadata()?;
        let changed = meta.mtime().wrapping_mul(1_000_000_000).wrapping_add(meta.mtime_nsec());
        Ok(Self { device: meta.dev(), inode: meta.ino(), changed })
    }
}

/// Ids of the process's cgroup and all above it, in the unified hierarchy.
pub fn cgroup_ids(pid: u32, mount: &Path) -> Vec<u64> {
    let Some(path) = cgroup_path(pid) else {
        return Vec::new();
    };
    let own = mount.join(path.trim_start_matches('/'));
    let chain = own.ancestors().take_while(|dir| dir.starts_with(mount));
    chain.filter_map(|dir| fs::metadata(dir).ok()).map(|meta| meta.ino()).collect()
}

/// Where the unified hierarchy is mounted.
pub fn cgroup_mount() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let (at, kind) = (fields.nth(1)?, fields.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(at))
    })
}

/// The processes in a cgroup and below it.
pub fn in_cgroup(dir: &Path) -> Vec<u32> {
    let mut pids = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        let procs = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
        pids.extend(procs.lines().filter_map(|pid| pid.parse::<u32>().ok()));
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        let below = entries.filter_map(Result::ok).filter(|e| e.file_type().is_ok_and(|t| t.is_dir()));
        dirs.extend(below.map(|entry| entry.path()));
    }
    pids
}

/// Every process.
pub fn all() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries.filter_map(Result::ok).filter_map(|e| e.file_name().to_str()?.parse().ok()).collect()
}

/// A process and everything that it has started and that still runs.
pub fn with_descendants(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        next += 1;
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
            continue;
        };
        for thread in threads.filter_map(Result::ok) {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            let children = children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok());
            found.extend(children.collect::<Vec<_>>());
        }
    }
    found
}

fn cgroup_path(pid: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("0::")).map(str::to_owned)
}

/// Parent and start time from `stat`, whose second field may hold anything, spaces and brackets included.
fn parent_and_start(stat: &str) -> Option<(u32, u64)> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    let start = fields.nth(17)?.parse().ok()?;
    Some((parent, start))
}

fn real_uid(status: &str) -> Option<u32> {
    status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().next()?.parse().ok()
}

/// Units of the times in `stat`.
pub fn ticks_per_second() -> u64 {
    // SAFETY: a query without pointers.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    u64::try_from(ticks).ok().filter(|&t| t > 0).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_executable_file_is_listed_once() {
        let maps = "\
7f0000000000-7f0000001000 r--p 00000000 fe:00 10                         /usr/lib/libssl.so.3
7f0000001000-7f0000002000 r-xp 00001000 fe:00 10                         /usr/lib/libssl.so.3
7f0000002000-7f0000003000 r-xp 00009000 fe:00 10                         /usr/lib/libssl.so.3
7f0000004000-7f0000005000 r-xp 00000000 fe:00 11                         /opt/with space/x (deleted)
7f0000006000-7f0000007000 r-xp 00000000 00:00 0\x20
7ffc00000000-7ffc00001000 r-xp 00000000 00:00 0                          [vdso]
not a line";
        let found: Vec<_> = parse_maps(maps).into_iter().map(|m| (m.range, m.path)).collect();
        let expect = [
            ("7f0000001000-7f0000002000", "/usr/lib/libssl.so.3"),
            ("7f0000004000-7f0000005000", "/opt/with space/x (deleted)"),
        ];
        assert_eq!(found, expect.map(|(r, p)| (r.to_owned(), p.to_owned())));
    }

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "42 (a) b (c)) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2";
        assert_eq!(parent_and_start(stat), Some((7, 98765)));
        assert_eq!(parent_and_start("nonsense"), None);
    }

    #[test]
    fn our_own_process_is_read() {
        let own = read(std::process::id()).expect("alive");
        assert!(own.start_ns > 0 && own.comm.is_some() && own.exe.is_some() && own.uid.is_some());
        assert!(read(u32::MAX).is_none());
    }
}
