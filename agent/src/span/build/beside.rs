//! What was told beside the answer → attributes: rate limits, the server's own times, its engine, its place, gateways,
//! the client; and the cost.

use genai::headers::{
    EngineState, Gateway, Place, Quantity, Quota, RateLimit, RateLimits, Said, ToldTimes, Window,
};
use genai::price::{Cost, Source};
use genai::{Beside, Call};

use super::{Attributes, seconds};
use crate::span::Value;
use crate::span::semconv as name;

impl Attributes {
    pub(super) fn beside(&mut self, call: &Call) {
        let Beside { rate_limits, times, engine, place, gateway, attempts, client } = &call.beside;
        self.rate_limits(rate_limits);
        self.told_times(times);
        self.engine(engine);
        self.place(place);
        if let Some(gateway) = gateway {
            self.gateway(gateway);
        }
        let some = |count: Option<u32>| count.filter(|count| *count > 0).map(u64::from);
        self.int(name::GATEWAY_RETRIES, some(attempts.gateway_retries));
        self.int(name::GATEWAY_FALLBACKS, some(attempts.gateway_fallbacks));
        self.text(name::USER_AGENT, call.http.user_agent.as_deref());
        self.said(name::CLIENT_LANGUAGE, client.language.as_ref());
        self.said(name::CLIENT_VERSION, client.package_version.as_ref());
        self.said(name::CLIENT_RUNTIME, client.runtime.as_ref());
        self.float(name::CLIENT_READ_TIMEOUT, client.read_timeout.map(seconds));
        self.float(name::CLIENT_TIMEOUT, client.timeout.map(seconds));
    }

    pub(super) fn cost(&mut self, cost: Option<&Cost>) {
        let Some(Cost { total, parts, source }) = cost else {
            return;
        };
        self.float(name::COST, Some(total.usd()));
        if let Some(parts) = parts {
            self.float(name::COST_INPUT, Some(parts.input.usd()));
            self.float(name::COST_OUTPUT, Some(parts.output.usd()));
        }
        match source {
            Source::Told { by } => {
                self.text(name::COST_SOURCE, Some("told"));
                self.text(name::COST_TOLD_BY, Some(by));
            }
            Source::Table(origin) => {
                self.text(name::COST_SOURCE, Some("table"));
                self.text(name::COST_TABLE, Some(&origin.to_string()));
            }
        }
    }

    fn rate_limits(&mut self, limits: &RateLimits) {
        let RateLimits { entries, query_cost, retry_after, should_retry, over_limit, overloaded, dropped: _ } =
            limits;
        for (what, limit, remaining, reset) in [
            (
                Quantity::Requests,
                name::RATE_LIMIT_REQUESTS,
                name::RATE_LIMIT_REQUESTS_REMAINING,
                name::RATE_LIMIT_REQUESTS_RESET,
            ),
            (
                Quantity::Tokens,
                name::RATE_LIMIT_TOKENS,
                name::RATE_LIMIT_TOKENS_REMAINING,
                name::RATE_LIMIT_TOKENS_RESET,
            ),
            (
                Quantity::InputTokens,
                name::RATE_LIMIT_INPUT,
                name::RATE_LIMIT_INPUT_REMAINING,
                name::RATE_LIMIT_INPUT_RESET,
            ),
            (
                Quantity::OutputTokens,
                name::RATE_LIMIT_OUTPUT,
                name::RATE_LIMIT_OUTPUT_REMAINING,
                name::RATE_LIMIT_OUTPUT_RESET,
            ),
        ] {
            // Of several limits on the same the usual one, and of several windows the first.
            let of_it = |one: &&RateLimit| one.what == what && one.quota == Quota::Standard;
            let Some(one) = entries.iter().find(of_it) else { continue };
            self.int(limit, one.limit);
            self.0.extend(one.remaining.map(|left| (remaining, Value::Int(left))));
            self.float(reset, one.reset_after.map(seconds));
        }
        if !entries.is_empty() {
            self.0.push((name::RATE_LIMITS, Value::List(entries.iter().map(line).collect())));
        }
        self.int(name::RATE_LIMIT_QUERY_COST, *query_cost);
        self.float(name::RETRY_AFTER, retry_after.map(seconds));
        self.0.extend(should_retry.map(|retry| (name::SHOULD_RETRY, Value::Bool(retry))));
        self.only_true(name::OVER_LIMIT, *over_limit == Some(true));
        self.only_true(name::OVERLOADED, *overloaded == Some(true));
    }

    fn told_times(&mut self, times: &ToldTimes) {
        let ToldTimes {
            total,
            queue,
            tokenize,
            load,
            prefill,
            decode,
            inference,
            first_token,
            per_token,
            upstream,
            gateway,
            server_timing,
        } = times;
        let all = [
            (name::SERVER_TOTAL, total),
            (name::SERVER_QUEUE, queue),
            (name::SERVER_TOKENIZE, tokenize),
            (name::SERVER_LOAD, load),
            (name::SERVER_PREFILL, prefill),
            (name::SERVER_DECODE, decode),
            (name::SERVER_INFERENCE, inference),
            (name::SERVER_FIRST_TOKEN, first_token),
            (name::SERVER_PER_TOKEN, per_token),
            (name::SERVER_UPSTREAM, upstream),
            (name::SERVER_GATEWAY, gateway),
        ];
        let mut sources = Vec::new();
        for (name, told) in all {
            if let Some(told) = told {
                self.float(name, Some(seconds(told.nanos)));
                let short = name.rsplit('.').next().unwrap_or(name);
                sources.push(format!("{short}={}", told.source));
            }
        }
        if !sources.is_empty() {
            self.0.push((name::SERVER_SOURCES, Value::List(sources)));
        }
        let timings = server_timing.iter().map(|one| match one.nanos {
            Some(nanos) => format!("{}={}", one.name, seconds(nanos)),
            None => one.name.clone(),
        });
        let timings: Vec<_> = timings.collect();
        if !timings.is_empty() {
            self.0.push((name::SERVER_TIMING, Value::List(timings)));
        }
    }

    fn engine(&mut self, engine: &EngineState) {
        let EngineState {
            running,
            waiting,
            batch_size: _,
            kv_cache_usage,
            proposed_tokens,
            accepted_tokens,
            acceptance_rate: _,
            prediction_tokens: _,
            prediction_accepted_tokens: _,
            source,
        } = engine;
        self.int(name::ENGINE_RUNNING, *running);
        self.int(name::ENGINE_WAITING, *waiting);
        self.int(name::ENGINE_BATCH, engine.batch());
        self.float(name::ENGINE_KV_CACHE, *kv_cache_usage);
        self.int(name::SPEC_PROPOSED, *proposed_tokens);
        self.int(name::SPEC_ACCEPTED, *accepted_tokens);
        self.float(name::SPEC_ACCEPTANCE, engine.acceptance());
        self.text(name::ENGINE_SOURCE, *source);
    }

    fn place(&mut self, place: &Place) {
        let Place { region, area, pool, edge } = place;
        self.said(name::PROVIDER_REGION, region.as_ref());
        self.said(name::PROVIDER_AREA, area.as_ref());
        self.said(name::PROVIDER_POOL, pool.as_ref());
        self.said(name::PROVIDER_EDGE, edge.as_ref());
    }

    fn gateway(&mut self, gateway: &Gateway) {
        let Gateway { kind, request_id, cache, provider, model, version: _ } = gateway;
        self.text(name::GATEWAY_NAME, kind.map(|kind| kind.name()));
        self.said(name::GATEWAY_REQUEST_ID, request_id.as_ref());
        self.text(name::GATEWAY_CACHE, cache.map(|cache| cache.name()));
        self.said(name::GATEWAY_PROVIDER, provider.as_ref());
        self.said(name::GATEWAY_MODEL, model.as_ref());
    }

    fn said(&mut self, name: &'static str, said: Option<&Said>) {
        self.text(name, said.map(|said| said.text.as_str()));
    }
}

/// A limit in one line: `standard tokens per 60s: 149984 of 150000, reset 0.006s`.
fn line(limit: &RateLimit) -> String {
    let RateLimit { what, quota, window, name, limit, remaining, reset_after, used, standing: _ } = limit;
    let mut line = format!("{} {}", quota.name(), what.name());
    match window {
        Some(Window::Seconds(seconds)) => line += &format!(" per {seconds}s"),
        Some(Window::Month) => line += " per month",
        Some(Window::Year) => line += " per year",
        None => {}
    }
    if let Some(name) = name {
        line += &format!(" ({name})");
    }
    line += ":";
    match (remaining, limit) {
        (Some(remaining), Some(limit)) => line += &format!(" {remaining} of {limit}"),
        (Some(remaining), None) => line += &format!(" {remaining} left"),
        (None, Some(limit)) => line += &format!(" of {limit}"),
        (None, None) => {}
    }
    if let Some(used) = used {
        line += &format!(" used {used}");
    }
    if let Some(reset) = reset_after {
        line += &format!(" reset {}s", seconds(*reset));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_one_line_whatever_is_told_of_it() {
        let tokens = RateLimit {
            what: Quantity::Tokens,
            window: Some(Window::MINUTE),
            limit: Some(150_000),
            remaining: Some(149_984),
            reset_after: Some(6_000_000),
            ..RateLimit::default()
        };
        assert_eq!(line(&tokens), "standard tokens per 60s: 149984 of 150000 reset 0.006s");
        let used = RateLimit {
            what: Quantity::Use,
            quota: Quota::Subscription,
            name: Some("5h".to_owned()),
            used: Some(0.25),
            ..RateLimit::default()
        };
        assert_eq!(line(&used), "subscription use (5h): used 0.25");
    }
}
