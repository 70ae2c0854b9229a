//! HTTP/1 connections that become a WebSocket, and those that do not.

use super::{Input, byte_by_byte, c2s, check, check_from, gap_c2s, gap_s2c, render, run, s2c};
use crate::limits;

pub(super) const ASK: &str = "GET /v1/realtime HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
pub(super) const YES: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// How a connection that becomes a WebSocket begins.
const BEGUN: &str = "
    0> GET /v1/realtime upgrade=websocket
    0> end Complete
    0< 101 upgrade=websocket
    0< Upgraded";

/// A frame without mask, of a server. The first byte is FIN, reserved bits and opcode.
pub(super) fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    encode(first, payload.as_ref(), None)
}

/// A frame with mask, of a client.
pub(super) fn masked(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    encode(first, payload.as_ref(), Some([0x37, 0xfa, 0x21, 0x3d]))
}

fn encode(first: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let bit = if mask.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        short @ ..126 => bytes.push(bit | u8::try_from(short).expect("short")),
        long @ ..65536 => {
            bytes.push(bit | 126);
            bytes.extend(u16::try_from(long).expect("long").to_be_bytes());
        }
        longer => {
            bytes.push(bit | 127);
            bytes.extend((longer as u64).to_be_bytes());
        }
    }
    bytes.extend(mask.into_iter().flatten());
    let key = mask.unwrap_or_default();
    bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// What follows a handshake.
#[track_caller]
fn check_after(inputs: &[Input], expect: &str) {
    let inputs = [&[c2s(ASK), s2c(YES)], inputs].concat();
    check(&inputs, &format!("{BEGUN}\n{expect}"));
}

#[test]
fn both_directions() {
    check_after(
        &[
            c2s(masked(0x81, r#"{"type":"session.update"}"#)),
            s2c(frame(0x81, "one")),
            s2c([frame(0x82, b"\0\x01"), frame(0x81, ""), frame(0x89, "p")].concat()),
            c2s([masked(0x8a, "p"), masked(0x82, b"\xff")].concat()),
            c2s(masked(0x88, b"\x03\xe8bye")),
            s2c(frame(0x88, b"\x03\xe8")),
        ],
        r#"
        0> ws Text {\"type\":\"session.update\"}
        0< ws Text one
        0< ws Binary \x00\x01
        0< ws Text
        0< ws Ping p
        0> ws Pong p
        0> ws Binary \xff
        0> ws Close(Some(1000)) bye
        0< ws Close(Some(1000))
        0< end Complete
        "#,
    );
}

#[test]
fn frames_in_the_piece_of_the_head() {
    check(
        &[
            c2s([ASK.as_bytes(), &masked(0x81, "early")].concat()),
            s2c([YES.as_bytes(), &frame(0x81, "a"), &frame(0x88, "")].concat()),
            c2s(masked(0x88, "")),
        ],
        &format!(
            "{BEGUN}
            0> ws Text early
            0< ws Text a
            0< ws Close(None)
            0> ws Close(None)
            0< end Complete"
        ),
    );
}

/// Frames of the client that were seen before the answer, with a loss among them.
#[test]
fn frames_before_the_answer() {
    let torn = masked(0x81, "torn");
    check(
        &[
            c2s(ASK),
            c2s(masked(0x81, "one")),
            c2s(&torn[..7]),
            gap_c2s(3),
            c2s(masked(0x81, "two")),
            s2c(YES),
            c2s(masked(0x81, "three")),
        ],
        &format!(
            "{BEGUN}
            0> ws Text one
            0~> Gap(3)
            0~> ws Text two
            0~> ws Text three
            0< end Cut"
        ),
    );
    // All of it was seen before, the end too.
    check(
        &[c2s(ASK), c2s([masked(0x81, "one"), masked(0x88, "")].concat()), s2c(YES), s2c(frame(0x88, ""))],
        &format!(
            "{BEGUN}
            0> ws Text one
            0> ws Close(None)
            0< ws Close(None)
            0< end Complete"
        ),
    );
}

#[test]
fn refused_it_is_http() {
    check(
        &[
            c2s(ASK),
            c2s("GET /1 HTTP/1.1\r\n\r\n"),
            s2c("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno"),
            c2s("POST /2 HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"),
            s2c([OK, OK].concat()),
        ],
        "
        0> GET /v1/realtime upgrade=websocket
        0> end Complete
        0< 401 content-length=2
        1> GET /1
        1> end Complete
        0< body no
        0< end Complete
        2> POST /2 content-length=1
        2> body x
        2> end Complete
        1< 200 content-length=2
        1< body ok
        1< end Complete
        2< 200 content-length=2
        2< body ok
        2< end Complete
        ",
    );
}

#[test]
fn refused_and_asked_again() {
    check(
        &[
            c2s([ASK, ASK].concat()),
            c2s(masked(0x81, "one")),
            s2c("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"),
            s2c(YES),
        ],
        "
        0> GET /v1/realtime upgrade=websocket
        0> end Complete
        0< 401 content-length=0
        1> GET /v1/realtime upgrade=websocket
        1> end Complete
        0< end Complete
        1< 101 upgrade=websocket
        1< Upgraded
        1> ws Text one
        1< end Cut
        ",
    );
}

/// An answer to an earlier request decides nothing.
#[test]
fn asked_behind_another() {
    check(
        &[
            c2s(["GET /0 HTTP/1.1\r\n\r\n", ASK].concat()),
            c2s(masked(0x81, "one")),
            s2c("HTTP/1.1 103 Early Hints\r\n\r\n"),
            s2c([OK, YES].concat()),
        ],
        "
        0> GET /0
        0> end Complete
        1> GET /v1/realtime upgrade=websocket
        1> end Complete
        0< Informational(103)
        0< 200 content-length=2
        0< body ok
        0< end Complete
        1< 101 upgrade=websocket
        1< Upgraded
        1> ws Text one
        1< end Cut
        ",
    );
}

#[test]
fn never_answered_it_is_http() {
    check(
        &[c2s(ASK), c2s("GET /1 HTTP/1.1\r\n\r\n")],
        "
        0> GET /v1/realtime upgrade=websocket
        0> end Complete
        1> GET /1
        1> end Complete
        0< end Cut
        1< end Cut
        ",
    );
}

/// What is held is bounded, and what passes that is not taken for frames when the answer comes.
#[test]
fn too_much_before_the_answer() {
    let flood = masked(0x82, vec![b'x'; limits::UPGRADE_HELD_BYTES]);
    for pieces in [vec![c2s(&flood)], flood.chunks(999).map(c2s).collect()] {
        let inputs = [vec![c2s(ASK)], pieces, vec![s2c(YES), s2c(frame(0x81, "one"))]].concat();
        let lines: Vec<_> = render(&run(true, &inputs)).into_iter().map(|(line, _)| line).collect();
        assert_eq!(
            lines,
            [
                "0> GET /v1/realtime upgrade=websocket",
                "0> end Complete",
                "1> Malformed(\"request line\")",
                "0< 101 upgrade=websocket",
                "0< Upgraded",
                "0> Malformed(\"websocket beginning\")",
                "0< ws Text one",
                "0< end Lost",
            ]
        );
    }
    // In many small pieces it is the same.
    let fits = masked(0x82, vec![b'x'; 9_000]);
    for size in [usize::MAX, 1] {
        let pieces = fits.chunks(size.min(fits.len())).map(c2s);
        let inputs: Vec<_> = [c2s(ASK)].into_iter().chain(pieces).chain([s2c(YES)]).collect();
        let lines = render(&run(true, &inputs));
        assert_eq!(lines[4].0.len(), "0> ws Binary ".len() + 9_000);
        assert_eq!(lines[5].0, "0< end Cut");
    }
    // Nothing but small ones, and nothing but gaps.
    let small: Vec<_> = (0..100_000).map(|_| c2s("\x01")).collect();
    run(true, &[vec![c2s(ASK)], small].concat());
    let gaps: Vec<_> = (0..100_000).map(|_| gap_c2s(1)).collect();
    run(true, &[vec![c2s(ASK)], gaps].concat());
}

#[test]
fn how_it_ends() {
    // The server's close counts, whether it is answered or not.
    check_after(
        &[s2c(frame(0x88, b"\x03\xf3x")), c2s(masked(0x81, "a"))],
        "0< ws Close(Some(1011)) x
         0> ws Text a
         0< end Complete",
    );
    check_after(&[c2s(masked(0x88, ""))], "0> ws Close(None)\n0< end Cut");
    check_after(&[s2c(frame(0x01, "half"))], "0< end Cut");
    // Nothing follows a close, whatever is sent.
    check_after(
        &[s2c([frame(0x88, ""), frame(0x81, "late")].concat()), s2c("HTTP/1.1 200 OK\r\nA: b\r\n\r\n")],
        "0< ws Close(None)\n0< end Complete",
    );
    // A code cut in half.
    check_after(
        &[s2c(frame(0x88, b"\x03"))],
        "0< Malformed(\"websocket close code\")
         0< ws Close(None)
         0< end Complete",
    );
}

/// The direction that is not lost goes on.
#[test]
fn lost_in_one_direction() {
    check_after(
        &[
            s2c([frame(0x81, "a"), b"\x83\x01x".to_vec(), frame(0x81, "b")].concat()),
            c2s(masked(0x81, "c")),
            c2s(masked(0x88, "")),
            c2s("ignored"),
        ],
        "0< ws Text a
         0< Malformed(\"websocket opcode\")
         0> ws Text c
         0> ws Close(None)
         0< end Lost",
    );
    check_after(
        &[
            c2s(masked(0x83, "a")),
            s2c([frame(0x81, "b"), frame(0x88, "")].concat()),
            c2s(masked(0x81, "not any more")),
        ],
        "0> Malformed(\"websocket opcode\")
         0< ws Text b
         0< ws Close(None)
         0< end Lost",
    );
    check_after(
        &[c2s(masked(0x83, "a")), s2c(frame(0x81, "b"))],
        "0> Malformed(\"websocket opcode\")\n0< ws Text b\n0< end Lost",
    );
    check_after(
        &[
            s2c([frame(0x81, "a"), frame(0x81, "b")[..1].to_vec()].concat()),
            gap_s2c(4),
            c2s(masked(0x81, "c")),
        ],
        "0< ws Text a
         0~< Gap(4)
         0> ws Text c
         0~< end Lost",
    );
}

#[test]
fn asked_for_in_other_words() {
    for (ask, yes) in [
        ("UPGRADE: WebSocket", "upgrade: WEBSOCKET"),
        ("Upgrade: h2c, websocket", "Upgrade: websocket"),
        ("Upgrade: websocket/13", "Upgrade: websocket/13"),
        ("Upgrade: h2c\r\nUpgrade: websocket", "Connection: Upgrade"),
        ("Connection: Upgrade", "Upgrade: websocket"),
    ] {
        let inputs = [
            c2s(format!("GET / HTTP/1.1\r\n{ask}\r\n\r\n")),
            s2c(format!("HTTP/1.1 101 x\r\n{yes}\r\n\r\n")),
            s2c(frame(0x81, "a")),
            c2s(masked(0x81, "b")),
        ];
        let rendered = render(&run(true, &inputs));
        let lines: Vec<_> = rendered.iter().map(|(line, _)| line.as_str()).collect();
        assert_eq!(lines[3..], ["0< Upgraded", "0< ws Text a", "0> ws Text b", "0< end Cut"], "{ask} {yes}");
        super::check_cuts(true, &inputs, &rendered);
    }
    // A 101 to something else, or to nobody knows what.
    for (ask, yes) in
        [("Upgrade: h2c", "Upgrade: h2c"), ("A: b", "A: b"), ("Upgrade: websocket", "Upgrade: h2c")]
    {
        let inputs = [
            c2s(format!("GET / HTTP/1.1\r\n{ask}\r\n\r\n")),
            s2c(format!("HTTP/1.1 101 x\r\n{yes}\r\n\r\n")),
            s2c(frame(0x81, "a")),
            c2s(masked(0x81, "b")),
        ];
        let rendered = render(&run(true, &inputs));
        let lines: Vec<_> = rendered.iter().map(|(line, _)| line.as_str()).collect();
        assert_eq!(lines[3..], ["0< Upgraded", "0< end Complete"], "{ask} {yes}");
    }
}

#[test]
fn its_request_was_not_seen() {
    for before in [vec![], vec![c2s("ocket\r\nSec-WebSocket-Version: 13\r\n\r\n")], vec![gap_c2s(100)]] {
        let gap = matches!(before.first(), Some(Input::Gap(..)));
        let said = if gap { "0~> Gap(100)" } else { "" };
        let inputs =
            [before, vec![s2c(YES), c2s(masked(0x81, "a")), s2c(frame(0x88, "")), c2s(masked(0x88, ""))]]
                .concat();
        check_from(
            false,
            &inputs,
            &format!(
                "{said}
                 0< 101 upgrade=websocket
                 0< Upgraded
                 0> ws Text a
                 0< ws Close(None)
                 0> ws Close(None)
                 0< end Complete"
            ),
        );
    }
}

/// Who waited for an answer before gets none any more; who was not done asking is not.
#[test]
fn others_are_given_up() {
    check(
        &[
            c2s("POST /0 HTTP/1.1\r\nUpgrade: websocket\r\nContent-Length: 9\r\n\r\nabc"),
            s2c(YES),
            s2c(frame(0x81, "a")),
            c2s("defghi"),
        ],
        "
        0> POST /0 upgrade=websocket content-length=9
        0> body abc
        0< 101 upgrade=websocket
        0< Upgraded
        0> end Cut
        0> Malformed(\"websocket beginning\")
        0< ws Text a
        0< end Lost
        ",
    );
}

#[test]
fn places_and_times_of_messages() {
    let text = frame(0x01, "ab");
    let inputs = [
        c2s(ASK),
        s2c(YES),
        s2c([&text[..], &frame(0x89, "p"), &frame(0x80, "cd")[..1]].concat()),
        s2c(&frame(0x80, "cd")[1..3]),
        s2c(&frame(0x80, "cd")[3..]),
    ];
    let start = YES.len() as u64;
    let places: Vec<_> = run(true, &inputs)
        .iter()
        .filter(|message| matches!(message.kind, crate::Kind::WebSocket(_)))
        .map(|message| (message.offset.0 - start, message.first_at.0, message.at.0))
        .collect();
    assert_eq!(places, [(4, 3, 3), (0, 3, 5)]);
    let cut: Vec<_> = run(true, &byte_by_byte(&inputs))
        .iter()
        .filter(|message| matches!(message.kind, crate::Kind::WebSocket(_)))
        .map(|message| (message.offset.0 - start, message.at.0 - message.first_at.0))
        .collect();
    assert_eq!(cut, [(4, 2), (0, 10)]);
}
