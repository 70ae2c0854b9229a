//! Who stands between the process and the model, and who the server behind it is.
//!
//! Comes in: response headers and the host. Goes out: a [`Gateway`], where one left its marks, and a [`Fingerprint`] of
//! what answers: the host of a local server or of a proxy does not tell, its headers do.
//!
//! Not handled: chains. Of several gateways the most specific is given; proxies that anyone may have (Envoy, Kong) only
//! where there is no other.

use super::place::better;
use super::{Heard, Said};

/// A gateway that handed the request on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gateway {
    /// Which one. Absent: its marks tell figures, but not its name.
    pub kind: Option<GatewayKind>,
    /// Its id of the request.
    pub request_id: Option<Said>,
    /// Whether the answer is from its cache.
    pub cache: Option<Cache>,
    /// The provider that it chose.
    pub provider: Option<Said>,
    /// The model that it asked.
    pub model: Option<Said>,
    /// Its version.
    pub version: Option<Said>,
}

/// Which gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GatewayKind {
    /// LiteLLM's proxy.
    LiteLlm,
    /// Portkey.
    Portkey,
    /// Helicone.
    Helicone,
    /// Cloudflare's AI gateway.
    Cloudflare,
    /// ngrok's AI gateway.
    Ngrok,
    /// Vercel's AI gateway.
    Vercel,
    /// TrueFoundry.
    TrueFoundry,
    /// Envoy's AI gateway.
    EnvoyAi,
    /// Kong with its AI plug-ins.
    KongAi,
    /// The gateway API's inference extension, llm-d among those who use it.
    InferenceExtension,
    /// Kong; providers have it too.
    Kong,
    /// Envoy; many providers have it before their servers.
    Envoy,
}

impl GatewayKind {
    /// Its name in an attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::LiteLlm => "litellm",
            Self::Portkey => "portkey",
            Self::Helicone => "helicone",
            Self::Cloudflare => "cloudflare",
            Self::Ngrok => "ngrok",
            Self::Vercel => "vercel",
            Self::TrueFoundry => "truefoundry",
            Self::EnvoyAi => "envoy_ai_gateway",
            Self::KongAi => "kong_ai",
            Self::InferenceExtension => "gateway_api_inference_extension",
            Self::Kong => "kong",
            Self::Envoy => "envoy",
        }
    }

    /// Whether it is a proxy that says nothing of who runs it: at a provider's own host it is the provider's.
    pub fn is_plain_proxy(self) -> bool {
        match self {
            Self::Kong | Self::Envoy => true,
            Self::LiteLlm
            | Self::Portkey
            | Self::Helicone
            | Self::Cloudflare
            | Self::Ngrok
            | Self::Vercel
            | Self::TrueFoundry
            | Self::EnvoyAi
            | Self::KongAi
            | Self::InferenceExtension => false,
        }
    }
}

/// What a gateway's cache did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cache {
    /// The answer is from it.
    Hit,
    /// The answer is from it, given to a request that meant about the same.
    SemanticHit,
    /// It had no answer.
    Miss,
    /// It had none to anything that meant about the same.
    SemanticMiss,
    /// It was not asked.
    Bypassed,
    /// It had one that was too old.
    Refreshed,
}

impl Cache {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_uppercase().as_str() {
            "HIT" | "STALE" | "UPDATING" => Self::Hit,
            "SEMANTIC HIT" => Self::SemanticHit,
            "MISS" => Self::Miss,
            "SEMANTIC MISS" => Self::SemanticMiss,
            "DISABLED" | "BYPASS" | "DYNAMIC" | "NONE" => Self::Bypassed,
            "REFRESH" | "EXPIRED" | "REVALIDATED" => Self::Refreshed,
            _ => return None,
        })
    }

    /// Its name in an attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::SemanticHit => "semantic_hit",
            Self::Miss => "miss",
            Self::SemanticMiss => "semantic_miss",
            Self::Bypassed => "bypassed",
            Self::Refreshed => "refreshed",
        }
    }

    /// Whether no model was asked.
    pub fn is_hit(self) -> bool {
        match self {
            Self::Hit | Self::SemanticHit => true,
            Self::Miss | Self::SemanticMiss | Self::Bypassed | Self::Refreshed => false,
        }
    }
}

/// What answers, by marks that only it leaves. The greater comes before the lesser, where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fingerprint {
    /// uvicorn, a server for Python: vLLM and SGLang run on it, and much else.
    Uvicorn,
    /// OpenAI's API, maybe that of somebody who copies it.
    OpenAi,
    /// Google's front end.
    Google,
    /// Hugging Face's TGI.
    Tgi,
    /// llama.cpp's server.
    LlamaCpp,
    /// Azure OpenAI and Foundry.
    Azure,
    /// Amazon Bedrock.
    Bedrock,
    /// Anthropic.
    Anthropic,
    /// Groq.
    Groq,
    /// Mistral.
    Mistral,
    /// Fireworks.
    Fireworks,
    /// DeepSeek.
    DeepSeek,
    /// OpenRouter.
    OpenRouter,
    /// GitHub Copilot.
    GitHubCopilot,
}

impl Fingerprint {
    /// The value of `gen_ai.provider.name`, where the mark tells it. uvicorn, llama.cpp and TGI are no providers that
    /// the conventions name; OpenAI's marks are copied.
    pub fn provider(self) -> Option<&'static str> {
        match self {
            Self::Uvicorn | Self::OpenAi | Self::Google | Self::Tgi | Self::LlamaCpp => None,
            Self::Azure => Some("azure.ai.openai"),
            Self::Bedrock => Some("aws.bedrock"),
            Self::Anthropic => Some("anthropic"),
            Self::Groq => Some("groq"),
            Self::Mistral => Some("mistral_ai"),
            Self::Fireworks => Some("fireworks_ai"),
            Self::DeepSeek => Some("deepseek"),
            Self::OpenRouter => Some("openrouter"),
            Self::GitHubCopilot => Some("github_copilot"),
        }
    }
}

/// Prefixes of header names, the most specific gateway first.
const MARKS: [(&str, GatewayKind); 13] = [
    ("x-litellm-", GatewayKind::LiteLlm),
    ("llm_provider-", GatewayKind::LiteLlm),
    ("x-portkey-", GatewayKind::Portkey),
    ("helicone-", GatewayKind::Helicone),
    ("cf-aig-", GatewayKind::Cloudflare),
    ("ngrok-aig-", GatewayKind::Ngrok),
    ("x-tfy-", GatewayKind::TrueFoundry),
    ("x-ai-eg-", GatewayKind::EnvoyAi),
    ("x-kong-llm-", GatewayKind::KongAi),
    ("x-gateway-destination-endpoint", GatewayKind::InferenceExtension),
    ("x-llm-d-", GatewayKind::InferenceExtension),
    ("x-kong-", GatewayKind::Kong),
    ("x-envoy-", GatewayKind::Envoy),
];

/// Hosts of gateways.
const HOSTS: [(&str, GatewayKind); 5] = [
    ("api.portkey.ai", GatewayKind::Portkey),
    (".helicone.ai", GatewayKind::Helicone),
    ("gateway.ai.cloudflare.com", GatewayKind::Cloudflare),
    ("ai-gateway.vercel.sh", GatewayKind::Vercel),
    (".truefoundry.cloud", GatewayKind::TrueFoundry),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Id,
    Cache,
    Provider,
    Model,
    Version,
}

/// Of those in the same slot the first counts.
const HEADERS: [(&str, Slot); 22] = [
    ("x-litellm-call-id", Slot::Id),
    ("x-portkey-trace-id", Slot::Id),
    ("helicone-id", Slot::Id),
    ("cf-aig-log-id", Slot::Id),
    ("cf-aig-event-id", Slot::Id),
    ("ngrok-aig-request-id", Slot::Id),
    ("x-kong-request-id", Slot::Id),
    ("x-portkey-cache-status", Slot::Cache),
    ("helicone-cache", Slot::Cache),
    ("cf-aig-cache-status", Slot::Cache),
    ("x-cache-status", Slot::Cache),
    ("x-portkey-provider", Slot::Provider),
    ("cf-aig-provider", Slot::Provider),
    ("x-litellm-upstream-model", Slot::Model),
    ("x-litellm-model-name", Slot::Model),
    ("x-litellm-model-group", Slot::Model),
    ("cf-aig-model", Slot::Model),
    ("ngrok-aig-model", Slot::Model),
    ("x-kong-llm-model", Slot::Model),
    ("x-ai-eg-model", Slot::Model),
    ("x-gateway-model-name-rewrite", Slot::Model),
    ("x-litellm-version", Slot::Version),
];

/// Where a mark of a server is.
#[derive(Clone, Copy, Debug)]
enum Mark {
    /// A header of this name.
    Name(&'static str),
    /// A header whose name begins so.
    Prefix(&'static str),
    /// `server`, which begins so.
    Server(&'static str),
}

const FINGERPRINTS: [(Mark, Fingerprint); 25] = [
    (Mark::Server("uvicorn"), Fingerprint::Uvicorn),
    (Mark::Server("llama.cpp"), Fingerprint::LlamaCpp),
    (Mark::Server("scaffolding"), Fingerprint::Google),
    (Mark::Name("openai-version"), Fingerprint::OpenAi),
    (Mark::Name("openai-organization"), Fingerprint::OpenAi),
    (Mark::Name("openai-project"), Fingerprint::OpenAi),
    (Mark::Name("openai-processing-ms"), Fingerprint::OpenAi),
    (Mark::Name("x-compute-type"), Fingerprint::Tgi),
    (Mark::Name("x-ms-region"), Fingerprint::Azure),
    (Mark::Name("x-ms-deployment-name"), Fingerprint::Azure),
    (Mark::Name("x-ms-rai-invoked"), Fingerprint::Azure),
    (Mark::Prefix("azureml-"), Fingerprint::Azure),
    (Mark::Prefix("ms-azureml-"), Fingerprint::Azure),
    (Mark::Prefix("x-amzn-bedrock-"), Fingerprint::Bedrock),
    (Mark::Prefix("anthropic-ratelimit-"), Fingerprint::Anthropic),
    (Mark::Prefix("anthropic-priority-"), Fingerprint::Anthropic),
    (Mark::Name("anthropic-organization-id"), Fingerprint::Anthropic),
    (Mark::Prefix("x-groq-"), Fingerprint::Groq),
    (Mark::Name("mistral-correlation-id"), Fingerprint::Mistral),
    (Mark::Prefix("fireworks-"), Fingerprint::Fireworks),
    (Mark::Prefix("x-fireworks-"), Fingerprint::Fireworks),
    (Mark::Name("x-ds-trace-id"), Fingerprint::DeepSeek),
    (Mark::Name("x-generation-id"), Fingerprint::OpenRouter),
    (Mark::Prefix("x-copilot-"), Fingerprint::GitHubCopilot),
    (Mark::Prefix("x-quota-snapshot-"), Fingerprint::GitHubCopilot),
];

/// Marks as they are heard of.
#[derive(Debug, Default)]
pub(super) struct Reader {
    kind: Option<usize>,
    id: Option<(usize, Said)>,
    cache: Option<(usize, Cache)>,
    provider: Option<(usize, Said)>,
    model: Option<(usize, Said)>,
    version: Option<(usize, Said)>,
    fingerprint: Option<Fingerprint>,
}

impl Reader {
    /// A header is there, whatever its value is, secret or not.
    pub(super) fn see(&mut self, name: &str) {
        if let Some(rank) = MARKS.iter().position(|(prefix, _)| name.starts_with(prefix)) {
            self.kind = Some(self.kind.map_or(rank, |known| known.min(rank)));
        }
        let found = FINGERPRINTS.iter().filter(|(mark, _)| match mark {
            Mark::Name(known) => name == *known,
            Mark::Prefix(prefix) => name.starts_with(prefix),
            Mark::Server(_) => false,
        });
        self.fingerprint = found.map(|row| row.1).max().max(self.fingerprint);
    }

    /// Takes a header.
    pub(super) fn hear(&mut self, name: &str, value: &str) -> Heard {
        if name == "server" {
            self.server(value);
            return Heard::Understood;
        }
        let Some((rank, (source, slot))) = HEADERS.iter().enumerate().find(|(_, row)| row.0 == name) else {
            return Heard::NotMine;
        };
        let slot = match slot {
            Slot::Id => &mut self.id,
            Slot::Provider => &mut self.provider,
            Slot::Model => &mut self.model,
            Slot::Version => &mut self.version,
            Slot::Cache => {
                let Some(cache) = Cache::parse(value) else { return Heard::Malformed };
                if self.cache.is_none_or(|(known, _)| rank < known) {
                    self.cache = Some((rank, cache));
                }
                return Heard::Understood;
            }
        };
        better(slot, rank, Said::new(value, source))
    }

    fn server(&mut self, value: &str) {
        let found = FINGERPRINTS.iter().filter(|(mark, _)| match mark {
            Mark::Server(prefix) => value.starts_with(prefix),
            Mark::Name(_) | Mark::Prefix(_) => false,
        });
        self.fingerprint = found.map(|row| row.1).max().max(self.fingerprint);
        if matches!(value, "envoy" | "istio-envoy") {
            self.see("x-envoy-");
        }
    }

    /// What was heard, once all headers were.
    pub(super) fn finish(self, host: Option<&str>) -> (Option<Gateway>, Option<Fingerprint>) {
        let Self { kind, id, cache, provider, model, version, fingerprint } = self;
        let said = |slot: Option<(usize, Said)>| slot.map(|(_, said)| said);
        let host = host.unwrap_or_default().to_ascii_lowercase();
        let is_at = |known: &str| if known.starts_with('.') { host.ends_with(known) } else { host == known };
        let by_host = HOSTS.iter().find(|(known, _)| is_at(known)).map(|row| row.1);
        let by_mark = kind.and_then(|rank| MARKS.get(rank)).map(|row| row.1);
        let gateway = Gateway {
            kind: by_host.or(by_mark),
            request_id: said(id),
            cache: cache.map(|(_, cache)| cache),
            provider: said(provider),
            model: said(model),
            version: said(version),
        };
        let told = gateway != Gateway::default();
        (told.then_some(gateway), fingerprint)
    }
}
