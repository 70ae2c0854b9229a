//! The kernel's own stream of process events: who maps which file, who executes, who ends.
//!
//! A dummy software event per processor carries it; there is no polling and no race with short-lived processes. Where
//! the rules name cgroups, the kernel is asked for events of those alone.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    os::fd::{AsRawFd as _, RawFd},
    path::PathBuf,
};

use perf_event::{Builder, Sampler, data::Record, events::Software};

/// Ring of one processor: 64 pages hold some 2,000 mappings; a lost one is made good by a rescan.
const RING_BYTES: usize = 64 * 4096;

/// `PERF_RECORD_MISC_COMM_EXEC`: the name changed because another program is executed.
const MISC_COMM_EXEC: u16 = 1 << 13;

/// `PROT_EXEC`.
const PROT_EXEC: u32 = 4;

/// Something that happened to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It mapped a file executable.
    Mapped {
        /// Who.
        pid: u32,
        /// The start of the file's name as the kernel knows it.
        path: String,
    },
    /// It executes another program.
    Executed {
        /// Who.
        pid: u32,
    },
    /// It ended.
    Ended {
        /// Who.
        pid: u32,
    },
    /// Events were lost: what is known may be old.
    Lost,
}

/// Open streams.
pub struct Sideband {
    samplers: Vec<Sampler>,
}

impl Sideband {
    /// Opens the streams: of these cgroups where there are any, else of the host.
    pub fn open(cgroups: &[PathBuf]) -> io::Result<Self> {
        let mut samplers = Vec::new();
        for cpu in online_processors()? {
            if cgroups.is_empty() {
                samplers.push(open(cpu, None)?);
            }
            for dir in cgroups {
                samplers.push(open(cpu, Some(&File::open(dir)?))?);
            }
        }
        Ok(Self { samplers })
    }

    /// To be polled for input.
    pub fn descriptors(&self) -> Vec<RawFd> {
        self.samplers.iter().map(|sampler| sampler.as_raw_fd()).collect()
    }

    /// Everything that has happened since the last call, each thing once.
    pub fn drain(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for sampler in &mut self.samplers {
            while let Some(record) = sampler.next_record() {
                let misc = record.misc();
                match record.parse_record() {
                    Ok(record) => events.extend(understand(&record, misc)),
                    Err(_) => events.push(Event::Lost),
                }
            }
        }
        events
    }
}

fn understand(record: &Record<'_>, misc: u16) -> Option<Event> {
    match record {
        Record::Mmap2(map) if map.prot & PROT_EXEC != 0 && map.filename.first() == Some(&b'/') => {
            let path = String::from_utf8_lossy(&map.filename);
            Some(Event::Mapped { pid: map.pid, path: path.trim_end_matches('\0').to_owned() })
        }
        Record::Comm(comm) if misc & MISC_COMM_EXEC != 0 => Some(Event::Executed { pid: comm.pid }),
        Record::Exit(exit) if exit.pid == exit.tid => Some(Event::Ended { pid: exit.pid }),
        Record::Lost(_) | Record::LostSamples(_) => Some(Event::Lost),
        // Everything else was not asked for.
        _ => None,
    }
}

fn open(cpu: usize, cgroup: Option<&File>) -> io::Result<Sampler> {
    let mut builder = Builder::new(Software::DUMMY);
    builder.one_cpu(cpu).mmap(true).mmap2(true).comm(true).comm_exec(true).task(true).sample_id_all(true);
    builder.include_kernel().include_hv().wakeup_watermark(1);
    match cgroup {
        Some(dir) => builder.observe_cgroup(dir),
        None => builder.any_pid(),
    };
    let mut counter = builder.build()?;
    counter.enable()?;
    counter.sampled(RING_BYTES)
}

fn online_processors() -> io::Result<BTreeSet<usize>> {
    Ok(parse_ranges(&fs::read_to_string("/sys/devices/system/cpu/online")?))
}

/// `0-3,8,10-11`.
fn parse_ranges(text: &str) -> BTreeSet<usize> {
    let bounds = text.trim().split(',').filter_map(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?))
    });
    bounds.flat_map(|(from, to)| from..=to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_processors() {
        let parsed = |text| parse_ranges(text).into_iter().collect::<Vec<_>>();
        assert_eq!(parsed("0-1\n"), [0, 1]);
        assert_eq!(parsed("0"), [0]);
        assert_eq!(parsed("0-2,7,9-10"), [0, 1, 2, 7, 9, 10]);
        assert_eq!(parsed(""), Vec::<usize>::new());
    }
}
