//! The providers' own SDKs, unmodified, driven by the `sdk` scripts in `clients/`.
//!
//! In: which SDK and which of its APIs. Out: a command, and what the SDK itself returned of each call: what the agent's
//! figures are held against.

use std::{collections::BTreeMap, process::Command, time::Duration};

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::{
    cgroup::Cgroup,
    client::{Clients, find},
    packages,
    running::Running,
};
use crate::provider::{Provider, Tokens, ToolTold, Truth};

/// One API of one SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdkApi {
    /// `openai`: the part of the script's name that tells it from others.
    pub sdk: &'static str,
    /// `chat`: a name that the script knows.
    pub api: &'static str,
    /// The provider's own name, which the process then resolves to the local one. Absent: called by its address.
    pub host: Option<&'static str>,
    pub streams: bool,
    pub tools: bool,
    /// Where the SDK is installed.
    packages: Packages,
}

/// Directories of SDKs; what is in one agrees on the versions of what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packages {
    Sdks,
    /// It needs an older `openai` than the newest.
    LiteLlm,
    Boto3,
    /// For the machine's Node.
    Node,
    /// The same for a Node whose fetch speaks HTTP/2.
    NewNode,
}

/// What the SDK is to do.
#[derive(Clone, Copy, Debug)]
pub struct SdkUse<'a> {
    pub stream: bool,
    /// Offers tools, where the API has any.
    pub tools: bool,
    pub script: &'a str,
    pub calls: u32,
    /// How often a call that failed is tried again.
    pub retries: u32,
    pub key: &'a str,
}

impl Default for SdkUse<'_> {
    fn default() -> Self {
        Self { stream: false, tools: false, script: "", calls: 1, retries: 0, key: "sk-local-test-key" }
    }
}

/// Every API of every SDK for Python.
pub const PYTHON: [SdkApi; 20] = [
    SdkApi::new("openai", "chat", Some("api.openai.com")).streams().tools(),
    SdkApi::new("openai", "completions", Some("api.openai.com")).streams(),
    SdkApi::new("openai", "responses", Some("api.openai.com")).streams().tools(),
    SdkApi::new("openai", "embeddings", Some("api.openai.com")),
    SdkApi::new("anthropic", "messages", Some("api.anthropic.com")).streams().tools(),
    SdkApi::new("anthropic", "count_tokens", Some("api.anthropic.com")).tools(),
    SdkApi::new("google", "generate", Some("generativelanguage.googleapis.com")).streams().tools(),
    SdkApi::new("google", "embed", Some("generativelanguage.googleapis.com")),
    SdkApi::new("google", "count_tokens", Some("generativelanguage.googleapis.com")),
    SdkApi::new("mistral", "chat", Some("api.mistral.ai")).streams().tools(),
    SdkApi::new("mistral", "embeddings", Some("api.mistral.ai")),
    SdkApi::new("cohere", "chat", Some("api.cohere.com")).streams().tools(),
    SdkApi::new("cohere", "embed", Some("api.cohere.com")),
    SdkApi::new("cohere", "rerank", Some("api.cohere.com")),
    SdkApi::new("ollama", "chat", None).streams().tools(),
    SdkApi::new("ollama", "generate", None).streams(),
    SdkApi::new("ollama", "embed", None),
    SdkApi::new("litellm", "chat", None).streams().tools().in_packages(Packages::LiteLlm),
    SdkApi::new("litellm", "messages", None).streams().tools().in_packages(Packages::LiteLlm),
    SdkApi::new("litellm", "embeddings", None).in_packages(Packages::LiteLlm),
];

const BEDROCK: &str = "bedrock-runtime.us-east-1.amazonaws.com";

/// AWS's for Python.
pub const BOTO3: [SdkApi; 3] = [
    SdkApi::new("bedrock", "converse", Some(BEDROCK)).streams().tools().in_packages(Packages::Boto3),
    SdkApi::new("bedrock", "invoke", Some(BEDROCK)).streams().tools().in_packages(Packages::Boto3),
    SdkApi::new("bedrock", "count_tokens", Some(BEDROCK)).in_packages(Packages::Boto3),
];

/// Every API of every SDK for Node.
pub const NODE: [SdkApi; 11] = [
    SdkApi::new("openai", "chat", Some("api.openai.com")).streams().tools().in_packages(Packages::Node),
    SdkApi::new("openai", "responses", Some("api.openai.com")).streams().tools().in_packages(Packages::Node),
    SdkApi::new("openai", "embeddings", Some("api.openai.com")).in_packages(Packages::Node),
    SdkApi::new("anthropic", "messages", Some("api.anthropic.com"))
        .streams()
        .tools()
        .in_packages(Packages::Node),
    SdkApi::new("anthropic", "count_tokens", Some("api.anthropic.com")).tools().in_packages(Packages::Node),
    SdkApi::new("google", "generate", Some(GOOGLE)).streams().tools().in_packages(Packages::Node),
    SdkApi::new("google", "embed", Some(GOOGLE)).in_packages(Packages::Node),
    SdkApi::new("google", "count_tokens", Some(GOOGLE)).in_packages(Packages::Node),
    SdkApi::new("bedrock", "converse", Some(BEDROCK)).streams().tools().in_packages(Packages::Node),
    SdkApi::new("bedrock", "invoke", Some(BEDROCK)).streams().tools().in_packages(Packages::Node),
    SdkApi::new("bedrock", "count_tokens", Some(BEDROCK)).in_packages(Packages::Node),
];

const GOOGLE: &str = "generativelanguage.googleapis.com";

impl SdkApi {
    const fn new(sdk: &'static str, api: &'static str, host: Option<&'static str>) -> Self {
        Self { sdk, api, host, streams: false, tools: false, packages: Packages::Sdks }
    }

    const fn streams(self) -> Self {
        Self { streams: true, ..self }
    }

    const fn tools(self) -> Self {
        Self { tools: true, ..self }
    }

    const fn in_packages(self, packages: Packages) -> Self {
        Self { packages, ..self }
    }

    /// The same by a Node whose fetch speaks HTTP/2.
    pub fn by_new_node(self) -> Self {
        Self { packages: Packages::NewNode, ..self }
    }

    /// `openai chat`.
    pub fn name(&self) -> String {
        format!("{} {}", self.sdk, self.api)
    }

    /// `openai-chat-stream`, and `node-openai-chat-stream`.
    pub fn file_name(&self, stream: bool) -> String {
        let language = match self.packages {
            Packages::Sdks | Packages::LiteLlm | Packages::Boto3 => "",
            Packages::Node => "node-",
            Packages::NewNode => "new-node-",
        };
        let how = if stream { "stream" } else { "whole" };
        format!("{language}{}-{}-{how}", self.sdk, self.api)
    }
}

impl Clients {
    /// `sdk.py` or `sdk.mjs` by an SDK that is installed at its first use. The model of each call is its own: `openai-chat-whole-0`.
    pub fn sdk(&self, api: &SdkApi, using: &SdkUse<'_>) -> anyhow::Result<Command> {
        let python = |packages| -> anyhow::Result<Command> {
            let mut command = self.pointed(self.script("sdk.py")?);
            command.env("PYTHONPATH", packages);
            Ok(command)
        };
        let mut command = match api.packages {
            Packages::Sdks => python(packages::sdks()?)?,
            Packages::LiteLlm => python(packages::litellm()?)?,
            Packages::Boto3 => python(packages::boto3()?)?,
            Packages::Node => self.node_sdk(&find(&["node"])?)?,
            Packages::NewNode => self.node_sdk(&packages::node()?)?,
        };
        command.args(using.arguments(api));
        Ok(command)
    }
}

impl SdkUse<'_> {
    /// The arguments that the scripts of all languages take.
    pub(super) fn arguments(&self, api: &SdkApi) -> Vec<String> {
        let Self { stream, tools, script, calls, retries, key } = self;
        let SdkApi { sdk, api, host, .. } = api;
        let how = if *stream { "stream" } else { "whole" };
        let (calls, retries) = (calls.to_string(), retries.to_string());
        let model = format!("{sdk}-{api}-{how}-{{i}}");
        let pairs = [
            ("--sdk", *sdk),
            ("--api", *api),
            ("--model", &model),
            ("--script", *script),
            ("--calls", &calls),
            ("--retries", &retries),
            ("--key", *key),
        ];
        let mut arguments: Vec<String> =
            pairs.iter().flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()]).collect();
        if let Some(host) = host {
            arguments.extend(["--host".to_owned(), (*host).to_owned()]);
        }
        for (name, wanted) in [("--stream", stream), ("--tools", tools)] {
            if *wanted {
                arguments.push(name.to_owned());
            }
        }
        arguments
    }
}

/// What an SDK returned of one call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SdkCall {
    pub sdk: String,
    pub api: String,
    pub stream: bool,
    pub pid: u32,
    pub request_model: String,
    pub response_id: Option<String>,
    pub request_id: Option<String>,
    pub response_model: Option<String>,
    pub finish_reasons: Vec<String>,
    pub tools: Vec<ToolTold>,
    pub refusal: bool,
    /// By the names that are the same for all.
    pub usage: Tokens,
    /// As the SDK dumps it.
    pub raw_usage: Value,
    pub text_bytes: u64,
    /// Stream events as the SDK gives them to its user.
    pub events: u64,
    pub error: Option<SdkError>,
    /// Fields that this SDK does not hand out, or not as the provider said them: nothing can be held against them.
    pub unsaid: Vec<String>,
    /// `CLOCK_MONOTONIC` nanoseconds: `start`, `first_chunk`, `end`.
    pub times: BTreeMap<String, u64>,
}

/// What an SDK raised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SdkError {
    pub class: String,
    /// The provider's own word for it, where the SDK keeps it.
    pub code: Option<String>,
    pub status: Option<u16>,
}

impl SdkCall {
    /// Runs an SDK to its end, in `cgroup` where one is given, and reads what it tells.
    pub fn run(command: Command, cgroup: Option<&Cgroup>, limit: Duration) -> anyhow::Result<Vec<Self>> {
        let ended = Running::start(command, cgroup)?.wait(limit)?;
        ensure!(ended.status.success(), "an SDK's script ended with {}:\n{}", ended.status, ended.stderr);
        Self::read_lines(&ended.stdout)
    }

    /// Reads the lines of a script's output.
    pub fn read_lines(output: &[u8]) -> anyhow::Result<Vec<Self>> {
        let text = std::str::from_utf8(output)?;
        text.lines().map(|line| serde_json::from_str(line).context("an SDK's line")).collect()
    }

    /// Whether the SDK says this at all.
    pub fn says(&self, field: &str) -> bool {
        !self.unsaid.iter().any(|unsaid| unsaid == field)
    }

    /// The provider's truth of this call; its model is asked for once.
    pub fn truth(&self, provider: &Provider) -> anyhow::Result<Truth> {
        let model = &self.request_model;
        let mut truths = provider.log().all().into_iter().filter(|truth| &truth.request_model == model);
        let truth = truths.next().with_context(|| format!("{model} was not asked for"))?;
        ensure!(truths.next().is_none(), "{model} was asked for more than once");
        Ok(truth)
    }
}

#[cfg(test)]
#[path = "sdk_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "sdk_more_tests.rs"]
mod more_tests;
