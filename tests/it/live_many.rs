//! Many streams at once of one process: none is lost, and none gets another's bytes.

use std::collections::BTreeSet;

use anyhow::ensure;
use tests::harness::say;

use crate::scene::{PRINTED, Scene};

const STREAMS: u32 = 200;

/// Every call has a model and a number of chunks that no other has, so one byte in the wrong stream shows.
fn check(test: &'static str, mode: &str) -> anyhow::Result<()> {
    let Some(scene) = Scene::enter(test)? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let mut command = scene.clients.many(mode, STREAMS)?;
    // All are connected before the first token; the longest then lasts four seconds.
    command.args(["--model", "m-{i}", "--script", "chunks={i},ttft_ms=500,gap_ms=20"]);
    let calls = scene.run(command)?;
    ensure!(calls.len() == STREAMS as usize, "{} calls", calls.len());
    agent.wait_for_lines(calls.len(), PRINTED);
    let report = agent.stop()?;

    let mut delays = Vec::new();
    let mut connections = BTreeSet::new();
    for call in &calls {
        let (truth, told) = scene.told(&report, call)?;
        ensure!(
            truth.request_model == format!("m-{}", truth.content_chunks()),
            "the test's own calls got mixed"
        );
        connections.insert(&told.connection);
        delays
            .extend(told.ktime.first_token.zip(truth.first_token()).map(|(told, sent)| (told - sent) / 1000));
    }
    delays.sort_unstable();
    say(&format!(
        "{mode}: {STREAMS} streams, first token after the provider's stamp: p50 {:?} µs, max {:?} µs",
        delays.get(delays.len() / 2),
        delays.last()
    ));
    ensure!(report.calls.len() == calls.len(), "{} calls were reported", report.calls.len());
    ensure!(connections.len() == calls.len(), "{} connections were told apart", connections.len());
    report.counters.check()?;
    ensure!(report.counters.loss("ring_full") == 0, "{:?}", report.counters);
    Ok(())
}

/// OpenSSL is fed memory; all streams share one thread.
#[test]
fn asyncio() -> anyhow::Result<()> {
    check("asyncio", "asyncio")
}

/// Each stream has a thread and a socket of its own.
#[test]
fn threads() -> anyhow::Result<()> {
    check("threads", "threads")
}
