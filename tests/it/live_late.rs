//! An agent that comes late: to connections that have carried calls before it, and into the middle of one.
//!
//! On HTTP/2 both sides have by then put most header fields into tables that the agent has not seen, and never will:
//! the path, the host, the content type, the key. Every later call is told all the same, by its bodies, and what is
//! not known of it is absent.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tests::{
    clock::monotonic_ns,
    harness::{
        AgentCall, AgentCommand, ClientCall, Report, Running,
        client::finish,
        compare::{Delays, differences, misplaced, told_at_once},
        report::name,
        say, skip,
    },
    provider::{End, Truth},
};

use crate::scene::{CLIENT, PRINTED, Scene};

/// What must not come out again, whatever the agent makes of fields that it cannot read.
const KEY: &str = "sk-SPAETkeyW3n8";
const PROMPT: &str = "SPAETpromptK5t2";
const SECRETS: &str = "SPAET";

const ERROR_TYPE: &str = "error.type";
const SERVER_ADDRESS: &str = "server.address";
const SERVER_PORT: &str = "server.port";

/// A call that `--on-input` clients make: chunks, coding, streamed or not.
#[derive(Clone, Copy)]
struct Ask {
    chunks: u32,
    coding: &'static str,
    stream: bool,
}

impl Ask {
    fn line(self) -> Value {
        let Self { chunks, coding, stream } = self;
        // Shorter gaps than a busy machine lets a client sleep would come as one.
        let script = format!("ttft_ms=20,gap_ms=20,content=unicode,chunks={chunks},coding={coding}");
        json!({"script": script, "stream": stream})
    }
}

/// Streamed plain, streamed coded, and not streamed, each with a number of chunks that no other has.
fn asks(first: u32, codings: &[&'static str]) -> Vec<Ask> {
    let streams = [true, false].into_iter();
    let kinds = streams.flat_map(|stream| codings.iter().map(move |coding| (*coding, stream)));
    (first..).zip(kinds).map(|(chunks, (coding, stream))| Ask { chunks, coding, stream }).collect()
}

/// A client that has one connection and waits for a line before each call.
struct Client {
    running: Running,
    made: usize,
}

impl Client {
    fn start(scene: &Scene, mut command: Command, calls: usize) -> anyhow::Result<Self> {
        command.args(["--on-input", "--api-key", KEY, "--prompt", PROMPT, "--calls", &calls.to_string()]);
        Ok(Self { running: Running::start(command, Some(&scene.cgroup))?, made: 0 })
    }

    /// Lets it begin its next call.
    fn begin(&mut self, line: &Value) -> anyhow::Result<()> {
        self.made += 1;
        self.running.tell(&line.to_string())
    }

    /// Waits for the end of the call that it has begun.
    fn ended(&self) -> anyhow::Result<()> {
        let told = self.running.lines(self.made, CLIENT).len();
        ensure!(told == self.made, "the client told of {told} calls, not {}", self.made);
        Ok(())
    }

    fn make(&mut self, asks: &[Ask]) -> anyhow::Result<()> {
        asks.iter().try_for_each(|ask| {
            self.begin(&ask.line())?;
            self.ended()
        })
    }

    /// All its calls, which went well and over one connection.
    fn finish(self, scene: &Scene, http2: bool) -> anyhow::Result<Vec<ClientCall>> {
        let calls = finish(self.running, false, CLIENT)?;
        ensure!(calls.len() == self.made, "{} calls, not {}", calls.len(), self.made);
        let mut ports = Vec::new();
        for call in &calls {
            let truth = scene.truth(call)?;
            ensure!(call.done && truth.end == End::Whole, "the client noticed: {call:#?}");
            ensure!(truth.http2_stream.is_some() == http2, "the client spoke another version: {truth:#?}");
            ports.push(truth.peer_port);
        }
        ports.dedup();
        ensure!(ports.len() == 1, "the client made {} connections", ports.len());
        Ok(calls)
    }
}

/// The one span with this response's id; on HTTP/2 the id of the request is in a field that may be unknown.
fn by_response<'a>(report: &'a Report, truth: &Truth) -> anyhow::Result<Option<&'a AgentCall>> {
    let id = truth.response_id.as_deref().context("an answer")?;
    let mut found = report.calls.iter().filter(|call| call.text(name::RESPONSE_ID) == Some(id));
    let first = found.next();
    ensure!(found.next().is_none(), "{id} was reported twice");
    Ok(first)
}

/// This call was reported once and whole, with nothing that is wrong; what its header fields tell may be absent.
fn told<'a>(scene: &Scene, report: &'a Report, call: &ClientCall) -> anyhow::Result<&'a AgentCall> {
    let truth = scene.truth(call)?;
    let found = by_response(report, &truth)?;
    let told = found.with_context(|| format!("{truth:#?} was not reported; the log:\n{}", report.stderr))?;
    let mut wrong = [differences(&truth, told), misplaced(&truth, told, call)].concat();
    if told.request_id().is_none() {
        wrong.retain(|what| !what.starts_with("request id: "));
    }
    ensure!(wrong.is_empty(), "{} {}: {wrong:#?}", call.client, truth.request_id);
    ensure!(told.process.pid == call.pid, "pid {}, not {}", told.process.pid, call.pid);
    ensure!(!told.attributes.contains_key(name::JOINED_LATE), "a whole call is not late: {told:#?}");
    ensure!(!told.attributes.contains_key(ERROR_TYPE), "nothing went wrong: {told:#?}");
    nothing_made_up(scene, told)?;
    let wrong = told_at_once(&truth, told, call);
    ensure!(wrong.is_none(), "{} {}: {wrong:?}", call.client, truth.request_id);
    say(&format!(
        "{} {}: request id {}, {}",
        call.client,
        truth.request_id,
        if told.request_id().is_some() { "known" } else { "unknown" },
        Delays::of(&truth, told, call).line()
    ));
    Ok(told)
}

/// What is unknown is left out: not empty, not guessed.
fn nothing_made_up(scene: &Scene, told: &AgentCall) -> anyhow::Result<()> {
    for (name, value) in &told.attributes {
        let empty =
            value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
        ensure!(!empty, "{name} is {value}");
    }
    let url = scene.provider.url();
    let (host, port) = url.rsplit_once(':').context("a port")?;
    let host = host.strip_prefix("https://").context("https")?;
    let address = told.text(SERVER_ADDRESS);
    ensure!(address.is_none_or(|address| address == host), "{SERVER_ADDRESS} {address:?}, not {host}");
    let found = told.number(SERVER_PORT).map(|port| port.to_string());
    ensure!(found.as_deref().is_none_or(|found| found == port), "{SERVER_PORT} {found:?}, not {port}");
    Ok(())
}

/// Nothing that only the two sides may know is in what the agent says, as text or as numbers.
fn no_secrets(report: &Report) -> anyhow::Result<()> {
    let numbers: Vec<String> = SECRETS.bytes().map(|byte| byte.to_string()).collect();
    for form in [SECRETS.to_owned(), numbers.join(", ")] {
        let out = String::from_utf8_lossy(&report.stdout);
        // Not the text around it: a leak must not be carried on into the log of the test.
        ensure!(!out.contains(&form), "the agent's output holds a secret");
        ensure!(!report.stderr.contains(&form), "the agent's log holds a secret");
    }
    Ok(())
}

/// A command, or `None` when the machine has no such client, which is said.
fn command(test: &str, command: anyhow::Result<Command>) -> Option<Command> {
    command.map_err(|error| skip(test, &error.to_string())).ok()
}

/// Calls before the agent, and calls after it on the same connection: all of these, and none of those.
fn late(
    test: &'static str,
    http2: bool,
    codings: &[&'static str],
    make: impl Fn(&Scene) -> anyhow::Result<Command>,
) -> anyhow::Result<()> {
    let Some(scene) = Scene::enter(test)? else {
        return Ok(());
    };
    let Some(command) = command(test, make(&scene)) else {
        return Ok(());
    };
    let before = asks(3, codings);
    // Twice: what is compressed against what the agent has seen itself comes with the second of each.
    let after = [asks(20, codings), asks(30, codings)].concat();
    let mut client = Client::start(&scene, command, before.len() + after.len())?;
    client.make(&before)?;
    let agent = AgentCommand::run(&scene.cgroup).trace().start()?;
    client.make(&after)?;
    let calls = client.finish(&scene, http2)?;
    agent.wait_for_lines(after.len(), PRINTED);
    let report = agent.stop()?;
    let mut unknown = 0;
    for call in &calls[before.len()..] {
        unknown += usize::from(told(&scene, &report, call)?.request_id().is_none());
    }
    // Else this was no test of fields that nobody can know; HTTP/1.1 has none of these.
    ensure!((unknown > 0) == http2, "the request's id is unknown in {unknown} calls");
    ensure!(report.calls.len() == after.len(), "{} calls, not {}", report.calls.len(), after.len());
    ensure!(report.stderr.contains("TRACE"), "the log is not the most talkative one");
    no_secrets(&report)?;
    report.counters.check()
}

/// hpack in Python, which puts nearly every field into its table.
#[test]
fn httpx_http2() -> anyhow::Result<()> {
    late("late_httpx_http2", true, &["identity", "gzip", "zstd"], |scene| scene.clients.httpx())
}

/// nghttp2, which keeps keys out of its table.
#[test]
fn node_http2() -> anyhow::Result<()> {
    late("late_node_http2", true, &["identity", "gzip"], |scene| scene.clients.node("http2"))
}

#[test]
fn new_node_fetch() -> anyhow::Result<()> {
    late("late_new_node_fetch", true, &["identity", "gzip", "zstd"], |scene| scene.clients.new_node("fetch"))
}

/// HTTP/1.1 for comparison: it has no tables, so everything is known.
#[test]
fn httpx_http1() -> anyhow::Result<()> {
    late("late_httpx_http1", false, &["identity", "gzip"], |scene| {
        let mut command = scene.clients.httpx()?;
        command.arg("--http1");
        Ok(command)
    })
}

#[test]
fn node_https() -> anyhow::Result<()> {
    late("late_node_https", false, &["identity"], |scene| scene.clients.node("https"))
}

/// Chunks of a response that is long enough for an agent to start in it, and the time between them.
const LONG: u32 = 80;
/// Those that are over before the agent starts.
const MISSED: usize = 3;
/// How long a response keeps an agent waiting that starts before it.
const THINK: Duration = Duration::from_secs(4);

/// Where in a call the agent starts.
#[derive(Clone, Copy, PartialEq)]
enum Amid {
    /// Between the request and the response.
    Wait,
    /// In the response.
    Response,
}

impl Amid {
    fn script(self, coding: &str) -> String {
        match self {
            Self::Wait => format!("think_ms={},chunks=12,gap_ms=20,coding={coding}", THINK.as_millis()),
            Self::Response => {
                format!("ttft_ms=0,chunks={LONG},gap_ms={},coding={coding}", LONG_GAP.as_millis())
            }
        }
    }

    /// Chunks that the agent cannot have seen.
    fn missed(self) -> usize {
        match self {
            Self::Wait => 0,
            Self::Response => MISSED,
        }
    }
}
const LONG_GAP: Duration = Duration::from_millis(100);

/// The agent starts in the middle of a call: the later ones are whole; what is told of the torn one is marked, and no
/// more than was seen.
fn amid(
    test: &'static str,
    place: Amid,
    http2: bool,
    coding: &'static str,
    make: impl Fn(&Scene) -> anyhow::Result<Command>,
) -> anyhow::Result<()> {
    let Some(scene) = Scene::enter(test)? else {
        return Ok(());
    };
    let Some(command) = command(test, make(&scene)) else {
        return Ok(());
    };
    let after = asks(20, &["identity", coding]);
    let mut client = Client::start(&scene, command, 2 + after.len())?;
    client.make(&[Ask { chunks: 4, coding, stream: true }])?;
    client.begin(&json!({"script": place.script(coding)}))?;
    played(&scene, 1, place.missed())?;
    let agent = scene.agent()?;
    let so_far = scene.provider.log().all().get(1).context("it is played")?.clone();
    client.ended()?;
    client.make(&after)?;
    let calls = client.finish(&scene, http2)?;
    // The torn one may be absent.
    agent.wait_for_lines(after.len() + 1, Duration::from_secs(1));
    let report = agent.stop()?;
    for call in &calls[2..] {
        told(&scene, &report, call)?;
    }
    let truth = scene.truth(&calls[1])?;
    let in_time = match place {
        Amid::Wait => so_far.head_sent.is_none(),
        Amid::Response => so_far.chunks.len() < truth.chunks.len(),
    };
    ensure!(in_time, "the agent was ready too late: {so_far:#?}");
    let torn = by_response(&report, &truth)?;
    let extra = usize::from(torn.is_some());
    ensure!(report.calls.len() == after.len() + extra, "{} calls of {}", report.calls.len(), after.len());
    let seen_from = so_far.chunks.len();
    match torn {
        None => say(&format!("{test}: the agent came at chunk {seen_from}, the torn call is absent")),
        Some(told) => {
            let (chunks, sent) = (told.number(name::CHUNKS), truth.chunks.len());
            say(&format!("{test}: the agent came at chunk {seen_from}, and tells {chunks:?} of {sent}"));
            torn_is_marked(&scene, &truth, told, place.missed())?;
        }
    }
    if place == Amid::Wait && http2 {
        let told = torn.context("its whole response was seen, and it was not reported")?;
        let mut wrong = [differences(&truth, told), misplaced(&truth, told, &calls[1])].concat();
        let of_the_request = ["request ", "first byte of the request", "last byte of the request"];
        wrong.retain(|what| !of_the_request.iter().any(|unseen| what.starts_with(unseen)));
        ensure!(wrong.is_empty(), "{wrong:#?}");
    }
    no_secrets(&report)?;
    report.counters.check()
}

/// Waits until the provider has sent so many chunks of the call with this number.
fn played(scene: &Scene, call: usize, chunks: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + CLIENT;
    while scene.provider.log().all().get(call).is_none_or(|truth| truth.chunks.len() < chunks) {
        ensure!(Instant::now() < deadline, "the provider does not play call {call}");
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// What is said of a call of which so many chunks were missed, at least.
fn torn_is_marked(scene: &Scene, truth: &Truth, told: &AgentCall, missed: usize) -> anyhow::Result<()> {
    ensure!(told.attributes.get(name::JOINED_LATE) == Some(&Value::Bool(true)), "not marked: {told:#?}");
    ensure!(told.text(name::REQUEST_MODEL).is_none(), "a model that nobody saw: {told:#?}");
    let (chunks, sent) = (told.number(name::CHUNKS).unwrap_or(0), truth.chunks.len());
    ensure!(chunks <= (sent - missed) as u64, "{chunks} chunks of {sent}");
    // Its end was seen, and that has the figures.
    let output = told.number(name::OUTPUT_TOKENS);
    ensure!(output.is_none_or(|output| truth.usage.is_some_and(|usage| usage.output == output)), "{told:#?}");
    let at = &told.ktime;
    ensure!(at.request_first_byte.is_none() && at.request_last_byte.is_none(), "{at:?}");
    nothing_made_up(scene, told)
}

#[test]
fn amid_a_stream_of_httpx_http2() -> anyhow::Result<()> {
    amid("late_amid_httpx_http2", Amid::Response, true, "identity", |scene| scene.clients.httpx())
}

/// What is coded against bytes that nobody saw cannot be read.
#[test]
fn amid_a_coded_stream_of_httpx_http2() -> anyhow::Result<()> {
    amid("late_amid_httpx_http2_gzip", Amid::Response, true, "gzip", |scene| scene.clients.httpx())
}

#[test]
fn amid_a_stream_of_node_http2() -> anyhow::Result<()> {
    amid("late_amid_node_http2", Amid::Response, true, "identity", |scene| scene.clients.node("http2"))
}

#[test]
fn amid_a_stream_of_httpx_http1() -> anyhow::Result<()> {
    amid("late_amid_httpx_http1", Amid::Response, false, "identity", |scene| {
        let mut command = scene.clients.httpx()?;
        command.arg("--http1");
        Ok(command)
    })
}

/// The request was not seen, and the response is.
#[test]
fn before_the_response_to_httpx_http2() -> anyhow::Result<()> {
    amid("late_before_httpx_http2", Amid::Wait, true, "gzip", |scene| scene.clients.httpx())
}

#[test]
fn before_the_response_to_node_http2() -> anyhow::Result<()> {
    amid("late_before_node_http2", Amid::Wait, true, "identity", |scene| scene.clients.node("http2"))
}

#[test]
fn before_the_response_to_node_https() -> anyhow::Result<()> {
    amid("late_before_node_https", Amid::Wait, false, "identity", |scene| scene.clients.node("https"))
}

/// A connection that is never idle: there are always as many streams under way, before the agent and after.
fn busy(test: &'static str, make: impl Fn(&Scene) -> anyhow::Result<Command>) -> anyhow::Result<()> {
    const AT_ONCE: usize = 8;
    const IN_TURN: usize = 10;
    let Some(scene) = Scene::enter(test)? else {
        return Ok(());
    };
    let Some(mut command) = command(test, make(&scene)) else {
        return Ok(());
    };
    command.args(["--count", &AT_ONCE.to_string(), "--calls", &IN_TURN.to_string(), "--model", "m-{i}"]);
    // Three quarters of a second and more, and no two alike.
    command.args(["--api-key", KEY, "--prompt", PROMPT, "--script", "chunks=1{i},ttft_ms=500,gap_ms=2"]);
    let client = Running::start(command, Some(&scene.cgroup))?;
    played(&scene, AT_ONCE + 3, 1)?;
    let begun = monotonic_ns();
    let agent = scene.agent()?;
    let ready = monotonic_ns();
    let calls = finish(client, false, CLIENT)?;
    ensure!(calls.len() == AT_ONCE * IN_TURN && calls.iter().all(|call| call.done), "{calls:#?}");
    let begun_after = |call: &ClientCall| call.times.get("start").is_some_and(|start| *start > ready);
    let (later, earlier): (Vec<_>, Vec<_>) = calls.iter().partition(|call| begun_after(call));
    ensure!(later.len() > AT_ONCE, "the agent came too late: after it {} calls began", later.len());
    agent.wait_for_lines(later.len(), PRINTED);
    let report = agent.stop()?;
    for call in &later {
        told(&scene, &report, call)?;
    }
    let mut marked = 0;
    for call in &earlier {
        let truth = scene.truth(call)?;
        let Some(told) = by_response(&report, &truth)? else {
            continue;
        };
        marked += 1;
        // One whose request began while the agent attached may have been seen whole.
        if truth.request_done < begun {
            torn_is_marked(&scene, &truth, told, 0)?;
        }
    }
    say(&format!(
        "{test}: {} later calls, {} earlier ones of which {marked} are told",
        later.len(),
        earlier.len()
    ));
    ensure!(report.calls.len() == later.len() + marked, "{} calls", report.calls.len());
    no_secrets(&report)?;
    report.counters.check()
}

#[test]
fn busy_httpx_http2() -> anyhow::Result<()> {
    busy("late_busy_httpx_http2", |scene| scene.clients.httpx())
}

#[test]
fn busy_node_http2() -> anyhow::Result<()> {
    busy("late_busy_node_http2", |scene| scene.clients.node("http2"))
}
