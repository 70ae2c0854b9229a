//! Every map of the kernel side.

use aya_ebpf::{
    macros::map,
    maps::{Array, HashMap, LruHashMap, PerCpuArray, RingBuf},
};
use common::{
    connection::{ConnKey, Connection},
    counter::{Counter, Counters},
    limits,
    policy::{Config, Decision, UserBits},
};

/// The calls that a thread is inside of, one slot per direction and one for handshakes.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Thread {
    pub(crate) slots: [Slot; 3],
}

/// A call between its entry and its return. `function == 0`: free.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Slot {
    pub(crate) pointer: u64,
    pub(crate) buffer: u64,
    /// Where the `_ex` forms put the length; 0 for the others.
    pub(crate) length_at: u64,
    /// Stack pointer at entry: tells nested calls and calls that never returned from the one that we wait for.
    pub(crate) stack: u64,
    pub(crate) entered: u64,
    /// Start of the process: the policy was asked at entry, and is not asked again.
    pub(crate) start: u64,
    pub(crate) function: u32,
    pub(crate) reserved: u32,
}

/// To the agent.
#[map]
pub(crate) static RECORDS: RingBuf = RingBuf::with_byte_size(limits::RING_BYTES, 0);

/// Not 0: the reader is asleep and wants to be woken by the next record.
#[map]
pub(crate) static READER_ASLEEP: Array<u32> = Array::with_max_entries(1, 0);

#[map]
pub(crate) static COUNTERS: PerCpuArray<Counters> = PerCpuArray::with_max_entries(1, 0);

#[map]
pub(crate) static CONFIG: Array<Config> = Array::with_max_entries(1, 0);

#[map]
pub(crate) static THREADS: HashMap<u64, Thread> = HashMap::with_max_entries(limits::THREADS, 0);

#[map]
pub(crate) static CONNECTIONS: LruHashMap<ConnKey, Connection> =
    LruHashMap::with_max_entries(limits::CONNECTIONS, 0);

/// Connections that the agent muted, by generation.
#[map]
pub(crate) static VERDICTS: LruHashMap<ConnKey, u64> = LruHashMap::with_max_entries(limits::CONNECTIONS, 0);

/// Decisions by process. Least recently used ones are given up, and made again when asked for.
#[map]
pub(crate) static DECISIONS: LruHashMap<u32, Decision> = LruHashMap::with_max_entries(limits::PROCESSES, 0);

/// Written by the agent, inherited on fork.
#[map]
pub(crate) static USER_BITS: LruHashMap<u32, UserBits> = LruHashMap::with_max_entries(limits::PROCESSES, 0);

#[map]
pub(crate) static COMMS: HashMap<[u8; limits::COMM], u32> =
    HashMap::with_max_entries(limits::FILTER_VALUES, 0);

#[map]
pub(crate) static UIDS: HashMap<u32, u32> = HashMap::with_max_entries(limits::FILTER_VALUES, 0);

#[map]
pub(crate) static CGROUPS: HashMap<u64, u32> = HashMap::with_max_entries(limits::FILTER_VALUES, 0);

/// Adds to a counter of this processor.
#[inline(always)]
pub(crate) fn count(counter: Counter, n: u64) {
    count_all([(counter, n)]);
}

/// Adds to several at once: one lookup, and one branch for the verifier.
#[inline(always)]
pub(crate) fn count_all<const N: usize>(counts: [(Counter, u64); N]) {
    if let Some(counters) = COUNTERS.get_ptr_mut(0) {
        for (counter, n) in counts {
            // SAFETY: there is one number per counter. A program is not moved between processors while it runs.
            unsafe { *counters.cast::<u64>().add(counter as usize) += n };
        }
    }
}
