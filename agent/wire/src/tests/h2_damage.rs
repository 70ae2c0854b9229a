//! HTTP/2 that was good and is damaged: frames that break one rule, lengths that lie, flipped bits, holes. What is known
//! is right, damage in one stream's content is that stream's, and the frames behind it are found.

use super::h2::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE, PUSH_PROMISE,
    RST_STREAM, SETTINGS, block, frame, hello, indexed_block, request, response,
};
use super::h2_garbage::{BOTH, PRIORITY_FRAME, WINDOW_UPDATE, assert_survived, heads, pings};
use super::h2_hostile::{assert_alive, begun, close, feed_in_pieces, fields, lines};
use super::{Driver, Input, c2s, render, run, s2c};
use crate::Direction;

/// A conversation with a bit of everything: two streams, padding, a block in two frames, a table, trailers.
pub(super) fn conversation() -> Vec<Input> {
    let head = indexed_block(&[(":method", "POST"), (":path", "/v1/chat"), ("x-a", "b")]);
    let (front, back) = head.split_at(20);
    let sse = block(&[(":status", "200"), ("content-type", "text/event-stream")]);
    vec![
        c2s([PREFACE, &frame(SETTINGS, 0, 0, [0, 3, 0, 0, 0, 100])].concat()),
        s2c([frame(SETTINGS, 0, 0, []), frame(SETTINGS, 1, 0, [])].concat()),
        c2s([frame(HEADERS, 0, 1, front), frame(CONTINUATION, END_HEADERS, 1, back)].concat()),
        c2s([frame(DATA, PADDED, 1, b"\x02{\"a\0\0"), frame(DATA, END_STREAM, 1, b"\":1}")].concat()),
        c2s(frame(HEADERS, END_HEADERS | END_STREAM, 3, [0xc0, 0xbf, 0xbe])),
        s2c([frame(HEADERS, END_HEADERS, 1, &sse), frame(WINDOW_UPDATE, 0, 1, [0, 0, 1, 0])].concat()),
        s2c([frame(DATA, 0, 1, b"data: one\n\n"), response(3, 0, &[])].concat()),
        s2c([frame(DATA, END_STREAM, 3, b"other"), frame(DATA, 0, 1, b"data: two\n\n")].concat()),
        s2c(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(&[("grpc-status", "0")]))),
        s2c(frame(GOAWAY, 0, 0, [0, 0, 0, 3, 0, 0, 0, 0])),
    ]
}

/// Types on streams that they may not be on, and of lengths that they may not have.
#[test]
fn frames_that_break_the_rules() {
    let to_server = Direction::ToServer;
    let to_client = Direction::ToClient;
    for (what, stream, length, name, directions) in [
        (DATA, 0, 5, "DATA frame", &[to_server, to_client][..]),
        (HEADERS, 0, 9, "HEADERS frame", &[to_server, to_client]),
        (PRIORITY_FRAME, 0, 5, "PRIORITY frame", &[to_server, to_client]),
        (PRIORITY_FRAME, 1, 4, "PRIORITY frame", &[to_server, to_client]),
        (RST_STREAM, 0, 4, "RST_STREAM frame", &[to_server, to_client]),
        (RST_STREAM, 1, 5, "RST_STREAM frame", &[to_server, to_client]),
        (SETTINGS, 1, 6, "SETTINGS frame", &[to_server, to_client]),
        (SETTINGS, 0, 5, "SETTINGS frame", &[to_server, to_client]),
        (PUSH_PROMISE, 1, 9, "PUSH_PROMISE frame", &[to_server]),
        (PUSH_PROMISE, 0, 9, "PUSH_PROMISE frame", &[to_client]),
        (PUSH_PROMISE, 1, 3, "PUSH_PROMISE frame", &[to_client]),
        (PING, 1, 8, "PING frame", &[to_server, to_client]),
        (PING, 0, 9, "PING frame", &[to_server, to_client]),
        (GOAWAY, 1, 8, "GOAWAY frame", &[to_server, to_client]),
        (GOAWAY, 0, 7, "GOAWAY frame", &[to_server, to_client]),
        (WINDOW_UPDATE, 0, 3, "WINDOW_UPDATE frame", &[to_server, to_client]),
        (CONTINUATION, 0, 9, "CONTINUATION frame", &[to_server, to_client]),
        (0x77, 1, 16_385, "frame", &[to_server, to_client]),
    ] {
        for direction in directions {
            for size in [usize::MAX, 1] {
                let mut driver = begun();
                driver.feed(&c2s(request(1, END_STREAM, "/x")));
                feed_in_pieces(&mut driver, *direction, &frame(what, 0, stream, vec![b'z'; length]), size);
                let told = lines(&driver);
                let malformed = format!("Malformed({name:?})");
                assert!(
                    told.len() == 3 && told[2].ends_with(&malformed),
                    "{what} {stream} {length}: {told:?}"
                );
                feed_in_pieces(&mut driver, *direction, &pings(3), size);
                let told = lines(&driver);
                assert!(told.len() == 4 && told[3].ends_with(&format!("Resync({length})")), "{told:?}");
                // What was open goes on, with a mark where it may have lost something.
                driver.feed(&s2c([response(1, 0, &[]), frame(DATA, END_STREAM, 1, b"x")].concat()));
                let told = lines(&driver);
                assert_eq!(told[4..], ["0< 200", "0< body x", "0< end Complete"], "{what} {stream} {length}");
                assert_alive(&mut driver, 3);
                close(driver);
            }
        }
    }
}

/// Even numbers are the server's. A client that uses them is told of, and hides no stream of its odd ones.
#[test]
fn streams_of_the_wrong_parity() {
    for whole in [true, false] {
        let mut driver = Driver::new(whole);
        if whole {
            hello().iter().for_each(|input| driver.feed(input));
        }
        BOTH.into_iter().for_each(|direction| driver.feed(&Input::Bytes(direction, pings(4))));
        for (even, odd) in [(2, 1), (0x7fff_fffe, 3), (4, 5)] {
            driver.feed(&c2s([request(even, 0, "/even"), frame(DATA, END_STREAM, even, b"x")].concat()));
            driver.feed(&s2c([response(even, 0, &[]), frame(DATA, END_STREAM, even, b"x")].concat()));
            assert_alive(&mut driver, odd);
        }
        let driver = close(driver);
        let exchanges = driver.messages.iter().map(|message| message.exchange.0).max();
        // Of a connection seen whole, numbers only grow.
        assert_eq!(exchanges, Some(if whole { 4 } else { 5 }), "{:?}", lines(&driver));
    }
}

/// A frame that says it is longer, or shorter, than it is.
#[test]
fn lengths_that_lie() {
    let honest: [(u8, u8, u32, Vec<u8>); 7] = [
        (DATA, 0, 1, b"some content of some length".to_vec()),
        (DATA, PADDED, 1, b"\x04some content\0\0\0\0".to_vec()),
        (HEADERS, END_HEADERS, 3, fields()),
        (CONTINUATION, END_HEADERS, 1, fields()),
        (0x66, 0, 1, vec![b'z'; 40]),
        (GOAWAY, 0, 0, [&[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0][..], b"for a reason"].concat()),
        (PUSH_PROMISE, END_HEADERS, 1, [&[0, 0, 0, 2][..], &fields()].concat()),
    ];
    for (what, flags, stream, payload) in honest {
        for lie in [-10_i32, -9, -3, -1, 1, 2, 8, 9, 17, 1000, 16_000, 16_000_000] {
            for direction in BOTH {
                let mut bytes = frame(what, flags, stream, &payload);
                let length = i32::try_from(payload.len()).unwrap() + lie;
                let Ok(length) = u32::try_from(length) else { continue };
                bytes[..3].copy_from_slice(&length.to_be_bytes()[1..]);
                for size in [usize::MAX, 5] {
                    let mut driver = begun();
                    driver.feed(&c2s(request(1, 0, "/x")));
                    driver.feed(&s2c(response(1, 0, &[])));
                    feed_in_pieces(&mut driver, direction, &bytes, size);
                    assert_survived(driver, &format!("{what} {direction:?} by {lie}"));
                }
            }
        }
    }
}

/// Every so many bytes one is lost, in both directions.
#[test]
fn a_conversation_full_of_holes() {
    let good = conversation();
    for every in (1..60).chain([100, 200]) {
        for first in [0, every / 2] {
            let mut driver = Driver::new(true);
            for input in &good {
                let Input::Bytes(direction, bytes) = input else { continue };
                for (index, byte) in bytes.iter().enumerate() {
                    driver.feed(&match (index + first) % every {
                        0 => Input::Gap(*direction, 1),
                        _ => Input::Bytes(*direction, vec![*byte]),
                    });
                }
            }
            let told = lines(&driver);
            let paths: Vec<_> = told.iter().filter(|line| line.contains("POST")).collect();
            // What is known is right: a path has no holes.
            assert!(
                paths.iter().all(|line| line.contains("POST /v1/chat") || line.contains("POST ?")),
                "{paths:?}"
            );
            assert_survived(driver, &format!("every {every}"));
        }
    }
}

/// Each bit of a good conversation, flipped.
#[test]
fn flipped_bits() {
    let good = conversation();
    let untouched = render(&run(true, &good));
    assert_eq!(
        untouched.iter().filter(|(line, _)| line.contains("end Complete")).count(),
        4,
        "{untouched:?}"
    );
    let mut changed = 0;
    for index in 0..good.len() {
        let Input::Bytes(direction, bytes) = &good[index] else { continue };
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut inputs = good.clone();
            inputs[index] = Input::Bytes(*direction, flipped);
            let mut driver = Driver::new(true);
            inputs.iter().for_each(|input| driver.feed(input));
            changed += usize::from(lines(&driver) != lines_of(&untouched));
            assert!(heads(&driver) <= 8, "input {index}, bit {bit}: {:?}", lines(&driver));
            assert_survived(driver, &format!("input {index}, bit {bit}"));
        }
    }
    assert!(changed > 1000, "{changed} flips were noticed");
}

fn lines_of(rendered: &[(String, u64)]) -> Vec<String> {
    rendered.iter().map(|(line, _)| line.trim_end().to_owned()).collect()
}

/// A flip in one stream's content is that stream's alone.
#[test]
fn flipped_bits_of_content_stay_in_their_stream() {
    let good = conversation();
    let of = |inputs: &[Input], exchange: char| -> Vec<String> {
        let all = lines_of(&render(&run(true, inputs)));
        all.into_iter().filter(|line| line.starts_with(exchange)).collect()
    };
    let content = b"data: one\n\n";
    let Input::Bytes(direction, bytes) = &good[6] else { panic!("content is in bytes") };
    let start = bytes.windows(content.len()).position(|window| window == content).unwrap();
    for bit in start * 8..(start + content.len()) * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let mut inputs = good.clone();
        inputs[6] = Input::Bytes(*direction, flipped);
        assert_ne!(of(&inputs, '0'), of(&good, '0'), "{bit}");
        assert_eq!(of(&inputs, '1'), of(&good, '1'), "{bit}");
    }
}

/// The conversation cut off anywhere: what is told is the beginning of what would have been.
#[test]
fn cut_off_anywhere() {
    let good = conversation();
    let whole = render(&run(true, &good));
    let heads = |lines: &[(String, u64)]| {
        lines
            .iter()
            .map(|(line, _)| line.clone())
            .filter(|line| line.contains("POST") || line.contains("200"))
            .collect()
    };
    let all: Vec<String> = heads(&whole);
    for index in 0..good.len() {
        let Input::Bytes(direction, bytes) = &good[index] else { continue };
        for cut in 0..bytes.len() {
            let mut inputs = good[..index].to_vec();
            inputs.push(Input::Bytes(*direction, bytes[..cut].to_vec()));
            let told: Vec<String> = heads(&render(&run(true, &inputs)));
            // A block that breaks off gives what there was of it, as partial.
            let sure: Vec<_> = told.into_iter().filter(|line| !line.contains("(partial)")).collect();
            assert_eq!(sure, all[..sure.len()], "input {index} cut at {cut}");
        }
    }
}
