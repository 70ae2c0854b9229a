//! TGI (text-generation-inference), and whoever has copied its API: `/generate`, `/generate_stream`, and the root of its
//! server, which SageMaker calls `/invocations`.
//!
//! Comes in: the JSON request; the JSON answer, or events of which each is one token, the last with the whole text. Goes
//! out: [`super::Findings`]. The times that it tells are in heads, which `headers` reads.
//!
//! Not read: what is said; tokens and their probabilities.

mod answer;
mod request;

use self::answer::Answer;
use self::request::Asked;
use super::Flavour;
use super::native::NativeReader;
use crate::call::{Api, Provider};

pub(super) static GENERATE: Flavour = Flavour {
    api: Api { name: "tgi_generate", operation: "text_completion" },
    elsewhere: Provider::server("tgi"),
    paths: &[],
    request_id: &["x-request-id"],
    reader: |key| Box::new(NativeReader::new(Asked::new(key), Answer::default())),
};
