//! The request to run a model.

use crate::call::Request;
use crate::digest::Key;
use crate::json_scan::{Container, Scalar, Shape};
use crate::limits;
use crate::memory::Traces;
use crate::provider::fields::{self, Count};
use crate::provider::native::NativeRequest;
use crate::provider::prompt::{PromptReader, Said};

/// What was asked, as far as it was read.
#[derive(Debug)]
pub(super) struct Asked {
    request: Request,
    prompt: PromptReader,
    messages: Count,
    tools: Count,
    texts: Count,
    asks: Asks,
    unknown_shape: u32,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Nothing,
    Chat,
    Completion,
    Embeddings,
}

impl Asked {
    pub(super) fn new(key: Key) -> Self {
        Self {
            request: Request::default(),
            prompt: PromptReader::new(key),
            messages: Count::default(),
            tools: Count::default(),
            texts: Count::default(),
            asks: Asks::Nothing,
            unknown_shape: 0,
        }
    }
}

impl NativeRequest for Asked {
    const NEEDS_PATH: bool = true;

    fn head(&mut self, path: &str) -> bool {
        // The second is that of its gateway.
        let model = ["/ai/run/", "/workers-ai/"].iter().find_map(|before| path.split_once(before));
        let model = model.map(|(_, model)| model).filter(|model| model.starts_with('@'));
        self.request.model = model.filter(|model| model.len() <= limits::TEXT).map(str::to_owned);
        model.is_some()
    }

    fn is_request(&self) -> bool {
        self.asks != Asks::Nothing
    }

    fn output_type(&self) -> Option<&str> {
        self.request.output_type.as_deref()
    }

    fn operation(&self) -> Option<&'static str> {
        match self.asks {
            Asks::Nothing => None,
            Asks::Chat => Some("chat"),
            Asks::Completion => Some("text_completion"),
            Asks::Embeddings => Some("embeddings"),
        }
    }

    fn into_parts(self) -> (Request, Traces, u32) {
        let Self { request, prompt, messages, tools, texts, asks: _, unknown_shape } = self;
        let (prompt, traces) = prompt.finish();
        let request = Request {
            prompt,
            message_count: messages.total(),
            tool_count: tools.total(),
            input_count: texts.total().or(request.input_count),
            ..request
        };
        (request, traces, unknown_shape)
    }
}

/// Where things stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Stream,
    Prompt,
    /// A text to embed, or a list of them.
    Text,
    TextElement,
    Messages,
    Message,
    Role,
    /// A text, or parts of it.
    Content,
    Part,
    PartText,
    Image,
    Tools,
    Tool,
    MaxTokens,
    Temperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    Seed,
    Format,
    FormatType,
}

impl Shape for Asked {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"stream") => Some(Place::Stream),
            (Place::Root, b"prompt") => Some(Place::Prompt),
            (Place::Root, b"text") => Some(Place::Text),
            (Place::Root, b"messages") => Some(Place::Messages),
            (Place::Root, b"tools") => Some(Place::Tools),
            (Place::Root, b"max_tokens") => Some(Place::MaxTokens),
            (Place::Root, b"temperature") => Some(Place::Temperature),
            (Place::Root, b"top_p") => Some(Place::TopP),
            (Place::Root, b"top_k") => Some(Place::TopK),
            (Place::Root, b"frequency_penalty") => Some(Place::FrequencyPenalty),
            (Place::Root, b"presence_penalty") => Some(Place::PresencePenalty),
            (Place::Root, b"seed") => Some(Place::Seed),
            (Place::Root, b"response_format") => Some(Place::Format),
            (Place::Format, b"type") => Some(Place::FormatType),
            (Place::Message, b"role") => Some(Place::Role),
            (Place::Message, b"content") => Some(Place::Content),
            (Place::Part, b"text") => Some(Place::PartText),
            (Place::Part, b"image_url") => Some(Place::Image),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Text => Some(Place::TextElement),
            Place::Messages => Some(Place::Message),
            Place::Content => Some(Place::Part),
            Place::Tools => Some(Place::Tool),
            // No other place is opened as an array.
            _ => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Role | Place::FormatType)
    }

    fn hears(place: Place) -> bool {
        matches!(place, Place::Prompt | Place::Text | Place::TextElement | Place::Content | Place::PartText)
    }

    fn hear(&mut self, _place: Place, written: &[u8]) {
        self.prompt.hear(Said::Text, written);
    }

    fn taps(place: Place, value: Option<Container>) -> bool {
        match place {
            Place::Prompt
            | Place::Text
            | Place::TextElement
            | Place::Role
            | Place::Content
            | Place::PartText => value.is_none(),
            Place::Image => true,
            Place::Tools => value == Some(Container::Array),
            _ => false,
        }
    }

    fn tap(&mut self, place: Place, written: &[u8]) {
        match place {
            Place::Tools => self.prompt.tap_tools(written),
            _ => self.prompt.tap(written),
        }
    }

    fn tapped(&mut self, place: Place) {
        match place {
            Place::Tools => {}
            // Each is a text of its own.
            Place::Prompt | Place::Text | Place::TextElement => {
                self.prompt.tapped();
                self.prompt.end_message();
                self.prompt.begin_message();
            }
            _ => self.prompt.tapped(),
        }
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        match (place, container) {
            (Place::Root | Place::Part | Place::Format, Container::Object)
            | (Place::Content, Container::Array) => true,
            (Place::Messages, Container::Array) => {
                self.asks = Asks::Chat;
                self.messages.begin();
                true
            }
            (Place::Message, Container::Object) => {
                self.messages.add();
                self.prompt.begin_message();
                true
            }
            (Place::Text, Container::Array) => {
                self.asks = Asks::Embeddings;
                self.texts.begin();
                true
            }
            (Place::Tools, Container::Array) => {
                self.tools.begin();
                true
            }
            (Place::Tool, Container::Object) => {
                self.tools.add();
                false
            }
            (Place::Image, Container::Object) => {
                self.prompt.count_media();
                false
            }
            _ => {
                self.unknown_shape += 1;
                false
            }
        }
    }

    fn close(&mut self, place: Place) {
        match place {
            Place::Root if self.asks != Asks::Nothing => self.prompt.close(),
            Place::Messages => self.messages.close(),
            Place::Message => self.prompt.end_message(),
            Place::Text => self.texts.close(),
            Place::Tools => self.tools.close(),
            // What the others say was taken as it came.
            _ => {}
        }
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let request = &mut self.request;
        let is_text = matches!(scalar, Scalar::Text { .. });
        let known = match place {
            Place::Prompt => {
                if is_text {
                    self.asks = Asks::Completion;
                }
                fields::value(&mut request.input_count, is_text.then_some(1))
            }
            Place::Text => {
                if is_text {
                    self.asks = Asks::Embeddings;
                }
                fields::value(&mut request.input_count, is_text.then_some(1))
            }
            Place::TextElement => {
                self.texts.add();
                is_text
            }
            Place::Stream => fields::value(&mut request.stream, scalar.as_bool()),
            Place::MaxTokens => fields::number(&mut request.max_tokens, scalar),
            Place::Temperature => fields::value(&mut request.temperature, scalar.as_f64()),
            Place::TopP => fields::value(&mut request.top_p, scalar.as_f64()),
            Place::TopK => fields::value(&mut request.top_k, scalar.as_f64()),
            Place::FrequencyPenalty => fields::value(&mut request.frequency_penalty, scalar.as_f64()),
            Place::PresencePenalty => fields::value(&mut request.presence_penalty, scalar.as_f64()),
            Place::Seed => fields::value(&mut request.seed, fields::integer(scalar)),
            Place::FormatType => fields::text(&mut request.output_type, scalar),
            Place::Role => scalar.as_text().is_some_and(|role| {
                self.prompt.role(&role);
                true
            }),
            Place::Content | Place::PartText => is_text,
            Place::Root
            | Place::Messages
            | Place::Message
            | Place::Part
            | Place::Image
            | Place::Tools
            | Place::Tool
            | Place::Format => false,
        };
        self.unknown_shape += u32::from(!known);
    }
}
