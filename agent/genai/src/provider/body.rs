//! One body of an exchange, read by a shape: in pieces, or as items that each are a document.
//!
//! Comes in: bytes. Goes out: the shape with what it found, and how many parts were no JSON. A body that is cut off is
//! told by how the exchange ended, and one of which bytes were lost is marked as such; neither is counted here.

use super::Claim;
use crate::json_scan::{Scanner, Shape};
use crate::limits;

/// A body under way.
#[derive(Debug)]
pub(super) struct Body<S: Shape> {
    pub(super) shape: S,
    scan: Scanner<S::Place>,
    seen: u64,
    in_items: bool,
    lost: bool,
    unknown_shape: u32,
}

impl<S: Shape + Default> Default for Body<S> {
    fn default() -> Self {
        Self::new(S::default())
    }
}

impl<S: Shape> Body<S> {
    /// A body of which nothing was seen.
    pub(super) fn new(shape: S) -> Self {
        let scan = Scanner::new::<S>();
        Self { shape, scan, seen: 0, in_items: false, lost: false, unknown_shape: 0 }
    }

    /// The next piece of the one document.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.seen += bytes.len() as u64;
        self.scan.push(bytes, &mut self.shape);
    }

    /// The next item. Each stands for itself, whatever was before it.
    pub(super) fn item(&mut self, data: &[u8]) {
        self.in_items = true;
        self.scan.restart::<S>();
        self.scan.push(data, &mut self.shape);
        if !self.scan.is_done() {
            self.unknown_shape += 1;
            self.scan.cut(&mut self.shape);
        }
    }

    /// What follows is not the continuation of what was seen.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        self.scan.abandon();
    }

    /// The one document is whole, or, of items, `ended` is true.
    pub(super) fn is_whole(&self, ended: bool) -> bool {
        if self.in_items { ended } else { self.scan.is_done() }
    }

    /// Whether the body is of an API, when what was read of it has not said so. `may_be`: what was read looks like it, so
    /// that it is worth waiting for the rest of a long one.
    pub(super) fn unclaimed(&self, may_be: bool) -> Claim {
        let late = self.seen > limits::UNDECIDED_BYTES && !may_be;
        // Of items the first tells as much as any.
        let told = self.in_items || self.scan.is_done() || self.scan.is_broken();
        if told || late { Claim::No } else { Claim::Open }
    }

    /// What was read, and how many of its parts were no JSON.
    pub(super) fn into_parts(self) -> (S, u32) {
        let Self { shape, scan, seen, in_items: _, lost, unknown_shape } = self;
        let broken = seen > 0 && scan.is_broken() && !lost;
        (shape, unknown_shape + u32::from(broken))
    }
}
