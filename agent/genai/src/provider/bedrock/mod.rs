//! AWS Bedrock: Converse, models that are invoked in their makers' JSON, and the counting of tokens.
//!
//! Comes in: the JSON request; the JSON answer, or the messages of its event stream. Goes out: [`Findings`]. What a
//! message of a stream is, its headers say: an event by its name, an exception, an error. The model stands in the path.
//!
//! Not read: what is said; guardrails applied by themselves; asynchronous and bidirectional calls; agents and knowledge
//! bases; the JSON of images and of embeddings; what a request to count tokens of an invocation has in base64.
//!
//! ```text
//! messageStart ─ (contentBlockStart? ─ contentBlockDelta* ─ contentBlockStop)* ─ messageStop ─ metadata
//! chunk* (each an event of the model's own stream)            exception: anywhere, and nothing follows
//! ```

mod address;
mod answer;
mod around;
mod chunk;
mod converse;
mod invoke;
mod native_answer;
mod native_request;
mod request;
mod usage;

use wire::{EventFrame, Headers};

use self::converse::{ConverseReader, Operation};
use self::invoke::InvokeReader;
use super::{Flavour, Item, ProviderError};
use crate::call::{Api, Provider, Usage};

/// Conversations in the JSON that is the same for all models.
pub(super) static CONVERSE: Flavour = Flavour {
    api: Api { name: "converse", operation: "chat" },
    elsewhere: Provider::api(NAME),
    paths: &["/model/*/converse", "/model/*/converse-stream"],
    request_id: REQUEST_ID,
    reader: |key| Box::new(ConverseReader::new(Operation::Answer, key)),
};

/// Models in the JSON of their makers.
pub(super) static INVOKE: Flavour = Flavour {
    api: Api { name: "invoke_model", operation: "chat" },
    elsewhere: Provider::api(NAME),
    paths: &["/model/*/invoke", "/model/*/invoke-with-response-stream"],
    request_id: REQUEST_ID,
    reader: |key| Box::new(InvokeReader::new(key)),
};

/// How many tokens a request would have.
pub(super) static COUNT_TOKENS: Flavour = Flavour {
    api: Api { name: "count_tokens", operation: "count_tokens" },
    elsewhere: Provider::api(NAME),
    paths: &["/model/*/count-tokens"],
    request_id: REQUEST_ID,
    reader: |key| Box::new(ConverseReader::new(Operation::Count, key)),
};

/// What the headers of an answer tell.
#[derive(Debug, Default)]
struct Head {
    error: Option<ProviderError>,
    usage: Usage,
    service_tier: Option<String>,
    speed: Option<String>,
}

impl Head {
    fn read(headers: &Headers) -> Self {
        let text = |name: &str| headers.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            error: headers.get("x-amzn-errortype").map(|kind| {
                // `ThrottlingException:http://internal.amazon.com/coral/com.amazonaws.bedrock/`
                let kind = kind.split(':').next().unwrap_or_default();
                ProviderError { kind: ProviderError::name(kind), code: None }
            }),
            usage: usage::headers(headers),
            service_tier: text(TIER).filter(|tier| ProviderError::name(tier).is_some()),
            speed: text(SPEED).filter(|speed| ProviderError::name(speed).is_some()),
        }
    }
}

/// What a message of an event stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framed<'a> {
    /// An event, by its name.
    Event(&'a str),
    /// What went wrong, by its name.
    Failure(&'a str),
    /// No message of such a stream, or one that does not say.
    Unknown,
}

impl<'a> Framed<'a> {
    fn of(item: &Item<'a>) -> Self {
        let frame: &'a EventFrame = match *item {
            Item::Frame(frame) => frame,
            Item::Sse(_) | Item::Json(_) => return Self::Unknown,
        };
        match frame.text(":message-type") {
            Some("event") => frame.text(":event-type").map_or(Self::Unknown, Self::Event),
            Some("exception") => Self::Failure(frame.text(":exception-type").unwrap_or_default()),
            Some("error") => Self::Failure(frame.text(":error-code").unwrap_or_default()),
            Some(_) | None => Self::Unknown,
        }
    }
}

/// `gen_ai.provider.name`.
const NAME: &str = "aws.bedrock";

const REQUEST_ID: &[&str] = &["x-amzn-requestid"];

// Of an invocation the service tier and the latency stand in headers, of the request and of the answer.
const TIER: &str = "x-amzn-bedrock-service-tier";
const SPEED: &str = "x-amzn-bedrock-performanceconfig-latency";
