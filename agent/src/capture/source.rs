//! Records → inputs, with the processes that they come from.
//!
//! The one place where ring, `/proc` and tape meet: what goes on to the shards is what goes onto the tape.

use std::{collections::HashSet, io};

use tracing::{error, trace};
use wire::Time;

use crate::{
    attach::process,
    capture::{
        Allowed, Captured, Clock, Input,
        record::{self, Data},
        tape::{Entry, Writer},
    },
    enrich::Process,
    telemetry::RingCounts,
};

/// Processes remembered as looked up; beyond it the memory starts anew, and some are looked up again.
const REMEMBERED: usize = 65_536;

/// Makes inputs of records.
#[derive(Debug, Default)]
pub struct Source {
    tape: Option<Writer>,
    known: HashSet<(u32, u64)>,
    /// Counters.
    pub counts: RingCounts,
}

impl Source {
    /// With a tape, everything is also written to it.
    pub fn new(tape: Option<Writer>) -> Self {
        Self { tape, known: HashSet::new(), counts: RingCounts::default() }
    }

    /// The first input.
    pub fn clock(&mut self, clock: Clock) -> Input {
        self.tape(|tape| tape.clock(clock));
        Input::Clock(clock)
    }

    /// A record of the ring.
    pub fn record(&mut self, bytes: &[u8], each: &mut impl FnMut(Input)) {
        self.counts.records += 1;
        let Some(captured) = record::decode(bytes) else {
            self.counts.bad += 1;
            return;
        };
        trace!(?captured, "record");
        match &captured {
            Captured::Allowed(allowed) => self.meet(lookup_allowed(allowed), each),
            Captured::Data(Data { connection, .. })
                if !self.known.contains(&(connection.tgid, connection.start)) =>
            {
                // The record that introduced it was lost.
                let found = lookup(connection.tgid, connection.start);
                self.meet(found, each);
            }
            Captured::Gone { tgid, start, at: _ } => {
                self.known.remove(&(*tgid, *start));
            }
            Captured::Data(_) | Captured::Mark(_) | Captured::Moved { .. } => {}
        }
        self.tape(|tape| tape.record(record::used(bytes).unwrap_or(bytes)));
        each(Input::Captured(captured));
    }

    /// Time goes on.
    pub fn tick(&mut self, at: Time) -> Input {
        self.tape(|tape| tape.tick(at));
        Input::Tick(at)
    }

    /// Nothing more will come.
    pub fn end(&mut self, at: Time) -> Input {
        self.tape(|tape| tape.end(at));
        Input::End(at)
    }

    /// An entry of a tape.
    pub fn replay(&mut self, entry: Entry, each: &mut impl FnMut(Input)) {
        match entry {
            Entry::Clock(clock) => each(Input::Clock(clock)),
            Entry::Process(process) => each(Input::Process(process)),
            Entry::Tick(at) => each(Input::Tick(at)),
            Entry::End(at) => each(Input::End(at)),
            Entry::Record(bytes) => {
                self.counts.records += 1;
                match record::decode(&bytes) {
                    Some(captured) => each(Input::Captured(captured)),
                    None => self.counts.bad += 1,
                }
            }
        }
    }

    fn meet(&mut self, process: Process, each: &mut impl FnMut(Input)) {
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert((process.pid, process.start_ns));
        self.tape(|tape| tape.process(&process));
        each(Input::Process(process));
    }

    fn tape(&mut self, write: impl FnOnce(&mut Writer) -> io::Result<()>) {
        if let Some(tape) = &mut self.tape
            && let Err(error) = write(tape)
        {
            error!(%error, "the tape cannot be written any more; it ends here, observing goes on");
            self.tape = None;
        }
    }
}

/// What `/proc` tells, if the process is still the same; else what the kernel told.
fn lookup_allowed(allowed: &Allowed) -> Process {
    let mut found = lookup(allowed.tgid, allowed.start);
    found.comm.get_or_insert_with(|| allowed.comm.clone());
    found.uid.get_or_insert(allowed.uid);
    found
}

fn lookup(pid: u32, start_ns: u64) -> Process {
    let tick = 1_000_000_000 / process::ticks_per_second();
    match process::read(pid) {
        // `/proc` gives the start in ticks.
        Some(found) if found.start_ns == start_ns / tick * tick => Process { start_ns, ..found },
        Some(_) | None => Process { pid, start_ns, ..Process::default() },
    }
}

#[cfg(test)]
mod tests {
    use common::record::{Direction, Header, Kind};

    use super::*;

    fn data(tgid: u32) -> Vec<u8> {
        let header = Header {
            kind: Kind::Data as u8,
            direction: Direction::Write as u8,
            len: 2,
            call_len: 2,
            tgid,
            ..Header::default()
        };
        [&header.encode()[..], b"hi"].concat()
    }

    #[test]
    fn a_process_comes_before_its_first_record_and_once() {
        let mut source = Source::new(None);
        let mut kinds = Vec::new();
        for record in [data(1), data(1), b"nonsense".to_vec()] {
            source.record(&record, &mut |input| {
                kinds.push(match input {
                    Input::Process(process) => format!("process {}", process.pid),
                    Input::Captured(_) => "record".to_owned(),
                    other => format!("{other:?}"),
                });
            });
        }
        assert_eq!(kinds, ["process 1", "record", "record"]);
        assert_eq!(source.counts, RingCounts { records: 3, bad: 1 });
    }
}
