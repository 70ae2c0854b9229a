//! The own API of llama.cpp's server: `/completion`, `/infill`, `/embedding`.
//!
//! Comes in: the JSON request; the JSON answer, or events up to the one with `stop`. Goes out: [`super::Findings`].
//!
//! Not read: what is said; vectors; tokens and their probabilities; the settings that are repeated in the answer. At
//! `/completions` it speaks the same, and everybody else OpenAI's.

mod answer;
mod request;

use self::answer::Answer;
use self::request::Asked;
use super::Flavour;
use super::native::NativeReader;
use crate::call::{Api, Provider};

pub(super) static COMPLETION: Flavour = Flavour {
    api: Api { name: "llama_cpp_completion", operation: "text_completion" },
    elsewhere: Provider::server("llama_cpp"),
    paths: &[],
    request_id: &[],
    reader: |key| {
        Box::new(NativeReader::new(Asked::new(Method::Complete, key), Answer::new(Method::Complete)))
    },
};

pub(super) static EMBEDDING: Flavour = Flavour {
    api: Api { name: "llama_cpp_embedding", operation: "embeddings" },
    elsewhere: Provider::server("llama_cpp"),
    paths: &[],
    request_id: &[],
    reader: |key| Box::new(NativeReader::new(Asked::new(Method::Embed, key), Answer::new(Method::Embed))),
};

/// Which of them it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// Goes on with a prompt, or fills the gap in one.
    Complete,
    Embed,
}
