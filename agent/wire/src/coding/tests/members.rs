//! Members and frames, what stands between and after them, and labels that do not fit.

use super::*;

/// Three times `EVENT`, as Python 3's `gzip.compress(…, 9, mtime=0)` and `zlib.compress(…)` code it.
const EVENT: &[u8] = b"event: delta\ndata: {\"text\":\"Hi\"}\n\n";
const PYTHON_GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x2d\x4b\xcd\x2b\xb1\x52\x48\x49\xcd\x29\x49\
    \xe4\x4a\x49\x2c\x49\xb4\x52\xa8\x56\x2a\x49\xad\x28\x51\xb2\x52\xf2\xc8\x54\xaa\xe5\xe2\
    \x4a\xa5\x82\x0a\x00\x79\x0c\x28\xae\x66\x00\x00\x00";
const PYTHON_ZLIB: &[u8] =
    b"\x78\x9c\x4b\x2d\x4b\xcd\x2b\xb1\x52\x48\x49\xcd\x29\x49\xe4\x4a\x49\x2c\x49\xb4\x52\xa8\
    \x56\x2a\x49\xad\x28\x51\xb2\x52\xf2\xc8\x54\xaa\xe5\xe2\x4a\xa5\x82\x0a\x00\xb7\x3c\x20\
    \x59";
/// The same by `zlib.compressobj(9, zlib.DEFLATED, -15)`.
const PYTHON_RAW: &[u8] =
    b"\x4b\x2d\x4b\xcd\x2b\xb1\x52\x48\x49\xcd\x29\x49\xe4\x4a\x49\x2c\x49\xb4\x52\xa8\x56\x2a\
    \x49\xad\x28\x51\xb2\x52\xf2\xc8\x54\xaa\xe5\xe2\x4a\xa5\x82\x0a\x00";

#[test]
fn python() {
    check(&[Coding::Gzip], PYTHON_GZIP, &whole(&EVENT.repeat(3)));
    check(&[Coding::Deflate], PYTHON_ZLIB, &whole(&EVENT.repeat(3)));
    check(&[Coding::Deflate], PYTHON_RAW, &whole(&EVENT.repeat(3)));
}

/// RFC 1952 §2.3: extra field, name, comment and a checksum of them all.
#[test]
fn gzip_header_fields() {
    let deflated = Encoder::Raw(6).encode(EVENT);
    let trailer = [crc32fast::hash(EVENT).to_le_bytes(), (EVENT.len() as u32).to_le_bytes()].concat();
    for flags in 0..32_u8 {
        let mut body = vec![0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 255];
        if flags & 4 != 0 {
            body.extend(b"\x07\0extra\0\xff");
        }
        if flags & 8 != 0 {
            body.extend(b"name\0");
        }
        if flags & 16 != 0 {
            body.extend(b"comment\xe9\0");
        }
        if flags & 2 != 0 {
            let checksum = crc32fast::hash(&body) as u16;
            body.extend(checksum.to_le_bytes());
        }
        body.extend_from_slice(&deflated);
        body.extend_from_slice(&trailer);
        check(&[Coding::Gzip], &body, &whole(EVENT));
    }
}

#[test]
fn several_members() {
    let text = events(6);
    for encoder in [Encoder::Gzip(6), Encoder::Zstd(3)] {
        let mut body: Vec<u8> = text.iter().flat_map(|event| encoder.encode(event)).collect();
        body.extend(encoder.encode(b""));
        check(&[encoder.coding()], &body, &whole(&text.concat()));
    }
}

#[test]
fn skippable_frames() {
    let mut body = Vec::new();
    for (index, event) in events(3).iter().enumerate() {
        let skipped = noise(index * 40);
        body.extend([0x50 + index as u8 * 7, 0x2a, 0x4d, 0x18]);
        body.extend((skipped.len() as u32).to_le_bytes());
        body.extend(skipped);
        body.extend(Encoder::Zstd(1).encode(event));
    }
    body.extend(b"\x5f\x2a\x4d\x18\0\0\0\0");
    check(&[Coding::Zstd], &body, &whole(&events(3).concat()));
}

#[test]
fn bytes_after_the_end() {
    for encoder in ENCODERS {
        for after in
            [&[0; 40][..], b"\r\n", b"garbage", b"\0\0\x1f\x8b\x08", b"\x1f\x8c", b"(\xb5/x", b"\xff"]
        {
            let body = [&encoder.encode(EVENT), after].concat();
            check(&[encoder.coding()], &body, &whole(EVENT));
        }
    }
}

/// Its first bytes may be of a member of which the rest was not sent.
#[test]
fn torn_member_after_the_end() {
    let expect = Decoded { whole: false, ..whole(EVENT) };
    for (encoder, after) in [
        (Encoder::Gzip(6), &b"\x1f"[..]),
        (Encoder::Gzip(6), b"\x1f\x8b\x08\0"),
        (Encoder::Zstd(3), b"(\xb5/"),
    ] {
        check(&[encoder.coding()], &[&encoder.encode(EVENT), after].concat(), &expect);
    }
}

#[test]
fn text_under_a_wrong_label() {
    for coding in [Coding::Gzip, Coding::Zstd] {
        for text in
            [&b"data: {}\n\n"[..], b"{\"error\":1}", b"\xef\xbb\xbfx", b"<", b"\n", b"(\xc3\xa9)", b"P*"]
        {
            let mislabelled = if coding == Coding::Zstd && text == b"P*" { None } else { Some(coding) };
            let decoded = decode(&[coding], [text]);
            let by_byte = decode(&[coding], text.chunks(1));
            assert_eq!(decoded, by_byte);
            if mislabelled.is_some() {
                check(&[coding], text, &Decoded { mislabelled, ..whole(text) });
            } else {
                // As yet it could be a skippable frame.
                assert_eq!(decoded, Decoded { whole: false, ..whole(b"") });
            }
        }
    }
    check(
        &[Coding::Brotli],
        b"{\"a\":[]}",
        &Decoded { mislabelled: Some(Coding::Brotli), ..whole(b"{\"a\":[]}") },
    );
    // One of two was forgotten.
    let once = Encoder::Brotli(5).encode(EVENT);
    assert_eq!(once.first().filter(|first| first.is_ascii_graphic()), None);
    let body = Encoder::Brotli(5).encode(b"{\"plain\": true}");
    let expect = Decoded { mislabelled: Some(Coding::Gzip), ..whole(b"{\"plain\": true}") };
    check(&[Coding::Gzip, Coding::Brotli], &body, &expect);
}

/// Why such a text can be told from brotli by its first byte.
#[test]
fn brace_is_no_brotli() {
    for second in 0..=255 {
        let progress = super::super::brotli::Brotli::new().step(&[b'{', second], &mut [0; 64]);
        assert!(matches!(progress.after, super::super::layer::After::Stop(_)), "{second}");
    }
}

#[test]
fn what_is_neither() {
    let expect = |what| Decoded { stop: Some(Stop::Malformed(what)), whole: false, ..whole(b"") };
    check(&[Coding::Gzip], b"\x1f\x8c\x08\0\0\0", &expect("gzip magic"));
    check(&[Coding::Gzip], b"\x1f\x8b\x07\0\0\0", &expect("gzip magic"));
    check(&[Coding::Gzip], &Encoder::Brotli(5).encode(EVENT), &expect("gzip magic"));
    check(&[Coding::Zstd], PYTHON_GZIP, &expect("zstd magic"));
    check(&[Coding::Deflate], PYTHON_GZIP, &expect("deflate"));
    check(&[Coding::Brotli], PYTHON_GZIP, &expect("br"));
    check(&[Coding::Brotli], b"data: hello\n\n", &expect("br"));
    // A preset dictionary, of zlib and of zstd.
    check(&[Coding::Deflate], b"\x78\xbb\0\0\0\x01xxxx", &expect("deflate"));
    check(&[Coding::Zstd], b"\x28\xb5\x2f\xfd\x21\x07\x01\x09\0\0x", &expect("zstd"));
}

#[test]
fn wrong_checksums() {
    for (encoder, what) in [
        (Encoder::Gzip(6), "gzip checksum"),
        (Encoder::Zlib(6), "deflate checksum"),
        (Encoder::Zstd(3), "zstd"),
    ] {
        let mut body = encoder.encode(&EVENT.repeat(9));
        let at = body.len() - if encoder == Encoder::Gzip(6) { 5 } else { 1 };
        body[at] ^= 1;
        let stop = Some(Stop::Malformed(what));
        check(&[encoder.coding()], &body, &Decoded { stop, whole: false, ..whole(&EVENT.repeat(9)) });
    }
    let mut body = PYTHON_GZIP.to_vec();
    *body.last_mut().unwrap() ^= 1;
    let stop = Some(Stop::Malformed("gzip checksum"));
    check(&[Coding::Gzip], &body, &Decoded { stop, whole: false, ..whole(&EVENT.repeat(3)) });
}

#[test]
fn nothing_after_a_gap() {
    for encoder in ENCODERS {
        let body = encoder.encode(EVENT);
        let mut decoder = Decoder::new(&[encoder.coding()]);
        let (left, right) = body.split_at(body.len() / 2);
        assert_eq!(decoder.push(left, &mut usize::MAX.clone(), &mut |_| ()), Fate::Going);
        assert!(decoder.held() > 0);
        decoder.gap();
        let fate = decoder.push(right, &mut usize::MAX.clone(), &mut |_| panic!("given after a gap"));
        assert_eq!((fate, decoder.is_whole(), decoder.held()), (Fate::Dropped, false, 0));
    }
}
