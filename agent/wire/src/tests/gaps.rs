//! Lost bytes: what they touch, and what they do not.

use super::{c2s, check, gap_c2s, gap_s2c, s2c};

const GET0: &str = "GET /0 HTTP/1.1\r\nHost: a\r\n\r\n";
const GET1: &str = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
const GET2: &str = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn within_content_length() {
    check(
        &[
            c2s("POST /0 HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"),
            gap_c2s(3),
            c2s("ghi"),
            s2c(OK),
            c2s(GET1),
            s2c(OK),
        ],
        "
        0> POST /0 content-length=9
        0> body abc
        0~> Gap(3)
        0~> body ghi
        0~> end Complete
        0< 200 content-length=2
        0< body ok
        0< end Complete
        1> GET /1 host=a
        1> end Complete
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

#[test]
fn to_the_end_of_content_length() {
    check(
        &[c2s(GET0), s2c("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), gap_s2c(3), c2s(GET1), s2c(OK)],
        "
        0> GET /0 host=a
        0> end Complete
        0< 200 content-length=5
        0< body ab
        0~< Gap(3)
        0~< end Complete
        1> GET /1 host=a
        1> end Complete
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

#[test]
fn past_content_length() {
    check(
        &[
            c2s(GET0),
            s2c("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"),
            gap_s2c(4),
            s2c("\r\nContent-Length: 7\r\n\r\nabcdefg"),
            c2s(GET1),
            s2c(OK),
        ],
        "
        0> GET /0 host=a
        0> end Complete
        0< 200 content-length=5
        0< body ab
        0~< Gap(4)
        0~< end Lost
        1> GET /1 host=a
        1> end Complete
        1< Resync(30)
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

#[test]
fn within_one_chunk() {
    check(
        &[
            c2s(GET0),
            s2c("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\na"),
            gap_s2c(2),
            s2c("def\r\n3\r\n"),
            gap_s2c(3),
            s2c("\r\n0\r\n\r\n"),
            c2s(GET1),
            s2c(OK),
        ],
        "
        0> GET /0 host=a
        0> end Complete
        0< 200 transfer-encoding=chunked
        0< body a
        0~< Gap(2)
        0~< body def
        0~< Gap(3)
        0~< end Complete
        1> GET /1 host=a
        1> end Complete
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

#[test]
fn over_chunks() {
    check(
        &[
            c2s(GET0),
            s2c("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\na"),
            gap_s2c(7),
            s2c("x\r\n0\r\n\r\n"),
            c2s(GET1),
            s2c(OK),
        ],
        "
        0> GET /0 host=a
        0> end Complete
        0< 200 transfer-encoding=chunked
        0< body a
        0~< Gap(7)
        0~< end Lost
        1> GET /1 host=a
        1> end Complete
        1< Resync(8)
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

#[test]
fn within_a_request_head() {
    check(
        &[
            c2s(GET0),
            s2c(OK),
            c2s("POST /lost HTTP/1.1\r\nHo"),
            gap_c2s(8),
            c2s("ngth: 3\r\n\r\nabc"),
            s2c(OK),
            c2s(GET2),
            s2c(OK),
        ],
        "
        0> GET /0 host=a
        0> end Complete
        0< 200 content-length=2
        0< body ok
        0< end Complete
        1~> Gap(8)
        1< 200 content-length=2
        1< body ok
        1< end Complete
        2> Resync(37)
        2> GET /2 host=a
        2> end Complete
        2< 200 content-length=2
        2< body ok
        2< end Complete
        ",
    );
}

#[test]
fn within_a_response_head() {
    check(
        &[c2s(GET0), s2c("HTTP/1.1 200 OK\r\nX: "), gap_s2c(9), s2c("\r\n\r\nok"), c2s(GET1), s2c(OK)],
        "
        0> GET /0 host=a
        0> end Complete
        0~< Gap(9)
        1> GET /1 host=a
        1> end Complete
        0~< end Lost
        1< Resync(26)
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

/// A whole response is lost: the next response is of the next request.
#[test]
fn over_a_whole_response() {
    check(
        &[c2s(GET0), gap_s2c(40), c2s(GET1), s2c(OK), c2s(GET2), s2c(OK)],
        "
        0> GET /0 host=a
        0> end Complete
        0~< Gap(40)
        1> GET /1 host=a
        1> end Complete
        0~< end Lost
        1< Resync(0)
        1< 200 content-length=2
        1< body ok
        1< end Complete
        2> GET /2 host=a
        2> end Complete
        2< 200 content-length=2
        2< body ok
        2< end Complete
        ",
    );
}

/// As a ring reader says it: the loss is seen only when the next record comes.
#[test]
fn over_a_whole_response_said_late() {
    check(
        &[c2s(GET0), c2s(GET1), gap_s2c(40), s2c(OK), c2s(GET2), s2c(OK)],
        "
        0> GET /0 host=a
        0> end Complete
        1> GET /1 host=a
        1> end Complete
        1~< Gap(40)
        0~< end Lost
        1~< Resync(0)
        1~< 200 content-length=2
        1~< body ok
        1~< end Complete
        2> GET /2 host=a
        2> end Complete
        2< 200 content-length=2
        2< body ok
        2< end Complete
        ",
    );
}

/// A whole exchange is lost: nobody is shifted.
#[test]
fn over_a_whole_exchange() {
    check(
        &[c2s(GET0), s2c(OK), gap_c2s(28), gap_s2c(40), c2s(GET1), s2c(OK)],
        "
        0> GET /0 host=a
        0> end Complete
        0< 200 content-length=2
        0< body ok
        0< end Complete
        1~> Gap(28)
        1~< Gap(40)
        1> Resync(0)
        1> GET /1 host=a
        1> end Complete
        1< Resync(0)
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

#[test]
fn until_close() {
    check(
        &[c2s(GET0), s2c("HTTP/1.1 200 OK\r\n\r\nab"), gap_s2c(1000), s2c("cd")],
        "
        0> GET /0 host=a
        0> end Complete
        0< 200
        0< body ab
        0~< Gap(1000)
        0~< body cd
        0~< end Closed
        ",
    );
}

#[test]
fn torn_event_is_dropped() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    for (before, after) in [
        ("data: a\n\ndata: to", "rn\n\ndata: b\n\n"),
        ("data: a\n\nevent: x\ndata: to", "rn\r\ndata: more\r\n\r\ndata: b\n\n"),
        ("data: a\n\ndata: torn", "\r\n\r\ndata: b\n\n"),
        ("data: a\n\ndata: torn\r", "\n\r\ndata: b\n\n"),
        ("data: a\n\ndata: torn\n", "event: y\ndata: z\n\ndata: b\n\n"),
    ] {
        check(
            &[c2s(GET0), s2c([head, before].concat()), gap_s2c(5), s2c(after)],
            "
            0> GET /0 host=a
            0> end Complete
            0< 200 content-type=text/event-stream
            0< event - a
            0~< Gap(5)
            0~< event - b
            0~< end Closed
            ",
        );
    }
}

/// The end of a lossy stream does not bless what is left of a torn event.
#[test]
fn torn_event_at_the_end() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    check(
        &[c2s(GET0), s2c([head, "data: to"].concat()), gap_s2c(5), s2c("rn\ndata: rest\n")],
        "
        0> GET /0 host=a
        0> end Complete
        0< 200 content-type=text/event-stream
        0~< Gap(5)
        0~< end Closed
        ",
    );
}

#[test]
fn in_the_first_bytes() {
    check(
        &[gap_c2s(10), c2s("Host: a\r\n\r\n"), s2c(OK), c2s(GET1), s2c(OK)],
        "
        0~> Gap(10)
        0< 200 content-length=2
        0< body ok
        0< end Complete
        1> Resync(11)
        1> GET /1 host=a
        1> end Complete
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

#[test]
fn while_searching() {
    check(
        &[c2s(GET0), gap_s2c(4), s2c("xxHTTP/1.1 2"), gap_s2c(4), s2c("yyy"), s2c(OK)],
        "
        0> GET /0 host=a
        0> end Complete
        0~< Gap(4)
        0~< Gap(4)
        0~< Resync(15)
        0~< 200 content-length=2
        0~< body ok
        0~< end Complete
        ",
    );
}

#[test]
fn of_nothing_and_of_everything() {
    check(&[gap_c2s(0)], "");
    check(
        &[c2s(GET0), gap_s2c(u64::MAX), gap_s2c(u64::MAX), s2c(OK)],
        "
        0> GET /0 host=a
        0> end Complete
        0~< Gap(18446744073709551615)
        0~< Gap(18446744073709551615)
        0~< Resync(0)
        0~< 200 content-length=2
        0~< body ok
        0~< end Complete
        ",
    );
}
