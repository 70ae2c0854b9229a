//! OpenSSL and BoringSSL: calls that move plaintext, handshakes, marks.
//!
//! What was really read or written is what the call returned: a write of 40 KB is often accepted 16 KiB at a time. So
//! entry only remembers the arguments, in one slot per thread and direction, and return copies. The outermost call of
//! a direction wins: `SSL_write_ex` jumps into `SSL_write_ex2`, and TLS inside TLS reads inside a read. A write inside
//! a read is no such thing and has its own slot: Node does it whenever a handshake ends.
//!
//! ```text
//!   stack grows down     entry sp of call B      what B is, seen from the open slot of call A
//!   ───────────────────────────────────────────────────────────────────────────────────────
//!   sp(A)                sp(B) <  sp(A)          nested: A is captured, B is not
//!                        sp(B) == sp(A)          tail jump, if another function; else A never returned
//!                        sp(B) >  sp(A)          A never returned (exception, longjmp)
//! ```

use aya_ebpf::{
    EbpfContext as _,
    helpers::{bpf_get_attach_cookie, bpf_get_current_pid_tgid, bpf_ktime_get_ns, bpf_probe_read_user},
    programs::{ProbeContext, RetProbeContext},
};
use common::{
    connection::{ConnKey, Connection, flag},
    cookie::{self, Function},
    counter::Counter,
    limits,
    record::{Direction, Kind},
};

use crate::{
    connection,
    emit::{self, Moved},
    maps::{CONNECTIONS, Slot, THREADS, Thread, VERDICTS, count},
    policy,
};

const READ: u8 = Function::Read as u8;
const READ_EX: u8 = Function::ReadEx as u8;
const WRITE_EX: u8 = Function::WriteEx as u8;
const WRITE_EX2: u8 = Function::WriteEx2 as u8;

/// Slot of handshakes in [`Thread::slots`]; the two before it are the directions.
const HANDSHAKE: usize = 2;

/// `SSL_CTRL_SET_TLSEXT_HOSTNAME`, and the only type of name that there is.
const SET_HOSTNAME: u32 = 55;

/// How far the stack pointer moves between entry and return: the return address is popped where it lies on the stack.
const POPPED: u64 = if cfg!(bpf_target_arch = "x86_64") { 8 } else { 0 };

#[inline(always)]
pub(crate) fn data_enter(ctx: &ProbeContext) -> u32 {
    try_data_enter(ctx).unwrap_or(0)
}

#[inline(always)]
fn try_data_enter(ctx: &ProbeContext) -> Option<u32> {
    let id = bpf_get_current_pid_tgid();
    let tgid = (id >> 32) as u32;
    let start = policy::allowed(ctx, tgid)?;
    let [pointer, buffer, _, fourth, fifth] = arguments(ctx)?;
    let key = ConnKey { pointer, tgid, reserved: 0 };
    if let Some(found) = CONNECTIONS.get_ptr_mut(key)
        && connection::muted(&key, found)
    {
        count(Counter::Muted, 1);
        return None;
    }
    let function = function(ctx);
    let length_at = match function {
        READ_EX | WRITE_EX => fourth,
        WRITE_EX2 => fifth,
        _ => 0,
    };
    let slot = Slot {
        pointer,
        buffer,
        length_at,
        stack: stack(ctx),
        // SAFETY: a helper without arguments.
        entered: unsafe { bpf_ktime_get_ns() },
        start,
        function: u32::from(function),
        reserved: 0,
    };
    let index = match function {
        READ | READ_EX => Direction::Read as usize,
        _ => Direction::Write as usize,
    };
    open(id, index, slot)
}

#[inline(always)]
pub(crate) fn data_return<const SLEEPABLE: bool>(ctx: &RetProbeContext) -> u32 {
    try_data_return::<SLEEPABLE>(ctx).unwrap_or(0)
}

#[inline(always)]
fn try_data_return<const SLEEPABLE: bool>(ctx: &RetProbeContext) -> Option<u32> {
    let id = bpf_get_current_pid_tgid();
    let function = function(ctx);
    let direction = match function {
        READ | READ_EX => Direction::Read,
        _ => Direction::Write,
    };
    let slot = take(ctx, id, direction as usize, function)?;

    let returned: u64 = ctx.ret();
    let len: u64 = if slot.length_at == 0 {
        // An `int`: the upper half of the register is not part of it.
        let n = returned as i32;
        if n <= 0 {
            return None;
        }
        n as u64 & 0x7fff_ffff
    } else {
        if returned as i32 != 1 {
            return None;
        }
        // SAFETY: reads the process's memory; a wrong address fails.
        match unsafe { bpf_probe_read_user(slot.length_at as *const u64) } {
            Ok(n) => n & 0x7fff_ffff,
            Err(_) => {
                count(Counter::ArgsMissing, 1);
                return None;
            }
        }
    };
    if len == 0 {
        return None;
    }

    let start = slot.start;
    let key = ConnKey { pointer: slot.pointer, tgid: (id >> 32) as u32, reserved: 0 };
    let found = connection::entry(&key, 0)?;
    // SAFETY: an entry of the map; its own thread is the only one that changes it.
    let state: &Connection = unsafe { &*found };
    if state.flags & flag::WHOLE != 0 && state.offsets[direction as usize & 1] == 0 && len >= 4 {
        // SAFETY: reads the process's memory; a wrong address fails.
        let first = unsafe { bpf_probe_read_user(slot.buffer as *const [u8; 4]) };
        if let Ok(first) = first
            && !connection::can_be_http(direction, state, first)
        {
            // SAFETY: as above.
            unsafe { (*found).flags |= flag::MUTED };
            count(Counter::MutedConnection, 1);
            emit::mark(Kind::Muted, &key, start, function, found, 0);
            return None;
        }
    }
    // SAFETY: a helper without arguments.
    let now = unsafe { bpf_ktime_get_ns() };
    let (time, other) = match direction {
        Direction::Write => (slot.entered, now),
        Direction::Read => (now, slot.entered),
    };
    let call =
        Moved { key, tid: id as u32, start, function, direction, time, other, buffer: slot.buffer, len };
    emit::data::<SLEEPABLE>(&call, found);
    Some(0)
}

#[inline(always)]
pub(crate) fn handshake_enter(ctx: &ProbeContext) -> u32 {
    try_handshake_enter(ctx).unwrap_or(0)
}

#[inline(always)]
fn try_handshake_enter(ctx: &ProbeContext) -> Option<u32> {
    let id = bpf_get_current_pid_tgid();
    let tgid = (id >> 32) as u32;
    let start = policy::allowed(ctx, tgid)?;
    let pointer: u64 = ctx.arg(0)?;
    let key = ConnKey { pointer, tgid, reserved: 0 };
    let found = connection::entry(&key, flag::WHOLE)?;
    let function = function(ctx);
    // SAFETY: an entry of the map; its own thread is the only one that changes it.
    unsafe {
        let untouched = (*found).offsets[0] | (*found).offsets[1] == 0;
        if (*found).flags & flag::HANDSHAKE == 0 && untouched {
            (*found).flags |= flag::HANDSHAKE;
            emit::mark(Kind::HandshakeStart, &key, start, function, found, 0);
        }
    }
    let slot = Slot {
        pointer,
        buffer: 0,
        length_at: 0,
        stack: stack(ctx),
        // SAFETY: a helper without arguments.
        entered: unsafe { bpf_ktime_get_ns() },
        start,
        function: u32::from(function),
        reserved: 0,
    };
    open(id, HANDSHAKE, slot)
}

#[inline(always)]
pub(crate) fn handshake_return(ctx: &RetProbeContext) -> u32 {
    try_handshake_return(ctx).unwrap_or(0)
}

#[inline(always)]
fn try_handshake_return(ctx: &RetProbeContext) -> Option<u32> {
    let id = bpf_get_current_pid_tgid();
    let function = function(ctx);
    let slot = take(ctx, id, HANDSHAKE, function)?;
    if ctx.ret::<i32>() != 1 {
        return None;
    }
    let start = slot.start;
    let key = ConnKey { pointer: slot.pointer, tgid: (id >> 32) as u32, reserved: 0 };
    let found = CONNECTIONS.get_ptr_mut(key)?;
    // SAFETY: an entry of the map; its own thread is the only one that changes it.
    unsafe {
        if (*found).flags & flag::HANDSHAKE != 0 && (*found).flags & flag::ESTABLISHED == 0 {
            (*found).flags |= flag::ESTABLISHED;
            emit::mark(Kind::HandshakeDone, &key, start, function, found, slot.entered);
        }
    }
    Some(0)
}

#[inline(always)]
pub(crate) fn mark(ctx: &ProbeContext) -> u32 {
    try_mark(ctx).unwrap_or(0)
}

#[inline(always)]
fn try_mark(ctx: &ProbeContext) -> Option<u32> {
    const FREE: u8 = Function::Free as u8;
    const SHUTDOWN: u8 = Function::Shutdown as u8;
    const CTRL: u8 = Function::Ctrl as u8;

    let function = function(ctx);
    let pointer: u64 = ctx.arg(0)?;
    if function == CTRL && ctx.arg::<u32>(1)? != SET_HOSTNAME {
        return None;
    }
    let tgid = (bpf_get_current_pid_tgid() >> 32) as u32;
    let start = policy::allowed(ctx, tgid)?;
    let key = ConnKey { pointer, tgid, reserved: 0 };
    match function {
        FREE => {
            let found = CONNECTIONS.get_ptr_mut(key)?;
            emit::mark(Kind::Free, &key, start, function, found, 0);
            // Gone is what both should be.
            let _absent = CONNECTIONS.remove(key);
            let _absent = VERDICTS.remove(key);
        }
        SHUTDOWN => {
            let found = CONNECTIONS.get_ptr_mut(key)?;
            // SAFETY: an entry of the map; its own thread is the only one that changes it.
            unsafe {
                if (*found).flags & flag::SHUTDOWN == 0 {
                    (*found).flags |= flag::SHUTDOWN;
                    emit::mark(Kind::Shutdown, &key, start, function, found, 0);
                }
            }
        }
        CTRL => {
            let name: u64 = ctx.arg(3)?;
            if name == 0 {
                return None;
            }
            renew(&key);
            let found = connection::entry(&key, flag::WHOLE)?;
            emit::server_name(&key, start, function, found, name);
        }
        _ => {}
    }
    Some(0)
}

/// A server name is set before a connection begins. An entry that has moved bytes belongs to an earlier user of the
/// same address, whose end was not seen.
#[inline(always)]
fn renew(key: &ConnKey) {
    if let Some(found) = CONNECTIONS.get_ptr_mut(key) {
        // SAFETY: an entry of the map; its own thread is the only one that changes it.
        let old = unsafe { (*found).offsets[0] | (*found).offsets[1] != 0 };
        if old {
            let _absent = CONNECTIONS.remove(key);
        }
    }
}

/// Puts a call into its slot, unless it runs inside the call that is there.
#[inline(always)]
fn open(id: u64, index: usize, slot: Slot) -> Option<u32> {
    let Some(thread) = THREADS.get_ptr_mut(id) else {
        let free = Slot {
            pointer: 0,
            buffer: 0,
            length_at: 0,
            stack: 0,
            entered: 0,
            start: 0,
            function: 0,
            reserved: 0,
        };
        let mut thread = Thread { slots: [free; 3] };
        thread.slots[index] = slot;
        if THREADS.insert(id, thread, 0).is_err() {
            count(Counter::InflightFull, 1);
        }
        return Some(0);
    };
    // SAFETY: an entry of the map that only its own thread changes; index is below 3.
    let open = unsafe { &mut (*thread).slots[index] };
    let nested = open.function != 0
        && slot.entered - open.entered < limits::CALL_NS
        && (slot.stack < open.stack || (slot.stack == open.stack && slot.function != open.function));
    if nested {
        count(Counter::Nested, 1);
        return None;
    }
    *open = slot;
    Some(0)
}

/// Takes the call that returns now out of its slot. `None`: it is another one that returns.
#[inline(always)]
fn take(ctx: &RetProbeContext, id: u64, index: usize, function: u8) -> Option<Slot> {
    let thread = THREADS.get_ptr_mut(id)?;
    // SAFETY: an entry of the map that only its own thread changes; index is below 3.
    let open = unsafe { &mut (*thread).slots[index] };
    if open.function != u32::from(function) || open.stack.wrapping_add(POPPED) != ret_stack(ctx) {
        return None;
    }
    let slot = *open;
    open.function = 0;
    Some(slot)
}

/// The first five arguments. All are read before any is chosen, and not by the compiler's leave: it would rather
/// choose between two addresses in the context, which the verifier refuses ("dereference of modified ctx ptr").
#[inline(always)]
fn arguments(ctx: &ProbeContext) -> Option<[u64; 5]> {
    let registers = ctx.arg::<u64>(0).zip(ctx.arg::<u64>(1)).zip(ctx.arg::<u64>(2));
    let ((first, second), third) = registers?;
    let fourth = core::hint::black_box(ctx.arg::<u64>(3)?);
    let fifth = core::hint::black_box(ctx.arg::<u64>(4)?);
    Some([first, second, third, fourth, fifth])
}

#[inline(always)]
fn function(ctx: &impl aya_ebpf::EbpfContext) -> u8 {
    // SAFETY: the context of this very program.
    cookie::function(unsafe { bpf_get_attach_cookie(ctx.as_ptr()) })
}

#[inline(always)]
fn stack(ctx: &ProbeContext) -> u64 {
    // SAFETY: the context is the registers.
    unsafe { registers_stack(ctx.regs.cast()) }
}

#[inline(always)]
fn ret_stack(ctx: &RetProbeContext) -> u64 {
    // SAFETY: the context is the registers.
    unsafe { registers_stack(ctx.as_ptr().cast()) }
}

/// # Safety
/// `registers` is the context of a probe.
#[inline(always)]
unsafe fn registers_stack(registers: *const aya_ebpf::bindings::pt_regs) -> u64 {
    // SAFETY: as above.
    #[cfg(bpf_target_arch = "x86_64")]
    unsafe {
        (*registers).rsp
    }
    // SAFETY: as above.
    #[cfg(bpf_target_arch = "aarch64")]
    unsafe {
        (*registers).sp
    }
}
