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
    /// A piece of what is heard: sound, or its words.
    Audio,
    /// Any other `….delta`: a piece of reasoning, of a tool call's arguments, of what a tool does.
    Piece,
    /// `response.output_item.added`: the name of a tool is told here and nowhere before.
    ItemAdded,
    /// The last event, and the status that its response has; Realtime's says it only in the response.
    Last(Option<Status>),
    /// `error`, after which nothing comes but, from some servers, `response.failed`.
    Error,
    /// The provider shortens what it was given.
    Compaction,
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
            // The second is that of the first version of Realtime.
            "output_text.delta" | "text.delta" => Self::Message,
            "refusal.delta" => Self::Refusal,
            "audio.delta"
            | "audio.transcript.delta"
            | "output_audio.delta"
            | "output_audio_transcript.delta"
            | "audio_transcript.delta" => Self::Audio,
            "output_item.added" => Self::ItemAdded,
            "completed" => Self::Last(Some(Status::Completed)),
            "incomplete" => Self::Last(Some(Status::Incomplete)),
            "failed" => Self::Last(Some(Status::Failed)),
            // In no list of OpenAI's, but the status is.
            "cancelled" => Self::Last(Some(Status::Cancelled)),
            "done" => Self::Last(None),
            _ if event.starts_with("compaction.") => Self::Compaction,
            _ if event.ends_with(".delta") => Self::Piece,
            _ => Self::Other,
        }
    }

    /// Whether only this API has such events.
    pub(super) fn is_telling(self) -> bool {
        match self {
            Self::Message
            | Self::Refusal
            | Self::Audio
            | Self::Piece
            | Self::ItemAdded
            | Self::Last(_)
            | Self::Compaction
            | Self::Other => true,
            Self::Error | Self::Foreign => false,
        }
    }
}
