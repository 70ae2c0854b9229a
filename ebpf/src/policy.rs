//! May this process be observed? Asked before anything is copied.
//!
//! Takes the current process and the rules; gives its [`Decision`], from the table or made now. What only the agent
//! can see (executable, chosen pid) comes from `USER_BITS`; while that is needed and missing, the answer is no.

use aya_ebpf::helpers::{
    bpf_get_current_ancestor_cgroup_id, bpf_get_current_cgroup_id, bpf_get_current_task,
    bpf_get_current_uid_gid, bpf_probe_read_kernel,
};
use aya_log_ebpf::debug;
use common::{
    counter::Counter,
    limits,
    policy::{Config, Decision, kind, listed},
    record::ProcessPayload,
};

use crate::{
    emit,
    maps::{CGROUPS, COMMS, CONFIG, DECISIONS, UIDS, USER_BITS, count},
};

/// Start time of the process when it may be observed.
#[inline(always)]
pub(crate) fn allowed(ctx: &impl aya_ebpf::EbpfContext, tgid: u32) -> Option<u64> {
    // SAFETY: a decision is written whole before it is inserted, and never changed in place.
    let decision = match unsafe { DECISIONS.get(tgid) } {
        Some(decision) => *decision,
        None => decide(ctx, tgid)?,
    };
    if decision.allow == 0 {
        count(Counter::Denied, 1);
        return None;
    }
    Some(decision.start)
}

/// Kinds for which the process is listed to be included, and to be excluded.
struct Match {
    included: u32,
    excluded: u32,
}

impl Match {
    #[inline(always)]
    fn add(&mut self, kind: u32, value: Option<&u32>) {
        let value = value.copied().unwrap_or(0);
        if value & listed::INCLUDE != 0 {
            self.included |= kind;
        }
        if value & listed::EXCLUDE != 0 {
            self.excluded |= kind;
        }
    }
}

#[inline(never)]
fn decide(ctx: &impl aya_ebpf::EbpfContext, tgid: u32) -> Option<Decision> {
    let config = CONFIG.get(0)?;
    // SAFETY: entries are replaced whole; one that is being replaced is decided again by whoever replaces it.
    let user = unsafe { USER_BITS.get(tgid) }.copied().unwrap_or_default();
    let wanted = config.include | config.exclude;
    if wanted & kind::EXE != 0 && user.known & kind::EXE == 0 && tgid != config.agent {
        count(Counter::Undecided, 1);
        return None;
    }

    let (start, comm) = leader(config);
    // SAFETY: helpers without arguments.
    let (uid, cgroup) = unsafe { (bpf_get_current_uid_gid() as u32, bpf_get_current_cgroup_id()) };
    let mut found = Match { included: user.included, excluded: user.excluded };
    if wanted & kind::COMM != 0 {
        // SAFETY: values are plain numbers, written whole by the agent.
        found.add(kind::COMM, unsafe { COMMS.get(comm) });
    }
    if wanted & kind::UID != 0 {
        // SAFETY: as above.
        found.add(kind::UID, unsafe { UIDS.get(uid) });
    }
    if wanted & kind::CGROUP != 0 {
        for level in 0..limits::CGROUP_DEPTH {
            // SAFETY: a helper with a number.
            let id = unsafe { bpf_get_current_ancestor_cgroup_id(level as i32) };
            if id == 0 {
                break;
            }
            // SAFETY: as above.
            found.add(kind::CGROUP, unsafe { CGROUPS.get(id) });
        }
    }

    let allow = tgid != config.agent
        && found.included & config.include == config.include
        && found.excluded & config.exclude == 0;
    let decision = Decision { start, allow: u32::from(allow), reserved: 0 };
    // A full table of least recently used entries makes room; failing that, it is decided again at the next call.
    let _full = DECISIONS.insert(tgid, decision, 0);
    if allow {
        count(Counter::Allowed, 1);
        emit::process(tgid, start, &ProcessPayload { comm, cgroup, uid, reserved: 0 });
    }
    debug!(ctx, "process {} is {}", tgid, if allow { "observed" } else { "left alone" });
    Some(decision)
}

/// Start time and name of the current process's main thread. Zeros where the kernel does not let us read them.
#[inline(always)]
fn leader(config: &Config) -> (u64, [u8; limits::COMM]) {
    // SAFETY: the offsets come from the running kernel's own type information; a wrong address fails the read.
    unsafe {
        let task = bpf_get_current_task() as *const u8;
        let leader_at = task.add(config.task_group_leader as usize);
        let Ok(leader) = bpf_probe_read_kernel(leader_at.cast::<*const u8>()) else {
            return (0, [0; limits::COMM]);
        };
        let start = bpf_probe_read_kernel(leader.add(config.task_start_boottime as usize).cast::<u64>());
        let comm = bpf_probe_read_kernel(leader.add(config.task_comm as usize).cast::<[u8; limits::COMM]>());
        (start.unwrap_or(0), comm.unwrap_or([0; limits::COMM]))
    }
}
