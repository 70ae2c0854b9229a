//! The bytes of one item while it comes: a slice where one piece holds them all, otherwise a copy.
//!
//! Comes in: parts of pieces, in order. Goes out: the item's bytes up to a cap, and where its first one stands.

use bytes::Bytes;

use crate::piece::{Origin, Piece};

/// An item under way.
#[derive(Default)]
pub(crate) struct Gather {
    first: Option<Origin>,
    data: Data,
    truncated: bool,
}

/// An item that is whole.
pub(crate) struct Gathered {
    /// Of its first byte.
    pub(crate) first: Origin,
    pub(crate) data: Bytes,
    /// It was longer than the cap, and this is only its beginning.
    pub(crate) truncated: bool,
}

#[derive(Default)]
enum Data {
    #[default]
    Absent,
    /// Never kept over the end of a piece, for it would keep all of it in memory.
    Slice(Bytes),
    Copied(Vec<u8>),
}

impl Gather {
    /// Appends `part`, which is in `piece` and whose first byte is `from`. What passes `cap` is dropped and marked.
    pub(crate) fn append(&mut self, piece: &Piece, part: &[u8], from: Origin, cap: usize) {
        if part.is_empty() {
            return;
        }
        self.first.get_or_insert(from);
        let kept = part.get(..cap.saturating_sub(self.len())).unwrap_or(part);
        self.truncated |= kept.len() < part.len();
        if kept.is_empty() {
            return;
        }
        self.data = match std::mem::take(&mut self.data) {
            Data::Absent => Data::Slice(piece.bytes.slice_ref(kept)),
            Data::Slice(before) => Data::Copied([&before, kept].concat()),
            Data::Copied(mut before) => {
                before.extend_from_slice(kept);
                Data::Copied(before)
            }
        };
    }

    /// Lets go of the piece that the bytes are a slice of. To be called at the end of each piece.
    pub(crate) fn detach(&mut self) {
        if let Data::Slice(bytes) = &self.data {
            self.data = Data::Copied(bytes.to_vec());
        }
    }

    /// The item is whole; the next one may begin.
    pub(crate) fn take(&mut self) -> Gathered {
        let Self { first, data, truncated } = std::mem::take(self);
        let data = match data {
            Data::Absent => Bytes::new(),
            Data::Slice(bytes) => bytes,
            Data::Copied(bytes) => Bytes::from(bytes),
        };
        Gathered { first: first.unwrap_or_default(), data, truncated }
    }

    /// The first byte, where one came.
    pub(crate) fn first(&self) -> Option<Origin> {
        self.first
    }

    /// Memory taken.
    pub(crate) fn held(&self) -> usize {
        match &self.data {
            Data::Absent => 0,
            Data::Slice(bytes) => bytes.len(),
            Data::Copied(bytes) => bytes.capacity(),
        }
    }

    fn len(&self) -> usize {
        match &self.data {
            Data::Absent => 0,
            Data::Slice(bytes) => bytes.len(),
            Data::Copied(bytes) => bytes.len(),
        }
    }
}
