//! Event streams as bytes that botocore reads, through the real decoder.

use genai::{Api, Call, Outcome, Provider, Usage};

use super::samples::{CONVERSE_STREAM, HOST, INVOKE_STREAM, MESSAGES, REQUEST};
use super::{counts, some};
use crate::bytes_of::{check, post};

const DELTA: &str = "0000009e00000057fe1b824f0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869227d2c2270223a22616263227d9343f010";
const STOP: &str = "0000007a00000051ca2c46650b3a6576656e742d7479706507000b6d65737361676553746f700d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b2273746f70526561736f6e223a22656e645f7475726e227d5fbf09fc";
const METADATA: &str = "000000ed0000004e2402b0900b3a6576656e742d747970650700086d657461646174610d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b227573616765223a7b22696e707574546f6b656e73223a332c226f7574707574546f6b656e73223a322c22746f74616c546f6b656e73223a3130352c22636163686552656164496e707574546f6b656e73223a3130302c2263616368655772697465496e707574546f6b656e73223a307d2c226d657472696373223a7b226c6174656e63794d73223a3332317d7dd2619eea";
const CHUNK: &str = "000000e00000004bacf880ae0b3a6576656e742d747970650700056368756e6b0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b226279746573223a2265794a306558426c496a6f695932397564475675644639696247396a6131396b5a57783059534973496d6c755a475634496a6f774c434a6b5a5778305953493665794a306558426c496a6f69644756346446396b5a57783059534973496e526c654851694f694a4961534a3966513d3d222c2270223a226162227d342472a5";
const EXCEPTION: &str = "0000008e00000061514180540f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e7920746f6b656e73227dc81b1ec1";

fn bytes_of(hex: &str) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).expect("a digit") as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The call of a request and of a stream of these messages, each a chunk of the transfer coding.
#[track_caller]
fn call(target: &str, body: &str, messages: &[&str]) -> Call {
    let mut response = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: 4c2e-77\r\nTransfer-Encoding: chunked\r\n\
                         Content-Type: application/vnd.amazon.eventstream\r\n\r\n"
        .to_vec();
    for message in messages {
        let bytes = bytes_of(message);
        response.extend(format!("{:x}\r\n", bytes.len()).into_bytes());
        response.extend(bytes);
        response.extend(b"\r\n");
    }
    response.extend(b"0\r\n\r\n");
    check(&post(HOST, target, body), &response)
}

#[test]
fn a_conversation() {
    let call = call(CONVERSE_STREAM, REQUEST, &[DELTA, STOP, METADATA]);
    assert_eq!(
        (call.provider, call.api),
        (Provider::host("aws.bedrock"), Api { name: "converse", operation: "chat" })
    );
    assert_eq!(call.http.request_id, some("4c2e-77"));
    let expect = Usage {
        input: Some(103),
        output: Some(2),
        cache_read: Some(100),
        cache_write: Some(0),
        ..Usage::default()
    };
    assert_eq!(counts(call.usage), expect);
    assert_eq!(call.response.finish_reasons, ["end_turn"]);
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks), (3, 1));
    assert_eq!(
        (call.times.first_text.is_some(), call.outcome, call.failure),
        (true, Outcome::Complete, None)
    );
    assert_eq!((call.unknown_shape, call.lossy), (0, false));
}

#[test]
fn an_invocation() {
    let call = call(INVOKE_STREAM, MESSAGES, &[CHUNK]);
    assert_eq!(
        (call.provider, call.api),
        (Provider::host("aws.bedrock"), Api { name: "invoke_model", operation: "chat" })
    );
    let stream = call.stream.expect("a stream");
    assert_eq!((stream.chunks, stream.content_chunks, call.unknown_shape), (1, 1, 0));
    // Its end was never told.
    assert_eq!(
        (call.outcome, call.failure.map(|failure| failure.kind)),
        (Outcome::Cut, some("stream_truncated"))
    );
}

#[test]
fn an_exception() {
    for (target, before) in
        [(CONVERSE_STREAM, vec![]), (CONVERSE_STREAM, vec![DELTA]), (INVOKE_STREAM, vec![CHUNK])]
    {
        let messages = [before.clone(), vec![EXCEPTION]].concat();
        let call = call(target, "{}", &messages);
        assert_eq!(call.failure.map(|failure| failure.kind), some("throttlingException"), "{target}");
        assert_eq!((call.outcome, call.unknown_shape), (Outcome::Cut, 0));
        assert_eq!(call.stream.map(|stream| stream.chunks), Some(before.len() as u64));
    }
}
