//! What the agent prints, read as its users read it: calls as lines of JSON, counters as a file of JSON.
//!
//! Deliberately not the agent's own types: a change of its output must be seen here.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Names of attributes that the tests hold against the truth.
pub mod name {
    pub const REQUEST_MODEL: &str = "gen_ai.request.model";
    pub const RESPONSE_MODEL: &str = "gen_ai.response.model";
    pub const RESPONSE_ID: &str = "gen_ai.response.id";
    pub const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
    pub const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
    pub const CACHED_TOKENS: &str = "gen_ai.usage.cache_read.input_tokens";
    pub const CACHE_WRITE_TOKENS: &str = "gen_ai.usage.cache_write.input_tokens";
    pub const REASONING_TOKENS: &str = "gen_ai.usage.reasoning.output_tokens";
    pub const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
    pub const TOOL_CALLS: &str = "wirelight.response.tool_call_count";
    pub const REFUSAL: &str = "wirelight.response.refusal";
    pub const ERROR_TYPE: &str = "error.type";
    pub const UNKNOWN_SHAPE: &str = "wirelight.capture.unknown_shape";
    pub const REQUEST_ID: &str = "wirelight.provider.request_id";
    pub const CHUNKS: &str = "wirelight.stream.chunk_count";
    pub const CONTENT_CHUNKS: &str = "wirelight.stream.content_chunk_count";
    pub const INTERVAL_P50: &str = "wirelight.stream.chunk_interval.p50";
    pub const TRUNCATED: &str = "wirelight.capture.truncated";
    pub const OUTCOME: &str = "wirelight.outcome";
    pub const STATUS: &str = "http.response.status_code";
    pub const REQUEST_BYTES: &str = "http.request.body.size";
    pub const PID: &str = "process.pid";
    pub const JOINED_LATE: &str = "wirelight.capture.joined_late";
}

/// One line of `--format json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct AgentCall {
    /// `chat gpt-4o`.
    pub name: String,
    /// Wall clock.
    pub start_unix_ns: u64,
    /// Wall clock.
    pub end_unix_ns: u64,
    /// Flat OpenTelemetry names.
    pub attributes: Map<String, Value>,
    /// Leaf phases, in order.
    pub phases: Vec<Phase>,
    /// When, on the clock that the provider and the clients stamp with.
    pub ktime: Ktime,
    /// Whose call.
    pub process: Process,
    /// Which connection.
    pub connection: String,
}

/// A phase of a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Phase {
    pub name: String,
    pub start_ns: u64,
    pub end_ns: u64,
}

/// `CLOCK_MONOTONIC` nanoseconds; absent: not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Ktime {
    pub request_first_byte: Option<u64>,
    pub request_last_byte: Option<u64>,
    pub response_first_byte: Option<u64>,
    pub first_chunk: Option<u64>,
    pub first_token: Option<u64>,
    pub last_token: Option<u64>,
    pub last_byte: Option<u64>,
}

/// The process of a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Process {
    pub pid: u32,
    pub comm: Option<String>,
    pub exe: Option<String>,
}

impl AgentCall {
    /// Reads lines of JSON.
    pub fn read_lines(output: &[u8]) -> anyhow::Result<Vec<Self>> {
        let text = std::str::from_utf8(output).context("the agent's output is not UTF-8")?;
        text.lines()
            .enumerate()
            .map(|(number, line)| {
                serde_json::from_str(line)
                    .with_context(|| format!("line {} of the agent's output", number + 1))
            })
            .collect()
    }

    /// A text attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str()
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.attributes.get(name)?.as_u64()
    }

    /// Seconds, as nanoseconds.
    pub fn seconds(&self, name: &str) -> Option<u64> {
        self.attributes.get(name)?.as_f64().map(|seconds| (seconds * 1e9).round() as u64)
    }

    /// The provider's id of the request.
    pub fn request_id(&self) -> Option<&str> {
        self.text(name::REQUEST_ID)
    }

    /// Whether bytes of this call were lost, as the agent says.
    pub fn truncated(&self) -> bool {
        self.is_true(name::TRUNCATED)
    }

    /// Something that is said only when it is so.
    pub fn is_true(&self, name: &str) -> bool {
        self.attributes.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A list of texts; empty where there is none.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.attributes.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// The table of the path: what every stage took, gave and lost.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Counters {
    /// In the order of the path.
    pub stages: Vec<Stage>,
    /// What is counted beside the stages.
    #[serde(default)]
    pub notes: BTreeMap<String, u64>,
    /// What the kernel side counts beside its stage.
    #[serde(default)]
    pub kernel: BTreeMap<String, u64>,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Stage {
    #[serde(rename = "stage")]
    pub name: String,
    #[serde(rename = "in")]
    pub taken: u64,
    #[serde(rename = "out")]
    pub given: u64,
    pub losses: BTreeMap<String, u64>,
}

/// The stages, in the order of the path.
const STAGES: [&str; 7] = ["probe", "ring", "connection", "decode", "interpret", "span", "out"];

impl Counters {
    /// Every stage of a run is there, in order, and in = out + losses at each.
    pub fn check(&self) -> anyhow::Result<()> {
        self.check_from(&STAGES)
    }

    /// The same for a replay, which has no probe.
    pub fn check_replay(&self) -> anyhow::Result<()> {
        self.check_from(&STAGES[1..])
    }

    fn check_from(&self, stages: &[&str]) -> anyhow::Result<()> {
        let names: Vec<&str> = self.stages.iter().map(|stage| stage.name.as_str()).collect();
        if names != stages {
            bail!("stages are {names:?}, not {stages:?}");
        }
        for Stage { name, taken, given, losses } in &self.stages {
            if *taken != given + losses.values().sum::<u64>() {
                bail!("stage {name}: in {taken} is not out {given} + losses {losses:?}");
            }
        }
        Ok(())
    }

    /// The sum of a kind of loss over all stages.
    pub fn loss(&self, kind: &str) -> u64 {
        self.stages.iter().filter_map(|stage| stage.losses.get(kind)).sum()
    }

    /// One of what the kernel side counts beside its stage; one that it does not know is an error.
    pub fn kernel(&self, name: &str) -> anyhow::Result<u64> {
        self.kernel.get(name).copied().with_context(|| format!("the kernel side has no counter {name}"))
    }

    /// The sum of what was muted, by the kernel side and by the agent.
    pub fn muted(&self) -> u64 {
        let count = |counts: &BTreeMap<String, u64>, name: &str| counts.get(name).copied().unwrap_or(0);
        count(&self.notes, "muted") + count(&self.kernel, "muted_connection")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_a_line() {
        let line = json!({
            "name": "chat gpt-4o", "start_unix_ns": 1_795_184_393_000_000_001_u64, "end_unix_ns": 2,
            "attributes": {
                "gen_ai.request.model": "gpt-4o", "wirelight.stream.chunk_count": 7,
                "wirelight.stream.chunk_interval.p50": 0.0150004, "wirelight.capture.truncated": true,
                "wirelight.provider.request_id": "req_1",
            },
            "phases": [{"name": "request.send", "start_ns": 1, "end_ns": 2}],
            "ktime": {"first_token": 5, "last_token": null},
            "process": {"pid": 4242, "comm": "python3", "more": 1},
            "connection": "4242:7f",
        });
        let calls = AgentCall::read_lines(format!("{line}\n{line}\n").as_bytes()).unwrap();
        assert_eq!(calls.len(), 2);
        let call = &calls[0];
        assert_eq!(call.text(name::REQUEST_MODEL), Some("gpt-4o"));
        assert_eq!(call.number(name::CHUNKS), Some(7));
        assert_eq!(call.seconds(name::INTERVAL_P50), Some(15_000_400));
        assert_eq!(call.number("absent"), None);
        assert!(call.truncated());
        assert_eq!(call.ktime, Ktime { first_token: Some(5), ..Ktime::default() });
        assert_eq!(call.process.pid, 4242);
    }

    #[test]
    fn a_line_that_is_no_call_is_an_error() {
        for output in ["{}\n", "wirelight: hello\n", "\u{fffd}{\n"] {
            assert!(AgentCall::read_lines(output.as_bytes()).is_err(), "{output}");
        }
        assert_eq!(AgentCall::read_lines(b"").unwrap(), []);
    }

    fn counters(lost: u64) -> Counters {
        let stages: Vec<Value> = STAGES
            .iter()
            .map(
                |name| json!({"stage": name, "unit": "x", "in": 10, "out": 7, "losses": {"ring_full": lost}}),
            )
            .collect();
        let table =
            json!({"stages": stages, "notes": {"muted": 2}, "kernel": {"muted_connection": 3, "muted": 90}});
        serde_json::from_value(table).unwrap()
    }

    #[test]
    fn counters_must_add_up() {
        let good = counters(3);
        good.check().unwrap();
        assert_eq!(good.loss("ring_full"), 21);
        assert_eq!(good.loss("ring"), 0);
        assert_eq!(good.muted(), 5);
        assert_eq!(good.kernel("muted_connection").unwrap(), 3);
        assert!(good.kernel("muted_connections").is_err());
        assert!(good.check_replay().is_err(), "a replay has no probe");
        let replay = Counters { stages: good.stages[1..].to_vec(), ..Counters::default() };
        replay.check_replay().unwrap();
        assert!(replay.check().is_err());
        assert_eq!(replay.muted(), 0);
        let error = counters(2).check().unwrap_err().to_string();
        assert!(error.contains("stage probe: in 10 is not out 7"), "{error}");
        assert!(Counters::default().check().is_err(), "an empty table adds up to nothing");
    }
}
