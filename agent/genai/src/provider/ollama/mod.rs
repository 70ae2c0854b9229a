//! Ollama's own API: `/api/chat`, `/api/generate`, and the embeddings of `/api/embed` and `/api/embeddings`.
//!
//! Comes in: the JSON request; the answer as one document, or as lines of JSON up to the one with `done`. Goes out:
//! [`super::Findings`]. Ollama streams unless told not to, so a request that does not say `stream` says nothing here.
//!
//! Web applications use these paths too (`/api/chat` is the default of a widespread library), and a chat's body says
//! no more than one of OpenAI's: see [`super::native`].
//!
//! Not read: what is said; vectors; the APIs of others that Ollama also speaks.

mod answer;
mod request;

use self::answer::Answer;
use self::request::Asked;
use super::Flavour;
use super::native::NativeReader;
use crate::call::{Api, Provider};

pub(super) static CHAT: Flavour = Flavour {
    api: Api { name: "ollama_chat", operation: "chat" },
    // It runs where its user runs it.
    elsewhere: Provider::server("ollama"),
    paths: &[],
    request_id: &[],
    reader: |key| Box::new(NativeReader::new(Asked::new(Method::Chat, key), Answer::new(Method::Chat))),
};

pub(super) static GENERATE: Flavour = Flavour {
    api: Api { name: "ollama_generate", operation: "text_completion" },
    elsewhere: Provider::server("ollama"),
    paths: &[],
    request_id: &[],
    reader: |key| {
        Box::new(NativeReader::new(Asked::new(Method::Generate, key), Answer::new(Method::Generate)))
    },
};

/// It stands before OpenAI's embeddings, whose requests have the same members.
pub(super) static EMBED: Flavour = Flavour {
    api: Api { name: "ollama_embed", operation: "embeddings" },
    elsewhere: Provider::server("ollama"),
    paths: &[],
    request_id: &[],
    reader: |key| Box::new(NativeReader::new(Asked::new(Method::Embed, key), Answer::new(Method::Embed))),
};

/// Which of them it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Chat,
    Generate,
    Embed,
}

impl Method {
    fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Chat => &["/api/chat"],
            Self::Generate => &["/api/generate"],
            // The second is the older one, of one text.
            Self::Embed => &["/api/embed", "/api/embeddings"],
        }
    }
}
