//! `Expect: 100-continue`, and responses that come before the request has ended.

use super::{Input, c2s, check, gap_c2s, s2c};
use crate::limits;

const ASK: &str = "POST /0 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
const ASK_CHUNKED: &str = "POST /0 HTTP/1.1\r\nExpect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n";
const REFUSED: &str = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
const NEXT: &str = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// After a refusal.
#[track_caller]
fn check_refused(inputs: &[Input], expect: &str) {
    check(
        &[&[c2s(ASK), s2c(REFUSED)], inputs].concat(),
        &format!(
            "0> POST /0 expect=100-continue content-length=9
             0< 417 content-length=0
             0< end Complete
             {expect}"
        ),
    );
}

const NEXT_SHOWN: &str = "
    1> GET /1 host=a
    1> end Complete
    1< 200 content-length=2
    1< body ok
    1< end Complete";

#[test]
fn refused_and_left_out() {
    check_refused(&[c2s(NEXT), s2c(OK)], &format!("0> end Cut\n{NEXT_SHOWN}"));
    check(
        &[
            c2s(ASK_CHUNKED),
            s2c("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n"),
            c2s(NEXT),
            s2c("no"),
            s2c(OK),
        ],
        "0> POST /0 expect=100-Continue transfer-encoding=chunked
         0< 401 content-length=2
         0> end Cut
         1> GET /1 host=a
         1> end Complete
         0< body no
         0< end Complete
         1< 200 content-length=2
         1< body ok
         1< end Complete",
    );
    check_refused(&[], "0> end Cut");
}

#[test]
fn refused_and_sent_all_the_same() {
    check_refused(
        &[c2s([r#"{"a":"b"}"#, NEXT].concat()), s2c(OK)],
        &format!(
            "0> body {{\\\"a\\\":\\\"b\\\"}}
         0> end Complete
         {NEXT_SHOWN}"
        ),
    );
    // It begins like a request for a while.
    for body in ["GET /1 HT", "POST it..", "PUTPUTPUT", "DELETE / ", "GET \n/1  "] {
        check_refused(
            &[c2s([body, NEXT].concat()), s2c(OK)],
            &format!(
                "0> body {}
             0> end Complete
             {NEXT_SHOWN}",
                body.escape_default()
            ),
        );
        check_refused(&[c2s(body)], &format!("0> body {}\n0> end Complete", body.escape_default()));
    }
    check_refused(&[c2s("PO")], "0> body PO\n0> end Cut");
    // In chunks: a size is no method, but `DE` might become one.
    check(
        &[
            c2s(ASK_CHUNKED),
            s2c(REFUSED),
            c2s("DE\r\n"),
            c2s(["x".repeat(0xde).as_str(), "\r\n0\r\n\r\n"].concat()),
        ],
        &format!(
            "0> POST /0 expect=100-Continue transfer-encoding=chunked
             0< 417 content-length=0
             0< end Complete
             0> body {}
             0> end Complete",
            "x".repeat(0xde)
        ),
    );
}

#[test]
fn refused_and_lost() {
    check_refused(
        &[gap_c2s(4), c2s(["abcde", NEXT].concat()), s2c(OK)],
        "0~> Gap(4)
         0~> end Lost
         1> Resync(5)
         1> GET /1 host=a
         1> end Complete
         1< 200 content-length=2
         1< body ok
         1< end Complete",
    );
}

/// Once the body was asked for or began, or the answer is a success, what comes is the body.
#[test]
fn bodies_without_doubt() {
    let quoting = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n!";
    let head = |expect| format!("POST /0 HTTP/1.1\r\n{expect}Content-Length: {}\r\n\r\n", quoting.len());
    let expect = head("Expect: 100-continue\r\n");
    let (first, rest) = quoting.split_at(1);
    for (inputs, before) in [
        (vec![c2s(&expect), s2c("HTTP/1.1 100 Continue\r\n\r\n"), s2c(REFUSED), c2s(quoting)], 1),
        (vec![c2s(&expect), c2s(first), s2c(REFUSED), c2s(rest)], 0),
        (vec![c2s(&expect), s2c("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), c2s(quoting)], 0),
        (vec![c2s(head("")), s2c(REFUSED), c2s(quoting)], 0),
        (vec![c2s(head("Expect: x\r\n")), s2c(REFUSED), c2s(quoting)], 0),
    ] {
        let rendered = super::render(&super::run(true, &inputs));
        let bodies: Vec<_> = rendered.iter().filter_map(|(line, _)| line.strip_prefix("0> body ")).collect();
        assert_eq!(bodies.concat(), quoting.escape_default().to_string(), "{rendered:?}");
        assert!(rendered.iter().any(|(line, _)| line == "0> end Complete"), "{rendered:?}");
        let informational = rendered.iter().filter(|(line, _)| line.contains("Informational")).count();
        assert_eq!(informational, before);
        super::check_cuts(true, &inputs, &rendered);
    }
}

#[test]
fn a_request_line_without_end() {
    let long = format!("GET /{}", "x".repeat(3 * limits::START_LINE_BYTES));
    let head = format!("POST /0 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n", long.len());
    for size in [usize::MAX, 1_000, 7, 1] {
        let pieces = long.as_bytes().chunks(size.min(long.len())).map(c2s);
        let inputs: Vec<_> = [c2s(&head), s2c(REFUSED)].into_iter().chain(pieces).collect();
        let lines = super::render(&super::run(true, &inputs));
        assert_eq!(lines[3].0.len(), "0> body ".len() + long.len());
        assert_eq!(lines[4].0, "0> end Complete");
    }
}

/// The server does not wait for the end, and closes.
#[test]
fn answered_and_closed_before_the_end() {
    check(
        &[
            c2s("POST /0 HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"),
            s2c("HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\nno"),
            c2s("def"),
        ],
        "
        0> POST /0 content-length=9
        0> body abc
        0< 413 connection=close
        0< body no
        0> body def
        0> end Cut
        0< end Closed
        ",
    );
}

#[test]
fn a_storm_of_informational_heads() {
    let storm: String =
        (0..10_000).map(|i| format!("HTTP/1.1 10{} x\r\nA: b\r\n\r\n", [0, 2, 3][i % 3])).collect();
    let mut driver = super::Driver::new(true);
    driver.feed(&c2s("GET /0 HTTP/1.1\r\n\r\n"));
    driver.feed(&s2c(&storm));
    assert!(driver.connection.held() < limits::HEAD_BYTES);
    driver.feed(&s2c(OK));
    let lines = super::render(&driver.messages);
    assert_eq!(lines.len(), 2 + 10_000 + 3);
    assert_eq!(lines[10_004].0, "0< end Complete");
}
