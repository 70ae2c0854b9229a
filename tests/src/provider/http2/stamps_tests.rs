//! The bytes that are written, followed however they are cut.

use std::collections::BTreeMap;

use tokio::io::AsyncWriteExt as _;

use super::*;
use crate::provider::truth::{Sent, Truth, TruthLog};

fn frame(kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    flagged(kind, 0, stream, payload)
}

fn flagged(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &(stream | 1 << 31).to_be_bytes(), payload].concat()
}

/// SETTINGS, heads, bodies of two streams mixed, trailers.
fn sample() -> Vec<u8> {
    [
        frame(4, 0, &[0; 12]),
        frame(HEADERS, 1, &[7; 20]),
        frame(HEADERS, 3, &[7; 300]),
        frame(DATA, 1, b"abc"),
        frame(8, 0, &[0, 0, 0, 1]),
        frame(DATA, 3, &[b'x'; 40_000]),
        frame(DATA, 1, b""),
        frame(DATA, 1, b"de"),
        flagged(HEADERS, END_STREAM | 4, 1, b"trailer"),
        flagged(DATA, END_STREAM, 3, b""),
        flagged(DATA, END_STREAM, 5, b"nobody's"),
        // An acknowledged PING has the same bit.
        flagged(6, 1, 0, &[0; 8]),
    ]
    .concat()
}

fn counts(frames: &[Frame]) -> BTreeMap<u32, [usize; 3]> {
    let mut counts = BTreeMap::new();
    for frame in frames {
        let [headers, data, ends] = counts.entry(frame.stream).or_default();
        match frame.what {
            What::Headers => *headers += 1,
            What::Data(bytes) => *data += bytes,
            What::End => *ends += 1,
        }
    }
    counts
}

#[test]
fn frames_are_followed_at_every_cut() {
    let sample = sample();
    let expect = BTreeMap::from([(1, [2, 5, 1]), (3, [1, 40_000, 1]), (5, [0, 8, 1])]);
    assert_eq!(counts(&Scanner::default().scan(&sample)), expect);
    for cut in 0..sample.len() {
        let mut scanner = Scanner::default();
        let found = [scanner.scan(&sample[..cut]), scanner.scan(&sample[cut..])].concat();
        assert_eq!(counts(&found), expect, "cut at {cut}");
    }
    let mut scanner = Scanner::default();
    let found: Vec<Frame> = sample.iter().flat_map(|&byte| scanner.scan(&[byte])).collect();
    assert_eq!(counts(&found), expect, "byte by byte");
}

/// Takes at most so many bytes at a time, and is not ready every other time.
struct Narrow {
    most: usize,
    ready: bool,
    log: TruthLog,
    /// Of each byte: when it was taken, and how many events had been entered by then.
    taken: Vec<(u64, usize)>,
}

impl AsyncWrite for Narrow {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.ready = !this.ready;
        if !this.ready {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let count = buf.len().min(this.most);
        let truth = &this.log.all()[0];
        let entered = truth.head_sent.iter().len() + truth.chunks.len() + truth.done_sent.iter().len();
        this.taken.extend(std::iter::repeat_n((monotonic_ns(), entered), count));
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_stamp_is_of_the_write_that_takes_its_first_byte() -> anyhow::Result<()> {
    for most in [1, 2, 3, 5, 8, 13, 100] {
        let log = TruthLog::default();
        let entry = log.open(Truth::default());
        let stamps = Stamps::default();
        let narrow = Narrow { most, ready: true, log: log.clone(), taken: Vec::new() };
        let mut io = Stamped::new(narrow, stamps.clone());
        let mut progress = stamps.open(1);
        progress.queue(HEAD, Some(log.stamp(entry, Sent::Head)));
        let chunk = |index| Sent::Chunk { index, content: true, usage: None, bytes: 3, last: false };
        progress.queue(3, Some(log.stamp(entry, chunk(0))));
        progress.queue(3, Some(log.stamp(entry, chunk(1))));
        progress.queue(2, Some(log.stamp(entry, Sent::Done { usage: None, bytes: 2 })));
        progress.queue(END, None);
        assert_eq!(log.all()[0].head_sent, None, "nothing is entered before it is written");

        let head = frame(HEADERS, 1, b"head");
        let bodies =
            [frame(DATA, 3, b"other"), frame(DATA, 1, b"aaab"), flagged(DATA, END_STREAM, 1, b"bbcc")];
        io.write_all(&[head, bodies.concat()].concat()).await?;
        assert_eq!(*progress.flushed.borrow_and_update(), 0, "written is not flushed");
        io.flush().await?;
        progress.flushed().await?;

        let truth = &log.all()[0];
        let at = [truth.head_sent, Some(truth.chunks[0].at), Some(truth.chunks[1].at), truth.done_sent];
        // 13 bytes of head, 14 of another stream, then two frames with heads of 9: `aaab` and `bbcc`. A head is one when
        // its ninth byte is there.
        for (at, (event, first)) in
            at.into_iter().flatten().zip([8, 27 + 9, 27 + 9 + 3, 40 + 9 + 2].into_iter().enumerate())
        {
            let taken = &io.io.taken;
            let (time, entered) = taken[first];
            let write_before =
                taken[..first].iter().map(|taken| taken.0).filter(|before| *before < time).max();
            assert!(at <= time && write_before.is_none_or(|before| before <= at), "{most}: event {event}");
            assert!(entered > event, "{most}: event {event} was entered after its first byte had left");
        }
        assert_eq!((truth.chunks.len(), truth.response_bytes), (2, 8));
        assert!(stamps.in_use());
        drop(progress);
        assert!(!stamps.in_use());
    }
    Ok(())
}

#[tokio::test(flavor = "current_thread")]
async fn the_end_of_a_connection_is_heard() {
    let stamps = Stamps::default();
    let io = Stamped::new(tokio::io::sink(), stamps.clone());
    let mut waiting = stamps.open(1);
    waiting.queue(1, None);
    drop(io);
    assert!(waiting.flushed().await.is_err());
    let mut late = stamps.open(3);
    late.queue(1, None);
    assert!(late.flushed().await.is_err());
}
