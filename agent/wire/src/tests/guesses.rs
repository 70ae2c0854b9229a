//! Bodies of which nobody saw what their heads say: an HTTP/2 connection that was joined late, whose server names the
//! content type by its place in a table that we do not have.

use std::io::Write;

use super::h2::{DATA, END_HEADERS, END_STREAM, HEADERS, PING, block, frame, request};
use super::{Input, c2s, check, check_from, cuts, gap_s2c, render, run, s2c};

/// A field of the table as it was before we came.
const UNKNOWN: u8 = 0x80 | 70;

/// Both directions, found.
fn found() -> Vec<Input> {
    let pings = frame(PING, 0, 0, [0; 8]).repeat(3);
    vec![c2s(&pings), s2c(&pings)]
}

/// What comes of a response with this header block, from its head on. Cut in every way.
#[track_caller]
fn check_response(fields: &[u8], body: &[u8], expect: &[&str]) {
    let before = [found(), vec![c2s(request(1, END_STREAM, "/x"))]].concat();
    let head = frame(HEADERS, END_HEADERS, 1, fields);
    check_body("0<", &before, &head, body, expect);
}

#[track_caller]
fn check_request(fields: &[u8], body: &[u8], expect: &[&str]) {
    check_body("0>", &found(), &frame(HEADERS, END_HEADERS, 1, fields), body, expect);
}

#[track_caller]
fn check_body(way: &str, before: &[Input], head: &[u8], body: &[u8], expect: &[&str]) {
    let input = |bytes: Vec<u8>| if way == "0<" { s2c(bytes) } else { c2s(bytes) };
    let what_comes = |inputs: Vec<Input>| -> Vec<String> {
        let messages = run(false, &[before.to_vec(), inputs].concat());
        let lines = render(&messages).into_iter().map(|(line, _)| line);
        lines.filter_map(|line| Some(line.strip_prefix(way)?.trim().to_owned())).skip(1).collect()
    };
    let one = [head, &frame(DATA, END_STREAM, 1, body)].concat();
    assert_eq!(what_comes(vec![input(one.clone())]), expect, "whole");
    for (what, cut) in cuts(&[input(one)]) {
        assert_eq!(what_comes(cut), expect, "{what}");
    }
    for place in 0..=body.len() {
        let (front, back) = body.split_at(place);
        let frames = [frame(DATA, 0, 1, front), frame(DATA, END_STREAM, 1, back)].concat();
        assert_eq!(
            what_comes(vec![input([head, &frames].concat())]),
            expect,
            "frames of {place} and the rest"
        );
    }
    let frames: Vec<u8> = body.iter().flat_map(|byte| frame(DATA, 0, 1, [*byte])).collect();
    let frames = [head, &frames, &frame(DATA, END_STREAM, 1, [])].concat();
    assert_eq!(what_comes(vec![input(frames.clone())]), expect, "a frame for each byte");
    assert_eq!(
        what_comes(super::byte_by_byte(&[input(frames)])),
        expect,
        "a frame for each byte, byte by byte"
    );
}

fn gzip(content: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &str) -> Vec<u8> {
    zstd::encode_all(content.as_bytes(), 3).unwrap()
}

const HEAD: &[u8] = &[0x88, UNKNOWN, UNKNOWN];

const SSE: &str = "event: a\ndata: {\"x\":1}\n\ndata: [DONE]\n\n";
const SSE_SHOWN: [&str; 3] = ["event a {\\\"x\\\":1}", "event - [DONE]", "end Complete"];
const ARRAY: &str = "[{\"a\":1},\r\n[2]]\n";
const ARRAY_SHOWN: [&str; 3] = ["json {\\\"a\\\":1}", "json [2]", "end Complete"];
const OBJECT: &str = "{\"error\":{\"data\":[1]}}";
const OBJECT_SHOWN: [&str; 2] = ["body {\\\"error\\\":{\\\"data\\\":[1]}}", "end Complete"];

#[test]
fn what_the_first_bytes_tell() {
    let head = "(partial) 200";
    let messages =
        run(false, &[found(), vec![s2c(frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD))]].concat());
    assert!(render(&messages).iter().any(|(line, _)| line == &format!("0< {head}")));
    check_response(HEAD, SSE.as_bytes(), &SSE_SHOWN);
    check_response(HEAD, ARRAY.as_bytes(), &ARRAY_SHOWN);
    check_response(HEAD, OBJECT.as_bytes(), &OBJECT_SHOWN);
    for begin in
        ["data:x\n\n", "data: x\n\n", "id: 1\ndata:x\n\n", "retry: 5\ndata: x\n\n", ": hi\n\ndata: x\n\n"]
    {
        check_response(HEAD, begin.as_bytes(), &["event - x", "end Complete"]);
    }
}

#[test]
fn what_is_inside_a_coding_is_guessed_again() {
    for code in [gzip, zstd] {
        check_response(HEAD, &code(SSE), &SSE_SHOWN);
        check_response(HEAD, &code(ARRAY), &ARRAY_SHOWN);
        check_response(HEAD, &code(OBJECT), &OBJECT_SHOWN);
        check_response(HEAD, &code("da"), &["body da", "end Complete"]);
        check_response(HEAD, &code(""), &["end Complete"]);
    }
    // One coding is enough for a guess.
    let twice = gzip("x").escape_ascii().to_string();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&gzip("x")).unwrap();
    check_response(HEAD, &encoder.finish().unwrap(), &[&format!("body {twice}"), "end Complete"]);
}

#[test]
fn bodies_too_short_to_tell() {
    check_response(HEAD, b"", &["end Complete"]);
    for body in [&b"d"[..], b"data", b"event", b"i", b"retry", b"\x1f", b"\x1f\x8b", b"\x28\xb5\x2f", b"\x28"]
    {
        check_response(HEAD, body, &[&format!("body {}", body.escape_ascii()), "end Complete"]);
    }
    // Near to one, and none.
    for body in
        ["dat:", "database", "even", "ids", "retries", " [1]", "\u{feff}[1]", "\x1f\u{8b}", "null", "x"]
    {
        check_response(
            HEAD,
            body.as_bytes(),
            &[&format!("body {}", body.as_bytes().escape_ascii()), "end Complete"],
        );
    }
}

#[test]
fn a_type_that_is_known_is_not_guessed() {
    let head = |content_type: &str| [HEAD, &block(&[("content-type", content_type)])].concat();
    for body in [SSE, ARRAY, OBJECT, "da"] {
        let shown = format!("body {}", body.as_bytes().escape_ascii());
        check_response(&head("text/plain"), body.as_bytes(), &[&shown, "end Complete"]);
        // The coding is still unknown.
        check_response(&head("text/plain"), &gzip(body), &[&shown, "end Complete"]);
        check_response(&head("text/plain"), &zstd(body), &[&shown, "end Complete"]);
    }
    check_response(&head("text/event-stream"), SSE.as_bytes(), &SSE_SHOWN);
    check_response(&head("text/event-stream"), &gzip(SSE), &SSE_SHOWN);
    check_response(&head("application/json"), &gzip(ARRAY), &ARRAY_SHOWN);
    check_response(
        &head("application/x-ndjson"),
        b"[1]\n{\"a\":2}",
        &["json [1]", "json {\\\"a\\\":2}", "end Complete"],
    );
    // An opening bracket is how zstd begins.
    check_response(&head("application/x-ndjson"), b"(", &["json (", "end Complete"]);
}

#[test]
fn a_coding_that_is_known_is_not_guessed() {
    let head = [HEAD, &block(&[("content-encoding", "gzip")])].concat();
    check_response(&head, &gzip(SSE), &SSE_SHOWN);
    let zstd = zstd("x");
    let inside = gzip("x").escape_ascii().to_string();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&gzip("x")).unwrap();
    check_response(&head, &encoder.finish().unwrap(), &[&format!("body {inside}"), "end Complete"]);
    let head = [HEAD, &block(&[("content-encoding", "compress")])].concat();
    let raw = format!("body {}", zstd.escape_ascii());
    check_response(&head, &zstd, &["Unsupported(\"content-encoding\")", &raw, "end Complete"]);
}

#[test]
fn a_head_of_which_everything_is_known_is_not_guessed() {
    for body in [SSE.as_bytes(), ARRAY.as_bytes(), &gzip("x"), &zstd("x")] {
        let shown = format!("body {}", body.escape_ascii());
        check_response(&[0x88], body, &[&shown, "end Complete"]);
        let http1 = [b"HTTP/1.1 200 OK\r\n\r\n", body].concat();
        check(
            &[c2s("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), s2c(http1)],
            &format!("0> GET / host=h\n0> end Complete\n0< 200\n0< {shown}\n0< end Closed"),
        );
    }
}

#[test]
fn requests_are_in_a_coding_or_as_they_are() {
    let head = [&block(&[(":method", "POST"), (":path", "/x")])[..], &[UNKNOWN]].concat();
    for body in [SSE, ARRAY, OBJECT] {
        let shown = format!("body {}", body.as_bytes().escape_ascii());
        check_request(&head, body.as_bytes(), &[&shown, "end Complete"]);
        check_request(&head, &gzip(body), &[&shown, "end Complete"]);
        check_request(&head, &zstd(body), &[&shown, "end Complete"]);
    }
    for body in ["", "\x1f", "("] {
        let shown = format!("body {}", body.as_bytes().escape_ascii());
        let expect = [shown.as_str(), "end Complete"];
        check_request(&head, body.as_bytes(), &expect[usize::from(body.is_empty())..]);
    }
}

/// What follows a gap does not tell what the body is.
#[test]
fn gaps_end_a_guess() {
    let event = frame(DATA, END_STREAM, 1, b"dat?data: x\n\n");
    let (before, after) = event.split_at(9);
    let inputs = [
        found(),
        vec![s2c([&frame(HEADERS, END_HEADERS, 1, HEAD)[..], before].concat()), gap_s2c(4), s2c(&after[4..])],
    ];
    let lines: Vec<_> = render(&run(false, &inputs.concat())).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines[lines.len() - 3..], ["0~< Gap(4)", "0~< body data: x\\n\\n", "0~< end Complete"]);
}

#[test]
fn a_stream_joined_amid_its_events() {
    let frames = |content: &str| {
        let pad = frame(PING, 0, 0, [0; 8]).repeat(3);
        vec![
            s2c([&pad[..], &frame(DATA, 0, 7, content), &frame(DATA, END_STREAM, 7, "data: b\n\n")].concat()),
        ]
    };
    check_from(
        false,
        &frames("data: a\n\n"),
        "0~< Resync(0)
         0~< event - a
         0~< event - b
         0~< end Complete",
    );
    // Amid an event, or amid something else that looks like the beginning of something.
    for other in ["\"}\n\n", "[1,2", ": x"] {
        let expect = format!(
            "0~< Resync(0)
             0~< body {}data: b\\n\\n
             0~< end Complete",
            other.escape_default()
        );
        check_from(false, &frames(other), &expect);
    }
}
