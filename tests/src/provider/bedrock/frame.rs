//! Messages of `application/vnd.amazon.eventstream`.
//!
//! ```text
//! u32 length of all │ u32 length of headers │ CRC-32 of these 8 bytes │ headers │ payload │ CRC-32 of all before it
//! header: u8 length, name, 7 (a string), u16 length, value
//! ```
//!
//! In: what a message is called and its JSON. Out: its bytes, headers in the order in which Bedrock sends them. Header
//! types other than strings are not used by Bedrock and not written. Our own code on purpose: what the agent decodes
//! with is not what it is tested with.

use flate2::Crc;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// `:event-type`.
    Event(&'static str),
    /// `:exception-type`: the stream ends with it.
    Exception(&'static str),
}

/// The bytes of one message.
pub(super) fn frame(message: Message, payload: &[u8]) -> Vec<u8> {
    let (header, kind, value) = match message {
        Message::Event(name) => (":event-type", "event", name),
        Message::Exception(name) => (":exception-type", "exception", name),
    };
    let mut headers = Vec::new();
    for (name, value) in [(header, value), (":content-type", "application/json"), (":message-type", kind)] {
        // Our own names and values: none is near the limit of its length.
        headers.push(name.len() as u8);
        headers.extend_from_slice(name.as_bytes());
        headers.push(STRING);
        headers.extend_from_slice(&(value.len() as u16).to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let mut bytes = Vec::with_capacity(AROUND + headers.len() + payload.len());
    bytes.extend_from_slice(&((AROUND + headers.len() + payload.len()) as u32).to_be_bytes());
    bytes.extend_from_slice(&(headers.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&crc(&bytes));
    bytes.extend_from_slice(&headers);
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(&crc(&bytes));
    bytes
}

/// The type of a header whose value is a string.
const STRING: u8 = 7;
/// Both lengths and both sums.
const AROUND: usize = 16;

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that AWS's own Python library accepted.
    fn check(message: Message, payload: &str, hex: &str) {
        let bytes: String =
            frame(message, payload.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(bytes, hex, "{payload}");
    }

    #[test]
    fn frames_are_those_of_aws() {
        check(
            Message::Event("contentBlockDelta"),
            "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hi\"},\"p\":\"abc\"}",
            "0000009e00000057fe1b824f0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f6e7465\
             6e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b2263\
             6f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869227d2c2270223a2261626322\
             7d9343f010",
        );
        check(
            Message::Event("messageStop"),
            "{\"stopReason\":\"end_turn\"}",
            "0000007a00000051ca2c46650b3a6576656e742d7479706507000b6d65737361676553746f700d3a636f6e74656e742d747970\
             650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b2273746f70526561\
             736f6e223a22656e645f7475726e227d5fbf09fc",
        );
        check(
            Message::Exception("throttlingException"),
            "{\"message\":\"Too many tokens\"}",
            "0000008e00000061514180540f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d\
             3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700096578\
             63657074696f6e7b226d657373616765223a22546f6f206d616e7920746f6b656e73227dc81b1ec1",
        );
    }
}
