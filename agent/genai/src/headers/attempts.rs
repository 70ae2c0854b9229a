//! Which attempt a request is, and what the client tells of itself.
//!
//! Comes in: headers of a request, as SDKs write them, and of a response, as gateways do. Goes out: [`Attempts`] and
//! [`Client`]. Not handled: attempts that only a repeated body tells.

use super::decimal::{self, Unit};
use super::{Heard, Said};

/// Which attempt a request is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How often the client sent the request before: 0 for the first.
    pub retry: Option<u32>,
    /// How often it will at most send it in all (AWS).
    pub max: Option<u32>,
    /// What all attempts of one request share (`amz-sdk-invocation-id`, `idempotency-key`).
    pub invocation: Option<Said>,
    /// How often a gateway sent it again.
    pub gateway_retries: Option<u32>,
    /// How many other models or providers a gateway tried first.
    pub gateway_fallbacks: Option<u32>,
    /// A gateway gave up trying (Portkey).
    pub gateway_gave_up: bool,
}

impl Attempts {
    /// Fills in what is not known yet: a request knows the client's figures, a response the gateway's.
    pub fn fill(&mut self, other: Self) {
        let Self { retry, max, invocation, gateway_retries, gateway_fallbacks, gateway_gave_up } = other;
        self.retry = self.retry.or(retry);
        self.max = self.max.or(max);
        self.invocation = self.invocation.take().or(invocation);
        self.gateway_retries = self.gateway_retries.or(gateway_retries);
        self.gateway_fallbacks = self.gateway_fallbacks.or(gateway_fallbacks);
        self.gateway_gave_up |= gateway_gave_up;
    }

    /// Takes a header of a request.
    pub(super) fn hear_request(&mut self, name: &str, value: &str) -> Heard {
        match name {
            "x-stainless-retry-count" => put(&mut self.retry, small(value)),
            // `ttl=20261121T120000Z; attempt=2; max=3`
            "amz-sdk-request" => {
                let fields = || value.split(';').filter_map(|field| field.trim().split_once('='));
                let field = |name| fields().find(|field| field.0 == name).map(|field| small(field.1));
                let attempt = field("attempt").map(|attempt| put(&mut self.retry, attempt.and_then(before)));
                let max = field("max").map(|max| put(&mut self.max, max));
                Heard::or_malformed([attempt, max].iter().all(|heard| *heard != Some(Heard::Malformed)))
            }
            // Of both, AWS's is the one that is surely the same in all attempts.
            "amz-sdk-invocation-id" => {
                self.invocation = Said::new(value, "amz-sdk-invocation-id").or(self.invocation.take());
                Heard::or_malformed(self.invocation.is_some())
            }
            "idempotency-key" => put(&mut self.invocation, Said::new(value, "idempotency-key")),
            _ => Heard::NotMine,
        }
    }

    /// Takes a header of a response.
    pub(super) fn hear_response(&mut self, name: &str, value: &str) -> Heard {
        match name {
            "x-portkey-retry-attempt-count" if value == "-1" => {
                self.gateway_gave_up = true;
                Heard::Understood
            }
            "x-portkey-retry-attempt-count" | "x-litellm-attempted-retries" => {
                put(&mut self.gateway_retries, small(value))
            }
            "x-litellm-attempted-fallbacks" | "helicone-fallback-index" | "cf-aig-step" => {
                put(&mut self.gateway_fallbacks, small(value))
            }
            // These count the first attempt too.
            "x-envoy-attempt-count" | "ngrok-aig-attempts" => {
                put(&mut self.gateway_retries, small(value).and_then(before))
            }
            _ => Heard::NotMine,
        }
    }
}

/// What a client tells of itself, beyond its `user-agent`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The language of its SDK.
    pub language: Option<Said>,
    /// The SDK's version.
    pub package_version: Option<Said>,
    /// What runs it: `CPython`, `node`.
    pub runtime: Option<Said>,
    /// The version of that.
    pub runtime_version: Option<Said>,
    /// Its operating system.
    pub os: Option<Said>,
    /// Its processor.
    pub arch: Option<Said>,
    /// Which of the SDK's helpers made the call.
    pub helper: Option<Said>,
    /// How long it waits for bytes, in nanoseconds. `anthropic-py` and its kin.
    pub read_timeout: Option<u64>,
    /// How long it waits for the whole answer, in nanoseconds.
    pub timeout: Option<u64>,
    /// The time to the first token that it asks for, in nanoseconds (`x-slo-ttft-ms`).
    pub wanted_first_token: Option<u64>,
    /// The time per token that it asks for, in nanoseconds (`x-slo-tpot-ms`).
    pub wanted_per_token: Option<u64>,
}

impl Client {
    /// Takes a header of a request.
    pub(super) fn hear(&mut self, name: &str, value: &str) -> Heard {
        match name {
            "x-stainless-lang" => put(&mut self.language, Said::new(value, "x-stainless-lang")),
            "x-stainless-package-version" => {
                put(&mut self.package_version, Said::new(value, "x-stainless-package-version"))
            }
            "x-stainless-runtime" => put(&mut self.runtime, Said::new(value, "x-stainless-runtime")),
            "x-stainless-runtime-version" => {
                put(&mut self.runtime_version, Said::new(value, "x-stainless-runtime-version"))
            }
            "x-stainless-os" => put(&mut self.os, Said::new(value, "x-stainless-os")),
            "x-stainless-arch" => put(&mut self.arch, Said::new(value, "x-stainless-arch")),
            "x-stainless-helper-method" => {
                put(&mut self.helper, Said::new(value, "x-stainless-helper-method"))
            }
            "x-stainless-stream-helper" => {
                put(&mut self.helper, Said::new(value, "x-stainless-stream-helper"))
            }
            "x-stainless-poll-helper" => put(&mut self.helper, Said::new(value, "x-stainless-poll-helper")),
            "x-stainless-read-timeout" => wait(&mut self.read_timeout, value, Unit::Seconds),
            "x-stainless-timeout" | "x-server-timeout" | "x-litellm-timeout" => {
                wait(&mut self.timeout, value, Unit::Seconds)
            }
            "cf-aig-request-timeout" | "x-envoy-upstream-rq-timeout-ms" => {
                wait(&mut self.timeout, value, Unit::Millis)
            }
            "x-slo-ttft-ms" => wait(&mut self.wanted_first_token, value, Unit::Millis),
            "x-slo-tpot-ms" => wait(&mut self.wanted_per_token, value, Unit::Millis),
            _ => Heard::NotMine,
        }
    }
}

/// How many attempts came before the one of this number.
fn before(attempt: u32) -> Option<u32> {
    attempt.checked_sub(1)
}

fn small(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

fn put<T>(slot: &mut Option<T>, value: Option<T>) -> Heard {
    let heard = Heard::or_malformed(value.is_some());
    if slot.is_none() {
        *slot = value;
    }
    heard
}

/// A client that has no limit writes `None`, `not_given` and the like: that is no malformed number.
fn wait(slot: &mut Option<u64>, value: &str, unit: Unit) -> Heard {
    let is_word = value.starts_with(|c: char| c.is_ascii_alphabetic());
    match put(slot, decimal::nanos(value, unit)) {
        Heard::Malformed if is_word => Heard::Understood,
        heard => heard,
    }
}
