//! Bodies in content codings, in both versions of HTTP. The decoders have tests of their own.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::h2::{DATA, END_STREAM, frame, hello, request, response};
use super::{Driver, Input, c2s, check, check_decoded, s2c};
use crate::{Direction, Kind, limits};

pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Each event in a piece of its own, flushed.
fn gzip_events(events: &[&str]) -> Vec<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut pieces: Vec<Vec<u8>> = events
        .iter()
        .map(|event| {
            encoder.write_all(event.as_bytes()).unwrap();
            encoder.flush().unwrap();
            std::mem::take(encoder.get_mut())
        })
        .collect();
    pieces.push(encoder.finish().unwrap());
    pieces
}

const GZIP_EVENTS: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n";

#[test]
fn requests_and_responses_of_http1() {
    let request = gzip(b"{\"model\":\"m\"}");
    let response = gzip(b"data: a\n\ndata: b\n\n");
    let head =
        format!("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", request.len());
    check_decoded(
        &[c2s([head.as_bytes(), &request].concat()), s2c([GZIP_EVENTS.as_bytes(), &response].concat())],
        &format!(
            "0> POST / content-encoding=gzip content-length={}
             0> body {{\\\"model\\\":\\\"m\\\"}}
             0> end Complete
             0< 200 content-type=text/event-stream content-encoding=gzip
             0< event - a
             0< event - b
             0< end Closed",
            request.len()
        ),
    );
}

#[test]
fn responses_of_http2() {
    let body = gzip(b"data: a\n\ndata: b\n\n");
    let fields = &[("content-type", "text/event-stream"), ("content-encoding", "gzip")];
    let (one, two) = body.split_at(20);
    let inputs = [
        hello(),
        vec![
            c2s(request(1, END_STREAM, "/x")),
            s2c([response(1, 0, fields), frame(DATA, 0, 1, one), frame(DATA, END_STREAM, 1, two)].concat()),
        ],
    ];
    check_decoded(
        &inputs.concat(),
        "0> POST /x :scheme=https :authority=h
         0> end Complete
         0< 200 content-type=text/event-stream content-encoding=gzip
         0< event - a
         0< event - b
         0< end Complete",
    );
}

#[test]
fn events_have_the_time_of_what_was_flushed() {
    let events = ["data: one\n\n", "data: two\n\n", "data: three\n\n"];
    let mut driver = Driver::new(true);
    driver.feed(&c2s("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    driver.feed(&s2c(GZIP_EVENTS));
    for piece in gzip_events(&events) {
        driver.feed(&s2c(piece));
    }
    let times: Vec<_> = driver
        .messages
        .iter()
        .filter_map(|message| {
            matches!(message.kind, Kind::Sse(_)).then_some((message.first_at.0, message.at.0))
        })
        .collect();
    assert_eq!(times, [(3, 3), (4, 4), (5, 5)]);
}

#[test]
fn transfer_codings_come_off_first() {
    let body = gzip(&gzip(b"twice"));
    let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: gzip, chunked\r\n\r\n";
    check_decoded(
        &[c2s("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), s2c([head.as_bytes(), &chunk].concat())],
        "0> GET / host=h
         0> end Complete
         0< 200 content-encoding=gzip transfer-encoding=gzip, chunked
         0< body twice
         0< end Complete",
    );
}

#[test]
fn what_is_labelled_wrong_is_given_as_it_is() {
    check_decoded(
        &[c2s("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), s2c([GZIP_EVENTS, "data: plain\n\n"].concat())],
        "0> GET / host=h
         0> end Complete
         0< 200 content-type=text/event-stream content-encoding=gzip
         0< event - plain
         0< Malformed(\"content-encoding\")
         0< end Closed",
    );
}

#[test]
fn what_nobody_removes_is_given_raw_and_said() {
    check(
        &[
            c2s("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            s2c(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: compress\r\n\r\ndata: x\n\n",
            ),
        ],
        "0> GET / host=h
         0> end Complete
         0< 200 content-type=text/event-stream content-encoding=compress
         0< Unsupported(\"content-encoding\")
         0< body data: x\\n\\n
         0< end Closed",
    );
}

#[test]
fn a_body_that_breaks_is_given_up_to_there() {
    let mut pieces = gzip_events(&["data: good\n\n", "data: bad\n\n"]);
    pieces[1] = vec![0xff; 40];
    let inputs = [&[GZIP_EVENTS.as_bytes().to_vec()], &pieces[..]].concat();
    let mut driver = Driver::new(true);
    driver.feed(&c2s("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    inputs.iter().for_each(|piece| driver.feed(&s2c(piece)));
    driver.close();
    let lines: Vec<_> = super::render(&driver.messages).into_iter().map(|(line, _)| line).collect();
    assert_eq!(
        lines[3..],
        [
            "0< event - good",
            "0< Malformed(\"gzip\")",
            "0< Unsupported(\"content-encoding\")",
            "0< end Closed"
        ]
    );
}

#[test]
fn after_a_gap_nothing_of_it_is_read() {
    let pieces = gzip_events(&["data: good\n\n", "data: lost\n\n", "data: late\n\n"]);
    let mut inputs = vec![c2s("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), s2c(GZIP_EVENTS), s2c(&pieces[0])];
    inputs.push(Input::Gap(Direction::ToClient, pieces[1].len() as u64));
    inputs.push(s2c(&pieces[2]));
    let lines: Vec<_> = super::render(&super::run(true, &inputs)).into_iter().map(|(line, _)| line).collect();
    let gap = format!("0~< Gap({})", pieces[1].len());
    assert_eq!(lines[3..], ["0< event - good", &gap, "0~< end Closed"]);
}

#[test]
fn a_bomb_stops_and_the_connection_goes_on() {
    let mut bomb = gzip(&vec![b' '; 3 * limits::DECODED_BYTES]);
    bomb.truncate(bomb.len() - 1);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
    let mut driver = Driver::new(true);
    driver.feed(&c2s("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n"));
    driver.feed(&s2c([head.as_bytes(), &bomb, b"HTTP/1.1 204 No Content\r\n\r\n"].concat()));
    let given: usize = driver
        .messages
        .iter()
        .map(|message| match &message.kind {
            Kind::Body(bytes) => bytes.len(),
            _ => 0,
        })
        .sum();
    assert!(given <= limits::DECODED_BYTES, "{given}");
    let lines: Vec<_> = super::render(&driver.messages).into_iter().map(|(line, _)| line).collect();
    assert!(lines.iter().any(|line| line.contains("Limit(\"decoded bytes\")")));
    assert_eq!(lines[lines.len() - 2..], ["1< 204", "1< end Complete"]);
}
