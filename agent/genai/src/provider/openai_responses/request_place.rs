//! Where things stand in a request.

/// A place in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Place {
    /// The request. In the messages of Realtime it stands one level deeper, as their `response`.
    Root,
    Model,
    Stream,
    MaxOutputTokens,
    Temperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    ServiceTier,
    User,
    SafetyIdentifier,
    PreviousResponse,
    Instructions,
    /// A string, or an object with an `id`. In Realtime it is `auto` or `none`, which are no ids.
    Conversation,
    ConversationId,
    /// A stored prompt.
    Prompt,
    PromptId,
    PromptVersion,
    Reasoning,
    Effort,
    Text,
    Format,
    FormatType,
    /// The kinds of answer that Realtime can be asked for.
    Modalities,
    Modality,
    Tools,
    Tool,
    /// `input`: a string, or a list of items.
    Input,
    Item,
    Role,
    ItemType,
    CallId,
    /// What makes an item what it is and is not said: names, ids of what it refers to, what is encrypted.
    Identity,
    /// What an item says: a string, or a list of parts.
    Content,
    Part,
    PartType,
    /// An image, a sound or a file, of whatever type. It is counted by the type of its part.
    Media,
    /// An image that an item is, and no part says so.
    Picture,
    /// What the model wants done: a string, or a structure with strings.
    Arguments,
    /// What a tool gave back: a string, a list of parts, or one part.
    Output,
    OutputPart,
    OutputText,
    /// What was found in files.
    Results,
    Found,
    FoundText,
    /// A member that only this API has, of whatever type.
    Mark,
    Messages,
}

impl Place {
    pub(super) fn member(self, key: &[u8]) -> Option<Self> {
        Some(match (self, key) {
            (Self::Root, _) => return Self::of_root(key),
            (Self::Conversation, b"id") => Self::ConversationId,
            (Self::Prompt, b"id") => Self::PromptId,
            (Self::Prompt, b"version") => Self::PromptVersion,
            (Self::Reasoning, b"effort") => Self::Effort,
            (Self::Text, b"format") => Self::Format,
            (Self::Format, b"type") => Self::FormatType,
            (Self::Item, b"role") => Self::Role,
            (Self::Item, b"type") => Self::ItemType,
            (Self::Item, b"call_id") => Self::CallId,
            (Self::Item, b"name" | b"server_label" | b"encrypted_content" | b"id") => Self::Identity,
            (Self::Item, b"content" | b"summary") => Self::Content,
            (Self::Item, b"arguments" | b"input" | b"action" | b"operation" | b"code" | b"queries") => {
                Self::Arguments
            }
            (Self::Item, b"output") => Self::Output,
            (Self::Item, b"results") => Self::Results,
            (Self::Item, b"result") => Self::Picture,
            (Self::Part | Self::OutputPart | Self::Output, b"type") => Self::PartType,
            (Self::Part, b"text" | b"refusal" | b"transcript") => Self::Content,
            (Self::Output | Self::OutputPart, b"text" | b"stdout" | b"stderr") => Self::OutputText,
            (
                Self::Part | Self::Output | Self::OutputPart,
                b"image_url" | b"file_id" | b"file_data" | b"file_url" | b"input_audio" | b"audio",
            ) => Self::Media,
            (Self::Arguments, _) => Self::Arguments,
            (Self::Found, b"text") => Self::FoundText,
            _ => return None,
        })
    }

    fn of_root(key: &[u8]) -> Option<Self> {
        Some(match key {
            b"response" => Self::Root,
            b"model" => Self::Model,
            b"stream" => Self::Stream,
            // The second is that of the first version of Realtime.
            b"max_output_tokens" | b"max_response_output_tokens" => Self::MaxOutputTokens,
            b"temperature" => Self::Temperature,
            b"top_p" => Self::TopP,
            b"top_k" => Self::TopK,
            b"frequency_penalty" => Self::FrequencyPenalty,
            b"presence_penalty" => Self::PresencePenalty,
            b"service_tier" => Self::ServiceTier,
            b"user" => Self::User,
            b"safety_identifier" => Self::SafetyIdentifier,
            b"previous_response_id" => Self::PreviousResponse,
            b"instructions" => Self::Instructions,
            b"conversation" => Self::Conversation,
            b"prompt" => Self::Prompt,
            b"reasoning" => Self::Reasoning,
            b"text" => Self::Text,
            b"output_modalities" | b"modalities" => Self::Modalities,
            b"tools" => Self::Tools,
            b"input" => Self::Input,
            b"messages" => Self::Messages,
            b"max_tool_calls"
            | b"parallel_tool_calls"
            | b"background"
            | b"store"
            | b"truncation"
            | b"include" => Self::Mark,
            _ => return None,
        })
    }

    pub(super) fn element(self) -> Option<Self> {
        match self {
            Self::Input => Some(Self::Item),
            Self::Tools => Some(Self::Tool),
            Self::Modalities => Some(Self::Modality),
            Self::Content => Some(Self::Part),
            Self::Output => Some(Self::OutputPart),
            Self::Results => Some(Self::Found),
            Self::Arguments => Some(Self::Arguments),
            // No other place is opened as an array.
            _ => None,
        }
    }

    pub(super) fn reads_text(self) -> bool {
        matches!(
            self,
            Self::Model
                | Self::MaxOutputTokens
                | Self::ServiceTier
                | Self::User
                | Self::SafetyIdentifier
                | Self::PreviousResponse
                | Self::Conversation
                | Self::ConversationId
                | Self::PromptId
                | Self::PromptVersion
                | Self::Effort
                | Self::FormatType
                | Self::Modality
                | Self::Role
                | Self::ItemType
                | Self::CallId
                | Self::PartType
        )
    }
}
