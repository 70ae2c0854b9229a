//! Cloudflare Workers AI: any model, named by the path: `…/ai/run/@cf/meta/llama-3.1-8b-instruct`.
//!
//! Comes in: the JSON request; the JSON answer, or events of which each has the next piece of text. Goes out:
//! [`super::Findings`]. Newer models answer as OpenAI's do, in the same envelope.
//!
//! Not read: what is said; vectors; images and sound, which some models answer with.

mod answer;
mod request;

use self::answer::Answer;
use self::request::Asked;
use super::Flavour;
use super::native::NativeReader;
use crate::call::{Api, Provider};

pub(super) static RUN: Flavour = Flavour {
    api: Api { name: "workers_ai_run", operation: "chat" },
    elsewhere: Provider::server("cloudflare_workers_ai"),
    paths: &[],
    request_id: &["cf-ray"],
    reader: |key| Box::new(NativeReader::new(Asked::new(key), Answer::default())),
};
