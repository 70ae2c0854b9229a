//! What came in, what went out, what was lost, per stage: `in = out + losses` for each.
//!
//! The stages are those of the path; what a stage counts is said at its name. Reports are sums over shards, taken at
//! any time; the equation holds when nothing is under way, as at stop.

use std::fmt::Write as _;

use serde::Serialize;

/// One stage's figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// Its name.
    pub stage: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// How many came.
    #[serde(rename = "in")]
    pub came: u64,
    /// How many went on.
    #[serde(rename = "out")]
    pub went: u64,
    /// How many did not, and why.
    pub losses: Losses,
}

/// Named losses, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses(Vec<(&'static str, u64)>);

impl Losses {
    /// Losses by name.
    pub fn new(losses: impl IntoIterator<Item = (&'static str, u64)>) -> Self {
        Self(losses.into_iter().collect())
    }

    /// All together.
    pub fn sum(&self) -> u64 {
        self.0.iter().map(|(_, n)| n).sum()
    }

    /// One after another.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().copied()
    }

    /// Those that are not 0, for people.
    fn told(&self) -> String {
        let told: Vec<_> =
            self.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} {n}")).collect();
        if told.is_empty() { "-".to_owned() } else { told.join(", ") }
    }
}

impl Serialize for Losses {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// The first stage, which runs in the kernel, and what it counts beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The stage.
    pub stage: Stage,
    /// No part of the equation.
    pub beside: Losses,
}

/// The second stage's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RingCounts {
    /// Records that came.
    pub records: u64,
    /// Records that could not be understood.
    pub bad: u64,
}

/// A shard's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShardCounts {
    /// Connection stage: records that came.
    pub records: u64,
    /// No place in the table.
    pub table_full: u64,
    /// The decoders hold as much as they may.
    pub over_budget: u64,
    /// The process is the server of this connection.
    pub served: u64,
    /// Came after the verdict that the connection is of no interest, before the kernel side knew it.
    pub after_verdict: u64,
    /// Decode stage: pieces of plaintext that came.
    pub pieces: u64,
    /// On a connection that turned out to be no HTTP.
    pub foreign: u64,
    /// Interpret stage: exchanges that began.
    pub exchanges: u64,
    /// Exchanges that were no model calls: the normal case on a mixed host.
    pub not_genai: u64,
    /// Calls.
    pub calls: u64,
    /// Spans.
    pub spans: u64,
    /// Things that happened and are no loss of a stage.
    pub notes: Notes,
}

/// What is worth knowing beside the stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Notes {
    /// Connections seen.
    pub connections: u64,
    /// Connections muted by the agent.
    pub muted: u64,
    /// Gaps in the plaintext.
    pub gaps: u64,
    /// Bytes missing in them.
    pub gap_bytes: u64,
    /// Times that framing was lost and found again.
    pub resync: u64,
    /// Places where bytes were not as the protocol wants them.
    pub malformed: u64,
    /// Caps that were reached.
    pub limits: u64,
    /// Calls that lost bytes.
    pub calls_with_loss: u64,
    /// Connections given up as idle.
    pub idle: u64,
}

/// The last stage's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutCounts {
    /// Spans that came.
    pub came: u64,
    /// Written.
    pub written: u64,
    /// The queue before the writer was full.
    pub queue_full: u64,
    /// The writer failed.
    pub send_failed: u64,
}

/// All figures at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order of the path.
    pub stages: Vec<Stage>,
    /// Beside them.
    pub notes: Notes,
    /// Of the kernel side, beside its stage. Empty for a replay.
    pub kernel: Losses,
}

impl ShardCounts {
    /// Adds another shard's.
    pub fn add(&mut self, other: &Self) {
        let Self {
            records,
            table_full,
            over_budget,
            served,
            after_verdict,
            pieces,
            foreign,
            exchanges,
            not_genai,
            calls,
            spans,
            notes,
        } = other;
        self.records += records;
        self.table_full += table_full;
        self.over_budget += over_budget;
        self.served += served;
        self.after_verdict += after_verdict;
        self.pieces += pieces;
        self.foreign += foreign;
        self.exchanges += exchanges;
        self.not_genai += not_genai;
        self.calls += calls;
        self.spans += spans;
        self.notes.add(notes);
    }
}

impl Notes {
    fn add(&mut self, other: &Self) {
        let Self { connections, muted, gaps, gap_bytes, resync, malformed, limits, calls_with_loss, idle } =
            other;
        self.connections += connections;
        self.muted += muted;
        self.gaps += gaps;
        self.gap_bytes += gap_bytes;
        self.resync += resync;
        self.malformed += malformed;
        self.limits += limits;
        self.calls_with_loss += calls_with_loss;
        self.idle += idle;
    }
}

impl Report {
    /// Puts the stages' own counters into one table. `probe`: absent for a replay, which has no first stage.
    pub fn new(probe: Option<Probe>, ring: RingCounts, shards: &ShardCounts, out: OutCounts) -> Self {
        let mut stages = Vec::new();
        let mut kernel = Losses::default();
        if let Some(Probe { stage, beside }) = probe {
            stages.push(stage);
            kernel = beside;
        }
        stages.push(Stage {
            stage: "ring",
            unit: "records",
            came: ring.records,
            went: ring.records - ring.bad,
            losses: Losses::new([("bad_record", ring.bad)]),
        });
        let refused = shards.table_full + shards.over_budget + shards.served + shards.after_verdict;
        stages.push(Stage {
            stage: "connection",
            unit: "records",
            came: shards.records,
            went: shards.records - refused,
            losses: Losses::new([
                ("table_full", shards.table_full),
                ("over_budget", shards.over_budget),
                ("served", shards.served),
                ("after_verdict", shards.after_verdict),
            ]),
        });
        stages.push(Stage {
            stage: "decode",
            unit: "pieces",
            came: shards.pieces,
            went: shards.pieces - shards.foreign,
            losses: Losses::new([("foreign", shards.foreign)]),
        });
        stages.push(Stage {
            stage: "interpret",
            unit: "exchanges",
            came: shards.exchanges,
            went: shards.calls,
            losses: Losses::new([("not_genai", shards.not_genai)]),
        });
        stages.push(Stage {
            stage: "span",
            unit: "calls",
            came: shards.calls,
            went: shards.spans,
            losses: Losses::new([("sampled_out", shards.calls - shards.spans)]),
        });
        stages.push(Stage {
            stage: "out",
            unit: "spans",
            came: out.came,
            went: out.written,
            losses: Losses::new([("queue_full", out.queue_full), ("send_failed", out.send_failed)]),
        });
        Self { stages, notes: shards.notes, kernel }
    }

    /// The table for people.
    pub fn table(&self) -> String {
        let mut out = String::from("stage        unit              in         out  lost\n");
        for Stage { stage, unit, came, went, losses } in &self.stages {
            let lost = losses.told();
            // Writing into a string cannot fail.
            let _ok = writeln!(out, "{stage:<12} {unit:<10} {came:>9} {went:>11}  {lost}");
        }
        let Notes { connections, muted, gaps, gap_bytes, resync, malformed, limits, calls_with_loss, idle } =
            self.notes;
        let _ok = writeln!(
            out,
            "connections {connections} (muted {muted}, idle {idle}); gaps {gaps} ({gap_bytes} B) in {calls_with_loss} \
             calls; resync {resync}, malformed {malformed}, limits {limits}"
        );
        if self.kernel.sum() > 0 {
            let _ok = writeln!(out, "kernel: {}", self.kernel.told());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_adds_up() {
        let probe = Probe {
            stage: Stage {
                stage: "probe",
                unit: "records",
                came: 110,
                went: 100,
                losses: Losses::new([("ring_full", 7), ("read_fault", 0), ("over_long", 3)]),
            },
            beside: Losses::new([("denied", 5), ("nested", 0)]),
        };
        let shards = ShardCounts {
            records: 99,
            table_full: 1,
            served: 3,
            after_verdict: 4,
            pieces: 80,
            foreign: 5,
            exchanges: 10,
            not_genai: 4,
            calls: 6,
            spans: 6,
            ..ShardCounts::default()
        };
        let out = OutCounts { came: 6, written: 5, queue_full: 1, send_failed: 0 };
        let report = Report::new(Some(probe), RingCounts { records: 100, bad: 1 }, &shards, out);
        for stage in &report.stages {
            assert_eq!(stage.came, stage.went + stage.losses.sum(), "{}", stage.stage);
        }
        let names: Vec<_> = report.stages.iter().map(|s| s.stage).collect();
        assert_eq!(names, ["probe", "ring", "connection", "decode", "interpret", "span", "out"]);
        let table = report.table();
        assert!(
            table.contains("ring_full 7, over_long 3") && table.contains("kernel: denied 5\n"),
            "{table}"
        );
    }
}
