//! Content-Length, chunked, until close, codings.

use super::{Driver, Input, c2s, check, s2c};
use crate::{Direction, Kind, limits};

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";

#[test]
fn chunked_with_extensions_and_trailers() {
    check(
        &[
            c2s("POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
            s2c("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            s2c(
                "5;name=\"va;lue\"\r\nhello\r\n0000A \r\n, world...\r\n1\n!\n0;x\r\nTrailer: 1\r\nOther: 2\r\n\r\n",
            ),
            c2s("GET /1 HTTP/1.1\r\n\r\n"),
        ],
        "
        0> POST / transfer-encoding=Chunked
        0> body abc
        0> end Complete
        0< 200 transfer-encoding=chunked
        0< body hello, world...!
        0< trailers trailer=1 other=2
        0< end Complete
        1> GET /1
        1> end Complete
        1< end Cut
        ",
    );
}

#[test]
fn transfer_encoding_beats_content_length() {
    check(
        &[
            c2s(
                "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            ),
            s2c("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n0\r\n\r\n"),
        ],
        "
        0> POST / content-length=3 transfer-encoding=chunked
        0> body a
        0> end Complete
        0< 200 transfer-encoding=chunked content-length=x
        0< end Complete
        ",
    );
}

#[test]
fn until_close() {
    check(
        &[c2s(GET), s2c("HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n")],
        r"
        0> GET /0
        0> end Complete
        0< 200
        0< body HTTP/1.1 200 OK\r\nA: b\r\n\r\n
        0< end Closed
        ",
    );
}

#[test]
fn cut_bodies() {
    check(
        &[c2s(GET), s2c("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")],
        "
        0> GET /0
        0> end Complete
        0< 200 content-length=9
        0< body abc
        0< end Cut
        ",
    );
    check(
        &[c2s(GET), s2c("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n")],
        "
        0> GET /0
        0> end Complete
        0< 200 transfer-encoding=chunked
        0< body abc
        0< end Cut
        ",
    );
}

#[test]
fn identity_is_no_coding() {
    check(
        &[
            c2s(
                "POST / HTTP/1.1\r\nContent-Encoding: identity\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx",
            ),
            s2c("HTTP/1.1 200 OK\r\nTransfer-Encoding: x, chunked\r\n\r\n1\r\ny\r\n0\r\n\r\n"),
        ],
        r#"
        0> POST / content-encoding=identity transfer-encoding=identity content-length=1
        0> body x
        0> end Complete
        0< 200 transfer-encoding=x, chunked
        0< Unsupported("transfer-encoding")
        0< body y
        0< end Complete
        "#,
    );
}

#[test]
fn body_pieces_are_slices_with_their_own_places() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n"));
    driver.feed(&c2s("2\r\nfg\r\n0\r\n\r\n"));
    let bodies: Vec<_> = driver
        .messages
        .iter()
        .filter_map(|m| match &m.kind {
            Kind::Body(bytes) => Some((bytes.as_ref(), m.offset.0, m.first_at.0, m.at.0)),
            _ => None,
        })
        .collect();
    assert_eq!(bodies, [(&b"abc"[..], 50, 1, 1), (b"de", 58, 1, 1), (b"fg", 65, 2, 2)]);
}

#[test]
fn a_large_body_is_never_held() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s("POST / HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n"));
    let piece = Input::Bytes(Direction::ToServer, vec![b'x'; 1_000_000]);
    for _ in 0..100 {
        driver.feed(&piece);
        assert!(driver.connection.held() < limits::HEAD_BYTES);
    }
    driver.messages.retain(|m| !matches!(m.kind, Kind::Body(_)));
    assert_eq!(driver.messages.len(), 2);
}
