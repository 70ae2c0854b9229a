//! What a user says about the hosts here, and what the agent drew at random: the same for all connections.

use std::fmt;

use crate::digest::Key;
use crate::hosts;

/// Settings of the interpretation.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Hosts that the user names, before any table.
    pub hosts: Vec<NamedHost>,
    /// What digests are keyed with.
    pub key: Key,
}

/// `HOST[:PORT]=KIND`: who is behind a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedHost {
    host: String,
    port: Option<u16>,
    provider: &'static str,
}

/// A `HOST[:PORT]=KIND` that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedHostError {
    /// There is no `=`, or nothing before it.
    NoHost,
    /// What follows the colon is no port.
    BadPort,
    /// Nobody is called so.
    UnknownKind(String),
}

impl NamedHost {
    /// Reads `HOST[:PORT]=KIND`. A host may begin with `*.`, which stands for all names below it.
    pub fn parse(text: &str) -> Result<Self, NamedHostError> {
        let (authority, kind) = text.rsplit_once('=').ok_or(NamedHostError::NoHost)?;
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => match authority.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                Some(_) | None => (authority, None),
            },
        };
        let port = port.map(str::parse).transpose().map_err(|_| NamedHostError::BadPort)?;
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if host.is_empty() || host == "*" {
            return Err(NamedHostError::NoHost);
        }
        let provider = hosts::kind(kind).ok_or_else(|| NamedHostError::UnknownKind(kind.to_owned()))?;
        Ok(Self { host, port, provider })
    }

    /// Whether it names this host, given in lower case. One without a port names all of its ports.
    pub(crate) fn names(&self, host: &str, port: Option<u16>) -> bool {
        let by_name = match self.host.strip_prefix('*') {
            Some(suffix) => host.ends_with(suffix),
            None => host == self.host,
        };
        by_name && self.port.is_none_or(|wanted| port == Some(wanted))
    }

    /// Who is behind it.
    pub(crate) fn provider(&self) -> &'static str {
        self.provider
    }
}

impl fmt::Display for NamedHostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("it must be HOST[:PORT]=KIND, such as 10.0.0.7:8000=vllm"),
            Self::BadPort => f.write_str("what follows the host's colon is no port"),
            Self::UnknownKind(kind) => {
                write!(f, "{kind:?} is no kind of provider; these are: ")?;
                for (index, name) in hosts::kinds().enumerate() {
                    write!(f, "{}{name}", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for NamedHostError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_named_with_and_without_ports() {
        for (text, host, port, named) in [
            ("10.0.0.7:8000=vllm", "10.0.0.7", Some(8000), true),
            ("10.0.0.7:8000=vllm", "10.0.0.7", Some(8001), false),
            ("10.0.0.7:8000=vllm", "10.0.0.7", None, false),
            ("Gateway.Internal=litellm", "gateway.internal", Some(443), true),
            ("gateway.internal=litellm", "a.gateway.internal", None, false),
            ("*.llm.internal=sglang", "a.llm.internal", None, true),
            ("*.llm.internal=sglang", "llm.internal", None, false),
            ("[::1]:11434=ollama", "::1", Some(11434), true),
            ("[::1]=ollama", "::1", None, true),
        ] {
            let one = NamedHost::parse(text).expect("a named host");
            assert_eq!(one.names(host, port), named, "{text} {host} {port:?}");
        }
    }

    #[test]
    fn what_is_no_named_host_is_told_in_one_sentence() {
        for (text, expect) in [
            ("vllm", NamedHostError::NoHost),
            ("=vllm", NamedHostError::NoHost),
            ("*=vllm", NamedHostError::NoHost),
            ("h:x=vllm", NamedHostError::BadPort),
            ("h:70000=vllm", NamedHostError::BadPort),
            ("h=nobody", NamedHostError::UnknownKind("nobody".to_owned())),
        ] {
            assert_eq!(NamedHost::parse(text), Err(expect), "{text}");
        }
        let told = NamedHost::parse("h=nobody").unwrap_err().to_string();
        assert!(told.contains("\"nobody\"") && told.contains("vllm") && !told.contains('\n'), "{told}");
    }
}
