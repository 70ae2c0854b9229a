//! Connections that were joined while they were running.

use super::{c2s, check_from, s2c};

#[track_caller]
fn check_late(inputs: &[super::Input], expect: &str) {
    check_from(false, inputs, expect);
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn between_exchanges() {
    check_late(
        &[c2s("GET /0 HTTP/1.1\r\nHost: a\r\n\r\n"), s2c(OK)],
        "
        0> GET /0 host=a
        0> end Complete
        0< 200 content-length=2
        0< body ok
        0< end Complete
        ",
    );
}

#[test]
fn amid_a_request() {
    check_late(
        &[
            c2s("tent-Length: 9\r\n\r\n{\"POST\":1}"),
            s2c(OK),
            c2s("POST /v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"),
            s2c(OK),
        ],
        "
        0< 200 content-length=2
        0< body ok
        0< end Complete
        1> Resync(28)
        1> POST /v1 host=a content-length=1
        1> body x
        1> end Complete
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

/// The request was not seen, its stream is seen whole.
#[test]
fn before_a_response() {
    check_late(
        &[
            s2c("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"),
            s2c("9\r\ndata: a\n\n\r\n0\r\n\r\n"),
            c2s("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"),
            s2c(OK),
        ],
        "
        0< 200 content-type=text/event-stream transfer-encoding=chunked
        0< event - a
        0< end Complete
        1> GET /1 host=a
        1> end Complete
        1< 200 content-length=2
        1< body ok
        1< end Complete
        ",
    );
}

/// The rest of a stream whose head was not seen is nobody's, also where it talks about HTTP.
#[test]
fn amid_a_response() {
    check_late(
        &[
            s2c(
                "ta: {\"text\":\"HTTP/1.1 200 OK\\r\\nA: b\"}\n\ndata: HTTP/1.1 200 OK\n\ndata: HTTP/1.1 404 x\n!\n\n0\r\n\r\n",
            ),
            c2s("GET /0 HTTP/1.1\r\nHost: a\r\n\r\n"),
            s2c(OK),
        ],
        "
        0> GET /0 host=a
        0> end Complete
        0< Resync(92)
        0< 200 content-length=2
        0< body ok
        0< end Complete
        ",
    );
}

#[test]
fn heads_quoted_in_requests_are_not_believed() {
    for quoted in [
        "GET / HTTP/1.1\\r\\nHost: a",
        "please GET it. POST office HTTP/1.1\r\nno: ",
        "GET / HTTP/1.1\n\n",
        "GET / HTTP/1.1\nnot a field\n",
        "GET / HTTP/2.0\r\nHost: a\r\n",
        "PUT PUT PUT PUT /",
        "GET office HTTP/1.1\r\nHost: a\r\n",
    ] {
        check_late(
            &[c2s(quoted), c2s("}POST /0 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")],
            &format!(
                "0> Resync({})
                 0> POST /0 host=a content-length=0
                 0> end Complete
                 0< end Cut",
                quoted.len() + 1
            ),
        );
    }
}

#[test]
fn nothing_believable() {
    check_late(&[c2s("x".repeat(300)), s2c("HTTP/1.1 200 OK\r\n"), s2c("\r\n")], "");
}
