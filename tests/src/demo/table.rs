//! The demo's table: each call's truth beside the agent's figures, and what it comes to.

use std::fmt::Write as _;

use crate::{
    harness::{
        AgentCall, ClientCall,
        compare::{Delays, differences, misplaced},
        report::name,
    },
    provider::Truth,
};

/// One call.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    client: String,
    chunks: Pair,
    tokens: Pair,
    interval_p50: Pair,
    /// Time to first token by the provider's stamp, and the agent's figure, from the same start.
    first_token: Pair,
    delays: Delays,
    found: bool,
    /// Everything in which the agent's account is not what happened.
    wrong: Vec<String>,
}

/// A figure as it was, and as the agent has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pair {
    truth: Option<u64>,
    agent: Option<u64>,
}

impl Row {
    /// Compares; `told` is absent when the agent did not report the call.
    pub(super) fn new(client: &ClientCall, truth: &Truth, told: Option<&AgentCall>) -> Self {
        let chunks = truth.stream.then_some(truth.chunks.len() as u64);
        let mut row = Self {
            client: format!("{} {}", client.client, client.pid),
            chunks: Pair { truth: chunks, agent: None },
            tokens: Pair { truth: truth.usage.map(|usage| usage.output), agent: None },
            interval_p50: Pair { truth: truth.interval_p50(), agent: None },
            ..Self::default()
        };
        let Some(told) = told else {
            row.wrong.push(format!("{} was not reported", truth.request_id));
            return row;
        };
        row.found = true;
        row.wrong = [differences(truth, told), misplaced(truth, told, client)].concat();
        row.chunks.agent = told.number(name::CHUNKS);
        row.tokens.agent = told.number(name::OUTPUT_TOKENS);
        row.interval_p50.agent = told.seconds(name::INTERVAL_P50);
        let since_request = |at: Option<u64>| at?.checked_sub(told.ktime.request_last_byte?);
        row.first_token =
            Pair { truth: since_request(truth.first_token()), agent: since_request(told.ktime.first_token) };
        row.delays = Delays::of(truth, told, client);
        row
    }

    /// Whether the agent reported it.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    /// Whether everything that the agent says of it is so.
    pub(super) fn right(&self) -> bool {
        self.found && self.wrong.is_empty()
    }

    fn cells(&self, number: usize) -> [String; 8] {
        let Self { client, chunks, tokens, interval_p50, first_token, delays, .. } = self;
        [
            number.to_string(),
            client.clone(),
            chunks.show(|count| count.to_string()),
            first_token.show(milliseconds).replace('/', "→"),
            delays.first_token.map_or("-".to_owned(), microseconds),
            delays.last_token.map_or("-".to_owned(), microseconds),
            interval_p50.show(milliseconds),
            tokens.show(|count| count.to_string()),
        ]
    }
}

impl Pair {
    fn show(self, unit: impl Fn(u64) -> String) -> String {
        let one = |figure: Option<u64>| figure.map_or("-".to_owned(), &unit);
        match self {
            Self { truth: None, agent: None } => "-".to_owned(),
            Self { truth, agent } => format!("{} / {}", one(truth), one(agent)),
        }
    }
}

const HEADS: [&str; 8] = [
    "call",
    "client, pid",
    "chunks",
    "first token, ms",
    "error, µs",
    "last token, µs",
    "interval p50, ms",
    "tokens out",
];

/// The table and its summary.
pub(super) fn render(rows: &[Row]) -> String {
    let mut table = vec![HEADS.map(str::to_owned)];
    table.extend(rows.iter().enumerate().map(|(index, row)| row.cells(index + 1)));
    let mut widths = [0; HEADS.len()];
    for cells in &table {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text =
        String::from("Truth (the provider's) / agent; first token: provider's stamp → agent's figure.\n\n");
    for cells in &table {
        let line: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        // Writing to a String does not fail, here and below.
        let _infallible = writeln!(text, "{}", line.join("   ").trim_end());
    }
    text.push('\n');
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| !row.wrong.is_empty()) {
        let _infallible = writeln!(text, "WRONG {}: {}", index + 1, row.wrong.join("; "));
    }
    let _infallible = writeln!(text, "{}", summary(rows));
    text
}

fn summary(rows: &[Row]) -> String {
    let all = rows.len();
    let found = rows.iter().filter(|row| row.found).count();
    let equal = rows.iter().filter(|row| row.found && row.chunks.truth == row.chunks.agent).count();
    let mut text = format!("{found} of {all} calls found, chunk counts equal on {equal}");
    let agent = spread(rows.iter().filter_map(|row| row.delays.first_token));
    if let Some((p50, max)) = agent {
        let _infallible = write!(
            text,
            "; first token after the provider's stamp: p50 {} µs, max {} µs",
            microseconds(p50),
            microseconds(max)
        );
    }
    text.push('.');
    // Bytes reach the process when it reads them: the part of the error that lies before the client's own first sight
    // of them is the way through the kernel and the client's own read, and no observer could be nearer.
    let both: Vec<(u64, u64)> =
        rows.iter().filter_map(|row| row.delays.first_token.zip(row.delays.client_first_token)).collect();
    if let Some((p50, max)) = spread(both.iter().map(|(_, client)| *client)) {
        let within = both.iter().filter(|(agent, client)| agent <= client).count();
        let _infallible = write!(
            text,
            "\nThe clients' own clocks saw it p50 {} µs, max {} µs after the stamp: on {within} of {} calls the agent's \
             whole error lies inside the client's own read.",
            microseconds(p50),
            microseconds(max),
            both.len()
        );
    }
    text
}

/// Median (nearest rank) and maximum.
fn spread(values: impl Iterator<Item = u64>) -> Option<(u64, u64)> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    let median = values.get(values.len().div_ceil(2).checked_sub(1)?)?;
    Some((*median, *values.last()?))
}

fn milliseconds(ns: u64) -> String {
    format!("{:.1}", ns as f64 / 1e6)
}

fn microseconds(ns: u64) -> String {
    format!("{:.0}", ns as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(client: &str, chunks: (Option<u64>, Option<u64>), delay: Option<u64>, seen: Option<u64>) -> Row {
        Row {
            client: client.to_owned(),
            chunks: Pair { truth: chunks.0, agent: chunks.1 },
            tokens: Pair { truth: Some(30), agent: Some(30) },
            interval_p50: Pair { truth: Some(8_000_000), agent: Some(8_040_000) },
            first_token: Pair { truth: Some(41_000_000), agent: Some(41_150_000) },
            delays: Delays { first_token: delay, last_token: delay, client_first_token: seen },
            found: true,
            wrong: Vec::new(),
        }
    }

    #[test]
    fn a_table_can_be_read() {
        let rows = [
            row("curl 7", (Some(33), Some(33)), Some(150_000), None),
            row("python 123", (Some(33), Some(33)), Some(90_000), Some(130_000)),
            Row {
                client: "node 8".to_owned(),
                chunks: Pair { truth: None, agent: None },
                wrong: vec!["req_1 was not reported".to_owned()],
                ..Row::default()
            },
        ];
        assert_eq!(
            render(&rows),
            "Truth (the provider's) / agent; first token: provider's stamp → agent's figure.\n\
             \n\
             call   client, pid   chunks    first token, ms   error, µs   last token, µs   interval p50, ms   tokens out\n\
             1      curl 7        33 / 33   41.0 → 41.1       150         150              8.0 / 8.0          30 / 30\n\
             2      python 123    33 / 33   41.0 → 41.1       90          90               8.0 / 8.0          30 / 30\n\
             3      node 8        -         -                 -           -                -                  -\n\
             \n\
             WRONG 3: req_1 was not reported\n\
             2 of 3 calls found, chunk counts equal on 2; first token after the provider's stamp: p50 90 µs, max 150 µs.\n\
             The clients' own clocks saw it p50 130 µs, max 130 µs after the stamp: on 1 of 1 calls the agent's whole error lies inside the client's own read.\n"
        );
    }

    #[test]
    fn a_missing_or_wrong_call_is_not_right() {
        let good = row("x", (Some(1), Some(1)), None, None);
        assert!(good.right() && good.found());
        assert!(!Row { found: false, ..good.clone() }.right());
        assert!(!Row { wrong: vec![String::new()], ..good }.right());
        let missing = Row::new(&ClientCall::default(), &Truth::default(), None);
        assert!(!missing.right() && !missing.found());
    }

    #[test]
    fn counts_that_differ_are_shown_and_not_counted() {
        let rows = [row("x", (Some(2), Some(3)), Some(1), None), row("y", (Some(2), None), Some(1), None)];
        let text = render(&rows);
        assert!(text.contains("2 / 3") && text.contains("2 / -"), "{text}");
        assert!(text.contains("2 of 2 calls found, chunk counts equal on 0;"), "{text}");
    }
}
