//! What a live stream keeps in memory.
//!
//! In: 1,000 streams, each amid an event. Out: bytes per stream, by [`Connection::held`] and by the allocator; the
//! latter has all there is, the table entries and what a kept slice keeps alive too.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use bytes::Bytes;
use wire::{Connection, Direction, Kind, StreamOffset, Time};

use crate::encode;

/// The system's allocator, with a count of what is allocated and not freed.
pub(crate) struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicI64 = AtomicI64::new(0);

impl Counting {
    fn add(bytes: i64) {
        // Off while time is measured: then this costs a load.
        if COUNTS.load(Ordering::Relaxed) {
            LIVE.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::add(layout.size() as i64);
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::add(layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        Self::add(-(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::add(size as i64 - layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Live streams in all.
const STREAMS: u32 = 1000;
/// On one HTTP/2 connection: what servers commonly allow at once (RFC 9113 §6.5.2 recommends no less).
const PER_CONNECTION: u32 = 100;
/// Beyond the window of a decompressor, which is 32 KiB for gzip and is not ours to make smaller.
const BUDGET: i64 = 4096;
/// The window, twice for the output that is read from it, and the decoder's tables.
const GZIP: i64 = 80 * 1024;

/// Prints the table; returns what is over its budget, or is not decoded at all.
pub(crate) fn print() -> Vec<String> {
    println!(
        "{:<24} {:>8} {:>14} {:>17} {:>10}",
        "live stream", "streams", "held B/stream", "allocated B/stream", "budget B"
    );
    let kinds = [
        ("h1-sse", false, false),
        ("h1-sse-gzip", false, true),
        ("h2-sse", true, false),
        ("h2-sse-gzip", true, true),
    ];
    let mut faults = Vec::new();
    for (name, h2, gzip) in kinds {
        let budget = if gzip { BUDGET + GZIP } else { BUDGET };
        let Live { held, allocated, events } = live(h2, gzip);
        println!("{name:<24} {STREAMS:>8} {held:>14} {allocated:>17} {budget:>10}");
        if events != STREAMS as usize {
            faults.push(format!("memory {name}: {events} events of {STREAMS} streams"));
        } else if allocated > budget {
            faults.push(format!("memory {name}: {allocated} bytes per stream, {budget} are allowed"));
        }
    }
    faults
}

/// Per stream, but for the events.
struct Live {
    held: usize,
    allocated: i64,
    events: usize,
}

/// Each stream has given one event, and half of the next one has crossed.
fn live(h2: bool, gzip: bool) -> Live {
    let events = encode::events(2);
    let parts = if gzip { encode::gzip(&events) } else { events };
    let whole = parts.first().unwrap();
    let next = parts.get(1).unwrap();
    let half = next.get(..next.len() / 2).unwrap();
    let per_connection = if h2 { PER_CONNECTION } else { 1 };

    let mut connections = Vec::with_capacity((STREAMS / per_connection) as usize);
    let mut events = 0;
    LIVE.store(0, Ordering::Relaxed);
    COUNTS.store(true, Ordering::Relaxed);
    for _ in 0..STREAMS / per_connection {
        let mut connection = Driver { connection: Connection::new(true), offset: 0, events: 0 };
        if h2 {
            connection.push(Direction::ToServer, &encode::h2_request(per_connection));
            connection.push(Direction::ToClient, &encode::h2_settings());
            for stream in (0..per_connection).map(encode::number) {
                connection.push(Direction::ToClient, &encode::h2_response_head(stream, gzip));
                connection.push(Direction::ToClient, &encode::h2_data(stream, whole));
                // The other half is in a frame of its own: so all streams can be amid one at the same time.
                connection.push(Direction::ToClient, &encode::h2_data(stream, half));
            }
        } else {
            let coding = if gzip { "Content-Encoding: gzip\r\n" } else { "" };
            let head = encode::h1_response(&format!("Transfer-Encoding: chunked\r\n{coding}"));
            connection.push(Direction::ToServer, &encode::h1_request());
            connection.push(Direction::ToClient, &head);
            connection.push(Direction::ToClient, &encode::chunk(whole));
            connection.push(Direction::ToClient, &encode::chunk(half));
        }
        events += connection.events;
        connections.push(connection);
    }
    COUNTS.store(false, Ordering::Relaxed);
    let held: usize = connections.iter().map(|connection| connection.connection.held()).sum();
    Live {
        held: held / STREAMS as usize,
        // The connections themselves lie in a vector that was there before.
        allocated: LIVE.load(Ordering::Relaxed) / i64::from(STREAMS)
            + size_of::<Connection>() as i64 / i64::from(per_connection),
        events,
    }
}

struct Driver {
    connection: Connection,
    offset: u64,
    events: usize,
}

impl Driver {
    /// A copy, as the ring buffer's reader makes it.
    fn push(&mut self, direction: Direction, bytes: &[u8]) {
        self.connection.push(direction, Bytes::copy_from_slice(bytes), StreamOffset(self.offset), Time(1));
        self.offset += bytes.len() as u64;
        while let Some(message) = self.connection.poll() {
            let framing = matches!(
                message.kind,
                Kind::RequestHead(_) | Kind::ResponseHead(_) | Kind::Body(_) | Kind::End(_) | Kind::Notice(_)
            );
            self.events += usize::from(!framing);
        }
    }
}
