//! HTTP/2: frames by hand, seen from the first byte.

use super::{Input, c2s, check, s2c};
use crate::Direction;

pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PUSH_PROMISE: u8 = 5;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const CONTINUATION: u8 = 9;

pub(super) const END_STREAM: u8 = 1;
pub(super) const ACK: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
pub(super) const PADDED: u8 = 8;
pub(super) const PRIORITY: u8 = 0x20;

pub(super) fn frame(what: u8, flags: u8, stream: u32, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[what, flags], &stream.to_be_bytes(), payload].concat()
}

/// Literal fields, not indexed.
pub(super) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| literal(0, name, value)).collect()
}

/// Literal fields that go into the table.
pub(super) fn indexed_block(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| literal(0x40, name, value)).collect()
}

fn literal(kind: u8, name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    assert!(name.len() < 127 && value.len() < 127);
    [vec![kind], text(name), text(value)].concat()
}

pub(super) fn request(stream: u32, flags: u8, path: &str) -> Vec<u8> {
    let fields = [(":method", "POST"), (":scheme", "https"), (":authority", "h"), (":path", path)];
    frame(HEADERS, END_HEADERS | flags, stream, block(&fields))
}

pub(super) fn response(stream: u32, flags: u8, more: &[(&str, &str)]) -> Vec<u8> {
    let fields = [&[(":status", "200")], more].concat();
    frame(HEADERS, END_HEADERS | flags, stream, block(&fields))
}

/// What both sides send first.
pub(super) fn hello() -> Vec<Input> {
    vec![
        c2s([PREFACE, &frame(SETTINGS, 0, 0, [])].concat()),
        s2c(frame(SETTINGS, 0, 0, [0, 3, 0, 0, 0, 100])),
    ]
}

fn after_hello(inputs: Vec<Input>) -> Vec<Input> {
    [hello(), inputs].concat()
}

const REQUEST: &str = "POST /x :scheme=https :authority=h";

#[test]
fn a_request_and_its_response() {
    let inputs = after_hello(vec![
        c2s([request(1, 0, "/x?key=SECRET"), frame(DATA, END_STREAM, 1, b"{}")].concat()),
        s2c(frame(SETTINGS, ACK, 0, [])),
        s2c([response(1, 0, &[("x-request-id", "r1")]), frame(DATA, 0, 1, b"ab")].concat()),
        s2c(frame(DATA, END_STREAM, 1, b"c")),
    ]);
    check(
        &inputs,
        "0> POST /x?key=- :scheme=https :authority=h
         0> body {}
         0> end Complete
         0< 200 x-request-id=r1
         0< body abc
         0< end Complete",
    );
}

#[test]
fn streams_are_told_apart() {
    let sse = &[("content-type", "text/event-stream")];
    let inputs = after_hello(vec![
        c2s([request(1, END_STREAM, "/x"), request(3, END_STREAM, "/x")].concat()),
        s2c([response(3, 0, sse), response(1, 0, sse)].concat()),
        s2c([frame(DATA, 0, 1, b"data: o"), frame(DATA, 0, 3, b"data: t")].concat()),
        s2c([frame(DATA, 0, 3, b"wo\n\n"), frame(DATA, 0, 1, b"ne\n\n")].concat()),
        s2c([frame(DATA, END_STREAM, 1, []), frame(DATA, END_STREAM, 3, [])].concat()),
    ]);
    check(
        &inputs,
        "0> POST /x :scheme=https :authority=h
         0> end Complete
         1> POST /x :scheme=https :authority=h
         1> end Complete
         1< 200 content-type=text/event-stream
         0< 200 content-type=text/event-stream
         1< event - two
         0< event - one
         0< end Complete
         1< end Complete",
    );
}

#[test]
fn padding_and_priority_are_no_content() {
    let fields = block(&[(":method", "POST"), (":scheme", "https"), (":authority", "h"), (":path", "/x")]);
    let padded = [&[3][..], &[0x80, 0, 0, 0, 9], &fields, &[0; 3]].concat();
    let inputs = after_hello(vec![
        c2s(frame(HEADERS, END_HEADERS | PADDED | PRIORITY, 1, padded)),
        c2s(frame(DATA, PADDED, 1, b"\x04abc\0\0\0\0")),
        c2s(frame(DATA, PADDED, 1, b"\0d")),
        c2s(frame(DATA, PADDED | END_STREAM, 1, b"\x02\0\0")),
    ]);
    check(
        &inputs,
        &format!(
            "0> {REQUEST}
             0> body abcd
             0> end Complete
             0< end Cut"
        ),
    );
}

#[test]
fn continuations_belong_to_their_head() {
    let fields = block(&[(":method", "POST"), (":scheme", "https"), (":authority", "h"), (":path", "/x")]);
    let (first, rest) = fields.split_at(9);
    let (second, third) = rest.split_at(1);
    let inputs = after_hello(vec![
        c2s(frame(HEADERS, END_STREAM, 1, first)),
        c2s(frame(CONTINUATION, 0, 1, second)),
        c2s(frame(CONTINUATION, 0, 1, [])),
        c2s(frame(CONTINUATION, END_HEADERS, 1, third)),
    ]);
    check(
        &inputs,
        &format!(
            "0> {REQUEST}
             0> end Complete
             0< end Cut"
        ),
    );
}

#[test]
fn trailers_and_informational_heads() {
    let early = frame(HEADERS, END_HEADERS, 1, block(&[(":status", "103"), ("link", "x")]));
    let trailers = frame(HEADERS, END_HEADERS | END_STREAM, 1, block(&[("grpc-status", "0")]));
    let inputs = after_hello(vec![
        c2s(request(1, END_STREAM, "/x")),
        s2c([early, response(1, 0, &[]), frame(DATA, 0, 1, b"x"), trailers].concat()),
    ]);
    check(
        &inputs,
        &format!(
            "0> {REQUEST}
             0> end Complete
             0< Informational(103)
             0< 200
             0< body x
             0< trailers grpc-status=0
             0< end Complete"
        ),
    );
}

#[test]
fn resets_end_both_directions() {
    let inputs = after_hello(vec![
        c2s([request(1, END_STREAM, "/x"), request(3, 0, "/x"), frame(DATA, 0, 3, b"up")].concat()),
        s2c([response(1, 0, &[]), frame(DATA, 0, 1, b"do")].concat()),
        c2s(frame(RST_STREAM, 0, 1, 8_u32.to_be_bytes())),
        s2c([frame(DATA, 0, 1, b"wn"), frame(RST_STREAM, 0, 3, 7_u32.to_be_bytes())].concat()),
        c2s(frame(DATA, END_STREAM, 3, b"late")),
    ]);
    check(
        &inputs,
        &format!(
            "0> {REQUEST}
             0> end Complete
             1> {REQUEST}
             1> body up
             0< 200
             0< body do
             0> Reset(8)
             0< end Cut
             1< Reset(7)
             1> end Cut
             1< end Cut"
        ),
    );
}

#[test]
fn an_answer_before_the_request_ended() {
    let inputs = after_hello(vec![
        c2s([request(1, 0, "/x"), frame(DATA, 0, 1, b"a")].concat()),
        s2c([frame(HEADERS, END_HEADERS | END_STREAM, 1, block(&[(":status", "413")]))].concat()),
        c2s(frame(DATA, 0, 1, b"b")),
        s2c(frame(RST_STREAM, 0, 1, [0; 4])),
    ]);
    check(
        &inputs,
        &format!(
            "0> {REQUEST}
             0> body a
             0< 413
             0< end Complete
             0> body b
             0< Reset(0)
             0> end Cut"
        ),
    );
}

#[test]
fn going_away_ends_what_was_not_seen() {
    let away =
        frame(GOAWAY, 0, 0, [&1_u32.to_be_bytes()[..], &11_u32.to_be_bytes(), b"enhance_your_calm"].concat());
    let inputs = after_hello(vec![
        c2s([request(1, END_STREAM, "/x"), request(3, END_STREAM, "/x")].concat()),
        s2c(away),
        s2c(response(1, END_STREAM, &[])),
    ]);
    check(
        &inputs,
        &format!(
            "0> {REQUEST}
             0> end Complete
             1> {REQUEST}
             1> end Complete
             2< GoAway(11)
             1< end Cut
             0< 200
             0< end Complete"
        ),
    );
}

#[test]
fn the_table_of_compressed_fields_lasts() {
    let one = indexed_block(&[(":method", "POST"), (":path", "/x"), ("authorization", "Bearer CANARY")]);
    // The newest of the table is the first after the static 61.
    let inputs = after_hello(vec![
        c2s(frame(HEADERS, END_HEADERS | END_STREAM, 1, one)),
        c2s(frame(HEADERS, END_HEADERS | END_STREAM, 3, [0x80 | 64, 0x80 | 63, 0x80 | 62])),
    ]);
    check(
        &inputs,
        "0> POST /x authorization=<secret>
         0> end Complete
         1> POST /x authorization=<secret>
         1> end Complete
         0< end Cut
         1< end Cut",
    );
}

#[test]
fn pushed_streams_keep_the_table_right() {
    let promise = [&2_u32.to_be_bytes()[..], &indexed_block(&[(":path", "/pushed"), ("x-a", "b")])].concat();
    let inputs = after_hello(vec![
        c2s(request(1, END_STREAM, "/x")),
        s2c(frame(PUSH_PROMISE, END_HEADERS, 1, promise)),
        s2c([response(2, END_STREAM, &[]), frame(HEADERS, END_HEADERS | END_STREAM, 1, [0x88, 0x80 | 62])]
            .concat()),
    ]);
    check(
        &inputs,
        &format!(
            "0> {REQUEST}
             0> end Complete
             1< 200
             1< end Complete
             0< 200 x-a=b
             0< end Complete"
        ),
    );
}

#[test]
fn frames_of_no_matter_are_passed_over() {
    let inputs = after_hello(vec![
        c2s(frame(PING, 0, 0, [0; 8])),
        c2s(frame(0x10, 0, 0, b"u=1")),
        c2s(frame(0xff, 0xff, 0x7fff_ffff, [7; 300])),
        c2s(frame(8, 0, 0, [0, 0, 0x7f, 0xff])),
        c2s(frame(2, 0, 1, [0; 5])),
        c2s(request(1, END_STREAM, "/x")),
        s2c(response(1, END_STREAM, &[])),
    ]);
    check(
        &inputs,
        &format!(
            "0> {REQUEST}
             0> end Complete
             0< 200
             0< end Complete"
        ),
    );
}

#[test]
fn what_breaks_the_rules_is_said_and_framing_found_again() {
    for (broken, what) in [
        (frame(DATA, 0, 0, b"x"), "DATA frame"),
        (frame(PING, 0, 1, [0; 8]), "PING frame"),
        (frame(RST_STREAM, 0, 1, [0; 3]), "RST_STREAM frame"),
        (frame(PUSH_PROMISE, 0, 1, [0; 8]), "PUSH_PROMISE frame"),
    ] {
        let passed = broken.len() - 9;
        let good =
            [request(1, END_STREAM, "/x"), frame(PING, 0, 0, [0; 8]), frame(PING, 0, 0, [0; 8])].concat();
        let inputs = after_hello(vec![c2s([broken, good].concat())]);
        check(
            &inputs,
            &format!(
                "0> Malformed({what:?})
                 0~> Resync({passed})
                 0> {REQUEST}
                 0> end Complete
                 0< end Cut"
            ),
        );
    }
}

#[test]
fn a_header_block_that_does_not_go_on() {
    let fields = block(&[(":method", "POST"), (":path", "/x"), ("a", "b")]);
    let inputs = after_hello(vec![
        c2s(frame(HEADERS, 0, 1, &fields[..fields.len() - 1])),
        c2s(request(3, END_STREAM, "/x")),
        c2s(frame(CONTINUATION, END_HEADERS, 3, b"x")),
    ]);
    check(
        &inputs,
        &format!(
            "0> Malformed(\"header block\")
             0> (partial) POST /x
             1> {REQUEST}
             1> end Complete
             2> Malformed(\"CONTINUATION frame\")
             0> end Cut
             0< end Cut
             1< end Cut"
        ),
    );
}

#[test]
fn a_server_that_speaks_first() {
    let inputs = vec![
        s2c(frame(SETTINGS, 0, 0, [])),
        c2s([PREFACE, &frame(SETTINGS, 0, 0, []), &request(1, END_STREAM, "/x")].concat()),
        s2c(response(1, END_STREAM, &[])),
    ];
    check(
        &inputs,
        &format!(
            "0> {REQUEST}
             0> end Complete
             0< 200
             0< end Complete"
        ),
    );
}

#[test]
fn gaps_within_content_touch_one_stream() {
    let sse = &[("content-type", "text/event-stream")];
    let mut inputs = after_hello(vec![
        c2s([request(1, END_STREAM, "/x"), request(3, END_STREAM, "/x")].concat()),
        s2c([response(1, 0, sse), response(3, 0, sse)].concat()),
        s2c(frame(DATA, 0, 3, b"data: t")),
    ]);
    let event = frame(DATA, 0, 1, b"data: lost\n\ndata: kept\n\n");
    inputs.push(s2c(&event[..12]));
    inputs.push(Input::Gap(Direction::ToClient, 5));
    inputs.push(s2c(&event[17..]));
    inputs.push(s2c(frame(DATA, END_STREAM, 3, b"wo\n\n")));
    inputs.push(s2c(frame(DATA, END_STREAM, 1, b"data: end\n\n")));
    check(
        &inputs,
        "0> POST /x :scheme=https :authority=h
         0> end Complete
         1> POST /x :scheme=https :authority=h
         1> end Complete
         0< 200 content-type=text/event-stream
         1< 200 content-type=text/event-stream
         0~< Gap(5)
         0~< event - kept
         1< event - two
         1< end Complete
         0~< event - end
         0~< end Complete",
    );
}

#[test]
fn a_gap_within_a_head_costs_what_follows_in_it() {
    let fields = indexed_block(&[(":method", "POST"), (":path", "/x"), ("gone", "gone"), ("also", "gone")]);
    let headers = frame(HEADERS, END_HEADERS, 1, &fields);
    let keep = headers.len() - 14;
    let inputs = after_hello(vec![
        c2s(&headers[..keep]),
        Input::Gap(Direction::ToServer, 14),
        c2s(frame(DATA, END_STREAM, 1, b"body")),
        // What was added before the gap stands at an unknown place now; what is added after it does not.
        c2s(frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            3,
            [&indexed_block(&[(":path", "/y")])[..], &[0x80 | 63, 0x83]].concat(),
        )),
        c2s(frame(HEADERS, END_HEADERS | END_STREAM, 5, [0x80 | 62, 0x83])),
    ]);
    let rendered = super::render(&super::run(true, &inputs));
    let text: Vec<_> = rendered.iter().map(|(line, _)| line.as_str()).collect();
    assert_eq!(
        text,
        [
            "0> (partial) POST /x",
            "0~> Gap(14)",
            "0~> body body",
            "0~> end Complete",
            "1> (partial) POST /y",
            "1> end Complete",
            "2> POST /y",
            "2> end Complete",
            "0< end Cut",
            "1< end Cut",
            "2< end Cut",
        ]
    );
}

/// Unmasked, for brevity.
fn text(text: &str) -> Vec<u8> {
    [&[0x81, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

fn connect(stream: u32) -> Vec<u8> {
    let fields =
        [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/v1/realtime")];
    frame(HEADERS, END_HEADERS, stream, block(&fields))
}

#[test]
fn a_websocket_on_a_stream() {
    let (one, two) = (text("from client"), text("from server"));
    let inputs = after_hello(vec![
        c2s(connect(1)),
        s2c(response(1, 0, &[])),
        c2s([frame(DATA, 0, 1, &one[..5]), frame(DATA, 0, 1, &one[5..])].concat()),
        s2c([frame(DATA, 0, 1, &two), frame(DATA, END_STREAM, 1, [0x88, 2, 3, 0xe8])].concat()),
        c2s(frame(DATA, END_STREAM, 1, [0x88, 0])),
    ]);
    check(
        &inputs,
        "0> CONNECT /v1/realtime :protocol=websocket :scheme=https
         0< 200
         0< Upgraded
         0> end Complete
         0> ws Text from client
         0< ws Text from server
         0< ws Close(Some(1000))
         0< end Complete",
    );
}

#[test]
fn a_websocket_that_ends_without_a_close() {
    for (end, reset) in
        [(frame(DATA, END_STREAM, 1, []), ""), (frame(RST_STREAM, 0, 1, [0; 4]), "0< Reset(0)")]
    {
        let inputs = after_hello(vec![c2s(connect(1)), s2c(response(1, 0, &[])), s2c(end)]);
        check(
            &inputs,
            &format!(
                "0> CONNECT /v1/realtime :protocol=websocket :scheme=https
                 0< 200
                 0< Upgraded
                 0> end Complete
                 {reset}
                 0< end Cut"
            ),
        );
    }
}

#[test]
fn a_websocket_that_is_refused_is_a_response() {
    let refusal = frame(HEADERS, END_HEADERS, 1, block(&[(":status", "403")]));
    let inputs = after_hello(vec![
        c2s(connect(1)),
        s2c([refusal, frame(DATA, END_STREAM, 1, b"no")].concat()),
        c2s(frame(DATA, END_STREAM, 1, [])),
    ]);
    check(
        &inputs,
        "0> CONNECT /v1/realtime :protocol=websocket :scheme=https
         0< 403
         0< body no
         0< end Complete
         0> end Complete",
    );
}

#[test]
fn grpc_on_two_streams() {
    let fields = &[("content-type", "application/grpc+proto")];
    let message = |text: &str| [&[0, 0, 0, 0, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let trailers = |stream| frame(HEADERS, END_HEADERS | END_STREAM, stream, block(&[("grpc-status", "0")]));
    let ask = |stream| {
        let fields = [(":method", "POST"), (":path", "/x"), ("content-type", "application/grpc")];
        frame(HEADERS, END_HEADERS, stream, block(&fields))
    };
    let (one, two) = (message("one"), message("two"));
    let inputs = after_hello(vec![
        c2s([ask(1), frame(DATA, END_STREAM, 1, message("q")), ask(3), frame(DATA, END_STREAM, 3, [])]
            .concat()),
        s2c([response(1, 0, fields), response(3, 0, fields)].concat()),
        s2c([frame(DATA, 0, 1, &one[..3]), frame(DATA, 0, 3, &two[..6])].concat()),
        s2c([frame(DATA, 0, 3, &two[6..]), trailers(3), frame(DATA, 0, 1, &one[3..]), trailers(1)].concat()),
    ]);
    check(
        &inputs,
        "0> POST /x content-type=application/grpc
         0> grpc q
         0> end Complete
         1> POST /x content-type=application/grpc
         1> end Complete
         0< 200 content-type=application/grpc+proto
         1< 200 content-type=application/grpc+proto
         1< grpc two
         1< trailers grpc-status=0
         1< end Complete
         0< grpc one
         0< trailers grpc-status=0
         0< end Complete",
    );
}
