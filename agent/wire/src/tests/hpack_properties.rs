//! Header blocks of random encoders, with blocks lost and sizes changed; and random bytes. The encoder here shares no
//! code with the decoder and has a table of its own.

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::hpack::{decode, integer, line, text};
use crate::h2::hpack::{Decoder, Field, Outcome, Value};
use crate::{limits, secret};

/// How a field is to be sent, where that can be done.
#[derive(Clone, Debug)]
struct Sent {
    name: String,
    value: Vec<u8>,
    /// By its index, if it has one.
    indexed: bool,
    /// The name by its index, if it has one. Of several the one at this place.
    name_indexed: Option<usize>,
    kind: Kind,
    coded: (bool, bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Indexing,
    Plain,
    Never,
}

#[derive(Clone, Debug)]
struct Block {
    sizes: Vec<usize>,
    fields: Vec<Sent>,
    seen: bool,
}

struct Entry {
    name: String,
    value: Vec<u8>,
    /// The block that has to be seen for it to be known.
    need: usize,
}

struct Encoder {
    /// The newest first.
    table: VecDeque<Entry>,
    limit: usize,
}

impl Encoder {
    fn size(&self) -> usize {
        self.table.iter().map(|entry| entry.name.len() + entry.value.len() + 32).sum()
    }

    fn evict(&mut self, limit: usize) {
        while self.size() > limit {
            self.table.pop_back();
        }
    }

    fn add(&mut self, entry: Entry) {
        let size = entry.name.len() + entry.value.len() + 32;
        self.evict(self.limit.saturating_sub(size));
        if size <= self.limit {
            self.table.push_front(entry);
        }
    }

    /// A block's bytes, and for each field the block that has to be seen for it to be known.
    fn encode(&mut self, number: usize, block: &Block) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = Vec::new();
        for size in &block.sizes {
            self.limit = *size;
            self.evict(*size);
            bytes.extend(integer(0x20, 5, *size));
        }
        let mut needs = Vec::new();
        for sent in &block.fields {
            let Sent { name, value, indexed, name_indexed, kind, coded } = sent;
            let same = |entry: &Entry| entry.name == *name && entry.value == *value;
            if *indexed && let Some(at) = self.table.iter().position(same) {
                bytes.extend(integer(0x80, 7, 62 + at));
                needs.push(self.table[at].need);
                continue;
            }
            if *indexed
                && let Some((index, ..)) = STATIC.iter().find(|(_, n, v)| n == name && v.as_bytes() == value)
            {
                bytes.extend(integer(0x80, 7, *index));
                needs.push(number);
                continue;
            }
            let dynamic = self.table.iter().enumerate().filter(|(_, entry)| entry.name == *name);
            let mut named: Vec<_> = dynamic.map(|(at, entry)| (62 + at, entry.need)).collect();
            named.extend(STATIC.iter().filter(|(_, n, _)| n == name).map(|(index, ..)| (*index, number)));
            let by_index = name_indexed.and_then(|nth| named.get(nth % named.len().max(1)));
            let (first, bits) = match kind {
                Kind::Indexing => (0x40, 6),
                Kind::Plain => (0x00, 4),
                Kind::Never => (0x10, 4),
            };
            let need = match by_index {
                Some((index, need)) => {
                    bytes.extend(integer(first, bits, *index));
                    *need
                }
                None => {
                    bytes.push(first);
                    bytes.extend(text(name.as_bytes(), coded.0));
                    number
                }
            };
            bytes.extend(text(value, coded.1));
            if *kind == Kind::Indexing {
                self.add(Entry { name: name.clone(), value: value.clone(), need });
            }
            needs.push(need);
        }
        (bytes, needs)
    }
}

/// Some of the static table.
const STATIC: [(usize, &str, &str); 7] = [
    (1, ":authority", ""),
    (2, ":method", "GET"),
    (4, ":path", "/"),
    (8, ":status", "200"),
    (23, "authorization", ""),
    (31, "content-type", ""),
    (61, "www-authenticate", ""),
];

fn sent() -> impl Strategy<Value = Sent> {
    let names = vec![
        ":authority",
        ":method",
        ":path",
        "authorization",
        "content-type",
        "cookie",
        "x-a",
        "X-B",
        "x-key",
    ];
    let name = prop_oneof![
        8 => select(names).prop_map(str::to_owned),
        1 => "[a-z-]{0,40}",
    ];
    let value = prop_oneof![
        6 => select(vec!["", "GET", "/", "/a?key=b", "text/event-stream", "1"]).prop_map(|v| v.as_bytes().to_vec()),
        3 => vec(any::<u8>(), 0..40),
        1 => (0_usize..3000).prop_map(|length| vec![b'x'; length]),
    ];
    let kind = prop_oneof![4 => Just(Kind::Indexing), 1 => Just(Kind::Plain), 1 => Just(Kind::Never)];
    let name_indexed = proptest::option::weighted(0.7, 0_usize..5);
    (name, value, any::<bool>(), name_indexed, kind, any::<(bool, bool)>()).prop_map(
        |(name, value, indexed, name_indexed, kind, coded)| Sent {
            name,
            value,
            indexed,
            name_indexed,
            kind,
            coded,
        },
    )
}

fn block(sizes: &'static [usize]) -> impl Strategy<Value = Block> {
    let sizes = prop_oneof![4 => Just(vec![]), 1 => vec(select(sizes), 1..3)];
    (sizes, vec(sent(), 0..10), proptest::bool::weighted(0.85)).prop_map(|(sizes, fields, seen)| Block {
        sizes,
        fields,
        seen,
    })
}

/// What is to come of a field that is known. URLs have lost their credentials if they come out of the table.
fn expect(sent: &Sent) -> String {
    let Sent { name, value, .. } = sent;
    if secret::is_secret(&name.to_lowercase()) {
        line(&Field { name: Some(name.as_bytes()), value: Value::Secret })
    } else {
        cleaned(line(&Field { name: Some(name.as_bytes()), value: Value::Known(value) }))
    }
}

fn cleaned(line: String) -> String {
    [":path: ", ":authority: "]
        .into_iter()
        .find_map(|name| Some(format!("{name}{}", secret::clean_target(line.strip_prefix(name)?))))
        .unwrap_or(line)
}

/// Runs the blocks, and gives each field: what came of it, what it was, and whether it can be known.
fn run(whole: bool, blocks: &[Block]) -> Result<Vec<(String, String, bool)>, TestCaseError> {
    let mut decoder = Decoder::new(whole);
    let mut encoder = Encoder { table: VecDeque::new(), limit: 4096 };
    let mut known_from = 0;
    let mut joined = whole;
    let mut all = Vec::new();
    for (number, block) in blocks.iter().enumerate() {
        let (bytes, needs) = encoder.encode(number, block);
        if !block.seen {
            // Before joining nobody says that a block was lost.
            if joined {
                decoder.lose();
            }
            known_from = number + 1;
            continue;
        }
        joined = true;
        let (fields, outcome) = decode(&mut decoder, &bytes);
        let unknown = fields.iter().any(|line| line == "?: ?");
        prop_assert_eq!(outcome, Outcome { unknown, ..Outcome::default() });
        prop_assert_eq!(fields.len(), block.fields.len());
        prop_assert!(decoder.held() <= 4 * limits::HPACK_TABLE_BYTES);
        for ((field, sent), need) in fields.into_iter().zip(&block.fields).zip(needs) {
            all.push((cleaned(field), expect(sent), need >= known_from));
        }
    }
    Ok(all)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_can_be_known_is_right_and_the_rest_unknown(
        whole in any::<bool>(),
        blocks in vec(block(&[0, 31, 32, 40, 100, 500, 4096, 65_536]), 1..12),
    ) {
        for (field, expect, known) in run(whole, &blocks)? {
            prop_assert_eq!(field, if known { expect } else { "?: ?".to_owned() });
        }
    }

    #[test]
    fn tables_larger_than_ours_are_never_wrong(
        whole in any::<bool>(),
        blocks in vec(block(&[100, 70_000, 1 << 20]), 1..40),
    ) {
        for (field, expect, known) in run(whole, &blocks)? {
            prop_assert!(field == "?: ?" || known && field == expect, "{field:?} for {expect:?}");
        }
    }

    #[test]
    fn garbage_is_survived(
        whole in any::<bool>(),
        blocks in vec(
            prop_oneof![
                vec(any::<u8>(), 0..200),
                vec(select(vec![0x3f, 0xe1, 0x1f, 0x40, 0x01, b'a', 0x82, 0xbe, 0x7e, 0xff, 0x80, 0x00]), 0..200),
            ],
            1..20,
        ),
    ) {
        let mut decoder = Decoder::new(whole);
        for block in &blocks {
            let (mut fields, mut bytes) = (0, 0);
            let outcome = decoder.decode(block, &mut |field| {
                fields += 1;
                bytes += field.name.map_or(0, <[u8]>::len);
                if let Value::Known(value) = field.value {
                    bytes += value.len();
                }
            });
            prop_assert!(fields <= block.len());
            prop_assert!(bytes <= limits::HEAD_BYTES);
            prop_assert!(decoder.held() <= 4 * limits::HPACK_TABLE_BYTES);
            if outcome.malformed.is_some() {
                prop_assert!(decoder.table().1.is_empty());
            }
        }
    }
}
