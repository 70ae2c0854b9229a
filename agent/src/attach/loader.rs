//! Programs and maps into the kernel.
//!
//! Comes in: the object that was built with the agent, options, rules, files to hook. Goes out: links of attached
//! probes, and the maps that later stages use. Rejections come with the verifier's own words.

use std::{fs::File, io, os::fd::AsRawFd as _, path::PathBuf};

use aya::{
    Ebpf, EbpfLoader, Pod, VerifierLogLevel,
    maps::{Array, HashMap, Map, MapData, MapError, RingBuf},
    programs::{
        ProgramError, RawTracePoint, UProbe,
        uprobe::{UProbeAttachLocation, UProbeAttachPoint, UProbeLink, UProbeScope},
    },
};
use aya_log::EbpfLogger;
use common::{
    connection::ConnKey,
    cookie::{self, Function},
    counter::Counters,
    limits,
    policy::{Config, UserBits, kind, listed},
};
use tracing::{debug, info, warn};

use crate::attach::{
    btf::{Btf, BtfError},
    counters::KernelCounters,
    elf::FileOffset,
    filter::{Filter, Selection},
    library::{self, Hooks},
    links::Links,
};

/// The kernel side, as built with this agent.
static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/wirelight-ebpf"));

/// Why nothing runs in the kernel.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The object or its maps were refused.
    #[error("the kernel refused the maps: {0}")]
    Object(#[from] aya::EbpfError),
    /// A program was refused; the verifier's reasons are in the log.
    #[error(
        "the kernel refused program {0} ({1}); `--log wirelight=debug` shows the verifier's reasons, for a bug report"
    )]
    Refused(&'static str, io::Error),
    /// A program could not be used.
    #[error("program {0}: {1}")]
    Program(&'static str, #[source] ProgramError),
    /// A map could not be used.
    #[error("kernel map {0}: {1}")]
    Map(&'static str, #[source] MapError),
    /// The object lacks something: it does not belong to this agent.
    #[error("the kernel object lacks {0}: it was built from other sources than this agent")]
    Lacks(&'static str),
    /// No offsets.
    #[error(transparent)]
    Btf(#[from] BtfError),
}

/// How it is to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Size of the ring; rounded up to a power of two of pages by aya.
    pub ring_bytes: u32,
}

/// Programs in the kernel, ready to be attached.
#[derive(Debug)]
pub struct Kernel {
    ebpf: Ebpf,
    data_return: &'static str,
    user_bits: HashMap<MapData, u32, Plain<UserBits>>,
    decisions: HashMap<MapData, u32, [u64; 2]>,
}

/// Maps that later stages use.
pub struct Maps {
    /// Records.
    pub ring: RingBuf<MapData>,
    /// The reader says here whether it wants to be woken.
    pub reader_asleep: Array<MapData, u32>,
    /// Verdicts of later stages.
    pub verdicts: Verdicts,
    /// Counters of the kernel side.
    pub counters: KernelCounters,
    /// Hands the kernel side's messages to our log, as many as there are.
    pub messages: Option<Box<dyn FnMut() + Send>>,
}

/// Mutes connections.
#[derive(Debug)]
pub struct Verdicts(HashMap<MapData, Plain<ConnKey>, u64>);

impl Verdicts {
    /// Nothing more of this connection is to be copied.
    pub fn mute(&mut self, key: ConnKey, generation: u64) -> Result<(), MapError> {
        self.0.insert(Plain(key), generation, 0)
    }
}

/// A type of `common` as a map's key or value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Plain<T>(pub(super) T);

/// SAFETY of the implementations: `repr(C)` types of `common` without padding, valid for any bits.
trait Crossing: Copy + 'static {}
impl Crossing for Config {}
impl Crossing for ConnKey {}
impl Crossing for UserBits {}
impl Crossing for Counters {}

// SAFETY: see `Crossing`.
unsafe impl<T: Crossing> Pod for Plain<T> {}

impl Kernel {
    /// Loads everything, and tells the kernel side the rules. Nothing is attached yet.
    pub fn load(options: Options, filter: &Filter) -> Result<(Self, Maps), LoadError> {
        let mut ebpf = EbpfLoader::new()
            .map_max_entries("RECORDS", options.ring_bytes)
            .verifier_log_level(VerifierLogLevel::VERBOSE | VerifierLogLevel::STATS)
            .load(OBJECT)?;
        // It only fails where the object has no messages left in it.
        let messages = EbpfLogger::init(&mut ebpf).ok().map(|mut logger| {
            let drain: Box<dyn FnMut() + Send> = Box::new(move || logger.flush());
            drain
        });

        // Borrowed, not taken: a map that is dropped is closed, and programs that name it are refused.
        let mut config: Array<_, Plain<Config>> = borrow(&mut ebpf, "CONFIG")?;
        let rules = Plain(self::config(options, filter)?);
        config.set(0, rules, 0).map_err(|error| LoadError::Map("CONFIG", error))?;
        fill(&mut ebpf, "COMMS", filter, |selection| selection.comms.clone())?;
        fill(&mut ebpf, "UIDS", filter, |selection| selection.uids.clone())?;
        fill(&mut ebpf, "CGROUPS", filter, |selection| selection.cgroups.iter().map(|c| c.id).collect())?;

        let data_return = load_programs(&mut ebpf)?;
        let maps = Maps {
            ring: take(&mut ebpf, "RECORDS")?,
            reader_asleep: take(&mut ebpf, "READER_ASLEEP")?,
            verdicts: Verdicts(take(&mut ebpf, "VERDICTS")?),
            counters: KernelCounters(take(&mut ebpf, "COUNTERS")?),
            messages,
        };
        let user_bits = take(&mut ebpf, "USER_BITS")?;
        let decisions = take(&mut ebpf, "DECISIONS")?;
        Ok((Self { ebpf, data_return, user_bits, decisions }, maps))
    }

    /// Attaches what follows the life of processes. What the kernel does not have is done without, and said.
    pub fn attach_processes(&mut self) -> Links {
        const POINTS: [(&str, &str); 4] = [
            ("process_fork", "sched_process_fork"),
            ("process_exec", "sched_process_exec"),
            ("process_exit", "sched_process_exit"),
            ("process_moved", "cgroup_attach_task"),
        ];
        let mut links = Links::default();
        for (program, point) in POINTS {
            let attached = self.tracepoint(program).and_then(|p| {
                let id = p.attach(point)?;
                p.take_link(id)
            });
            match attached {
                Ok(link) => links.push_tracepoint(link),
                Err(error) => {
                    warn!(point, %error, "not attached; forked, renamed or moved processes are noticed later")
                }
            }
        }
        links
    }

    /// Attaches to every function of a file: returns first, so that no call is opened that is never closed.
    pub fn attach_file(&mut self, file: &File, hooks: &Hooks) -> Result<Links, ProgramError> {
        // The path leads to this very file, whatever its name means by now.
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let mut links = Links::default();
        for found in &hooks.functions {
            let cookie = cookie::pack(found.what, hooks.flavour);
            let (entry, on_return) = self.programs_of(found.what);
            if library::has_return(found.what) {
                links.push_return(self.attach(on_return, &path, found.at, cookie)?);
            }
            links.push_entry(self.attach(entry, &path, found.at, cookie)?);
            debug!(function = library::describe(found), "attached");
        }
        Ok(links)
    }

    /// Says what only user space can know of a process, and has it decided anew.
    pub fn set_user_bits(&mut self, pid: u32, bits: UserBits) {
        if let Err(error) = self.user_bits.insert(pid, Plain(bits), 0) {
            warn!(pid, %error, "cannot tell the kernel side about a process; it is not observed");
        }
        // Absent is what it should be.
        let _absent = self.decisions.remove(&pid).is_err();
    }

    /// From now on nobody is observed. Detaching takes the kernel its time, and nothing shall be copied meanwhile that
    /// nobody reads; only calls that are under way still are.
    pub fn silence(&mut self) -> Result<(), LoadError> {
        const CONFIG: &str = "CONFIG";
        let failed = |error| LoadError::Map(CONFIG, error);
        let mut config: Array<_, Plain<Config>> = borrow(&mut self.ebpf, CONFIG)?;
        let mut rules = config.get(&0, 0).map_err(failed)?;
        rules.0.include |= kind::NOBODY;
        config.set(0, rules, 0).map_err(failed)?;
        let decided: Vec<u32> = self.decisions.keys().filter_map(Result::ok).collect();
        for pid in decided {
            // Absent is what it should be.
            let _absent = self.decisions.remove(&pid).is_err();
        }
        Ok(())
    }

    fn programs_of(&self, function: Function) -> (&'static str, &'static str) {
        match function {
            Function::Read | Function::ReadEx | Function::Write | Function::WriteEx | Function::WriteEx2 => {
                ("ssl_data_enter", self.data_return)
            }
            Function::DoHandshake | Function::Connect | Function::Accept => {
                ("ssl_handshake_enter", "ssl_handshake_return")
            }
            Function::Free | Function::Shutdown | Function::Ctrl => ("ssl_mark", "ssl_mark"),
        }
    }

    fn attach(
        &mut self,
        program: &str,
        path: &PathBuf,
        FileOffset(at): FileOffset,
        cookie: u64,
    ) -> Result<UProbeLink, ProgramError> {
        let point =
            UProbeAttachPoint { location: UProbeAttachLocation::AbsoluteOffset(at), cookie: Some(cookie) };
        let program = self.ebpf.program_mut(program).ok_or(ProgramError::NotLoaded)?;
        let program: &mut UProbe = program.try_into()?;
        let id = program.attach(point, path, UProbeScope::AllProcesses)?;
        program.take_link(id)
    }

    fn tracepoint(&mut self, program: &str) -> Result<&mut RawTracePoint, ProgramError> {
        self.ebpf.program_mut(program).ok_or(ProgramError::NotLoaded)?.try_into()
    }
}

/// Loads all programs; gives the name of the one that serves returns of data calls on this kernel.
fn load_programs(ebpf: &mut Ebpf) -> Result<&'static str, LoadError> {
    const SLEEPABLE: &str = "ssl_data_return";
    const PLAIN: &str = "ssl_data_return_5_15";
    for name in ["ssl_data_enter", "ssl_handshake_enter", "ssl_handshake_return", "ssl_mark"] {
        load_uprobe(ebpf, name)?;
    }
    for name in ["process_fork", "process_exec", "process_exit", "process_moved"] {
        let program = ebpf.program_mut(name).ok_or(LoadError::Lacks(name))?;
        let program: &mut RawTracePoint = program.try_into().map_err(|e| LoadError::Program(name, e))?;
        program.load().map_err(|error| refused(name, error))?;
    }
    match load_uprobe(ebpf, SLEEPABLE) {
        Ok(()) => Ok(SLEEPABLE),
        Err(LoadError::Refused(_, error)) => {
            info!(
                "this kernel has no sleepable uprobes (Linux 6.0): bytes that are swapped out will be counted gaps"
            );
            debug!(%error, "the sleepable program was refused");
            load_uprobe(ebpf, PLAIN).map(|()| PLAIN)
        }
        Err(error) => Err(error),
    }
}

fn load_uprobe(ebpf: &mut Ebpf, name: &'static str) -> Result<(), LoadError> {
    let program = ebpf.program_mut(name).ok_or(LoadError::Lacks(name))?;
    let program: &mut UProbe = program.try_into().map_err(|e| LoadError::Program(name, e))?;
    program.load().map_err(|error| refused(name, error))
}

/// Puts the verifier's words into the log as lines that can be read.
fn refused(name: &'static str, error: ProgramError) -> LoadError {
    match error {
        ProgramError::LoadError { io_error, verifier_log } => {
            for line in verifier_log.to_string().lines() {
                debug!(program = name, "verifier: {line}");
            }
            LoadError::Refused(name, io_error)
        }
        other => LoadError::Program(name, other),
    }
}

fn config(options: Options, filter: &Filter) -> Result<Config, LoadError> {
    let btf = Btf::running()?;
    Ok(Config {
        include: filter.include.kinds(),
        exclude: filter.exclude.kinds(),
        agent: std::process::id(),
        // A quarter full: what a burst adds until the reader has woken has room in the rest.
        wake_above: options.ring_bytes / 4,
        task_group_leader: btf.offset_of("task_struct", "group_leader")?,
        task_start_boottime: btf.offset_of("task_struct", "start_boottime")?,
        task_tgid: btf.offset_of("task_struct", "tgid")?,
        task_comm: btf.offset_of("task_struct", "comm")?,
    })
}

fn borrow<'a, T: TryFrom<&'a mut Map, Error = MapError>>(
    ebpf: &'a mut Ebpf,
    name: &'static str,
) -> Result<T, LoadError> {
    let map = ebpf.map_mut(name).ok_or(LoadError::Lacks(name))?;
    map.try_into().map_err(|error| LoadError::Map(name, error))
}

/// Takes a map over; only after the programs that name it are loaded.
fn take<T: TryFrom<Map, Error = MapError>>(ebpf: &mut Ebpf, name: &'static str) -> Result<T, LoadError> {
    let map = ebpf.take_map(name).ok_or(LoadError::Lacks(name))?;
    map.try_into().map_err(|error| LoadError::Map(name, error))
}

/// Writes the values of one kind of filter.
fn fill<K: Pod>(
    ebpf: &mut Ebpf,
    name: &'static str,
    filter: &Filter,
    values: impl Fn(&Selection) -> Vec<K>,
) -> Result<(), LoadError> {
    let mut map: HashMap<_, K, u32> = borrow(ebpf, name)?;
    for (selection, bit) in [(&filter.include, listed::INCLUDE), (&filter.exclude, listed::EXCLUDE)] {
        for value in values(selection) {
            let before = map.get(&value, 0).unwrap_or(0);
            map.insert(value, before | bit, 0).map_err(|error| LoadError::Map(name, error))?;
        }
    }
    Ok(())
}

const _: () = assert!(limits::RING_BYTES.is_power_of_two());
