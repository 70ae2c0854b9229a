//! Server-sent events.

use super::{Driver, Input, c2s, check, s2c};
use crate::{Direction, Kind, limits};

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/// Events of a body that ends with the connection.
#[track_caller]
fn check_events(body: impl AsRef<[u8]>, events: &str) {
    let response = [HEAD.as_bytes(), body.as_ref()].concat();
    let expect = format!(
        "0> GET /0\n0> end Complete\n0< 200 content-type=text/event-stream\n{}\n0< end Closed",
        events
            .lines()
            .map(|line| format!("0< {}\n", line.trim()))
            .filter(|l| l.len() > 4)
            .collect::<String>()
    );
    check(&[c2s(GET), s2c(response)], &expect);
}

#[test]
fn openai_stream() {
    check_events(
        "data: {\"a\":1}\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\n",
        r#"event - {\"a\":1}
           event - {\"b\":2}
           event - [DONE]"#,
    );
}

#[test]
fn anthropic_stream() {
    check_events(
        "event: message_start\ndata: {}\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\nevent: message_stop\ndata: {}\n\n",
        r#"event message_start {}
           event ping {\"type\": \"ping\"}
           event message_stop {}"#,
    );
}

#[test]
fn all_line_ends() {
    check_events(
        "data: a\r\n\r\ndata: b\r\rdata: c\n\ndata: d\r\ndata: e\rdata: f\n\r\n",
        r"event - a
        event - b
        event - c
        event - d\ne\nf",
    );
}

#[test]
fn fields() {
    check_events(
        "\u{feff}data:no space\n\ndata:  two spaces\n\ndata: a:b\n\ndata\n\ndata:\n\ndata:\ndata:\n\n",
        r"event - no space
          event -  two spaces
          event - a:b
          event -
          event -
          event - \n",
    );
    // Nothing to dispatch: comments, names without data, fields that do not matter, near misses.
    check_events(
        ": OPENROUTER PROCESSING\n\nevent: x\n\nid: 1\nretry: 5\n\nDATA: x\n\ndatax: 1\n data: y\n\n:\n\n",
        "",
    );
    // The name is of its own event only, and the last one counts; an empty one is none.
    check_events(
        "event: a\n\ndata: 1\n\nevent: b\nevent: c\nid: 7\ndata: 2\n\nevent: d\nevent:\ndata: 3\n\n",
        "event - 1
         event c 2
         event - 3",
    );
}

#[test]
fn utf8_and_other_bytes_pass() {
    check_events("data: \u{fc}\u{1f600}\n\n", r"event - \xc3\xbc\xf0\x9f\x98\x80");
    check_events(b"data: \xff\0x\n\n", r"event - \xff\x00x");
}

#[test]
fn mark_only_at_the_start() {
    check_events("\u{feff}\u{feff}data: 1\n\ndata: 2\n\n\u{feff}data: 3\n\n", "event - 2");
}

#[test]
fn end_of_stream() {
    check_events("data: a\n\ndata: whole\n", "event - a\nevent - whole");
    check_events("data: a\n\ndata: whole\r", "event - a\nevent - whole");
    check_events("data: a\n\ndata: torn", "event - a");
    check_events("data: a\n\ndata: whole\nevent: tor", "event - a");
    check_events("event: no_data\n", "");
}

#[test]
fn cut_streams_give_no_last_event() {
    check(
        &[
            c2s(GET),
            s2c(
                "HTTP/1.1 200 OK\r\nContent-type: Text/Event-Stream ; charset=utf-8\r\nContent-Length: 99\r\n\r\ndata: a\n\ndata: b\n",
            ),
        ],
        "
        0> GET /0
        0> end Complete
        0< 200 content-type=Text/Event-Stream ; charset=utf-8 content-length=99
        0< event - a
        0< end Cut
        ",
    );
}

#[test]
fn chunks_are_not_events() {
    check(
        &[
            c2s(GET),
            s2c("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"),
            s2c("7\r\ndata: a\r\n9\r\n\n\ndata: b\r\n5\r\nc\n\n: \r\n0\r\n\r\n"),
        ],
        "
        0> GET /0
        0> end Complete
        0< 200 content-type=text/event-stream transfer-encoding=chunked
        0< event - a
        0< event - bc
        0< end Complete
        ",
    );
}

/// (data, offset, first_at, at) of the events of pieces that follow a head.
fn places(pieces: &[&str]) -> Vec<(String, u64, u64, u64)> {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c(HEAD));
    for piece in pieces {
        driver.feed(&s2c(piece));
    }
    let (head, heads) = (HEAD.len() as u64, 2);
    let place = |m: &crate::Message| match &m.kind {
        Kind::Sse(event) => Some((
            String::from_utf8_lossy(&event.data).into_owned(),
            m.offset.0 - head,
            m.first_at.0 - heads,
            m.at.0 - heads,
        )),
        _ => None,
    };
    driver.messages.iter().filter_map(place).collect()
}

#[test]
fn events_know_when_and_where() {
    let expect = |data: &str, offset, first_at, at| (data.to_owned(), offset, first_at, at);
    assert_eq!(
        places(&[
            "data: a\n\ndata: b\n\nda",
            "ta: c\n",
            "\n",
            ": late\n",
            "id: 1\n",
            "data: d\r",
            "\r",
            "\n"
        ]),
        [expect("a", 0, 1, 1), expect("b", 9, 1, 1), expect("c", 18, 1, 3), expect("d", 34, 5, 7)]
    );
}

#[test]
fn events_within_a_piece_are_slices_of_it() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c(HEAD));
    let bytes = bytes::Bytes::from(b"data: abc\n\ndata: def\n\n".to_vec());
    let within = bytes.as_ptr_range();
    driver.connection.push(Direction::ToClient, bytes, crate::StreamOffset(0), crate::Time(9));
    let mut slices = 0;
    while let Some(message) = driver.connection.poll() {
        if let Kind::Sse(event) = message.kind {
            assert!(within.contains(&event.data.as_ptr()));
            slices += 1;
        }
    }
    assert_eq!(slices, 2);
}

#[test]
fn long_events_are_bounded_and_marked() {
    for (length, truncated) in
        [(limits::EVENT_DATA_BYTES, false), (limits::EVENT_DATA_BYTES + 1, true), (20 << 20, true)]
    {
        for piece_size in [16 << 10, 100_000, 32 << 20] {
            let mut driver = Driver::new(true);
            driver.feed(&c2s(GET));
            driver.feed(&s2c(HEAD));
            let mut body = b"event: big\ndata: ".to_vec();
            body.resize(body.len() + length, b'x');
            body.extend_from_slice(b"\n\ndata: next\n\n");
            for piece in body.chunks(piece_size) {
                driver.feed(&Input::Bytes(Direction::ToClient, piece.to_vec()));
            }
            let events: Vec<_> = driver
                .messages
                .iter()
                .filter_map(|m| match &m.kind {
                    Kind::Sse(event) => Some((event.data.len(), event.truncated)),
                    _ => None,
                })
                .collect();
            assert_eq!(events, [(length.min(limits::EVENT_DATA_BYTES), truncated), (4, false)]);
            let limit =
                |m: &crate::Message| matches!(m.kind, Kind::Notice(crate::Notice::Limit("event data")));
            assert_eq!(driver.messages.iter().any(limit), truncated);
            assert!(driver.connection.held() < limits::HEAD_BYTES, "let go of it");
        }
    }
}

#[test]
fn many_long_lines_are_bounded_alike_however_they_are_cut() {
    let line = [b"data: ".as_slice(), &[b'y'; 100_000], b"\n"].concat();
    let body = [line.repeat(180).as_slice(), b"\n"].concat();
    let mut seen = Vec::new();
    for piece_size in [9999, 65_536, 32 << 20] {
        let mut driver = Driver::new(true);
        driver.feed(&c2s(GET));
        driver.feed(&s2c(HEAD));
        for piece in body.chunks(piece_size) {
            driver.feed(&Input::Bytes(Direction::ToClient, piece.to_vec()));
        }
        seen.push(super::render(&driver.messages));
    }
    assert!(seen[0].iter().any(|(line, _)| line.ends_with("(truncated)")));
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[test]
fn long_names_are_cut() {
    let name = "n".repeat(limits::EVENT_NAME_BYTES + 9);
    check_events(
        format!("event: {name}\ndata: x\n\n"),
        &format!("Limit(\"event name\")\nevent {} x", "n".repeat(limits::EVENT_NAME_BYTES)),
    );
}
