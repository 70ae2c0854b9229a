//! What decoding costs: `cargo xtask bench wire`.
//!
//! In: streams as providers send them, made by hand in `encode`, cut as TLS libraries give them. Out: criterion's
//! measurement of each, one table, and the memory of a live stream. Before anything is measured, every scenario must
//! give the events that went into it: a decoder that does nothing is not fast.
//!
//! Only the public API. Not measured: the copy out of the ring buffer, which every byte takes before.
#![allow(clippy::print_stdout, reason = "its output is a table")]
#![allow(clippy::unwrap_used, reason = "what cannot be measured must fail")]

mod encode;
mod memory;
mod scenario;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use criterion::{Criterion, Throughput};

use memory::Counting;
use scenario::Scenario;

/// Counts only while memory is measured.
#[global_allocator]
static ALLOCATOR: Counting = Counting;

const GROUP: &str = "wire";
const MEMORY: &str = "memory";

fn main() -> ExitCode {
    // `cargo bench` adds `--bench`; what else there is, is a filter.
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let chosen = |name: &str| name.contains(&filter);
    let scenarios: Vec<Scenario> =
        Scenario::all().into_iter().filter(|scenario| chosen(scenario.name)).collect();
    let mut faults: Vec<String> = scenarios.iter().filter_map(Scenario::fault).collect();
    let sound: Vec<&Scenario> = scenarios.iter().filter(|scenario| scenario.fault().is_none()).collect();

    if !sound.is_empty() {
        let mut criterion = Criterion::default()
            .output_directory(table::directory())
            .without_plots()
            .warm_up_time(Duration::from_secs(1))
            .measurement_time(Duration::from_secs(3))
            .sample_size(20);
        let mut group = criterion.benchmark_group(GROUP);
        for scenario in &sound {
            group.throughput(Throughput::Bytes(scenario.bytes() as u64));
            group.bench_function(scenario.name, |bencher| bencher.iter(|| scenario.decode()));
        }
        group.finish();
        println!();
        table::print(&sound);
    }
    if chosen(MEMORY) {
        println!();
        faults.extend(memory::print());
    }
    for fault in &faults {
        println!("FAILED {fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
