//! Points in time as headers write them → nanoseconds since 1970, UTC.
//!
//! Comes in: an RFC 3339 time (`2026-01-27T12:30:45.5Z`), an HTTP-date (`Tue, 27 Jan 2026 12:30:45 GMT`), or a time
//! since the epoch. Goes out: a [`Reset`], which is a point in time or a duration, as it was told; [`Reset::after`]
//! makes a duration of it.
//!
//! Not handled: the two forms of HTTP-date that RFC 9110 calls obsolete; no server of 2026 sends them.

use super::decimal::{self, SECOND, Unit};

/// When something comes round again, as told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reset {
    /// Nanoseconds after the response.
    After(u64),
    /// At this time, in nanoseconds since 1970.
    At(u64),
}

impl Reset {
    /// Reads any of the forms that providers use. A bare number counts seconds, unless it is so great that it can only
    /// count since 1970: 10⁹ s was in 2001, and a wait of 10⁹ s takes 31 years.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(nanos) = decimal::nanos(text, Unit::Seconds) {
            return if nanos <= 1_000_000_000 * SECOND {
                Some(Self::After(nanos))
            } else {
                Some(Self::At(nanos))
            };
        }
        // What is too great for nanoseconds in 64 bits counts milliseconds: 10¹² of them passed in 2001 too.
        if let Some(nanos) = decimal::nanos(text, Unit::Millis) {
            return (nanos >= 1_000_000_000 * SECOND).then_some(Self::At(nanos));
        }
        if let Some(nanos) = decimal::go_duration(text) {
            return Some(Self::After(nanos));
        }
        moment(text).map(Self::At)
    }

    /// Nanoseconds from `now` on; 0 for what is over. `None`: it is a point in time, and nobody knows what time it is.
    pub(super) fn after(self, now: Option<u64>) -> Option<u64> {
        match self {
            Self::After(nanos) => Some(nanos),
            Self::At(at) => now.map(|now| at.saturating_sub(now)),
        }
    }
}

/// A point in time that is written out.
pub(super) fn moment(text: &str) -> Option<u64> {
    rfc3339(text).or_else(|| http_date(text))
}

/// `2026-01-27T12:30:45.123456789Z`, or with an offset from UTC at its end.
fn rfc3339(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let mut date = date.split('-');
    let (year, month, day) = (number(date.next()?, 4)?, number(date.next()?, 2)?, number(date.next()?, 2)?);
    let zone_at = time.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = time.split_at_checked(zone_at)?;
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) => {
            let digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
            (time, decimal::nanos(&format!("0.{fraction}"), Unit::Seconds).filter(|_| digits)?)
        }
        None => (time, 0),
    };
    let local = seconds(year, month, day, time)?;
    let utc = if zone.eq_ignore_ascii_case("z") {
        local
    } else {
        let (hours, minutes) = zone.get(1..)?.split_once(':')?;
        let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
        let offset = hours * 3_600 + minutes * 60;
        if zone.starts_with('-') { local.checked_add(offset)? } else { local.checked_sub(offset)? }
    };
    if date.next().is_some() { None } else { utc.checked_mul(SECOND)?.checked_add(fraction) }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`. Whether the day of the week is right is nobody's business.
fn http_date(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let (day, month, year) = (number(parts.next()?, 2)?, parts.next()?, number(parts.next()?, 4)?);
    let (time, zone) = (parts.next()?, parts.next()?);
    let month = (1..).zip(MONTHS).find(|(_, name)| *name == month)?.0;
    if zone != "GMT" || parts.next().is_some() {
        return None;
    }
    seconds(year, month, day, time)?.checked_mul(SECOND)
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds since 1970 of a day and `hh:mm:ss`. A leap second is the first of the next minute, as everywhere in UNIX.
fn seconds(year: u64, month: u64, day: u64, time: &str) -> Option<u64> {
    let mut time = time.split(':');
    let (hour, minute, second) =
        (number(time.next()?, 2)?, number(time.next()?, 2)?, number(time.next()?, 2)?);
    let is_time = hour < 24 && minute < 60 && second <= 60 && time.next().is_none();
    let days = days(year, month, day).filter(|_| is_time)?;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days since 1970-01-01 of a day of the Gregorian calendar.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let february = if leap { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month.checked_sub(1)?).ok()?;
    let length = *lengths.get(before)?;
    if year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    // Leap days of all years before `year`, counted from year 1; 477 of them were before 1970.
    let past = year - 1;
    let leap_days = past / 4 - past / 100 + past / 400 - 477;
    let in_year: u64 = lengths.iter().take(before).sum::<u64>() + day - 1;
    Some((year - 1970) * 365 + leap_days + in_year)
}

/// Exactly `digits` digits.
fn number(text: &str, digits: usize) -> Option<u64> {
    let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}
