//! What the path of a request says: `/model/MODEL/METHOD`, and what a model's name says of who made it.
//!
//! Comes in: a path without query. Goes out: the model as the client names it, with the prefix of its region and
//! whether it is an ARN; whether a stream is asked for; in which JSON the model is spoken to when it is invoked.

use crate::limits;
use crate::provider::percent;

/// What a path says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) model: Option<String>,
    pub(super) stream: Option<bool>,
}

/// The JSON in which a model is invoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Family {
    /// Anthropic's messages.
    Anthropic,
    /// That of Converse, nearly: Nova.
    Converse,
    /// Each maker's own, with much in common.
    Native,
    /// The name does not say: an inference profile of the account's own, an imported model.
    #[default]
    Unknown,
}

impl Address {
    pub(super) fn parse(path: &str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let Some((resource, method)) = path.rsplit_once('/') else {
            return Self::default();
        };
        let stream = match method {
            "converse" | "invoke" => Some(false),
            "converse-stream" | "invoke-with-response-stream" => Some(true),
            _ => None,
        };
        let name = resource.split_once("/model/").map(|(_, name)| name).and_then(percent::decode);
        Self { model: name.filter(|name| (1..=limits::TEXT).contains(&name.len())), stream }
    }

    pub(super) fn family(&self) -> Family {
        // Of ARNs of foundation models and of inference profiles too: the name stands in them.
        let has = |makers: &[&str]| {
            self.model.as_deref().is_some_and(|model| makers.iter().any(|maker| model.contains(maker)))
        };
        if has(&["anthropic."]) {
            Family::Anthropic
        } else if has(&[
            "amazon.nova-2",
            "amazon.nova-micro",
            "amazon.nova-lite",
            "amazon.nova-pro",
            "amazon.nova-premier",
        ]) {
            Family::Converse
        } else if has(&[
            "application-inference-profile/",
            "imported-model/",
            "provisioned-model/",
            "custom-model",
        ]) {
            Family::Unknown
        } else if has(&[
            "amazon.",
            "meta.",
            "mistral.",
            "cohere.",
            "ai21.",
            "openai.",
            "deepseek.",
            "qwen.",
            "writer.",
            "stability.",
            "luma.",
            "google.",
            "moonshot",
            "minimax.",
            "nvidia.",
            "twelvelabs.",
        ]) {
            Family::Native
        } else {
            Family::Unknown
        }
    }

    /// What is done where it is no chat.
    pub(super) fn operation(&self) -> Option<&'static str> {
        self.model.as_deref().is_some_and(|model| model.contains("embed")).then_some("embeddings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_the_model_and_the_stream() {
        let long = format!("/model/{}/converse", "x".repeat(limits::TEXT + 1));
        for (path, model, stream, family) in [
            (
                "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
                Some("us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
                Some(false),
                Family::Anthropic,
            ),
            (
                "/model/amazon.nova-lite-v1:0/converse-stream/",
                Some("amazon.nova-lite-v1:0"),
                Some(true),
                Family::Converse,
            ),
            (
                "/gateway/model/meta.llama3-8b-instruct-v1:0/invoke",
                Some("meta.llama3-8b-instruct-v1:0"),
                Some(false),
                Family::Native,
            ),
            ("/model/m/invoke-with-response-stream", Some("m"), Some(true), Family::Unknown),
            (
                "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc/invoke",
                Some("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"),
                Some(false),
                Family::Unknown,
            ),
            (
                "/model/arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2/invoke",
                Some("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2"),
                Some(false),
                Family::Anthropic,
            ),
            ("/model/m/count-tokens", Some("m"), None, Family::Unknown),
            ("/model/%ff/converse", None, Some(false), Family::Unknown),
            ("/model//converse", None, Some(false), Family::Unknown),
            (long.as_str(), None, Some(false), Family::Unknown),
            ("/converse", None, Some(false), Family::Unknown),
            ("", None, None, Family::Unknown),
        ] {
            let address = Address::parse(path);
            assert_eq!(address.family(), family, "{path}");
            assert_eq!(address, Address { model: model.map(str::to_owned), stream }, "{path}");
        }
        assert_eq!(
            Address::parse("/model/amazon.titan-embed-text-v2:0/invoke").operation(),
            Some("embeddings")
        );
        assert_eq!(Address::parse("/model/amazon.titan-text-lite-v1/invoke").operation(), None);
    }
}
