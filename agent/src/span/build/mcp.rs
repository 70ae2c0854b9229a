//! A request to a server of tools → attributes, by the conventions for the Model Context Protocol.
//!
//! No model is called, so nothing of a model's call is said: there is an operation only where a tool is executed.

use genai::Mcp;
use wire::Protocol;

use super::Attributes;
use crate::span::semconv as name;

/// `{method} {target}`, where there are few targets: tools and prompts, but not resources.
pub(super) fn span_name(mcp: &Mcp) -> String {
    match Target::of(mcp) {
        Some((Target::Tool | Target::Prompt, target)) => format!("{} {target}", mcp.method),
        Some((Target::Resource, _)) | None => mcp.method.clone(),
    }
}

/// What a request is about.
#[derive(Clone, Copy)]
enum Target {
    Tool,
    Prompt,
    Resource,
}

impl Target {
    fn of(mcp: &Mcp) -> Option<(Self, &str)> {
        let target = mcp.target.as_deref()?;
        let kind = match mcp.method.split('/').next()? {
            "tools" => Self::Tool,
            "prompts" => Self::Prompt,
            _ => Self::Resource,
        };
        Some((kind, target))
    }
}

impl Attributes {
    pub(super) fn mcp(&mut self, mcp: &Mcp, protocol: Protocol) {
        let Mcp { method, target: _, request_id, in_session, protocol_version, error_code, tool_error: _ } =
            mcp;
        self.text(name::OPERATION_NAME, (method == "tools/call").then_some("execute_tool"));
        self.text(name::MCP_METHOD, Some(method.as_str()));
        match Target::of(mcp) {
            Some((Target::Tool, tool)) => self.text(name::TOOL_NAME, Some(tool)),
            Some((Target::Prompt, prompt)) => self.text(name::PROMPT_NAME, Some(prompt)),
            Some((Target::Resource, uri)) => self.text(name::MCP_RESOURCE_URI, Some(uri)),
            None => {}
        }
        self.text(name::MCP_PROTOCOL_VERSION, protocol_version.as_deref());
        self.only_true(name::MCP_IN_SESSION, *in_session);
        self.text(name::JSONRPC_REQUEST_ID, request_id.as_deref());
        self.text(name::RPC_STATUS_CODE, error_code.map(|code| code.to_string()).as_deref());
        self.text(name::NETWORK_TRANSPORT, Some("tcp"));
        self.text(name::NETWORK_PROTOCOL_NAME, Some("http"));
        let version = match protocol {
            Protocol::Http1 => "1.1",
            Protocol::Http2 => "2",
        };
        self.text(name::NETWORK_PROTOCOL_VERSION, Some(version));
    }
}
