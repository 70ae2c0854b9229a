//! Heads, keep-alive, pipelining, 1xx, upgrades.

use super::{c2s, check, s2c};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn one_exchange() {
    check(
        &[
            c2s("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n"),
            c2s(r#"{"a":1}"#),
            s2c(OK),
        ],
        r#"
        0> POST /v1/chat/completions host=a content-length=7
        0> body {\"a\":1}
        0> end Complete
        0< 200 content-length=2
        0< body ok
        0< end Complete
        "#,
    );
}

#[test]
fn head_and_body_in_one_piece() {
    check(
        &[c2s("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"), s2c(OK)],
        "
        0> POST / content-length=3
        0> body abc
        0> end Complete
        0< 200 content-length=2
        0< body ok
        0< end Complete
        ",
    );
}

#[test]
fn keep_alive() {
    check(
        &[c2s("GET /0 HTTP/1.1\r\n\r\n"), s2c(OK), c2s("GET /1 HTTP/1.1\r\n\r\n"), s2c(OK)],
        "
        0> GET /0
        0> end Complete
        0< 200 content-length=2
        0< body ok
        0< end Complete
        1> GET /1
        1> end Complete
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

#[test]
fn pipelined_responses_are_in_order() {
    check(
        &[
            c2s("GET /0 HTTP/1.1\r\n\r\nHEAD /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"),
            s2c("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n"),
            s2c("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
        ],
        "
        0> GET /0
        0> end Complete
        1> HEAD /1
        1> end Complete
        2> GET /2
        2> end Complete
        0< 200 content-length=2
        0< body ok
        0< end Complete
        1< 404 content-length=9
        1< end Complete
        2< 201 content-length=0
        2< end Complete
        ",
    );
}

#[test]
fn response_before_the_request_ends() {
    check(
        &[
            c2s("POST /0 HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc"),
            s2c("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"),
            c2s("defGET /1 HTTP/1.1\r\n\r\n"),
            s2c(OK),
        ],
        "
        0> POST /0 content-length=6
        0> body abc
        0< 413 content-length=0
        0< end Complete
        0> body def
        0> end Complete
        1> GET /1
        1> end Complete
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

#[test]
fn informational_heads_are_notices() {
    check(
        &[
            c2s("POST /0 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"),
            s2c("HTTP/1.1 100 Continue\r\n\r\n"),
            c2s("x"),
            s2c("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ],
        "
        0> POST /0 expect=100-continue content-length=1
        0< Informational(100)
        0> body x
        0> end Complete
        0< Informational(103)
        0< 200 content-length=0
        0< end Complete
        ",
    );
}

#[test]
fn statuses_without_body() {
    check(
        &[
            c2s("GET /0 HTTP/1.1\r\n\r\n"),
            s2c("HTTP/1.1 204 No Content\r\n\r\n"),
            c2s("GET /1 HTTP/1.1\r\n\r\n"),
            s2c("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n"),
            c2s("HEAD /2 HTTP/1.1\r\n\r\n"),
            s2c("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            c2s("GET /3 HTTP/1.1\r\n\r\n"),
            s2c(OK),
        ],
        "
        0> GET /0
        0> end Complete
        0< 204
        0< end Complete
        1> GET /1
        1> end Complete
        1< 304 content-length=100
        1< end Complete
        2> HEAD /2
        2> end Complete
        2< 200 transfer-encoding=chunked
        2< end Complete
        3> GET /3
        3> end Complete
        3< 200 content-length=2
        3< body ok
        3< end Complete
        ",
    );
}

#[test]
fn lenient_where_peers_are() {
    check(
        &[
            // Empty lines before, bare line feeds, odd casing, obs-text, folded lines, empty values.
            c2s(b"\r\n\nPOST /\xc3\xa9 HTTP/1.1\nhOsT:a\ncontent-LENGTH:  2 \nX-F: one\n  two\n\tthree\nX-O: \xff\nX-E:\n\nhi"),
            s2c("HTTP/1.0 200\nCONTENT-length : 1\nX-F:\n a\n \n\nx"),
        ],
        "
        0> POST /\u{e9} host=a content-length=2 x-f=one two three x-o=\u{fffd} x-e=
        0> body hi
        0> end Complete
        0< 200 content-length=1 x-f=a
        0< body x
        0< end Complete
        ",
    );
}

#[test]
fn fold_after_the_first_line_is_dropped() {
    check(
        &[c2s("GET / HTTP/1.1\r\n folded\r\n again\r\nHost: a\r\n\r\n")],
        "
        0> GET / host=a
        0> end Complete
        0< end Cut
        ",
    );
}

#[test]
fn absolute_and_authority_form() {
    check(
        &[
            c2s("GET http://host:80/x?y=1 HTTP/1.1\r\nHost: host\r\n\r\n"),
            s2c("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            c2s("CONNECT host:443 HTTP/1.1\r\nHost: host:443\r\n\r\n"),
            s2c("HTTP/1.1 407 Auth\r\nContent-Length: 1\r\n\r\nx"),
            c2s("CONNECT host:443 HTTP/1.1\r\n\r\n"),
            s2c("HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x01"),
            c2s("\x16\x03\x01GET / HTTP/1.1\r\n\r\n"),
        ],
        "
        0> GET http://host:80/x?y=1 host=host
        0> end Complete
        0< 200 content-length=0
        0< end Complete
        1> CONNECT host:443 host=host:443
        1> end Complete
        1< 407 content-length=1
        1< body x
        1< end Complete
        2> CONNECT host:443
        2> end Complete
        2< 200
        2< Upgraded
        2< end Complete
        ",
    );
}

#[test]
fn other_upgrades_end_decoding() {
    check(
        &[
            c2s("GET /v1/realtime HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"),
            s2c(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n\x81\x05hello"),
            c2s(b"\x81\x85HTTP/1.1 200 OK\r\n\r\n"),
        ],
        "
        0> GET /v1/realtime upgrade=h2c
        0> end Complete
        0< 101 upgrade=h2c
        0< Upgraded
        0< end Complete
        ",
    );
}

#[test]
fn requests_without_answer_are_cut() {
    check(
        &[c2s("GET /0 HTTP/1.1\r\n\r\nPOST /1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")],
        "
        0> GET /0
        0> end Complete
        1> POST /1 content-length=5
        1> body ab
        1> end Cut
        0< end Cut
        1< end Cut
        ",
    );
}

#[test]
fn unasked_response_has_an_exchange_of_its_own() {
    check(
        &[
            c2s("GET /0 HTTP/1.1\r\n\r\n"),
            s2c(OK),
            s2c("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"),
            c2s("GET /2 HTTP/1.1\r\n\r\n"),
            s2c(OK),
        ],
        "
        0> GET /0
        0> end Complete
        0< 200 content-length=2
        0< body ok
        0< end Complete
        1< 408 content-length=0
        1< end Complete
        2> GET /2
        2> end Complete
        2< 200 content-length=2
        2< body ok
        2< end Complete
        ",
    );
}
