//! Dollars without rounding.
//!
//! In: decimal text, as a file or a provider wrote it. Out: integers. No binary fraction is between them: 0.1 is not
//! one, and a bill that is a millionth of a cent off does not compare equal to the provider's.

use std::fmt;

/// An amount in US dollars, to 12 decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(u128);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many millionths of a millionth of a dollar.
    pub const fn from_pico_usd(pico: u128) -> Self {
        Self(pico)
    }

    /// Decimal text in dollars (`0.0012`, `1.5e-05`), to the nearest trillionth. Absent when it is no number, or one
    /// below zero.
    pub fn parse(text: &str) -> Option<Self> {
        scaled(text, DECIMALS).map(Self)
    }

    /// So many ticks of 1/10,000,000,000 dollar, as xAI counts.
    pub const fn from_ticks(ticks: u64) -> Self {
        Self(ticks as u128 * 100)
    }

    /// In millionths of a millionth of a dollar.
    pub const fn pico_usd(self) -> u128 {
        self.0
    }

    /// In dollars, as the nearest double; exact in print up to 9,000 dollars. For export only.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e12
    }
}

/// Dollars without trailing zeros: `0.0085`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / PICO, self.0 % PICO);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:012}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// Decimals of [`Money`].
const DECIMALS: u32 = 12;
const PICO: u128 = 1_000_000_000_000;

/// Decimals that prices are kept with. The longest in a price file has 18, where a price per million was made from one
/// per token by floating point.
pub(super) const PRICE_DECIMALS: u32 = 18;

/// A sum of prices times quantities, as a fraction of a dollar whose denominator is fixed, so sums are exact.
pub(super) fn from_sum(sum: u128, common: u128) -> Money {
    let step = common * 10_u128.pow(PRICE_DECIMALS - DECIMALS);
    Money(sum / step + u128::from(sum % step >= step / 2))
}

/// Decimal text times 10^`decimals`, to the nearest integer. Absent: no number, below zero, or beyond what fits.
pub(super) fn scaled(text: &str, decimals: u32) -> Option<u128> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0_u128;
    let mut places = 0_i32;
    for digit in whole.bytes() {
        value = value.checked_mul(10)?.checked_add(digit_of(digit)?)?;
    }
    for digit in fraction.bytes() {
        let digit = digit_of(digit)?;
        // What is past 30 digits is below every decimal that is kept.
        if value < 10_u128.pow(30) {
            value = value * 10 + digit;
            places = places.checked_add(1)?;
        }
    }
    let shift = i32::try_from(decimals).ok()?.checked_sub(places)?.checked_add(exponent)?;
    if value == 0 {
        return Some(0);
    }
    let Some(power) = 10_u128.checked_pow(shift.unsigned_abs()) else {
        // Far too big, or far below the last decimal.
        return (shift < 0).then_some(0);
    };
    if shift >= 0 {
        value.checked_mul(power)
    } else {
        Some(value / power + u128::from(value % power >= power.div_ceil(2)))
    }
}

fn digit_of(byte: u8) -> Option<u128> {
    byte.is_ascii_digit().then(|| u128::from(byte - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_money_exactly() {
        let check = |text: &str, expect: Option<u128>| {
            assert_eq!(Money::parse(text).map(Money::pico_usd), expect, "{text}");
        };
        check("0", Some(0));
        check("0.0", Some(0));
        check("1", Some(PICO));
        check("0.1", Some(PICO / 10));
        check("1.5e-05", Some(15_000_000));
        check("1.5E-5", Some(15_000_000));
        check("15e+3", Some(15_000 * PICO));
        check("0.0000000000004", Some(0));
        check("0.0000000000005", Some(1));
        check("0.00000000000149999999999999999999999999999999999999", Some(1));
        check("1e-4000", Some(0));
        check("0e4000", Some(0));
        check(".5", Some(PICO / 2));
        for wrong in
            ["", ".", "-1", "-0.1", "+1", "1e", "1e99", "e5", "0x1", "1_0", " 1", "nan", "1e99999999999"]
        {
            check(wrong, None);
        }
        check(&"9".repeat(60), None);
        check("340282366920938463463374607431768211456", None);
    }

    #[test]
    fn money_prints_as_it_was_written() {
        for text in ["0", "1", "0.0085", "12.5", "0.000000000001", "1234.000001"] {
            assert_eq!(Money::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Money::parse("0.0085").unwrap().usd(), 0.0085);
        assert_eq!(Money::parse("8999.999999999999").unwrap().usd(), 8_999.999_999_999_999);
        assert_eq!(Money::from_ticks(158_500).to_string(), "0.00001585");
    }

    #[test]
    fn sums_are_rounded_once_to_the_nearest() {
        let step = 9 * 10_u128.pow(15);
        for (sum, expect) in [(0, 0), (step / 2 - 1, 0), (step / 2, 1), (step, 1), (step * 3 / 2, 2)] {
            assert_eq!(from_sum(sum, 9_000_000_000).pico_usd(), expect);
        }
    }
}
