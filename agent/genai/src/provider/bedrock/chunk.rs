//! The payload of a piece of an invoked model's stream: `{"bytes": "…", "p": "…"}`. The bytes are the model's own JSON in
//! base64; the other member is there to hide how long they are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::json_scan::{Container, Scalar, Scanner, Shape};

/// What the payload carries, as far as it came. `None`: it is no such payload.
pub(super) fn decode(payload: &[u8]) -> Option<Vec<u8>> {
    let mut chunk = Chunk::default();
    let mut scan = Scanner::new::<Chunk>();
    scan.push(payload, &mut chunk);
    // Of a payload that was cut off as much as makes whole bytes.
    let whole = if scan.is_done() { chunk.encoded.len() } else { chunk.encoded.len() / 4 * 4 };
    let encoded = chunk.encoded.get(..whole)?;
    (!encoded.is_empty()).then(|| STANDARD.decode(encoded).ok())?
}

/// As long as the payload at most, which the decoder has capped.
#[derive(Default)]
struct Chunk {
    encoded: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Bytes,
}

impl Shape for Chunk {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        (place == Place::Root && key == b"bytes").then_some(Place::Bytes)
    }

    fn element(_place: Place) -> Option<Place> {
        None
    }

    fn reads_text(_place: Place) -> bool {
        false
    }

    fn hears(place: Place) -> bool {
        place == Place::Bytes
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        // A slash may be written with a backslash before it.
        self.encoded.extend(written.iter().filter(|byte| **byte != b'\\'));
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        place == Place::Root && container == Container::Object
    }

    fn close(&mut self, _place: Place) {}

    fn scalar(&mut self, _place: Place, _scalar: &Scalar<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_decoded_and_other_payloads_are_none() {
        for (payload, expect) in [
            (r#"{"bytes":"eyJhIjoxfQ==","p":"abc"}"#, Some(r#"{"a":1}"#)),
            (r#"{"p":"abc","bytes":"eyJhIjoxfQ=="}"#, Some(r#"{"a":1}"#)),
            (r#"{"bytes":"Pz8\/"}"#, Some("???")),
            // Cut off: as much as makes whole bytes.
            (r#"{"bytes":"eyJhIjo"#, Some("{\"a")),
            (r#"{"bytes":"","p":"abc"}"#, None),
            (r#"{"bytes":"*"}"#, None),
            (r#"{"bytes":5}"#, None),
            (r#"{"a":{"bytes":"eyJhIjoxfQ=="}}"#, None),
            ("", None),
        ] {
            assert_eq!(decode(payload.as_bytes()).as_deref(), expect.map(str::as_bytes), "{payload}");
        }
    }
}
