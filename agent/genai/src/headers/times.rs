//! How long things took, as the server tells.
//!
//! Comes in: response headers, and by [`ToldTimes::tell`] what bodies say. Goes out: [`ToldTimes`], each figure with
//! the name of the field that it is from.
//!
//! One phase may be told by several. A body comes before a header, and a header of the server itself before one of a
//! gateway: a header is written when the answer begins, so it cannot know how a stream went on, and a gateway counts
//! what lies between it and the server too. Among bodies the last one counts, since streams repeat figures that grow;
//! among headers the first, since it stands nearest to the process.
//!
//! Not handled: rates such as tokens per second, which follow from times and counts.

use super::Heard;
use super::decimal::{self, Unit};
use super::list::items;
use crate::limits;

/// Durations that a server told of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldTimes {
    /// All of it, as the server counts. In a header of a stream: up to the head, or a little after.
    pub total: Option<Told>,
    /// Waiting for its turn, in all queues together.
    pub queue: Option<Told>,
    /// Checking the request and cutting it into tokens.
    pub tokenize: Option<Told>,
    /// Bringing the model into memory.
    pub load: Option<Told>,
    /// Reading the prompt.
    pub prefill: Option<Told>,
    /// Writing the answer.
    pub decode: Option<Told>,
    /// Reading the prompt and writing the answer, where nobody tells them apart.
    pub inference: Option<Told>,
    /// From the request's arrival to the first token.
    pub first_token: Option<Told>,
    /// One token of the answer, on average.
    pub per_token: Option<Told>,
    /// From a proxy's handing on the request to the head of the answer.
    pub upstream: Option<Told>,
    /// What a gateway spent on its own business.
    pub gateway: Option<Told>,
    /// `server-timing` as it was sent, whether its names mean something here or not.
    pub server_timing: Vec<ServerTiming>,
}

/// A duration that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// How long.
    pub nanos: u64,
    /// The field that says so: a header's name, or a path in a body such as `usage.queue_time`.
    pub source: &'static str,
    /// Who says so.
    pub origin: Origin,
}

/// Who tells of a duration, the least sure first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A header of a gateway.
    Gateway,
    /// A header of the server.
    Header,
    /// A body of the server.
    Body,
}

/// An entry of `server-timing`. Its description is not kept: it may say anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTiming {
    /// Its name.
    pub name: String,
    /// Its duration, where it has one.
    pub nanos: Option<u64>,
}

/// A part of what a server does with a request; the fields of [`ToldTimes`], which say what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// [`ToldTimes::total`].
    Total,
    /// [`ToldTimes::queue`].
    Queue,
    /// [`ToldTimes::tokenize`].
    Tokenize,
    /// [`ToldTimes::load`].
    Load,
    /// [`ToldTimes::prefill`].
    Prefill,
    /// [`ToldTimes::decode`].
    Decode,
    /// [`ToldTimes::inference`].
    Inference,
    /// [`ToldTimes::first_token`].
    FirstToken,
    /// [`ToldTimes::per_token`].
    PerToken,
    /// [`ToldTimes::upstream`].
    Upstream,
    /// [`ToldTimes::gateway`].
    Gateway,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Total,
        Self::Queue,
        Self::Tokenize,
        Self::Load,
        Self::Prefill,
        Self::Decode,
        Self::Inference,
        Self::FirstToken,
        Self::PerToken,
        Self::Upstream,
        Self::Gateway,
    ];
}

impl ToldTimes {
    /// A phase, where it was told.
    pub fn get(&self, phase: Phase) -> Option<Told> {
        match phase {
            Phase::Total => self.total,
            Phase::Queue => self.queue,
            Phase::Tokenize => self.tokenize,
            Phase::Load => self.load,
            Phase::Prefill => self.prefill,
            Phase::Decode => self.decode,
            Phase::Inference => self.inference,
            Phase::FirstToken => self.first_token,
            Phase::PerToken => self.per_token,
            Phase::Upstream => self.upstream,
            Phase::Gateway => self.gateway,
        }
    }

    /// A body tells of a phase. `source`: the path of the field, such as `usage.queue_time`.
    pub fn tell(&mut self, phase: Phase, nanos: u64, source: &'static str) {
        self.hear_of(phase, Told { nanos, source, origin: Origin::Body });
    }

    /// A body has a number at a place that is known to tell a duration; `path` is the place, with `.` between names, and
    /// `number` is as written. Whether the place is known and the number is one.
    pub fn tell_field(&mut self, path: &str, number: &str) -> bool {
        let known = BODIES.iter().find(|row| row.0 == path);
        let told = known.and_then(|row| Some((row, decimal::nanos(number, row.2)?)));
        if let Some(((source, phase, _), nanos)) = told {
            self.tell(*phase, nanos, source);
        }
        told.is_some()
    }

    /// Adds what another source told, such as a body to a head. Which of them counts is said at the top.
    pub fn merge(&mut self, other: Self) {
        for phase in Phase::ALL {
            if let Some(told) = other.get(phase) {
                self.hear_of(phase, told);
            }
        }
        let room = limits::SERVER_TIMINGS.saturating_sub(self.server_timing.len());
        self.server_timing.extend(other.server_timing.into_iter().take(room));
    }

    fn hear_of(&mut self, phase: Phase, told: Told) {
        let slot = self.slot(phase);
        let counts = match slot {
            None => true,
            Some(known) => {
                told.origin > known.origin || (known.origin, told.origin) == (Origin::Body, Origin::Body)
            }
        };
        if counts {
            *slot = Some(told);
        }
    }

    fn slot(&mut self, phase: Phase) -> &mut Option<Told> {
        match phase {
            Phase::Total => &mut self.total,
            Phase::Queue => &mut self.queue,
            Phase::Tokenize => &mut self.tokenize,
            Phase::Load => &mut self.load,
            Phase::Prefill => &mut self.prefill,
            Phase::Decode => &mut self.decode,
            Phase::Inference => &mut self.inference,
            Phase::FirstToken => &mut self.first_token,
            Phase::PerToken => &mut self.per_token,
            Phase::Upstream => &mut self.upstream,
            Phase::Gateway => &mut self.gateway,
        }
    }
}

/// Times as they are heard of.
#[derive(Debug, Default)]
pub(super) struct Reader {
    told: ToldTimes,
    queues: [Option<u64>; QUEUES.len()],
}

impl Reader {
    /// Takes a header. `tgi`: the response is of TGI, whose names for its times anyone may use for anything.
    pub(super) fn hear(&mut self, name: &str, value: &str, tgi: bool) -> Heard {
        if name == "server-timing" {
            return self.server_timing(value);
        }
        let own = tgi.then_some(&TGI).into_iter().flatten();
        let Some((source, phase, unit, origin)) = HEADERS.iter().chain(own).find(|row| row.0 == name) else {
            return self.queue(name, value);
        };
        let Some(nanos) = decimal::nanos(value, *unit) else { return Heard::Malformed };
        self.told.hear_of(*phase, Told { nanos, source, origin: *origin });
        Heard::Understood
    }

    /// One queue of several.
    fn queue(&mut self, name: &str, value: &str) -> Heard {
        let slot = QUEUES.iter().zip(&mut self.queues).find(|(known, _)| **known == name);
        let Some((_, slot)) = slot else { return Heard::NotMine };
        let nanos = decimal::nanos(value, Unit::Seconds);
        *slot = slot.or(nanos);
        Heard::or_malformed(nanos.is_some())
    }

    fn server_timing(&mut self, value: &str) -> Heard {
        let kept = &mut self.told.server_timing;
        let mut known = Vec::new();
        for item in items(value).take(limits::SERVER_TIMINGS) {
            let nanos = item.get("dur").and_then(|dur| decimal::nanos(dur, Unit::Millis));
            let row = SERVER_TIMINGS.iter().find(|row| row.0.eq_ignore_ascii_case(item.name));
            known.extend(row.zip(nanos));
            let is_token = item.name.bytes().all(|byte| byte.is_ascii_graphic());
            let fits = item.name.len() <= limits::RATE_LIMIT_NAME && kept.len() < limits::SERVER_TIMINGS;
            if is_token && fits {
                kept.push(ServerTiming { name: item.name.to_owned(), nanos });
            }
        }
        for ((_, phase, source), nanos) in known {
            self.told.hear_of(*phase, Told { nanos, source, origin: Origin::Header });
        }
        Heard::Understood
    }

    /// What was heard, once all headers were.
    pub(super) fn finish(self) -> ToldTimes {
        let Self { mut told, queues } = self;
        if queues.iter().any(Option::is_some) {
            let nanos = queues.iter().flatten().fold(0_u64, |sum, nanos| sum.saturating_add(*nanos));
            told.hear_of(Phase::Queue, Told { nanos, source: ALL_QUEUES, origin: Origin::Header });
        }
        told
    }
}

type Row = (&'static str, Phase, Unit, Origin);

/// Headers that tell a duration.
const HEADERS: [Row; 15] = [
    ("openai-processing-ms", Phase::Total, Unit::Millis, Origin::Header),
    ("x-amzn-bedrock-invocation-latency", Phase::Total, Unit::Millis, Origin::Header),
    ("fireworks-server-processing-time", Phase::Total, Unit::Seconds, Origin::Header),
    ("fireworks-server-time-to-first-token", Phase::FirstToken, Unit::Seconds, Origin::Header),
    ("fireworks-tokenizer-duration", Phase::Tokenize, Unit::Seconds, Origin::Header),
    ("fireworks-prefill-duration", Phase::Prefill, Unit::Seconds, Origin::Header),
    ("fireworks-generation-duration", Phase::Decode, Unit::Seconds, Origin::Header),
    // Azure
    ("ms-azureml-model-time", Phase::Inference, Unit::Millis, Origin::Header),
    ("cmp-upstream-response-duration", Phase::Upstream, Unit::Millis, Origin::Header),
    // Envoy, before most providers: up to the head of what answers behind it.
    ("x-envoy-upstream-service-time", Phase::Upstream, Unit::Millis, Origin::Header),
    ("x-kong-upstream-latency", Phase::Upstream, Unit::Millis, Origin::Header),
    ("x-kong-proxy-latency", Phase::Gateway, Unit::Millis, Origin::Header),
    ("x-litellm-response-duration-ms", Phase::Total, Unit::Millis, Origin::Gateway),
    ("x-litellm-timing-llm-api-ms", Phase::Upstream, Unit::Millis, Origin::Gateway),
    ("x-litellm-overhead-duration-ms", Phase::Gateway, Unit::Millis, Origin::Header),
];

/// TGI's, of answers that are not streams.
const TGI: [Row; 6] = [
    ("x-compute-time", Phase::Total, Unit::Seconds, Origin::Header),
    ("x-total-time", Phase::Total, Unit::Millis, Origin::Header),
    ("x-validation-time", Phase::Tokenize, Unit::Millis, Origin::Header),
    ("x-queue-time", Phase::Queue, Unit::Millis, Origin::Header),
    ("x-inference-time", Phase::Inference, Unit::Millis, Origin::Header),
    ("x-time-per-token", Phase::PerToken, Unit::Millis, Origin::Header),
];

/// The queues of a dedicated deployment at Fireworks, one after the other, in seconds.
const QUEUES: [&str; 3] = [
    "fireworks-tokenizer-queue-duration",
    "fireworks-prefill-queue-duration",
    "fireworks-generation-queue-duration",
];
const ALL_QUEUES: &str = "fireworks-*-queue-duration";

/// Places in bodies that tell a duration.
const BODIES: [(&str, Phase, Unit); 32] = [
    // Groq: in the last chunk of a stream under `x_groq` as well.
    ("usage.queue_time", Phase::Queue, Unit::Seconds),
    ("usage.prompt_time", Phase::Prefill, Unit::Seconds),
    ("usage.completion_time", Phase::Decode, Unit::Seconds),
    ("usage.total_time", Phase::Total, Unit::Seconds),
    ("x_groq.usage.queue_time", Phase::Queue, Unit::Seconds),
    ("x_groq.usage.prompt_time", Phase::Prefill, Unit::Seconds),
    ("x_groq.usage.completion_time", Phase::Decode, Unit::Seconds),
    ("x_groq.usage.total_time", Phase::Total, Unit::Seconds),
    // Cerebras
    ("time_info.queue_time", Phase::Queue, Unit::Seconds),
    ("time_info.prompt_time", Phase::Prefill, Unit::Seconds),
    ("time_info.completion_time", Phase::Decode, Unit::Seconds),
    ("time_info.total_time", Phase::Total, Unit::Seconds),
    // vLLM
    ("metrics.time_to_first_token_ms", Phase::FirstToken, Unit::Millis),
    ("metrics.queue_time_ms", Phase::Queue, Unit::Millis),
    ("metrics.generation_time_ms", Phase::Decode, Unit::Millis),
    ("metrics.mean_itl_ms", Phase::PerToken, Unit::Millis),
    // Bedrock
    ("metrics.latencyMs", Phase::Total, Unit::Millis),
    // SGLang
    ("meta_info.e2e_latency", Phase::Total, Unit::Seconds),
    ("meta_info.queue_time", Phase::Queue, Unit::Seconds),
    ("meta_info.first_token_latency", Phase::FirstToken, Unit::Seconds),
    // llama.cpp
    ("timings.prompt_ms", Phase::Prefill, Unit::Millis),
    ("timings.predicted_ms", Phase::Decode, Unit::Millis),
    ("timings.predicted_per_token_ms", Phase::PerToken, Unit::Millis),
    // Ollama
    ("total_duration", Phase::Total, Unit::Nanos),
    ("load_duration", Phase::Load, Unit::Nanos),
    ("prompt_eval_duration", Phase::Prefill, Unit::Nanos),
    ("eval_duration", Phase::Decode, Unit::Nanos),
    // Fireworks, whose numbers are strings here. Its queues are three, and their sum is for the reader of the body.
    ("perf_metrics.server-time-to-first-token", Phase::FirstToken, Unit::Seconds),
    ("perf_metrics.server-processing-time", Phase::Total, Unit::Seconds),
    ("perf_metrics.tokenizer-duration", Phase::Tokenize, Unit::Seconds),
    ("perf_metrics.prefill-duration", Phase::Prefill, Unit::Seconds),
    ("perf_metrics.generation-duration", Phase::Decode, Unit::Seconds),
];

/// Names in `server-timing` that are known to mean something.
const SERVER_TIMINGS: [(&str, Phase, &str); 3] = [
    // Google's front end, 4th generation.
    ("gfet4t7", Phase::Upstream, "server-timing gfet4t7"),
    // Anthropic's, at its edge.
    ("x-originResponse", Phase::Upstream, "server-timing x-originResponse"),
    ("cfOrigin", Phase::Upstream, "server-timing cfOrigin"),
];
