//! Wires the stages, starts and stops them in order: reading this is reading the product.
//!
//! ```text
//!  kernel ──ring──► reader ──inputs──► shard 1..n ──spans──► writer ──► stdout
//!     ▲               │ └──► tape          │
//!     │               └ /proc              └── verdicts ──► kernel
//!   watch (thread): /proc, sideband ──► probes
//! ```
//!
//! Start: kernel, writer, shards, reader, watch. Stop: the kernel side observes nobody any more, last look into the ring,
//! end of input, shards (unfinished calls are given out), writer, figures; then the probes are taken out, which takes
//! the kernel its time.

use std::{
    fs,
    io::{self, BufReader},
    path::Path,
    sync::{Arc, Mutex, mpsc as std_mpsc},
    time::Duration,
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tracing::{debug, info, warn};
use wire::Time;

use crate::{
    attach::{
        counters::KernelCounters,
        filter::{Filter, FilterError},
        loader::{self, Kernel, LoadError, Verdicts},
        process,
        requirement::{self, Requirement},
        watch::{Asker, Detaching, Ready, Watch},
    },
    capture::{
        Captured, Clock, Input, clock,
        ring::Ring,
        source::Source,
        tape::{self, Entry, TapeError},
    },
    config::{Options, Reading},
    export::writer::{Queue, Style, Writer},
    shard::{Output, Shard},
    telemetry::{Report, ShardCounts},
};

/// Records taken from the ring before they are handed on: what fits into a core's cache.
const BATCH: usize = 256;

/// Batches that wait for a shard. When they are used up the reader waits, and the ring is the buffer.
const SHARD_QUEUE: usize = 64;

/// Without records, shards hear of time this often: idle connections and calls are ended by it.
const TICK: Duration = Duration::from_secs(1);

/// Why nothing is observed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Kernel or user lack something.
    #[error(transparent)]
    Requirement(#[from] Requirement),
    /// The rules are not understood.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The kernel did not take the programs.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The tape.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// Something of the system's failed.
    #[error("{0}: {1}")]
    System(&'static str, #[source] io::Error),
}

/// Observes until a signal comes.
pub async fn run(options: Options) -> Result<(), RunError> {
    requirement::check()?;
    let mount = process::cgroup_mount();
    let filter = Arc::new(Filter::parse(&options.include, &options.exclude, mount.as_deref())?);
    let mut signals = Signals::new()?;
    let tape = options.tape.as_deref().map(tape::Writer::create).transpose()?;
    if let Some(path) = &options.tape {
        warn!(path = %path.display(), "the tape holds plaintext: prompts, completions and API keys of everything observed");
    }
    let (kernel, maps) = Kernel::load(loader::Options { ring_bytes: options.ring_bytes }, &filter)?;
    let (writer, queue) =
        Writer::start(options.style, io::stdout()).map_err(system("cannot start the writer"))?;
    let verdicts = Arc::new(Mutex::new(maps.verdicts));
    let shards = Shards::start(options.shards, &options.reading, &Sink::Live(queue, verdicts));
    let ring = Ring::new(maps.ring, maps.reader_asleep).map_err(system("cannot read the ring"))?;
    let (ready_in, ready) = std_mpsc::channel();
    let watch = Watch::start(kernel, filter, mount, ready_in)
        .map_err(system("cannot follow the host's processes"))?;
    let announce = tokio::task::spawn_blocking(move || {
        if let Ok(Ready { files, processes }) = ready.recv() {
            info!(target: "wirelight", processes, files, "ready");
        }
    });

    let mut live = Live {
        ring,
        source: Source::new(tape),
        shards,
        writer,
        counters: maps.counters,
        messages: maps.messages,
        asker: Some(watch.asker().map_err(system("cannot ask the watch"))?),
    };
    let first = live.source.clock(Clock::measure());
    live.shards.broadcast(first).await;
    live.until_stopped(&mut signals).await?;
    info!(target: "wirelight", "stopping");
    let (report, detaching) = live.stop(watch).await?;
    if announce.await.is_err() {
        debug!("nothing was announced");
    }
    tell(&report, options.counters.as_deref())?;
    if let Some(detaching) = detaching {
        detach(detaching, &mut signals).await;
    }
    Ok(())
}

/// Waits for the kernel, unless told to stop once more.
async fn detach(detaching: Detaching, signals: &mut Signals) {
    let mut detached = tokio::task::spawn_blocking(move || detaching.wait());
    loop {
        tokio::select! {
            joined = &mut detached => {
                if joined.is_err() {
                    warn!("detaching was cut short; the kernel detaches when this process ends");
                }
                return;
            }
            heard = signals.next() => if heard == Heard::Stop {
                warn!("told to stop twice: ending without waiting for the kernel");
                return;
            },
        }
    }
}

/// Runs a tape through the stages that need no kernel.
pub async fn replay(
    path: &Path,
    style: Style,
    reading: &Reading,
    counters: Option<&Path>,
) -> Result<(), RunError> {
    let mut reader = tape::Reader::open(path)?;
    let (writer, queue) = Writer::start(style, io::stdout()).map_err(system("cannot start the writer"))?;
    let shards = Shards::start(1, reading, &Sink::Replay(queue));
    let mut source = Source::new(None);
    let end = feed(&mut reader, &mut source, &shards).await.map_err(system("cannot read the tape"))?;
    if reader.bad > 0 {
        warn!(entries = reader.bad, "damaged entries of the tape were passed over");
    }
    if reader.cut {
        warn!("the tape is cut; what is whole was replayed");
        shards.broadcast(Input::End(end)).await;
    }
    let mut ring = source.counts;
    // A damaged entry is a record that could not be understood.
    ring.records += reader.bad;
    ring.bad += reader.bad;
    let counts = shards.finish().await;
    let report = Report::new(None, ring, &counts, writer.finish());
    tell(&report, counters)
}

/// Feeds a whole tape; gives the last time that is on it.
async fn feed(
    reader: &mut tape::Reader<BufReader<fs::File>>,
    source: &mut Source,
    shards: &Shards,
) -> io::Result<Time> {
    let mut last = Time::default();
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(entry) = reader.next_entry()? {
        if let Entry::Tick(at) | Entry::End(at) = &entry {
            last = last.max(*at);
        }
        source.replay(entry, &mut |input| {
            if let Input::Captured(Captured::Data(data)) = &input {
                last = last.max(data.at);
            }
            batch.push(input);
        });
        if batch.len() >= BATCH {
            shards.send(std::mem::take(&mut batch)).await;
        }
    }
    shards.send(batch).await;
    Ok(last)
}

struct Live {
    ring: Ring,
    source: Source,
    shards: Shards,
    writer: Writer,
    counters: KernelCounters,
    messages: Option<Box<dyn FnMut() + Send>>,
    /// Gone when stopping: the watch ends when nobody can ask it any more.
    asker: Option<Asker>,
}

impl Live {
    async fn until_stopped(&mut self, signals: &mut Signals) -> Result<(), RunError> {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                heard = signals.next() => match heard {
                    Heard::Stop => return Ok(()),
                    Heard::Report => {
                        let report = self.report().await;
                        say(&report.table());
                    }
                },
                _ = ticks.tick() => {
                    self.tick().await;
                    if self.writer.is_closed() {
                        info!("nobody reads the output any more");
                        return Ok(());
                    }
                }
                looked = self.ring.ready() => looked.map_err(system("cannot wait for the ring"))?,
            }
            // One batch at a time, so that signals and ticks are heard under any load.
            self.drain().await?;
        }
    }

    async fn tick(&mut self) {
        if let Some(messages) = &mut self.messages {
            messages();
        }
        let tick = self.source.tick(clock::now());
        self.shards.broadcast(tick).await;
    }

    /// Takes one batch; says how many records it had.
    async fn drain(&mut self) -> Result<usize, RunError> {
        let Self { ring, source, shards, asker, .. } = self;
        let mut batch = Vec::new();
        let mut each = |input| {
            if let (Input::Captured(Captured::Moved { tgid }), Some(asker)) = (&input, &*asker) {
                asker.consider(*tgid);
            }
            batch.push(input);
        };
        let n = ring
            .drain(BATCH, |bytes| source.record(bytes, &mut each))
            .map_err(system("cannot read the ring"))?;
        shards.send(batch).await;
        Ok(n)
    }

    /// Ends capture and everything behind it; gives the figures, and what is still to be waited for.
    async fn stop(mut self, watch: Watch) -> Result<(Report, Option<Detaching>), RunError> {
        self.asker = None;
        let detaching = tokio::task::spawn_blocking(move || watch.stop()).await.ok();
        // What was under way may still end. The figures are of a moment at which nothing waits in the ring.
        let probe = loop {
            while self.drain().await? > 0 {}
            let probe = self.counters.read();
            if self.drain().await? == 0 {
                break probe;
            }
        };
        if let Some(messages) = &mut self.messages {
            messages();
        }
        let end = self.source.end(clock::now());
        self.shards.broadcast(end).await;
        let Self { source, shards, writer, .. } = self;
        let counts = shards.finish().await;
        Ok((Report::new(Some(probe), source.counts, &counts, writer.finish()), detaching))
    }

    async fn report(&mut self) -> Report {
        let counts = self.shards.counts().await;
        Report::new(Some(self.counters.read()), self.source.counts, &counts, self.writer.counts())
    }
}

enum ToShard {
    Inputs(Vec<Input>),
    Count(oneshot::Sender<ShardCounts>),
}

/// Where shards put what they have.
#[derive(Clone)]
enum Sink {
    Live(Queue, Arc<Mutex<Verdicts>>),
    Replay(Queue),
}

/// The running shards.
struct Shards {
    tasks: Vec<(mpsc::Sender<ToShard>, JoinHandle<ShardCounts>)>,
}

impl Shards {
    fn start(n: usize, reading: &Reading, sink: &Sink) -> Self {
        let start = |_| {
            let (sender, receiver) = mpsc::channel(SHARD_QUEUE);
            (sender, tokio::spawn(run_shard(receiver, Shard::new(reading.clone()), sink.clone())))
        };
        Self { tasks: (0..n.max(1)).map(start).collect() }
    }

    /// Each input to the shard of its process; the order within a shard is kept.
    async fn send(&self, batch: Vec<Input>) {
        if batch.is_empty() {
            return;
        }
        if let [(sender, _)] = self.tasks.as_slice() {
            deliver(sender, ToShard::Inputs(batch)).await;
            return;
        }
        let mut shares: Vec<Vec<Input>> = self.tasks.iter().map(|_| Vec::new()).collect();
        for input in batch {
            match process_of(&input) {
                Some(tgid) => {
                    // Pids are given out one after another, so the remainder spreads them.
                    let n = shares.len();
                    if let Some(share) = shares.get_mut(tgid as usize % n) {
                        share.push(input);
                    }
                }
                None => shares.iter_mut().for_each(|share| share.push(input.clone())),
            }
        }
        for ((sender, _), share) in self.tasks.iter().zip(shares) {
            deliver(sender, ToShard::Inputs(share)).await;
        }
    }

    async fn broadcast(&self, input: Input) {
        for (sender, _) in &self.tasks {
            deliver(sender, ToShard::Inputs(vec![input.clone()])).await;
        }
    }

    async fn counts(&self) -> ShardCounts {
        let mut sum = ShardCounts::default();
        for (sender, _) in &self.tasks {
            let (answer, counts) = oneshot::channel();
            deliver(sender, ToShard::Count(answer)).await;
            if let Ok(counts) = counts.await {
                sum.add(&counts);
            }
        }
        sum
    }

    /// Waits until every shard has handled everything.
    async fn finish(self) -> ShardCounts {
        let mut sum = ShardCounts::default();
        for (sender, task) in self.tasks {
            drop(sender);
            match task.await {
                Ok(counts) => sum.add(&counts),
                Err(error) => warn!(%error, "a shard ended in a panic; its counters are missing"),
            }
        }
        sum
    }
}

async fn deliver(sender: &mpsc::Sender<ToShard>, what: ToShard) {
    if sender.send(what).await.is_err() {
        warn!("a shard is gone; its processes are not observed any more");
    }
}

fn process_of(input: &Input) -> Option<u32> {
    match input {
        Input::Process(process) => Some(process.pid),
        Input::Captured(captured) => Some(match captured {
            Captured::Data(data) => data.connection.tgid,
            Captured::Mark(mark) => mark.connection.tgid,
            Captured::Allowed(allowed) => allowed.tgid,
            Captured::Moved { tgid } => *tgid,
            Captured::Gone { tgid, start: _, at: _ } => *tgid,
        }),
        Input::Clock(_) | Input::Tick(_) | Input::End(_) => None,
    }
}

async fn run_shard(mut inputs: mpsc::Receiver<ToShard>, mut shard: Shard, sink: Sink) -> ShardCounts {
    while let Some(message) = inputs.recv().await {
        match message {
            ToShard::Inputs(batch) => {
                for input in batch {
                    shard.push(input);
                    while let Some(output) = shard.poll() {
                        put(output, &sink);
                    }
                }
            }
            // Whoever asked may have gone.
            ToShard::Count(answer) => drop(answer.send(shard.counts)),
        }
    }
    shard.counts
}

fn put(output: Output, sink: &Sink) {
    match (output, sink) {
        (Output::Span(span), Sink::Live(queue, _)) => queue.offer(span),
        (Output::Span(span), Sink::Replay(queue)) => queue.give(span),
        (Output::Mute(id), Sink::Live(_, verdicts)) => {
            let muted = match verdicts.lock() {
                Ok(mut verdicts) => verdicts.mute(id.key(), id.generation),
                Err(poisoned) => poisoned.into_inner().mute(id.key(), id.generation),
            };
            if let Err(error) = muted {
                debug!(%id, %error, "cannot be muted; its records go on coming");
            }
        }
        (Output::Mute(_), Sink::Replay(_)) => {}
    }
}

/// Signals that mean something to us.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    user: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self, RunError> {
        let listen = |kind| signal(kind).map_err(system("cannot listen for signals"));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            user: listen(SignalKind::user_defined1())?,
        })
    }

    async fn next(&mut self) -> Heard {
        let Self { interrupt, terminate, user } = self;
        tokio::select! {
            _ = interrupt.recv() => Heard::Stop,
            _ = terminate.recv() => Heard::Stop,
            _ = user.recv() => Heard::Report,
        }
    }
}

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    Stop,
    Report,
}

fn tell(report: &Report, counters: Option<&Path>) -> Result<(), RunError> {
    say(&report.table());
    if let Some(path) = counters {
        let json = serde_json::to_vec_pretty(report).map_err(io::Error::from);
        json.and_then(|json| fs::write(path, json)).map_err(system("cannot write the counters"))?;
    }
    Ok(())
}

/// The table is asked for, and is no log line.
#[expect(clippy::print_stderr, reason = "the user's table")]
fn say(table: &str) {
    eprintln!("{}", table.trim_end());
}

fn system(what: &'static str) -> impl Fn(io::Error) -> RunError {
    move |error| RunError::System(what, error)
}
