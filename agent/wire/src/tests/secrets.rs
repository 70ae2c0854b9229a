//! Canaries: credentials and content that must not be found where they do not belong.

use std::io::Write;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message as Encoded};

use super::h2::{CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, frame, hello};
use super::upgrades::{frame as ws, masked};
use super::{Driver, Input, byte_by_byte, c2s, gap_c2s, gap_s2c, render, s2c};
use crate::Kind;

/// Stands for every credential.
const SECRET: &str = "CANARY-SECRET";
/// Stands for every prompt, completion and header value.
const CONTENT: &str = "CANARY-CONTENT";

fn inputs() -> Vec<Input> {
    let request = format!(
        "POST http://user:{SECRET}@host/v1/x?key={SECRET}&q={CONTENT}&X-Amz-Signature={SECRET} HTTP/1.1\r\n\
         Authorization: Bearer {SECRET}\r\nx-api-KEY: {SECRET}\r\nCookie: a={SECRET}\r\n\
         Proxy-Authorization:\r\n\t{SECRET}\r\nApi_Key: {SECRET}\r\nReferer: https://u:{SECRET}@h/?token={SECRET}\r\n\
         Sec-WebSocket-Protocol: openai-insecure-api-key.{SECRET}\r\nX-Note: {CONTENT}\r\n\
         Content-Length: {}\r\n\r\n{CONTENT}",
        CONTENT.len()
    );
    let response = format!(
        "HTTP/1.1 200 OK\r\nSet-Cookie: s={SECRET}\r\nLocation: /x?access_token={SECRET}\r\nX-Note: {CONTENT}\r\n\
         Content-Type: text/event-stream\r\n\r\ndata: {CONTENT}\n\nevent: e\ndata: {CONTENT}"
    );
    // An unfinished head and an unfinished event: both are in buffers.
    let unfinished = format!("POST /{CONTENT}?key={SECRET} HTTP/1.1\r\nAuthorization: {SECRET}\r\n");
    vec![c2s(request), s2c(response), c2s(unfinished)]
}

#[test]
fn credentials_are_nowhere() {
    for inputs in [inputs(), byte_by_byte(&inputs())] {
        let mut driver = Driver::new(true);
        inputs.iter().for_each(|input| driver.feed(input));
        let mut heads = 0;
        for message in &driver.messages {
            let headers = match &message.kind {
                Kind::RequestHead(head) => {
                    let target = format!("http://host/v1/x?key=-&q={CONTENT}&X-Amz-Signature=-");
                    assert_eq!(head.target, Some(target));
                    assert_eq!(head.headers.get("x-note"), Some(CONTENT));
                    assert!(
                        head.headers.contains("authorization") && head.headers.get("authorization").is_none()
                    );
                    &head.headers
                }
                Kind::ResponseHead(head) => &head.headers,
                _ => continue,
            };
            heads += 1;
            for field in headers.iter() {
                let value = field.value.text().unwrap_or_default();
                assert!(!value.contains(SECRET), "{}", field.name);
            }
        }
        assert_eq!(heads, 2);
    }
}

#[test]
fn debug_shows_neither_credentials_nor_content() {
    for inputs in [inputs(), byte_by_byte(&inputs())] {
        let mut driver = Driver::new(true);
        let mut shown = String::new();
        for input in &inputs {
            driver.feed(input);
            shown += &format!("{:?} {:#?}", driver.connection, driver.connection);
        }
        driver.close();
        for message in &driver.messages {
            shown += &format!("{message:?} {message:#?} {:?}", message.kind);
            match &message.kind {
                Kind::RequestHead(head) => {
                    shown += &format!("{head:?} {:?}", head.headers.iter().collect::<Vec<_>>());
                }
                Kind::ResponseHead(head) => shown += &format!("{head:?} {:?}", head.headers),
                Kind::Sse(event) => shown += &format!("{event:?}"),
                _ => {}
            }
        }
        assert!(shown.contains("RequestHead") && shown.contains("SseEvent") && shown.contains("Body("));
        assert!(!shown.contains("CANARY"), "{shown}");
    }
}

#[test]
fn debug_of_a_connection_before_the_verdict() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(format!("POST /{CONTENT}?key={SECRET}")));
    assert!(driver.connection.held() > 0);
    assert!(!format!("{:?}", driver.connection).contains("CANARY"));
}

/// Runs the connection in pieces as they are and byte by byte: credentials are nowhere, and `Debug` of nothing shows
/// content, at no time. Gives what came, to be looked at.
#[track_caller]
fn check_clean(whole: bool, inputs: &[Input]) -> Vec<String> {
    let mut lines = Vec::new();
    for inputs in [byte_by_byte(inputs), inputs.to_vec()] {
        let mut driver = Driver::new(whole);
        let mut shown = String::new();
        for input in &inputs {
            driver.feed(input);
            shown += &format!("{:?} {:#?}", driver.connection, driver.connection);
        }
        driver.close();
        for message in &driver.messages {
            shown += &format!("{message:?} {message:#?} {:?}", message.kind);
            match &message.kind {
                Kind::RequestHead(head) => shown += &format!("{head:?} {:?}", head.headers),
                Kind::ResponseHead(head) => shown += &format!("{head:?} {:?}", head.headers),
                Kind::Trailers(headers) => {
                    shown += &format!("{headers:?} {:?}", headers.iter().collect::<Vec<_>>());
                }
                Kind::Sse(event) => shown += &format!("{event:?}"),
                Kind::Json(item) => shown += &format!("{item:?}"),
                Kind::Frame(frame) => shown += &format!("{frame:?}"),
                Kind::Grpc(message) => shown += &format!("{message:?}"),
                Kind::WebSocket(message) => shown += &format!("{message:?} {:?}", message.what),
                Kind::Body(_) | Kind::End(_) | Kind::Notice(_) => {}
            }
        }
        assert!(!shown.contains("CANARY"), "{shown}");
        assert!(shown.contains("messages"));
        lines = render(&driver.messages).into_iter().map(|(line, _)| line).collect();
        let told = lines.join("\n");
        assert!(!told.contains(SECRET), "{told}");
        assert!(told.contains(CONTENT), "{told}");
    }
    lines
}

/// A literal field: 0x00 not indexed, 0x10 never indexed, 0x40 into the table.
fn literal(kind: u8, name: &str, value: &str) -> Vec<u8> {
    assert!(name.len() < 127 && value.len() < 127);
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![kind], text(name), text(value)].concat()
}

/// Fields that hold a credential, in one of the three ways.
fn secret_fields(kind: u8) -> Vec<u8> {
    [
        (":method", "POST".to_owned()),
        (":scheme", "https".to_owned()),
        (":authority", format!("user:{SECRET}@host")),
        (":path", format!("/v1/x?key={SECRET}&q={CONTENT}")),
        ("authorization", format!("Bearer {SECRET}")),
        ("x-api-key", SECRET.to_owned()),
        ("cookie", format!("a={SECRET}")),
        ("cookie", format!("b={SECRET}")),
        ("cookie", format!("c={SECRET}")),
        ("referer", format!("https://u:{SECRET}@h/?token={SECRET}")),
        ("x-note", CONTENT.to_owned()),
    ]
    .iter()
    .flat_map(|(name, value)| literal(kind, name, value))
    .collect()
}

const SECRET_FIELDS: &str = ":scheme=https :authority=host authorization=<secret> x-api-key=<secret> cookie=<secret> \
                             cookie=<secret> cookie=<secret> referer=https://h/?token=- x-note=CANARY-CONTENT";

#[test]
fn fields_of_http2() {
    let head = |stream, block: &[u8]| c2s(frame(HEADERS, END_HEADERS | END_STREAM, stream, block));
    let again: Vec<u8> = (0..11).map(|newest| 0x80 | (72 - newest)).collect();
    let mut inputs = hello();
    inputs.extend([head(1, &secret_fields(0)), head(3, &secret_fields(0x10)), head(5, &secret_fields(0x40))]);
    inputs.push(head(7, &again));
    // The name out of the table, the value new.
    let named = |index: u8, value: &str| [&[0x7f, index - 63, 13][..], value.as_bytes()].concat();
    assert_eq!(SECRET.len(), 13);
    inputs.push(head(9, &[&again[..4], &named(62 + 6, SECRET), &named(62 + 6, SECRET)].concat()));
    let lines = check_clean(true, &inputs);
    let expect = format!("POST /v1/x?key=-&q={CONTENT} {SECRET_FIELDS}");
    for number in 0..4 {
        assert!(lines.contains(&format!("{number}> {expect}")), "{lines:?}");
    }
    let ninth = lines.iter().find(|line| line.starts_with("4> ")).unwrap();
    assert_eq!(ninth.matches("=<secret>").count(), 2, "{ninth}");
}

#[test]
fn trailers_and_torn_blocks_of_http2() {
    let secret = [literal(0, "x-api-key", SECRET), literal(0x40, "set-cookie", SECRET)].concat();
    let note = literal(0x40, "x-note", CONTENT);
    let fields = secret_fields(0x40);
    let (front, back) = fields.split_at(fields.len() - 70);
    let mut inputs = hello();
    inputs.push(c2s(frame(HEADERS, END_STREAM, 1, front)));
    inputs.push(c2s(frame(CONTINUATION, END_HEADERS, 1, back)));
    inputs.push(s2c(frame(HEADERS, END_HEADERS, 1, [&[0x88][..], &secret, &note].concat())));
    inputs.push(s2c(frame(DATA, 0, 1, CONTENT)));
    inputs.push(s2c(frame(
        HEADERS,
        END_HEADERS | END_STREAM,
        1,
        [&[0x80 | 63, 0x80 | 62][..], &secret].concat(),
    )));
    // Blocks that stop amid a credential: for a gap, and with the connection.
    let torn = frame(HEADERS, END_HEADERS, 3, &fields);
    inputs.extend([c2s(&torn[..130]), gap_c2s(20), c2s(&torn[150..])]);
    inputs.push(c2s(frame(HEADERS, 0, 5, &fields[..fields.len() - 90])));
    let lines = check_clean(true, &inputs);
    let trailers =
        format!("0< trailers set-cookie=<secret> x-note={CONTENT} x-api-key=<secret> set-cookie=<secret>");
    assert!(lines.contains(&trailers), "{lines:?}");
}

/// The name stands in a table that was not seen: the value may be anything.
#[test]
fn values_of_unknown_names() {
    let pings = frame(PING, 0, 0, [0; 8]).repeat(3);
    let value = |first: u8| [&[first, 70 - 15, 13][..], SECRET.as_bytes()].concat();
    let block = [
        literal(0, ":method", "POST"),
        literal(0, ":path", &format!("/?q={CONTENT}")),
        // Not indexed, never indexed (a prefix of four bits), and into the table.
        value(0x0f),
        value(0x1f),
        [&[0x40 | 62, 13][..], SECRET.as_bytes()].concat(),
        vec![0x80 | 62, 0x80 | 63],
    ];
    let lines = check_clean(false, &[c2s(pings), c2s(frame(HEADERS, END_HEADERS, 1, block.concat()))]);
    assert!(lines.contains(&format!("0> (partial) POST /?q={CONTENT}")), "{lines:?}");
}

#[test]
fn messages_of_websockets() {
    let ask = format!(
        "GET /v1/realtime?api_key={SECRET} HTTP/1.1\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{SECRET}\r\n\r\n"
    );
    let yes = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: {SECRET}\r\n\r\n"
    );
    let (text, binary) = (masked(0x81, CONTENT), ws(0x82, CONTENT));
    let close = ws(0x88, [&[3, 232][..], CONTENT.as_bytes()].concat());
    // Fragments, one of which is under way at the end.
    let unfinished = masked(0x01, CONTENT);
    let inputs =
        [c2s(ask), s2c(yes), c2s(&text), s2c(&binary), s2c(ws(0x89, CONTENT)), c2s(&unfinished), s2c(close)];
    let lines = check_clean(true, &inputs);
    assert_eq!(lines.iter().filter(|line| line.contains(" ws ")).count(), 4, "{lines:?}");

    let connect = [
        literal(0, ":method", "CONNECT"),
        literal(0, ":protocol", "websocket"),
        literal(0, ":path", &format!("/x?api_key={SECRET}")),
        literal(0x40, "sec-websocket-protocol", &format!("openai-insecure-api-key.{SECRET}")),
    ];
    let answer = [vec![0x88], literal(0x40, "sec-websocket-protocol", SECRET)].concat();
    let mut inputs = hello();
    inputs.push(c2s(frame(HEADERS, END_HEADERS, 1, connect.concat())));
    inputs.push(s2c(frame(HEADERS, END_HEADERS, 1, answer)));
    inputs.push(c2s(frame(DATA, 0, 1, [text, unfinished].concat())));
    inputs.push(s2c(frame(DATA, 0, 1, binary)));
    let lines = check_clean(true, &inputs);
    assert_eq!(lines.iter().filter(|line| line.contains(" ws ")).count(), 2, "{lines:?}");
}

fn aws_frame() -> Vec<u8> {
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let message = Encoded::new(bytes::Bytes::from(CONTENT))
        .add_header(Header::new(":event-type", text(CONTENT)))
        .add_header(Header::new("x-amz-security-token", text(SECRET)))
        .add_header(Header::new("authorization", HeaderValue::ByteArray(SECRET.into())))
        .add_header(Header::new("blob", HeaderValue::ByteArray(CONTENT.into())));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Every kind of body, whole and with its last item under way, plain and in gzip, over both versions of HTTP.
#[test]
fn bodies_of_every_kind() {
    let grpc = [&[0, 0, 0, 0, u8::try_from(CONTENT.len()).unwrap()], CONTENT.as_bytes()].concat();
    let bodies = [
        ("text/event-stream", format!("event: e\ndata: {CONTENT}\nid: {CONTENT}\n\n").into_bytes(), "event"),
        ("application/x-ndjson", format!("{{\"a\":\"{CONTENT}\"}}\n").into_bytes(), "json"),
        ("application/json", format!("[\"{CONTENT}\",\"{CONTENT}\"]").into_bytes(), "json"),
        ("application/json", format!("{{\"a\":\"{CONTENT}\"}}").into_bytes(), "body"),
        ("application/vnd.amazon.eventstream", aws_frame(), "frame"),
        ("application/grpc", grpc, "grpc"),
        ("text/plain", CONTENT.into(), "body"),
    ];
    for (content_type, body, kind) in bodies {
        let unfinished = [&body[..], &body[..body.len() - 3]].concat();
        for (body, coding) in [
            (body.clone(), "identity"),
            (unfinished.clone(), "identity"),
            (gzip(&body), "gzip"),
            (gzip(&unfinished), "gzip"),
        ] {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Encoding: {coding}\r\n\
                 Set-Cookie: {SECRET}\r\n\r\n"
            );
            let request =
                format!("POST /?q={CONTENT} HTTP/1.1\r\nContent-Length: 14\r\nx-api-key: {SECRET}\r\n\r\n");
            let http1 = [c2s(request + CONTENT), s2c(&head), s2c(&body), gap_s2c(3), s2c(&body)];
            let fields = [
                literal(0x40, "content-type", content_type),
                literal(0, "content-encoding", coding),
                literal(0x40, "set-cookie", SECRET),
            ];
            let mut http2 = hello();
            http2.push(c2s(frame(HEADERS, END_HEADERS, 1, secret_fields(0x40))));
            http2.push(c2s(frame(DATA, END_STREAM, 1, CONTENT)));
            http2.push(s2c(frame(HEADERS, END_HEADERS, 1, [vec![0x88], fields.concat()].concat())));
            http2.push(s2c(frame(DATA, 0, 1, &body)));
            for inputs in [&http1[..], &http2] {
                let lines = check_clean(true, inputs);
                let wanted = format!("0< {kind} ");
                assert!(lines.iter().any(|line| line.starts_with(&wanted)), "{content_type}: {lines:?}");
            }
        }
    }
}

/// Frames and heads that are searched for are in buffers too.
#[test]
fn what_is_searched() {
    let request = frame(HEADERS, END_HEADERS, 1, secret_fields(0x40));
    let data = frame(DATA, 0, 1, [CONTENT.as_bytes(); 9].concat());
    let mut driver = Driver::new(false);
    for bytes in [&data[10..], &request, &data[..50]] {
        driver.feed(&c2s(bytes));
        driver.feed(&s2c(bytes));
        assert!(!format!("{:?} {:#?}", driver.connection, driver.connection).contains("CANARY"));
    }
}
