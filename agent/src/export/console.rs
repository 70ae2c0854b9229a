//! A span as a block of lines for a person at a terminal.
//!
//! ```text
//! 09:13:21.000 chat gpt-4o  200 complete  2.31 s  python3[4242]
//!   request.send    ▏                                   4.00 ms
//!   provider.ttft   ████████████████████                1.40 s
//!   provider.decode                     █████████████   900 ms
//!   chunks 212 (210 content, 3 coalesced)  interval p50 21.0 ms  p95 …  p99 240 ms  max 251 ms
//!   tokens in 1200 (cached 1188)  out 210 (reasoning 64)  $0.0131
//!   server queue 20.0 ms  total 2.25 s  us-west-1
//!   retry 1 after 250 ms, cache missed: prompt_changed
//!   request req_1  response chatcmpl-1  api.openai.com:443
//! ```
//!
//! What is not known is not shown. Strings come from peers, and a terminal obeys some of what it is shown, so whatever
//! is not plain text is written as `\u{…}`.

mod notes;

use std::fmt::Write;

use crate::span::{Phase, Span, Value, semconv as name};

/// The block, each line with its end. `width` is the terminal's; only the bars depend on it.
pub fn block(span: &Span, color: bool, width: usize) -> String {
    let paint = Paint { color };
    let mut block = header(span, paint);
    block.push('\n');
    for line in waterfall(span, paint, width).into_iter().chain([
        chunks(span),
        tokens(span),
        notes::server(span),
        notes::notes(span),
        ids(span),
        capture(span),
    ]) {
        if !line.is_empty() {
            block.push_str("  ");
            block.push_str(&line);
            block.push('\n');
        }
    }
    block
}

/// Whether a character is not just shown: controls of both sets, marks that reorder or hide text, line separators, tags.
pub(super) fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A string of a peer, as it may be shown.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for char in text.chars() {
        if is_unsafe(char) { plain.extend(char.escape_unicode()) } else { plain.push(char) }
    }
    plain
}

fn header(span: &Span, paint: Paint) -> String {
    let error = text(span, name::ERROR_TYPE);
    let status = int(span, name::HTTP_STATUS).map(|status| status.to_string());
    let outcome = text(span, name::OUTCOME);
    let ending: Vec<String> = [status, outcome, error.clone()].into_iter().flatten().collect();
    let ok = error.is_none() && span.get(name::OUTCOME) == Some(&Value::Text("complete".to_owned()));
    let ending = paint.with(if ok { GREEN } else { RED }, &ending.join(" "));
    let process = match &span.process.comm {
        Some(comm) => format!("{}[{}]", plain(comm), span.process.pid),
        None => format!("[{}]", span.process.pid),
    };
    let time = paint.with(DIM, &time_of_day(span.start_unix_ns()));
    let title = paint.with(BOLD, &plain(&span.name));
    format!("{time} {title}  {ending}  {}  {process}", duration(span.duration_ns()))
}

/// One line per phase: a bar from where it began to where it ended, on the scale of the whole call.
fn waterfall(span: &Span, paint: Paint, width: usize) -> Vec<String> {
    let name_width = span.phases.iter().map(|phase| phase.name.len()).max().unwrap_or(0);
    // Two of indent, one and two between the columns, eight for a duration.
    let bar_width = width.saturating_sub(name_width + 2 + 1 + 2 + 8).clamp(MIN_BAR, MAX_BAR);
    let total = span.duration_ns();
    let line = |phase: &Phase| {
        let bar = bar(phase.start.since(span.start), phase.end.since(span.start), total, bar_width);
        let took = duration(phase.end.since(phase.start));
        format!("{:<name_width$} {}  {took:>8}", phase.name, paint.with(CYAN, &bar))
    };
    span.phases.iter().map(line).collect()
}

/// A bar in eighths of a cell at its end. It always shows something: a phase of nothing is a thin line.
fn bar(start: u64, end: u64, total: u64, width: usize) -> String {
    const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let scale = |ns: u64| u128::from(ns) * width as u128 * 8 / u128::from(total.max(1));
    // A bar begins at a whole cell: there is no sign for a cell that is full only at its right.
    let last_cell = (width as u128).saturating_sub(1) * 8;
    let from = (scale(start) / 8 * 8).min(last_cell);
    let to = scale(end).clamp(from + 1, from.max(width as u128 * 8));
    let mut bar = " ".repeat(usize::try_from(from / 8).unwrap_or(0));
    let (full, part) = ((to - from) / 8, (to - from) % 8);
    bar.extend(std::iter::repeat_n('█', usize::try_from(full).unwrap_or(0)));
    bar.extend(EIGHTHS.iter().take(usize::try_from(part).unwrap_or(0)).next_back());
    let shown = bar.chars().count();
    bar.push_str(&" ".repeat(width.saturating_sub(shown)));
    bar
}

fn chunks(span: &Span) -> String {
    let Some(chunks) = int(span, name::STREAM_CHUNKS) else {
        return String::new();
    };
    let mut details = Vec::new();
    details.extend(int(span, name::STREAM_CONTENT_CHUNKS).map(|count| format!("{count} content")));
    let coalesced = int(span, name::STREAM_COALESCED).filter(|count| *count > 0);
    details.extend(coalesced.map(|count| format!("{count} coalesced")));
    let mut line = format!("chunks {chunks}{}", parenthesis(&details));
    let intervals = [
        ("p50", name::CHUNK_INTERVAL_P50),
        ("p95", name::CHUNK_INTERVAL_P95),
        ("p99", name::CHUNK_INTERVAL_P99),
        ("max", name::CHUNK_INTERVAL_MAX),
    ];
    let known: Vec<String> = intervals
        .iter()
        .filter_map(|(label, name)| Some(format!("{label} {}", duration_s(float(span, name)?))))
        .collect();
    if !known.is_empty() {
        line.push_str("  interval ");
        line.push_str(&known.join("  "));
    }
    line
}

fn tokens(span: &Span) -> String {
    let part = |label: &str, total: &str, details: &[(&str, &str)]| {
        let details: Vec<String> = details
            .iter()
            .filter_map(|(label, name)| {
                Some(format!("{label} {}", int(span, name).filter(|count| *count > 0)?))
            })
            .collect();
        Some(format!("{label} {}{}", int(span, total)?, parenthesis(&details)))
    };
    let cost = notes::cost(span);
    let known: Vec<String> = [
        part(
            "in",
            name::USAGE_INPUT,
            &[("cached", name::USAGE_CACHE_READ), ("cache written", name::USAGE_CACHE_WRITE)],
        ),
        part("out", name::USAGE_OUTPUT, &[("reasoning", name::USAGE_REASONING)]),
        cost,
    ]
    .into_iter()
    .flatten()
    .collect();
    if known.is_empty() { String::new() } else { format!("tokens {}", known.join("  ")) }
}

fn ids(span: &Span) -> String {
    let labelled = |label: &str, name: &str| Some(format!("{label} {}", text(span, name)?));
    let server = text(span, name::SERVER_ADDRESS).map(|address| match int(span, name::SERVER_PORT) {
        Some(port) if address.contains(':') => format!("[{address}]:{port}"),
        Some(port) => format!("{address}:{port}"),
        None => address,
    });
    let known: Vec<String> = [
        labelled("request", name::PROVIDER_REQUEST_ID),
        labelled("response", name::RESPONSE_ID),
        labelled("model", name::RESPONSE_MODEL),
        server,
    ]
    .into_iter()
    .flatten()
    .collect();
    known.join("  ")
}

/// What makes the figures above less than sure.
fn capture(span: &Span) -> String {
    let truncated = span.get(name::CAPTURE_TRUNCATED).map(|_| match int(span, name::CAPTURE_LOST_BYTES) {
        Some(bytes) => format!("{bytes} bytes lost in capture"),
        None => "bytes lost in capture".to_owned(),
    });
    let late = span.get(name::CAPTURE_JOINED_LATE).map(|_| "joined after it began".to_owned());
    let unknown = int(span, name::CAPTURE_UNKNOWN_SHAPE).map(|count| format!("{count} parts not understood"));
    [truncated, late, unknown].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn text(span: &Span, name: &str) -> Option<String> {
    match span.get(name)? {
        Value::Text(text) => Some(plain(text)),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::List(_) => None,
    }
}

fn int(span: &Span, name: &str) -> Option<i64> {
    match span.get(name)? {
        Value::Int(int) => Some(*int),
        Value::Text(_) | Value::Float(_) | Value::Bool(_) | Value::List(_) => None,
    }
}

fn float(span: &Span, name: &str) -> Option<f64> {
    match span.get(name)? {
        Value::Float(float) => Some(*float),
        Value::Text(_) | Value::Int(_) | Value::Bool(_) | Value::List(_) => None,
    }
}

fn parenthesis(details: &[String]) -> String {
    if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) }
}

/// Three digits that matter, and a unit.
fn duration(ns: u64) -> String {
    duration_s(ns as f64 / 1e9)
}

fn duration_s(seconds: f64) -> String {
    let (value, unit) = match seconds {
        // From here on the next smaller unit would be rounded to a fourth digit.
        _ if seconds >= 0.999_5 => (seconds, "s"),
        _ if seconds >= 0.000_999_5 => (seconds * 1e3, "ms"),
        _ if seconds >= 0.000_000_999_5 => (seconds * 1e6, "µs"),
        _ => return format!("{:.0} ns", seconds * 1e9),
    };
    let digits = match value {
        _ if value >= 99.95 => 0,
        _ if value >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}")
}

/// Time of day in UTC, to the millisecond.
fn time_of_day(unix_ns: u64) -> String {
    let ms = unix_ns / 1_000_000;
    let (seconds, ms) = (ms / 1000 % 86_400, ms % 1000);
    let mut time = String::with_capacity(12);
    // Writing to a string cannot fail.
    let _written = write!(time, "{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    time
}

/// Narrower, a bar tells nothing; wider, nobody looks along it.
const MIN_BAR: usize = 16;
const MAX_BAR: usize = 80;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const CYAN: &str = "36";

/// Colours, where they are wanted.
#[derive(Clone, Copy)]
struct Paint {
    color: bool,
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests;
