//! Who may be observed: the rules as the agent writes them, the decisions as the kernel side makes them.
//!
//! A process must match one value of each kind given and no exclusion. The kernel side decides what it can see itself
//! (name, user, cgroup) at the process's first hooked call; what only the agent can see (executable, chosen pid) the
//! agent puts into [`UserBits`], which a forked child inherits.

/// Kinds of filter, as bits.
pub mod kind {
    /// A process id, and what it forks.
    pub const PID: u32 = 1;
    /// The name of the main thread.
    pub const COMM: u32 = 2;
    /// The path of the executable.
    pub const EXE: u32 = 4;
    /// The real user id.
    pub const UID: u32 = 8;
    /// A cgroup of the unified hierarchy, or one above it.
    pub const CGROUP: u32 = 16;
    /// Nothing is of this kind: included, it observes nobody.
    pub const NOBODY: u32 = 1 << 31;
}

/// Bits of the values in the filter maps.
pub mod listed {
    /// The value is one of those to observe.
    pub const INCLUDE: u32 = 1;
    /// The value is one of those not to observe.
    pub const EXCLUDE: u32 = 2;
}

/// The one entry of the `CONFIG` map.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Config {
    /// [`kind`]s for which there is something to include.
    pub include: u32,
    /// [`kind`]s for which there is something to exclude.
    pub exclude: u32,
    /// The agent's own thread group: never observed.
    pub agent: u32,
    /// Bytes in the ring above which the reader is woken at once.
    pub wake_above: u32,
    /// Offset of `task_struct.group_leader` in the running kernel.
    pub task_group_leader: u32,
    /// Offset of `task_struct.start_boottime`.
    pub task_start_boottime: u32,
    /// Offset of `task_struct.tgid`.
    pub task_tgid: u32,
    /// Offset of `task_struct.comm`.
    pub task_comm: u32,
}

/// What the agent knows of a process's filters.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserBits {
    /// [`kind`]s that are decided here (of `PID` and `EXE`).
    pub known: u32,
    /// Kinds for which it is included.
    pub included: u32,
    /// Kinds for which it is excluded.
    pub excluded: u32,
    /// Always 0.
    pub reserved: u32,
}

/// A decision, kept until the process executes another program, moves to another cgroup, or ends.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Decision {
    /// Nanoseconds from boot to the start of the process.
    pub start: u64,
    /// 1: observe; 0: do not.
    pub allow: u32,
    /// Always 0.
    pub reserved: u32,
}
