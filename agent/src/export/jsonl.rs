//! A span as one line of JSON.
//!
//! Members stand in a fixed order, attributes in the order of [`crate::span::semconv`], so equal spans give equal
//! bytes. `ktime` has the raw kernel times (`CLOCK_MONOTONIC`), for whoever wants to hold them against their own.
//!
//! A line may be printed on a terminal, and strings come from peers: besides what JSON escapes anyway, everything that
//! a terminal might obey is written as `\u….`.

use std::io::Write;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::ser::{CompactFormatter, Formatter};

use crate::enrich::Process;
use crate::export::console::is_unsafe;
use crate::span::{Phase, Span, Value};

/// The line, without its end.
pub fn line(span: &Span) -> String {
    let line = Line {
        name: &span.name,
        start_unix_ns: span.start_unix_ns(),
        end_unix_ns: span.end_unix_ns(),
        attributes: Attributes(&span.attributes),
        phases: Phases(span),
        ktime: Ktime(span),
        process: &span.process,
        connection: &span.connection.id,
    };
    let mut out = Vec::with_capacity(2048);
    // Nothing here can fail: keys are strings and the writer is memory. Were it to, the line says so and is still JSON.
    match line.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Harmless)) {
        Ok(()) => String::from_utf8_lossy(&out).into_owned(),
        Err(_) => r#"{"error":"span could not be written"}"#.to_owned(),
    }
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    start_unix_ns: u64,
    end_unix_ns: u64,
    attributes: Attributes<'a>,
    phases: Phases<'a>,
    ktime: Ktime<'a>,
    process: &'a Process,
    connection: &'a str,
}

struct Attributes<'a>(&'a [(&'static str, Value)]);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            match value {
                Value::Text(text) => map.serialize_entry(name, text)?,
                Value::Int(int) => map.serialize_entry(name, int)?,
                Value::Float(float) => map.serialize_entry(name, float)?,
                Value::Bool(bool) => map.serialize_entry(name, bool)?,
                Value::List(list) => map.serialize_entry(name, list)?,
            }
        }
        map.end()
    }
}

/// Phases relative to the start of the span.
struct Phases<'a>(&'a Span);

impl Serialize for Phases<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Relative {
            name: &'static str,
            start_ns: u64,
            end_ns: u64,
        }
        let mut list = serializer.serialize_seq(Some(self.0.phases.len()))?;
        for Phase { name, start, end } in &self.0.phases {
            list.serialize_element(&Relative {
                name,
                start_ns: start.since(self.0.start),
                end_ns: end.since(self.0.start),
            })?;
        }
        list.end()
    }
}

struct Ktime<'a>(&'a Span);

impl Serialize for Ktime<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.moments.iter().map(|(name, at)| (name, at.0)))
    }
}

/// Compact JSON that is harmless on a terminal.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        text: &str,
    ) -> std::io::Result<()> {
        if !text.contains(is_unsafe) {
            return CompactFormatter.write_string_fragment(writer, text);
        }
        for char in text.chars() {
            if is_unsafe(char) {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                writer.write_all(char.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use genai::Call;

    use super::*;
    use crate::span::build::tests::{CLOCK, bare_call, full_call, process, span};
    use crate::span::{ConnectionInfo, build};

    #[test]
    fn a_full_call() {
        assert_eq!(line(&span(&full_call())), include_str!("jsonl/full_call.json").trim_end());
    }

    #[test]
    fn a_call_of_which_nearly_nothing_is_known() {
        let span = build(&bare_call(), &std::sync::Arc::default(), ConnectionInfo::default(), CLOCK);
        assert_eq!(
            line(&span),
            concat!(
                r#"{"name":"chat","start_unix_ns":1700000000005000000,"end_unix_ns":1700000000005000000,"attributes":{"#,
                r#""gen_ai.operation.name":"chat","gen_ai.provider.name":"openai","wirelight.provider.inferred":true,"#,
                r#""openai.api.type":"chat_completions","wirelight.outcome":"unfinished","process.pid":0},"phases":[],"#,
                r#""ktime":{"request_first_byte":5000000},"process":{"pid":0,"start_ns":0},"connection":""}"#,
            )
        );
    }

    #[test]
    fn a_line_is_json_and_harmless_whatever_peers_send() {
        let model = "m\u{1b}[31m\u{9b}2J\u{7f}\n\"\\\u{202e}\u{feff}\u{2028}é😀\u{e0001}";
        let mut call: Call = full_call();
        call.request.model = Some(model.to_owned());
        call.response.finish_reasons = vec![model.to_owned()];
        let line = line(&build(&call, &process(), ConnectionInfo::new(model.to_owned(), None), CLOCK));
        assert!(!line.contains(is_unsafe), "{}", line.escape_debug());
        assert!(line.contains("é😀"));
        let parsed: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(parsed["attributes"]["gen_ai.request.model"], model);
        assert_eq!(parsed["attributes"]["gen_ai.response.finish_reasons"][0], model);
        assert_eq!(parsed["name"], format!("chat {model}"));
        assert_eq!(parsed["connection"], model);
    }
}
