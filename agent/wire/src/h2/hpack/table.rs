//! The dynamic table (RFC 7541 §2.3.2, §4), as far as it is known.
//!
//! What is held is a run of the newest entries, without a hole. That an answer out of it is right although the
//! encoder's table may be smaller than ours rests on three facts:
//!
//! - Indexes count from the newest entry, and entries leave in the order in which they came. So an entry held here
//!   that left there is never asked for by a valid encoder, and evicting late does no harm.
//! - An entry that is too large for the encoder's table is not added to it, but empties it (§4.4). So if we take it
//!   for added, since its size or the table's is not known, then until there are newer ones nothing is asked for, and
//!   newer ones stand before it.
//! - Entries are evicted here for a size that the encoder is known to use, or for [`limits::HPACK_TABLE_BYTES`]. The
//!   latter may be early, and the table is incomplete from then on.
//!
//! It is complete again once an entry of ours must have left the encoder's table: all that were older have left too.

use std::collections::VecDeque;

use super::Value;
use super::name::{Name, STATIC_FIELDS, Sort};
use crate::limits;
use crate::secret;

pub(super) struct Table {
    /// The newest first.
    entries: VecDeque<Entry>,
    /// What the entries count (§4.1), unknown names as empty.
    size: usize,
    /// The size that the encoder uses. `None`: not known.
    limit: Option<usize>,
    /// All that the encoder may refer to is held.
    complete: bool,
}

/// An entry of the dynamic table.
pub(super) struct Entry {
    pub(super) name: Name,
    /// `None`: a credential, or the name is unknown.
    value: Option<Box<[u8]>>,
    size: usize,
}

/// What stands at an index.
pub(super) enum Found<'a> {
    /// This field of the static table, counted from 0.
    Static(usize),
    Dynamic(&'a Entry),
    Unknown,
}

impl Table {
    /// Empty, as both sides begin.
    pub(super) fn initial() -> Self {
        Self { entries: VecDeque::new(), size: 0, limit: Some(INITIAL_LIMIT), complete: true }
    }

    /// Holding nobody knows what.
    pub(super) fn unknown() -> Self {
        Self { entries: VecDeque::new(), size: 0, limit: None, complete: false }
    }

    /// Changes happened that nobody saw.
    pub(super) fn lose(&mut self) {
        self.clear();
        self.limit = None;
        self.complete = false;
    }

    /// What stands at an index of a block. `None`: nothing can.
    pub(super) fn entry(&self, index: usize) -> Option<Found<'_>> {
        let index = index.checked_sub(1)?;
        match index.checked_sub(STATIC_FIELDS) {
            None => Some(Found::Static(index)),
            Some(index) => match self.entries.get(index) {
                Some(entry) => Some(Found::Dynamic(entry)),
                None => (!self.complete).then_some(Found::Unknown),
            },
        }
    }

    /// The name that stands at an index of a block. `None`: nothing can.
    pub(super) fn name(&self, index: usize) -> Option<Name> {
        self.entry(index).map(|found| match found {
            Found::Static(index) => Name::Static(index),
            Found::Dynamic(entry) => entry.name.clone(),
            Found::Unknown => Name::Unknown,
        })
    }

    /// The encoder uses this size from now on (§4.3).
    pub(super) fn resize(&mut self, limit: usize) {
        self.limit = Some(limit);
        self.evict_for(0);
        // No entry is so small.
        self.complete |= limit < ENTRY_BYTES;
    }

    /// Evicts what has to leave before an entry whose name and value have `length` bytes. Whether it is to be pushed.
    pub(super) fn make_room(&mut self, length: usize) -> bool {
        let size = length + ENTRY_BYTES;
        if self.limit.is_some_and(|limit| size > limit) {
            self.clear();
            self.complete = true;
            return false;
        }
        if size > limits::HPACK_TABLE_BYTES {
            self.clear();
            self.complete = false;
            return false;
        }
        self.evict_for(size);
        true
    }

    /// Adds an entry for which there is room.
    pub(super) fn push(&mut self, entry: Entry) {
        self.size += entry.size;
        self.entries.push_front(entry);
    }

    pub(super) fn held(&self) -> usize {
        let texts = self
            .entries
            .iter()
            .map(|entry| entry.name.held() + entry.value.as_deref().map_or(0, <[u8]>::len));
        texts.sum::<usize>() + self.entries.capacity() * size_of::<Entry>()
    }

    #[cfg(test)]
    pub(super) fn fields(&self) -> (usize, Vec<super::Field<'_>>) {
        let fields = self.entries.iter();
        let fields = fields.map(|entry| super::Field { name: entry.name.bytes(), value: entry.value() });
        (self.size, fields.collect())
    }

    fn evict_for(&mut self, size: usize) {
        while self.size + size > self.limit.unwrap_or(usize::MAX).min(limits::HPACK_TABLE_BYTES) {
            let gone_there = self.limit.is_some_and(|limit| self.size + size > limit);
            let Some(oldest) = self.entries.pop_back() else { return };
            self.size -= oldest.size;
            self.complete = gone_there;
        }
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.size = 0;
    }
}

impl Entry {
    /// `length` is that of the value, also when the value itself must not be kept.
    pub(super) fn new(name: Name, value: Option<&[u8]>, length: usize) -> Self {
        let size = name.bytes().map_or(0, <[u8]>::len) + length + ENTRY_BYTES;
        let value = match name.sort() {
            Some(Sort::Plain) => value.map(Box::from),
            Some(Sort::Url) => value.map(clean),
            Some(Sort::Secret) | None => None,
        };
        Self { name, value, size }
    }

    pub(super) fn value(&self) -> Value<'_> {
        match (&self.value, &self.name) {
            (Some(value), _) => Value::Known(value),
            (None, Name::Unknown) => Value::Unknown,
            (None, Name::Static(_) | Name::Shared(..)) => Value::Secret,
        }
    }
}

/// A URL without the credentials in it.
fn clean(url: &[u8]) -> Box<[u8]> {
    let text = String::from_utf8_lossy(url);
    let clean = secret::clean_target(&text);
    if clean == text { Box::from(url) } else { Box::from(clean.as_bytes()) }
}

/// What an entry counts beyond its name and value (§4.1).
const ENTRY_BYTES: usize = 32;

/// RFC 9113 §6.5.2.
const INITIAL_LIMIT: usize = 4096;
