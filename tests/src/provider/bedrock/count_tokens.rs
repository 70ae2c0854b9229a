//! `/count-tokens`: how long a request for converse or invoke would be.

use super::{error, fields, model, request_id};
use crate::provider::{
    dialect::{Address, Answer, Asked, Dialect, Facts, Fields, Identity, NotARequest, Said},
    json::object,
    material::{self, Counts, Material},
    script::Script,
    truth::{Tokens, Told},
};

#[derive(Debug)]
pub(super) struct CountTokens;

const OPERATION: &str = "count-tokens";

impl Dialect for CountTokens {
    fn takes(&self, address: &Address<'_>) -> bool {
        model(address, OPERATION).is_some()
    }

    fn answer(&self, asked: &Asked<'_>, script: &Script, call: &Identity) -> Result<Answer, NotARequest> {
        let body = material::body(asked)?;
        if !["converse", "invokeModel"].iter().any(|kind| body["input"][kind].is_object()) {
            return Err(NotARequest("the body has no input".to_owned()));
        }
        let Counts { fresh, .. } = Material::new(script, call)?.counts;
        Ok(Answer {
            request_model: model(&asked.address, OPERATION).unwrap_or_default().into_owned(),
            response_id: None,
            response_model: None,
            told: Told { tokens: Tokens { input: Some(fresh), ..Tokens::default() }, ..Told::default() },
            said: Said::Whole { body: object! { "inputTokens": fresh }.bytes(), usage: None },
        })
    }

    fn error(&self, _status: u16, message: &str, _call: &Identity) -> Vec<u8> {
        error(message)
    }

    fn request_id(&self, call: &Identity) -> Option<String> {
        Some(request_id(call))
    }

    fn fields(&self, facts: &Facts<'_>) -> Fields {
        fields(facts)
    }
}
