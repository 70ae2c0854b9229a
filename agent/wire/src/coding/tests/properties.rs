//! Any content, encoder, level and cut; and streams that were valid before something was done to them.

use proptest::prelude::*;

use super::*;

fn encoder() -> impl Strategy<Value = Encoder> {
    prop_oneof![
        (0..=9_u32).prop_map(Encoder::Gzip),
        (0..=9_u32).prop_map(Encoder::Zlib),
        (0..=9_u32).prop_map(Encoder::Raw),
        (0..=11_u32).prop_map(Encoder::Brotli),
        (-7..=15_i32).prop_map(Encoder::Zstd),
    ]
}

/// Text, repetition and noise.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let some = prop_oneof![
        (0..60_usize).prop_map(|count| events(count).concat()),
        (any::<u8>(), 0..40_000_usize).prop_map(|(byte, count)| vec![byte; count]),
        proptest::collection::vec(any::<u8>(), 0..3000),
    ];
    proptest::collection::vec(some, 0..4).prop_map(|parts| parts.concat())
}

/// A cut as the parts between the places.
fn pieces<'a>(body: &'a [u8], places: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = places.iter().map(|place| place.index(body.len() + 1)).collect();
    places.extend([0, body.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect()
}

/// Something done to a byte string.
#[derive(Clone, Debug)]
enum Harm {
    Set(prop::sample::Index, u8),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    let place = || any::<prop::sample::Index>();
    prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Harm::Set(at, byte)),
        1 => (place(), 1..40_usize).prop_map(|(at, count)| Harm::Remove(at, count)),
        1 => (place(), 1..400_usize).prop_map(|(at, count)| Harm::Repeat(at, count)),
        1 => (place(), proptest::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(at, bytes)| Harm::Insert(at, bytes)),
    ]
}

fn harmed(mut body: Vec<u8>, harms: &[Harm]) -> Vec<u8> {
    for harm in harms {
        // The first bytes are met as often as all others: most of what can be wrong stands there.
        let near = |at: &prop::sample::Index, length: usize| {
            let at = at.index(2 * length.max(1));
            if at < length { at } else { at % 48 % length.max(1) }
        };
        match harm {
            Harm::Set(at, byte) if !body.is_empty() => {
                let at = near(at, body.len());
                body[at] = *byte;
            }
            Harm::Set(..) => {}
            Harm::Remove(at, count) => {
                let at = near(at, body.len());
                body.drain(at..(at + count).min(body.len()));
            }
            Harm::Repeat(at, count) => {
                let at = near(at, body.len());
                body.extend_from_within(at..(at + count).min(body.len()));
            }
            Harm::Insert(at, bytes) => {
                let at = near(at, body.len());
                body.splice(at..at, bytes.iter().copied());
            }
        }
    }
    body
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_encoded_is_decoded(
        content in content(),
        encoders in proptest::collection::vec(encoder(), 1..=2),
        places in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let body = encoders.iter().fold(content.clone(), |body, encoder| encoder.encode(&body));
        let applied: Vec<_> = encoders.iter().map(|encoder| encoder.coding()).collect();
        let decoded = decode(&applied, pieces(&body, &places));
        prop_assert!(decoded == whole(&content), "{:?} {}", decoded.stop, decoded.content.len());
    }

    /// No panic and no hang. What comes before the first harm is given; cuts do not matter, but for brotli's last words.
    #[test]
    fn harm_is_survived(
        content in content(),
        encoder in encoder(),
        harms in proptest::collection::vec(harm(), 1..4),
        places in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let body = harmed(encoder.encode(&content), &harms);
        let at_once = decode(&[encoder.coding()], [&body[..]]);
        let cut = decode(&[encoder.coding()], pieces(&body, &places));
        if encoder.coding() == Coding::Brotli && at_once.stop.is_some() {
            prop_assert_eq!(at_once.stop, cut.stop);
        } else if body.len() < 60_000 {
            prop_assert!(at_once == cut, "{:?} {:?}", at_once.stop, cut.stop);
        }
    }

    #[test]
    fn noise_is_survived(
        coding in prop_oneof![Just(Coding::Gzip), Just(Coding::Deflate), Just(Coding::Brotli), Just(Coding::Zstd)],
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        magic in any::<bool>(),
    ) {
        let front: &[u8] = match coding {
            Coding::Gzip if magic => b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
            Coding::Deflate if magic => b"\x78\x9c",
            Coding::Zstd if magic => b"\x28\xb5\x2f\xfd\0\x58",
            Coding::Gzip | Coding::Deflate | Coding::Brotli | Coding::Zstd => b"",
        };
        let body = [front, &bytes].concat();
        let at_once = decode(&[coding], [&body[..]]);
        let by_byte = decode(&[coding], body.chunks(1));
        prop_assert_eq!(at_once.stop, by_byte.stop);
        prop_assert!(by_byte.content.starts_with(&at_once.content));
    }
}
