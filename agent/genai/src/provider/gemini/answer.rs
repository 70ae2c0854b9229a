//! The answer to a generation: one document, or chunks of the same shape.
//!
//! What belongs to a candidate is gathered while its element is open and merged when it closes, for `index` may come
//! last, and is left out where it is 0.

use super::super::{ProviderError, fields};
use crate::call::{Response, ToolCall, Usage};
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    response: Response,
    counts: Counts,
    error: Option<ProviderError>,
    candidates: Vec<Candidate>,
    calls: Vec<Call>,
    /// It has what only these answers have.
    told: bool,
    /// The prompt was blocked, so that no candidate will come.
    blocked: bool,
    /// The chunk at hand carries content.
    content: bool,
    /// Elements of `candidates` so far in the document at hand.
    begun: u64,
    /// The element of `candidates` at hand.
    open: OpenCandidate,
    /// The `functionCall` at hand.
    fragment: Fragment,
    unknown_shape: u32,
}

/// `usageMetadata` by its own names. Each chunk repeats it with what it has come to.
#[derive(Debug, Default)]
struct Counts {
    prompt: Option<u64>,
    tool_use: Option<u64>,
    cached: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
}

#[derive(Debug)]
struct Candidate {
    index: u64,
    finish_reason: Option<String>,
}

/// A tool call, and whose it is.
#[derive(Debug)]
struct Call {
    candidate: u64,
    call: ToolCall,
}

#[derive(Debug, Default)]
struct OpenCandidate {
    position: u64,
    index: Option<u64>,
    finish_reason: Option<String>,
    calls: Vec<Fragment>,
}

/// A `functionCall`: a whole call, or, where arguments are streamed, a piece of one.
#[derive(Debug, Default)]
struct Fragment {
    call: ToolCall,
    has_arguments: bool,
}

impl Counts {
    /// Tool use is input of its own, and thoughts are output of their own. Counts of 0 are left out by Google's
    /// printer, so one of two that is absent where the other is told adds nothing.
    fn usage(&self) -> Usage {
        let Self { prompt, tool_use, cached, candidates, thoughts } = *self;
        let output = match (candidates, thoughts) {
            (None, None) => None,
            (one, other) => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
        };
        Usage {
            input: prompt.map(|prompt| prompt.saturating_add(tool_use.unwrap_or(0))),
            output,
            cache_read: cached,
            reasoning: thoughts,
            ..Usage::default()
        }
    }
}

impl Answer {
    pub(super) fn begin_chunk(&mut self) {
        self.content = false;
    }

    /// Whether the chunk carried content.
    pub(super) fn has_content(&self) -> bool {
        self.content
    }

    /// Whether this is a generation by its shape alone.
    pub(super) fn is_gemini(&self) -> bool {
        self.told
    }

    /// Every candidate that was begun has told why it ended, or there will be none.
    pub(super) fn is_finished(&self) -> bool {
        let all = self.candidates.iter().all(|candidate| candidate.finish_reason.is_some());
        all && (self.blocked || !self.candidates.is_empty())
    }

    pub(super) fn unknown_shape(&self) -> u32 {
        self.unknown_shape
    }

    pub(super) fn into_parts(self) -> (Response, Usage, Option<ProviderError>) {
        let Self { mut response, counts, error, mut candidates, mut calls, .. } = self;
        candidates.sort_by_key(|candidate| candidate.index);
        calls.sort_by_key(|call| call.candidate);
        response.finish_reasons =
            candidates.into_iter().filter_map(|candidate| candidate.finish_reason).collect();
        response.tool_calls = calls.into_iter().map(|call| call.call).collect();
        (response, counts.usage(), error)
    }

    fn close_candidate(&mut self) {
        let OpenCandidate { position, index, finish_reason, calls } = std::mem::take(&mut self.open);
        let index = index.unwrap_or(position);
        for fragment in calls {
            self.merge_call(index, fragment);
        }
        if let Some(candidate) = self.candidates.iter_mut().find(|candidate| candidate.index == index) {
            candidate.finish_reason = finish_reason.or(candidate.finish_reason.take());
        } else if self.candidates.len() < limits::CHOICES {
            self.candidates.push(Candidate { index, finish_reason });
        } else {
            self.unknown_shape += 1;
        }
    }

    /// A call with a name is a new one, unless its id is that of the one before it. One without continues the one
    /// before it, and one with nothing says that no more of it will come.
    fn merge_call(&mut self, candidate: u64, fragment: Fragment) {
        let Fragment { call: ToolCall { id, name }, has_arguments } = fragment;
        let last = self.calls.iter_mut().rfind(|call| call.candidate == candidate);
        let continued = last.filter(|Call { call, .. }| match (&id, &name) {
            (Some(id), _) if call.id.is_some() => call.id.as_ref() == Some(id),
            (_, name) => name.is_none(),
        });
        if let Some(Call { call, .. }) = continued {
            call.id = call.id.take().or(id);
            call.name = call.name.take().or(name);
            return;
        }
        if id.is_none() && name.is_none() && !has_arguments {
            return;
        }
        if self.calls.len() < limits::TOOL_CALLS {
            self.calls.push(Call { candidate, call: ToolCall { id, name } });
        } else {
            self.unknown_shape += 1;
        }
    }
}

/// Where things stand in an answer or chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The answer, also as the element of an array that is given in one piece, and where Code Assist wraps it.
    Root,
    Id,
    Model,
    Candidates,
    Candidate,
    Index,
    FinishReason,
    Content,
    Parts,
    Part,
    /// Text, thoughts, code, or data: all that is content and a string.
    Said,
    /// `inlineData`, `fileData` or `executableCode`.
    Media,
    FunctionCall,
    CallId,
    CallName,
    /// `args`, or `partialArgs` where they are streamed.
    Arguments,
    Argument,
    Feedback,
    BlockReason,
    Usage,
    PromptCount,
    ToolUseCount,
    CachedCount,
    CandidatesCount,
    ThoughtsCount,
    ServiceTier,
    Error,
    ErrorCode,
    ErrorStatus,
}

impl Shape for Answer {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"response") => Some(Place::Root),
            (Place::Root, b"responseId") => Some(Place::Id),
            (Place::Root, b"modelVersion") => Some(Place::Model),
            (Place::Root, b"candidates") => Some(Place::Candidates),
            (Place::Root, b"promptFeedback") => Some(Place::Feedback),
            (Place::Root, b"usageMetadata") => Some(Place::Usage),
            (Place::Root, b"error") => Some(Place::Error),
            (Place::Candidate, b"index") => Some(Place::Index),
            (Place::Candidate, b"finishReason") => Some(Place::FinishReason),
            (Place::Candidate, b"content") => Some(Place::Content),
            (Place::Content, b"parts") => Some(Place::Parts),
            (Place::Part, b"text") => Some(Place::Said),
            (Place::Part, b"inlineData" | b"fileData" | b"executableCode") => Some(Place::Media),
            (Place::Media, b"data" | b"fileUri" | b"code") => Some(Place::Said),
            (Place::Part, b"functionCall") => Some(Place::FunctionCall),
            (Place::FunctionCall, b"id") => Some(Place::CallId),
            (Place::FunctionCall, b"name") => Some(Place::CallName),
            (Place::FunctionCall, b"args" | b"partialArgs") => Some(Place::Arguments),
            (Place::Arguments, _) => Some(Place::Argument),
            (Place::Feedback, b"blockReason") => Some(Place::BlockReason),
            (Place::Usage, b"promptTokenCount") => Some(Place::PromptCount),
            (Place::Usage, b"toolUsePromptTokenCount") => Some(Place::ToolUseCount),
            (Place::Usage, b"cachedContentTokenCount") => Some(Place::CachedCount),
            (Place::Usage, b"candidatesTokenCount") => Some(Place::CandidatesCount),
            (Place::Usage, b"thoughtsTokenCount") => Some(Place::ThoughtsCount),
            (Place::Usage, b"serviceTier") => Some(Place::ServiceTier),
            (Place::Error, b"code") => Some(Place::ErrorCode),
            (Place::Error, b"status") => Some(Place::ErrorStatus),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Root => Some(Place::Root),
            Place::Candidates => Some(Place::Candidate),
            Place::Parts => Some(Place::Part),
            Place::Arguments => Some(Place::Argument),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(
            place,
            Place::Id
                | Place::Model
                | Place::FinishReason
                | Place::CallId
                | Place::CallName
                | Place::BlockReason
                | Place::ServiceTier
                | Place::ErrorCode
                | Place::ErrorStatus
        )
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root, Container::Object) => {
                self.begun = 0;
                true
            }
            (Place::Root | Place::Candidates | Place::Parts | Place::Arguments, Container::Array)
            | (
                Place::Part | Place::Media | Place::Arguments | Place::Feedback | Place::Usage,
                Container::Object,
            ) => true,
            (Place::Candidate, Container::Object) => {
                self.open = OpenCandidate { position: self.begun, ..OpenCandidate::default() };
                self.begun += 1;
                true
            }
            (Place::Content, Container::Object) => {
                self.told = true;
                true
            }
            (Place::FunctionCall, Container::Object) => {
                self.fragment = Fragment::default();
                true
            }
            (Place::Argument, _) => {
                self.argument();
                false
            }
            (Place::Error, Container::Object) => {
                self.error.get_or_insert_default();
                true
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Candidate => self.close_candidate(),
            Place::FunctionCall => {
                let fragment = std::mem::take(&mut self.fragment);
                if self.open.calls.len() < limits::TOOL_CALLS {
                    self.open.calls.push(fragment);
                } else {
                    self.unknown_shape += 1;
                }
            }
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        // An argument may be null.
        if place == Place::Argument {
            return self.argument();
        }
        if *scalar == Scalar::Null {
            return;
        }
        let known = match place {
            Place::Id => fields::text(&mut self.response.id, scalar),
            Place::Model => fields::text(&mut self.response.model, scalar),
            Place::ServiceTier => fields::text(&mut self.response.service_tier, scalar),
            Place::Index => fields::value(&mut self.open.index, scalar.as_u64()),
            Place::FinishReason => self.finish_reason(scalar),
            Place::CallId => fields::text(&mut self.fragment.call.id, scalar),
            Place::CallName => {
                let known = fields::text(&mut self.fragment.call.name, scalar);
                // One that is too long is there all the same.
                self.content |= matches!(scalar, Scalar::Text { empty: false, .. });
                known
            }
            Place::BlockReason => self.block_reason(scalar),
            Place::Said => {
                self.content |= matches!(scalar, Scalar::Text { empty: false, .. });
                matches!(scalar, Scalar::Text { .. })
            }
            Place::PromptCount => fields::grown(&mut self.counts.prompt, scalar),
            Place::ToolUseCount => fields::grown(&mut self.counts.tool_use, scalar),
            Place::CachedCount => fields::grown(&mut self.counts.cached, scalar),
            Place::CandidatesCount => fields::grown(&mut self.counts.candidates, scalar),
            Place::ThoughtsCount => fields::grown(&mut self.counts.thoughts, scalar),
            Place::ErrorStatus => {
                let text = scalar.as_text();
                self.error.get_or_insert_default().code = text.and_then(|text| ProviderError::name(&text));
                matches!(scalar, Scalar::Text { .. })
            }
            // The HTTP status that it would have had. Inside a stream of status 200 it may be all that is told.
            Place::ErrorCode => {
                self.error.get_or_insert_default().kind = match scalar {
                    Scalar::Number(number) => ProviderError::name(number),
                    _ => fields::name(scalar),
                };
                matches!(scalar, Scalar::Text { .. } | Scalar::Number(_))
            }
            // A gateway's sentence, which is content.
            Place::Error => {
                self.error.get_or_insert_default();
                matches!(scalar, Scalar::Text { .. })
            }
            Place::Root
            | Place::Candidates
            | Place::Candidate
            | Place::Content
            | Place::Parts
            | Place::Part
            | Place::Media
            | Place::FunctionCall
            | Place::Arguments
            | Place::Argument
            | Place::Feedback
            | Place::Usage => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}

impl Answer {
    fn argument(&mut self) {
        self.fragment.has_arguments = true;
        self.content = true;
    }

    /// Why a candidate ended. The value that stands for none tells of no end.
    fn finish_reason(&mut self, scalar: &Scalar<'_>) -> bool {
        let mut reason = None;
        let known = fields::text(&mut reason, scalar);
        let reason = reason.filter(|reason| reason != "FINISH_REASON_UNSPECIFIED");
        self.told |= reason.is_some();
        self.open.finish_reason = reason.or(self.open.finish_reason.take());
        known
    }

    fn block_reason(&mut self, scalar: &Scalar<'_>) -> bool {
        let mut reason = None;
        let known = fields::text(&mut reason, scalar);
        if reason.is_some_and(|reason| reason != "BLOCK_REASON_UNSPECIFIED") {
            self.told = true;
            self.blocked = true;
            self.response.refusal = true;
        }
        known
    }
}
