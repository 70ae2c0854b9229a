//! One exchange with a model API, as bytes through the decoder and the interpreter, held against what must be true of
//! any bytes at all.
//!
//! - Nothing panics, and there is at most one call.
//! - Lists and texts of a call keep to the caps of [`genai::limits`].
//! - How the bytes are cut makes no difference to the call. All bytes of a side cross at one time, so times do not differ
//!   either. Not asked for where bytes were lost.
//! - What is said shows in nobody's `Debug`: not the credential of the head, and not what stands at the beginning of a
//!   member that is content everywhere ([`CONTENT`]). A canary at any other place may be a name, and is not looked for.
//!
//! ```text
//! flags  pieces  length (2)  request body…  response body…
//! ```

use bytes::Bytes;
use genai::{Call, Interpreter, limits};
use wire::{Connection, Direction, StreamOffset, Time};

/// Where an API is asked, and how it streams.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    pub host: &'static str,
    /// Method and path.
    pub path: &'static str,
    /// Media type of a stream.
    pub stream: &'static str,
}

pub const SSE: &str = "text/event-stream";
pub const NDJSON: &str = "application/x-ndjson";
pub const FRAMES: &str = "application/vnd.amazon.eventstream";

/// Everything that must be true.
#[track_caller]
pub fn check(api: Api, data: &[u8]) {
    let exchange = Exchange::read(api, data);
    let whole = exchange.run(usize::MAX);
    whole.iter().for_each(keeps_to_caps);
    let short = exchange.request.len() + exchange.response.len() <= ONE_BY_ONE;
    for size in [Some(exchange.piece), (short && exchange.piece != 1).then_some(1)].into_iter().flatten() {
        let cut = exchange.run(size);
        assert!(exchange.gap || cut == whole, "cut at every {size}: {cut:#?}\nwhole: {whole:#?}");
    }
}

/// What crosses.
struct Exchange {
    request: Vec<u8>,
    response: Vec<u8>,
    /// Bytes of the response are lost in the middle of it.
    gap: bool,
    piece: usize,
    /// There is a canary, and only where content is.
    planted: bool,
}

impl Exchange {
    fn read(api: Api, data: &[u8]) -> Self {
        let (flags, piece, length, rest) = match data {
            [flags, piece, high, low, rest @ ..] => {
                (*flags, *piece, usize::from(u16::from_be_bytes([*high, *low])), rest)
            }
            short => (0, 0, 0, short),
        };
        let (asked, answered) = rest.split_at(length.min(rest.len()));
        let (status, media_type) = match flags & 3 {
            0 | 1 => ("200 OK", api.stream),
            2 => ("200 OK", "application/json"),
            _ => ("429 Too Many Requests", "application/json"),
        };
        // Elsewhere its body has to tell.
        let (host, path) = if flags & 4 == 0 { (api.host, api.path) } else { ("h.example", "/ask") };
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {CREDENTIAL}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            asked.len()
        )
        .into_bytes();
        request.extend_from_slice(asked);
        let mut response = format!("HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\n\r\n").into_bytes();
        response.extend_from_slice(answered);
        Self {
            request,
            response,
            gap: flags & 8 != 0,
            piece: usize::from(piece % 64) + 1,
            planted: is_planted(asked) && is_planted(answered),
        }
    }

    fn run(&self, piece: usize) -> Vec<Call> {
        let mut connection = Connection::new(true);
        let mut interpreter = Interpreter::default();
        let mut to_interpreter = |connection: &mut Connection, looked_at: bool| {
            while let Some(message) = connection.poll() {
                interpreter.push(message);
            }
            if looked_at {
                self.shows_nothing(&format!("{interpreter:?}"));
            }
        };
        let sides = [(Direction::ToServer, &self.request, 1000), (Direction::ToClient, &self.response, 2000)];
        for (direction, bytes, at) in sides {
            let mut offset = 0;
            for part in bytes.chunks(piece) {
                let middle = offset < bytes.len() / 2 && offset + part.len() >= bytes.len() / 2;
                let place = StreamOffset(offset as u64);
                if self.gap && middle && direction == Direction::ToClient {
                    connection.gap(direction, part.len() as u64, Time(at));
                } else {
                    connection.push(direction, Bytes::copy_from_slice(part), place, Time(at));
                }
                offset += part.len();
                to_interpreter(&mut connection, middle || offset == bytes.len());
            }
        }
        connection.close(Time(3000));
        to_interpreter(&mut connection, true);
        interpreter.finish(Time(3000), true);
        let calls: Vec<Call> = std::iter::from_fn(|| interpreter.poll()).collect();
        assert!(calls.len() <= 1, "{} calls of one exchange", calls.len());
        self.shows_nothing(&format!("{calls:?}"));
        calls
    }

    #[track_caller]
    fn shows_nothing(&self, shown: &str) {
        assert!(!shown.contains(CREDENTIAL), "shows a credential: {shown}");
        assert!(!(self.planted && shown.contains(CANARY)), "shows content: {shown}");
    }
}

/// Whether every canary stands at the beginning of a member that is content.
fn is_planted(body: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = body
        .get(at..)
        .and_then(|rest| rest.windows(CANARY.len()).position(|bytes| bytes == CANARY.as_bytes()))
    {
        let before = body.get(..at + found).unwrap_or_default();
        if !CONTENT.iter().any(|member| before.ends_with(member.as_bytes())) {
            return false;
        }
        at += found + CANARY.len();
    }
    true
}

#[track_caller]
fn keeps_to_caps(call: &Call) {
    let Call { request, response, usage, traces, .. } = call;
    assert!(response.finish_reasons.len() <= limits::CHOICES, "{}", response.finish_reasons.len());
    assert!(response.tool_calls.len() <= limits::TOOL_CALLS, "{}", response.tool_calls.len());
    assert!(usage.raw.len() <= limits::FIGURES, "{}", usage.raw.len());
    assert!(traces.messages.len() <= limits::TRACED_MESSAGES, "{}", traces.messages.len());
    assert!(traces.tool_results.len() <= limits::TOOL_CALLS, "{}", traces.tool_results.len());
    let named = response.tool_calls.iter().flat_map(|tool| [&tool.id, &tool.name]).flatten();
    let texts = [
        &request.model,
        &request.output_type,
        &request.reasoning_level,
        &request.service_tier,
        &request.previous_response,
        &request.conversation,
        &request.prompt_id,
        &request.prompt_version,
        &request.encoding_format,
        &response.id,
        &response.model,
        &response.system_fingerprint,
        &response.service_tier,
        &response.refusal_category,
        &response.conversation,
        &response.upstream,
        &response.cache_miss_reason,
    ];
    let all = texts.into_iter().flatten().chain(&response.finish_reasons).chain(named);
    for text in all.chain(usage.raw.iter().map(|(path, _)| path)) {
        assert!(text.len() <= limits::TEXT, "{} bytes of text", text.len());
    }
    for (path, figure) in &usage.raw {
        assert!(figure.is_finite(), "{path} is {figure}");
    }
    if let Some(failure) = &call.failure {
        assert!(failure.kind.len() <= limits::TEXT, "{} bytes of an error", failure.kind.len());
    }
}

const CREDENTIAL: &str = "sk-CREDENTIAL";
pub const CANARY: &str = "CANARY";

/// Beginnings of members that are content in every API: what stands in them is shown nowhere.
const CONTENT: [&str; 13] = [
    "\"content\":\"",
    "\"text\":\"",
    "\"thinking\":\"",
    "\"reasoning_content\":\"",
    "\"partial_json\":\"",
    "\"arguments\":\"",
    "\"prompt\":\"",
    "\"inputs\":\"",
    "\"input\":\"",
    "\"system\":\"",
    "\"generated_text\":\"",
    "\"message\":\"",
    "\"delta\":\"",
];

/// Bytes up to which an exchange is also pushed one by one.
const ONE_BY_ONE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_counts_only_where_content_is() {
        for (body, expect) in [
            (r#"{"content":"CANARY","text":"CANARY"}"#, true),
            (r#"{}"#, true),
            (r#"{"content":"CANARY","model":"CANARY"}"#, false),
            (r#"{"content":"x CANARY"}"#, false),
        ] {
            assert_eq!(is_planted(body.as_bytes()), expect, "{body}");
        }
    }

    #[test]
    fn an_input_is_an_exchange() {
        let api = Api { host: "api.openai.com", path: "/v1/chat/completions", stream: SSE };
        let asked = r#"{"model":"m","messages":[{"role":"user","content":"CANARY"}]}"#;
        let answered = "data: {\"choices\":[{\"delta\":{\"content\":\"CANARY\"}}]}\n\ndata: [DONE]\n\n";
        for (flags, calls) in [(0, 1), (2, 1), (3, 1), (8, 1)] {
            let data = [&[flags, 6, 0, asked.len() as u8], asked.as_bytes(), answered.as_bytes()].concat();
            check(api, &data);
            let exchange = Exchange::read(api, &data);
            assert!(exchange.planted && exchange.request.ends_with(asked.as_bytes()));
            assert_eq!(exchange.run(7).len(), calls, "{flags}");
        }
        check(api, b"");
        check(api, b"\0\0\xff\xff{");
    }

    #[test]
    #[should_panic(expected = "shows content")]
    fn what_shows_content_is_found() {
        let api = Api { host: "a", path: "/", stream: SSE };
        Exchange::read(api, b"").shows_nothing_but(CANARY);
    }

    impl Exchange {
        fn shows_nothing_but(&self, shown: &str) {
            assert!(self.planted);
            self.shows_nothing(shown);
        }
    }
}
