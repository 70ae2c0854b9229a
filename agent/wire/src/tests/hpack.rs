//! Header blocks, rule by rule, and blocks that break one.

use std::sync::LazyLock;

use crate::h2::hpack::{Decoder, Field, Outcome, Value};
use crate::limits;

/// The fields of a block, a line each: `name: value`, `name: (secret)`, `?: ?`.
pub(super) fn decode(decoder: &mut Decoder, block: &[u8]) -> (Vec<String>, Outcome) {
    let mut fields = Vec::new();
    let outcome = decoder.decode(block, &mut |field| fields.push(line(&field)));
    (fields, outcome)
}

pub(super) fn line(field: &Field<'_>) -> String {
    let name = field.name.map_or("?".into(), String::from_utf8_lossy);
    match field.value {
        Value::Known(value) => format!("{name}: {}", String::from_utf8_lossy(value)),
        Value::Secret => format!("{name}: (secret)"),
        Value::Unknown => format!("{name}: ?"),
    }
}

pub(super) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// Code and length of each symbol, as the RFC prints them.
static HUFFMAN: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| {
    let lines = include_str!("../../testdata/hpack/huffman.txt").lines();
    let code = |line: &str| {
        let (code, length) = line.split_once(' ').unwrap();
        (u32::from_str_radix(code, 16).unwrap(), length.parse().unwrap())
    };
    lines.map(code).collect()
});

/// Codes after each other, padded with ones.
pub(super) fn huffman(symbols: impl IntoIterator<Item = usize>) -> Vec<u8> {
    let bits: Vec<bool> = symbols
        .into_iter()
        .flat_map(|symbol| {
            let (code, length) = HUFFMAN[symbol];
            (0..length).rev().map(move |bit| code >> bit & 1 == 1)
        })
        .collect();
    pack(&bits)
}

fn pack(bits: &[bool]) -> Vec<u8> {
    bits.chunks(8)
        .map(|bits| (0..8).fold(0, |byte, i| byte << 1 | u8::from(*bits.get(i).unwrap_or(&true))))
        .collect()
}

/// An integer with a prefix of `bits` bits, the bits above as in `first`.
pub(super) fn integer(first: u8, bits: u32, value: usize) -> Vec<u8> {
    let prefix = (1 << bits) - 1;
    if value < prefix {
        return vec![first | value as u8];
    }
    let mut bytes = vec![first | prefix as u8];
    let mut rest = value - prefix;
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// A string, as it is or Huffman coded.
pub(super) fn text(value: &[u8], coded: bool) -> Vec<u8> {
    let bytes = if coded { huffman(value.iter().map(|byte| usize::from(*byte))) } else { value.to_vec() };
    [integer(if coded { 0x80 } else { 0 }, 7, bytes.len()), bytes].concat()
}

/// A literal field with a literal name.
fn literal(kind: u8, name: &str, value: &[u8]) -> Vec<u8> {
    [vec![kind], text(name.as_bytes(), false), text(value, true)].concat()
}

const INDEXING: u8 = 0x40;
const PLAIN: u8 = 0x00;

#[test]
fn integers() {
    // C.1.1 and C.1.2 are prefixes of 5 bits, which size updates have; what they say shows in what is kept.
    for (block, size) in
        [("2a", 10_usize), ("3f9a0a", 1337), ("3fe11f", 4096), ("3f00", 31), ("3f80808000", 31)]
    {
        for (length, kept) in [(size.saturating_sub(32), false), (size.saturating_sub(33), size >= 33)] {
            let mut decoder = Decoder::new(true);
            assert_eq!(decode(&mut decoder, &unhex(block)).1, Outcome::default());
            decode(&mut decoder, &literal(INDEXING, "a", &vec![b'x'; length]));
            assert_eq!(decoder.table().1.len(), usize::from(kept), "{block} {length}");
        }
    }
}

#[test]
fn every_code_decodes() {
    assert_eq!(HUFFMAN.len(), 257);
    for byte in 0..=255_u8 {
        for padded in [vec![byte], vec![byte, b'0'], vec![b'?', byte], vec![byte; 9]] {
            let (_, outcome) = decode(&mut Decoder::new(true), &literal(PLAIN, "a", &padded));
            assert_eq!(outcome, Outcome::default());
            let mut value = Vec::new();
            Decoder::new(true).decode(&literal(PLAIN, "a", &padded), &mut |field| {
                if let Value::Known(known) = field.value {
                    value = known.to_vec();
                }
            });
            assert_eq!(value, padded);
        }
    }
}

/// A field whose value is Huffman coded as these bytes.
fn coded(bytes: &[u8]) -> Vec<u8> {
    [vec![PLAIN, 1, b'a', 0x80 | bytes.len() as u8], bytes.to_vec()].concat()
}

#[test]
fn bad_codes() {
    let bits = |text: &str| pack(&text.chars().map(|c| c == '1').collect::<Vec<_>>());
    let malformed = |bytes: &[u8]| decode(&mut Decoder::new(true), &coded(bytes)).1.malformed;
    // `0` is 00000, and three ones after it are padding.
    assert_eq!(malformed(&bits("00000")), None);
    assert_eq!(malformed(&bits("00000110")), Some("hpack huffman"));
    // 7 ones may pad, 8 may not.
    assert_eq!(malformed(&huffman([48, 32, 37])), None);
    assert_eq!(malformed(&[0x07, 0xff]), Some("hpack huffman"));
    assert_eq!(malformed(&[0xff]), Some("hpack huffman"));
    assert_eq!(malformed(&[0xff, 0xff, 0xff]), Some("hpack huffman"));
    // EOS, alone and within.
    assert_eq!(malformed(&huffman([256])), Some("hpack huffman"));
    assert_eq!(malformed(&huffman([48, 256, 48])), Some("hpack huffman"));
    // A code that is cut.
    assert_eq!(malformed(&bits("1111111111111111")), Some("hpack huffman"));
    assert_eq!(malformed(&bits("1111111111111010")), Some("hpack huffman"));
    // A secret is checked like anything else.
    let secret = [vec![PLAIN], text(b"cookie", true), vec![0x81, 0xff]].concat();
    assert_eq!(decode(&mut Decoder::new(true), &secret).1.malformed, Some("hpack huffman"));
}

/// What a block breaks, and how many fields come before.
#[test]
fn malformed() {
    let flood = [vec![0xff], vec![0x80; 1000]].concat();
    let cases: &[(&[u8], &str, usize)] = &[
        (&[0x80], "hpack index", 0),
        (&[0x82, 0xbe], "hpack index", 1),
        (&[0x82, 0x7f, 0x00, 0x01, b'x'], "hpack index", 1),
        (&[0xff], "hpack end", 0),
        (&[0xff, 0x80], "hpack end", 0),
        (&[0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], "hpack integer", 0),
        (&[0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], "hpack integer", 0),
        (&flood, "hpack integer", 0),
        (&[0x40], "hpack end", 0),
        (&[0x40, 0x01], "hpack end", 0),
        (&[0x40, 0x01, b'a'], "hpack end", 0),
        (&[0x40, 0x01, b'a', 0x02, b'b'], "hpack end", 0),
        (&[0x40, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x0e], "hpack end", 0),
        (&[0x82, 0x20], "hpack table size", 1),
    ];
    for (block, expect, fields) in cases {
        let mut decoder = Decoder::new(true);
        let (decoded, outcome) = decode(&mut decoder, block);
        assert_eq!((outcome.malformed, decoded.len()), (Some(*expect), *fields), "{block:02x?}");
        // What stood behind the error is missed.
        assert_eq!(decode(&mut decoder, &[0xbe]).0, ["?: ?"], "{block:02x?}");
    }
}

#[test]
fn cut_blocks_give_the_fields_before() {
    // Blocks of C.3, and where a field of theirs ends.
    let cases: [(&str, &[usize]); 2] = [
        ("828684410f7777772e6578616d706c652e636f6d", &[0, 1, 2, 3, 20]),
        ("828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", &[0, 1, 2, 3, 4, 29]),
    ];
    for (block, ends) in cases {
        let block = unhex(block);
        for cut in 0..=block.len() {
            let mut decoder = Decoder::new(true);
            decode(&mut decoder, &[literal(INDEXING, "a", b"1"), literal(INDEXING, "b", b"2")].concat());
            let (fields, outcome) = decode(&mut decoder, &block[..cut]);
            assert_eq!(
                fields.len(),
                ends.iter().filter(|end| (1..=cut).contains(end)).count(),
                "cut at {cut}"
            );
            let malformed = (!ends.contains(&cut)).then_some("hpack end");
            assert_eq!(outcome, Outcome { malformed, ..Outcome::default() }, "cut at {cut}");
        }
    }
}

#[test]
fn joined_late() {
    let mut decoder = Decoder::new(false);
    let (fields, outcome) = decode(&mut decoder, &unhex("82be7e01780f2f0179"));
    // Indexed, with a name of the table and indexing, and without.
    assert_eq!(fields, [":method: GET", "?: ?", "?: ?", "?: ?"]);
    assert_eq!(outcome, Outcome { unknown: true, ..Outcome::default() });
    decode(&mut decoder, &literal(INDEXING, "x-a", b"1"));
    // The newest is known, the one before has an unknown name, the rest is from before.
    assert_eq!(decode(&mut decoder, &unhex("bebfc0ff8001")).0, ["x-a: 1", "?: ?", "?: ?", "?: ?"]);
    decoder.lose();
    assert_eq!(decode(&mut decoder, &unhex("be")).0, ["?: ?"]);
}

#[test]
fn complete_again() {
    let beyond = |decoder: &mut Decoder| decode(decoder, &[0xfe]).1;
    let unknown = Outcome { unknown: true, ..Outcome::default() };
    let malformed = Outcome { malformed: Some("hpack index"), ..Outcome::default() };
    // Nothing is left of what was unknown after a size of 0, or once a known size was filled.
    let empty = unhex("203fe11f");
    let refilled =
        [unhex("3fe11f"), literal(INDEXING, "a", &[b'x'; 4000]), literal(INDEXING, "a", &[b'x'; 100])];
    let oversize = [unhex("3fe11f"), literal(INDEXING, "a", &[b'x'; 4096])];
    for (what, block) in [("empty", empty), ("refilled", refilled.concat()), ("oversize", oversize.concat())]
    {
        let mut decoder = Decoder::new(false);
        assert_eq!(beyond(&mut decoder), unknown, "{what}");
        assert_eq!(decode(&mut decoder, &block).1, Outcome::default(), "{what}");
        assert_eq!(beyond(&mut decoder), malformed, "{what}");
    }
    // A size that only might be exceeded leaves a doubt.
    for block in [unhex("3fe11f"), literal(INDEXING, "a", &[b'x'; 5000]), unhex("3f01")] {
        let mut decoder = Decoder::new(false);
        decode(&mut decoder, &block);
        assert_eq!(beyond(&mut decoder), unknown, "{block:02x?}");
    }
}

#[test]
fn an_entry_too_large_empties_the_table() {
    let mut decoder = Decoder::new(true);
    decode(&mut decoder, &literal(INDEXING, "a", b"1"));
    let (fields, outcome) = decode(&mut decoder, &literal(INDEXING, "b", &[b'x'; 4096 - 32]));
    assert_eq!((fields.len(), outcome), (1, Outcome::default()));
    assert_eq!(decoder.table().0, 0);
    assert_eq!(decode(&mut decoder, &[0xbe]).1.malformed, Some("hpack index"));
}

#[test]
fn larger_tables_than_ours() {
    let mut decoder = Decoder::new(true);
    decode(&mut decoder, &integer(0x20, 5, 1 << 20));
    for i in 0..10_u8 {
        let block = literal(INDEXING, "a", &vec![b'0' + i; 10_000]);
        assert_eq!(decode(&mut decoder, &block).1, Outcome::default());
    }
    // Six of them and a bit; the encoder has them all.
    let (fields, outcome) = decode(&mut decoder, &[0xbe, 0xc3, 0xc4, 0xc7]);
    let heads: Vec<_> = fields.iter().map(|line| line.get(..4).unwrap_or(line)).collect();
    assert_eq!(heads, ["a: 9", "a: 4", "?: ?", "?: ?"]);
    assert_eq!(outcome, Outcome { unknown: true, ..Outcome::default() });
    // One that is too large for ours alone.
    let large = [vec![INDEXING], text(b"a", true), text(&vec![b'x'; 70_000], true)].concat();
    let limited = Outcome { limited: Some("header bytes"), ..Outcome::default() };
    assert_eq!(decode(&mut decoder, &large), (vec![], limited));
    decode(&mut decoder, &literal(INDEXING, "b", b"1"));
    assert_eq!(decode(&mut decoder, &[0xbe, 0xbf]).0, ["b: 1", "?: ?"]);
    assert!(decoder.held() <= 4 * limits::HPACK_TABLE_BYTES);
}

#[test]
fn secrets_are_not_kept() {
    let secret = vec![b's'; 3000];
    for name in ["cookie", "x-api-key", "X-Api-Key", "my_secret"] {
        for coded in [false, true] {
            let mut decoder = Decoder::new(true);
            let block = [vec![INDEXING], text(name.as_bytes(), coded), text(&secret, coded)].concat();
            let (fields, outcome) = decode(&mut decoder, &[block, vec![0xbe]].concat());
            assert_eq!(fields, [format!("{name}: (secret)"), format!("{name}: (secret)")]);
            assert_eq!(outcome, Outcome::default());
            // It counts, but takes no memory.
            assert_eq!(decoder.table().0, name.len() + secret.len() + 32);
            assert!(decoder.held() < 1000, "{} bytes", decoder.held());
            // By the name of the entry, with another value.
            assert_eq!(decode(&mut decoder, &unhex("0f2f026869")).0, [format!("{name}: (secret)")]);
        }
    }
    // Static names: authorization, cookie, proxy-authorization, set-cookie; indexed and with a value.
    for index in [23, 32, 49, 55_u8] {
        let block =
            [vec![0x80 | index], integer(0x40, 6, index.into()), text(b"v", false), vec![0xbe]].concat();
        let (fields, _) = decode(&mut Decoder::new(true), &block);
        assert!(fields.len() == 3 && fields.iter().all(|line| line.ends_with(": (secret)")), "{fields:?}");
    }
}

#[test]
fn values_of_unknown_names_are_not_kept() {
    let mut decoder = Decoder::new(false);
    let block = [vec![0x7e], text(&[b's'; 3000], true), vec![0xbe, 0x7e, 0x01, b'x']].concat();
    assert_eq!(decode(&mut decoder, &block).0, ["?: ?", "?: ?", "?: ?"]);
    assert!(decoder.held() < 1000, "{} bytes", decoder.held());
}

#[test]
fn urls_are_kept_without_credentials() {
    let path = "/v1beta/models/x:stream?alt=sse&key=AIzaSy";
    let mut decoder = Decoder::new(true);
    let block = [integer(0x40, 6, 4), text(path.as_bytes(), true), vec![0xbe]].concat();
    let (fields, _) = decode(&mut decoder, &block);
    assert_eq!(fields[0], format!(":path: {path}"));
    assert_eq!(fields[1], ":path: /v1beta/models/x:stream?alt=sse&key=-");
    assert_eq!(decoder.table().0, 32 + 5 + path.len());
}

/// Few bytes that stand for many.
#[test]
fn bombs() {
    let mut decoder = Decoder::new(true);
    decode(&mut decoder, &literal(INDEXING, "x-a", &[b'x'; 4000]));
    // Large fields by the million, then one that is added, and small ones.
    let block = [vec![0xbe; 1_000_000], literal(INDEXING, "x-b", b"1"), vec![0xbe, 0x82]].concat();
    let (mut bytes, mut fields, mut last) = (0, 0, String::new());
    let outcome = decoder.decode(&block, &mut |field| {
        fields += 1;
        last = line(&field);
        bytes += last.len();
    });
    assert_eq!(outcome, Outcome { limited: Some("header bytes"), ..Outcome::default() });
    assert_eq!((fields, last.as_str()), (limits::HEAD_BYTES / 4003 + 3, ":method: GET"));
    assert!(bytes <= limits::HEAD_BYTES + 2 * fields);
    assert_eq!(decode(&mut decoder, &[0xbe]).0, ["x-b: 1"]);

    // A long name that a million entries share.
    let long =
        [integer(0x20, 5, 1 << 30), vec![INDEXING], text(&[b'n'; 60_000], true), text(b"", false)].concat();
    let share = [0x7e, 0x00].repeat(500_000);
    let (fields, _) = decode(&mut decoder, &[long, share].concat());
    assert_eq!(fields.len(), 1);
    assert!(decoder.held() <= 4 * limits::HPACK_TABLE_BYTES);

    // The smallest entries there are.
    let outcome = decoder.decode(&[0x40, 0x00, 0x00].repeat(200_000), &mut |_| {});
    assert_eq!(outcome, Outcome::default());
    assert_eq!(decoder.table().0, limits::HPACK_TABLE_BYTES);
    assert!(decoder.held() <= 4 * limits::HPACK_TABLE_BYTES, "{} bytes", decoder.held());
}

#[test]
fn odd_bytes_pass_through() {
    let (fields, outcome) = decode(&mut Decoder::new(true), &literal(PLAIN, "X-Odd\0", b"a\0b\r\n"));
    assert_eq!(fields, ["X-Odd\0: a\0b\r\n"]);
    assert_eq!(outcome, Outcome::default());
}
