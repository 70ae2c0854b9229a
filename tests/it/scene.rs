//! What every live test begins with, and the question that most end with: did the agent tell what happened?

use std::{process::Command, time::Duration};

use anyhow::{Context as _, bail, ensure};
use tests::{
    harness::{
        Agent, AgentCall, AgentCommand, Cgroup, ClientCall, Clients, Live, Report, Running,
        client::{finish, run},
        compare::{Delays, differences, misplaced},
        say,
    },
    provider::{End, Options, Provider, Truth},
};

/// A provider, clients for it, and a cgroup for those that shall be seen.
pub(crate) struct Scene {
    // Dropped in this order: what may still run goes before what it talks to, and the turn goes last.
    pub(crate) cgroup: Cgroup,
    pub(crate) clients: Clients,
    pub(crate) provider: Provider,
    pub(crate) live: Live,
}

/// A client of these tests plays for some seconds; a busy machine may take ten times that.
pub(crate) const CLIENT: Duration = Duration::from_secs(120);
/// A call is printed when it ends; what takes longer than this is not coming.
pub(crate) const PRINTED: Duration = Duration::from_secs(10);
/// The agent reads an executable of 150 MB, off the disk where it is not in memory, to find the functions in it.
pub(crate) const HOOKED: Duration = Duration::from_secs(60);
/// A first token that the agent puts this long after the provider's stamp is wrong on any machine that runs tests at
/// all. The sharp bound is the order provider ≤ agent ≤ client, which holds on a machine however slow.
const LOOSE_NS: u64 = 250_000_000;

impl Scene {
    /// Waits for the turn and sets up. `None`: this machine cannot do it, and why has been said.
    pub(crate) fn enter(test: &'static str) -> anyhow::Result<Option<Self>> {
        Self::enter_with(test, Options::default())
    }

    /// The same with a provider of one's own.
    pub(crate) fn enter_with(test: &'static str, options: Options) -> anyhow::Result<Option<Self>> {
        let Some(live) = Live::enter(test) else {
            return Ok(None);
        };
        let provider = Provider::start(options)?;
        let clients = Clients::new(&provider)?;
        Ok(Some(Self { cgroup: live.cgroup()?, clients, provider, live }))
    }

    /// Starts the agent on this scene's cgroup.
    pub(crate) fn agent(&self) -> anyhow::Result<Agent> {
        AgentCommand::run(&self.cgroup).start()
    }

    /// Runs a client inside the cgroup, to its end.
    pub(crate) fn run(&self, command: Command) -> anyhow::Result<Vec<ClientCall>> {
        run(command, Some(&self.cgroup), CLIENT)
    }

    /// Runs a client whose executable nobody has run since the agent came: it makes its `calls` when the agent has
    /// hooked that. Its command is one that takes `--on-input`.
    pub(crate) fn run_hooked(
        &self,
        agent: &Agent,
        mut command: Command,
        calls: usize,
    ) -> anyhow::Result<Vec<ClientCall>> {
        let executable = command.get_program().to_string_lossy().into_owned();
        command.arg("--on-input");
        let mut client = Running::start(command, Some(&self.cgroup))?;
        // This is said of the first process only, and true of all after it.
        let hooked = agent.says(&format!("path={executable:?}"), HOOKED);
        ensure!(hooked, "the agent did not say within {HOOKED:?} that it hooked {executable}");
        (0..calls).try_for_each(|_| client.tell("go"))?;
        finish(client, false, CLIENT)
    }

    /// Starts `client.py` inside the cgroup; each of its calls waits for a word.
    pub(crate) fn on_input(&self, script: &str, calls: u32) -> anyhow::Result<Running> {
        let mut command = self.clients.python()?;
        command.args(["--on-input", "--script", script, "--calls", &calls.to_string()]);
        Running::start(command, Some(&self.cgroup))
    }

    /// Calls inside the cgroup that nothing is special about.
    pub(crate) fn simple_calls(&self, count: u32) -> anyhow::Result<Vec<ClientCall>> {
        let mut command = self.clients.python()?;
        command.args(["--script", "chunks=6", "--calls", &count.to_string()]);
        self.run(command)
    }

    /// The provider's truth of a client's call.
    pub(crate) fn truth(&self, call: &ClientCall) -> anyhow::Result<Truth> {
        let id = call.id()?;
        self.provider.log().find(id).with_context(|| format!("{id} is not the provider's"))
    }

    /// Every one of these calls was reported once, whole, as it was and when it was; nothing else was reported; and
    /// the counters add up. Prints how far the times are apart.
    pub(crate) fn all_told(&self, report: &Report, calls: &[ClientCall]) -> anyhow::Result<()> {
        report.explain(self.compare_all(report, calls))
    }

    /// This call was reported once, whole, as it was and when it was.
    pub(crate) fn told<'a>(
        &self,
        report: &'a Report,
        call: &ClientCall,
    ) -> anyhow::Result<(Truth, &'a AgentCall)> {
        report.explain(self.compare(report, call))
    }

    fn compare_all(&self, report: &Report, calls: &[ClientCall]) -> anyhow::Result<()> {
        for call in calls {
            let (truth, told) = self.compare(report, call)?;
            let delays = Delays::of(&truth, told, call);
            say(&format!("{} {}: {}", call.client, truth.request_id, delays.line()));
            if let Some(delay) = delays.first_token {
                ensure!(delay < LOOSE_NS, "{}: first token {delay} ns after it was sent", truth.request_id);
            }
        }
        let (told, made) = (report.calls.len(), calls.len());
        ensure!(told == made, "{told} calls were reported, {made} were made");
        report.counters.check()
    }

    fn compare<'a>(&self, report: &'a Report, call: &ClientCall) -> anyhow::Result<(Truth, &'a AgentCall)> {
        let truth = self.truth(call)?;
        let id = &truth.request_id;
        let Some(told) = report.call(id)? else {
            bail!("{} {id} was not reported", call.client);
        };
        let wrong = [differences(&truth, told), misplaced(&truth, told, call)].concat();
        ensure!(wrong.is_empty(), "{} {id}: {wrong:#?}", call.client);
        ensure!(told.process.pid == call.pid, "{id}: pid {}, not {}", told.process.pid, call.pid);
        if truth.end != End::Whole {
            let outcome = told.text("wirelight.outcome");
            ensure!(outcome != Some("complete"), "{id}: the provider broke off, the agent says complete");
        }
        Ok((truth, told))
    }
}

/// Says the word, and waits until the client has told of `so_far` calls.
pub(crate) fn next_call(client: &mut Running, so_far: usize) -> anyhow::Result<()> {
    client.tell("go")?;
    let told = client.lines(so_far, CLIENT).len();
    ensure!(told == so_far, "the client told of {told} calls, not {so_far}");
    Ok(())
}
