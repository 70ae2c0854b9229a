//! HTTP/2: few bytes that stand for many. Header blocks that name one long field again and again, grow tables, or become
//! more when decoded (RFC 7541 §7.3), and content that does. What comes of them stays under the caps, and the streams
//! beside them are decoded.

use super::codings::gzip;
use super::h2::{DATA, END_HEADERS, END_STREAM, HEADERS, block, frame, indexed_block, request, response};
use super::h2_floods::{ALIVE, BOTH, ends, open};
use super::h2_hostile::{assert_alive, begun, close, count, feed_in_pieces, fields, lines};
use super::{c2s, s2c};
use crate::{Direction, End, Headers, Kind, Message, Notice, limits};

/// Header fields of a head or of trailers.
fn headers(message: &Message) -> Option<&Headers> {
    match &message.kind {
        Kind::RequestHead(head) => Some(&head.headers),
        Kind::ResponseHead(head) => Some(&head.headers),
        Kind::Trailers(headers) => Some(headers),
        _ => None,
    }
}

/// Bytes of fields in these messages.
fn bytes_of_fields(messages: &[Message]) -> usize {
    let fields = messages.iter().filter_map(headers).flat_map(Headers::iter);
    fields.map(|field| field.name.len() + field.value.text().map_or(0, str::len)).sum()
}

pub(super) fn bytes_of_bodies(messages: &[Message]) -> usize {
    let bodies = messages.iter().map(|message| match &message.kind {
        Kind::Body(bytes) => bytes.len(),
        _ => 0,
    });
    bodies.sum()
}

/// An integer of HPACK behind the bits of `first`.
fn integer(first: u8, bits: u32, value: usize) -> Vec<u8> {
    let prefix = (1_usize << bits) - 1;
    if value < prefix {
        return vec![first | u8::try_from(value).unwrap()];
    }
    let mut bytes = vec![first | u8::try_from(prefix).unwrap()];
    let mut rest = value - prefix;
    while rest >= 0x80 {
        bytes.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).unwrap());
    bytes
}

/// A literal field of any length that goes into the table.
fn long(name: &str, value: &[u8]) -> Vec<u8> {
    let name = [integer(0, 7, name.len()), name.as_bytes().to_vec()].concat();
    [vec![0x40], name, integer(0, 7, value.len()), value.to_vec()].concat()
}

/// A head of that stream.
fn head(stream: u32, block: &[u8]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, block)
}

/// One long field that the bytes of a block name again and again (CVE-2016-6581).
#[test]
fn one_field_named_many_times() {
    let mut driver = begun();
    let known = [fields(), long("x-a", &[b'x'; 4000])].concat();
    driver.feed(&c2s(head(1, &known)));
    for stream in [3, 5, 7] {
        let before = driver.messages.len();
        driver.feed(&c2s(head(stream, &[&fields()[..], &[0xbe; 16_000]].concat())));
        let told = &driver.messages[before..];
        let bytes = bytes_of_fields(told);
        assert!((limits::HEAD_BYTES - 4100..=limits::HEAD_BYTES).contains(&bytes), "{bytes}");
        assert!(told.iter().any(|message| message.kind == Kind::Notice(Notice::Limit("header bytes"))));
    }
    // What follows in the same block and the same table is right.
    driver.feed(&c2s(head(9, &[&fields()[..], &[0xbe; 1000], &indexed_block(&[("a", "b")])].concat())));
    driver.feed(&c2s(head(11, &[&fields()[..], &[0xbe]].concat())));
    assert_eq!(lines(&driver)[lines(&driver).len() - 2..], ["5> POST /x a=b", "5> end Complete"]);
    assert_alive(&mut driver, ALIVE);
    close(driver);
}

/// As many such blocks as fit into one piece.
#[test]
fn heads_that_are_long_by_the_hundred() {
    let mut driver = begun();
    driver.feed(&c2s(head(1, &[fields(), long("x-a", &[b'x'; 4000])].concat())));
    let before = driver.messages.len();
    let one = |stream| head(stream, &[&fields()[..], &[0xbe; 100]].concat());
    let heads: Vec<u8> = (3..).step_by(2).take(900).flat_map(one).collect();
    driver.feed(&c2s(&heads));
    let bytes = bytes_of_fields(&driver.messages[before..]);
    // Methods and paths count too, and the last head gets less than a field has.
    assert!((limits::DECODED_BYTES - 900 * 20 - 4003..=limits::DECODED_BYTES).contains(&bytes), "{bytes}");
    assert!(count(&driver, Notice::Limit("decoded bytes")) > 0);
    let heads = driver.messages.iter().filter(|message| matches!(message.kind, Kind::RequestHead(_))).count();
    assert_eq!(heads, 901);
    // The next piece has room again.
    driver.feed(&c2s(head(8001, &[&fields()[..], &[0xbe]].concat())));
    let all = lines(&driver);
    assert!(all[all.len() - 2].ends_with("xxxx"), "{}", all[all.len() - 2].len());
    assert_alive(&mut driver, ALIVE);
    close(driver);
}

/// A table that is told to be of any size is kept to ours.
#[test]
fn tables_without_bounds() {
    let huge = integer(0x20, 5, u32::MAX as usize);
    for direction in BOTH {
        let begins = if direction == Direction::ToServer { fields() } else { block(&[(":status", "200")]) };
        let mut driver = begun();
        let before = driver.connection.held();
        for stream in (1..).step_by(2).take(200) {
            let grown =
                [&huge[..], &begins, &long("x-a", &[b'x'; 4000]), &long("x-b", &[b'y'; 4000])].concat();
            feed_in_pieces(&mut driver, direction, &head(stream, &grown), usize::MAX);
            let held = driver.connection.held();
            let streams = limits::STREAMS * 1024;
            assert!(held <= before + 4 * limits::HPACK_TABLE_BYTES + streams, "{held}");
        }
        let full = driver.connection.held();
        feed_in_pieces(&mut driver, direction, &head(2001, &[&[0x20][..], &begins].concat()), usize::MAX);
        assert!(driver.connection.held() + limits::HPACK_TABLE_BYTES / 2 < full, "it is emptied");
        // The smallest entries there are.
        let small = [&huge[..], &begins, &[0x40, 0, 0].repeat(5000)].concat();
        feed_in_pieces(&mut driver, direction, &head(2003, &small), usize::MAX);
        assert!(driver.connection.held() <= before + 4 * limits::HPACK_TABLE_BYTES + limits::STREAMS * 1024);
        assert_alive(&mut driver, ALIVE);
        close(driver);
    }
}

/// The size of the table said thousands of times before a head: the last counts.
#[test]
fn sizes_of_tables_by_the_thousand() {
    let sizes =
        [integer(0x20, 5, 4096), integer(0x20, 5, 0), integer(0x20, 5, 1 << 30)].concat().repeat(2000);
    let mut driver = begun();
    driver.feed(&c2s(head(1, &[sizes, fields(), indexed_block(&[("a", "b")])].concat())));
    driver.feed(&c2s(head(3, &[&fields()[..], &[0xbe]].concat())));
    let expect = ["0> POST /x a=b", "0> end Complete", "1> POST /x a=b", "1> end Complete"];
    assert_eq!(lines(&driver), expect);
    assert_alive(&mut driver, ALIVE);
    close(driver);
}

/// Blocks that cannot be read to their end: what came before is told, and the connection goes on.
#[test]
fn blocks_that_break_off() {
    let huffman = |length: usize, byte: u8| [integer(0x80, 7, length), vec![byte; length]].concat();
    for (rest, what) in [
        // The size of the table amid fields.
        (vec![0x20], "hpack table size"),
        (integer(0x20, 5, 100), "hpack table size"),
        // Integers without end, beyond 32 bits, and of what is not there.
        (vec![0xff; 9000], "hpack integer"),
        ([vec![0xff], vec![0x80; 9000]].concat(), "hpack integer"),
        (vec![0x7f, 0xff, 0xff, 0xff, 0xff, 0x7f], "hpack integer"),
        (vec![0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], "hpack integer"),
        (vec![0x80], "hpack index"),
        (vec![0xbe], "hpack index"),
        (integer(0x80, 7, u32::MAX as usize), "hpack index"),
        (vec![0xff], "hpack end"),
        // Lengths beyond the block.
        ([vec![0x00], integer(0, 7, u32::MAX as usize), vec![b'n'; 100]].concat(), "hpack end"),
        ([vec![0x00, 1, b'a'], integer(0x80, 7, 1 << 31)].concat(), "hpack end"),
        // Padding of more than seven bits, and a string that is nothing else (EOS).
        ([vec![0x00, 1, b'a'], huffman(2, 0xff)].concat(), "hpack huffman"),
        ([vec![0x00, 1, b'a'], huffman(8000, 0xff)].concat(), "hpack huffman"),
        ([vec![0x00], huffman(8000, 0xff)].concat(), "hpack huffman"),
    ] {
        let mut driver = begun();
        driver.feed(&c2s(head(1, &[&fields()[..], &rest].concat())));
        let malformed = format!("0> Malformed({what:?})");
        assert_eq!(lines(&driver), [&malformed, "0> (partial) POST /x", "0> end Complete"], "{what}");
        // Nobody knows what the rest did to the table.
        driver.feed(&c2s(head(3, &[&fields()[..], &[0xbe]].concat())));
        assert_eq!(lines(&driver)[3], "1> (partial) POST /x", "{what}");
        assert_alive(&mut driver, ALIVE);
        close(driver);
    }
}

/// A code of five bits becomes a letter of eight: more than what is kept, of fewer bytes.
#[test]
fn codes_that_become_more() {
    // Five zeros are `0`.
    let coded = |length: usize| [vec![0x00, 1, b'a'], integer(0x80, 7, length), vec![0; length]].concat();
    for (length, fits) in [(40_000, true), (41_000, false), (64_000, false)] {
        let mut driver = begun();
        // The codes fill whole bytes.
        assert_eq!(length % 5, 0);
        driver.feed(&c2s(head(1, &[coded(length), fields()].concat())));
        let bytes = bytes_of_fields(&driver.messages);
        assert_eq!(bytes, if fits { length / 5 * 8 + 1 } else { 0 });
        assert_eq!(count(&driver, Notice::Limit("header bytes")), usize::from(!fits));
        let partial = if fits { "" } else { "(partial) " };
        let all = lines(&driver);
        assert!(all[usize::from(!fits)].starts_with(&format!("0> {partial}POST /x")), "{length}");
        assert_alive(&mut driver, ALIVE);
        close(driver);
    }
}

/// A head in one frame that is longer than heads may be, by one byte and by megabytes.
#[test]
fn heads_over_the_cap() {
    let before = fields();
    for (length, over) in [(limits::HEAD_BYTES, 0), (limits::HEAD_BYTES + 1, 1), (4 << 20, 1)] {
        let filler = block(&[("x", "y")]);
        let mut whole = before.clone();
        whole.extend(filler.iter().cycle().take((length - before.len()) / filler.len() * filler.len()));
        // The rest of the length, in updates of a size that never come to count.
        whole.splice(0..0, vec![0x20; length - whole.len()]);
        for size in [usize::MAX, 16_384] {
            let mut driver = begun();
            feed_in_pieces(&mut driver, Direction::ToServer, &head(1, &whole), size);
            assert_eq!(count(&driver, Notice::Limit("header bytes")), over, "{length}");
            assert_eq!(count(&driver, Notice::Limit("header fields")), 1, "{length}");
            let all = lines(&driver);
            let partial = if over == 1 { "(partial) " } else { "" };
            assert!(
                all[over + 1].starts_with(&format!("0> {partial}POST /x x=y")),
                "{length}: {}",
                all[over + 1]
            );
            assert_alive(&mut driver, ALIVE);
            close(driver);
        }
    }
}

#[test]
fn many_trailers_in_one_block() {
    let many = block(&[("x", "y")]).repeat(5000);
    for direction in BOTH {
        let mut driver = begun();
        open().iter().for_each(|input| driver.feed(input));
        feed_in_pieces(&mut driver, direction, &head(1, &many), 1000);
        assert_eq!(count(&driver, Notice::Limit("header fields")), 1);
        let fields = driver.messages.iter().find_map(|message| match &message.kind {
            Kind::Trailers(headers) => Some(headers.len()),
            _ => None,
        });
        assert_eq!(fields, Some(limits::HEADER_FIELDS));
        assert_alive(&mut driver, ALIVE);
        close(driver);
    }
}

/// Content that becomes more than anybody takes ends its own stream, not the one beside it.
#[test]
fn bombs_in_content() {
    // 96 MiB.
    let bomb = gzip(&vec![0; 96 << 20]);
    assert!(bomb.len() < 1 << 17);
    for size in [usize::MAX, 16_384, 1000, 100] {
        let mut driver = begun();
        driver.feed(&c2s([request(1, END_STREAM, "/x"), request(3, END_STREAM, "/x")].concat()));
        driver.feed(&s2c([response(1, 0, &[("content-encoding", "gzip")]), response(3, 0, &[])].concat()));
        for piece in bomb.chunks(size) {
            let before = driver.messages.len();
            let frames =
                piece.chunks(16_384).map(|part| frame(DATA, 0, 1, part)).collect::<Vec<_>>().concat();
            driver.feed(&s2c([frames, frame(DATA, 0, 3, b"x")].concat()));
            let decoded = bytes_of_bodies(&driver.messages[before..]);
            assert!(decoded <= limits::DECODED_BYTES + 1, "{decoded}");
        }
        let allowed = limits::CODING_FLOOR_BYTES + limits::CODING_RATIO * bomb.len() as u64;
        let decoded = bytes_of_bodies(&driver.messages) as u64;
        assert!(decoded <= allowed, "{decoded}");
        let stopped = ["decoded bytes", "coding ratio"].map(|what| count(&driver, Notice::Limit(what)));
        assert_eq!(stopped.iter().sum::<usize>(), 1, "{size}: {stopped:?}");
        driver.feed(&s2c([frame(DATA, END_STREAM, 1, []), frame(DATA, END_STREAM, 3, b"end")].concat()));
        // Framing did not suffer, so it ends as it says; that its rest is unread was said.
        assert_eq!(count(&driver, Notice::Unsupported("content-encoding")), 1);
        assert_eq!(ends(&driver.messages, End::Complete), 4);
        assert_alive(&mut driver, 5);
        close(driver);
    }
}

/// A bomb on each of many streams at a time: memory stays under the cap of them all together.
#[test]
fn bombs_on_all_streams() {
    let bomb = gzip(&vec![0; 4 << 20]);
    let mut driver = begun();
    let numbers: Vec<u32> = (1..).step_by(2).take(300).collect();
    for stream in &numbers {
        driver.feed(&c2s(request(*stream, END_STREAM, "/x")));
        driver.feed(&s2c(response(*stream, 0, &[("content-encoding", "gzip")])));
    }
    for part in bomb.chunks(bomb.len() / 3 + 1) {
        let before = driver.messages.len();
        let frames = numbers.iter().flat_map(|stream| frame(DATA, 0, *stream, part));
        driver.feed(&s2c(frames.collect::<Vec<_>>()));
        assert!(driver.connection.held() <= limits::STREAMS_HELD_BYTES + limits::CODING_HELD_BYTES);
        let decoded = bytes_of_bodies(&driver.messages[before..]);
        assert!(decoded <= limits::DECODED_BYTES, "{decoded}");
        driver.messages.retain(|message| !matches!(message.kind, Kind::Body(_)));
    }
    let quiet = driver.connection.held();
    numbers.iter().for_each(|stream| driver.feed(&s2c(frame(DATA, END_STREAM, *stream, []))));
    assert!(driver.connection.held() * 4 < quiet, "{quiet}, then {}", driver.connection.held());
    assert_alive(&mut driver, ALIVE);
    close(driver);
}
