//! What the path of a request says: `…/models/MODEL:METHOD`.
//!
//! Comes in: a path without query. Goes out: the model and whether a stream is asked for, each where it is told.

use crate::limits;
use crate::provider::percent;

/// What a path says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// The segment that names what is called, as written, and the collection that it is of.
    resource: Option<(&'a str, &'a str)>,
    /// The project that pays, of Vertex's paths.
    pub(super) project: Option<&'a str>,
    pub(super) stream: Option<bool>,
}

impl<'a> Address<'a> {
    pub(super) fn parse(path: &'a str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let Some((resource, method)) = path.rsplit_once(':') else {
            return Self::default();
        };
        let stream = match method {
            "generateContent" => Some(false),
            "streamGenerateContent" => Some(true),
            "countTokens" | "embedContent" | "batchEmbedContents" | "predict" => None,
            _ => return Self::default(),
        };
        let mut segments = resource.rsplit('/');
        let resource_of = segments.next().zip(segments.next()).filter(|(name, _)| !name.is_empty());
        let mut segments = resource.split('/').skip_while(|segment| *segment != "projects").skip(1);
        let project = segments.next().filter(|project| !project.is_empty());
        Self { resource: resource_of, project, stream }
    }

    /// The model as a client would name it: what was tuned or deployed stands below its collection, for its own name is
    /// a number.
    pub(super) fn model(&self) -> Option<String> {
        let (name, collection) = self.resource?;
        let name = percent::decode(name)?;
        let model = match collection {
            "models" => name,
            "tunedModels" | "endpoints" => format!("{collection}/{name}"),
            _ => return None,
        };
        (model.len() <= limits::TEXT).then_some(model)
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
            ("/v1/models/m:countTokens", Some("m"), None),
            ("/v1/models/m:batchEmbedContents", Some("m"), None),
            ("/v1/models/m:rawPredict", None, None),
            ("/v1/models/m", None, None),
            (":generateContent", None, Some(false)),
            ("", None, None),
        ] {
            let address = Address::parse(path);
            assert_eq!((address.model().as_deref(), address.stream), (model, stream), "{path}");
        }
    }

    #[test]
    fn paths_of_vertex_name_the_project() {
        for (path, project) in [
            ("/v1/projects/p-1/locations/l/publishers/google/models/m:generateContent", Some("p-1")),
            ("/gateway/v1/projects/p/locations/l/endpoints/1:predict", Some("p")),
            ("/v1/publishers/google/models/m:generateContent", None),
            ("/v1/projects//models/m:generateContent", None),
            ("/v1/projects/p/locations", None),
        ] {
            assert_eq!(Address::parse(path).project, project, "{path}");
        }
    }
}
