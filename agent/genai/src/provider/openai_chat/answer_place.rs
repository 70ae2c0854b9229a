//! Where things stand in an answer or chunk.

/// A place in an answer or chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Id,
    Model,
    Object,
    SystemFingerprint,
    ServiceTier,
    /// The provider behind OpenRouter.
    Upstream,
    Choices,
    Choice,
    ChoiceIndex,
    FinishReason,
    NativeFinishReason,
    Delta,
    /// Like `delta`, but whole.
    Message,
    /// Text that is seen: a string, or a list of parts.
    Content,
    ContentPart,
    /// The text of a completion; some chats repeat theirs there.
    ChoiceText,
    /// An image, or what else is shown and is no text.
    Shown,
    ShownElement,
    /// Reasoning: a string, or a list of parts.
    Hidden,
    HiddenPart,
    Refusal,
    Audio,
    Sound,
    ToolCalls,
    ToolCall,
    ToolIndex,
    ToolId,
    /// `function` or `custom` of a tool call.
    Function,
    /// `function_call`: the one tool call of old.
    FunctionCall,
    FunctionName,
    FunctionArguments,
    Usage,
    /// An object of figures beside the usage.
    Extra(Extra),
    /// `x_groq`.
    Groq,
    /// What tells who sent it, whatever it holds.
    Mark(&'static str),
    /// Azure's verdicts on prompts, by prompt.
    PromptFilters,
    PromptFilter,
    /// Verdicts by filter.
    Filters,
    Filter(&'static str),
    Filtered(&'static str),
    Error,
    ErrorCode,
    ErrorType,
    /// `innererror` of Azure.
    InnerError,
    /// `code` and `type` beside a `message`, as vLLM and Mistral have them, and `error_type` of TGI.
    RootCode,
    RootType,
    /// `detail`: what FastAPI finds wrong with a request.
    Detail,
    /// MiniMax's, which is there in success too.
    BaseResponse,
    StatusCode,
}

/// Objects of figures that are told beside the usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extra {
    /// `timings` of llama.cpp.
    Timings,
    /// `time_info` of Cerebras.
    TimeInfo,
    /// `metrics` of vLLM.
    Metrics,
    /// `perf_metrics` of Fireworks.
    PerfMetrics,
    /// `sglext` of SGLang.
    Sglext,
}

/// What Azure's filters are called.
const FILTERS: [&str; 10] = [
    "hate",
    "self_harm",
    "sexual",
    "violence",
    "jailbreak",
    "indirect_attack",
    "profanity",
    "protected_material_text",
    "protected_material_code",
    "custom_blocklists",
];

impl Place {
    pub(super) fn member(place: Self, key: &[u8]) -> Option<Self> {
        Some(match (place, key) {
            // Those of every chunk first.
            (Self::Root, _) => return Self::of_root(key),
            (Self::Choice, b"index") => Self::ChoiceIndex,
            (Self::Choice, b"delta") => Self::Delta,
            (Self::Choice, b"finish_reason") => Self::FinishReason,
            (Self::Delta | Self::Message, b"content") => Self::Content,
            (Self::Choice, b"message") => Self::Message,
            (Self::Choice, b"text") => Self::ChoiceText,
            (Self::Choice, b"native_finish_reason") => Self::NativeFinishReason,
            (Self::Choice, b"content_filter_results") => Self::Filters,
            // Moonshot's.
            (Self::Choice, b"usage") => Self::Usage,
            (Self::Choice, b"matched_stop") => Self::Mark("sglang"),
            // The names of reasoning are those of DeepSeek, vLLM and SGLang; of OpenRouter and Groq; of Ollama's kin.
            (
                Self::Delta | Self::Message,
                b"reasoning_content" | b"reasoning" | b"reasoning_details" | b"thinking",
            ) => Self::Hidden,
            (Self::Delta | Self::Message, b"refusal") => Self::Refusal,
            (Self::Delta | Self::Message, b"audio") => Self::Audio,
            (Self::Delta | Self::Message, b"images") => Self::Shown,
            (Self::Delta | Self::Message, b"tool_calls") => Self::ToolCalls,
            (Self::Delta | Self::Message, b"function_call") => Self::FunctionCall,
            (Self::ContentPart, b"text") => Self::Content,
            (Self::ContentPart, b"thinking") => Self::Hidden,
            (Self::ContentPart, b"refusal") => Self::Refusal,
            (Self::ContentPart, b"image_url") => Self::Shown,
            (Self::HiddenPart, b"text" | b"summary" | b"data" | b"thinking") => Self::Hidden,
            (Self::Audio, b"data" | b"transcript") => Self::Sound,
            (Self::ToolCall, b"index") => Self::ToolIndex,
            (Self::ToolCall, b"id") => Self::ToolId,
            (Self::ToolCall, b"function" | b"custom") => Self::Function,
            (Self::Function | Self::FunctionCall, b"name") => Self::FunctionName,
            (Self::Function | Self::FunctionCall, b"arguments" | b"input") => Self::FunctionArguments,
            (Self::Groq, b"usage") => Self::Usage,
            (Self::Groq, b"error") => Self::Error,
            (Self::PromptFilter, b"content_filter_results" | b"content_filter_result") => Self::Filters,
            (Self::Filters, _) => Self::Filter(FILTERS.into_iter().find(|filter| filter.as_bytes() == key)?),
            (Self::Filter(filter), b"filtered") => Self::Filtered(filter),
            (Self::Error, b"code") => Self::ErrorCode,
            (Self::Error, b"type") => Self::ErrorType,
            (Self::Error, b"innererror") => Self::InnerError,
            (Self::InnerError, b"content_filter_result" | b"content_filter_results") => Self::Filters,
            (Self::BaseResponse, b"status_code") => Self::StatusCode,
            _ => return None,
        })
    }

    fn of_root(key: &[u8]) -> Option<Self> {
        Some(match key {
            b"id" => Self::Id,
            b"model" => Self::Model,
            b"object" => Self::Object,
            b"system_fingerprint" => Self::SystemFingerprint,
            b"service_tier" => Self::ServiceTier,
            b"choices" => Self::Choices,
            b"usage" => Self::Usage,
            b"error" => Self::Error,
            b"provider" => Self::Upstream,
            b"timings" => Self::Extra(Extra::Timings),
            b"time_info" => Self::Extra(Extra::TimeInfo),
            b"metrics" => Self::Extra(Extra::Metrics),
            b"perf_metrics" => Self::Extra(Extra::PerfMetrics),
            b"sglext" => Self::Extra(Extra::Sglext),
            b"x_groq" => Self::Groq,
            b"kv_transfer_params" | b"prompt_logprobs" | b"prompt_token_ids" => Self::Mark("vllm"),
            b"copilot_usage" | b"copilot_references" => Self::Mark("github_copilot"),
            b"prompt_filter_results" | b"prompt_annotations" => Self::PromptFilters,
            b"code" => Self::RootCode,
            b"type" | b"error_type" => Self::RootType,
            b"detail" => Self::Detail,
            b"base_resp" => Self::BaseResponse,
            _ => return None,
        })
    }

    pub(super) fn element(self) -> Option<Self> {
        match self {
            Self::Choices => Some(Self::Choice),
            Self::ToolCalls => Some(Self::ToolCall),
            Self::Content => Some(Self::ContentPart),
            Self::Hidden => Some(Self::HiddenPart),
            Self::Shown => Some(Self::ShownElement),
            Self::PromptFilters => Some(Self::PromptFilter),
            // No other place is opened as an array.
            _ => None,
        }
    }

    pub(super) fn reads_text(self) -> bool {
        matches!(
            self,
            Self::Id
                | Self::Model
                | Self::Object
                | Self::SystemFingerprint
                | Self::ServiceTier
                | Self::Upstream
                | Self::FinishReason
                | Self::NativeFinishReason
                | Self::ToolId
                | Self::FunctionName
                | Self::ErrorCode
                | Self::ErrorType
                | Self::RootCode
                | Self::RootType
        )
    }
}
