//! Keeps the right files attached while processes come and go.
//!
//! Comes in: the rules, the processes that exist, the sideband's events. Goes out: probes in every TLS library that an
//! observed process maps, and the kernel side's knowledge of what only user space can see of a process. Each file is
//! judged once. Runs on a thread of its own, because attaching waits for the kernel.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Read as _, Write as _},
    os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd},
    path::PathBuf,
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Instant,
};

use common::policy::{UserBits, kind};
use tracing::{debug, info, trace, warn};

use crate::attach::{
    filter::{Facts, Filter},
    library::{self, NoHooks},
    links::Links,
    loader::Kernel,
    process::{self, FileId, Mapping},
    sideband::{Event, Sideband},
};

/// Files that probes can stand in at once. A host has a handful; more is a mistake or an attack.
const FILES: usize = 1_024;

/// Files whose verdict is remembered; beyond it the memory starts anew.
const REMEMBERED: usize = 65_536;

/// How often everything is looked at again, in case something was missed.
const RESCAN_MS: i32 = 30_000;

/// A running watch.
#[derive(Debug)]
pub struct Watch {
    asker: Asker,
    silent: mpsc::Receiver<()>,
    thread: JoinHandle<()>,
}

/// A watch that is taking its probes out.
#[derive(Debug)]
pub struct Detaching(JoinHandle<()>);

/// Asks the watch to look at processes. The watch ends when the last of these is gone.
#[derive(Debug)]
pub struct Asker {
    wake: File,
    pids: mpsc::Sender<u32>,
}

impl Asker {
    /// A process may have become one to observe.
    pub fn consider(&self, pid: u32) {
        // A watch that has ended looks at nothing, and a full pipe has woken it already.
        let asked = self.pids.send(pid).is_ok() && (&self.wake).write(&[1]).is_ok();
        trace!(pid, asked, "to be looked at");
    }
}

/// What the watch has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Files with probes in them.
    pub files: usize,
    /// Processes that exist and are to be observed.
    pub processes: usize,
}

impl Watch {
    /// Starts watching; what exists is attached before `ready` is sent.
    pub fn start(
        kernel: Kernel,
        filter: Arc<Filter>,
        cgroup_mount: Option<PathBuf>,
        ready: mpsc::Sender<Ready>,
    ) -> io::Result<Self> {
        // The sideband is opened first: what starts during the scan is in it.
        // A cgroup that is known by its id only cannot be asked for: then all events, and the rules decide.
        let dirs = filter.include.cgroups.iter().map(|cgroup| cgroup.dir.clone());
        let cgroups = dirs.collect::<Option<Vec<_>>>().unwrap_or_default();
        let sideband = Sideband::open(&cgroups).or_else(|error| {
            // Without the perf_event controller in the unified hierarchy the kernel cannot tell events by cgroup.
            debug!(%error, "no process events by cgroup; asking for all of the host");
            Sideband::open(&[])
        })?;
        let (wake, asked) = pipe()?;
        let (pids, to_consider) = mpsc::channel();
        let (silenced, silent) = mpsc::channel();
        let thread = std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
            let mut state = State::new(kernel, filter, cgroup_mount);
            state.run(sideband, &Asked { pipe: asked, pids: to_consider }, &ready);
            if let Err(error) = state.kernel.silence() {
                warn!(%error, "observing goes on until everything is detached");
            }
            drop(silenced);
            state.links().detach();
        })?;
        Ok(Self { asker: Asker { wake, pids }, silent, thread })
    }

    /// One more who can ask.
    pub fn asker(&self) -> io::Result<Asker> {
        let Asker { wake, pids } = &self.asker;
        Ok(Asker { wake: wake.try_clone()?, pids: pids.clone() })
    }

    /// Stops observing, at once, and begins to detach. Every other [`Asker`] must be gone.
    pub fn stop(self) -> Detaching {
        let Self { asker, silent, thread } = self;
        // The thread polls the other end, and sees it close.
        drop(asker);
        // Nothing is ever sent: it is over when the sender is gone.
        let _gone = silent.recv().is_err();
        Detaching(thread)
    }
}

impl Detaching {
    /// Returns when the kernel is done: about 0.1 s for each probe.
    pub fn wait(self) {
        if self.0.join().is_err() {
            warn!("the watch ended in a panic; the kernel detaches what was attached when this process ends");
        }
    }
}

struct State {
    kernel: Kernel,
    filter: Arc<Filter>,
    cgroup_mount: Option<PathBuf>,
    processes: Links,
    /// Probes by file. The file is kept open: its inode then means this file and no later one.
    attached: HashMap<FileId, (File, Links)>,
    /// Files that are no TLS libraries, as the mapping tells them, so that they are not opened again.
    uninteresting: HashSet<(u64, String)>,
    /// Processes given by pid and what they started, as far as it was seen.
    listed: HashSet<u32>,
    reported_full: bool,
}

impl State {
    fn new(mut kernel: Kernel, filter: Arc<Filter>, cgroup_mount: Option<PathBuf>) -> Self {
        let processes = kernel.attach_processes();
        Self {
            kernel,
            filter,
            cgroup_mount,
            processes,
            attached: HashMap::new(),
            uninteresting: HashSet::new(),
            listed: HashSet::new(),
            reported_full: false,
        }
    }

    fn run(&mut self, mut sideband: Sideband, asked: &Asked, ready: &mpsc::Sender<Ready>) {
        self.hook_ahead();
        let processes = self.scan();
        if ready.send(Ready { files: self.attached.len(), processes }).is_err() {
            return;
        }
        loop {
            match wait(&sideband, &asked.pipe) {
                Wake::Stop => return,
                Wake::Asked => {
                    for pid in asked.take() {
                        self.consider(pid);
                    }
                }
                Wake::Late => {
                    self.scan();
                }
                Wake::Events => {
                    let events = sideband.drain();
                    self.follow(&events);
                }
            }
        }
    }

    /// Looks at every process that the rules could mean.
    fn scan(&mut self) -> usize {
        self.list_pids();
        let cgroups = &self.filter.include.cgroups;
        let dirs: Option<Vec<_>> = cgroups.iter().map(|cgroup| cgroup.dir.clone()).collect();
        let pids = match dirs {
            Some(dirs) if !dirs.is_empty() => dirs.iter().flat_map(|dir| process::in_cgroup(dir)).collect(),
            Some(_) | None if !self.listed.is_empty() => self.listed.iter().copied().collect(),
            Some(_) | None => process::all(),
        };
        pids.into_iter().filter(|&pid| self.consider(pid)).count()
    }

    /// The processes given by pid, and their descendants.
    fn list_pids(&mut self) {
        for &pid in &self.filter.include.pids {
            if process::read(pid).is_none() {
                info!(pid, "no such process (any more); it is not observed");
            }
            self.listed.extend(process::with_descendants(pid));
        }
    }

    fn follow(&mut self, events: &[Event]) {
        let mut pids = Vec::new();
        for event in events {
            match event {
                Event::Mapped { pid, .. } | Event::Executed { pid } => pids.push(*pid),
                Event::Ended { pid } => {
                    self.listed.remove(pid);
                }
                Event::Lost => {
                    info!("process events were lost; looking at every process again");
                    self.scan();
                }
            }
        }
        pids.sort_unstable();
        pids.dedup();
        for pid in pids {
            self.consider(pid);
        }
    }

    /// Decides about a process and attaches to what it maps. `true`: it is to be observed.
    fn consider(&mut self, pid: u32) -> bool {
        if pid == std::process::id() {
            return false;
        }
        let Some(known) = process::read(pid) else {
            return false;
        };
        let cgroups = match &self.cgroup_mount {
            Some(mount)
                if (self.filter.include.kinds() | self.filter.exclude.kinds()) & kind::CGROUP != 0 =>
            {
                process::cgroup_ids(pid, mount)
            }
            Some(_) | None => Vec::new(),
        };
        let facts = Facts {
            pid,
            comm: known.comm.as_deref().unwrap_or_default(),
            exe: known.exe.as_deref(),
            uid: known.uid,
            cgroups: &cgroups,
        };
        let listed = self.listed.contains(&pid) || known.parent.is_some_and(|p| self.listed.contains(&p));
        if listed {
            self.listed.insert(pid);
        }
        let admitted = self.filter.admits(&facts, listed);
        self.tell_kernel(pid, &facts, listed);
        if !admitted {
            return false;
        }
        match process::mappings(pid) {
            Ok(mut mappings) => {
                // The likeliest first: a process that has just loaded its TLS library is about to use it.
                mappings.sort_by_key(|mapping| !mapping.path.contains("ssl"));
                for mapping in &mappings {
                    self.consider_file(pid, mapping);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                debug!(pid, "ended while it was looked at")
            }
            Err(error) => info!(pid, %error, "its mappings cannot be read; it is not observed"),
        }
        true
    }

    /// What the kernel side cannot see by itself: the executable, and that it was chosen by pid.
    fn tell_kernel(&mut self, pid: u32, facts: &Facts<'_>, listed: bool) {
        const HERE: u32 = kind::PID | kind::EXE;
        let Filter { include, exclude } = &*self.filter;
        if (include.kinds() | exclude.kinds()) & HERE == 0 {
            return;
        }
        let mut included = include.matched(facts) & HERE;
        if listed {
            included |= kind::PID;
        }
        let bits = UserBits { known: HERE, included, excluded: exclude.matched(facts) & HERE, reserved: 0 };
        self.kernel.set_user_bits(pid, bits);
    }

    fn consider_file(&mut self, pid: u32, mapping: &Mapping) {
        let name = (mapping.inode, mapping.path.clone());
        if self.uninteresting.contains(&name) {
            return;
        }
        let (file, id) = match process::open_mapping(pid, mapping) {
            Ok(opened) => opened,
            Err(error) => {
                let path = &mapping.path;
                if path.contains("ssl") {
                    info!(pid, path, %error, "cannot be opened; calls through it are not seen");
                } else {
                    debug!(pid, path, %error, "cannot be opened");
                }
                return;
            }
        };
        if !self.hook(&format!("pid {pid}"), &mapping.path, file, id) {
            if self.uninteresting.len() >= REMEMBERED {
                self.uninteresting.clear();
            }
            self.uninteresting.insert(name);
        }
    }

    /// The host's own TLS library is hooked before anybody is seen to use it: a process that lives for 20 ms (`curl`
    /// in a loop) has its first call observed too.
    fn hook_ahead(&mut self) {
        for path in library::of_the_host() {
            let opened = File::open(&path).and_then(|file| FileId::of(&file).map(|id| (file, id)));
            match opened {
                Ok((file, id)) => {
                    self.hook("ahead of its users", &path.display().to_string(), file, id);
                }
                Err(error) => debug!(path = %path.display(), %error, "cannot be opened"),
            }
        }
    }

    /// Attaches to a file if it is a TLS library. `false`: it need not be looked at again.
    fn hook(&mut self, user: &str, path: &str, file: File, id: FileId) -> bool {
        if self.attached.contains_key(&id) {
            return true;
        }
        let begun = Instant::now();
        let hooks = match library::inspect(&file, path) {
            Ok(hooks) => hooks,
            Err(reason) => {
                match reason {
                    NoHooks::Other => debug!(path, "{reason}"),
                    NoHooks::Stripped | NoHooks::Elf(_) => info!(user, path, "{reason}; not hooked"),
                }
                return false;
            }
        };
        if self.attached.len() >= FILES {
            if !self.reported_full {
                warn!(limit = FILES, "probes stand in as many files as allowed; further ones are not hooked");
                self.reported_full = true;
            }
            return true;
        }
        match self.kernel.attach_file(&file, &hooks) {
            Ok(links) => {
                let took_ms = begun.elapsed().as_millis();
                info!(user, path, functions = hooks.functions.len(), probes = links.len(), took_ms, "hooked");
                self.attached.insert(id, (file, links));
                true
            }
            Err(error) => {
                info!(user, path, error = %Chain(&error), "the kernel refused the probes; not hooked");
                false
            }
        }
    }

    fn links(self) -> Links {
        let mut all = self.processes;
        for (_, links) in self.attached.into_values() {
            all.append(links);
        }
        all
    }
}

/// An error with its causes, in one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}

/// The other end of [`Asker`]s.
struct Asked {
    pipe: File,
    pids: mpsc::Receiver<u32>,
}

impl Asked {
    /// Processes to look at.
    fn take(&self) -> Vec<u32> {
        // What is not read now wakes again.
        let mut woken = [0; 64];
        let _bytes = (&self.pipe).read(&mut woken).unwrap_or(0);
        self.pids.try_iter().collect()
    }
}

enum Wake {
    Asked,
    Events,
    Late,
    Stop,
}

/// Sleeps until there are events, somebody asks, nobody can ask any more, or it is time to look around.
fn wait(sideband: &Sideband, asked: &File) -> Wake {
    let mut polled: Vec<libc::pollfd> = std::iter::once(asked.as_raw_fd())
        .chain(sideband.descriptors())
        .map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 })
        .collect();
    // SAFETY: the pointer and the length are those of a vector that outlives the call.
    let ready = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, RESCAN_MS) };
    match polled.first() {
        Some(asked) if asked.revents & libc::POLLIN != 0 => Wake::Asked,
        Some(asked) if asked.revents != 0 => Wake::Stop,
        _ if ready == 0 => Wake::Late,
        _ => Wake::Events,
    }
}

/// Both ends of a pipe: closing the first wakes who polls the second.
fn pipe() -> io::Result<(File, File)> {
    let mut ends = [0; 2];
    // SAFETY: the pointer is that of an array of two.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let [read, write] = ends;
    // SAFETY: the kernel has just given us both, and nobody else has them.
    let (read, write) = unsafe { (OwnedFd::from_raw_fd(read), OwnedFd::from_raw_fd(write)) };
    Ok((File::from(write), File::from(read)))
}
