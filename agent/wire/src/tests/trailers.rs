//! Fields after a chunked body, and the lines between its chunks.

use super::{c2s, check, gap_s2c, s2c};

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What comes after `0` and its line end, up to the end of the body; and the message after it.
#[track_caller]
fn check_trailers(lines: &str, expect: &str) {
    let next = "HTTP/1.1 204 None\r\n\r\n";
    check(
        &[c2s([GET, GET].concat()), s2c([CHUNKED, "1\r\na\r\n0\r\n", lines, next].concat())],
        &format!(
            "0> GET /0
             0> end Complete
             1> GET /0
             1> end Complete
             0< 200 transfer-encoding=chunked
             0< body a
             {expect}
             0< end Complete
             1< 204
             1< end Complete"
        ),
    );
}

#[test]
fn none() {
    check_trailers("\r\n", "");
    check_trailers("\n", "");
}

#[test]
fn some() {
    check_trailers("Server-Timing: total;dur=5\r\n\r\n", "0< trailers server-timing=total;dur=5");
    check_trailers("A:1\nB :  2 \nA: 3\n\n", "0< trailers a=1 b=2 a=3");
    check_trailers("A: one\r\n two\r\n\tthree\r\n\r\n", "0< trailers a=one two three");
    check_trailers("A:\r\n\r\n", "0< trailers a=");
}

/// They are no part of the framing, and keep secrets as heads do.
#[test]
fn of_all_names() {
    check_trailers(
        "Content-Length: 7\r\nTransfer-Encoding: x\r\n\r\n",
        "0< trailers content-length=7 transfer-encoding=x",
    );
    check_trailers(
        "Set-Cookie: a=b\r\nX-Api-Key: k\r\n\r\n",
        "0< trailers set-cookie=<secret> x-api-key=<secret>",
    );
}

#[test]
fn that_are_none() {
    let malformed = "0< Malformed(\"trailer field\")";
    check_trailers("nocolon\r\n\r\n", malformed);
    check_trailers(": noname\r\n\r\n", malformed);
    // As in heads, a folded line after no field is dropped.
    check_trailers(" folded\r\n\r\n", "");
    check_trailers(" folded\r\nA: b\r\n\r\n", "0< trailers a=b");
    check_trailers("A: \0\r\n\r\n", malformed);
    check_trailers("GET / HTTP/1.1\r\nB: 1\r\n\r\n", &format!("0< trailers b=1\n{malformed}"));
    check_trailers("A: 1\r\nbad name: x\r\nB: 2\r\n\r\n", &format!("0< trailers a=1 b=2\n{malformed}"));
}

#[test]
fn after_events_and_requests() {
    check(
        &[
            c2s("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nDigest: x\r\n\r\n"),
            s2c("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"),
            // The end completes an event that lacks its empty line: it comes before the trailers.
            s2c("8\r\ndata: x\n\r\n0\r\nA: b\r\n\r\n"),
        ],
        "
        0> POST / transfer-encoding=chunked
        0> body a
        0> trailers digest=x
        0> end Complete
        0< 200 content-type=text/event-stream transfer-encoding=chunked
        0< event - x
        0< trailers a=b
        0< end Complete
        ",
    );
}

#[test]
fn many() {
    let count = crate::limits::HEADER_FIELDS + 1;
    let lines: String = (0..count).map(|i| format!("t: {i}\r\n")).collect();
    let shown: String = (0..count - 1).map(|i| format!(" t={i}")).collect();
    check(
        &[c2s(GET), s2c([CHUNKED, "0\r\n", &lines, "\r\n"].concat())],
        &format!(
            "0> GET /0
             0> end Complete
             0< 200 transfer-encoding=chunked
             0< trailers{shown}
             0< Limit(\"header fields\")
             0< end Complete"
        ),
    );
}

#[test]
fn torn_or_cut_off() {
    check(
        &[c2s(GET), s2c([CHUNKED, "0\r\nA: b\r\nC"].concat()), gap_s2c(3), s2c("\r\n\r\n")],
        "
        0> GET /0
        0> end Complete
        0< 200 transfer-encoding=chunked
        0~< Gap(3)
        0~< end Lost
        ",
    );
    check(
        &[c2s(GET), s2c([CHUNKED, "0\r\nA: b\r\n"].concat())],
        "
        0> GET /0
        0> end Complete
        0< 200 transfer-encoding=chunked
        0< end Cut
        ",
    );
}

/// Nothing in an extension is anything but its line end.
#[test]
fn hostile_extensions() {
    for line in [
        "1;",
        "1 ;a",
        "1;;;;;",
        "1;a=\"b;c\"",
        "1;a=\"\r",
        "1;5",
        "1\t",
        "1;\0\u{ff}",
        "1;\r\r",
        "01;HTTP/1.1 200 OK",
    ] {
        for end in ["\r\n", "\n"] {
            check(
                &[c2s(GET), s2c([CHUNKED, line, end, "a\r\n0;", line, end, "\r\n"].concat())],
                "
                0> GET /0
                0> end Complete
                0< 200 transfer-encoding=chunked
                0< body a
                0< end Complete
                ",
            );
        }
    }
}
