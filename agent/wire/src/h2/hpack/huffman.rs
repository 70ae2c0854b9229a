//! The Huffman code of RFC 7541 Appendix B.
//!
//! The code is canonical: ordered by length, and by symbol within a length, codes count up. So the lengths say it all,
//! and the tables come of them at compile time. Codes of up to [`SHORT_BITS`] bits, which is all of printable ASCII but
//! a few signs, are found by one look-up; longer ones by comparing with the first code of each length.

/// Decodes a string byte by byte. Returns how many bytes it had; `None`: it is malformed.
pub(super) fn decode(encoded: &[u8], each: &mut impl FnMut(u8)) -> Option<usize> {
    let mut encoded = encoded;
    let mut count = 0;
    // Bits to decode, the next one in the highest place, zeros after them.
    let mut bits: u64 = 0;
    let mut have: u32 = 0;
    loop {
        if have <= 32 {
            (bits, have, encoded) = refill(bits, have, encoded);
        }
        if have == 0 {
            return Some(count);
        }
        // Padding is ones (§5.2), so with ones behind the last bit it reads like the beginning of EOS.
        let window = bits | u64::MAX.checked_shr(have).unwrap_or(0);
        let (symbol, length) = first_symbol(window)?;
        if length > have {
            return (have < 8 && window == u64::MAX).then_some(count);
        }
        // §5.2: EOS itself is an error.
        each(u8::try_from(symbol).ok()?);
        count += 1;
        bits <<= length;
        have -= length;
    }
}

fn refill(mut bits: u64, mut have: u32, mut encoded: &[u8]) -> (u64, u32, &[u8]) {
    if let Some((four, rest)) = encoded.split_first_chunk::<4>() {
        bits |= u64::from(u32::from_be_bytes(*four)) << (32 - have);
        return (bits, have + 32, rest);
    }
    while let Some((byte, rest)) = encoded.split_first() {
        bits |= u64::from(*byte) << (56 - have);
        have += 8;
        encoded = rest;
    }
    (bits, have, encoded)
}

/// The symbol whose code the window begins with, and how many bits that has.
fn first_symbol(window: u64) -> Option<(u16, u32)> {
    let short = usize::try_from(window >> (64 - SHORT_BITS)).ok()?;
    let Short { symbol, length } = SHORT.get(short)?;
    if *length > 0 {
        return Some((u16::from(*symbol), u32::from(*length)));
    }
    let longer = CODES.iter().zip(0_u32..).skip(SHORT_BITS as usize + 1);
    for (Codes { first, count, symbols_at }, length) in longer {
        let code = u32::try_from(window >> (64 - length)).ok()?;
        let nth = code.wrapping_sub(*first);
        if nth < *count {
            let symbol = ORDERED.get(usize::try_from(symbols_at + nth).ok()?)?;
            return Some((*symbol, length));
        }
    }
    None
}

/// What a code of up to [`SHORT_BITS`] bits stands for. Length 0: the code is longer.
#[derive(Clone, Copy)]
struct Short {
    symbol: u8,
    length: u8,
}

/// The codes of one length.
#[derive(Clone, Copy)]
struct Codes {
    first: u32,
    count: u32,
    /// Where their symbols begin in [`ORDERED`].
    symbols_at: u32,
}

/// Ten bits make a table of 2 KiB, which stays in the cache.
const SHORT_BITS: u32 = 10;

const LONGEST: usize = 30;

const SYMBOLS: usize = 257;

static CODES: [Codes; LONGEST + 1] = codes();
static ORDERED: [u16; SYMBOLS] = ordered();
static SHORT: [Short; 1 << SHORT_BITS] = short();

#[expect(clippy::indexing_slicing, reason = "runs at compile time only")]
const fn codes() -> [Codes; LONGEST + 1] {
    let mut codes = [Codes { first: 0, count: 0, symbols_at: 0 }; LONGEST + 1];
    let mut symbol = 0;
    while symbol < SYMBOLS {
        codes[LENGTHS[symbol] as usize].count += 1;
        symbol += 1;
    }
    let mut length = 1;
    while length <= LONGEST {
        let shorter = codes[length - 1];
        codes[length].first = (shorter.first + shorter.count) << 1;
        codes[length].symbols_at = shorter.symbols_at + shorter.count;
        length += 1;
    }
    codes
}

/// Symbols in the order of their codes.
#[expect(clippy::indexing_slicing, reason = "runs at compile time only")]
const fn ordered() -> [u16; SYMBOLS] {
    let mut ordered = [0; SYMBOLS];
    let mut next = 0;
    let mut length = 1;
    while length <= LONGEST {
        let mut symbol = 0;
        while symbol < SYMBOLS {
            if LENGTHS[symbol] as usize == length {
                ordered[next] = symbol as u16;
                next += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    ordered
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time only")]
const fn short() -> [Short; 1 << SHORT_BITS] {
    let (codes, ordered) = (codes(), ordered());
    let mut short = [Short { symbol: 0, length: 0 }; 1 << SHORT_BITS];
    let mut length = 1;
    while length <= SHORT_BITS {
        let Codes { first, count, symbols_at } = codes[length as usize];
        // All that begin with one of these codes, whatever follows.
        let mut at = (first as usize) << (SHORT_BITS - length);
        let end = ((first + count) as usize) << (SHORT_BITS - length);
        let begin = at;
        while at < end {
            let nth = (at - begin) >> (SHORT_BITS - length);
            let symbol = ordered[symbols_at as usize + nth] as u8;
            short[at] = Short { symbol, length: length as u8 };
            at += 1;
        }
        length += 1;
    }
    short
}

/// Bits in the code of each byte, and of EOS.
const LENGTHS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6,
    6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7,
    8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7,
    15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24,
    23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23,
    23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26,
    26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20,
    21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27,
    27, 27, 26, 30,
];
