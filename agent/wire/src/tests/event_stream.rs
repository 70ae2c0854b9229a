//! Messages of AWS event streams.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::DateTime;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message as Encoded};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Driver, Input, byte_by_byte, c2s, check, gap_s2c, render, run, s2c};
use crate::{Direction, EventFrame, FrameValue, Kind, Message, Notice, limits};

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n\r\n";
const BEGIN: &str = "0> GET /0\n0> end Complete\n0< 200 content-type=application/vnd.amazon.eventstream\n";

// Messages of Bedrock that botocore reads.
const DELTA: &str = "0000009e00000057fe1b824f0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869227d2c2270223a22616263227d9343f010";
const STOP: &str = "0000007a00000051ca2c46650b3a6576656e742d7479706507000b6d65737361676553746f700d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b2273746f70526561736f6e223a22656e645f7475726e227d5fbf09fc";
const METADATA: &str = "000000ed0000004e2402b0900b3a6576656e742d747970650700086d657461646174610d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b227573616765223a7b22696e707574546f6b656e73223a332c226f7574707574546f6b656e73223a322c22746f74616c546f6b656e73223a3130352c22636163686552656164496e707574546f6b656e73223a3130302c2263616368655772697465496e707574546f6b656e73223a307d2c226d657472696373223a7b226c6174656e63794d73223a3332317d7dd2619eea";
const CHUNK: &str = "000000e00000004bacf880ae0b3a6576656e742d747970650700056368756e6b0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b226279746573223a2265794a306558426c496a6f695932397564475675644639696247396a6131396b5a57783059534973496d6c755a475634496a6f774c434a6b5a5778305953493665794a306558426c496a6f69644756346446396b5a57783059534973496e526c654851694f694a4961534a3966513d3d222c2270223a226162227d342472a5";
const EXCEPTION: &str = "0000008e00000061514180540f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e7920746f6b656e73227dc81b1ec1";

const DELTA_SHOWN: &str = r#"frame :event-type=contentBlockDelta :content-type=application/json :message-type=event {\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hi\"},\"p\":\"abc\"}"#;
const STOP_SHOWN: &str = r#"frame :event-type=messageStop :content-type=application/json :message-type=event {\"stopReason\":\"end_turn\"}"#;

fn bytes_of(hex: &str) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).unwrap() as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// By the independent encoder.
fn encoded(headers: &[(&str, HeaderValue)], payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = Bytes::copy_from_slice(payload.as_ref());
    let message = headers.iter().fold(Encoded::new(payload), |message, (name, value)| {
        message.add_header(Header::new((*name).to_owned(), value.clone()))
    });
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

/// With checksums that are right, whatever the lengths are.
fn crafted(total: u32, headers_length: u32, rest: &[u8]) -> Vec<u8> {
    let mut bytes = [total.to_be_bytes(), headers_length.to_be_bytes()].concat();
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes.extend_from_slice(rest);
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

/// A message with these bytes for headers, and `x` for payload.
fn with_headers(headers: &[u8]) -> Vec<u8> {
    let length = u32::try_from(headers.len()).unwrap();
    crafted(17 + length, length, &[headers, b"x"].concat())
}

/// What comes of a body that ends with the connection.
#[track_caller]
fn check_body(parts: &[Vec<u8>], lines: &str) {
    let lines: String = lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("0< {}\n", line.trim()))
        .collect();
    check(
        &[c2s(GET), s2c([HEAD.as_bytes(), &parts.concat()].concat())],
        &format!("{BEGIN}{lines}0< end Closed"),
    );
}

fn frames(messages: &[Message]) -> Vec<EventFrame> {
    let of = |m: &Message| match &m.kind {
        Kind::Frame(frame) => Some(frame.clone()),
        _ => None,
    };
    messages.iter().filter_map(of).collect()
}

fn has(messages: &[Message], notice: Notice) -> bool {
    messages.iter().any(|m| m.kind == Kind::Notice(notice))
}

#[test]
fn bedrock_stream() {
    let chunked = |hex: &str| {
        let bytes = bytes_of(hex);
        [format!("{:x}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat()
    };
    let body = [DELTA, STOP, METADATA, CHUNK, EXCEPTION].map(chunked).concat();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(
        &[c2s(GET), s2c([head.as_bytes(), &body, b"0\r\n\r\n"].concat())],
        &format!(
            r#"0> GET /0
            0> end Complete
            0< 200 content-type=application/vnd.amazon.eventstream transfer-encoding=chunked
            0< {DELTA_SHOWN}
            0< {STOP_SHOWN}
            0< frame :event-type=metadata :content-type=application/json :message-type=event {{\"usage\":{{\"inputTokens\":3,\"outputTokens\":2,\"totalTokens\":105,\"cacheReadInputTokens\":100,\"cacheWriteInputTokens\":0}},\"metrics\":{{\"latencyMs\":321}}}}
            0< frame :event-type=chunk :content-type=application/json :message-type=event {{\"bytes\":\"eyJ0eXBlIjoiY29udGVudF9ibG9ja19kZWx0YSIsImluZGV4IjowLCJkZWx0YSI6eyJ0eXBlIjoidGV4dF9kZWx0YSIsInRleHQiOiJIaSJ9fQ==\",\"p\":\"ab\"}}
            0< frame :exception-type=throttlingException :content-type=application/json :message-type=exception {{\"message\":\"Too many tokens\"}}
            0< end Complete"#
        ),
    );
}

#[test]
fn requests_too() {
    let body = bytes_of(STOP);
    let head = format!(
        "POST /0 HTTP/1.1\r\nContent-Type: application/vnd.amazon.eventstream\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    check(
        &[c2s([head.as_bytes(), &body].concat())],
        &format!(
            "0> POST /0 content-type=application/vnd.amazon.eventstream content-length={}
             0> {STOP_SHOWN}
             0> end Complete
             0< end Cut",
            body.len()
        ),
    );
}

#[test]
fn headers_of_all_types() {
    let headers = [
        ("t", HeaderValue::Bool(true)),
        ("f", HeaderValue::Bool(false)),
        ("b", HeaderValue::Byte(-1)),
        ("s", HeaderValue::Int16(-2)),
        ("i", HeaderValue::Int32(i32::MIN)),
        ("l", HeaderValue::Int64(i64::MAX)),
        ("x", HeaderValue::ByteArray(Bytes::from_static(b"\0\xff"))),
        ("\u{fc}", HeaderValue::String("\u{1f600}".into())),
        ("d", HeaderValue::Timestamp(DateTime::from_millis(-1_234))),
        ("u", HeaderValue::Uuid(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff)),
        ("t", HeaderValue::Bool(false)),
    ];
    check_body(
        &[encoded(&headers, "")],
        "frame t=true f=false b=-1 s=-2 i=-2147483648 l=9223372036854775807 x=b\"\\x00\\xff\" \u{fc}=\u{1f600} d=@-1234 u=[00, 11, 22, 33, 44, 55, 66, 77, 88, 99, aa, bb, cc, dd, ee, ff] t=false",
    );
}

#[test]
fn credentials_are_dropped() {
    let headers = [
        (":chunk-signature", HeaderValue::ByteArray(Bytes::from_static(b"S"))),
        ("Authorization", HeaderValue::String("S".into())),
        (":date", HeaderValue::Timestamp(DateTime::from_millis(1))),
    ];
    check_body(
        &[encoded(&headers, "x")],
        "frame :chunk-signature=<secret> Authorization=<secret> :date=@1 x",
    );
}

#[test]
fn headers_that_are_none() {
    let malformed = "Malformed(\"event stream header\")\nframe";
    let cases: [&[u8]; 8] = [
        b"\x05ab",
        b"\x00\x00",
        b"\x01a",
        b"\x01a\x0a",
        b"\x01a\x05\0\0\0",
        b"\x01a\x07\0\x02z",
        b"\x01a\x06\xff\xff",
        b"\x01a\x09\0\0\0",
    ];
    for case in cases {
        check_body(&[with_headers(case), bytes_of(STOP)], &format!("{malformed}  x\n{STOP_SHOWN}"));
        let after_good = [b"\x01g\x00", case].concat();
        check_body(&[with_headers(&after_good)], &format!("{malformed} g=true x"));
    }
    check_body(&[with_headers(b"\x01\xff\x07\0\x01\xff")], "frame \u{fffd}=\u{fffd} x");
}

#[test]
fn headers_are_bounded() {
    let many = b"\x01a\x00".repeat(limits::HEADER_FIELDS + 1);
    let most = [
        b"\x01b\x07\xff\xff".as_slice(),
        &[b'y'; 65_535],
        b"\x01c\x06\xff\xf4",
        &[b'z'; 65_524],
        b"\x01d\x00",
    ];
    for (headers, kept, limited) in [(many, limits::HEADER_FIELDS, true), (most.concat(), 3, false)] {
        let messages = run(true, &[c2s(GET), s2c(HEAD), s2c(with_headers(&headers)), s2c(bytes_of(STOP))]);
        let frames = frames(&messages);
        assert_eq!(frames.iter().map(|frame| frame.headers.len()).collect::<Vec<_>>(), [kept, 3]);
        assert_eq!(has(&messages, Notice::Limit("event stream headers")), limited);
    }
}

#[test]
fn empty_messages() {
    check_body(&[crafted(16, 0, b""), encoded(&[], "")], "frame\nframe");
    check_body(&[], "");
}

#[test]
fn lengths_that_cannot_be() {
    let lengths = [
        (0, 0),
        (15, 0),
        (16, 1),
        (100, 85),
        (100, u32::MAX),
        (u32::MAX, 0),
        (1 << 31, 0),
        (u32::MAX, u32::MAX),
        (limits::FRAME_BYTES + 1, 0),
        (limits::FRAME_BYTES, limits::FRAME_HEADERS_BYTES + 1),
    ];
    for (total, headers) in lengths {
        check_body(
            &[crafted(total, headers, b"junk"), bytes_of(STOP)],
            &format!("Malformed(\"event stream prelude\")\nResync(20)\n{STOP_SHOWN}"),
        );
    }
}

#[test]
fn checksums() {
    // Of the prelude: at every byte of it.
    for index in 0..12 {
        let mut wrong = bytes_of(STOP);
        wrong[index] ^= 1;
        check_body(
            &[bytes_of(DELTA), wrong, bytes_of(STOP)],
            &format!("{DELTA_SHOWN}\nMalformed(\"event stream prelude\")\nResync(122)\n{STOP_SHOWN}"),
        );
    }
    // Of the message: headers, payload and the checksum.
    for index in [12, 60, 100, 118, 121] {
        let mut wrong = bytes_of(STOP);
        wrong[index] ^= 0x80;
        check_body(
            &[bytes_of(DELTA), wrong, bytes_of(STOP)],
            &format!("{DELTA_SHOWN}\nMalformed(\"event stream message\")\n{STOP_SHOWN}"),
        );
    }
}

#[test]
fn messages_that_are_not_whole_are_not_given() {
    let stop = bytes_of(STOP);
    for length in [1, 3, 11, 12, 13, 121] {
        check_body(
            &[bytes_of(DELTA), stop[..length].to_vec()],
            &format!("{DELTA_SHOWN}\nMalformed(\"event stream message\")"),
        );
    }
}

#[test]
fn a_gap_within_a_message_costs_that_message() {
    let (delta, stop) = (bytes_of(DELTA), bytes_of(STOP));
    let first = [HEAD.as_bytes(), &stop, &delta[..40]].concat();
    // Inside, to its end, and twice.
    for (missing, again) in [(10, None), (118, None), (10, Some(20))] {
        let mut inputs = vec![c2s(GET), s2c(&first), gap_s2c(missing)];
        let mut place = 40 + missing as usize;
        let mut lost = format!("0~< Gap({missing})\n");
        if let Some(again) = again {
            inputs.extend([s2c(&delta[place..place + 8]), gap_s2c(again)]);
            place += 8 + again as usize;
            lost += &format!("0~< Gap({again})\n");
        }
        inputs.push(s2c([&delta[place..], &stop].concat()));
        check(&inputs, &format!("{BEGIN}0< {STOP_SHOWN}\n{lost}0~< {STOP_SHOWN}\n0~< end Closed"));
    }
}

#[test]
fn a_gap_past_a_message_costs_framing_until_the_next_prelude() {
    let (delta, stop) = (bytes_of(DELTA), bytes_of(STOP));
    // Bytes of the first message, the gap, and bytes of `delta` that it leaves.
    for (before, left) in [(40, 158), (40, 30), (122, 30), (5, 100), (122, 158), (122, 1)] {
        let missing = (122 - before + 158 - left) as u64;
        let rest = [&delta[158 - left..], &stop].concat();
        let inputs =
            [c2s(GET), s2c([HEAD.as_bytes(), &stop[..before]].concat()), gap_s2c(missing.max(1)), s2c(rest)];
        let shown = if before == 122 { format!("0< {STOP_SHOWN}\n") } else { String::new() };
        // Where the gap ended between two messages, both are there.
        let found = match (left, before) {
            (158, 40) => format!("0~< {DELTA_SHOWN}\n"),
            (158, _) => format!("0~< Resync(0)\n0~< {DELTA_SHOWN}\n"),
            (left, _) => format!("0~< Resync({left})\n"),
        };
        check(
            &inputs,
            &format!("{BEGIN}{shown}0~< Gap({})\n{found}0~< {STOP_SHOWN}\n0~< end Closed", missing.max(1)),
        );
    }
}

#[test]
fn long_payloads_are_bounded_and_marked() {
    for (length, truncated) in [
        (limits::FRAME_PAYLOAD_BYTES, false),
        (limits::FRAME_PAYLOAD_BYTES + 1, true),
        (limits::FRAME_BYTES as usize - 16, true),
    ] {
        let body =
            [HEAD.as_bytes(), &crafted(16 + length as u32, 0, &vec![7; length]), &bytes_of(STOP)].concat();
        for piece_size in [16 << 10, 100_000, 32 << 20] {
            let mut driver = Driver::new(true);
            driver.feed(&c2s(GET));
            for piece in body.chunks(piece_size) {
                driver.feed(&Input::Bytes(Direction::ToClient, piece.to_vec()));
            }
            let frames: Vec<_> =
                frames(&driver.messages).iter().map(|frame| (frame.payload.len(), frame.truncated)).collect();
            assert_eq!(frames, [(length.min(limits::FRAME_PAYLOAD_BYTES), truncated), (25, false)]);
            assert_eq!(has(&driver.messages, Notice::Limit("event stream payload")), truncated);
            assert!(driver.connection.held() < 1_024, "let go of it");
        }
    }
}

#[test]
fn a_search_takes_no_memory() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c(HEAD));
    for byte in [0_u8, 1, 0xff] {
        for _ in 0..64 {
            driver.feed(&Input::Bytes(Direction::ToClient, vec![byte; 16 << 10]));
            assert!(driver.connection.held() < 1_024);
        }
    }
    driver.feed(&s2c(bytes_of(STOP)));
    assert_eq!(frames(&driver.messages).len(), 1);
    assert!(has(&driver.messages, Notice::Resync(3 << 20)));
}

#[test]
fn messages_know_when_and_where() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c(HEAD));
    let bytes = [bytes_of(STOP), bytes_of(STOP), b"junk".to_vec(), bytes_of(STOP)].concat();
    for piece in
        [&bytes[..3], &bytes[3..125], &bytes[125..244], &bytes[244..249], &bytes[249..262], &bytes[262..]]
    {
        driver.feed(&s2c(piece));
    }
    let places: Vec<_> = driver
        .messages
        .iter()
        .filter(|m| matches!(m.kind, Kind::Frame(_)))
        .map(|m| (m.offset.0 - HEAD.len() as u64, m.first_at.0 - 2, m.at.0 - 2))
        .collect();
    assert_eq!(places, [(0, 1, 2), (122, 2, 3), (248, 4, 6)]);
}

#[test]
fn payloads_within_a_piece_are_slices_of_it() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c(HEAD));
    let bytes = Bytes::from([bytes_of(DELTA), bytes_of(STOP)].concat());
    let within = bytes.as_ptr_range();
    driver.connection.push(Direction::ToClient, bytes, crate::StreamOffset(0), crate::Time(9));
    let mut slices = 0;
    while let Some(message) = driver.connection.poll() {
        if let Kind::Frame(frame) = message.kind {
            assert!(within.contains(&frame.payload.as_ptr()));
            slices += 1;
        }
    }
    assert_eq!(slices, 2);
    assert!(driver.connection.held() < 1_024);
}

fn value() -> impl Strategy<Value = HeaderValue> {
    prop_oneof![
        any::<bool>().prop_map(HeaderValue::Bool),
        any::<i8>().prop_map(HeaderValue::Byte),
        any::<i16>().prop_map(HeaderValue::Int16),
        any::<i32>().prop_map(HeaderValue::Int32),
        any::<i64>().prop_map(HeaderValue::Int64),
        vec(any::<u8>(), 0..20).prop_map(|bytes| HeaderValue::ByteArray(bytes.into())),
        "[a-z ü/]{0,20}".prop_map(|text| HeaderValue::String(text.into())),
        (-1_i64 << 40..1_i64 << 40).prop_map(|ms| HeaderValue::Timestamp(DateTime::from_millis(ms))),
        any::<u128>().prop_map(HeaderValue::Uuid),
    ]
}

fn meant(value: &HeaderValue) -> FrameValue {
    match value {
        HeaderValue::Bool(value) => FrameValue::Bool(*value),
        HeaderValue::Byte(value) => FrameValue::Int((*value).into()),
        HeaderValue::Int16(value) => FrameValue::Int((*value).into()),
        HeaderValue::Int32(value) => FrameValue::Int((*value).into()),
        HeaderValue::Int64(value) => FrameValue::Int(*value),
        HeaderValue::ByteArray(value) => FrameValue::Bytes(value.clone()),
        HeaderValue::String(value) => FrameValue::Text(value.as_str().to_owned()),
        HeaderValue::Timestamp(value) => FrameValue::Timestamp(value.to_millis().unwrap()),
        HeaderValue::Uuid(value) => FrameValue::Uuid(value.to_be_bytes()),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_outside_of_a_gap_are_given_and_no_other(
        messages in vec((vec(("[a-h:]{1,8}", value()), 0..5), vec(any::<u8>(), 0..60)), 1..8),
        cuts in vec(any::<Index>(), 0..6),
        gap in any::<(Index, Index)>(),
    ) {
        let mut bytes = HEAD.as_bytes().to_vec();
        let mut spans = Vec::new();
        for (headers, payload) in &messages {
            let start = bytes.len();
            let fields: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            bytes.extend(encoded(&fields, payload));
            spans.push((start, bytes.len()));
        }
        let length = bytes.len() - HEAD.len();
        let place = |index: &Index| HEAD.len() + index.index(length + 1);
        let (from, to) = (place(&gap.0).min(place(&gap.1)), place(&gap.0).max(place(&gap.1)));
        let inputs = super::properties::cut(Direction::ToClient, &bytes, &cuts);
        let mut inputs = super::properties::with_gap(inputs, Direction::ToClient, from, to);
        inputs.insert(0, c2s(GET));
        let all = run(true, &inputs);
        let expect: Vec<_> = spans.iter().zip(&messages).filter(|((start, end), _)| {
            from == to || *end <= from || *start >= to
        }).map(|(_, (headers, payload))| EventFrame {
            headers: headers.iter().map(|(name, value)| (name.clone(), meant(value))).collect(),
            payload: payload.clone().into(),
            truncated: false,
        }).collect();
        prop_assert_eq!(frames(&all), expect);
        prop_assert_eq!(render(&all), render(&run(true, &byte_by_byte(&inputs))));
    }

    #[test]
    fn damage_costs_what_it_touches(
        payloads in vec(vec(any::<u8>(), 0..40), 1..8),
        place in any::<Index>(),
        flip in 1_u8..=255,
    ) {
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        for payload in &payloads {
            bytes.extend(encoded(&[], payload));
            ends.push(bytes.len());
        }
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        let touched = ends.iter().filter(|end| **end <= place).count();
        let mut expect = payloads;
        expect.remove(touched);
        let inputs = [c2s(GET), s2c(HEAD), s2c(&bytes)];
        let all = run(true, &inputs);
        let given: Vec<_> = frames(&all).iter().map(|frame| frame.payload.to_vec()).collect();
        prop_assert_eq!(given, expect);
        prop_assert_eq!(render(&all), render(&run(true, &byte_by_byte(&inputs))));
    }

    #[test]
    fn garbage_is_survived(
        parts in vec(prop_oneof![
            vec(any::<u8>(), 0..30).prop_map(Ok),
            select(vec![bytes_of(STOP), bytes_of(STOP)[..50].to_vec(), bytes_of(STOP)[..5].to_vec(), vec![0; 12]]).prop_map(Ok),
            (0_u64..200).prop_map(Err),
        ], 0..20),
    ) {
        let mut inputs = vec![c2s(GET), s2c(HEAD)];
        inputs.extend(parts.into_iter().map(|part| match part {
            Ok(bytes) => s2c(bytes),
            Err(missing) => gap_s2c(missing),
        }));
        prop_assert_eq!(render(&run(true, &inputs)), render(&run(true, &byte_by_byte(&inputs))));
    }
}
