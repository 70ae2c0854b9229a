//! The ring and when to look into it.
//!
//! A wake-up costs the observed thread more than the copy does, so while there is traffic the reader looks every few
//! milliseconds by itself, and the kernel side wakes it only when the ring is filling. When there is none it says that
//! it sleeps, and the next record wakes it. Time stamps are the kernel's: the delay touches no figure.

use std::{io, time::Duration};

use aya::maps::{Array, MapData, RingBuf};
use tokio::io::{Interest, unix::AsyncFd};

/// Size of the ring unless another is asked for.
pub const DEFAULT_BYTES: u32 = common::limits::RING_BYTES;

/// Delay between looks while there is traffic, and so the longest that a record waits; half the bound of the design.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The reading end.
pub struct Ring {
    ring: AsyncFd<RingBuf<MapData>>,
    asleep: Array<MapData, u32>,
    mood: Mood,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// There is traffic: look again in a while.
    Busy,
    /// The last look found nothing.
    Idle,
    /// The kernel side knows that we are about to sleep. One more look is due: a record that was written before it
    /// knew has woken nobody.
    LastLook,
}

impl Ring {
    /// Takes the ring over.
    pub fn new(ring: RingBuf<MapData>, asleep: Array<MapData, u32>) -> io::Result<Self> {
        // SAFETY: the map owns its descriptor, keeps it for life, and is dropped with the `AsyncFd`.
        let ring = unsafe { AsyncFd::register_with_interest(ring, Interest::READABLE) }?;
        Ok(Self { ring, asleep, mood: Mood::Busy })
    }

    /// Waits until a look is worth it. Safe to drop and call again.
    pub async fn ready(&mut self) -> io::Result<()> {
        match self.mood {
            Mood::Busy => tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                guard = self.ring.readable() => guard?.clear_ready(),
            },
            Mood::Idle => {
                self.say_asleep(1)?;
                self.mood = Mood::LastLook;
            }
            Mood::LastLook => {
                self.ring.readable().await?.clear_ready();
            }
        }
        Ok(())
    }

    /// Gives up to `most` records to `each`; says how many it gave.
    pub fn drain(&mut self, most: usize, mut each: impl FnMut(&[u8])) -> io::Result<usize> {
        let ring = self.ring.get_mut();
        let mut n = 0;
        while n < most
            && let Some(record) = ring.next()
        {
            each(&record);
            n += 1;
        }
        self.mood = match (self.mood, n) {
            (Mood::Busy | Mood::Idle, 0) => Mood::Idle,
            (Mood::LastLook, 0) => Mood::LastLook,
            (Mood::Busy | Mood::Idle, _) => Mood::Busy,
            (Mood::LastLook, _) => {
                self.say_asleep(0)?;
                Mood::Busy
            }
        };
        Ok(n)
    }

    fn say_asleep(&mut self, asleep: u32) -> io::Result<()> {
        self.asleep.set(0, asleep, 0).map_err(io::Error::other)
    }
}
