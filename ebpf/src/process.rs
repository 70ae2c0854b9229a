//! The life of processes and threads, as far as our tables must follow it.

use aya_ebpf::{
    helpers::{bpf_get_current_pid_tgid, bpf_probe_read_kernel},
    programs::RawTracePointContext,
};
use common::{policy::kind, record::Kind};

use crate::{
    emit,
    maps::{CONFIG, DECISIONS, THREADS, USER_BITS},
};

/// `(parent, child)`: the child gets what the agent decided about its parent. It runs the same program, so that holds
/// until it executes another.
#[inline(always)]
pub(crate) fn fork(ctx: &RawTracePointContext) -> i32 {
    let parent = tgid();
    // SAFETY: entries are replaced whole.
    let Some(bits) = (unsafe { USER_BITS.get(parent) }).copied() else {
        return 0;
    };
    let Some(child) = tgid_of(ctx.arg(1)) else {
        return 0;
    };
    if child != parent {
        // A full table makes room by itself.
        let _full = USER_BITS.insert(child, bits, 0);
    }
    0
}

/// The name and the executable are new, and so is every connection.
#[inline(always)]
pub(crate) fn exec() -> i32 {
    let tgid = tgid();
    end(tgid, Kind::Exec);
    if let Some(bits) = USER_BITS.get_ptr_mut(tgid) {
        // SAFETY: an entry of ours; the agent replaces it whole, and the last to write is the one who knows the program.
        unsafe {
            (*bits).known &= !kind::EXE;
            (*bits).included &= !kind::EXE;
            (*bits).excluded &= !kind::EXE;
        }
    }
    0
}

/// A thread ends; with the main thread, the process.
#[inline(always)]
pub(crate) fn exit() -> i32 {
    let id = bpf_get_current_pid_tgid();
    let (tgid, tid) = ((id >> 32) as u32, id as u32);
    // Gone already, or never there: both are fine.
    let _absent = THREADS.remove(id);
    if tgid == tid {
        end(tgid, Kind::Exit);
        let _absent = USER_BITS.remove(tgid);
    }
    0
}

/// `(cgroup, path, task, threadgroup)`.
#[inline(always)]
pub(crate) fn moved(ctx: &RawTracePointContext) -> i32 {
    if let Some(tgid) = tgid_of(ctx.arg(2)) {
        let _absent = DECISIONS.remove(tgid);
        if CONFIG.get(0).is_some_and(|config| (config.include | config.exclude) & kind::CGROUP != 0) {
            // What it maps may not be hooked yet.
            emit::process_mark(Kind::Moved, tgid, 0);
        }
    }
    0
}

#[inline(always)]
fn end(tgid: u32, kind: Kind) {
    // SAFETY: decisions are never changed in place.
    let Some(decision) = (unsafe { DECISIONS.get(tgid) }).copied() else {
        return;
    };
    let _absent = DECISIONS.remove(tgid);
    if decision.allow != 0 {
        emit::process_mark(kind, tgid, decision.start);
    }
}

#[inline(always)]
fn tgid() -> u32 {
    (bpf_get_current_pid_tgid() >> 32) as u32
}

#[inline(always)]
fn tgid_of(task: *const u8) -> Option<u32> {
    let offset = CONFIG.get(0)?.task_tgid;
    if offset == 0 {
        return None;
    }
    // SAFETY: the offset comes from the running kernel's own type information; a wrong address fails the read.
    unsafe { bpf_probe_read_kernel(task.add(offset as usize).cast::<u32>()) }.ok()
}
