//! The kernel side's counters, as its stage of the table.

use aya::maps::{MapData, PerCpuArray};
use common::counter::{Counter, Counters};
use tracing::warn;

use crate::{
    attach::loader::Plain,
    telemetry::{Losses, Probe, Stage},
};

/// Reads the kernel side's counters.
pub struct KernelCounters(pub(super) PerCpuArray<MapData, Plain<Counters>>);

impl KernelCounters {
    /// As they are now.
    pub fn read(&self) -> Probe {
        stage(&self.sum())
    }

    /// Sums over all processors.
    fn sum(&self) -> Counters {
        let mut sum: Counters = [0; _];
        match self.0.get(&0, 0) {
            Ok(per_cpu) => {
                for counters in per_cpu.iter() {
                    for (total, n) in sum.iter_mut().zip(counters.0) {
                        *total += n;
                    }
                }
            }
            Err(error) => warn!(%error, "cannot read the kernel side's counters"),
        }
        sum
    }
}

fn stage(counters: &Counters) -> Probe {
    const BESIDE: [Counter; 12] = [
        Counter::ByteIn,
        Counter::ByteOut,
        Counter::ArgsMissing,
        Counter::Nested,
        Counter::InflightFull,
        Counter::ConnectionFull,
        Counter::Denied,
        Counter::Undecided,
        Counter::Muted,
        Counter::MutedConnection,
        Counter::PagedIn,
        Counter::Allowed,
    ];
    let get = |counter: Counter| counters[counter as usize];
    let named = |counter: Counter| (counter.name(), get(counter));
    let lost = [Counter::RingFull, Counter::ReadFault, Counter::OverLong, Counter::MarkLost].map(named);
    Probe {
        stage: Stage {
            stage: "probe",
            unit: "records",
            came: get(Counter::RecordIn) + get(Counter::MarkOut) + get(Counter::MarkLost),
            went: get(Counter::RecordOut) + get(Counter::MarkOut),
            losses: Losses::new(lost),
        },
        beside: Losses::new(BESIDE.map(named)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stage_adds_up() {
        let mut counters: Counters = [0; _];
        for (counter, n) in [
            (Counter::RecordIn, 100),
            (Counter::RecordOut, 90),
            (Counter::RingFull, 7),
            (Counter::ReadFault, 2),
            (Counter::OverLong, 1),
            (Counter::MarkOut, 10),
            (Counter::MarkLost, 3),
            (Counter::Denied, 4),
        ] {
            counters[counter as usize] = n;
        }
        let Probe { stage, beside } = stage(&counters);
        assert_eq!(stage.came, stage.went + stage.losses.sum());
        assert_eq!((stage.came, stage.losses.sum()), (113, 13));
        assert!(beside.iter().any(|named| named == ("denied", 4)));
    }
}
