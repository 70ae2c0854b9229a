//! Canaries: credentials and content that must not be found where they do not belong.

use super::{Driver, Input, byte_by_byte, c2s, s2c};
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
                    assert_eq!(head.target, format!("http://host/v1/x?key=-&q={CONTENT}&X-Amz-Signature=-"));
                    assert_eq!(head.headers.get("x-note"), Some(CONTENT));
                    assert!(
                        head.headers.contains("authorization") && head.headers.get("authorization").is_none()
                    );
                    &head.headers
                }
                Kind::ResponseHead(head) => &head.headers,
                Kind::Body(_) | Kind::Sse(_) | Kind::End(_) | Kind::Notice(_) => continue,
            };
            heads += 1;
            for field in headers.iter() {
                let value = field.value.as_deref().unwrap_or_default();
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
                Kind::Body(_) | Kind::End(_) | Kind::Notice(_) => {}
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
