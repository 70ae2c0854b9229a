//! SGLang's own API, `/generate`.
//!
//! Comes in: the JSON request; the JSON answer, or events up to `[DONE]`. Each event has the whole text so far, unless the
//! server was started otherwise. Goes out: [`super::Findings`].
//!
//! Not read: what is said; token ids and their probabilities; how many steps speculation took.

mod answer;
mod request;

use self::answer::Answer;
use self::request::Asked;
use super::Flavour;
use super::native::NativeReader;
use crate::call::{Api, Provider};

pub(super) static GENERATE: Flavour = Flavour {
    api: Api { name: "sglang_generate", operation: "text_completion" },
    elsewhere: Provider::server("sglang"),
    paths: &[],
    request_id: &["x-request-id"],
    reader: |key| Box::new(NativeReader::new(Asked::new(key), Answer::default())),
};
