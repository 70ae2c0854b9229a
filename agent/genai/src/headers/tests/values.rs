//! Numbers, durations, points in time and lists.

use proptest::prelude::*;

use super::super::decimal::{count, float, go_duration, share, signed};
use super::super::list::items;
use super::super::moment::{Reset, moment};
use super::*;

#[test]
fn durations_are_exact() {
    for (text, unit, expect) in [
        ("0", Unit::Seconds, Some(0)),
        ("600.0", Unit::Seconds, Some(600 * S)),
        ("0.1", Unit::Seconds, Some(100 * MS)),
        ("17.28", Unit::Millis, Some(17_280_000)),
        ("0.000000001", Unit::Seconds, Some(1)),
        // What is finer than a nanosecond is cut off.
        ("0.0000000019", Unit::Seconds, Some(1)),
        ("9.6e-05", Unit::Seconds, Some(96_000)),
        ("1E3", Unit::Nanos, Some(1_000)),
        ("1e+3", Unit::Micros, Some(1_000_000)),
        ("+5", Unit::Seconds, Some(5 * S)),
        (".5", Unit::Seconds, Some(500 * MS)),
        ("5.", Unit::Seconds, Some(5 * S)),
        ("0.12345678901234567890123456789012345", Unit::Seconds, Some(123_456_789)),
        ("18446744073709551615", Unit::Nanos, Some(u64::MAX)),
        ("18446744073709551616", Unit::Nanos, None),
        ("18446744074", Unit::Seconds, None),
        ("1e40", Unit::Seconds, None),
        ("0e99", Unit::Seconds, Some(0)),
        ("1e-99", Unit::Seconds, Some(0)),
        ("1e-2147483648", Unit::Seconds, Some(0)),
        ("1.5e-2147483648", Unit::Seconds, None),
        ("1e99999999999", Unit::Seconds, None),
        ("-1", Unit::Seconds, None),
        ("", Unit::Seconds, None),
        (".", Unit::Seconds, None),
        ("e5", Unit::Seconds, None),
        ("1e", Unit::Seconds, None),
        ("1.2.3", Unit::Seconds, None),
        ("0x10", Unit::Seconds, None),
        ("NaN", Unit::Seconds, None),
        ("inf", Unit::Seconds, None),
        ("1 ", Unit::Seconds, None),
        ("٣", Unit::Seconds, None),
        ("0.00000000000000000000000000000000000001", Unit::Seconds, Some(0)),
        ("0.000000000000000000000000000000000000000001", Unit::Seconds, None),
    ] {
        assert_eq!(nanos(text, unit), expect, "{text} {unit:?}");
    }
}

#[test]
fn counts_have_commas_only_between_groups() {
    for (text, expect) in [
        ("1,000", Some(1_000)),
        ("12,345,678", Some(12_345_678)),
        ("1000", Some(1_000)),
        ("14999.9", Some(14_999)),
        ("2e6", Some(2_000_000)),
        ("1,00", None),
        ("1000,000", None),
        (",000", None),
        ("1,", None),
        ("1,000,", None),
        ("1.000,5", None),
        ("-1", None),
        ("unlimited", None),
    ] {
        assert_eq!(count(text), expect, "{text}");
    }
    for (text, expect) in [
        ("-1", Some(-1)),
        ("-1,500", Some(-1_500)),
        ("0", Some(0)),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("--1", None),
        ("-", None),
    ] {
        assert_eq!(signed(text), expect, "{text}");
    }
}

#[test]
fn go_durations_are_read() {
    for (text, expect) in [
        ("1s", Some(S)),
        ("6m0s", Some(360 * S)),
        ("120ms", Some(120 * MS)),
        ("17.28s", Some(17_280 * MS)),
        ("2m59.56s", Some(179_560 * MS)),
        ("7.66s", Some(7_660 * MS)),
        ("1h2m3.5s", Some(3_723_500 * MS)),
        ("24h0m0s", Some(86_400 * S)),
        ("1d12h", Some(129_600 * S)),
        ("15µs", Some(15_000)),
        ("15μs", Some(15_000)),
        ("15us", Some(15_000)),
        ("3ns", Some(3)),
        ("0s", Some(0)),
        ("1.5h", Some(5_400 * S)),
        ("5", None),
        ("s", None),
        ("5x", None),
        ("5s5", None),
        ("-5s", None),
        ("5 s", None),
        ("1..5s", None),
        ("9999999999h", None),
        ("", None),
    ] {
        assert_eq!(go_duration(text), expect, "{text}");
    }
}

#[test]
fn moments_are_read() {
    for (text, expect) in [
        ("2026-01-27T12:30:00Z", Some(NOW)),
        ("2026-01-27t12:30:00z", Some(NOW)),
        ("2026-01-27 12:30:00Z", Some(NOW)),
        ("2026-01-27T12:30:00.25Z", Some(NOW + 250 * MS)),
        ("2026-01-27T12:30:00.123456789123Z", Some(NOW + 123_456_789)),
        ("2026-01-27T13:30:00+01:00", Some(NOW)),
        ("2026-01-27T04:30:00-08:00", Some(NOW)),
        ("Tue, 27 Jan 2026 12:30:00 GMT", Some(NOW)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777 * S)),
        ("1970-01-01T00:00:00Z", Some(0)),
        ("2000-02-29T00:00:00Z", Some(951_782_400 * S)),
        ("2000-03-01T00:00:00Z", Some(951_868_800 * S)),
        ("2100-03-01T00:00:00Z", Some(4_107_542_400 * S)),
        ("2016-12-31T23:59:60Z", Some(1_483_228_800 * S)),
        ("2100-02-29T00:00:00Z", None),
        ("2026-02-30T00:00:00Z", None),
        ("2026-13-01T00:00:00Z", None),
        ("2026-00-01T00:00:00Z", None),
        ("2026-01-00T00:00:00Z", None),
        ("1969-12-31T23:59:59Z", None),
        ("1970-01-01T00:00:00+01:00", None),
        ("9999-01-01T00:00:00Z", None),
        ("2026-01-27T24:00:00Z", None),
        ("2026-01-27T12:30Z", None),
        ("2026-01-27T12:30:00", None),
        ("2026-01-27T12:30:00.Z", None),
        ("2026-01-27T12:30:00.1e5Z", None),
        ("2026-01-27T12:30:00+1", None),
        ("26-01-27T12:30:00Z", None),
        ("2026-01-27-01T12:30:00Z", None),
        ("Tue, 27 Jan 2026 12:30:00 CET", None),
        ("Tue, 27 Foo 2026 12:30:00 GMT", None),
        ("Tue, 27 Jan 2026 12:30:00 GMT x", None),
        ("", None),
    ] {
        assert_eq!(moment(text), expect, "{text}");
    }
}

#[test]
fn resets_are_read_in_every_form() {
    for (text, expect) in [
        ("1s", Some(Reset::After(S))),
        ("6m0s", Some(Reset::After(360 * S))),
        ("59.5", Some(Reset::After(59_500 * MS))),
        ("1000000000", Some(Reset::After(1_000_000_000 * S))),
        ("1769517000", Some(Reset::At(NOW))),
        ("1769517000.5", Some(Reset::At(NOW + 500 * MS))),
        ("1769517000000", Some(Reset::At(NOW))),
        ("2026-01-27T12:30:00Z", Some(Reset::At(NOW))),
        ("Tue, 27 Jan 2026 12:30:00 GMT", Some(Reset::At(NOW))),
        // Neither seconds nor milliseconds of any year that matters.
        ("100000000000", None),
        ("99999999999999999999", None),
        ("-1", None),
        ("soon", None),
        ("", None),
    ] {
        assert_eq!(Reset::parse(text), expect, "{text}");
    }
    let at = Reset::At(NOW);
    assert_eq!(at.after(None), None);
    assert_eq!(at.after(Some(NOW - 5 * S)), Some(5 * S));
    assert_eq!(at.after(Some(NOW + 5 * S)), Some(0));
    assert_eq!(Reset::After(7).after(None), Some(7));
}

#[test]
fn lists_are_split_outside_quotes() {
    let parsed: Vec<_> = items(r#" a ; x=1;y="p,q;r" , "b c";z, ,;w=1, d="e, f" "#)
        .map(|item| (item.name, item.parameters().collect::<Vec<_>>()))
        .collect();
    assert_eq!(
        parsed,
        [("a", vec![("x", "1"), ("y", "p,q;r")]), ("b c", vec![("z", "")]), (r#"d="e, f"#, vec![]),]
    );
    let escaped: Vec<_> = items(r#""a\",b";x=1,c"#).map(|item| item.name).collect();
    assert_eq!(escaped, [r#"a\",b"#, "c"]);
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        let _ = (count(&text), signed(&text), float(&text), share(&text), go_duration(&text), moment(&text));
        let _ = Reset::parse(&text);
        prop_assert!(items(&text).all(|item| text.contains(item.name)));
    }

    #[test]
    fn nor_one_of_the_characters_that_matter(text in r#"[-+0-9.,;:eTZµdhms "=\\]{0,48}"#) {
        let _ = (count(&text), signed(&text), float(&text), share(&text), go_duration(&text), moment(&text));
        let _ = Reset::parse(&text);
        prop_assert!(items(&text).all(|item| text.contains(item.name)));
    }

    #[test]
    fn what_is_written_is_read(value: u64, places in 0_u32..10) {
        let scale = 10_u64.pow(places);
        let text = if places == 0 {
            value.to_string()
        } else {
            format!("{}.{:0width$}", value / scale, value % scale, width = places as usize)
        };
        prop_assert_eq!(count(&text), Some(value / scale));
        let expect = u128::from(value) * u128::from(S) / u128::from(scale);
        prop_assert_eq!(nanos(&text, Unit::Seconds), u64::try_from(expect).ok());
    }

    #[test]
    fn go_durations_that_are_written_are_read(hours in 0_u64..1000, minutes in 0_u64..60, millis in 0_u64..60_000) {
        let text = format!("{hours}h{minutes}m{}.{:03}s", millis / 1000, millis % 1000);
        prop_assert_eq!(go_duration(&text), Some((hours * 3_600 + minutes * 60) * S + millis * MS));
    }

    #[test]
    fn days_follow_each_other(seconds in 0_u64..16_000_000_000) {
        // Written by the definition: year by year, month by month.
        let (mut day, mut year) = (seconds / 86_400, 1970);
        let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let length = |year| if leap(year) { 366 } else { 365 };
        while day >= length(year) {
            day -= length(year);
            year += 1;
        }
        let mut month = 1;
        let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        while day >= lengths[month - 1] {
            day -= lengths[month - 1];
            month += 1;
        }
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        let text = format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", day + 1);
        prop_assert_eq!(moment(&text), Some(seconds * S), "{}", text);
    }
}
