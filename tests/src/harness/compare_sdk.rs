//! What an SDK returned, held against the agent's account and against the provider's truth. Every field must agree
//! exactly; one that the SDK does not hand out is passed over, by its name in `unsaid`.

use super::{
    report::{AgentCall, name},
    sdk::SdkCall,
};
use crate::provider::{Tokens, Truth};

/// Where the agent's account differs from what the SDK returned; empty when it does not.
pub fn differences(call: &SdkCall, told: &AgentCall) -> Vec<String> {
    let mut found = Found { call, other: "agent", list: Vec::new() };
    let text = |name: &str| told.text(name).map(str::to_owned);
    found.field("request_model", &Some(call.request_model.clone()), &text(name::REQUEST_MODEL));
    found.field("pid", &call.pid, &told.process.pid);
    found.field("truncated", &false, &told.truncated());
    found.field("unknown_shape", &None, &told.number(name::UNKNOWN_SHAPE));
    let outcome = Some("complete".to_owned());
    found.field("outcome", &outcome, &text(name::OUTCOME));
    let status = call.error.as_ref().map_or(Some(200), |error| error.status);
    found.field("status", &status.map(u64::from), &told.number(name::STATUS));
    let error = call.error.as_ref().and_then(|error| {
        // Where the provider has no word for it, the status is the word.
        error.code.clone().or(error.status.map(|status| status.to_string()))
    });
    found.field("error", &error, &text(name::ERROR_TYPE));
    if call.error.is_some() {
        return found.list;
    }
    found.field("request_id", &call.request_id, &text(name::REQUEST_ID));
    found.field("response_id", &call.response_id, &text(name::RESPONSE_ID));
    found.field("response_model", &call.response_model, &text(name::RESPONSE_MODEL));
    found.field("finish_reasons", &call.finish_reasons, &told.texts(name::FINISH_REASONS));
    found.field("tools", &Some(call.tools.len() as u64), &told.number(name::TOOL_CALLS));
    found.field("refusal", &call.refusal, &told.is_true(name::REFUSAL));
    let tokens = Tokens {
        input: told.number(name::INPUT_TOKENS),
        output: told.number(name::OUTPUT_TOKENS),
        cached: told.number(name::CACHED_TOKENS),
        cache_write: told.number(name::CACHE_WRITE_TOKENS),
        reasoning: told.number(name::REASONING_TOKENS),
    };
    found.tokens(&tokens);
    found.list
}

/// Where what the SDK returned differs from what the provider sent; empty when it does not.
pub fn wrong(call: &SdkCall, truth: &Truth) -> Vec<String> {
    let mut found = Found { call, other: "provider", list: Vec::new() };
    let status = call.error.as_ref().map_or(Some(200), |error| error.status);
    found.field("status", &status, &Some(truth.status));
    if call.error.is_some() {
        return found.list;
    }
    found.field("stream", &call.stream, &truth.stream);
    // An API without a header for it has an id for this log alone.
    if call.request_id.is_some() {
        found.field("request_id", &call.request_id, &Some(truth.request_id.clone()));
    }
    found.field("response_id", &call.response_id, &truth.response_id);
    found.field("response_model", &call.response_model, &truth.response_model);
    found.field("finish_reasons", &call.finish_reasons, &truth.told.finish_reasons);
    found.field("tools", &call.tools, &truth.told.tools);
    found.tokens(&truth.told.tokens);
    found.list
}

struct Found<'a> {
    call: &'a SdkCall,
    other: &'static str,
    list: Vec<String>,
}

impl Found<'_> {
    fn field<T: PartialEq + std::fmt::Debug>(&mut self, field: &str, sdk: &T, other: &T) {
        if self.call.says(field) && sdk != other {
            self.list.push(format!("{field}: SDK {sdk:?}, {} {other:?}", self.other));
        }
    }

    fn tokens(&mut self, other: &Tokens) {
        let Tokens { input, output, cached, cache_write, reasoning } = self.call.usage;
        self.field("usage.input", &input, &other.input);
        self.field("usage.output", &output, &other.output);
        self.field("usage.cached", &cached, &other.cached);
        self.field("usage.cache_write", &cache_write, &other.cache_write);
        self.field("usage.reasoning", &reasoning, &other.reasoning);
    }
}
