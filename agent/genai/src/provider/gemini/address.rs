//! What the path of a request says: `…/models/MODEL:METHOD`.
//!
//! Comes in: a path without query. Goes out: the model and whether a stream is asked for, each where it is told.

use crate::limits;
use crate::provider::percent;

/// What a path says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// As a client would name it: what was tuned or deployed stands below its collection, for its own name is a number.
    pub(super) model: Option<String>,
    pub(super) stream: Option<bool>,
}

impl Address {
    pub(super) fn parse(path: &str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let Some((resource, method)) = path.rsplit_once(':') else {
            return Self::default();
        };
        let stream = match method {
            "generateContent" => Some(false),
            "streamGenerateContent" => Some(true),
            _ => return Self::default(),
        };
        let mut segments = resource.rsplit('/');
        let name = segments.next().and_then(percent::decode).filter(|name| !name.is_empty());
        let model = match (name, segments.next()) {
            (Some(name), Some("models")) => Some(name),
            (Some(name), Some(collection @ ("tunedModels" | "endpoints"))) => {
                Some(format!("{collection}/{name}"))
            }
            _ => None,
        };
        Self { model: model.filter(|model| model.len() <= limits::TEXT), stream }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_the_model_and_the_stream() {
        let long = format!("/v1/models/{}:generateContent", "x".repeat(limits::TEXT + 1));
        for (path, model, stream) in [
            ("/v1beta/models/gemini-2.5-flash:generateContent", Some("gemini-2.5-flash"), Some(false)),
            ("/v1/models/gemini-2.5-pro:streamGenerateContent/", Some("gemini-2.5-pro"), Some(true)),
            (
                "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.0-flash-001:generateContent",
                Some("gemini-2.0-flash-001"),
                Some(false),
            ),
            ("/v1/publishers/google/models/m:streamGenerateContent", Some("m"), Some(true)),
            ("/v1/projects/p/locations/l/endpoints/123:generateContent", Some("endpoints/123"), Some(false)),
            ("/v1beta/tunedModels/t-1:generateContent", Some("tunedModels/t-1"), Some(false)),
            ("/gateway/v1beta/models/a%3Ab%2Fc:generateContent", Some("a:b/c"), Some(false)),
            ("/v1/models/a:b:generateContent", Some("a:b"), Some(false)),
            ("/v1/models/%C3%A9:generateContent", Some("é"), Some(false)),
            ("/v1/models/%ff:generateContent", None, Some(false)),
            ("/v1/models/%f:generateContent", None, Some(false)),
            ("/v1/models/%+1:generateContent", None, Some(false)),
            ("/v1/models/:generateContent", None, Some(false)),
            ("/v1internal:streamGenerateContent", None, Some(true)),
            (long.as_str(), None, Some(false)),
            ("/v1/models/m:countTokens", None, None),
            ("/v1/models/m", None, None),
            (":generateContent", None, Some(false)),
            ("", None, None),
        ] {
            let expect = Address { model: model.map(str::to_owned), stream };
            assert_eq!(Address::parse(path), expect, "{path}");
        }
    }
}
