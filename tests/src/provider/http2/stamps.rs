//! When a stream's bytes are given to the TLS layer, seen from below h2.
//!
//! In: what the stream tasks queue, in order, and what h2's connection task writes. Out: stamps, entered just before the
//! write that takes their bytes, and word of what was flushed. The frames that are written are followed head by head
//! (RFC 9113 §4.1), and each stream's first HEADERS, bytes of DATA and END_STREAM are counted: what was queued as the *n*th byte is
//! written as the *n*th byte, however h2 cuts it, delays it for a window, or mixes it with other streams.
//!
//! The stamp is thus as exact as HTTP/1.1's: taken before the same `poll_write` that encrypts the bytes and hands the
//! record to the kernel. Nothing queued upstairs, in h2 or for a window, comes after it; frames of several streams that
//! leave in one write have one time, because they left at one time. h2 pads no DATA.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::watch,
};

use crate::{clock::monotonic_ns, provider::truth::Stamp};

/// The streams of one connection that are being answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamps(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    streams: BTreeMap<u32, Sending>,
    closed: bool,
}

/// Positions that a stream's head takes; each byte of its body takes one.
pub(super) const HEAD: u64 = 1;
/// Positions that its end takes.
pub(super) const END: u64 = 1;

/// One stream, by positions.
#[derive(Debug)]
struct Sending {
    /// What the TLS layer has taken.
    written: u64,
    /// What it may take with the write that is being tried.
    tried: u64,
    /// Stamps whose bytes it has not taken, with the position of the first of these.
    stamps: VecDeque<(u64, Stamp)>,
    flushed: watch::Sender<u64>,
}

/// The sender's end of a stream's entry, which goes with it.
#[derive(Debug)]
pub(super) struct Progress {
    stamps: Stamps,
    stream: u32,
    queued: u64,
    flushed: watch::Receiver<u64>,
}

impl Stamps {
    /// Makes an entry for a stream of which nothing has been queued.
    pub(super) fn open(&self, stream: u32) -> Progress {
        let (sender, flushed) = watch::channel(0);
        let sending = Sending { written: 0, tried: 0, stamps: VecDeque::new(), flushed: sender };
        let mut table = self.lock();
        // On a connection that has ended nothing will be flushed: the sender is dropped, which says so.
        if !table.closed {
            table.streams.insert(stream, sending);
        }
        drop(table);
        Progress { stamps: self.clone(), stream, queued: 0, flushed }
    }

    /// Whether there are streams.
    pub(super) fn in_use(&self) -> bool {
        !self.lock().streams.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Counts and queues are changed one by one: a panic elsewhere leaves nothing half done that matters.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    /// Announces `count` positions that are about to be queued; `stamp` is for the first of them.
    pub(super) fn queue(&mut self, count: u64, stamp: Option<Stamp>) {
        if let (Some(stamp), Some(sending)) = (stamp, self.stamps.lock().streams.get_mut(&self.stream)) {
            sending.stamps.push_back((self.queued, stamp));
        }
        self.queued += count;
    }

    /// Waits until all that was announced has been given to the kernel.
    pub(super) async fn flushed(&mut self) -> io::Result<()> {
        let Self { queued, flushed, .. } = self;
        match flushed.wait_for(|flushed| flushed >= queued).await {
            Ok(_) => Ok(()),
            Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stamps.lock().streams.remove(&self.stream);
    }
}

impl Table {
    /// A write with these frames is about to be tried: stamps what is in it. A write that takes less is followed by
    /// another, which stamps the rest again.
    fn try_frames(&mut self, frames: &[Frame], at: u64) {
        for frame in frames {
            if let Some(sending) = self.streams.get_mut(&frame.stream) {
                sending.tried += frame.positions(sending.tried);
                let stamps = sending.stamps.iter().take_while(|(position, _)| *position < sending.tried);
                for (_, stamp) in stamps {
                    stamp.enter(at);
                }
            }
        }
    }

    /// What became of it: `frames` are those, or parts of those, that were taken.
    fn take_frames(&mut self, tried: &[Frame], taken: &[Frame]) {
        for frame in taken {
            if let Some(sending) = self.streams.get_mut(&frame.stream) {
                sending.written += frame.positions(sending.written);
                while sending.stamps.front().is_some_and(|(position, _)| *position < sending.written) {
                    sending.stamps.pop_front();
                }
            }
        }
        for frame in tried {
            if let Some(sending) = self.streams.get_mut(&frame.stream) {
                sending.tried = sending.written;
            }
        }
    }
}

/// The TLS stream below h2.
#[derive(Debug)]
pub(super) struct Stamped<S> {
    io: S,
    stamps: Stamps,
    scanner: Scanner,
}

impl<S> Stamped<S> {
    pub(super) fn new(io: S, stamps: Stamps) -> Self {
        Self { io, stamps, scanner: Scanner::default() }
    }

    /// Stamps what is in `slices`, writes by `write`, and notes what was taken.
    fn write(
        &mut self,
        slices: &[IoSlice<'_>],
        write: impl FnOnce(&mut S) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let mut ahead = self.scanner;
        let tried: Vec<Frame> = slices.iter().flat_map(|slice| ahead.scan(slice)).collect();
        self.stamps.lock().try_frames(&tried, monotonic_ns());
        let written = write(&mut self.io);
        let mut left = match &written {
            Poll::Ready(Ok(count)) => *count,
            Poll::Ready(Err(_)) | Poll::Pending => 0,
        };
        let mut taken = Vec::new();
        for slice in slices {
            let part = &slice[..left.min(slice.len())];
            taken.extend(self.scanner.scan(part));
            left -= part.len();
        }
        self.stamps.lock().take_frames(&tried, &taken);
        written
    }
}

impl<S> Drop for Stamped<S> {
    fn drop(&mut self) {
        let mut table = self.stamps.lock();
        table.closed = true;
        table.streams.clear();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stamped<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stamped<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().write(&[IoSlice::new(buf)], |io| Pin::new(io).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().write(bufs, |io| Pin::new(io).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.io).poll_flush(cx))?;
        for sending in this.stamps.lock().streams.values() {
            sending.flushed.send_if_modified(|flushed| {
                let more = *flushed < sending.written;
                *flushed = sending.written;
                more
            });
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

/// A frame, or a part of one, that is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    stream: u32,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Headers,
    /// So many bytes.
    Data(usize),
    /// END_STREAM, with the last byte of its frame.
    End,
}

impl Frame {
    /// How far it carries a stream that is at `position`. Only its first HEADERS is its head; trailers are not.
    fn positions(self, position: u64) -> u64 {
        match self.what {
            What::Headers if position == 0 => HEAD,
            What::Headers => 0,
            What::Data(bytes) => bytes as u64,
            What::End => END,
        }
    }
}

/// Where the written bytes are in the sequence of frames.
#[derive(Clone, Copy, Debug)]
enum Scanner {
    /// So many bytes of a frame's head.
    Head { bytes: [u8; FRAME_HEAD], got: usize },
    /// So many bytes of a frame's payload are to come.
    Payload { stream: u32, data: bool, end: bool, left: usize },
}

/// Length (3), type (1), flags (1), stream (4).
const FRAME_HEAD: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
/// A flag of both.
const END_STREAM: u8 = 1;

impl Default for Scanner {
    fn default() -> Self {
        Self::Head { bytes: [0; FRAME_HEAD], got: 0 }
    }
}

impl Scanner {
    /// Goes over the next bytes that are written, and gives what is of interest in them.
    fn scan(&mut self, mut bytes: &[u8]) -> Vec<Frame> {
        let mut found = Vec::new();
        while !bytes.is_empty() {
            *self = match *self {
                Self::Head { bytes: mut head, got } => {
                    let (part, rest) = bytes.split_at(bytes.len().min(FRAME_HEAD - got));
                    head[got..got + part.len()].copy_from_slice(part);
                    bytes = rest;
                    match got + part.len() {
                        FRAME_HEAD => Self::begin(head, &mut found),
                        got => Self::Head { bytes: head, got },
                    }
                }
                Self::Payload { stream, data, end, left } => {
                    let (part, rest) = bytes.split_at(bytes.len().min(left));
                    bytes = rest;
                    if data {
                        found.push(Frame { stream, what: What::Data(part.len()) });
                    }
                    Self::payload(stream, data, end, left - part.len(), &mut found)
                }
            };
        }
        found
    }

    fn begin(head: [u8; FRAME_HEAD], found: &mut Vec<Frame>) -> Self {
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = head;
        let length = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        // The highest bit is reserved.
        let stream = u32::from_be_bytes([s0 & 0x7f, s1, s2, s3]);
        if kind == HEADERS {
            found.push(Frame { stream, what: What::Headers });
        }
        let end = matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0;
        Self::payload(stream, kind == DATA, end, length, found)
    }

    /// What is awaited when `left` bytes of a payload are to come.
    fn payload(stream: u32, data: bool, end: bool, left: usize, found: &mut Vec<Frame>) -> Self {
        if left > 0 {
            return Self::Payload { stream, data, end, left };
        }
        if end {
            found.push(Frame { stream, what: What::End });
        }
        Self::default()
    }
}

#[cfg(test)]
#[path = "stamps_tests.rs"]
mod tests;
