//! Length-prefixed messages of gRPC.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Driver, Input, byte_by_byte, c2s, check, gap_c2s, gap_s2c, render, run, s2c};
use crate::{Direction, Kind, Message, Notice, limits};

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web\r\n\r\n";

/// `length` is said to be that of `bytes`.
fn prefixed(flags: u8, length: u32, bytes: &[u8]) -> Vec<u8> {
    [&[flags][..], &length.to_be_bytes(), bytes].concat()
}

fn message(flags: u8, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    prefixed(flags, bytes.len().try_into().unwrap(), bytes)
}

/// What comes of a body that ends with the connection.
#[track_caller]
fn check_body(parts: &[Vec<u8>], lines: &str) {
    let lines: String = lines.lines().map(|line| format!("0< {}\n", line.trim())).collect();
    check(
        &[c2s(GET), s2c([HEAD.as_bytes(), &parts.concat()].concat())],
        &format!(
            "0> GET /0\n0> end Complete\n0< 200 content-type=application/grpc-web\n{lines}0< end Closed"
        ),
    );
}

fn items(messages: &[Message]) -> Vec<(Vec<u8>, bool)> {
    let of = |m: &Message| match &m.kind {
        Kind::Grpc(message) => Some((message.data.to_vec(), message.truncated)),
        _ => None,
    };
    messages.iter().filter_map(of).collect()
}

#[test]
fn messages_and_trailers() {
    check_body(
        &[
            message(0, "hello"),
            message(1, b"\x1f\x8b\0"),
            message(0, ""),
            message(0x80, "grpc-status: 8\r\nGRPC-Message:quota\r\nx-api-key: k\r\n"),
        ],
        r"grpc hello
          grpc (compressed) \x1f\x8b\x00
          grpc
          trailers grpc-status=8 grpc-message=quota x-api-key=<secret>",
    );
}

#[test]
fn trailers_that_are_none() {
    check_body(&[message(0x80, "")], "trailers");
    check_body(
        &[message(0x80, "grpc-status:0\nnocolon\r\n: noname\r\n\r\nb: c:d")],
        "Malformed(\"header field\")\ntrailers grpc-status=0 b=c:d",
    );
    let many = "a: b\r\n".repeat(limits::HEADER_FIELDS + 1);
    let long = format!("{}c: {}", "a: b\r\n".repeat(9), "x".repeat(limits::HEAD_BYTES));
    for (block, fields, limit) in [(many, limits::HEADER_FIELDS, "header fields"), (long, 9, "trailer bytes")]
    {
        let messages = run(true, &[c2s(GET), s2c(HEAD), s2c(message(0x80, block)), s2c(message(0, "x"))]);
        let kept = messages.iter().find_map(|m| match &m.kind {
            Kind::Trailers(headers) => Some(headers.len()),
            _ => None,
        });
        assert_eq!(kept, Some(fields));
        assert!(messages.iter().any(|m| m.kind == Kind::Notice(Notice::Limit(limit))));
        assert_eq!(items(&messages), [(b"x".to_vec(), false)]);
    }
}

#[test]
fn requests_too() {
    let body = message(0, "ask");
    check(
        &[c2s([
            b"POST /0 HTTP/1.1\r\nContent-Type: application/grpc\r\nContent-Length: 8\r\n\r\n".as_slice(),
            &body,
        ]
        .concat())],
        "
        0> POST /0 content-type=application/grpc content-length=8
        0> grpc ask
        0> end Complete
        0< end Cut
        ",
    );
}

#[test]
fn other_flags_lose_the_rest() {
    for flags in [2, 3, 0x40, 0x7f, 0x81, 0xff, b'{'] {
        check_body(
            &[message(0, "a"), message(flags, "b"), message(0, "c")],
            "grpc a\nMalformed(\"grpc flags\")",
        );
    }
    // Said without waiting for a length.
    check_body(&[vec![9]], "Malformed(\"grpc flags\")");
}

#[test]
fn messages_that_are_not_whole_are_not_given() {
    for torn in [vec![0], vec![0, 0, 0, 0], prefixed(0, 2, b"b"), prefixed(0, u32::MAX, b"b")] {
        check_body(&[message(0, "a"), torn], "grpc a\nMalformed(\"grpc message\")");
    }
    check(
        &[
            c2s(GET),
            s2c([
                b"HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nContent-Length: 99\r\n\r\n".as_slice(),
                &message(0, "a"),
                &prefixed(0, 2, b"b"),
            ]
            .concat()),
        ],
        "
        0> GET /0
        0> end Complete
        0< 200 content-type=application/grpc content-length=99
        0< grpc a
        0< end Cut
        ",
    );
}

#[test]
fn huge_lengths_take_no_memory() {
    for length in [1 << 31, u32::MAX] {
        let mut driver = Driver::new(true);
        driver.feed(&c2s(GET));
        driver.feed(&s2c(HEAD));
        driver.feed(&s2c(prefixed(0, length, b"")));
        assert!(driver.connection.held() < 1_024);
        let piece = Input::Bytes(Direction::ToClient, vec![7; 1 << 20]);
        (0..16).for_each(|_| driver.feed(&piece));
        assert!(driver.connection.held() <= 2 * limits::GRPC_MESSAGE_BYTES);
        driver.close();
        assert_eq!(items(&driver.messages), []);
    }
}

#[test]
fn long_messages_are_bounded_and_marked() {
    for (length, truncated) in [(limits::GRPC_MESSAGE_BYTES, false), (limits::GRPC_MESSAGE_BYTES + 1, true)] {
        let body = [HEAD.as_bytes(), &message(0, vec![7; length]), &message(0, "next")].concat();
        for piece_size in [16 << 10, 100_000, 32 << 20] {
            let mut driver = Driver::new(true);
            driver.feed(&c2s(GET));
            for piece in body.chunks(piece_size) {
                driver.feed(&Input::Bytes(Direction::ToClient, piece.to_vec()));
            }
            let lengths: Vec<_> =
                items(&driver.messages).iter().map(|(data, cut)| (data.len(), *cut)).collect();
            assert_eq!(lengths, [(length.min(limits::GRPC_MESSAGE_BYTES), truncated), (4, false)]);
            let limit = |m: &Message| m.kind == Kind::Notice(Notice::Limit("grpc message"));
            assert_eq!(driver.messages.iter().any(limit), truncated);
            assert!(driver.connection.held() < 1_024, "let go of it");
        }
    }
}

#[test]
fn a_gap_within_a_message_costs_that_message() {
    let head = "0> GET /0\n0> end Complete\n0< 200 content-type=application/grpc-web\n";
    // Inside, to its end, and in two steps.
    for gaps in [[Ok(2), Err("lo")], [Ok(4), Err("")], [Ok(1), Ok(3)]] {
        let mut inputs = vec![c2s(GET), s2c([HEAD.as_bytes(), &prefixed(0, 5, b"h")].concat())];
        let mut lost = String::new();
        for gap in gaps {
            match gap {
                Ok(missing) => {
                    inputs.push(gap_s2c(missing));
                    lost += &format!("0~< Gap({missing})\n");
                }
                Err(rest) => inputs.push(s2c(if rest == "lo" { "el" } else { rest })),
            }
        }
        inputs.push(s2c(message(0, "next")));
        check(&inputs, &format!("{head}{lost}0~< grpc next\n0~< end Closed"));
    }
    // In a prefix, or past the end of a message: nothing tells where the next one is.
    for (before, missing) in [(&b"\0"[..], 2), (b"", 5), (b"\0\0\0\0\x05he", 4)] {
        let inputs = [
            c2s(GET),
            s2c([HEAD.as_bytes(), before].concat()),
            gap_s2c(missing),
            s2c(message(0, "a")),
            gap_s2c(1),
            s2c(message(0, "b")),
        ];
        check(
            &inputs,
            &format!(
                "{head}0~< Gap({missing})\n0~< Unsupported(\"grpc after a gap\")\n0~< Gap(1)\n0~< end Closed"
            ),
        );
    }
}

#[test]
fn messages_know_when_and_where() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c(HEAD));
    let bytes = [message(0, "ab"), message(0, ""), message(0, "c")].concat();
    for piece in [&bytes[..3], &bytes[3..6], &bytes[6..9], &bytes[9..]] {
        driver.feed(&s2c(piece));
    }
    let places: Vec<_> = driver
        .messages
        .iter()
        .filter(|m| matches!(m.kind, Kind::Grpc(_)))
        .map(|m| (m.offset.0 - HEAD.len() as u64, m.first_at.0 - 2, m.at.0 - 2))
        .collect();
    assert_eq!(places, [(0, 1, 3), (7, 3, 4), (12, 4, 4)]);
}

#[test]
fn messages_within_a_piece_are_slices_of_it() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c(HEAD));
    let bytes = bytes::Bytes::from([message(0, "ab"), message(1, "c")].concat());
    let within = bytes.as_ptr_range();
    driver.connection.push(Direction::ToClient, bytes, crate::StreamOffset(0), crate::Time(9));
    let mut slices = 0;
    while let Some(message) = driver.connection.poll() {
        if let Kind::Grpc(message) = message.kind {
            assert!(within.contains(&message.data.as_ptr()));
            slices += 1;
        }
    }
    assert_eq!(slices, 2);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_outside_of_a_gap_are_given_and_no_other(
        messages in vec((0_u8..2, vec(any::<u8>(), 0..30)), 1..10),
        cuts in vec(any::<Index>(), 0..6),
        gap in any::<(Index, Index)>(),
    ) {
        let head = b"POST /0 HTTP/1.1\r\nContent-Type: application/grpc\r\nContent-Length: ";
        let length: usize = messages.iter().map(|(_, bytes)| 5 + bytes.len()).sum();
        let mut bytes = [head.as_slice(), format!("{length}\r\n\r\n").as_bytes()].concat();
        let start = bytes.len();
        let mut spans = Vec::new();
        for (flags, data) in &messages {
            spans.push((bytes.len(), bytes.len() + 5 + data.len()));
            bytes.extend(message(*flags, data));
        }
        let place = |index: &Index| start + index.index(length + 1);
        let (from, to) = (place(&gap.0).min(place(&gap.1)), place(&gap.0).max(place(&gap.1)));
        let inputs = super::properties::cut(Direction::ToServer, &bytes, &cuts);
        let inputs = super::properties::with_gap(inputs, Direction::ToServer, from, to);
        let all = run(true, &inputs);
        // Messages go on behind the gap if it began in one behind its prefix, and ended within it.
        let within = spans.iter().any(|(start, end)| start + 5 <= from && from < *end && to <= *end);
        let expect: Vec<_> = spans.iter().zip(&messages).filter(|((start, end), _)| {
            from == to || *end <= from || within && *start >= to
        }).map(|(_, (_, data))| (data.clone(), false)).collect();
        prop_assert_eq!(items(&all), expect);
        prop_assert_eq!(render(&all), render(&run(true, &byte_by_byte(&inputs))));
    }

    #[test]
    fn garbage_is_survived(
        parts in vec(prop_oneof![
            vec(any::<u8>(), 0..9),
            select(vec![vec![0_u8; 5], vec![0, 0, 0, 0, 2, 7], vec![0x80, 0, 0, 0, 4, b'a', b':', b'b', b'\n'], vec![1, 255, 255, 255, 255]]),
        ], 0..30),
        gap in proptest::option::of((0_usize..30, 0_u64..9)),
    ) {
        let mut inputs = vec![c2s("POST /0 HTTP/1.1\r\nContent-Type: application/grpc\r\nContent-Length: 200\r\n\r\n")];
        for (index, part) in parts.iter().enumerate() {
            if let Some((place, missing)) = gap && place == index {
                inputs.push(gap_c2s(missing));
            }
            inputs.push(c2s(part));
        }
        prop_assert_eq!(render(&run(true, &inputs)), render(&run(true, &byte_by_byte(&inputs))));
    }
}
