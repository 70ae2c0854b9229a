//! What the `type` of an event and the `status` of a response say.

/// How far a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// `queued` or `in_progress`.
    Running,
    Completed,
    Incomplete,
    Failed,
    Cancelled,
}

impl Status {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "queued" | "in_progress" => Some(Self::Running),
            "completed" => Some(Self::Completed),
            "incomplete" => Some(Self::Incomplete),
            "failed" => Some(Self::Failed),
            "cancelled" => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// What an event is, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A piece of a message's text.
    Message,
    /// A piece of a refusal, which is a message too.
    Refusal,
    /// Any other `….delta`: a piece of reasoning, of a tool call's arguments, of audio.
    Piece,
    /// `response.output_item.added`: the name of a tool is told here and nowhere before.
    ItemAdded,
    /// The last event, and the status that its response has.
    Last(Status),
    /// `error`, after which nothing comes but, from some servers, `response.failed`.
    Error,
    /// Any other of this API.
    Other,
    /// Of another API, or of none.
    Foreign,
}

impl Sort {
    pub(super) fn of(name: &str) -> Self {
        let Some(event) = name.strip_prefix("response.") else {
            return if name == "error" { Self::Error } else { Self::Foreign };
        };
        match event {
            "output_text.delta" => Self::Message,
            "refusal.delta" => Self::Refusal,
            "output_item.added" => Self::ItemAdded,
            "completed" => Self::Last(Status::Completed),
            "incomplete" => Self::Last(Status::Incomplete),
            "failed" => Self::Last(Status::Failed),
            // In no list of OpenAI's, but the status is.
            "cancelled" => Self::Last(Status::Cancelled),
            _ if event.ends_with(".delta") => Self::Piece,
            _ => Self::Other,
        }
    }

    /// Whether only this API has such events.
    pub(super) fn is_telling(self) -> bool {
        match self {
            Self::Message | Self::Refusal | Self::Piece | Self::ItemAdded | Self::Last(_) | Self::Other => {
                true
            }
            Self::Error | Self::Foreign => false,
        }
    }
}
