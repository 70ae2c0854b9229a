//! Frames and messages of a WebSocket. Compressed ones are in `websocket_deflate`.

use super::upgrades::{ASK, YES, frame, masked};
use super::websocket_deflate::{agreed, check_deflate};
use super::{Driver, Input, c2s, check, gap_c2s, gap_s2c, s2c};
use crate::{Direction, Kind, Notice, limits};

/// How a connection that becomes a WebSocket without compression begins.
const BEGUN: &str = "
    0> GET /v1/realtime upgrade=websocket
    0> end Complete
    0< 101 upgrade=websocket
    0< Upgraded";

#[track_caller]
fn check_plain(inputs: &[Input], expect: &str) {
    check(&[&[c2s(ASK), s2c(YES)], inputs].concat(), &format!("{BEGUN}\n{expect}"));
}

#[test]
fn fragments_with_control_frames_between() {
    check_plain(
        &[
            s2c([frame(0x01, "a"), frame(0x89, "1"), frame(0x00, ""), frame(0x8a, ""), frame(0x80, "b")]
                .concat()),
            c2s([masked(0x02, "c"), masked(0x00, "d"), masked(0x88, b"\x03\xe9x")].concat()),
        ],
        "
        0< ws Ping 1
        0< ws Pong
        0< ws Text ab
        0> ws Close(Some(1001)) x
        0< end Cut
        ",
    );
}

#[test]
fn lengths() {
    let long = |bytes: &[u8]| s2c([bytes, b"abc"].concat());
    // In more bytes than needed, and in all there are.
    check_plain(
        &[
            long(b"\x81\x03"),
            long(b"\x81\x7e\0\x03"),
            long(b"\x81\x7f\0\0\0\0\0\0\0\x03"),
            s2c(frame(0x82, [b'x'; 125])),
            s2c(frame(0x82, [b'x'; 126])),
            c2s(masked(0x82, [b'x'; 130])),
        ],
        &format!(
            "0< ws Text abc
             0< ws Text abc
             0< ws Text abc
             0< ws Binary {}
             0< ws Binary {}
             0> ws Binary {}
             0< end Cut",
            "x".repeat(125),
            "x".repeat(126),
            "x".repeat(130),
        ),
    );
}

#[test]
fn masks_are_taken_from_the_frame() {
    let bare = |first| frame(first, "as it is");
    check_plain(
        &[
            c2s([bare(0x81), masked(0x01, "abcde"), frame(0x00, "fgh"), masked(0x80, "ij")].concat()),
            // A key of zeros, and an empty frame with a key.
            s2c([masked(0x81, "hidden"), b"\x81\x83\0\0\0\0abc".to_vec(), masked(0x81, "")].concat()),
        ],
        "
        0> ws Text as it is
        0> ws Text abcdefghij
        0< ws Text hidden
        0< ws Text abc
        0< ws Text
        0< end Cut
        ",
    );
}

/// What a real endpoint fails the connection for.
#[test]
fn what_is_no_frame() {
    for (bytes, why) in [
        (&b"\x83\x01x"[..], "opcode"),
        (b"\x8b\x01x", "opcode"),
        (b"\x8f\x80", "opcode"),
        (b"\xc1\x01x", "reserved bit"),
        (b"\xa1\x01x", "reserved bit"),
        (b"\x91\x01x", "reserved bit"),
        (b"\xc9\x01x", "reserved bit"),
        (b"\x89\x7e\0\x7e", "control frame"),
        (b"\x88\x7f\0\0\0\0\0\0\0\x01x", "control frame"),
        (b"\x09\x01x", "control frame"),
        (b"\x82\x7f\x80\0\0\0\0\0\0\0", "length"),
        (b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", "length"),
        (b"\x80\x01x", "fragments"),
        (b"\x01\x01a\x81\x01b", "fragments"),
    ] {
        // The frame at fault, which may be the second one.
        check_plain(
            &[s2c(frame(0x81, "a")), s2c(bytes), s2c(frame(0x81, "b")), c2s(masked(0x81, "c"))],
            &format!(
                "0< ws Text a
                 0< Malformed(\"websocket {why}\")
                 0> ws Text c
                 0< end Lost"
            ),
        );
    }
    // With compression the first reserved bit is only for the first frame of a message.
    for bytes in [&b"\x41\x02\xf2H\xc0\x01x"[..], b"\xc9\x01x", b"\xe1\x01x"] {
        check_deflate(
            "",
            &[s2c(bytes), s2c(frame(0x81, "b"))],
            "0< Malformed(\"websocket reserved bit\")\n0< end Lost",
        );
    }
}

#[test]
fn a_length_that_lies() {
    check_plain(
        &[s2c(b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffabc"), gap_s2c(1 << 40), c2s(masked(0x81, "c"))],
        "
        0~< Gap(1099511627776)
        0> ws Text c
        0~< end Cut
        ",
    );
}

#[test]
fn a_torn_message_is_dropped_and_no_other() {
    let [first, second, third] = ["torn", "b", "c"].map(|text| frame(0x81, text));
    for (from, to) in [(2, 3), (3, 6), (2, 6), (5, 6)] {
        check_plain(
            &[
                s2c(&first[..from]),
                gap_s2c((to - from) as u64),
                s2c([&first[to..], &second[..]].concat()),
                s2c(&third),
                c2s(masked(0x81, "d")),
            ],
            &format!(
                "0~< Gap({})
                 0~< ws Text b
                 0~< ws Text c
                 0> ws Text d
                 0~< end Cut",
                to - from
            ),
        );
    }
    // In any of its fragments, with a whole ping between.
    let fragments = [frame(0x01, "aaa"), frame(0x89, "p"), frame(0x00, "bbb"), frame(0x80, "ccc")];
    for torn in [0, 2, 3] {
        let mut inputs = Vec::new();
        for (number, fragment) in fragments.iter().enumerate() {
            if number == torn {
                inputs.extend([s2c(&fragment[..3]), gap_s2c(2)]);
            } else {
                inputs.push(s2c(fragment));
            }
        }
        inputs.push(s2c(frame(0x81, "d")));
        let (before, after) = if torn == 0 { ("", "0~< ws Ping p") } else { ("0< ws Ping p", "") };
        check_plain(&inputs, &format!("{before}\n0~< Gap(2)\n{after}\n0~< ws Text d\n0~< end Cut"));
    }
    // A torn ping, a masked message that goes on with the right part of its key, a torn close.
    let text = masked(0x81, "abcdefgh");
    check_plain(
        &[
            s2c(&frame(0x89, "ping")[..3]),
            gap_s2c(3),
            s2c(frame(0x81, "a")),
            s2c(&frame(0x88, b"\x03\xe8x")[..3]),
            gap_s2c(2),
            c2s(&text[..7]),
            gap_c2s(5),
            c2s(&text[12..]),
            c2s([masked(0x81, "b"), masked(0x88, "")].concat()),
        ],
        "
        0~< Gap(3)
        0~< ws Text a
        0~< Gap(2)
        0~> Gap(5)
        0~> ws Text b
        0~> ws Close(None)
        0~< end Complete
        ",
    );
}

#[test]
fn a_gap_that_frames_cannot_be_counted_through() {
    let text = frame(0x81, "abc");
    for (before, missing) in [(0, 1), (0, 5), (1, 1), (2, 4), (3, 100)] {
        let mut inputs = vec![s2c(frame(0x81, "a"))];
        if before > 0 {
            inputs.push(s2c(&text[..before]));
        }
        inputs.extend([gap_s2c(missing), s2c(&text), c2s(masked(0x81, "d"))]);
        check_plain(&inputs, &format!("0< ws Text a\n0~< Gap({missing})\n0> ws Text d\n0~< end Lost"));
    }
}

/// A connection that is a WebSocket now.
pub(super) fn open(parameters: Option<&str>) -> Driver {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(ASK));
    driver.feed(&s2c(parameters.map_or(YES.to_owned(), agreed)));
    driver.messages.clear();
    driver
}

/// Feeds bytes in pieces of that size.
pub(super) fn feed(driver: &mut Driver, direction: Direction, bytes: &[u8], size: usize) {
    bytes.chunks(size).for_each(|piece| driver.feed(&Input::Bytes(direction, piece.to_vec())));
}

/// Lengths of messages and whether they are truncated; notices.
pub(super) fn sizes(driver: &Driver) -> (Vec<(usize, bool)>, Vec<Notice>) {
    let mut messages = Vec::new();
    let mut notices = Vec::new();
    for message in &driver.messages {
        match &message.kind {
            Kind::WebSocket(message) => messages.push((message.data.len(), message.truncated)),
            Kind::Notice(notice) => notices.push(*notice),
            other => panic!("{other:?}"),
        }
    }
    (messages, notices)
}

#[test]
fn long_messages_are_cut_and_marked() {
    let cap = limits::EVENT_DATA_BYTES;
    for size in [usize::MAX, 16_384, 1_001] {
        for (length, truncated) in [(cap, false), (cap + 1, true), (cap + (1 << 20), true)] {
            let data = vec![b'x'; length];
            let (one, rest) = data.split_at(length / 3);
            let fragments = [frame(0x01, one), frame(0x80, rest)].concat();
            for bytes in [frame(0x81, &data), masked(0x81, &data), fragments] {
                let mut driver = open(None);
                feed(&mut driver, Direction::ToClient, &bytes, size);
                driver.feed(&s2c(frame(0x81, "next")));
                let (messages, notices) = sizes(&driver);
                assert_eq!(messages, [(length.min(cap), truncated), (4, false)]);
                let limit = Notice::Limit("websocket message");
                assert_eq!(notices, if truncated { vec![limit] } else { vec![] });
                assert!(driver.connection.held() < 1_000);
            }
        }
    }
}

/// Endless fragments, empty ones, pings, resets of the inflater: bounded and linear.
#[test]
fn floods() {
    let mut fragments = frame(0x01, "a");
    fragments.extend(frame(0x00, "").repeat(200_000));
    fragments.extend(frame(0x00, "bc").repeat(200_000));
    let mut driver = open(None);
    feed(&mut driver, Direction::ToClient, &fragments, 16_384);
    assert!(driver.messages.is_empty());
    assert!(driver.connection.held() <= 1 << 20);
    driver.feed(&s2c(frame(0x80, "d")));
    assert_eq!(sizes(&driver).0, [(400_002, false)]);

    let mut driver = open(None);
    feed(&mut driver, Direction::ToServer, &masked(0x89, "x").repeat(100_000), 16_384);
    assert_eq!(sizes(&driver).0.len(), 100_000);
    assert!(driver.connection.held() < 1_000);

    // Final blocks with nothing in them, each of which begins the stream anew.
    let mut driver = open(Some(""));
    feed(&mut driver, Direction::ToServer, &masked(0xc2, b"\x03\0".repeat(200_000)), 16_384);
    assert_eq!(sizes(&driver), (vec![(0, false)], vec![]));
    assert!(driver.connection.held() < limits::HELD_BYTES);

    // Compressed fragments of a byte, to the cap.
    let mut driver = open(Some(""));
    let stored = [&b"\0\0\x80\xff\x7f"[..], &[b'x'; 0x8000]].concat().repeat(520);
    let mut bytes = frame(0x41, "");
    stored.iter().for_each(|byte| bytes.extend([0, 1, *byte]));
    bytes.extend(frame(0x80, "\0"));
    feed(&mut driver, Direction::ToClient, &bytes, 65_536);
    assert_eq!(sizes(&driver).0, [(limits::EVENT_DATA_BYTES, true)]);
}

#[test]
fn slices_of_the_piece() {
    let mut driver = open(None);
    let bytes = bytes::Bytes::from([frame(0x81, "one"), frame(0x82, "two")].concat());
    let within = bytes.as_ptr_range();
    driver.connection.push(Direction::ToClient, bytes, crate::StreamOffset(0), crate::Time(9));
    let mut given = 0;
    while let Some(message) = driver.connection.poll() {
        let Kind::WebSocket(message) = message.kind else { panic!("{message:?}") };
        assert!(within.contains(&message.data.as_ptr()));
        given += 1;
    }
    assert_eq!(given, 2);
}

#[test]
fn debug_shows_sizes_only() {
    let mut driver = open(Some(""));
    driver.feed(&c2s(masked(0x81, "hidden words")));
    driver.feed(&c2s(masked(0x01, "hidden words")));
    driver.feed(&s2c(frame(0x88, b"\x03\xe8hidden words")));
    let shown = format!("{:?} {:?}", driver.messages, driver.connection);
    assert!(!shown.contains("hidden") && shown.contains("data_len: 12"), "{shown}");
}
