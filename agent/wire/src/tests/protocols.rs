//! Which protocol it is, and what is none of ours.

use super::{Driver, Input, byte_by_byte, c2s, gap_c2s, gap_s2c, s2c};
use crate::{Kind, Notice, Protocol, limits};

const SETTINGS: &[u8] = b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\x40\0\0\0\0\x02\0\0\0\0";

#[derive(Debug, PartialEq)]
enum Outcome {
    Unknown,
    Http1,
    Http2,
    Foreign,
}

fn outcome(driver: &Driver) -> Outcome {
    match (driver.connection.protocol(), driver.connection.is_foreign()) {
        (None, false) => Outcome::Unknown,
        (Some(Protocol::Http1), false) => Outcome::Http1,
        (Some(Protocol::Http2), false) => Outcome::Http2,
        (None, true) => Outcome::Foreign,
        (Some(_), true) => panic!("foreign, but of a known protocol"),
    }
}

#[track_caller]
fn check(whole: bool, inputs: &[Input], expect: &Outcome) {
    for inputs in [inputs.to_vec(), byte_by_byte(inputs)] {
        let mut driver = Driver::new(whole);
        inputs.iter().for_each(|input| driver.feed(input));
        assert_eq!(outcome(&driver), *expect);
        match expect {
            Outcome::Foreign => assert_eq!((driver.connection.held(), driver.messages.len()), (0, 0)),
            Outcome::Unknown => {
                assert!(driver.messages.iter().all(|m| matches!(m.kind, Kind::Notice(Notice::Gap(_)))))
            }
            Outcome::Http1 | Outcome::Http2 => {}
        }
    }
}

#[test]
fn others_are_foreign() {
    for first in [
        s2c("220 mail.example ESMTP Postfix\r\n"),
        c2s("EHLO example.org\r\n"),
        // PostgreSQL: a start-up message, an SSL request.
        c2s(b"\0\0\0\x54\0\x03\0\0user\0postgres\0"),
        c2s(b"\0\0\0\x08\x04\xd2\x16\x2f"),
        // MySQL: the server's greeting.
        s2c(b"\x4a\0\0\0\x0a8.0.36\0"),
        c2s("*1\r\n$4\r\nPING\r\n"),
        c2s("PING\r\n"),
        c2s("GET key\r\n"),
        s2c("+PONG\r\n"),
        c2s(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"),
        s2c(b"\x16\x03\x03\0\x7a\x02\0\0\x76\x03\x03"),
        s2c("* OK IMAP4rev1 ready\r\n"),
        c2s(b"\x10\x2c\0\x04MQTT\x04\xc2"),
        c2s(b"\0\0\0\x12\0\x12\0\x04\0\0\0\x01\0\x04test"),
        s2c("SSH-2.0-OpenSSH_9.6\r\n"),
        c2s("GET /old\r\n"),
        c2s("OPTIONS rtsp://host/ RTSP/1.0\r\n"),
        c2s(b"PRI * HTTP/2.1\r\n"),
        s2c(b"\0\0\x05\x04\0\0\0\0\0"),
        c2s(vec![b'\n'; limits::START_LINE_BYTES]),
        c2s([b'\0'; 1]),
    ] {
        check(true, &[first], &Outcome::Foreign);
    }
}

#[test]
fn http1_is_known_by_its_first_line() {
    check(true, &[c2s("GET / HTTP/1.")], &Outcome::Unknown);
    check(true, &[c2s("GET / HTTP/1.1\r\n")], &Outcome::Http1);
    check(true, &[c2s("\r\n\r\nGET / HTTP/1.0\n")], &Outcome::Http1);
    check(true, &[s2c("HTTP/1.1 200 OK\r\n")], &Outcome::Http1);
    check(true, &[c2s("P")], &Outcome::Unknown);
    check(true, &[c2s("GET /".to_owned() + &"x".repeat(limits::START_LINE_BYTES))], &Outcome::Http1);
    // Known stays known, whatever comes.
    check(true, &[c2s("GET / HTTP/1.1\r\n\r\n"), s2c(vec![0; 1 << 16])], &Outcome::Http1);
}

#[test]
fn http2_is_recognised() {
    for whole in [true, false] {
        for inputs in [
            vec![c2s("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), s2c(SETTINGS), c2s(SETTINGS)],
            vec![gap_s2c(7), c2s("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), s2c(SETTINGS)],
        ] {
            check(whole, &inputs, &Outcome::Http2);
        }
    }
    check(true, &[s2c(SETTINGS), c2s("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")], &Outcome::Http2);
}

#[test]
fn late_ones_get_a_long_chance() {
    let garbage = |bytes| s2c(vec![b'x'; bytes]);
    let most = usize::try_from(limits::FOREIGN_AFTER_BYTES).expect("fits") - 1;
    let run = |inputs: &[Input]| {
        let mut driver = Driver::new(false);
        inputs.iter().for_each(|input| driver.feed(input));
        outcome(&driver)
    };
    assert_eq!(run(&[c2s("EHLO example.org\r\n"), s2c("250 ok\r\n")]), Outcome::Unknown);
    assert_eq!(run(&[garbage(most)]), Outcome::Unknown);
    assert_eq!(run(&[garbage(most), garbage(1)]), Outcome::Foreign);
    assert_eq!(run(&[garbage(most), c2s("xx")]), Outcome::Foreign);
    assert_eq!(run(&[garbage(most), c2s("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]), Outcome::Http1);
    let known = [c2s("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), garbage(most), garbage(most)];
    assert_eq!(run(&known), Outcome::Http1);
}

#[test]
fn a_gap_makes_a_connection_a_late_one() {
    check(true, &[gap_c2s(3), c2s("EHLO example.org\r\n")], &Outcome::Unknown);
    check(
        true,
        &[c2s("GE"), gap_c2s(3), c2s("x"), c2s("GET / HTTP/1.1\r\nHost: a\r\n\r\n")],
        &Outcome::Http1,
    );
    let gaps: Vec<_> = (0..100_000).flat_map(|_| [gap_c2s(1), gap_s2c(1)]).collect();
    let mut driver = Driver::new(true);
    gaps.iter().for_each(|input| driver.feed(input));
    assert!(driver.connection.held() < limits::HEAD_BYTES);
}

#[test]
fn nothing_comes_after_close() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s("GET / HT"));
    driver.close();
    driver.feed(&c2s("TP/1.1\r\n\r\n"));
    driver.feed(&gap_s2c(1));
    driver.close();
    assert!(driver.messages.is_empty());
    assert_eq!((outcome(&driver), driver.connection.held()), (Outcome::Unknown, 0));
}
