//! The property that event times hang on: what an encoder flushed is out when its bytes are in.

use super::*;

/// Pushes each flushed part, at once and byte by byte, and sees that exactly its content came.
fn check_flushes(applied: &[Coding], flushed: &[Vec<u8>], parts: &[Vec<u8>]) {
    for size in [usize::MAX, 1] {
        let mut decoder = Decoder::new(applied);
        for (index, (coded, content)) in flushed.iter().zip(parts).enumerate() {
            let mut given = Vec::new();
            for piece in coded.chunks(size.min(coded.len())) {
                let fate =
                    decoder.push(piece, &mut usize::MAX.clone(), &mut |bytes: Bytes| given.extend(bytes));
                assert_eq!(fate, Fate::Going);
            }
            assert!(&given == content, "{applied:?}, part {index}: {} of {}", given.len(), content.len());
            assert!(!decoder.is_whole());
        }
        let end = flushed.get(parts.len()).map(Vec::as_slice).unwrap_or_default();
        let fate = decoder.push(end, &mut 0, &mut |_| panic!("nothing was left"));
        assert_eq!((fate, decoder.is_whole()), (Fate::Going, !end.is_empty()));
    }
}

/// Events, one byte, more than a buffer, more than a window of deflate.
fn parts() -> Vec<Vec<u8>> {
    let mut parts = events(40);
    parts.push(b"\n".to_vec());
    parts.push(noise(50_000));
    parts.push(vec![b'z'; 100_000]);
    parts.extend(events(40));
    parts
}

#[test]
fn each_flush_is_out_at_once() {
    let parts = parts();
    let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    for encoder in ENCODERS.into_iter().chain([
        Encoder::Brotli(0),
        Encoder::Brotli(11),
        Encoder::Gzip(1),
        Encoder::Zstd(19),
    ]) {
        check_flushes(&[encoder.coding()], &encoder.flushed(&slices), &parts);
    }
}

#[test]
fn each_flush_of_a_stack_is_out_at_once() {
    let parts = events(20);
    let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    for inner in ENCODERS {
        for outer in ENCODERS {
            let once = inner.flushed(&slices);
            let once: Vec<&[u8]> = once.iter().map(Vec::as_slice).collect();
            let mut twice = outer.flushed(&once);
            let end = twice.split_off(parts.len()).concat();
            twice.push(end);
            check_flushes(&[inner.coding(), outer.coding()], &twice, &parts);
        }
    }
}

/// zlib knows three kinds of flush that give everything out; the partial one does not end at a byte.
#[test]
fn kinds_of_flush() {
    let parts = parts();
    let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    for flush in [FlushCompress::Partial, FlushCompress::Sync, FlushCompress::Full] {
        for zlib in [true, false] {
            let encoder = Compress::new(Compression::new(6), zlib);
            let flushed = deflated(encoder, flush, &slices);
            check_flushes(&[Coding::Deflate], &flushed, &parts);
        }
    }
}
