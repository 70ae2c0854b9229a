//! The clients against the provider over HTTP/2 and with every content coding they undo, without an agent. A program or
//! package that is not there is skipped by name.

use std::collections::BTreeSet;

use flate2::Crc;

use super::{
    tests::{LIMIT, agree, start},
    *,
};
use crate::{
    harness::live::skip,
    provider::{End, Options, Truth},
};

/// The text that the provider makes of `content=unicode,chunks=N`.
fn unicode_text(chunks: usize) -> String {
    let words = Options::default().words;
    (0..chunks).map(|index| format!(" {} é ≠ 🦀", words[index % words.len()])).collect()
}

fn crc(text: &str) -> u32 {
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    crc.sum()
}

/// Runs a client that makes calls of `content=unicode,chunks=7`, and holds each to the provider's truth, to the letter.
/// `http2` and `coding` are how the answer must have gone.
fn check(
    provider: &Provider,
    command: Command,
    http2: bool,
    coding: Option<&str>,
) -> anyhow::Result<Vec<Truth>> {
    let shown = format!("{command:?}");
    let calls = run(command, None, LIMIT)?;
    ensure!(!calls.is_empty(), "{shown}: no call");
    let text = unicode_text(7);
    let held = calls.iter().map(|call| {
        let truth = agree(provider, call)?;
        ensure!(truth.end == End::Whole && call.error.is_none(), "{call:#?}");
        ensure!(truth.http2_stream.is_some() == http2, "stream {:?}", truth.http2_stream);
        ensure!(truth.coding.as_deref() == coding, "coding {:?}, not {coding:?}", truth.coding);
        ensure!(call.text_bytes == text.len() as u64, "{} bytes of text", call.text_bytes);
        ensure!(call.text_crc.is_none_or(|found| found == crc(&text)), "another text");
        Ok(truth)
    });
    held.collect::<anyhow::Result<_>>().context(shown)
}

/// A script for [`check`], with the coding that the provider shall choose.
fn script(coding: &str) -> String {
    format!("content=unicode,chunks=7,ttft_ms=2,gap_ms=1,coding={coding}")
}

#[test]
fn httpx_sees_what_was_sent() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    if let Err(error) = clients.httpx() {
        skip("httpx_sees_what_was_sent", &error.to_string());
        return Ok(());
    }
    for (http2, ask, accept, expect) in [
        (true, "identity", None, None),
        // By itself it accepts all that its packages undo.
        (true, "accept", None, Some("zstd")),
        (true, "accept", Some("gzip, deflate, br"), Some("br")),
        (true, "accept", Some("deflate"), Some("deflate")),
        (true, "accept", Some("identity"), None),
        (true, "gzip", Some("gzip"), Some("gzip")),
        (false, "identity", None, None),
        (false, "accept", None, Some("zstd")),
        (false, "accept", Some("gzip, deflate"), Some("gzip")),
    ] {
        for stream in [true, false] {
            let mut command = clients.httpx()?;
            command.args(["--script", &script(ask), "--calls", "2"]);
            command.args(accept.iter().flat_map(|accept| ["--accept-encoding", accept]));
            command.args((!http2).then_some("--http1")).args((!stream).then_some("--no-stream"));
            let truths = check(&provider, command, http2, expect)?;
            ensure!(truths.len() == 2 && truths.iter().all(|truth| truth.stream == stream));
            ensure!(truths[0].peer_port == truths[1].peer_port, "two connections");
            ensure!(truths[0].http2_stream < truths[1].http2_stream || !http2, "{truths:#?}");
        }
    }
    Ok(())
}

#[test]
fn curl_sees_http2_and_codings() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    for http2 in [true, false] {
        for (ask, compressed, expect) in [
            ("identity", false, None),
            ("gzip", true, Some("gzip")),
            ("br", true, Some("br")),
            ("zstd", true, Some("zstd")),
        ] {
            for stream in [true, false] {
                let script = script(ask);
                let request = Curl { script: &script, stream, http2, compressed, ..Curl::default() };
                let Ok(command) = clients.curl(&request) else {
                    skip("curl_sees_http2_and_codings", "no curl");
                    return Ok(());
                };
                let truths = check(&provider, command, http2, expect)?;
                ensure!(truths[0].stream == stream);
            }
        }
    }
    Ok(())
}

#[test]
fn node_sees_http2_and_codings() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    // The machine's Node may be too old for zstd.
    for (ask, expect) in
        [("identity", None), ("gzip", Some("gzip")), ("deflate", Some("deflate")), ("br", Some("br"))]
    {
        for stream in [true, false] {
            let Ok(mut command) = clients.node("http2") else {
                skip("node_sees_http2_and_codings", "no node");
                return Ok(());
            };
            command.args(["--script", &script(ask), "--calls", "2"]).args((!stream).then_some("--no-stream"));
            check(&provider, command, true, expect)?;
            // The machine's fetch is older than HTTP/2 in it; a newer machine's is not held to that here.
        }
    }
    Ok(())
}

#[test]
fn a_new_node_speaks_http2_by_itself() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    if let Err(error) = clients.new_node("fetch") {
        skip("a_new_node_speaks_http2_by_itself", &error.to_string());
        return Ok(());
    }
    for (mode, ask, expect) in [
        ("fetch", "identity", None),
        ("fetch", "accept", Some("zstd")),
        ("fetch", "gzip", Some("gzip")),
        ("fetch", "br", Some("br")),
        ("http2", "zstd", Some("zstd")),
    ] {
        for stream in [true, false] {
            let mut command = clients.new_node(mode)?;
            command.args(["--script", &script(ask), "--calls", "2"]).args((!stream).then_some("--no-stream"));
            check(&provider, command, true, expect)?;
        }
    }
    let mut command = clients.new_node("https")?;
    command.args(["--script", &script("identity")]);
    check(&provider, command, false, None)?;
    Ok(())
}

/// Every call has a model and a number of chunks that no other has, so one frame in the wrong stream shows.
#[test]
fn many_streams_of_one_connection_are_each_their_own() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    let mut commands = Vec::new();
    if let Ok(command) = clients.httpx() {
        commands.push(command);
    }
    if let Ok(command) = clients.node("http2") {
        commands.push(command);
    }
    if commands.is_empty() {
        skip("many_streams_of_one_connection_are_each_their_own", "neither httpx nor node");
    }
    for mut command in commands {
        command.args(["--count", "50", "--model", "m-{i}"]);
        command.args(["--script", "chunks={i},ttft_ms=1000,gap_ms=5,content=unicode,coding=accept"]);
        let calls = run(command, None, LIMIT)?;
        ensure!(calls.len() == 50, "{} calls", calls.len());
        let (mut streams, mut connections) = (BTreeSet::new(), BTreeSet::new());
        let mut open = Vec::new();
        for call in &calls {
            let truth = agree(&provider, call)?;
            let chunks = truth.content_chunks() as usize;
            ensure!(call.request_model == format!("m-{chunks}"), "{call:#?}");
            let text = unicode_text(chunks);
            ensure!(
                call.text_bytes == text.len() as u64 && call.text_crc.is_none_or(|found| found == crc(&text))
            );
            streams.insert(truth.http2_stream.context("HTTP/2")?);
            connections.insert(truth.peer_port);
            open.extend(truth.head_sent.zip(truth.done_sent));
        }
        ensure!(streams.len() == 50, "{streams:?}");
        ensure!(connections.len() == 1, "{} connections", connections.len());
        // All 50, unless the machine takes more than a second to send 50 requests.
        let at = |time: u64| open.iter().filter(|(from, to)| *from <= time && time < *to).count();
        let most = open.iter().map(|(from, _)| at(*from)).max();
        ensure!(most > Some(10), "no more than {most:?} were open at once");
    }
    Ok(())
}

#[test]
fn requests_may_be_coded() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    for http in [None, Some("--http1")] {
        let Ok(mut command) = clients.httpx() else {
            skip("requests_may_be_coded", "no httpx");
            return Ok(());
        };
        command
            .args(["--gzip-request", "--prompt-bytes", "300000", "--script", "content=echo,chunks=2"])
            .args(http);
        let calls = run(command, None, LIMIT)?;
        let truth = agree(&provider, &calls[0])?;
        ensure!(truth.usage.is_some_and(|usage| usage.input > 75_000), "{:?}", truth.usage);
        ensure!(truth.request_bytes < 10_000, "{} bytes came", truth.request_bytes);
    }
    Ok(())
}

/// More than any window of these clients, in both directions.
#[test]
fn what_is_larger_than_a_window_goes_through() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    let Ok(mut command) = clients.httpx() else {
        skip("what_is_larger_than_a_window_goes_through", "no httpx");
        return Ok(());
    };
    command.args(["--prompt-bytes", "3000000", "--script", "chunks=400,content=long,ttft_ms=0,gap_ms=0"]);
    let calls = run(command, None, LIMIT)?;
    let truth = agree(&provider, &calls[0])?;
    ensure!(truth.request_bytes > 3_000_000 && truth.response_bytes > 3_000_000, "{truth:#?}");
    Ok(())
}

#[test]
fn http2_ends_as_the_script_says() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    if clients.httpx().is_err() {
        skip("http2_ends_as_the_script_says", "no httpx");
        return Ok(());
    }
    let calls = |script: &str, calls: &str| -> anyhow::Result<Vec<ClientCall>> {
        let mut command = clients.httpx()?;
        command.args(["--script", script, "--calls", calls]);
        run(command, None, LIMIT)
    };
    // A stream that is reset, on a connection that goes on.
    let cut = calls("chunks=5,abort_after=2,gap_ms=1", "2")?;
    let truths: Vec<Truth> = cut
        .iter()
        .map(|call| provider.log().find(call.id()?).context("a truth"))
        .collect::<Result<_, _>>()?;
    for (call, truth) in cut.iter().zip(&truths) {
        ensure!(call.error.is_some() && !call.done && call.content_chunks == 2, "{call:#?}");
        ensure!((truth.content_chunks(), truth.end, truth.usage) == (2, End::Aborted, None), "{truth:#?}");
    }
    ensure!(truths[0].peer_port == truths[1].peer_port, "the connection was dropped");

    for script in
        ["chunks=3,trailers=1", "chunks=3,trailers=1,coding=gzip", "chunks=3,framing=length,coding=br"]
    {
        for call in calls(script, "2")? {
            agree(&provider, &call).context(script)?;
        }
    }
    let mut command = clients.httpx()?;
    command.args(["--http1", "--script", "chunks=3,trailers=1,coding=zstd"]);
    agree(&provider, &run(command, None, LIMIT)?[0])?;

    let refused = calls("chonks=1", "1")?;
    ensure!(refused[0].status == Some(400), "{refused:#?}");
    let limited = calls("status=429,coding=gzip", "1")?;
    ensure!((limited[0].status, limited[0].error.as_deref()) == (Some(429), Some("scripted by x-script")));
    Ok(())
}
