//! Who owns each attached probe, and how they end.
//!
//! A probe lives as long as its link. Closing one waits for the kernel to be sure that nobody runs it any more: reported
//! as 30 ms on 6.8, measured as 100 ms on 6.18. They are closed from several threads, entries before returns: an entry
//! without its return would leave a call open for ever. On 6.18 a lock in the kernel makes the threads wait for each
//! other; what that means for a stop is in `docs/decisions/2026-11-20-kernel-side.md`.

use std::thread;

use aya::programs::{raw_trace_point::RawTracePointLink, uprobe::UProbeLink};

/// Threads that close links at stop. The waiting is the kernel's, not ours: this has nothing to do with processors.
const CLOSERS: usize = 16;

/// The links of one file, or of the agent itself.
#[derive(Debug, Default)]
pub struct Links {
    entries: Vec<UProbeLink>,
    returns: Vec<UProbeLink>,
    tracepoints: Vec<RawTracePointLink>,
}

impl Links {
    /// Adds a probe on a function's entry.
    pub fn push_entry(&mut self, link: UProbeLink) {
        self.entries.push(link);
    }

    /// Adds a probe on a function's return.
    pub fn push_return(&mut self, link: UProbeLink) {
        self.returns.push(link);
    }

    /// Adds a tracepoint.
    pub fn push_tracepoint(&mut self, link: RawTracePointLink) {
        self.tracepoints.push(link);
    }

    /// Takes over all of another's.
    pub fn append(&mut self, mut other: Self) {
        self.entries.append(&mut other.entries);
        self.returns.append(&mut other.returns);
        self.tracepoints.append(&mut other.tracepoints);
    }

    /// How many.
    pub fn len(&self) -> usize {
        let Self { entries, returns, tracepoints } = self;
        entries.len() + returns.len() + tracepoints.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes all of them, and returns when the kernel is done.
    pub fn detach(self) {
        let Self { entries, returns, tracepoints } = self;
        close(entries);
        close(returns);
        drop(tracepoints);
    }
}

fn close(links: Vec<UProbeLink>) {
    let mut shares: Vec<Vec<UProbeLink>> = (0..CLOSERS.min(links.len())).map(|_| Vec::new()).collect();
    for (i, link) in links.into_iter().enumerate() {
        let n = shares.len();
        if let Some(share) = shares.get_mut(i % n.max(1)) {
            share.push(link);
        }
    }
    thread::scope(|scope| {
        for share in shares {
            scope.spawn(move || drop(share));
        }
    });
}
