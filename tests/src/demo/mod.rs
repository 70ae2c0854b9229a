//! The demo: unmodified clients call a provider that knows when it sent what, wirelight watches, and its account is
//! held against the truth in front of the reader.
//!
//! In: the `wirelight` binary, and what clients the machine has. Out: text, and whether every figure that must be
//! equal was. It observes the clients that it starts and nothing else.

mod table;

use std::{io::Write, path::Path, process::Command, time::Duration};

use anyhow::{Context as _, bail};

use crate::{
    harness::{AgentCommand, Cgroup, Clients, Curl, Machine, agent_binary, client, replay},
    provider::{Options, Provider},
};

/// The longest client takes four seconds on an idle machine.
const CLIENT: Duration = Duration::from_secs(60);
const PRINTED: Duration = Duration::from_secs(10);
/// Waterfalls shown.
const WATERFALLS: usize = 3;

/// Runs the demo and tells of it on `out`. `false`: a call is missing, or a count is not what it was.
pub fn run(out: &mut impl Write) -> anyhow::Result<bool> {
    let machine = match Machine::probe(Path::new("/")) {
        Ok(machine) => machine,
        Err(missing) => bail!("the demo cannot run here: {missing}"),
    };
    // Before anything is set up: this is what is most often missing.
    let binary = agent_binary()?;
    let provider = Provider::start(Options::default())?;
    let clients = Clients::new(&provider)?;
    let cgroup = Cgroup::create(&machine.cgroup_mount, "demo")?;
    let directory = tempfile::tempdir()?;
    let tape = directory.path().join("demo.tape");
    writeln!(out, "provider   {} (OpenAI's formats, TLS, in this process)", provider.url())?;
    writeln!(out, "observed   {} (nothing else)", cgroup.path().display())?;
    writeln!(out, "agent      {}", binary.display())?;
    out.flush()?;

    let agent = AgentCommand::run(&cgroup).arg("--tape").arg(&tape).start()?;
    writeln!(out, "           attached; pid {}\n", agent.pid())?;
    let mut calls = Vec::new();
    for act in acts(&clients) {
        let Act { what, command } = act;
        let command = match command {
            Ok(command) => command,
            Err(missing) => {
                writeln!(out, "  left out   {what}: {missing}")?;
                continue;
            }
        };
        write!(out, "  running    {what} …")?;
        out.flush()?;
        let made = client::run(command, Some(&cgroup), CLIENT).with_context(|| what.to_owned())?;
        writeln!(out, " {} call{}", made.len(), if made.len() == 1 { "" } else { "s" })?;
        calls.extend(made);
    }
    agent.wait_for_lines(calls.len(), PRINTED);
    let report = agent.stop()?;
    writeln!(out, "  stopped    the agent had printed {} calls\n", report.calls.len())?;

    waterfalls(out, &tape)?;
    let rows = calls
        .iter()
        .map(|call| {
            let id = call.id()?;
            let truth = provider.log().find(id).with_context(|| format!("{id} is not the provider's"))?;
            Ok(table::Row::new(call, &truth, report.call(id)?))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    write!(out, "{}", table::render(&rows))?;
    let strangers = report.calls.len().saturating_sub(rows.iter().filter(|row| row.found()).count());
    if strangers > 0 {
        writeln!(out, "{strangers} calls were reported that nobody made")?;
    }
    let adds_up = report.counters.check();
    match &adds_up {
        Ok(()) => writeln!(out, "Every stage's counters add up: in = out + losses.")?,
        Err(error) => writeln!(out, "The counters do not add up: {error}")?,
    }
    Ok(strangers == 0 && adds_up.is_ok() && !rows.is_empty() && rows.iter().all(table::Row::right))
}

/// One client, run to its end.
struct Act {
    what: &'static str,
    /// An error where the machine lacks the program.
    command: anyhow::Result<Command>,
}

fn acts(clients: &Clients) -> Vec<Act> {
    let fast = "ttft_ms=40,chunks=30,gap_ms=8";
    let slow = "ttft_ms=600,chunks=25,gap_ms=60";
    let with = |command: anyhow::Result<Command>, args: &[&str]| {
        command.map(|mut command| {
            command.args(args);
            command
        })
    };
    let act = |what, command| Act { what, command };
    vec![
        act("curl, fast stream", clients.curl(&Curl { script: fast, ..Curl::default() })),
        act("curl, slow stream", clients.curl(&Curl { script: slow, model: "gpt-4o", ..Curl::default() })),
        act("curl, no stream", clients.curl(&Curl { script: fast, stream: false, ..Curl::default() })),
        act("python, fast stream", with(clients.python(), &["--script", fast])),
        act("python, slow stream", with(clients.python(), &["--script", slow, "--model", "gpt-4o"])),
        act("python, no stream", with(clients.python(), &["--no-stream", "--script", fast])),
        act(
            "python, 3 calls on one connection, with tools",
            with(clients.python(), &["--calls", "3", "--script", "ttft_ms=80,chunks=10,gap_ms=12,tool=1"]),
        ),
        act(
            "python asyncio, 8 streams at once",
            with(clients.many("asyncio", 8), &["--script", "ttft_ms=150,chunks=2{i},gap_ms=15"]),
        ),
    ]
}

/// The first calls of the tape, as the console shows them.
fn waterfalls(out: &mut impl Write, tape: &Path) -> anyhow::Result<()> {
    let (ended, _) = replay(tape, "console")?;
    if !ended.status.success() {
        bail!("wirelight replay ended with {}:\n{}", ended.status, ended.stderr);
    }
    let text = String::from_utf8(ended.stdout).context("the console's output")?;
    let bytes = std::fs::metadata(tape)?.len();
    writeln!(out, "From the tape ({bytes} bytes), wirelight replay --format console, the first calls:\n")?;
    writeln!(out, "{}\n", first_blocks(&text, WATERFALLS))?;
    Ok(())
}

/// The first `count` paragraphs of `text`; without paragraphs, its first lines.
fn first_blocks(text: &str, count: usize) -> String {
    let blocks: Vec<&str> =
        text.split("\n\n").map(|block| block.trim_matches('\n')).filter(|b| !b.is_empty()).collect();
    match blocks.as_slice() {
        [only] => only.lines().take(12 * count).collect::<Vec<_>>().join("\n"),
        many => many.iter().take(count).copied().collect::<Vec<_>>().join("\n\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_paragraphs_else_lines() {
        assert_eq!(first_blocks("a\nb\n\n\nc\n\nd\n\ne\n", 2), "a\nb\n\nc");
        assert_eq!(first_blocks("1\n2\n", 1), "1\n2");
        let long = "line\n".repeat(100);
        assert_eq!(first_blocks(&long, 1).lines().count(), 12);
        assert_eq!(first_blocks("", 3), "");
    }

    #[test]
    fn the_acts_are_seventeen_calls() -> anyhow::Result<()> {
        let provider = Provider::start(Options::default())?;
        let clients = Clients::new(&provider)?;
        let mut calls = 0;
        for act in acts(&clients) {
            let made = client::run(act.command?, None, CLIENT).context(act.what)?;
            for call in &made {
                assert!(call.done && call.error.is_none(), "{}: {call:?}", act.what);
            }
            calls += made.len();
        }
        assert_eq!(calls, 17);
        Ok(())
    }
}
