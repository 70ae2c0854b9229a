//! Where things stand in a response or event.

/// A place in a response or event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Place {
    /// A response, or an event.
    Root,
    /// `type` of an event.
    Type,
    /// `code` of an event that is an error.
    Code,
    Delta,
    PartialImage,
    OutputIndex,
    ContentIndex,
    /// `item` of an event.
    Item,
    /// `part` of an event, and the parts of a message.
    Part,
    PartType,
    PartText,
    Refusal,
    /// `response` of an event.
    Response,
    Id,
    Object,
    Model,
    Status,
    ServiceTier,
    /// `conversation`: an object, or an id.
    Conversation,
    ConversationId,
    /// `incomplete_details`, and `status_details` of Realtime.
    Details,
    Reason,
    /// `prompt_cache_diagnostics`.
    Diagnostics,
    DiagnosticsType,
    DiagnosticsReason,
    /// `tool_usage`, and of it the searches.
    ToolUsage,
    WebSearch,
    Searches,
    Output,
    /// An element of `output`.
    OutputItem,
    ItemType,
    ItemId,
    CallId,
    Name,
    Content,
    /// Read as figures.
    Usage,
    Error,
    ErrorCode,
    ErrorType,
    /// The limits of `rate_limits.updated`.
    Limits,
    Limit,
    LimitName,
    LimitLimit,
    LimitRemaining,
    LimitReset,
}

impl Place {
    pub(super) fn member(self, key: &[u8]) -> Option<Self> {
        Some(match (self, key) {
            (Self::Root, b"type") => Self::Type,
            (Self::Root, b"code") => Self::Code,
            (Self::Root, b"delta") => Self::Delta,
            (Self::Root, b"partial_image_b64") => Self::PartialImage,
            (Self::Root, b"output_index") => Self::OutputIndex,
            (Self::Root, b"content_index") => Self::ContentIndex,
            (Self::Root, b"item") => Self::Item,
            (Self::Root, b"part") => Self::Part,
            (Self::Root, b"response") => Self::Response,
            (Self::Root, b"rate_limits") => Self::Limits,
            (Self::Root | Self::Part, b"refusal") => Self::Refusal,
            (Self::Root | Self::Response, _) => return Self::of_response(key),
            (Self::Details, b"reason") => Self::Reason,
            (Self::Details, b"error") => Self::Error,
            (Self::Conversation, b"id") => Self::ConversationId,
            (Self::Diagnostics, b"type") => Self::DiagnosticsType,
            (Self::Diagnostics, b"reason") => Self::DiagnosticsReason,
            (Self::ToolUsage, b"web_search") => Self::WebSearch,
            (Self::WebSearch, b"num_requests") => Self::Searches,
            (Self::Item | Self::OutputItem, b"type") => Self::ItemType,
            (Self::Item | Self::OutputItem, b"id") => Self::ItemId,
            (Self::Item | Self::OutputItem, b"call_id") => Self::CallId,
            (Self::Item | Self::OutputItem, b"name") => Self::Name,
            (Self::Item | Self::OutputItem, b"content") => Self::Content,
            (Self::Part, b"type") => Self::PartType,
            (Self::Part, b"text") => Self::PartText,
            (Self::Error, b"code") => Self::ErrorCode,
            (Self::Error, b"type") => Self::ErrorType,
            (Self::Limit, b"name") => Self::LimitName,
            (Self::Limit, b"limit") => Self::LimitLimit,
            (Self::Limit, b"remaining") => Self::LimitRemaining,
            (Self::Limit, b"reset_seconds") => Self::LimitReset,
            _ => return None,
        })
    }

    /// What a response has, which is its own document or the member of an event.
    fn of_response(key: &[u8]) -> Option<Self> {
        Some(match key {
            b"id" => Self::Id,
            b"object" => Self::Object,
            b"model" => Self::Model,
            b"status" => Self::Status,
            b"service_tier" => Self::ServiceTier,
            b"conversation" => Self::Conversation,
            b"conversation_id" => Self::ConversationId,
            b"incomplete_details" | b"status_details" => Self::Details,
            b"prompt_cache_diagnostics" => Self::Diagnostics,
            b"tool_usage" => Self::ToolUsage,
            b"output" => Self::Output,
            b"usage" => Self::Usage,
            b"error" => Self::Error,
            _ => return None,
        })
    }

    pub(super) fn element(self) -> Option<Self> {
        match self {
            Self::Output => Some(Self::OutputItem),
            Self::Content => Some(Self::Part),
            Self::Limits => Some(Self::Limit),
            // No other place is opened as an array.
            _ => None,
        }
    }

    pub(super) fn reads_text(self) -> bool {
        matches!(
            self,
            Self::Type
                | Self::Code
                | Self::PartType
                | Self::Id
                | Self::Object
                | Self::Model
                | Self::Status
                | Self::ServiceTier
                | Self::Conversation
                | Self::ConversationId
                | Self::Reason
                | Self::DiagnosticsType
                | Self::DiagnosticsReason
                | Self::ItemType
                | Self::ItemId
                | Self::CallId
                | Self::Name
                | Self::ErrorCode
                | Self::ErrorType
                | Self::LimitName
        )
    }
}
