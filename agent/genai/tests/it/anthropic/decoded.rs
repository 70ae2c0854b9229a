//! From bytes to a call, through the real decoder.

use bytes::Bytes;
use genai::{Call, Interpreter, Outcome};
use wire::{Connection, Direction, StreamOffset, Time};

use super::samples::{REQUEST, STREAM};

/// A request and its stream as they cross the wire, the stream with a chunk of the transfer coding for each event.
fn on_the_wire() -> [(Direction, Vec<u8>); 2] {
    let request = format!(
        "POST /v1/messages?beta=true HTTP/1.1\r\nhost: api.anthropic.com\r\nx-api-key: sk-ant-CANARY\r\n\
         anthropic-version: 2023-06-01\r\nuser-agent: Anthropic/Python 0.69.0\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{REQUEST}",
        REQUEST.len()
    );
    let mut answer = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\
                      request-id: req_018EeWyXxfu5pfWkrYcMdjWG\r\nTransfer-Encoding: chunked\r\n\r\n"
        .to_owned();
    for data in STREAM {
        let name = data.split('"').nth(3).expect("a type");
        let event = format!("event: {name}\ndata: {data}\n\n");
        answer.push_str(&format!("{:x}\r\n{event}\r\n", event.len()));
    }
    answer.push_str("0\r\n\r\n");
    [(Direction::ToServer, request.into_bytes()), (Direction::ToClient, answer.into_bytes())]
}

#[test]
fn bytes_cut_anywhere_give_the_same_call() {
    let sides = on_the_wire();
    let call = |cut: &dyn Fn(&[u8]) -> Vec<usize>| {
        let mut connection = Connection::new(true);
        let mut interpreter = Interpreter::default();
        for (now, (direction, bytes)) in sides.iter().enumerate() {
            let mut from = 0;
            for to in cut(bytes) {
                let piece = Bytes::copy_from_slice(&bytes[from..to]);
                connection.push(*direction, piece, StreamOffset(from as u64), Time(1000 * (now as u64 + 1)));
                from = to;
            }
        }
        connection.close(Time(9000));
        while let Some(message) = connection.poll() {
            interpreter.push(message);
        }
        interpreter.finish(Time(9000), true);
        let calls: Vec<Call> = std::iter::from_fn(|| interpreter.poll()).collect();
        assert_eq!(calls.len(), 1);
        calls.into_iter().next().unwrap()
    };
    let whole = call(&|bytes| vec![bytes.len()]);
    assert_eq!((whole.outcome, whole.unknown_shape, whole.lossy), (Outcome::Complete, 0, false));
    assert_eq!(whole.http.request_id.as_deref(), Some("req_018EeWyXxfu5pfWkrYcMdjWG"));
    assert_eq!((whole.usage.input, whole.usage.output), (Some(1596), Some(89)));
    assert_eq!(whole.stream.as_ref().map(|stream| (stream.chunks, stream.content_chunks)), Some((17, 6)));
    assert!(!format!("{whole:?}").contains("CANARY"));
    assert_eq!(call(&|bytes| (1..=bytes.len()).collect()), whole, "byte by byte");
    let longest = sides.iter().map(|(_, bytes)| bytes.len()).max().expect("sides");
    for at in 0..longest {
        assert_eq!(call(&|bytes| vec![at.min(bytes.len()), bytes.len()]), whole, "cut at {at}");
    }
}
