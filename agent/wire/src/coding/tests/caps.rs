//! Bombs, windows, and what a push may give.

use super::*;

#[test]
fn room_is_exact() {
    for encoder in ENCODERS {
        for size in [1, 1023, 1024, 5000, 16 * 1024, 40_000] {
            let content = events(400).concat()[..size].to_vec();
            let body = encoder.encode(&content);
            for short in [0, 1, size / 2, size] {
                let mut decoder = Decoder::new(&[encoder.coding()]);
                let (mut room, mut given) = (size - short, Vec::new());
                let fate = decoder.push(&body, &mut room, &mut |bytes: Bytes| given.extend(bytes));
                let expect =
                    if short == 0 { Fate::Going } else { Fate::Stopped(Stop::Limit("decoded bytes")) };
                assert_eq!((fate, room, decoder.is_whole()), (expect, 0, short == 0), "{encoder:?} {size}");
                assert!(given == content[..size - short], "what fits is given");
                let after = if short == 0 { Fate::Going } else { Fate::Dropped };
                assert_eq!(decoder.push(b"\0", &mut 9, &mut |_| panic!("more")), after);
            }
        }
    }
}

/// A stream of zeros that never ends, in as few bytes as each coding can.
fn bomb(encoder: Encoder, bytes: usize) -> Vec<u8> {
    encoder.encode(&vec![0; bytes])
}

#[test]
fn bombs_stop_at_the_ratio() {
    for encoder in
        [Encoder::Gzip(9), Encoder::Zlib(9), Encoder::Raw(9), Encoder::Brotli(9), Encoder::Zstd(19)]
    {
        let body = bomb(encoder, 128 << 20);
        for size in [body.len(), 1000, 16] {
            let mut decoder = Decoder::new(&[encoder.coding()]);
            let (mut coded, mut given, mut stop) = (0, 0, None);
            for piece in body.chunks(size) {
                let mut room = usize::MAX;
                let fate = decoder.push(piece, &mut room, &mut |bytes: Bytes| given += bytes.len() as u64);
                coded += piece.len() as u64;
                let ceiling = limits::CODING_FLOOR_BYTES + limits::CODING_RATIO * coded;
                match fate {
                    Fate::Going => assert!(given <= ceiling && decoder.held() <= limits::CODING_HELD_BYTES),
                    Fate::Stopped(why) => {
                        assert_eq!(given, ceiling);
                        stop = Some(why);
                        break;
                    }
                    Fate::Dropped => panic!("dropped before it stopped"),
                }
            }
            assert_eq!((stop, decoder.held()), (Some(Stop::Limit("coding ratio")), 0), "{encoder:?} {size}");
        }
    }
}

/// Layers inside may not do work without end either: here nothing ever comes out of the inner one.
#[test]
fn bombs_inside() {
    let empty: Vec<u8> = std::iter::repeat_n(Encoder::Gzip(6).encode(b""), 1 << 20).flatten().collect();
    let body = Encoder::Zstd(19).encode(&empty);
    assert!(body.len() < 10_000);
    let decoded = decode(&[Coding::Gzip, Coding::Zstd], [&body[..]]);
    assert_eq!((decoded.content.len(), decoded.stop), (0, Some(Stop::Limit("coding ratio"))));
}

/// What real bodies reach stays below the caps.
#[test]
fn repetitive_json_is_no_bomb() {
    let content = b"{\"role\":\"user\",\"content\":\"again and again\"},".repeat(1 << 19);
    assert!(content.len() > limits::CODING_FLOOR_BYTES as usize);
    let body = Encoder::Gzip(6).encode(&content);
    assert!(content.len() / body.len() > 150, "{}", content.len() / body.len());
    assert!(decode(&[Coding::Gzip], body.chunks(1400)) == whole(&content));
}

#[test]
fn too_many_codings() {
    let mut decoder = Decoder::new(&[Coding::Gzip; limits::CODINGS + 1]);
    let mut push = || decoder.push(b"\x1f", &mut usize::MAX.clone(), &mut |_| panic!("given"));
    assert_eq!(push(), Fate::Stopped(Stop::Limit("codings")));
    assert_eq!(push(), Fate::Dropped);
    assert!(!decoder.is_whole());
}

/// RFC 9659: 8 MiB and no more, whether the header says so as a window or as a size.
#[test]
fn zstd_windows() {
    let frame = |descriptor: &[u8]| [b"\x28\xb5\x2f\xfd", descriptor, b"\x20\0\0hi!x"].concat();
    let going = |descriptor: &[u8]| {
        let body = frame(descriptor);
        let mut decoder = Decoder::new(&[Coding::Zstd]);
        let fate = decoder.push(&body, &mut 100, &mut |_| ());
        (fate, decoder.held() >> 20)
    };
    let refused = (Fate::Stopped(Stop::Limit("zstd window")), 0);
    assert_eq!(going(&[0, 13 << 3]), (Fate::Going, 8));
    assert_eq!(going(&[0, 13 << 3 | 1]), refused);
    assert_eq!(going(&[0, 0xff]), refused);
    assert_eq!(going(&[0xa0, 1, 0, 0x80, 0]), refused);
    assert_eq!(going(&[0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), refused);
}

/// Brotli's extension for windows over 16 MiB is not `br`.
#[test]
fn large_window_brotli() {
    let decoded = decode(&[Coding::Brotli], [&b"\x11\x1e\x03\x00\x00"[..]]);
    assert_eq!(decoded.stop, Some(Stop::Malformed("br")));
}

/// A brotli window is as large as the content needs, not as its header declares.
#[test]
fn small_bodies_are_cheap() {
    for (encoder, most) in [
        (Encoder::Gzip(6), 50_000),
        (Encoder::Raw(6), 50_000),
        (Encoder::Brotli(5), 100_000),
        (Encoder::Zstd(-5), 1 << 20),
    ] {
        let mut decoder = Decoder::new(&[encoder.coding()]);
        assert!(decoder.held() < 1000, "nothing before the first byte");
        let events = events(20);
        let slices: Vec<&[u8]> = events.iter().map(Vec::as_slice).collect();
        for part in encoder.flushed(&slices).iter().take(20) {
            assert_eq!(decoder.push(part, &mut usize::MAX.clone(), &mut |_| ()), Fate::Going);
            assert!((1000..most).contains(&decoder.held()), "{encoder:?} {}", decoder.held());
        }
    }
}
