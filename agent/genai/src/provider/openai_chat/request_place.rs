//! Where things stand in a request.

/// A place in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    Stream,
    MaxTokens,
    MaxCompletionTokens,
    Temperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    /// `seed`, and Mistral's `random_seed`.
    Seed,
    Stop,
    StopElement,
    N,
    ServiceTier,
    User,
    SafetyIdentifier,
    ResponseFormat,
    OutputType,
    /// `reasoning` of OpenRouter, `thinking` of DeepSeek and Z.ai.
    Reasoning,
    ReasoningLevel,
    /// `system` beside the messages, which only Anthropic's requests have.
    System,
    Messages,
    Message,
    Role,
    /// What a message says: a string, or a list of parts.
    Text,
    /// A part of a message's content.
    Part,
    Name,
    /// An image, a sound, a film, a file.
    Media,
    Calls,
    Call,
    /// `function` or `custom` of a tool call; `function_call` of old.
    Function,
    CallId,
    /// Arguments: a string, or, in few dialects, an object.
    Arguments,
    /// `tool_call_id`: which call a message is the result of.
    ResultOf,
    Documents,
    /// A document.
    Source,
    /// What is in it.
    Document,
    /// `tools`, and `functions` of old.
    Tools,
    Tool,
    Prompt,
    PromptElement,
    Suffix,
}

impl Place {
    pub(super) fn member(place: Self, key: &[u8]) -> Option<Self> {
        Some(match (place, key) {
            (Self::Root, _) => return Self::of_root(key),
            (Self::ResponseFormat, b"type") => Self::OutputType,
            (Self::Reasoning, b"effort" | b"type") => Self::ReasoningLevel,
            (Self::Message, b"role") => Self::Role,
            (Self::Message, b"name") => Self::Name,
            (Self::Message, b"content" | b"refusal" | b"reasoning_content" | b"reasoning") => Self::Text,
            (Self::Message, b"tool_call_id") => Self::ResultOf,
            (Self::Message, b"tool_calls") => Self::Calls,
            (Self::Message | Self::Call, b"function_call" | b"function" | b"custom") => Self::Function,
            // The sound of an earlier answer, by its id.
            (Self::Message, b"audio") => Self::Media,
            (Self::Part, b"text" | b"refusal" | b"thinking") => Self::Text,
            (
                Self::Part,
                b"image_url" | b"input_audio" | b"audio_url" | b"video_url" | b"document_url" | b"file"
                | b"image" | b"video" | b"input_image",
            ) => Self::Media,
            (Self::Part, b"document" | b"search_result") => Self::Source,
            (Self::Call, b"id") => Self::CallId,
            (Self::Function, b"name") => Self::Name,
            (Self::Function, b"arguments" | b"input") => Self::Arguments,
            (Self::Source | Self::Document, b"id") => return None,
            (Self::Source | Self::Document, _) => Self::Document,
            _ => return None,
        })
    }

    fn of_root(key: &[u8]) -> Option<Self> {
        Some(match key {
            b"model" => Self::Model,
            b"stream" => Self::Stream,
            b"max_tokens" => Self::MaxTokens,
            b"max_completion_tokens" => Self::MaxCompletionTokens,
            b"temperature" => Self::Temperature,
            b"top_p" => Self::TopP,
            b"top_k" => Self::TopK,
            b"frequency_penalty" => Self::FrequencyPenalty,
            b"presence_penalty" => Self::PresencePenalty,
            b"seed" | b"random_seed" => Self::Seed,
            b"stop" => Self::Stop,
            b"n" => Self::N,
            b"service_tier" => Self::ServiceTier,
            b"user" => Self::User,
            b"safety_identifier" => Self::SafetyIdentifier,
            b"response_format" => Self::ResponseFormat,
            b"reasoning_effort" => Self::ReasoningLevel,
            b"reasoning" | b"thinking" => Self::Reasoning,
            b"system" => Self::System,
            b"messages" => Self::Messages,
            b"documents" => Self::Documents,
            b"tools" | b"functions" => Self::Tools,
            b"prompt" => Self::Prompt,
            b"suffix" => Self::Suffix,
            _ => return None,
        })
    }

    pub(super) fn element(self) -> Option<Self> {
        match self {
            Self::Messages => Some(Self::Message),
            Self::Tools => Some(Self::Tool),
            Self::Text => Some(Self::Part),
            Self::Calls => Some(Self::Call),
            Self::Documents => Some(Self::Source),
            Self::Source | Self::Document => Some(Self::Document),
            Self::Stop => Some(Self::StopElement),
            Self::Prompt => Some(Self::PromptElement),
            // No other place is opened as an array.
            _ => None,
        }
    }

    pub(super) fn reads_text(self) -> bool {
        matches!(
            self,
            Self::Model
                | Self::ServiceTier
                | Self::User
                | Self::SafetyIdentifier
                | Self::OutputType
                | Self::Reasoning
                | Self::ReasoningLevel
                | Self::Role
                | Self::ResultOf
        )
    }
}
