//! Blocks of other encoders: see `testdata/hpack/README.md`. Each story is run from its first block on, joined at
//! every block, and with every block lost.

use serde_json::Value as Json;

use super::hpack::{decode, unhex};
use crate::h2::hpack::{Decoder, Outcome};
use crate::secret;

/// The blocks that one encoder made of a story.
struct Story {
    name: String,
    blocks: Vec<Vec<u8>>,
    /// The fields of each block, as [`shown`].
    truth: Vec<Vec<String>>,
    /// For each field of each block, the earliest block that it depends on.
    needs: Vec<Vec<usize>>,
}

const FILES: [(&str, &str); 10] = [
    ("00", include_str!("../../testdata/hpack/story_00.json")),
    ("05", include_str!("../../testdata/hpack/story_05.json")),
    ("12", include_str!("../../testdata/hpack/story_12.json")),
    ("20", include_str!("../../testdata/hpack/story_20.json")),
    ("22", include_str!("../../testdata/hpack/story_22.json")),
    ("24", include_str!("../../testdata/hpack/story_24.json")),
    ("27", include_str!("../../testdata/hpack/story_27.json")),
    ("29", include_str!("../../testdata/hpack/story_29.json")),
    ("30", include_str!("../../testdata/hpack/story_30.json")),
    ("31", include_str!("../../testdata/hpack/story_31.json")),
];

fn stories() -> Vec<Story> {
    FILES.iter().flat_map(|(number, text)| read(number, text)).collect()
}

fn read(number: &str, text: &str) -> Vec<Story> {
    let json: Json = serde_json::from_str(text).unwrap();
    let string = |json: &Json| json.as_str().unwrap().to_owned();
    let list = |json: &Json| json.as_array().unwrap().clone();
    let field = |field: &Json| shown(&string(&field[0]), &string(&field[1]));
    let truth: Vec<Vec<_>> =
        list(&json["headers"]).iter().map(|case| list(case).iter().map(field).collect()).collect();
    let story = |(encoder, wires): (&String, &Json)| {
        let blocks: Vec<_> = list(wires).iter().map(|wire| unhex(&string(wire))).collect();
        assert_eq!(blocks.len(), truth.len());
        let needs = needs(&blocks);
        Story { name: format!("{encoder} {number}"), blocks, truth: truth.clone(), needs }
    };
    json["wires"].as_object().unwrap().iter().map(story).collect()
}

/// A field as it may be shown: secrets and credentials in URLs are not.
fn shown(name: &str, value: &str) -> String {
    if secret::is_secret(name) {
        format!("{name}: (secret)")
    } else if matches!(name, ":path" | ":authority") || secret::is_url(name) {
        format!("{name}: {}", secret::clean_target(value))
    } else {
        format!("{name}: {value}")
    }
}

/// A line that was decoded, where only URLs may stand otherwise: out of the table they come cleaned.
fn cleaned(line: &str) -> String {
    match line.split_once(": ") {
        Some((name, value)) if !secret::is_secret(name) && name != "?" => shown(name, value),
        Some(_) | None => line.to_owned(),
    }
}

/// Reads as much of the blocks as tells where fields come from. Entries are never evicted here, since what is evicted
/// is not asked for.
fn needs(blocks: &[Vec<u8>]) -> Vec<Vec<usize>> {
    let mut added: Vec<usize> = Vec::new();
    let mut all = Vec::new();
    for (number, block) in blocks.iter().enumerate() {
        let mut needs = Vec::new();
        let mut rest = &block[..];
        while let [first, tail @ ..] = rest {
            rest = tail;
            let bits = match first {
                0x80.. => 7,
                0x40.. => 6,
                0x20.. => 5,
                _ => 4,
            };
            let index = integer(*first, bits, &mut rest);
            if bits == 5 {
                continue;
            }
            let need = if index <= 61 { number } else { added[added.len() - (index - 61)] };
            if bits != 7 {
                let texts = if index == 0 { 2 } else { 1 };
                for _ in 0..texts {
                    let (first, tail) = rest.split_first().unwrap();
                    rest = tail;
                    let length = integer(*first, 7, &mut rest);
                    rest = &rest[length..];
                }
            }
            if bits == 6 {
                added.push(need);
            }
            needs.push(need);
        }
        all.push(needs);
    }
    all
}

fn integer(first: u8, bits: u32, rest: &mut &[u8]) -> usize {
    let prefix = (1_usize << bits) - 1;
    let mut value = usize::from(first) & prefix;
    let mut shift = 0;
    let mut more = value == prefix;
    while more {
        let (byte, tail) = rest.split_first().unwrap();
        value += usize::from(byte & 0x7f) << shift;
        shift += 7;
        more = byte & 0x80 != 0;
        *rest = tail;
    }
    value
}

/// Decodes the blocks from `from` on. What depends on blocks before `known_from` must be unknown, all else right.
fn run_from(story: &Story, decoder: &mut Decoder, from: usize, known_from: usize) {
    let Story { name, blocks, truth, needs } = story;
    for number in from..blocks.len() {
        let (fields, outcome) = decode(decoder, &blocks[number]);
        let expect: Vec<_> = truth[number]
            .iter()
            .zip(&needs[number])
            .map(|(line, need)| if *need < known_from { "?: ?" } else { line })
            .collect();
        let fields: Vec<_> = fields.iter().map(|line| cleaned(line)).collect();
        assert_eq!(fields, expect, "{name}, block {number}, known from {known_from}");
        let unknown = expect.contains(&"?: ?");
        assert_eq!(outcome, Outcome { unknown, ..Outcome::default() }, "{name}, block {number}");
    }
}

#[test]
fn whole() {
    let stories = stories();
    let mut counts = (stories.len(), 0, 0);
    for story in &stories {
        run_from(story, &mut Decoder::new(true), 0, 0);
        counts.1 += story.blocks.len();
        counts.2 += story.truth.iter().map(Vec::len).sum::<usize>();
    }
    assert_eq!(counts, (83, 1540, 17_931), "stories, blocks and fields");
}

#[test]
fn joined_at_every_block() {
    for story in stories() {
        for from in 0..story.blocks.len() {
            run_from(&story, &mut Decoder::new(false), from, from);
        }
    }
}

#[test]
fn every_block_lost() {
    for story in stories() {
        for lost in 0..story.blocks.len() {
            let mut decoder = Decoder::new(true);
            for block in &story.blocks[..lost] {
                decode(&mut decoder, block);
            }
            decoder.lose();
            run_from(&story, &mut decoder, lost + 1, lost + 1);
        }
    }
}

/// The property above says nothing where nothing is referred to over blocks.
#[test]
fn stories_refer_to_earlier_blocks() {
    let far = |story: &Story| {
        let needs = story.needs.iter().enumerate();
        needs
            .flat_map(|(number, needs)| needs.iter().map(move |need| number - need))
            .filter(|far| *far > 0)
            .count()
    };
    assert!(stories().iter().map(far).sum::<usize>() > 5000);
}
