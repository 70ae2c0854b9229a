//! HPACK (RFC 7541), as one who listens has to decode it.
//!
//! Comes in: whole header blocks of one direction, in order, and word of those that were lost. Goes out: their fields.
//! One who joins late, or loses a block, does not know what the encoder's table held before. Indexes count from the
//! newest entry, so what was added since is still known, and what lies beyond is given as unknown. A valid encoder's
//! field may so come as unknown, but never as something else than it was: see [`table`] for why.
//!
//! ```text
//!                 lose(), malformed block, entry evicted for our cap alone
//!   complete ──────────────────────────────────────────────────────────────► incomplete
//!   (index beyond: malformed)                                                (index beyond: unknown)
//!       ▲                                                                        │
//!       └──── all that was there before must have left the encoder's table ◄─────┘
//! ```
//!
//! Values of credentials are not decoded at all, only measured: they exist nowhere but in the block. So are values of
//! fields whose name is unknown, since they may be credentials. URLs are kept in the table without the credentials in
//! them; a URL that comes right out of a block has them still, and is the caller's to clean.
//!
//! Not handled: SETTINGS_HEADER_TABLE_SIZE. The encoder says the size it uses in the block itself (§4.2), and whether
//! it may is between it and its peer. Field names and values that HTTP/2 does not allow pass through: the caller judges.

mod huffman;
mod name;
mod reader;
mod table;

use name::{Name, Sort};
use reader::{Reader, Scratch, Text};
use table::{Entry, Table};

use crate::limits;

/// One field of a header block.
pub(crate) struct Field<'a> {
    /// The name as sent. `None`: it stands in the table, from before anything was seen.
    pub(crate) name: Option<&'a [u8]>,
    pub(crate) value: Value<'a>,
}

impl Field<'_> {
    /// Bytes of what is known of it.
    pub(crate) fn len(&self) -> usize {
        let value = match self.value {
            Value::Known(value) => value.len(),
            Value::Secret | Value::Unknown => 0,
        };
        self.name.map_or(0, <[u8]>::len) + value
    }
}

/// The value of a [`Field`].
pub(crate) enum Value<'a> {
    Known(&'a [u8]),
    /// A credential.
    Secret,
    /// The name is unknown, so the value is either unknown too, or a credential for all we know.
    Unknown,
}

/// Decodes the header blocks of one direction.
pub(crate) struct Decoder {
    table: Table,
}

/// What else there is to say of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What the block breaks. Its fields were given up to there.
    pub(crate) malformed: Option<&'static str>,
    /// Some field was unknown.
    pub(crate) unknown: bool,
    /// Some fields were left out: [`limits::HEAD_BYTES`].
    pub(crate) limited: Option<&'static str>,
}

impl Decoder {
    /// For a direction that is seen from its first header block on (`whole`), or from somewhere later.
    pub(crate) fn new(whole: bool) -> Self {
        Self { table: if whole { Table::initial() } else { Table::unknown() } }
    }

    /// Decodes a whole block. A malformed one cannot be read to its end, so it is lost from there on.
    pub(crate) fn decode(&mut self, block: &[u8], each: &mut dyn FnMut(Field<'_>)) -> Outcome {
        let Self { table } = self;
        let out = Out { each, room: limits::HEAD_BYTES, outcome: Outcome::default() };
        let mut pass = Pass { table, reader: Reader::new(block), scratch: Scratch::default(), out };
        let result = pass.run();
        let mut outcome = pass.out.outcome;
        if let Err(why) = result {
            outcome.malformed = Some(why);
            self.lose();
        }
        outcome
    }

    /// A block was lost, or part of it: entries may have been added, and the table's size changed.
    pub(crate) fn lose(&mut self) {
        self.table.lose();
    }

    /// Memory taken: at most four times [`limits::HPACK_TABLE_BYTES`].
    pub(crate) fn held(&self) -> usize {
        self.table.held()
    }

    /// The dynamic table's size and its fields, the newest first.
    #[cfg(test)]
    pub(crate) fn table(&self) -> (usize, Vec<Field<'_>>) {
        self.table.fields()
    }
}

/// The way through one block.
struct Pass<'a> {
    table: &'a mut Table,
    reader: Reader<'a>,
    scratch: Scratch,
    out: Out<'a>,
}

/// Where fields go.
struct Out<'a> {
    each: &'a mut dyn FnMut(Field<'_>),
    /// Bytes of fields that may still be given. One byte of a block may stand for a field of any length, so this and
    /// not the block's length bounds what the caller gets.
    room: usize,
    outcome: Outcome,
}

impl Pass<'_> {
    fn run(&mut self) -> Result<(), &'static str> {
        let mut fields = false;
        while let Some(first) = self.reader.byte() {
            // RFC 7541 §6.
            match first {
                0x80.. => {
                    let index = self.reader.integer(first, 7)?;
                    self.indexed(index)?;
                }
                0x40.. => {
                    let index = self.reader.integer(first, 6)?;
                    self.literal(index, true)?;
                }
                0x20.. => {
                    let size = self.reader.integer(first, 5)?;
                    // §4.2: only before the first field.
                    if fields {
                        return Err(LATE_SIZE);
                    }
                    self.table.resize(size);
                    continue;
                }
                // Without indexing and never indexed, which is a word to proxies.
                0x00.. => {
                    let index = self.reader.integer(first, 4)?;
                    self.literal(index, false)?;
                }
            }
            fields = true;
        }
        Ok(())
    }

    fn indexed(&mut self, index: usize) -> Result<(), &'static str> {
        match self.table.entry(index).ok_or(INDEX)? {
            table::Found::Static(index) => {
                let (name, value) = name::static_field(index);
                let value = match name::static_sort(index) {
                    Sort::Secret => Value::Secret,
                    Sort::Plain | Sort::Url => Value::Known(value.as_bytes()),
                };
                self.out.give(Some(name.as_bytes()), value);
            }
            table::Found::Dynamic(entry) => self.out.give(entry.name.bytes(), entry.value()),
            table::Found::Unknown => self.out.give(None, Value::Unknown),
        }
        Ok(())
    }

    fn literal(&mut self, index: usize, keep: bool) -> Result<(), &'static str> {
        self.scratch.clear();
        match index {
            0 => {
                let name = self.reader.text(&mut self.scratch)?;
                match name.bytes(&self.scratch).map(Sort::of) {
                    Some(Sort::Secret) => self.secret(&Named::Literal(name, Sort::Secret), keep),
                    Some(sort) => self.value(&Named::Literal(name, sort), keep),
                    None => self.too_long(&name, keep),
                }
            }
            _ => {
                let name = self.table.name(index).ok_or(INDEX)?;
                match name.sort() {
                    Some(Sort::Plain | Sort::Url) => self.value(&Named::Indexed(name), keep),
                    Some(Sort::Secret) | None => self.secret(&Named::Indexed(name), keep),
                }
            }
        }
    }

    /// The value of a field that may be known.
    fn value(&mut self, name: &Named<'_>, keep: bool) -> Result<(), &'static str> {
        let text = self.reader.text(&mut self.scratch)?;
        let Some(value) = text.bytes(&self.scratch) else {
            self.out.leave_out();
            if keep {
                // Longer than what the scratch takes is longer than what the table takes.
                self.table.make_room(name.len() + text.len());
            }
            return Ok(());
        };
        self.out.give(name.bytes(&self.scratch), Value::Known(value));
        if keep && self.table.make_room(name.len() + value.len()) {
            let entry = Entry::new(name.to_keep(&self.scratch), Some(value), value.len());
            self.table.push(entry);
        }
        Ok(())
    }

    /// The value of a field that is a credential, or of which nobody knows whether it is one.
    fn secret(&mut self, name: &Named<'_>, keep: bool) -> Result<(), &'static str> {
        let length = self.reader.pass_text()?;
        match name.bytes(&self.scratch) {
            Some(name) => self.out.give(Some(name), Value::Secret),
            None => self.out.give(None, Value::Unknown),
        }
        if keep && self.table.make_room(name.len() + length) {
            let entry = Entry::new(name.to_keep(&self.scratch), None, length);
            self.table.push(entry);
        }
        Ok(())
    }

    /// The rest of a field whose name is longer than what is kept of anything.
    fn too_long(&mut self, name: &Text<'_>, keep: bool) -> Result<(), &'static str> {
        let length = self.reader.pass_text()?;
        self.out.leave_out();
        if keep {
            self.table.make_room(name.len() + length);
        }
        Ok(())
    }
}

/// The name of a literal field.
enum Named<'a> {
    Literal(Text<'a>, Sort),
    Indexed(Name),
}

impl Named<'_> {
    fn bytes<'s>(&'s self, scratch: &'s Scratch) -> Option<&'s [u8]> {
        match self {
            Self::Literal(text, _) => text.bytes(scratch),
            Self::Indexed(name) => name.bytes(),
        }
    }

    /// Of an unknown name: at least this.
    fn len(&self) -> usize {
        match self {
            Self::Literal(text, _) => text.len(),
            Self::Indexed(name) => name.bytes().map_or(0, <[u8]>::len),
        }
    }

    fn to_keep(&self, scratch: &Scratch) -> Name {
        match self {
            Self::Literal(text, sort) => Name::new(text.bytes(scratch).unwrap_or_default(), *sort),
            Self::Indexed(name) => name.clone(),
        }
    }
}

impl Out<'_> {
    fn give(&mut self, name: Option<&[u8]>, value: Value<'_>) {
        let known = match value {
            Value::Known(value) => value.len(),
            Value::Secret => 0,
            Value::Unknown => {
                self.outcome.unknown = true;
                0
            }
        };
        match self.room.checked_sub(name.map_or(0, <[u8]>::len) + known) {
            Some(room) => {
                self.room = room;
                (self.each)(Field { name, value });
            }
            None => self.leave_out(),
        }
    }

    fn leave_out(&mut self) {
        self.outcome.limited = Some("header bytes");
    }
}

const INDEX: &str = "hpack index";
const LATE_SIZE: &str = "hpack table size";
