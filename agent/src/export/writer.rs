//! The last stage for local output: spans → lines on standard output, on a thread of its own.
//!
//! Comes in: spans, through a queue with a cap. A reader of our output that is slower than the calls must not slow
//! down capture: when the queue is full, spans are counted and dropped. A replay has time, and waits instead.

use std::{
    io::{self, BufWriter, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::{export::Format, span::Span, telemetry::OutCounts};

use super::{console, jsonl};

/// Spans that wait for the writer: a burst of calls that end together, some 10 MB at most.
const QUEUE: usize = 4_096;

/// Longest that a finished call waits in the buffer.
const FLUSH_EVERY: Duration = Duration::from_millis(50);

/// Width of a console block when nobody tells one.
const WIDTH: usize = 100;

/// How spans are shown.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Blocks or lines.
    pub format: Format,
    /// Colours, for a terminal.
    pub color: bool,
}

/// The queue's entrance.
#[derive(Clone, Debug)]
pub struct Queue {
    spans: SyncSender<Box<Span>>,
    shared: Arc<Shared>,
}

/// The writer's thread.
#[derive(Debug)]
pub struct Writer {
    thread: JoinHandle<()>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    came: AtomicU64,
    written: AtomicU64,
    queue_full: AtomicU64,
    send_failed: AtomicU64,
    closed: AtomicBool,
}

impl Writer {
    /// Starts writing to `out`.
    pub fn start(style: Style, out: impl Write + Send + 'static) -> io::Result<(Self, Queue)> {
        let (spans, queue) = sync_channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let counts = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("out".to_owned())
            .spawn(move || write_all(style, BufWriter::new(out), &queue, &counts))?;
        Ok((Self { thread, shared: Arc::clone(&shared) }, Queue { spans, shared }))
    }

    /// Counters.
    pub fn counts(&self) -> OutCounts {
        let Shared { came, written, queue_full, send_failed, closed: _ } = &*self.shared;
        OutCounts {
            came: came.load(Relaxed),
            written: written.load(Relaxed),
            queue_full: queue_full.load(Relaxed),
            send_failed: send_failed.load(Relaxed),
        }
    }

    /// Whether nobody reads our output any more.
    pub fn is_closed(&self) -> bool {
        self.shared.closed.load(Relaxed)
    }

    /// Waits until everything is written; every [`Queue`] must be gone.
    pub fn finish(self) -> OutCounts {
        let Self { thread, shared } = self;
        // A writer that panicked has written nothing more; the counters tell.
        let _ended = thread.join().is_ok();
        let counts = OutCounts {
            came: shared.came.load(Relaxed),
            written: shared.written.load(Relaxed),
            queue_full: shared.queue_full.load(Relaxed),
            send_failed: shared.send_failed.load(Relaxed),
        };
        OutCounts { send_failed: counts.came - counts.written - counts.queue_full, ..counts }
    }
}

impl Queue {
    /// Gives a span to the writer, or counts it as lost when the queue is full.
    pub fn offer(&self, span: Box<Span>) {
        self.shared.came.fetch_add(1, Relaxed);
        match self.spans.try_send(span) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.shared.queue_full.fetch_add(1, Relaxed);
            }
            Err(TrySendError::Disconnected(_)) => {
                self.shared.send_failed.fetch_add(1, Relaxed);
            }
        }
    }

    /// Gives a span to the writer, and waits for a place.
    pub fn give(&self, span: Box<Span>) {
        self.shared.came.fetch_add(1, Relaxed);
        if self.spans.send(span).is_err() {
            self.shared.send_failed.fetch_add(1, Relaxed);
        }
    }
}

fn write_all(style: Style, mut out: BufWriter<impl Write>, queue: &Receiver<Box<Span>>, shared: &Shared) {
    let mut pending = false;
    loop {
        let received = if pending {
            queue.recv_timeout(FLUSH_EVERY)
        } else {
            queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        let written = match received {
            Ok(span) => {
                pending = true;
                let written = write_one(style, &mut out, &span);
                let counter = if written.is_ok() { &shared.written } else { &shared.send_failed };
                counter.fetch_add(1, Relaxed);
                written
            }
            Err(RecvTimeoutError::Timeout) => {
                pending = false;
                out.flush()
            }
            Err(RecvTimeoutError::Disconnected) => {
                if out.flush().is_err() {
                    shared.closed.store(true, Relaxed);
                }
                return;
            }
        };
        if written.is_err() {
            shared.closed.store(true, Relaxed);
        }
    }
}

fn write_one(style: Style, out: &mut impl Write, span: &Span) -> io::Result<()> {
    match style.format {
        Format::Json => writeln!(out, "{}", jsonl::line(span)),
        Format::Console => writeln!(out, "{}", console::block(span, style.color, WIDTH)),
    }
}
