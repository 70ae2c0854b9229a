//! Out of the process and into the ring.
//!
//! A record takes the smallest size tier that holds it. A ring reservation is never held across anything that can
//! sleep: a page that is not in memory is brought back between two attempts.

use core::{ffi::c_void, ptr};

use aya_ebpf::{
    bindings::{BPF_RB_AVAIL_DATA, BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP},
    helpers::{
        bpf_get_current_pid_tgid, bpf_get_smp_processor_id, bpf_ktime_get_ns,
        generated::{bpf_copy_from_user, bpf_loop, bpf_probe_read_user, bpf_probe_read_user_str},
    },
};
use common::{
    connection::{ConnKey, Connection, flag as conn},
    counter::Counter,
    limits::{RECORD_PAYLOAD, RECORDS_PER_CALL, RECORDS_PER_CALL_5_15, SERVER_NAME, TIERS},
    record::{Direction, HEADER, Header, Kind, ProcessPayload, flag},
};

use crate::maps::{CONFIG, READER_ASLEEP, RECORDS, count, count_all};

/// A finished call that moved plaintext.
pub(crate) struct Moved {
    pub(crate) key: ConnKey,
    pub(crate) tid: u32,
    pub(crate) start: u64,
    pub(crate) function: u8,
    pub(crate) direction: Direction,
    pub(crate) time: u64,
    pub(crate) other: u64,
    pub(crate) buffer: u64,
    pub(crate) len: u64,
}

enum Failed {
    Full,
    Fault,
}

/// A call's bytes on their way into records.
///
/// No figures are summed up in here. Verifiers up to 6.1 keep apart the sums that the turns of a loop could have made,
/// and give up before 16 turns; what is added to a map's value they do not follow.
struct Cut {
    /// The header of the next record; only offset and length change between them.
    header: Header,
    connection: *mut Connection,
    from: u64,
    rest: u64,
}

impl Cut {
    #[inline(always)]
    fn done(&mut self, sent: Result<(), Failed>, n: u64) {
        match sent {
            Ok(()) => count_all([
                (Counter::RecordIn, 1),
                (Counter::ByteIn, n),
                (Counter::RecordOut, 1),
                (Counter::ByteOut, n),
            ]),
            Err(Failed::Full) => {
                // SAFETY: an entry of the map, checked by its lookup; its own thread is the only one that changes it.
                unsafe { (*self.connection).lost_ring += 1 };
                count_all([
                    (Counter::RecordIn, 1),
                    (Counter::ByteIn, n),
                    (Counter::RingFull, 1),
                    (Counter::RingFullByte, n),
                ]);
            }
            Err(Failed::Fault) => {
                // SAFETY: an entry of the map, checked by its lookup; its own thread is the only one that changes it.
                unsafe { (*self.connection).lost_fault += 1 };
                count_all([
                    (Counter::RecordIn, 1),
                    (Counter::ByteIn, n),
                    (Counter::ReadFault, 1),
                    (Counter::ReadFaultByte, n),
                ]);
            }
        }
        self.from += n;
        self.rest -= n;
        if self.header.direction == Direction::Write as u8 {
            self.header.offsets[0] += n;
        } else {
            self.header.offsets[1] += n;
        }
    }

    /// One record of the largest size. `false`: the rest fits into one record.
    #[inline(always)]
    fn whole<const SLEEPABLE: bool>(&mut self) -> bool {
        const WAKE: u64 = BPF_RB_FORCE_WAKEUP as u64;
        if self.rest <= WHOLE {
            return false;
        }
        let mut sent = tier::<RECORD_PAYLOAD>(&self.header, self.from, WHOLE, WAKE);
        if SLEEPABLE && matches!(sent, Err(Failed::Fault)) && page_in(self.from, WHOLE) {
            sent = tier::<RECORD_PAYLOAD>(&self.header, self.from, WHOLE, WAKE);
        }
        self.done(sent, WHOLE);
        true
    }
}

const WHOLE: u64 = RECORD_PAYLOAD as u64;

/// Callback of `bpf_loop`: 0 goes on, 1 stops.
extern "C" fn next_whole(_turn: u64, cut: *mut Cut) -> i64 {
    // SAFETY: the pointer that `data` gave to `bpf_loop`, to its own stack.
    i64::from(!unsafe { (*cut).whole::<true>() })
}

/// Copies the call's bytes, cut into records: as many of the largest size as fit, then one for the rest. What cannot
/// be copied is counted, and shows as a gap in the offsets.
#[inline(always)]
pub(crate) fn data<const SLEEPABLE: bool>(call: &Moved, connection: *mut Connection) {
    let mut cut = Cut {
        // SAFETY: the connection is an entry of the map, checked by its lookup.
        header: unsafe {
            header(
                connection,
                Head {
                    kind: Kind::Data,
                    direction: call.direction as u8,
                    function: call.function,
                    len: RECORD_PAYLOAD as u32,
                    time: call.time,
                    other: call.other,
                    tgid: call.key.tgid,
                    tid: call.tid,
                    start: call.start,
                    pointer: call.key.pointer,
                    call_len: call.len as u32,
                },
            )
        },
        connection,
        from: call.buffer,
        rest: call.len,
    };
    if cut.rest > WHOLE {
        if SLEEPABLE {
            // Kernels that have sleepable uprobes (6.0) have `bpf_loop` (5.17).
            // SAFETY: the callback's type is what the helper asks for; the context outlives the call.
            unsafe {
                bpf_loop(RECORDS_PER_CALL, next_whole as *mut c_void, (&raw mut cut).cast::<c_void>(), 0);
            }
        } else {
            for _ in 0..RECORDS_PER_CALL_5_15 {
                if !cut.whole::<false>() {
                    break;
                }
            }
        }
    }
    let rest = cut.rest;
    if rest <= WHOLE {
        cut.header.len = rest as u32;
        let wake = wake();
        let mut sent = one(&cut.header, cut.from, rest, wake);
        if SLEEPABLE && matches!(sent, Err(Failed::Fault)) && page_in(cut.from, rest) {
            sent = one(&cut.header, cut.from, rest, wake);
        }
        cut.done(sent, rest);
    } else {
        // What is left when the loop has reached its bound.
        count_all([
            (Counter::RecordIn, 1),
            (Counter::ByteIn, rest),
            (Counter::OverLong, 1),
            (Counter::OverLongByte, rest),
        ]);
    }
    // SAFETY: an entry of the map, checked by its lookup; its own thread is the only one that changes it.
    unsafe { (*connection).offsets[call.direction as usize & 1] += call.len };
}

/// One record of `n` bytes in the smallest tier that holds it.
#[inline(always)]
fn one(header: &Header, from: u64, n: u64, wake: u64) -> Result<(), Failed> {
    if n <= TIERS[0] as u64 {
        tier::<{ TIERS[0] }>(header, from, n, wake)
    } else if n <= TIERS[1] as u64 {
        tier::<{ TIERS[1] }>(header, from, n, wake)
    } else if n <= TIERS[2] as u64 {
        tier::<{ TIERS[2] }>(header, from, n, wake)
    } else if n <= TIERS[3] as u64 {
        tier::<{ TIERS[3] }>(header, from, n, wake)
    } else if n <= TIERS[4] as u64 {
        tier::<{ TIERS[4] }>(header, from, n, wake)
    } else {
        tier::<{ TIERS[5] }>(header, from, n, wake)
    }
}

#[inline(always)]
fn tier<const N: usize>(header: &Header, from: u64, n: u64, wake: u64) -> Result<(), Failed> {
    let Some(mut slot) = RECORDS.reserve_bytes(HEADER + N, 0) else {
        return Err(Failed::Full);
    };
    let record = slot.as_mut_ptr();
    // The bound is repeated here because the verifier has to see it on the register that goes to the helper.
    let n = opaque(n);
    let n = if n > N as u64 { N as u64 } else { n };
    // SAFETY: the slot has room for the header and N bytes, n <= N; a source that cannot be read makes the helper fail.
    unsafe {
        if bpf_probe_read_user(record.add(HEADER).cast::<c_void>(), n as u32, from as *const c_void) != 0 {
            slot.discard(u64::from(BPF_RB_NO_WAKEUP));
            return Err(Failed::Fault);
        }
        keep_apart::<N>();
        ptr::write(record.cast::<Header>(), *header);
    }
    slot.submit(wake);
    Ok(())
}

/// A copy that LLVM knows nothing about, so that it keeps a bound that follows although it holds for the original. The
/// original's bound does not help where LLVM put it on another copy: 6.1 does not carry it over, 6.12 does.
#[inline(always)]
fn opaque(n: u64) -> u64 {
    let copy: u64;
    // SAFETY: copies a register.
    unsafe {
        core::arch::asm!("{} = {}", out(reg) copy, in(reg) n, options(pure, nomem, nostack, preserves_flags))
    }
    copy
}

/// One instruction that differs between tiers and has no effect. Without it LLVM merges the tails of all tiers into one
/// copy, with the size in a register, and the verifier no longer knows which size belongs to which reservation.
#[inline(always)]
fn keep_apart<const N: usize>() {
    let _n: u64;
    // SAFETY: loads a number. (A mere comment has no length, and two line infos at one offset are refused.)
    unsafe { core::arch::asm!("{} = {}", out(reg) _n, const N, options(nomem, nostack, preserves_flags)) }
}

/// Touches every page of a range of at most `RECORD_PAYLOAD` bytes so that it is in memory. `false`: some of it does not exist.
///
/// One byte each, into our own stack, and no ring slot held meanwhile: this sleeps while a page is brought in.
#[inline(always)]
fn page_in(from: u64, n: u64) -> bool {
    const PAGE: u64 = 4096;
    count(Counter::PagedIn, 1);
    let mut byte = [0u8; 1];
    let mut failed = 0;
    let mut i = 0;
    // The range need not begin at a page's start: its last byte may lie one page further.
    while i <= WHOLE / PAGE {
        let at = if i * PAGE < n { i * PAGE } else { n - 1 };
        // No early exit: each would be one more path for the verifier to walk.
        // SAFETY: writes one byte to our stack; an address that does not exist makes the helper fail.
        failed |= unsafe { bpf_copy_from_user(byte.as_mut_ptr().cast(), 1, (from + at) as *const c_void) };
        i += 1;
    }
    failed == 0
}

/// A mark about a connection.
#[inline(always)]
pub(crate) fn mark(
    kind: Kind,
    key: &ConnKey,
    start: u64,
    function: u8,
    connection: *mut Connection,
    other: u64,
) {
    let Some(mut slot) = RECORDS.reserve_bytes(HEADER, 0) else {
        count(Counter::MarkLost, 1);
        return;
    };
    // SAFETY: the slot has room for a header.
    unsafe {
        let header = header(
            connection,
            Head {
                kind,
                function,
                time: bpf_ktime_get_ns(),
                other,
                tgid: key.tgid,
                tid: bpf_get_current_pid_tgid() as u32,
                start,
                pointer: key.pointer,
                ..Head::default()
            },
        );
        ptr::write(slot.as_mut_ptr().cast::<Header>(), header);
    }
    slot.submit(wake());
    count(Counter::MarkOut, 1);
}

/// The server name that a connection is about to ask for.
#[inline(always)]
pub(crate) fn server_name(key: &ConnKey, start: u64, function: u8, connection: *mut Connection, name: u64) {
    let Some(mut slot) = RECORDS.reserve_bytes(HEADER + SERVER_NAME, 0) else {
        count(Counter::MarkLost, 1);
        return;
    };
    // SAFETY: the slot has room for the header and SERVER_NAME bytes.
    unsafe {
        let record = slot.as_mut_ptr();
        let read = bpf_probe_read_user_str(
            record.add(HEADER).cast::<c_void>(),
            SERVER_NAME as u32,
            name as *const c_void,
        );
        if read <= 1 {
            slot.discard(u64::from(BPF_RB_NO_WAKEUP));
            count(Counter::MarkLost, 1);
            return;
        }
        let header = header(
            connection,
            Head {
                kind: Kind::ServerName,
                function,
                // Without the zero at its end.
                len: (read - 1) as u32,
                time: bpf_ktime_get_ns(),
                tgid: key.tgid,
                tid: bpf_get_current_pid_tgid() as u32,
                start,
                pointer: key.pointer,
                ..Head::default()
            },
        );
        ptr::write(record.cast::<Header>(), header);
    }
    slot.submit(wake());
    count(Counter::MarkOut, 1);
}

/// A process was allowed.
#[inline(always)]
pub(crate) fn process(tgid: u32, start: u64, payload: &ProcessPayload) {
    const LEN: usize = size_of::<ProcessPayload>();
    let Some(mut slot) = RECORDS.reserve_bytes(HEADER + LEN, 0) else {
        count(Counter::MarkLost, 1);
        return;
    };
    // SAFETY: the slot has room for the header and the payload.
    unsafe {
        let record = slot.as_mut_ptr();
        ptr::write(record.cast::<Header>(), process_header(Kind::Process, tgid, start, LEN as u32));
        ptr::write(record.add(HEADER).cast::<ProcessPayload>(), *payload);
    }
    slot.submit(wake());
    count(Counter::MarkOut, 1);
}

/// Something happened to an allowed process.
#[inline(always)]
pub(crate) fn process_mark(kind: Kind, tgid: u32, start: u64) {
    let Some(mut slot) = RECORDS.reserve_bytes(HEADER, 0) else {
        count(Counter::MarkLost, 1);
        return;
    };
    // SAFETY: the slot has room for a header.
    unsafe { ptr::write(slot.as_mut_ptr().cast::<Header>(), process_header(kind, tgid, start, 0)) };
    slot.submit(wake());
    count(Counter::MarkOut, 1);
}

/// What varies between headers.
struct Head {
    kind: Kind,
    direction: u8,
    function: u8,
    len: u32,
    time: u64,
    other: u64,
    tgid: u32,
    tid: u32,
    start: u64,
    pointer: u64,
    call_len: u32,
}

impl Default for Head {
    #[inline(always)]
    fn default() -> Self {
        Self {
            kind: Kind::Data,
            direction: 0,
            function: 0,
            len: 0,
            time: 0,
            other: 0,
            tgid: 0,
            tid: 0,
            start: 0,
            pointer: 0,
            call_len: 0,
        }
    }
}

/// # Safety
/// `connection` is an entry of the map that its lookup has found.
#[inline(always)]
unsafe fn header(connection: *mut Connection, head: Head) -> Header {
    // SAFETY: as above.
    let connection = unsafe { &*connection };
    Header {
        kind: head.kind as u8,
        direction: head.direction,
        function: head.function,
        flags: if connection.flags & conn::WHOLE != 0 { flag::WHOLE } else { 0 },
        len: head.len,
        time: head.time,
        other: head.other,
        tgid: head.tgid,
        tid: head.tid,
        start: head.start,
        pointer: head.pointer,
        generation: connection.generation,
        offsets: connection.offsets,
        lost_ring: connection.lost_ring,
        lost_fault: connection.lost_fault,
        call_len: head.call_len,
        // SAFETY: a helper without arguments.
        cpu: unsafe { bpf_get_smp_processor_id() },
    }
}

#[inline(always)]
fn process_header(kind: Kind, tgid: u32, start: u64, len: u32) -> Header {
    Header {
        kind: kind as u8,
        len,
        // SAFETY: a helper without arguments.
        time: unsafe { bpf_ktime_get_ns() },
        tgid,
        tid: bpf_get_current_pid_tgid() as u32,
        start,
        // SAFETY: as above.
        cpu: unsafe { bpf_get_smp_processor_id() },
        ..Header::default()
    }
}

/// The reader looks every few milliseconds while there is traffic. It is woken only when it sleeps, or when the ring
/// fills faster than that: a wake-up costs the observed thread more than the copy does.
#[inline(always)]
fn wake() -> u64 {
    if READER_ASLEEP.get(0).is_some_and(|asleep| *asleep != 0) {
        return u64::from(BPF_RB_FORCE_WAKEUP);
    }
    let above = CONFIG.get(0).map_or(0, |config| config.wake_above);
    if RECORDS.query(u64::from(BPF_RB_AVAIL_DATA)) > u64::from(above) {
        u64::from(BPF_RB_FORCE_WAKEUP)
    } else {
        u64::from(BPF_RB_NO_WAKEUP)
    }
}
