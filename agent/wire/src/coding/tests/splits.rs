//! However the bytes were cut, the content is the same.

use super::*;

#[test]
fn every_split() {
    let text = events(12).concat();
    for encoder in ENCODERS {
        for content in [&b""[..], b"x", &text, &noise(600)] {
            check(&[encoder.coding()], &encoder.encode(content), &whole(content));
        }
    }
}

#[test]
fn levels() {
    let text = events(400).concat();
    let levels = [
        Encoder::Gzip(0),
        Encoder::Gzip(1),
        Encoder::Gzip(9),
        Encoder::Zlib(0),
        Encoder::Zlib(9),
        Encoder::Raw(0),
        Encoder::Raw(1),
        Encoder::Raw(9),
        Encoder::Brotli(0),
        Encoder::Brotli(1),
        Encoder::Brotli(9),
        Encoder::Brotli(11),
        Encoder::Zstd(-5),
        Encoder::Zstd(1),
        Encoder::Zstd(19),
    ];
    for encoder in levels {
        for content in [&text, &noise(100_000), &vec![b' '; 300_000]] {
            let body = encoder.encode(content);
            for size in [body.len(), 1, 7, 1460, 16 * 1024] {
                let decoded = decode(&[encoder.coding()], body.chunks(size));
                assert!(decoded == whole(content), "{encoder:?} in pieces of {size}");
            }
        }
    }
}

/// Where the content fills the last buffer exactly, nothing waits and nothing loops.
#[test]
fn content_as_large_as_a_buffer() {
    for encoder in ENCODERS {
        for size in [1023, 1024, 1025, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 32 * 1024, 17 * 1024] {
            for content in [vec![b'a'; size], noise(size)] {
                let body = encoder.encode(&content);
                assert!(decode(&[encoder.coding()], [&body[..]]) == whole(&content), "{encoder:?} {size}");
                assert!(decode(&[encoder.coding()], body.chunks(1)) == whole(&content), "{encoder:?} {size}");
            }
        }
    }
}

#[test]
fn stacked_in_any_order() {
    let text = events(3).concat();
    for inner in ENCODERS {
        for outer in ENCODERS {
            let body = outer.encode(&inner.encode(&text));
            check(&[inner.coding(), outer.coding()], &body, &whole(&text));
        }
    }
    let four = ENCODERS.iter().skip(1).fold(text.clone(), |body, encoder| encoder.encode(&body));
    let applied: Vec<_> = ENCODERS.iter().skip(1).map(|encoder| encoder.coding()).collect();
    check(&applied, &four, &whole(&text));
}

#[test]
fn empty_pushes_between() {
    let text = events(3).concat();
    for encoder in ENCODERS {
        let body = encoder.encode(&text);
        let pieces = body.chunks(3).flat_map(|piece| [&[][..], piece, &[]]);
        assert_eq!(decode(&[encoder.coding()], pieces), whole(&text), "{encoder:?}");
        // zstd's decoder gives up after sixteen calls that bring nothing.
        let stalled = std::iter::repeat_n(&[][..], 50).chain([&body[..9]]);
        let pieces = stalled.chain(std::iter::repeat_n(&[][..], 50)).chain([&body[9..]]);
        assert_eq!(decode(&[encoder.coding()], pieces), whole(&text), "{encoder:?}");
    }
}

#[test]
fn no_body_at_all() {
    for encoder in ENCODERS {
        check(&[encoder.coding()], b"", &whole(b""));
    }
    check(&[], b"as it is", &whole(b"as it is"));
}

#[test]
fn names() {
    for (name, coding) in [
        ("gzip", Some(Coding::Gzip)),
        ("X-GZip", Some(Coding::Gzip)),
        ("Deflate", Some(Coding::Deflate)),
        ("BR", Some(Coding::Brotli)),
        ("zstd", Some(Coding::Zstd)),
        ("identity", None),
        ("gzip ", None),
        ("", None),
    ] {
        assert_eq!(Coding::named(name.as_bytes()), coding, "{name}");
    }
}
