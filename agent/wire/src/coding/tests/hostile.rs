//! Torn, flipped and senseless bytes: no panic, no endless loop, nothing that was not sent.

use super::*;

#[test]
fn torn_at_each_place() {
    let text = events(8).concat();
    for encoder in ENCODERS {
        let body = encoder.encode(&text);
        for at in 1..body.len() {
            let decoded = decode(&[encoder.coding()], [&body[..at]]);
            assert_eq!((decoded.stop, decoded.mislabelled), (None, None));
            assert!(text.starts_with(&decoded.content), "{encoder:?} at {at}");
            // Of a byte of brotli, the last bits may be all that the end needs.
            assert!(!decoded.whole, "{encoder:?} at {at} of {}", body.len());
        }
    }
}

#[test]
fn each_bit_flipped() {
    let text = events(3).concat();
    for encoder in ENCODERS {
        let body = encoder.encode(&text);
        for bit in 0..body.len() * 8 {
            let mut flipped = body.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let decoded = decode(&[encoder.coding()], [&flipped[..]]);
            let by_byte = decode(&[encoder.coding()], flipped.chunks(1));
            if encoder.coding() == Coding::Brotli {
                // Its decoder keeps back what it decoded right before an error.
                assert!(by_byte.content.starts_with(&decoded.content), "bit {bit}");
                assert_eq!((by_byte.stop, by_byte.whole), (decoded.stop, decoded.whole), "bit {bit}");
            } else {
                assert_eq!(decoded, by_byte, "{encoder:?} bit {bit}");
            }
            // A checksum notices. Raw deflate and brotli have none.
            let checked = matches!(encoder, Encoder::Gzip(_) | Encoder::Zlib(_) | Encoder::Zstd(_));
            let noticed = decoded.stop.is_some() || !decoded.whole || decoded.mislabelled.is_some();
            assert!(!checked || noticed || decoded.content == text, "{encoder:?} bit {bit}");
        }
    }
}

#[test]
fn reversed() {
    for encoder in ENCODERS {
        let mut body = encoder.encode(&events(50).concat());
        body.reverse();
        for size in [body.len(), 1] {
            let decoded = decode(&[encoder.coding()], body.chunks(size));
            assert!(!decoded.whole || decoded.mislabelled.is_some(), "{encoder:?}");
        }
    }
}

/// Header fields of any length pass through and are not kept.
#[test]
fn endless_gzip_name() {
    let mut decoder = Decoder::new(&[Coding::Gzip]);
    let mut push = |bytes: &[u8]| {
        let fate = decoder.push(bytes, &mut usize::MAX.clone(), &mut |_| panic!("a name is no content"));
        assert_eq!(fate, Fate::Going);
        assert!(decoder.held() < 50_000);
    };
    // An extra field, a name and a comment.
    push(b"\x1f\x8b\x08\x1c\0\0\0\0\0\xff\xff\xff");
    push(&vec![b'x'; 0xffff]);
    for _ in 0..2 {
        (0..10).for_each(|_| push(&vec![b'n'; 1 << 20]));
        push(b"\0");
    }
    let mut given = Vec::new();
    let end = Encoder::Raw(6).encode(b"content");
    let fate = decoder.push(&end, &mut 100, &mut |bytes: Bytes| given.extend(bytes));
    assert_eq!((fate, &given[..]), (Fate::Going, &b"content"[..]));
}

/// Members that give nothing cost a fixed amount each.
#[test]
fn many_empty_members() {
    for encoder in [Encoder::Gzip(6), Encoder::Zstd(3)] {
        let body = encoder.encode(b"").repeat(20_000);
        assert_eq!(decode(&[encoder.coding()], body.chunks(16 * 1024)), whole(b""));
    }
    let skipped = b"\x50\x2a\x4d\x18\0\0\0\0".repeat(20_000);
    assert_eq!(decode(&[Coding::Zstd], skipped.chunks(16 * 1024)), whole(b""));
}

/// What brotli allows between blocks and gives nothing: empty metadata.
#[test]
fn endless_brotli_metadata() {
    let body = [&b"\x0c"[..], &b"\x06".repeat(200_000)].concat();
    let decoded = decode(&[Coding::Brotli], body.chunks(1000));
    assert_eq!(decoded.content, b"");
}
