//! What the program is to do, whoever said it: options today, a file and the environment as well later.

use std::{path::PathBuf, sync::Arc};

use genai::{Settings, price::PriceTable};

use crate::{attach::filter::Values, export::writer::Style};

/// What `run` and `record` do.
#[derive(Debug)]
pub struct Options {
    /// Whom to observe.
    pub include: Values,
    /// Whom not.
    pub exclude: Values,
    /// How calls are shown.
    pub style: Style,
    /// Size of the kernel's ring.
    pub ring_bytes: u32,
    /// Shards; each is a task of its own.
    pub shards: usize,
    /// Where everything that was captured is kept.
    pub tape: Option<PathBuf>,
    /// Where the counters are written at stop.
    pub counters: Option<PathBuf>,
    /// What calls are read with.
    pub reading: Reading,
}

/// What calls are read with: the same for all connections.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Hosts that the user names, and the key of digests.
    pub settings: Arc<Settings>,
    /// What calls cost.
    pub prices: Arc<PriceTable>,
}

impl Default for Reading {
    /// Nothing is named, digests are not keyed, and prices are those that are part of the program.
    fn default() -> Self {
        Self { settings: Arc::default(), prices: PriceTable::embedded() }
    }
}
