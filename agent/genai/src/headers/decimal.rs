//! Numbers and durations as headers write them → integers.
//!
//! Comes in: text such as `17.28`, `1,000,000`, `9.6e-05`, `6m0s`. Goes out: counts and nanoseconds, in integer
//! arithmetic: no figure passes through a float. What is finer than the unit asked for is cut off. `None` for what is
//! negative, out of range, or no number.
//!
//! Not handled: hexadecimal, `1_000`, `NaN` and infinities.

use crate::limits;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 10⁻⁹ s.
    Nanos,
    /// 10⁻⁶ s.
    Micros,
    /// 10⁻³ s.
    Millis,
    /// Seconds.
    Seconds,
}

impl Unit {
    fn nanos(self) -> u64 {
        match self {
            Self::Nanos => 1,
            Self::Micros => 1_000,
            Self::Millis => 1_000_000,
            Self::Seconds => SECOND,
        }
    }
}

/// A duration that is written as a number of `unit`s, in nanoseconds.
pub fn nanos(text: &str, unit: Unit) -> Option<u64> {
    Decimal::parse(text)?.times(unit.nanos())
}

/// A count. Decimal places are cut off: some gateways count in fractions.
pub(super) fn count(text: &str) -> Option<u64> {
    Decimal::parse(text)?.times(1)
}

/// A count that may be under 0.
pub(super) fn signed(text: &str) -> Option<i64> {
    let (negative, size) = match text.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, text),
    };
    let size = i64::try_from(count(size)?).ok()?;
    Some(if negative { -size } else { size })
}

/// A number that is a share or a rate, and no duration or count.
pub(super) fn float(text: &str) -> Option<f64> {
    let short = text.len() <= limits::WORD && text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|value: &f64| short && value.is_finite())
}

/// A share of a whole, 0 to 1.
pub(super) fn share(text: &str) -> Option<f64> {
    float(text).filter(|share| *share <= 1.0)
}

/// A duration as Go prints it, in nanoseconds: numbers with units, from the greatest to the least (`1h2m3.5s`, `120ms`).
/// Days are no unit of Go's, but some servers and the names of Anthropic's windows have them.
pub(super) fn go_duration(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > limits::WORD {
        return None;
    }
    let mut rest = text;
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(unit_at)?;
        let next_at = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(next_at)?;
        let nanos = match unit {
            "ns" => 1,
            // The micro sign and the Greek letter: Go prints the first and reads both.
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3_600 * SECOND,
            "d" => 86_400 * SECOND,
            _ => return None,
        };
        sum = sum.checked_add(Decimal::parse(number)?.times(nanos)?)?;
        rest = tail;
    }
    Some(sum)
}

pub(super) const SECOND: u64 = 1_000_000_000;

/// `digits` · 10^`exponent`.
#[derive(Clone, Copy, Debug)]
struct Decimal {
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// Digits, a fraction, and an exponent; a `+` before them. Groups of three may have commas between them.
    fn parse(text: &str) -> Option<Self> {
        if text.len() > limits::WORD {
            return None;
        }
        let text = text.strip_prefix('+').unwrap_or(text);
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (text, 0_i32),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() || !is_grouped(whole) {
            return None;
        }
        let mut decimal = Self { digits: 0, exponent };
        for byte in whole.bytes().filter(|byte| *byte != b',') {
            decimal.push(byte)?;
        }
        for byte in fraction.bytes() {
            // Past 10²⁰ a digit is too small to matter: the greatest figure here is a u64.
            if decimal.digits < 10_u128.pow(20) {
                decimal.push(byte)?;
                decimal.exponent = decimal.exponent.checked_sub(1)?;
            } else if !byte.is_ascii_digit() {
                return None;
            }
        }
        Some(decimal)
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        let digit = char::from(byte).to_digit(10)?;
        self.digits = self.digits.checked_mul(10)?.checked_add(u128::from(digit))?;
        Some(())
    }

    /// The number times `factor`, as an integer.
    fn times(self, factor: u64) -> Option<u64> {
        let product = self.digits.checked_mul(u128::from(factor))?;
        let power = 10_u128.checked_pow(self.exponent.unsigned_abs());
        let value = if self.exponent >= 0 {
            // 0 stays 0, whatever its exponent.
            if product == 0 { 0 } else { product.checked_mul(power?)? }
        } else {
            power.map_or(0, |power| product / power)
        };
        u64::try_from(value).ok()
    }
}

/// Whether commas, if there are any, stand before groups of three.
fn is_grouped(whole: &str) -> bool {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut plain = true;
    for group in groups {
        plain = false;
        if group.len() != 3 {
            return false;
        }
    }
    plain || (1..=3).contains(&first.len())
}
