//! When a price holds.
//!
//! In: dates and times of day as price files write them, and the second at which a call was made. Out: whether a price
//! is in force then. All in UTC; leap seconds do not exist here, as in Unix time.

use std::fmt;

/// A day of the proleptic Gregorian calendar, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(i64);

impl Date {
    /// The day of this second.
    pub fn of_unix(seconds: u64) -> Self {
        Self(i64::try_from(seconds / DAY).unwrap_or(i64::MAX / 2))
    }

    /// `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) =
            (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
        if parts.next().is_some() {
            return None;
        }
        Self::of(i64::from(year), i64::from(month), i64::from(day))
    }

    /// Absent when there is no such day.
    pub(super) fn of(year: i64, month: i64, day: i64) -> Option<Self> {
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        // Years begin in March, so that the day that comes and goes is the last; eras are the 400 years after which
        // the calendar repeats.
        let from_march = (month + 9) % 12;
        let year = if month <= 2 { year - 1 } else { year };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * from_march + 2) / 5 + day - 1;
        let date = Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468);
        (date.civil().2 == day).then_some(date)
    }

    fn civil(self) -> (i64, i64, i64) {
        let days = self.0 + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        (era * 400 + year + i64::from(month <= 2), month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// When a price is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Constraint {
    /// From the beginning of this day on.
    From(Date),
    /// Every day from one second (of the day) to before another; over midnight when the end is the lower.
    Daily { start: u64, end: u64 },
}

impl Constraint {
    pub(super) fn holds(self, unix_seconds: u64) -> bool {
        match self {
            Self::From(date) => Date::of_unix(unix_seconds) >= date,
            Self::Daily { start, end } => {
                let now = unix_seconds % DAY;
                if end < start { now >= start || now < end } else { start <= now && now < end }
            }
        }
    }
}

/// Seconds of the day in UTC of `HH:MM:SS`, `HH:MM:SS+HH:MM` or `HH:MM:SSZ`; without an offset it is UTC.
pub(super) fn time_of_day(text: &str) -> Option<u64> {
    let (clock, offset) = match text.find(['+', '-', 'Z']) {
        Some(at) => (text.get(..at)?, text.get(at..)?),
        None => (text, ""),
    };
    let mut parts = clock.split(':');
    let seconds = 3_600 * below(parts.next()?, 24)? + 60 * below(parts.next()?, 60)?;
    let seconds = seconds + parts.next().map_or(Some(0), |seconds| below(seconds, 60))?;
    if parts.next().is_some() {
        return None;
    }
    let (sign, offset) = match offset.as_bytes().first() {
        None => return Some(seconds),
        Some(b'Z') => return (offset == "Z").then_some(seconds),
        Some(sign) => (*sign, offset.get(1..)?),
    };
    let (hours, minutes) = offset.split_once(':')?;
    let offset = 3_600 * below(hours, 24)? + 60 * below(minutes, 60)?;
    let east = if sign == b'+' { DAY - offset } else { offset };
    Some((seconds + east) % DAY)
}

/// `gpt-5.2-20251211` → `gpt-5.2-2025-12-11`: gateways write dates without dashes. Absent when there is no such date.
pub(super) fn dashed_dates(model: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = model;
    let mut changed = false;
    while let Some((before, after)) = rest.split_once('-') {
        out.push_str(before);
        out.push('-');
        rest = after;
        let ends = after.as_bytes().get(8).is_none_or(|next| matches!(next, b'-' | b':'));
        let dashed = after.get(..8).filter(|_| ends).and_then(|digits| {
            let date = format!("{}-{}-{}", digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?);
            (date.starts_with("20") && Date::parse(&date).is_some()).then_some(date)
        });
        if let (Some(date), Some(after)) = (dashed, after.get(8..)) {
            out.push_str(&date);
            rest = after;
            changed = true;
        }
    }
    out.push_str(rest);
    changed.then_some(out)
}

fn below(text: &str, limit: u32) -> Option<u64> {
    number(text, 2).filter(|value| *value < limit).map(u64::from)
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2026-11-20", 20_777),
            ("2100-03-01", 47_541),
            ("0001-01-01", -719_162),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!(Date::parse(text), Some(Date(days)), "{text}");
            assert_eq!(Date(days).to_string(), text);
        }
        for wrong in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-1-1",
            "2026-01-32",
            "2026-01-01-",
            "2100-02-29",
        ] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_price_starts_with_the_first_second_of_its_day() {
        let from = Constraint::From(Date::parse("2026-11-20").unwrap());
        let midnight = 20_777 * DAY;
        assert!(!from.holds(midnight - 1));
        assert!(from.holds(midnight));
        assert!(from.holds(u64::MAX));
    }

    #[test]
    fn hours_hold_from_start_to_before_end_also_over_midnight() {
        let check = |start: &str, end: &str, at: &str, expect: bool| {
            let daily =
                Constraint::Daily { start: time_of_day(start).unwrap(), end: time_of_day(end).unwrap() };
            let now = 20_777 * DAY + time_of_day(at).unwrap();
            assert_eq!(daily.holds(now), expect, "{at} in {start}..{end}");
        };
        check("00:30:00", "16:30:00", "00:29:59", false);
        check("00:30:00", "16:30:00", "00:30:00", true);
        check("00:30:00", "16:30:00", "16:29:59", true);
        check("00:30:00", "16:30:00", "16:30:00", false);
        check("22:00:00", "02:00:00", "21:59:59", false);
        check("22:00:00", "02:00:00", "22:00:00", true);
        check("22:00:00", "02:00:00", "00:00:00", true);
        check("22:00:00", "02:00:00", "01:59:59", true);
        check("22:00:00", "02:00:00", "02:00:00", false);
        check("05:00:00", "05:00:00", "05:00:00", false);
        // An offset that crosses midnight.
        check("00:30:00+08:00", "16:30:00+08:00", "16:29:59", false);
        check("00:30:00+08:00", "16:30:00+08:00", "16:30:00", true);
        check("00:30:00+08:00", "16:30:00+08:00", "08:29:59", true);
        check("20:00:00-05:00", "21:00:00-05:00", "01:00:00", true);
    }

    #[test]
    fn times_are_read_strictly() {
        assert_eq!(time_of_day("00:30"), Some(1_800));
        assert_eq!(time_of_day("00:30:01Z"), Some(1_801));
        for wrong in
            ["", "24:00:00", "1:00:00", "00:60:00", "00:00:00+8", "00:00:00Z0", "00:00:00:00", "00", "ab:cd"]
        {
            assert_eq!(time_of_day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn compact_dates_get_their_dashes() {
        let check = |model: &str, expect: Option<&str>| {
            assert_eq!(dashed_dates(model).as_deref(), expect, "{model}");
        };
        check("gpt-5.2-20251211", Some("gpt-5.2-2025-12-11"));
        check("gpt-5.2-20251211:free", Some("gpt-5.2-2025-12-11:free"));
        check("a-20251211-20240229-b", Some("a-2025-12-11-2024-02-29-b"));
        check("gpt-5.2-2025-12-11", None);
        check("gpt-20251311", None);
        check("gpt-20250230", None);
        check("gpt-202512111", None);
        check("gpt-19991231", None);
        check("gpt20251211", None);
        check("-", None);
        check("", None);
        check("modèle-2025121é", None);
        check("-é2025121", None);
    }
}
