//! The one table, of criterion's estimates.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::GROUP;
use crate::scenario::Scenario;

/// Where criterion leaves its estimates: beside what it is built to.
pub(crate) fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/criterion"))
}

/// One line per scenario, always in the same order and with the same columns.
pub(crate) fn print(scenarios: &[&Scenario]) {
    println!("{:<24} {:>9} {:>10} {:>9} {:>9}", "scenario", "MB/s", "events/s", "ns/event", "x memchr");
    for scenario in scenarios {
        let seconds = estimate(scenario.name);
        let yardstick = memchr_pass(&scenario.all_bytes());
        let megabytes = scenario.bytes() as f64 / seconds / 1e6;
        let (rate, each) = match scenario.events() {
            Some(events) => {
                let events = events as f64;
                (format!("{:.0}", events / seconds), format!("{:.0}", seconds * 1e9 / events))
            }
            None => ("-".to_owned(), "-".to_owned()),
        };
        println!("{:<24} {megabytes:>9.0} {rate:>10} {each:>9} {:>9.1}", scenario.name, seconds / yardstick);
    }
    println!("MB/s: of the bytes on the wire. x memchr: times a search for all line ends in the same bytes");
}

/// Seconds for the whole scenario: the median, which a busy machine moves least.
fn estimate(name: &str) -> f64 {
    let path: PathBuf = directory().join(GROUP).join(name).join("new/estimates.json");
    #[expect(clippy::disallowed_methods, reason = "criterion gives its estimates in no other way")]
    let text = std::fs::read_to_string(&path).unwrap();
    let estimates: serde_json::Value = serde_json::from_str(&text).unwrap();
    estimates.pointer("/median/point_estimate").and_then(serde_json::Value::as_f64).unwrap() / 1e9
}

/// Seconds of one pass over `bytes` that counts its line ends: the fastest of many, as the yardstick.
#[expect(clippy::disallowed_types, reason = "a benchmark measures time")]
fn memchr_pass(bytes: &[u8]) -> f64 {
    use std::time::Instant;

    const AT_LEAST: Duration = Duration::from_millis(200);
    let began = Instant::now();
    let mut fastest = f64::INFINITY;
    while began.elapsed() < AT_LEAST {
        let pass = Instant::now();
        black_box(memchr::memchr_iter(b'\n', black_box(bytes)).count());
        fastest = fastest.min(pass.elapsed().as_secs_f64());
    }
    fastest
}
