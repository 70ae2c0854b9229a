//! Who may import whom: the table of the agent's stages, and which crates a stage may name.
//!
//! In: a source file. Out: an import that goes against the direction of the data. Paths through `super::` are not
//! followed: within a stage they are free, and out of it they would have to say `super::super::`, which reads wrong
//! enough. Comments are passed over.

use super::Finding;

/// A stage, and what it may import besides itself. In the order of the path of a byte.
const STAGES: [(&str, &[&str]); 12] = [
    (
        "cli",
        &[
            "attach",
            "capture",
            "config",
            "connection",
            "enrich",
            "export",
            "shard",
            "span",
            "telemetry",
            "ui",
        ],
    ),
    ("config", &["attach", "enrich", "export", "span"]),
    (
        "pipeline",
        &[
            "attach",
            "capture",
            "config",
            "connection",
            "enrich",
            "export",
            "shard",
            "span",
            "telemetry",
            "ui",
        ],
    ),
    ("attach", &["config", "enrich", "telemetry"]),
    ("capture", &["attach", "config", "enrich", "telemetry"]),
    ("connection", &["capture", "config", "enrich", "telemetry"]),
    ("shard", &["capture", "config", "connection", "enrich", "span", "telemetry"]),
    ("enrich", &["config", "telemetry"]),
    ("span", &["capture", "config", "enrich", "telemetry"]),
    ("export", &["config", "enrich", "span", "telemetry"]),
    ("ui", &["config", "enrich", "span", "telemetry"]),
    ("telemetry", &[]),
];

/// All that `main.rs` may name of the agent's library.
const MAIN: [&str; 2] = ["cli", "pipeline"];

/// A crate, and the only places that may name it.
const ONLY_IN: [(&str, &[&str]); 3] = [
    ("aya", &["agent/src/attach", "agent/src/capture"]),
    ("aya_log", &["agent/src/attach", "agent/src/capture"]),
    ("common", &["agent/src/attach", "agent/src/capture", "ebpf/"]),
];

/// A place, and the crates that it may not name.
const NEVER: [(&str, &[&str]); 9] = [
    ("agent/wire/src/", &["aya", "genai", "libc", "tokio"]),
    ("agent/genai/", &["aya", "libc", "tokio"]),
    ("agent/src/attach", &["genai"]),
    ("agent/src/capture", &["genai"]),
    ("agent/src/connection", &["genai", "tokio"]),
    ("agent/src/span", &["libc", "opentelemetry", "tokio"]),
    ("agent/src/shard", &["libc"]),
    ("agent/src/export", &["genai", "wire"]),
    ("agent/src/ui", &["genai", "wire"]),
];

/// Tests of a pure crate that run an independent implementation against it, and with that its runtime.
const IN_TESTS: [&str; 1] = ["agent/wire/src/tests/"];

/// `crate::…` in the agent against [`STAGES`].
pub(super) fn stage_imports(path: &str, content: &str) -> Vec<Finding> {
    let Some(stage) = stage_of(path) else {
        return Vec::new();
    };
    let Some((_, may)) = STAGES.iter().find(|(name, _)| *name == stage) else {
        let says = format!(
            "stage `{stage}` is not in the table of xtask/src/tidy/imports.rs: say there what it may import"
        );
        return vec![Finding::new(path, 1, says)];
    };
    let allowed = |name: &str| name == stage || may.contains(&name) || !is_stage(name);
    roots(content, "crate")
        .into_iter()
        .filter(|(_, name)| !allowed(name))
        .map(|(line, name)| Finding::new(path, line, format!("`{stage}` may not import `{name}`")))
        .collect()
}

/// `wirelight::…` in the agent's `main.rs`.
pub(super) fn main_imports(path: &str, content: &str) -> Vec<Finding> {
    if path != "agent/src/main.rs" {
        return Vec::new();
    }
    roots(content, "wirelight")
        .into_iter()
        .filter(|(_, name)| !MAIN.contains(&name.as_str()))
        .map(|(line, name)| {
            Finding::new(path, line, format!("`main` may not import `{name}`, only cli and pipeline"))
        })
        .collect()
}

/// Crates against [`ONLY_IN`] and [`NEVER`].
pub(super) fn crate_names(path: &str, content: &str) -> Vec<Finding> {
    let product = ["agent/src/", "agent/wire/", "agent/genai/", "common/", "ebpf/"];
    if !path.ends_with(".rs") || !product.iter().any(|place| path.starts_with(place)) {
        return Vec::new();
    }
    // Tests make a stage's input by hand, and may name whoever makes it otherwise.
    if path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let content = content.split("#[cfg(test)]").next().unwrap_or_default();
    let only = ONLY_IN.iter().filter(|(_, places)| !places.iter().any(|place| path.starts_with(place)));
    let in_tests = IN_TESTS.iter().any(|place| path.starts_with(place));
    let never = NEVER.iter().filter(|(place, _)| !in_tests && path.starts_with(place));
    let mut denied: Vec<&str> =
        only.map(|(name, _)| *name).chain(never.flat_map(|(_, names)| names.iter().copied())).collect();
    denied.sort_unstable();
    denied.dedup();
    let named = |name: &'static str| {
        roots(content, name).into_iter().map(move |(line, _)| (line, name)).collect::<Vec<_>>()
    };
    let mut findings: Vec<Finding> = denied
        .into_iter()
        .flat_map(named)
        .map(|(line, name)| Finding::new(path, line, format!("the crate `{name}` may not be named here")))
        .collect();
    findings.dedup();
    findings
}

/// `agent/src/capture/ring.rs` → `capture`; the crate's own roots belong to no stage.
fn stage_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("agent/src/")?;
    let stage = inside.split('/').next()?;
    let stage = stage.strip_suffix(".rs").unwrap_or(stage);
    (path.ends_with(".rs") && stage != "lib" && stage != "main").then_some(stage)
}

fn is_stage(name: &str) -> bool {
    STAGES.iter().any(|(stage, _)| *stage == name)
}

/// The first name after each `start::`, with its line; of `start::{a::b, c}` both `a` and `c`. `use start;` gives
/// `start` itself.
fn roots(content: &str, start: &str) -> Vec<(usize, String)> {
    let code: Vec<&str> = content.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices(start) {
        let (before, rest) = code.split_at(at);
        let after = rest.strip_prefix(start).unwrap_or_default();
        // Not a part of a longer word, and not in the middle of another path.
        if before.ends_with(is_word) || before.ends_with("::") {
            continue;
        }
        let line = before.matches('\n').count() + 1;
        match after.strip_prefix("::") {
            Some(list) if list.starts_with('{') => {
                found.extend(list_roots(list).into_iter().map(|(down, name)| (line + down, name)));
            }
            Some(path) => found.push((line, name(path))),
            None if before.trim_end().ends_with("use") && after.starts_with([';', ' ']) => {
                found.push((line, start.to_owned()));
            }
            None => {}
        }
    }
    found
}

/// The names that begin the entries of `{a::b, c::{d, e}}`: `a` and `c`, each with how many lines down it is.
fn list_roots(list: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut down = 0;
    let mut entry_begins = false;
    for (at, c) in list.char_indices() {
        match c {
            '\n' => down += 1,
            '{' => {
                depth += 1;
                entry_begins = depth == 1;
            }
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' => entry_begins = depth == 1,
            c if entry_begins && is_word(c) => {
                found.push((down, name(list.split_at(at).1)));
                entry_begins = false;
            }
            _ => {}
        }
    }
    found
}

/// The identifier at the start of `text`.
fn name(text: &str) -> String {
    text.chars().take_while(|&c| is_word(c)).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(findings: Vec<Finding>) -> Vec<String> {
        findings.iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn imports_against_the_stream_are_found() {
        let content = "\
//! Doc that names crate::ui.
use crate::span::Span;
use crate::capture::Captured; // and crate::export
use crate::{
    connection::{Table, span::X},
    export,
};
fn f() { crate::pipeline::stop() }
";
        assert_eq!(
            said(stage_imports("agent/src/connection/table.rs", content)),
            [
                "agent/src/connection/table.rs:2: `connection` may not import `span`",
                "agent/src/connection/table.rs:6: `connection` may not import `export`",
                "agent/src/connection/table.rs:8: `connection` may not import `pipeline`",
            ]
        );
    }

    #[test]
    fn imports_with_the_stream_are_not() {
        let content =
            "use crate::{capture::Captured, telemetry};\nuse crate::connection::Key;\nuse crate::Error;\n";
        assert_eq!(said(stage_imports("agent/src/connection.rs", content)), [] as [&str; 0]);
        assert_eq!(said(stage_imports("agent/src/lib.rs", "pub use crate::ui::Top;")), [] as [&str; 0]);
        assert_eq!(said(stage_imports("tests/it/main.rs", "use crate::ui;")), [] as [&str; 0]);
    }

    #[test]
    fn nobody_imports_pipeline_or_cli() {
        for (stage, _) in STAGES {
            for target in ["pipeline", "cli"].into_iter().filter(|target| *target != stage) {
                let path = format!("agent/src/{stage}/x.rs");
                let findings = stage_imports(&path, &format!("use crate::{target}::X;\n"));
                assert_eq!(said(findings), [format!("{path}:1: `{stage}` may not import `{target}`")]);
            }
        }
    }

    #[test]
    fn stage_without_a_row_is_found() {
        let findings = said(stage_imports("agent/src/helpers.rs", ""));
        assert!(findings[0].contains("`helpers` is not in the table"), "{findings:?}");
    }

    #[test]
    fn main_names_cli_and_pipeline_only() {
        let content = "use wirelight::{cli, pipeline};\nuse wirelight::span::Span;\n";
        assert_eq!(
            said(main_imports("agent/src/main.rs", content)),
            ["agent/src/main.rs:2: `main` may not import `span`, only cli and pipeline"]
        );
    }

    #[test]
    fn crates_out_of_place_are_found() {
        let check = |path: &str, content: &str| said(crate_names(path, content)).len();
        assert_eq!(check("agent/src/span/model.rs", "use aya::Ebpf;"), 1);
        assert_eq!(check("agent/src/span/model.rs", "fn f(e: &aya::Ebpf) {}"), 1);
        assert_eq!(check("agent/src/span/model.rs", "use aya;"), 1);
        assert_eq!(check("agent/src/connection/table.rs", "use common::Record;"), 1);
        assert_eq!(check("agent/wire/src/sse.rs", "use tokio::time;"), 1);
        assert_eq!(check("agent/wire/src/tests/h2_recorded.rs", "use tokio::time;"), 0);
        assert_eq!(check("agent/genai/src/openai.rs", "let x = libc::getpid();"), 1);
        assert_eq!(check("agent/src/export/otlp.rs", "use wire::Time;"), 1);
        assert_eq!(check("agent/src/ui/top.rs", "use genai::Call;"), 1);
    }

    #[test]
    fn crates_in_place_are_not() {
        let check = |path: &str, content: &str| said(crate_names(path, content));
        let none = [] as [&str; 0];
        assert_eq!(check("agent/src/attach/loader.rs", "use aya::Ebpf; use common::Cookie;"), none);
        assert_eq!(check("agent/src/capture/ring.rs", "use aya::maps::RingBuf;"), none);
        assert_eq!(check("agent/src/shard.rs", "use wire::Message; use genai::Call;"), none);
        assert_eq!(
            check("agent/src/span/build.rs", "// aya::Ebpf\nlet himalaya = my_aya::x; crate::common::y"),
            none
        );
        assert_eq!(check("ebpf/src/emit.rs", "use common::Record;"), none);
    }
}
