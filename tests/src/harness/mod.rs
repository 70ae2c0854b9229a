//! Runs the agent between real clients and the local provider.
//!
//! ```text
//! live (may this run here?) ─ cgroup (what may be observed) ─ agent ─┐
//!                             client, running (who calls) ───────────┴─ report, compare (what it said, and is it so)
//! ```

mod agent;
mod cgroup;
pub mod client;
pub mod compare;
pub mod compare_sdk;
mod live;
mod packages;
mod probe;
pub mod report;
mod running;
pub mod sdk;
mod signal;

pub use self::{
    agent::{Agent, AgentCommand, NotReady, Report, agent_binary, replay},
    cgroup::Cgroup,
    client::{ClientCall, Clients, Curl, EdgeCase},
    live::{Live, say, skip},
    probe::{Machine, Missing},
    report::{AgentCall, Counters},
    running::{Ended, Running},
    sdk::{SdkApi, SdkCall, SdkUse},
};
