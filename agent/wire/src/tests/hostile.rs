//! Input that was made to break parsers. Nothing panics, hangs or grows; what is lost is said.

use super::{Driver, Input, c2s, check, s2c};
use crate::{Direction, Kind, Notice, limits};

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";
const NEXT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A response head after which framing is lost, for a reason that is said.
#[track_caller]
fn check_lost(head: &str, rest: &str, rendered_head: &str, why: &str) {
    let response = format!("{head}\r\n\r\n{rest}");
    check(
        &[c2s(GET), s2c(&response), c2s("GET /1 HTTP/1.1\r\n\r\n"), s2c(NEXT)],
        &format!(
            "0> GET /0
             0> end Complete
             0< {rendered_head}
             0< {why}
             0< end Lost
             1> GET /1
             1> end Complete
             1< Resync({})
             1< 200 content-length=2
             1< body ok
             1< end Complete",
            rest.len()
        ),
    );
}

#[test]
fn content_lengths() {
    let malformed = r#"Malformed("content-length")"#;
    for value in
        ["-1", "+5", "5 5", "0x5", "", "5, 6", "5,", "18446744073709551616", "99999999999999999999999"]
    {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {value}");
        check_lost(&head, "hello", format!("200 content-length={value}").trim_end(), malformed);
    }
    check_lost(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6",
        "hello",
        "200 content-length=5 content-length=6",
        malformed,
    );
}

#[test]
fn the_same_content_length_twice_is_one() {
    check(
        &[c2s(GET), s2c("HTTP/1.1 200 OK\r\nContent-Length: 2, 02\r\nContent-Length: 2\r\n\r\nok")],
        "
        0> GET /0
        0> end Complete
        0< 200 content-length=2, 02 content-length=2
        0< body ok
        0< end Complete
        ",
    );
}

#[test]
fn huge_lengths() {
    for length in [1_u64 << 63, u64::MAX] {
        check(
            &[c2s(format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\nabc"))],
            &format!("0> POST / content-length={length}\n0> body abc\n0> end Cut\n0< end Cut"),
        );
    }
    check(
        &[c2s("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc")],
        "0> POST / transfer-encoding=chunked\n0> body abc\n0> end Cut\n0< end Cut",
    );
}

#[test]
fn chunks() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked";
    let shown = "200 transfer-encoding=chunked";
    for bad in ["x", ";5\r\n", "-5\r\n", "\r\n", " 5\r\nhello", "\0"] {
        check_lost(head, bad, shown, r#"Malformed("chunk size")"#);
    }
    check(
        &[c2s(GET), s2c(format!("{head}\r\n\r\n3\r\nabcX\r\n0\r\n\r\n"))],
        r#"
        0> GET /0
        0> end Complete
        0< 200 transfer-encoding=chunked
        0< body abc
        0< Malformed("chunk end")
        0< end Lost
        "#,
    );
    check(
        &[c2s(GET), s2c(format!("{head}\r\n\r\n10000000000000000\r\nabc"))],
        r#"
        0> GET /0
        0> end Complete
        0< 200 transfer-encoding=chunked
        0< Malformed("chunk size")
        0< end Lost
        "#,
    );
}

#[test]
fn coded_requests_have_no_end() {
    check(
        &[c2s("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabc")],
        r#"
        0> POST / transfer-encoding=gzip
        0> Malformed("transfer-encoding")
        0> end Lost
        0< end Cut
        "#,
    );
}

#[test]
fn field_lines_that_are_none_are_passed_over() {
    check(
        &[c2s(
            "GET / HTTP/1.1\r\nA: 1\r\nNul: a\0b\r\n of nul\r\nnocolon\r\n: noname\r\nBad Name: x\r\nHost: a\r\n\r\n",
        )],
        r#"
        0> GET / a=1 host=a
        0> Malformed("header field")
        0> end Complete
        0< end Cut
        "#,
    );
}

#[test]
fn garbage_between_messages() {
    check(
        &[
            c2s("GET /0 HTTP/1.1\r\n\r\n"),
            s2c("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEXTRA\r\n"),
            c2s("\0\0\0GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"),
            s2c(NEXT),
        ],
        r#"
        0> GET /0
        0> end Complete
        0< 200 content-length=2
        0< body ok
        0< end Complete
        1< Malformed("status line")
        1> Malformed("request line")
        1> Resync(3)
        1> GET /1 host=a
        1> end Complete
        1< Resync(7)
        1< 200 content-length=2
        1< body ok
        1< end Complete
        "#,
    );
}

#[test]
fn status_line_that_only_looks_like_one() {
    check(
        &[c2s(GET), s2c("HTTP/1.1 200 O\x01K\r\nA: b\r\n\r\n"), s2c(NEXT)],
        r#"
        0> GET /0
        0> end Complete
        0< Malformed("response head")
        0~< Resync(26)
        0~< 200 content-length=2
        0~< body ok
        0~< end Complete
        "#,
    );
}

/// Runs long input in pieces of several sizes; gives the messages, which must not depend on that.
fn run_sizes(inputs: &[Input]) -> Vec<(String, u64)> {
    let mut all = [usize::MAX, 16_384, 1_000, 7].iter().map(|size| {
        let mut driver = Driver::new(true);
        for input in inputs {
            match input {
                Input::Bytes(direction, bytes) => {
                    for piece in bytes.chunks(*size) {
                        driver.feed(&Input::Bytes(*direction, piece.to_vec()));
                    }
                }
                Input::Gap(..) => driver.feed(input),
            }
        }
        driver.close();
        super::assert_ends(&driver.messages);
        super::render(&driver.messages)
    });
    let first = all.next().expect("sizes");
    all.for_each(|other| assert!(first == other, "differs: {} and {} messages", first.len(), other.len()));
    first
}

fn lines(rendered: &[(String, u64)]) -> Vec<&str> {
    rendered.iter().map(|(line, _)| line.as_str()).collect()
}

#[test]
fn head_without_end() {
    let flood = format!("GET /0 HTTP/1.1\r\n{}", "X-Flood: 0123456789\r\n".repeat(50_000));
    let rendered = run_sizes(&[c2s(flood), c2s("\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n"), s2c(NEXT)]);
    assert_eq!(
        lines(&rendered),
        [
            r#"0> Limit("head bytes")"#,
            "0> Resync(1050019)",
            "0> GET /1 host=a",
            "0> end Complete",
            "0< 200 content-length=2",
            "0< body ok",
            "0< end Complete"
        ]
    );
}

#[test]
fn target_without_end() {
    let rendered = run_sizes(&[c2s(format!("GET /{}", "x".repeat(200_000)))]);
    assert_eq!(lines(&rendered), [r#"0> Limit("head bytes")"#]);
}

#[test]
fn many_fields() {
    let fields: String = (0..2_000).map(|i| format!("x-{i}: {i}\r\n")).collect();
    let rendered = run_sizes(&[c2s(format!(
        "POST /0 HTTP/1.1\r\n{fields}Content-Length: 3\r\n\r\nabcGET /1 HTTP/1.1\r\n\r\n"
    ))]);
    let lines = lines(&rendered);
    assert_eq!(lines[0].matches("x-").count(), limits::HEADER_FIELDS);
    // The length stands after the last field that was kept, and counts.
    assert_eq!(lines[1..4], [r#"0> Limit("header fields")"#, "0> body abc", "0> end Complete"]);
    assert_eq!(lines[4], "1> GET /1");
}

#[test]
fn chunk_lines_and_trailers_without_end() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let cap = limits::CHUNK_LINE_BYTES as usize;
    for (rest, limit) in [
        (format!("5;{}", "x".repeat(100_000)), "chunk line"),
        (format!("5;{}\r\n", "x".repeat(cap)), "chunk line"),
        ("0".repeat(100_000), "chunk line"),
        (format!("0\r\n{}", "Trailer: x\r\n".repeat(50_000)), "trailer bytes"),
        (format!("0\r\n{}", "x".repeat(200_000)), "trailer bytes"),
    ] {
        let rendered =
            run_sizes(&[c2s(GET), s2c(format!("{head}{rest}")), c2s("GET /1 HTTP/1.1\r\n\r\n"), s2c(NEXT)]);
        let lines = lines(&rendered);
        assert_eq!(lines[3..5], [format!("0< Limit({limit:?})"), "0< end Lost".to_owned()]);
        assert_eq!(lines[8..], ["1< 200 content-length=2", "1< body ok", "1< end Complete"], "{lines:?}");
    }
    let fits = run_sizes(&[c2s(GET), s2c(format!("{head}5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(cap - 4)))]);
    assert_eq!(lines(&fits)[3..], ["0< body hello", "0< end Complete"]);
}

#[test]
fn requests_that_nobody_answers() {
    let requests: String = (0..1_000).map(|i| format!("GET /{i} HTTP/1.1\r\n\r\n")).collect();
    let mut driver = Driver::new(true);
    driver.feed(&c2s(requests));
    assert!(driver.connection.held() < limits::HEAD_BYTES);
    let given_up =
        driver.messages.iter().filter(|m| matches!(m.kind, Kind::Notice(Notice::Limit("waiting requests"))));
    assert_eq!(given_up.count(), 1_000 - limits::WAITING_REQUESTS);
    // The first answer that is seen is taken for that of the last request.
    driver.feed(&s2c(NEXT));
    driver.close();
    super::assert_ends(&driver.messages);
    let answered: Vec<_> = driver
        .messages
        .iter()
        .filter(|m| matches!(m.kind, Kind::ResponseHead(_)))
        .map(|m| m.exchange.0)
        .collect();
    assert_eq!(answered, [999]);
}

/// Bytes that keep a search busy without ever being a head.
#[test]
fn searches_stay_linear() {
    let near_misses = [
        "GET /".repeat(100_000),
        "GET / HTTP/1.1\r\n".repeat(40_000),
        "POST ".repeat(100_000),
        format!("GET /{} ", "x".repeat(8_000)).repeat(60),
        "G".repeat(500_000),
    ];
    for miss in near_misses {
        let mut driver = Driver::new(false);
        for piece in miss.as_bytes().chunks(999) {
            driver.feed(&Input::Bytes(Direction::ToServer, piece.to_vec()));
        }
        assert!(driver.messages.is_empty());
        assert!(driver.connection.held() < 2 * limits::HEAD_BYTES);
        driver.feed(&c2s("\nGET /found HTTP/1.1\r\nHost: a\r\n\r\n"));
        let found = driver
            .messages
            .iter()
            .any(|m| matches!(&m.kind, Kind::RequestHead(h) if h.target.as_deref() == Some("/found")));
        assert!(found, "{}", miss.split_at(20).0);
    }
    let mut driver = Driver::new(false);
    let responses = "HTTP/1.1 200 HTTP/1.".repeat(50_000);
    for piece in responses.as_bytes().chunks(999) {
        driver.feed(&Input::Bytes(Direction::ToClient, piece.to_vec()));
    }
    driver.feed(&s2c(NEXT));
    assert!(driver.messages.iter().any(|m| matches!(m.kind, Kind::ResponseHead(_))));
}

#[test]
fn a_burst_leaves_no_memory_behind() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"));
    driver.feed(&s2c("data\n\n".repeat(100_000)));
    assert_eq!(driver.messages.iter().filter(|m| matches!(m.kind, Kind::Sse(_))).count(), 100_000);
    assert!(driver.connection.held() < 1_000);
}
