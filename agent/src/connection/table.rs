//! All connections of a shard, within their caps.
//!
//! What a connection holds is the shard's affair; this keeps count, finds the idle, and finds those of one process.

use std::collections::HashMap;

use wire::Time;

use crate::{capture::ConnId, connection::limits};

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// As many connections as allowed.
    TableFull,
}

/// Connections and what is known of them.
#[derive(Debug)]
pub struct Table<T> {
    entries: HashMap<ConnId, Entry<T>>,
    capacity: usize,
}

#[derive(Debug)]
struct Entry<T> {
    last: Time,
    value: T,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self::with_capacity(limits::CONNECTIONS)
    }
}

impl<T> Table<T> {
    /// With another cap.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity }
    }

    /// The connection's value, made by `new` if it has none.
    pub fn entry(&mut self, id: ConnId, at: Time, new: impl FnOnce() -> T) -> Result<&mut T, Refused> {
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&id) {
            return Err(Refused::TableFull);
        }
        let entry = self.entries.entry(id).or_insert_with(|| Entry { last: at, value: new() });
        entry.last = entry.last.max(at);
        Ok(&mut entry.value)
    }

    /// The connection's value, if it has one.
    pub fn get(&mut self, id: ConnId, at: Time) -> Option<&mut T> {
        let entry = self.entries.get_mut(&id)?;
        entry.last = entry.last.max(at);
        Some(&mut entry.value)
    }

    /// Takes a connection out.
    pub fn remove(&mut self, id: ConnId) -> Option<T> {
        self.entries.remove(&id).map(|entry| entry.value)
    }

    /// Takes out those of a process, oldest first.
    pub fn remove_process(&mut self, tgid: u32, start: u64) -> Vec<(ConnId, T)> {
        self.remove_where(|id, _| id.tgid == tgid && id.start == start)
    }

    /// Takes out those that had no record for long, oldest first.
    pub fn remove_idle(&mut self, now: Time) -> Vec<(ConnId, T)> {
        self.remove_where(|_, last| now.since(last) > limits::IDLE_NS)
    }

    /// Takes out all, oldest first.
    pub fn remove_all(&mut self) -> Vec<(ConnId, T)> {
        self.remove_where(|_, _| true)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// In an order that does not depend on the map's: output must be the same for the same input.
    fn remove_where(&mut self, mut which: impl FnMut(ConnId, Time) -> bool) -> Vec<(ConnId, T)> {
        let mut ids: Vec<_> =
            self.entries.iter().filter(|(id, entry)| which(**id, entry.last)).map(|(id, _)| *id).collect();
        ids.sort_unstable_by_key(|id| (id.generation, *id));
        ids.into_iter().filter_map(|id| Some((id, self.remove(id)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(tgid: u32, generation: u64) -> ConnId {
        ConnId { tgid, start: 1, pointer: 0xa, generation }
    }

    #[test]
    fn a_full_table_refuses_new_ones_and_keeps_the_old() {
        let mut table = Table::with_capacity(2);
        assert_eq!(table.entry(id(1, 1), Time(1), || "a"), Ok(&mut "a"));
        assert_eq!(table.entry(id(1, 2), Time(1), || "b"), Ok(&mut "b"));
        assert_eq!(table.entry(id(1, 3), Time(1), || "c"), Err(Refused::TableFull));
        assert_eq!(table.entry(id(1, 1), Time(1), || "d"), Ok(&mut "a"));
    }

    #[test]
    fn a_reused_pointer_is_another_connection() {
        let mut table = Table::default();
        assert_eq!(table.entry(id(1, 1), Time(1), || "first"), Ok(&mut "first"));
        assert_eq!(table.entry(id(1, 2), Time(2), || "second"), Ok(&mut "second"));
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn idle_ones_and_those_of_a_process_leave_oldest_first() {
        let mut table = Table::default();
        for (tgid, generation, at) in [(1, 30, 5), (2, 10, 6), (1, 20, 7), (1, 5, limits::IDLE_NS + 6)] {
            assert!(table.entry(id(tgid, generation), Time(at), || generation).is_ok());
        }
        let idle: Vec<_> = table.remove_idle(Time(limits::IDLE_NS + 7)).into_iter().map(|(_, v)| v).collect();
        assert_eq!(idle, [10, 30]);
        let of_process: Vec<_> = table.remove_process(1, 1).into_iter().map(|(_, v)| v).collect();
        assert_eq!(of_process, [5, 20]);
        assert!(table.is_empty());
    }
}
