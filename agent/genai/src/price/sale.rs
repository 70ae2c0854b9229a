//! What a call bought: its usage, in the units that prices are for.

use super::{Quantities, Sold, Unit};
use crate::call::{Call, KnownBy, Usage};

impl<'a> Sold<'a> {
    /// The sale of a call that was made at `unix_seconds`, of these quantities ([`Self::quantities_of`]).
    pub fn of(call: &'a Call, quantities: &'a Quantities, unix_seconds: u64) -> Self {
        let provider = match call.provider.known_by {
            KnownBy::Host | KnownBy::Server => Some(call.provider.name),
            // Who speaks OpenAI's API does not take OpenAI's prices.
            KnownBy::Api => None,
        };
        let tier = call.response.service_tier.as_deref();
        Self {
            provider,
            host: call.http.host.as_deref(),
            path: &call.http.path,
            model: call.response.model.as_deref().or(call.request.model.as_deref()),
            quantities,
            tier,
            speed: call.response.speed.as_deref().or(call.request.speed.as_deref()),
            batch: false,
            unix_seconds,
        }
    }

    /// What a call used, in the units that are sold.
    pub fn quantities_of(call: &Call) -> Quantities {
        let Usage {
            input,
            output,
            cache_read,
            cache_write,
            cache_write_5m,
            cache_write_1h,
            reasoning,
            input_audio,
            output_audio,
            input_image,
            output_image,
            cache_read_audio,
            cache_read_image,
            prediction_accepted: _,
            prediction_rejected: _,
            web_searches,
            search_units,
            inconsistent: _,
            raw: _,
        } = &call.usage;
        // These never tell an output, as they have none.
        let no_output = matches!(call.api.operation, "embeddings" | "rerank");
        let output = output.or((no_output && input.is_some()).then_some(0));
        let mut quantities = Quantities::new();
        for (unit, quantity) in [
            (Unit::InputTokens, *input),
            (Unit::OutputTokens, output),
            (Unit::CacheReadTokens, *cache_read),
            (Unit::CacheWriteTokens, *cache_write),
            (Unit::CacheWrite5mTokens, *cache_write_5m),
            (Unit::CacheWrite1hTokens, *cache_write_1h),
            (Unit::OutputReasoningTokens, *reasoning),
            (Unit::InputAudioTokens, *input_audio),
            (Unit::OutputAudioTokens, *output_audio),
            (Unit::InputImageTokens, *input_image),
            (Unit::OutputImageTokens, *output_image),
            (Unit::CacheAudioReadTokens, *cache_read_audio),
            (Unit::CacheImageReadTokens, *cache_read_image),
            (Unit::WebSearches, *web_searches),
            (Unit::RerankSearches, *search_units),
        ] {
            quantities.set(unit, quantity);
        }
        // A request is sold where it was answered with something that is sold.
        quantities.set(Unit::Requests, (!quantities.is_empty()).then_some(1));
        quantities
    }
}
