//! Real clients, unmodified: Python, Node and curl as they are on the machine or in the registries, driven by the scripts
//! in `clients/`.
//!
//! In: a provider. Out: commands, and what the clients say they saw. The scripts travel inside this binary, so that it
//! can be carried to another machine alone.

mod node_sdks;

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use flate2::Crc;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{cgroup::Cgroup, packages, running::Running};
use crate::provider::{Protocol, Provider, UsageTold};

/// The clients, ready to be pointed at one provider.
#[derive(Debug)]
pub struct Clients {
    directory: TempDir,
    url: String,
    ca: PathBuf,
}

/// One call as its client saw it: a line of JSON from a script, or read off curl's output.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ClientCall {
    pub client: String,
    pub pid: u32,
    pub request_model: String,
    pub status: Option<u16>,
    pub request_id: Option<String>,
    pub response_id: Option<String>,
    pub response_model: Option<String>,
    pub chunks: u64,
    pub content_chunks: u64,
    pub text_bytes: u64,
    /// CRC-32 of the text; not every Node can make it.
    pub text_crc: Option<u32>,
    /// It saw `[DONE]`, or a whole body.
    pub done: bool,
    pub usage: Option<UsageTold>,
    pub error: Option<String>,
    /// `CLOCK_MONOTONIC` nanoseconds by the client's own clock; curl tells none.
    pub times: BTreeMap<String, u64>,
    /// What an edge case did.
    pub extra: BTreeMap<String, u64>,
}

/// A request for curl.
#[derive(Clone, Debug)]
pub struct Curl<'a> {
    pub script: &'a str,
    pub model: &'a str,
    pub prompt: &'a str,
    pub stream: bool,
    pub api_key: &'a str,
    /// HTTP/2 instead of HTTP/1.1.
    pub http2: bool,
    /// Asks for every coding that it can undo.
    pub compressed: bool,
}

impl Default for Curl<'_> {
    fn default() -> Self {
        Self {
            script: "",
            model: "gpt-4o-mini",
            prompt: "Say something short.",
            stream: true,
            api_key: "sk-local-test-key",
            http2: false,
            compressed: false,
        }
    }
}

/// Uses of libssl that `ssl_edge.py` knows; what each does is said there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeCase {
    Plain,
    Peek,
    DontNeed,
    PageOut,
    Unmap,
    Partial,
    Big,
}

const SCRIPTS: [(&str, &str); 18] = [
    ("chat.py", include_str!("../../clients/chat.py")),
    ("client.py", include_str!("../../clients/client.py")),
    ("httpx_client.py", include_str!("../../clients/httpx_client.py")),
    ("many.py", include_str!("../../clients/many.py")),
    ("map_exec.py", include_str!("../../clients/map_exec.py")),
    ("not_http.py", include_str!("../../clients/not_http.py")),
    ("parent.py", include_str!("../../clients/parent.py")),
    ("sdk.py", include_str!("../../clients/sdk.py")),
    ("sdk_anthropic.py", include_str!("../../clients/sdk_anthropic.py")),
    ("sdk_bedrock.py", include_str!("../../clients/sdk_bedrock.py")),
    ("sdk_cohere.py", include_str!("../../clients/sdk_cohere.py")),
    ("sdk_google.py", include_str!("../../clients/sdk_google.py")),
    ("sdk_litellm.py", include_str!("../../clients/sdk_litellm.py")),
    ("sdk_mistral.py", include_str!("../../clients/sdk_mistral.py")),
    ("sdk_ollama.py", include_str!("../../clients/sdk_ollama.py")),
    ("sdk_openai.py", include_str!("../../clients/sdk_openai.py")),
    ("ssl_edge.py", include_str!("../../clients/ssl_edge.py")),
    ("client.mjs", include_str!("../../clients/client.mjs")),
];

impl Clients {
    /// Unpacks the scripts.
    pub fn new(provider: &Provider) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("wirelight-clients-").tempdir()?;
        for (name, text) in SCRIPTS {
            fs::write(directory.path().join(name), text)?;
        }
        Ok(Self { directory, url: provider.url(), ca: provider.ca_path().to_owned() })
    }

    /// `client.py`: http.client over ssl.
    pub fn python(&self) -> anyhow::Result<Command> {
        Ok(self.pointed(self.script("client.py")?))
    }

    /// `client.py` by an interpreter of one's own.
    pub fn python_at(&self, interpreter: &Path) -> Command {
        let mut command = Command::new(interpreter);
        command.env("PYTHONDONTWRITEBYTECODE", "1").arg(self.directory.path().join("client.py"));
        self.pointed(command)
    }

    /// `httpx_client.py`: HTTP/2 and codings, by a package that is installed at its first use.
    pub fn httpx(&self) -> anyhow::Result<Command> {
        let mut command = self.script("httpx_client.py")?;
        command.env("PYTHONPATH", packages::httpx()?);
        Ok(self.pointed(command))
    }

    /// `parent.py`: for each line of input it starts `child` and tells of it; [`ClientCall::from_parent`] reads that.
    pub fn parent(&self, child: &Command) -> anyhow::Result<Command> {
        let mut command = self.script("parent.py")?;
        command.arg(child.get_program()).args(child.get_args());
        Ok(command)
    }

    /// `map_exec.py`: maps these files executable, prints a line, and holds them until its input ends.
    pub fn map_exec(&self, files: &[&Path]) -> anyhow::Result<Command> {
        let mut command = self.script("map_exec.py")?;
        command.args(files);
        Ok(command)
    }

    /// Lets every user read the scripts and the CA, for clients that run as another.
    pub fn open_to_all(&self) -> anyhow::Result<()> {
        let ca = self.ca.parent().context("a directory")?;
        for directory in [self.directory.path(), ca] {
            fs::set_permissions(directory, Permissions::from_mode(0o755))?;
            for entry in fs::read_dir(directory)? {
                fs::set_permissions(entry?.path(), Permissions::from_mode(0o644))?;
            }
        }
        Ok(())
    }

    /// `many.py`: many streams of one process; `mode` is `asyncio` or `threads`.
    pub fn many(&self, mode: &str, count: u32) -> anyhow::Result<Command> {
        let mut command = self.pointed(self.script("many.py")?);
        command.arg("--mode").arg(mode).arg("--count").arg(count.to_string());
        Ok(command)
    }

    /// `ssl_edge.py`: libssl through ctypes.
    pub fn edge(&self, case: EdgeCase) -> anyhow::Result<Command> {
        let mut command = self.pointed(self.script("ssl_edge.py")?);
        command.arg("--case").arg(case.name());
        Ok(command)
    }

    /// `not_http.py`: TLS that is not HTTP.
    pub fn not_http(&self, protocol: Protocol, address: SocketAddr) -> anyhow::Result<Command> {
        let mut command = self.script("not_http.py")?;
        let protocol = match protocol {
            Protocol::Smtp => "smtp",
            Protocol::Binary => "binary",
        };
        command.arg("--protocol").arg(protocol).arg("--address").arg(address.to_string());
        command.arg("--ca").arg(&self.ca);
        Ok(command)
    }

    /// `client.mjs` by the machine's Node: `mode` is `https`, `http2` or `fetch`.
    pub fn node(&self, mode: &str) -> anyhow::Result<Command> {
        Ok(self.node_at(&find(&["node"])?, mode))
    }

    /// The same by a Node whose fetch speaks HTTP/2; it is installed at its first use.
    pub fn new_node(&self, mode: &str) -> anyhow::Result<Command> {
        Ok(self.node_at(&packages::node()?, mode))
    }

    fn node_at(&self, node: &Path, mode: &str) -> Command {
        let mut command = Command::new(node);
        command.arg(self.directory.path().join("client.mjs")).arg("--mode").arg(mode);
        command.env("NODE_EXTRA_CA_CERTS", &self.ca);
        self.pointed(command)
    }

    /// curl; its output is for [`ClientCall::from_curl`].
    pub fn curl(&self, request: &Curl<'_>) -> anyhow::Result<Command> {
        let Curl { script, model, prompt, stream, api_key, http2, compressed } = request;
        let mut body = json!({"model": model, "messages": [{"role": "user", "content": prompt}]});
        if *stream {
            body["stream"] = Value::Bool(true);
            body["stream_options"] = json!({"include_usage": true});
        }
        let mut command = Command::new(find(&["curl"])?);
        // No configuration of the user's, no progress, no buffering, and the head before the body.
        command.args(["--disable", "--silent", "--show-error", "--no-buffer", "--include"]);
        command.arg(if *http2 { "--http2" } else { "--http1.1" });
        if *compressed {
            command.arg("--compressed");
        }
        command.args(["--max-time", "60"]).arg("--cacert").arg(&self.ca);
        command.arg("--header").arg(format!("Authorization: Bearer {api_key}"));
        command.arg("--header").arg("Content-Type: application/json");
        command.arg("--header").arg(format!("x-script: {script}"));
        command.arg("--data-raw").arg(body.to_string());
        command.arg(format!("{}/v1/chat/completions", self.url));
        Ok(command)
    }

    pub(super) fn script(&self, name: &str) -> anyhow::Result<Command> {
        // Debian's own Python first: it is the one that uses the system's libssl.
        let mut command = Command::new(find(&["/usr/bin/python3", "python3"])?);
        command.env("PYTHONDONTWRITEBYTECODE", "1").arg(self.directory.path().join(name));
        Ok(command)
    }

    pub(super) fn pointed(&self, mut command: Command) -> Command {
        command.arg("--url").arg(&self.url).arg("--ca").arg(&self.ca);
        command
    }
}

/// Runs a client to its end, in `cgroup` where one is given, and reads what it tells; curl's one call included.
pub fn run(command: Command, cgroup: Option<&Cgroup>, limit: Duration) -> anyhow::Result<Vec<ClientCall>> {
    let is_curl = Path::new(command.get_program()).file_name().is_some_and(|name| name == "curl");
    finish(Running::start(command, cgroup)?, is_curl, limit)
}

/// The same for a client that is already running.
pub fn finish(running: Running, is_curl: bool, limit: Duration) -> anyhow::Result<Vec<ClientCall>> {
    let pid = running.pid();
    let ended = running.wait(limit)?;
    if is_curl {
        return Ok(vec![ClientCall::from_curl(&ended.stdout, pid)?]);
    }
    ensure!(ended.status.success(), "a client ended with {}:\n{}", ended.status, ended.stderr);
    ClientCall::read_lines(&ended.stdout)
}

impl ClientCall {
    /// Reads the lines of a script's output.
    pub fn read_lines(output: &[u8]) -> anyhow::Result<Vec<Self>> {
        let text = std::str::from_utf8(output)?;
        text.lines().map(|line| serde_json::from_str(line).context("a client's line")).collect()
    }

    /// Reads a line of `parent.py`, whose child was curl.
    pub fn from_parent(line: &str) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Started {
            pid: u32,
            output: String,
        }
        let Started { pid, output } = serde_json::from_str(line).context("a line of parent.py")?;
        Self::from_curl(output.as_bytes(), pid)
    }

    /// Reads head and body off curl's output; curl has taken the framing away.
    pub fn from_curl(output: &[u8], pid: u32) -> anyhow::Result<Self> {
        let mut text = std::str::from_utf8(output)?;
        let (head, body) = loop {
            let (head, rest) = text.split_once("\r\n\r\n").context("curl printed no response head")?;
            if !head.starts_with("HTTP/1.1 100") {
                break (head, rest);
            }
            text = rest;
        };
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let request_id = lines.find_map(|line| line.strip_prefix("x-request-id: ")).map(str::to_owned);
        let mut call = Self { client: "curl".to_owned(), pid, status, request_id, ..Self::default() };
        let mut crc = Crc::new();
        if body.starts_with('{') {
            call.take(&serde_json::from_str(body)?, &mut crc);
            call.done = call.error.is_none();
            call.text_crc = Some(crc.sum());
            return Ok(call);
        }
        for data in body.lines().filter_map(|line| line.strip_prefix("data: ")) {
            if data == "[DONE]" {
                call.done = true;
            } else {
                call.chunks += 1;
                call.take(&serde_json::from_str(data)?, &mut crc);
            }
        }
        call.text_crc = Some(crc.sum());
        Ok(call)
    }

    /// The call's id at the provider; a call that has none failed, which is said.
    pub fn id(&self) -> anyhow::Result<&str> {
        match &self.request_id {
            Some(id) => Ok(id),
            None => bail!("{} saw no response: {:?}", self.client, self.error),
        }
    }

    fn take(&mut self, answer: &Value, crc: &mut Crc) {
        self.error = answer["error"]["message"].as_str().map(str::to_owned);
        self.response_id = answer["id"].as_str().map(str::to_owned);
        self.response_model = answer["model"].as_str().map(str::to_owned);
        if let Some(usage) = answer["usage"].as_object() {
            let count = |value: &Value| value.as_u64().unwrap_or(0);
            self.usage = Some(UsageTold {
                input: count(&usage["prompt_tokens"]),
                output: count(&usage["completion_tokens"]),
                cached: count(&usage["prompt_tokens_details"]["cached_tokens"]),
            });
        }
        for choice in answer["choices"].as_array().into_iter().flatten() {
            let delta = &choice["delta"];
            let text =
                delta["content"].as_str().or(choice["message"]["content"].as_str()).unwrap_or_default();
            self.text_bytes += text.len() as u64;
            crc.update(text.as_bytes());
            if delta.is_object() && (!text.is_empty() || delta["tool_calls"].is_array()) {
                self.content_chunks += 1;
            }
        }
    }
}

impl EdgeCase {
    /// Its name for `ssl_edge.py`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Peek => "peek",
            Self::DontNeed => "dontneed",
            Self::PageOut => "pageout",
            Self::Unmap => "unmap",
            Self::Partial => "partial",
            Self::Big => "big",
        }
    }
}

/// The first of these programs that exists: a path as it is, a name on `PATH`.
pub fn find(names: &[&str]) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    for name in names {
        // Joining an absolute path gives this path.
        if let Some(found) =
            std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
        {
            return Ok(found);
        }
    }
    bail!("this machine has none of {names:?}")
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "http2_tests.rs"]
mod http2_tests;
