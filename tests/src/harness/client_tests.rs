//! The clients against the provider, without an agent: what they see is what was sent. A program that is not on the
//! machine is skipped by name.

use super::*;
use crate::{
    clock::monotonic_ns,
    harness::live::skip,
    provider::{End, Options, Truth},
};

pub(super) const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn start() -> anyhow::Result<(Provider, Clients)> {
    let provider = Provider::start(Options::default())?;
    let clients = Clients::new(&provider)?;
    Ok((provider, clients))
}

/// What the client says agrees with the provider's truth, and its times lie after the provider's stamps.
pub(super) fn agree(provider: &Provider, call: &ClientCall) -> anyhow::Result<Truth> {
    let id = call.id()?;
    let truth = provider.log().find(id).with_context(|| format!("{id} is not the provider's"))?;
    let seen = (call.status, &call.response_id, &call.response_model, call.usage, call.done);
    let told =
        (Some(truth.status), &truth.response_id, &truth.response_model, truth.usage, truth.end == End::Whole);
    ensure!(seen == told, "client saw {seen:?}, provider sent {told:?}");
    if truth.stream {
        ensure!(call.chunks == truth.chunks.len() as u64, "{} chunks of {}", call.chunks, truth.chunks.len());
        ensure!(call.content_chunks == truth.content_chunks(), "content chunks: {}", call.content_chunks);
        for (name, sent) in [
            ("head", truth.head_sent),
            ("first_chunk", truth.first_chunk()),
            ("first_token", truth.first_token()),
            ("last_token", truth.last_token()),
            ("done", truth.done_sent),
        ] {
            if let Some(&at) = call.times.get(name) {
                ensure!(
                    sent.is_some_and(|sent| sent < at && at < monotonic_ns()),
                    "{name}: {sent:?}, seen at {at}"
                );
            }
        }
    }
    Ok(truth)
}

#[test]
fn python_sees_what_was_sent() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    for (script, args, count) in [
        ("chunks=5,tool=1", &["--calls", "3"][..], 3),
        ("chunks=4,content=unicode,framing=length", &["--calls", "2"], 2),
        ("chunks=3,content=long,ttft_ms=0,gap_ms=0", &["--tls12"], 1),
        ("chunks=3,ttft_ms=1,gap_ms=1,content=echo", &["--no-stream", "--calls", "2"], 2),
        ("chunks=2,close=1,think_ms=5", &["--calls", "2"], 2),
    ] {
        let mut command = clients.python()?;
        command.args(["--model", "m-{i}", "--script", script]).args(args);
        let calls = run(command, None, LIMIT)?;
        assert_eq!(calls.len(), count, "{script}");
        for (index, call) in calls.iter().enumerate() {
            let truth = agree(&provider, call).with_context(|| script.to_owned())?;
            assert_eq!(truth.request_model, format!("m-{index}"));
        }
    }
    Ok(())
}

#[test]
fn kept_alive_means_one_connection() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    let mut command = clients.python()?;
    command.args(["--calls", "3", "--script", "chunks=1,ttft_ms=0"]);
    run(command, None, LIMIT)?;
    let ports: Vec<u16> = provider.log().all().iter().map(|truth| truth.peer_port).collect();
    assert_eq!(ports, [ports[0]; 3]);
    Ok(())
}

#[test]
fn the_script_is_played_in_time() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    let mut command = clients.python()?;
    command.args(["--script", "think_ms=30,ttft_ms=40,gap_ms=10,chunks=5"]);
    let truth = agree(&provider, &run(command, None, LIMIT)?[0])?;
    let head = truth.head_sent.context("a head")?;
    let first = truth.first_token().context("a token")?;
    let last = truth.last_token().context("a token")?;
    // No upper bounds: the machine may be busy. Nor a bound between chunks: each has its own time from the head on, and
    // one that is late does not move the next.
    assert!(head - truth.request_done >= 30_000_000);
    assert!(first - head >= 40_000_000);
    assert!(last - head >= 79_000_000, "ttft and four gaps, timers round to milliseconds: {}", last - head);
    Ok(())
}

#[test]
fn what_goes_wrong_by_script_goes_wrong() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    let call = |script: &str| -> anyhow::Result<ClientCall> {
        let mut command = clients.python()?;
        command.args(["--script", script]);
        run(command, None, LIMIT)?.pop().context("a call")
    };

    let refused = call("chonks=1")?;
    assert_eq!(refused.status, Some(400));
    assert!(refused.error.context("an error")?.contains("unknown key `chonks`"));
    assert_eq!(provider.log().all(), [], "a refused script is no call");

    let limited = call("status=429")?;
    assert_eq!((limited.status, limited.error.as_deref()), (Some(429), Some("scripted by x-script")));
    let truth = provider.log().find(limited.id()?).context("a truth")?;
    assert_eq!((truth.status, truth.response_id, truth.usage), (429, None, None));

    let cut = call("chunks=5,abort_after=2,gap_ms=1")?;
    assert!(cut.error.is_some() && !cut.done, "{cut:?}");
    let truth = provider.log().find(cut.id()?).context("a truth")?;
    assert_eq!((truth.content_chunks(), truth.end, truth.usage), (2, End::Aborted, None));
    assert_eq!(cut.content_chunks, 2);
    Ok(())
}

#[test]
fn many_streams_of_one_process_are_each_their_own() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    for mode in ["asyncio", "threads"] {
        let mut command = clients.many(mode, 20)?;
        command.args(["--model", "m-{i}", "--script", "chunks={i},gap_ms=1"]);
        let calls = run(command, None, LIMIT)?;
        assert_eq!(calls.len(), 20);
        for call in &calls {
            let truth = agree(&provider, call).with_context(|| mode.to_owned())?;
            assert_eq!(call.request_model, format!("m-{}", truth.content_chunks()));
        }
    }
    Ok(())
}

#[test]
fn node_sees_what_was_sent() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    for mode in ["https", "fetch"] {
        let Ok(mut command) = clients.node(mode) else {
            skip("node_sees_what_was_sent", "no node");
            return Ok(());
        };
        command.args(["--calls", "2", "--script", "chunks=4,tool=1,content=unicode"]);
        let calls = run(command, None, LIMIT)?;
        assert_eq!(calls.len(), 2);
        for call in &calls {
            agree(&provider, call).with_context(|| mode.to_owned())?;
        }
        let mut command = clients.node(mode)?;
        command.arg("--no-stream");
        agree(&provider, &run(command, None, LIMIT)?[0])?;
    }
    Ok(())
}

#[test]
fn curl_sees_what_was_sent() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    let big = "x".repeat(100_000);
    for request in [
        Curl { script: "chunks=6,tool=1", ..Curl::default() },
        Curl { stream: false, model: "other", ..Curl::default() },
        Curl { prompt: &big, script: "content=echo,chunks=2", ..Curl::default() },
    ] {
        let Ok(command) = clients.curl(&request) else {
            skip("curl_sees_what_was_sent", "no curl");
            return Ok(());
        };
        let calls = run(command, None, LIMIT)?;
        let truth = agree(&provider, &calls[0])?;
        assert_eq!((truth.request_model.as_str(), truth.stream), (request.model, request.stream));
    }
    Ok(())
}

#[test]
fn curl_hears_continue_before_a_large_body() -> anyhow::Result<()> {
    let output =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx-request-id: req_1\r\n\r\ndata: [DONE]\n\n";
    let call = ClientCall::from_curl(output, 1)?;
    assert_eq!((call.id()?, call.status, call.done), ("req_1", Some(200), true));
    Ok(())
}

#[test]
fn edge_cases_reach_the_provider_whole() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    for (case, bytes, extra) in [
        (EdgeCase::Plain, 10, "writes"),
        (EdgeCase::Peek, 10, "peeks"),
        (EdgeCase::DontNeed, 10, "drops"),
        (EdgeCase::DontNeed, 100_000, "drops"),
        (EdgeCase::PageOut, 10, "drops"),
        (EdgeCase::Unmap, 10, "drops"),
        (EdgeCase::Partial, 300_000, "partial_writes"),
        (EdgeCase::Big, 4 * 1024 * 1024, "writes"),
    ] {
        let mut command = clients.edge(case)?;
        command.args(["--script", "chunks=3,gap_ms=1", "--prompt-bytes", &bytes.to_string()]);
        let calls = run(command, None, LIMIT)?;
        assert_eq!(calls.len(), 2, "{case:?}");
        for call in &calls {
            let truth = agree(&provider, call).with_context(|| case.name())?;
            assert!(truth.request_bytes > bytes, "{case:?}");
            // That the case did what it is there for.
            assert!(call.extra.get(extra).is_some_and(|&count| count > 0), "{case:?}: {:?}", call.extra);
        }
    }
    Ok(())
}

#[test]
fn what_is_not_http_works_too() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    for protocol in [Protocol::Smtp, Protocol::Binary] {
        let command = clients.not_http(protocol, provider.not_http(protocol))?;
        let ended = Running::start(command, None)?.wait(LIMIT)?;
        let told: Value = serde_json::from_slice(&ended.stdout).with_context(|| ended.stderr)?;
        assert_eq!(told["right"], true, "{protocol:?}");
    }
    assert_eq!(provider.log().all(), []);
    Ok(())
}

#[test]
fn calls_can_wait_for_a_word() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    let mut command = clients.python()?;
    command.args(["--calls", "2", "--on-input", "--script", "chunks=1,ttft_ms=0"]);
    let mut running = Running::start(command, None)?;
    running.tell("go")?;
    assert_eq!(running.lines(1, LIMIT).len(), 1);
    assert_eq!(provider.log().all().len(), 1);
    running.tell("go")?;
    assert_eq!(finish(running, false, LIMIT)?.len(), 2);
    Ok(())
}

#[test]
fn a_parent_tells_of_its_children() -> anyhow::Result<()> {
    let (provider, clients) = start()?;
    let Ok(curl) = clients.curl(&Curl { script: "chunks=3", ..Curl::default() }) else {
        skip("a_parent_tells_of_its_children", "no curl on this machine");
        return Ok(());
    };
    let mut parent = Running::start(clients.parent(&curl)?, None)?;
    parent.tell("go")?;
    parent.tell("go")?;
    let lines = parent.lines(3, LIMIT);
    let pid = parent.pid();
    parent.wait(LIMIT)?;
    let calls = lines[1..].iter().map(|line| ClientCall::from_parent(line)).collect::<Result<Vec<_>, _>>()?;
    ensure!(calls.len() == 2, "{calls:#?}");
    for call in calls {
        ensure!(call.done && call.pid != pid, "{call:#?}");
        agree(&provider, &call)?;
    }
    Ok(())
}

#[test]
fn files_are_held_mapped_executable() -> anyhow::Result<()> {
    let (_provider, clients) = start()?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("no library.so");
    fs::write(&file, "text")?;
    let holder = Running::start(clients.map_exec(&[&file])?, None)?;
    ensure!(holder.lines(1, LIMIT) == ["mapped"], "it does not say so");
    let maps = fs::read_to_string(format!("/proc/{}/maps", holder.pid()))?;
    let mapped = maps.lines().any(|line| line.contains(" r-xp ") && line.ends_with("no library.so"));
    ensure!(mapped, "{maps}");
    ensure!(holder.wait(LIMIT)?.status.success(), "it failed");
    Ok(())
}

#[test]
fn a_program_is_found_by_path_and_by_name() -> anyhow::Result<()> {
    assert_eq!(find(&["/bin/sh"])?, Path::new("/bin/sh"));
    assert!(find(&["no-such-program", "sh"])?.ends_with("sh"));
    assert!(find(&["no-such-program"]).is_err());
    Ok(())
}
