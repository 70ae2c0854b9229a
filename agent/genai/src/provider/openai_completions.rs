//! OpenAI completions: a prompt is gone on with. Most engines still speak it, and editors do.
//!
//! Comes in: the JSON request, whose `prompt` is a text, a list of texts, or tokens; the JSON answer or its chunks, whose
//! choices have a `text`. Goes out: [`super::Findings`]. All members but these two are those of a chat, and so is their
//! reader.

use super::Flavour;
use super::openai_chat::ChatReader;
use crate::call::{Api, Provider};

pub(super) static FLAVOUR: Flavour = Flavour {
    api: Api { name: "completions", operation: "text_completion" },
    elsewhere: Provider::api("openai"),
    // Those of chats are longer and come first.
    paths: &["/completions"],
    request_id: &["x-request-id"],
    reader: |key| Box::new(ChatReader::of_texts(key)),
};
