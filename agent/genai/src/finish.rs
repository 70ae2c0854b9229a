//! Why answers end, in words that are the same for all providers.
//!
//! Comes in: a finish reason as a provider sent it. Goes out: its class. Spans keep the provider's own word; classes
//! are for metrics and comparisons, and for what we make of an answer ourselves.

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FinishClass {
    /// The model was done.
    Stop,
    /// It had become as long as it may.
    Length,
    /// The model wants tools to be called.
    ToolCall,
    /// Something in it, or in the prompt, may not be said.
    ContentFilter,
    /// The model waits to be asked to go on.
    Pause,
    /// Something failed.
    Error,
    /// A word that is not known.
    Other,
}

impl FinishClass {
    /// Of a provider's word.
    pub fn of(reason: &str) -> Self {
        let known =
            REASONS.iter().find(|(_, words)| words.iter().any(|word| word.eq_ignore_ascii_case(reason)));
        known.map_or(Self::Other, |(class, _)| *class)
    }

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCall => "tool_call",
            Self::ContentFilter => "content_filter",
            Self::Pause => "pause",
            Self::Error => "error",
            Self::Other => "other",
        }
    }
}

/// Whether the reason says that the model, or the provider for it, refused.
pub(crate) fn is_refusal(reason: &str) -> bool {
    FinishClass::of(reason) == FinishClass::ContentFilter
}

const REASONS: [(FinishClass, &[&str]); 6] = [
    (
        FinishClass::Stop,
        &["stop", "end_turn", "stop_sequence", "complete", "eos", "eos_token", "completed", "done", "word"],
    ),
    (
        FinishClass::Length,
        &[
            "length",
            "max_tokens",
            "model_length",
            "max_output_tokens",
            "model_context_window_exceeded",
            "limit",
        ],
    ),
    (FinishClass::ToolCall, &["tool_calls", "tool_use", "tool_call", "function_call"]),
    (
        FinishClass::ContentFilter,
        &[
            "content_filter",
            "content_filtered",
            "safety",
            "recitation",
            "blocklist",
            "prohibited_content",
            "spii",
            "image_safety",
            "image_prohibited_content",
            "image_recitation",
            "model_armor",
            "guardrail_intervened",
            "sensitive",
            "refusal",
            "error_toxic",
            "jailbreak",
        ],
    ),
    (FinishClass::Pause, &["pause_turn", "continuation", "requires_action"]),
    (
        FinishClass::Error,
        &[
            "error",
            "timeout",
            "abort",
            "cancelled",
            "failed",
            "malformed_function_call",
            "malformed_model_output",
            "malformed_tool_use",
            "malformed_response",
            "unexpected_tool_call",
            "too_many_tool_calls",
            "insufficient_system_resource",
            "network_error",
            "other",
            "error_limit",
            "missing_thought_signature",
            "image_other",
            "no_image",
            "user_cancel",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_all_providers_have_their_classes() {
        for (word, class, refusal) in [
            ("stop", FinishClass::Stop, false),
            ("STOP", FinishClass::Stop, false),
            ("end_turn", FinishClass::Stop, false),
            ("MAX_TOKENS", FinishClass::Length, false),
            ("model_context_window_exceeded", FinishClass::Length, false),
            ("tool_use", FinishClass::ToolCall, false),
            ("SAFETY", FinishClass::ContentFilter, true),
            ("refusal", FinishClass::ContentFilter, true),
            ("guardrail_intervened", FinishClass::ContentFilter, true),
            ("pause_turn", FinishClass::Pause, false),
            ("insufficient_system_resource", FinishClass::Error, false),
            ("something new", FinishClass::Other, false),
            ("", FinishClass::Other, false),
        ] {
            assert_eq!((FinishClass::of(word), is_refusal(word)), (class, refusal), "{word}");
        }
    }

    #[test]
    fn no_word_has_two_classes() {
        let mut all: Vec<_> = REASONS.iter().flat_map(|(_, words)| *words).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
