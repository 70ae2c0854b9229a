//! Headers of one message.
//!
//! ```text
//! length of name u8 │ name │ type u8 │ value: none (0 true, 1 false), integer of 1 2 4 8 bytes (2–5), bytes (6) or
//!                                    │ text (7) behind a length u16, milliseconds i64 (8), UUID of 16 bytes (9)
//! ```

use bytes::{Buf, Bytes};

use crate::item::FrameValue;
use crate::limits;
use crate::message::Notice;
use crate::secret;

/// The headers in `bytes`, and what is wrong with them. What comes before that is given.
pub(super) fn read(bytes: &Bytes) -> (Vec<(String, FrameValue)>, Option<Notice>) {
    let mut rest = bytes.clone();
    let mut headers = Vec::new();
    while rest.has_remaining() {
        if headers.len() >= limits::HEADER_FIELDS {
            return (headers, Some(Notice::Limit("event stream headers")));
        }
        match next(&mut rest) {
            Some(header) => headers.push(header),
            None => return (headers, Some(Notice::Malformed("event stream header"))),
        }
    }
    (headers, None)
}

fn next(rest: &mut Bytes) -> Option<(String, FrameValue)> {
    let length = rest.try_get_u8().ok().filter(|length| *length > 0)?;
    let name = String::from_utf8_lossy(&take(rest, usize::from(length))?).into_owned();
    let value = match rest.try_get_u8().ok()? {
        0 => FrameValue::Bool(true),
        1 => FrameValue::Bool(false),
        2 => FrameValue::Int(rest.try_get_i8().ok()?.into()),
        3 => FrameValue::Int(rest.try_get_i16().ok()?.into()),
        4 => FrameValue::Int(rest.try_get_i32().ok()?.into()),
        5 => FrameValue::Int(rest.try_get_i64().ok()?),
        6 => FrameValue::Bytes(sized(rest)?),
        7 => FrameValue::Text(String::from_utf8_lossy(&sized(rest)?).into_owned()),
        8 => FrameValue::Timestamp(rest.try_get_i64().ok()?),
        9 => FrameValue::Uuid(take(rest, UUID_BYTES)?.as_ref().try_into().ok()?),
        _ => return None,
    };
    // There was one, but it exists nowhere after.
    let secret = !USUAL.contains(&name.as_str()) && secret::is_secret(&name.to_ascii_lowercase());
    Some((name, if secret { FrameValue::Secret } else { value }))
}

fn sized(rest: &mut Bytes) -> Option<Bytes> {
    let length = rest.try_get_u16().ok()?;
    take(rest, usize::from(length))
}

fn take(rest: &mut Bytes, count: usize) -> Option<Bytes> {
    (count <= rest.len()).then(|| rest.split_to(count))
}

/// Names in every message, which are no credentials: to find that out costs more than all else about a message.
const USUAL: [&str; 4] = [":message-type", ":event-type", ":exception-type", ":content-type"];

const UUID_BYTES: usize = 16;
