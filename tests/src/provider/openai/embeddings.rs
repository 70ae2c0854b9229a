//! `POST /v1/embeddings`.

use super::edge;
use crate::provider::{
    dialect::{Address, Answer, Asked, Dialect, Facts, Fields, Identity, NotARequest, Said},
    json::{Json, object},
    material::{self, Counts, Material, VECTOR},
    script::Script,
    truth::{Tokens, Told, UsageTold},
};

#[derive(Debug)]
pub(in crate::provider) struct Embeddings;

impl Dialect for Embeddings {
    fn takes(&self, address: &Address<'_>) -> bool {
        address.posts_to("/v1/embeddings")
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        let model = material::text(&body, "model")?;
        let inputs = material::inputs(&body["input"])?;
        // Python's SDK asks for base64 by itself.
        let vector = match body["encoding_format"].as_str() {
            Some("base64") => Json::from(BASE64),
            _ => Json::List(VECTOR.map(Json::from).to_vec()),
        };
        let data: Vec<Json> = (0..inputs as u64)
            .map(|index| object! { "object": "embedding", "index": index, "embedding": vector.clone() })
            .collect();
        let Counts { fresh, .. } = Material::new(script, call)?.counts;
        let usage = object! { "prompt_tokens": fresh, "total_tokens": fresh };
        let body = object! { "object": "list", "data": data, "model": model, "usage": usage };
        Ok(Answer {
            request_model: model.to_owned(),
            response_id: None,
            response_model: Some(model.to_owned()),
            told: Told { tokens: Tokens { input: Some(fresh), ..Tokens::default() }, ..Told::default() },
            said: Said::Whole {
                body: body.bytes(),
                usage: Some(UsageTold { input: fresh, ..UsageTold::default() }),
            },
        })
    }

    fn error(&self, status: u16, message: &str, _call: &Identity) -> Vec<u8> {
        edge::error(status, message)
    }

    fn request_id(&self, call: &Identity) -> Option<String> {
        Some(edge::request_id(&call.request))
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        edge::fields(facts)
    }
}

/// [`VECTOR`] as floats of four bytes.
const BASE64: &str = "AAAAPwAAgL4AAAA+AACAPQ==";
