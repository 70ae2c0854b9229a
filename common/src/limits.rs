//! Every cap of the kernel side, with its reason.

/// Payload capacities of data records, smallest first. With the header they make 256 B, 512 B, 1 KiB, 4 KiB, and one
/// TLS record; 128 KiB serves long writes. An event of a token stream is 150–350 B, so most records take one of the
/// first two.
pub const TIERS: [usize; 6] = [
    256 - super::record::HEADER,
    512 - super::record::HEADER,
    1024 - super::record::HEADER,
    4096 - super::record::HEADER,
    16 * 1024,
    128 * 1024,
];

/// The longest payload of one record; longer calls are cut into several.
pub const RECORD_PAYLOAD: usize = TIERS[TIERS.len() - 1];

/// Records of the largest size that one call can be cut into: 64 MiB of plaintext, twice the largest prompt that
/// providers accept. What is beyond is counted as `over_long`.
pub const RECORDS_PER_CALL: u32 = 512;

/// The same where the kernel has no `bpf_loop` (before 5.17): 16 MiB. The verifier walks such a loop turn by turn, and
/// gives up at a million instructions.
pub const RECORDS_PER_CALL_5_15: u32 = 128;

/// Default size of the ring. A reader that wakes every 5 ms keeps up with 3 GB/s.
pub const RING_BYTES: u32 = 16 * 1024 * 1024;

/// Connections with state in the kernel; the least recently used is given up. 64 B each.
pub const CONNECTIONS: u32 = 65_536;

/// Threads that have ever been inside a hooked function and still live. 150 B each.
pub const THREADS: u32 = 32_768;

/// Processes with a decision or with user-side policy bits.
pub const PROCESSES: u32 = 65_536;

/// Values of each filter kind that is looked up in the kernel.
pub const FILTER_VALUES: u32 = 1_024;

/// Nanoseconds after which a call that has not returned is taken for one that never will (an exception or a `longjmp`
/// left it), so that its thread is captured again. Longer than providers let a blocking read wait (10 minutes).
pub const CALL_NS: u64 = 15 * 60 * 1_000_000_000;

/// Depth to which the cgroup tree is searched for a filter; Kubernetes needs 6.
pub const CGROUP_DEPTH: u32 = 16;

/// Longest server name: a DNS name's 253 characters and a zero.
pub const SERVER_NAME: usize = 256 - super::record::HEADER;

/// `TASK_COMM_LEN`.
pub const COMM: usize = 16;
