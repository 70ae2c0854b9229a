//! Lines of JSON.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Driver, Input, byte_by_byte, c2s, check, gap_s2c, render, run, s2c};
use crate::{Direction, Kind, Notice, limits};

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n";

/// Lines of a body that ends with the connection.
#[track_caller]
fn check_lines(body: impl AsRef<[u8]>, items: &[&str]) {
    let lines: String = items.iter().map(|item| format!("0< {item}\n")).collect();
    check(
        &[c2s(GET), s2c([HEAD.as_bytes(), body.as_ref()].concat())],
        &format!(
            "0> GET /0\n0> end Complete\n0< 200 content-type=application/x-ndjson\n{lines}0< end Closed"
        ),
    );
}

#[test]
fn ollama_stream() {
    let first = r#"{"model":"llama3.2","created_at":"2026-08-04T08:52:19.385406455-07:00","message":{"role":"assistant","content":"The"},"done":false}"#;
    let last = r#"{"model":"llama3.2","done":true,"done_reason":"stop","eval_count":282,"eval_duration":4535599000}"#;
    let chunk = |line: &str| format!("{:x}\r\n{line}\n\r\n", line.len() + 1);
    let shown = |line: &str| line.as_bytes().escape_ascii().to_string();
    check(
        &[
            c2s(GET),
            s2c(
                "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            s2c(format!("{}{}0\r\n\r\n", chunk(first), chunk(last))),
        ],
        &format!(
            "0> GET /0
             0> end Complete
             0< 200 content-type=application/x-ndjson transfer-encoding=chunked
             0< json {}
             0< json {}
             0< end Complete",
            shown(first),
            shown(last)
        ),
    );
}

#[test]
fn line_ends_and_white_space() {
    check_lines(
        "{}\n[1]\r\n\r\n\n \t \n  {} \t\r\n1\r2\n\r\r\n\"a\\n\"\n",
        &["json {}", "json [1]", "json {}", r"json 1\r2", r#"json \"a\\n\""#],
    );
    check_lines("", &[]);
    check_lines("\n\r\n \n", &[]);
    // Not looked into.
    check_lines(b"data: x\n\xff\0\n", &["json data: x", r"json \xff\x00"]);
}

#[test]
fn the_last_line_may_lack_its_end() {
    for (last, given) in [
        (r#"{"a":{"b":"}"}}"#, true),
        ("[[]]", true),
        (r#"{} "#, true),
        (r#"{"a":{}"#, false),
        (r#"{"a":"}"#, false),
        ("{}{}", false),
        ("12", false),
    ] {
        let shown = format!("json {}", last.trim_end().as_bytes().escape_ascii());
        let items = ["json 1", &shown];
        check_lines(format!("1\n{last}"), &items[..if given { 2 } else { 1 }]);
    }
}

#[test]
fn the_last_line_of_a_whole_body_is_whole() {
    for (length, last, end) in [(4, "0< json 12", "Complete"), (5, "", "Cut")] {
        check(
            &[
                c2s(GET),
                s2c(format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/jsonl\r\nContent-Length: {length}\r\n\r\n1\n12"
                )),
            ],
            &format!(
                "0> GET /0
                 0> end Complete
                 0< 200 content-type=application/jsonl content-length={length}
                 0< json 1
                 {last}
                 0< end {end}"
            ),
        );
    }
}

#[test]
fn requests_are_given_as_they_are() {
    check(
        &[c2s("POST /0 HTTP/1.1\r\nContent-Type: application/x-ndjson\r\nContent-Length: 5\r\n\r\n{}\n{}")],
        r"
        0> POST /0 content-type=application/x-ndjson content-length=5
        0> body {}\n{}
        0> end Complete
        0< end Cut
        ",
    );
}

#[test]
fn a_gap_costs_the_line_it_tore() {
    let inputs = [
        c2s(GET),
        s2c(format!("{HEAD}{{\"a\":1}}\n{{\"b\"")),
        gap_s2c(5),
        s2c("2}\n{\"c\":3}\n"),
        gap_s2c(1),
        // The gap ended between two lines, which nobody can know.
        s2c("{\"d\":4}\n{\"e\":5}\n{\"f\""),
        gap_s2c(3),
        s2c("}"),
    ];
    check(
        &inputs,
        r#"
        0> GET /0
        0> end Complete
        0< 200 content-type=application/x-ndjson
        0< json {\"a\":1}
        0~< Gap(5)
        0~< json {\"c\":3}
        0~< Gap(1)
        0~< json {\"e\":5}
        0~< Gap(3)
        0~< end Closed
        "#,
    );
}

#[test]
fn lines_know_when_and_where() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c(HEAD));
    for piece in ["{}\n{}\n {", "}", " \n", "\n\n", "[", "]"] {
        driver.feed(&s2c(piece));
    }
    driver.close();
    let places: Vec<_> = driver
        .messages
        .iter()
        .filter(|m| matches!(m.kind, Kind::Json(_)))
        .map(|m| (m.offset.0 - HEAD.len() as u64, m.first_at.0 - 2, m.at.0 - 2))
        .collect();
    assert_eq!(places, [(0, 1, 1), (3, 1, 1), (7, 1, 3), (13, 5, 6)]);
}

#[test]
fn lines_within_a_piece_are_slices_of_it() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c(HEAD));
    let bytes = bytes::Bytes::from(b"{\"a\":1}\r\n [2] \n".to_vec());
    let within = bytes.as_ptr_range();
    driver.connection.push(Direction::ToClient, bytes, crate::StreamOffset(0), crate::Time(9));
    let mut slices = 0;
    while let Some(message) = driver.connection.poll() {
        if let Kind::Json(item) = message.kind {
            assert!(within.contains(&item.data.as_ptr()));
            slices += 1;
        }
    }
    assert_eq!(slices, 2);
}

#[test]
fn long_lines_are_bounded_and_marked() {
    for (length, truncated) in [
        (65 << 10, false),
        (limits::JSON_ITEM_BYTES, false),
        (limits::JSON_ITEM_BYTES + 1, true),
        (20 << 20, true),
    ] {
        let body = [HEAD.as_bytes(), &vec![b'x'; length], b"\n{}\n"].concat();
        let mut seen = Vec::new();
        for piece_size in [16 << 10, 100_000, 32 << 20] {
            let mut driver = Driver::new(true);
            driver.feed(&c2s(GET));
            for piece in body.chunks(piece_size) {
                driver.feed(&Input::Bytes(Direction::ToClient, piece.to_vec()));
            }
            let items: Vec<_> = driver
                .messages
                .iter()
                .filter_map(|m| match &m.kind {
                    Kind::Json(item) => Some((item.data.len(), item.truncated)),
                    _ => None,
                })
                .collect();
            assert_eq!(items, [(length.min(limits::JSON_ITEM_BYTES), truncated), (2, false)]);
            let limit = |m: &crate::Message| m.kind == Kind::Notice(Notice::Limit("json item"));
            assert_eq!(driver.messages.iter().any(limit), truncated);
            assert!(driver.connection.held() < 1_024, "let go of it");
            seen.push(render(&driver.messages));
        }
        assert!(seen[0] == seen[1] && seen[0] == seen[2]);
    }
}

#[test]
fn a_line_over_64_kib_is_whole_at_any_cut_of_its_ends() {
    let long = format!("{{\"context\":\"{}\"}}", "y".repeat(70_000));
    let body = format!("{HEAD}{long}\n1\n");
    let expect = render(&run(true, &[c2s(GET), s2c(&body)]));
    assert!(expect.iter().any(|(line, _)| line.len() > 70_000));
    for cut in [HEAD.len() + 1, HEAD.len() + 65_536, body.len() - 4, body.len() - 3, body.len() - 2] {
        let (front, back) = body.split_at(cut);
        assert_eq!(render(&run(true, &[c2s(GET), s2c(front), s2c(back)])), expect);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_outside_of_a_gap_are_given_and_no_other(
        lines in vec(("[a-z{}\",: ü]{1,30}", select(vec!["\n", "\r\n", " \n\n", "\n \r\n"])), 1..12),
        cuts in vec(any::<Index>(), 0..6),
        gap in any::<(Index, Index)>(),
    ) {
        let mut body = HEAD.as_bytes().to_vec();
        let mut spans = Vec::new();
        for (line, end) in &lines {
            let start = body.len();
            body.extend_from_slice(line.as_bytes());
            // One line end must be seen after the gap.
            spans.push((line.trim().to_owned(), start, body.len() + end.find('\n').unwrap() + 1));
            body.extend_from_slice(end.as_bytes());
        }
        let place = |index: &Index| HEAD.len() + index.index(body.len() - HEAD.len() + 1);
        let (from, to) = (place(&gap.0).min(place(&gap.1)), place(&gap.0).max(place(&gap.1)));
        let inputs = super::properties::cut(Direction::ToClient, &body, &cuts);
        let mut inputs = super::properties::with_gap(inputs, Direction::ToClient, from, to);
        inputs.insert(0, c2s(GET));
        let messages = run(true, &inputs);
        let given: Vec<_> = messages.iter().filter_map(|m| match &m.kind {
            Kind::Json(item) => Some(String::from_utf8(item.data.to_vec()).unwrap()),
            _ => None,
        }).collect();
        let lossy = to > from && to < body.len();
        let resumed = body[to..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |end| to + end + 1);
        // Without bytes after it, nobody was told of the gap, and the body ends by closing.
        let expect: Vec<_> = spans.iter().filter(|(line, start, end)| {
            !line.is_empty() && if lossy { *end <= from || *start >= resumed } else { *end <= from || to == from }
        }).map(|(line, ..)| line.clone()).collect();
        if lossy || to == from {
            prop_assert_eq!(given, expect);
        } else {
            prop_assert!(given.starts_with(&expect));
        }
        prop_assert_eq!(render(&messages), render(&run(true, &byte_by_byte(&inputs))));
    }
}
