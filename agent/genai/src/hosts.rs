//! Whose host it is: the hosts of the providers that sell models, and the kinds that a user may name a host of.
//!
//! A host says who answers, not in which API: most of these speak OpenAI's. Names are those of `gen_ai.provider.name`,
//! and our own, in the same style, where the conventions have none.

/// Host patterns, and the provider behind each. One with a leading dot stands for all names below it, one with a
/// leading hyphen for all that end so, and one with an asterisk for any one thing in its place.
const HOSTS: [(&str, &str); 68] = [
    ("api.openai.com", "openai"),
    // us.api.openai.com, eu.api.openai.com: data residency.
    (".api.openai.com", "openai"),
    (".openai.azure.com", "azure.ai.openai"),
    (".cognitiveservices.azure.com", "azure.ai.openai"),
    (".services.ai.azure.com", "azure.ai.inference"),
    (".models.ai.azure.com", "azure.ai.inference"),
    ("models.github.ai", "azure.ai.inference"),
    ("models.inference.ai.azure.com", "azure.ai.inference"),
    ("api.anthropic.com", "anthropic"),
    (".api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    // us-central1-aiplatform.googleapis.com.
    ("-aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("aiplatform.us.rep.googleapis.com", "gcp.vertex_ai"),
    ("aiplatform.eu.rep.googleapis.com", "gcp.vertex_ai"),
    ("cloudcode-pa.googleapis.com", "gcp.gen_ai"),
    ("bedrock-runtime.*.amazonaws.com", "aws.bedrock"),
    ("bedrock-runtime-fips.*.amazonaws.com", "aws.bedrock"),
    ("bedrock-agent-runtime.*.amazonaws.com", "aws.bedrock"),
    ("bedrock-runtime.*.amazonaws.com.cn", "aws.bedrock"),
    ("bedrock-runtime.*.api.aws", "aws.bedrock"),
    ("bedrock-mantle.*.api.aws", "aws.bedrock"),
    // vpce-0123.bedrock-runtime.us-east-1.vpce.amazonaws.com.
    (".bedrock-runtime.*.vpce.amazonaws.com", "aws.bedrock"),
    ("api.mistral.ai", "mistral_ai"),
    ("codestral.mistral.ai", "mistral_ai"),
    ("api.cohere.com", "cohere"),
    ("api.cohere.ai", "cohere"),
    ("api.groq.com", "groq"),
    ("api.cerebras.ai", "cerebras"),
    ("openrouter.ai", "openrouter"),
    (".openrouter.ai", "openrouter"),
    ("api.deepseek.com", "deepseek"),
    ("api.together.xyz", "together_ai"),
    ("api.together.ai", "together_ai"),
    ("api.fireworks.ai", "fireworks_ai"),
    ("api.x.ai", "x_ai"),
    (".api.x.ai", "x_ai"),
    ("api.perplexity.ai", "perplexity"),
    ("api.moonshot.ai", "moonshot_ai"),
    ("api.moonshot.cn", "moonshot_ai"),
    ("api.minimax.io", "minimax"),
    ("api.minimaxi.com", "minimax"),
    ("api.minimaxi.io", "minimax"),
    ("api.minimax.chat", "minimax"),
    ("api.z.ai", "zai"),
    ("open.bigmodel.cn", "zai"),
    ("dashscope.aliyuncs.com", "qwen"),
    ("dashscope-intl.aliyuncs.com", "qwen"),
    ("dashscope-us.aliyuncs.com", "qwen"),
    ("api.githubcopilot.com", "github_copilot"),
    (".githubcopilot.com", "github_copilot"),
    ("router.huggingface.co", "hugging_face"),
    ("api-inference.huggingface.co", "hugging_face"),
    (".endpoints.huggingface.cloud", "hugging_face"),
    ("integrate.api.nvidia.com", "nvidia"),
    ("api.jina.ai", "jina_ai"),
    ("api.voyageai.com", "voyage_ai"),
    ("ai.mongodb.com", "voyage_ai"),
    ("ollama.com", "ollama"),
    ("api.sambanova.ai", "sambanova"),
    ("api.studio.nebius.com", "nebius"),
    ("api.novita.ai", "novita"),
    ("api.hyperbolic.xyz", "hyperbolic"),
    ("api.ai21.com", "ai21"),
    ("api.inceptionlabs.ai", "inception"),
    ("gateway.ai.cloudflare.com", "cloudflare_ai_gateway"),
    ("api.portkey.ai", "portkey"),
    ("ai-gateway.vercel.sh", "vercel_ai_gateway"),
];

/// Hosts that pass calls on to somebody else, and who they are for: Helicone's say whom.
const RELAYS: [(&str, &str); 3] =
    [("oai.helicone.ai", "openai"), ("anthropic.helicone.ai", "anthropic"), (".helicone.ai", "helicone")];

/// What else a host may be called: engines and gateways that run anywhere.
const KINDS: [&str; 14] = [
    "vllm",
    "sglang",
    "tgi",
    "llama_cpp",
    "lm_studio",
    "litellm",
    "envoy_ai_gateway",
    "kong_ai",
    "databricks",
    "cloudflare_workers_ai",
    "ibm.watsonx.ai",
    "aws.sagemaker",
    "tei",
    "mcp",
];

/// Whose host it is, by the table. `host` is in lower case, without a dot at its end.
pub(crate) fn owner(host: &str) -> Option<&'static str> {
    let mut all = HOSTS.iter().chain(&RELAYS);
    all.find(|(pattern, _)| matches(pattern, host)).map(|(_, provider)| *provider)
}

/// The provider of that name, also with hyphens or spelled in capitals.
pub(crate) fn kind(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    kinds().find(|known| *known == name)
}

/// Every name that [`kind`] knows, each once.
pub(crate) fn kinds() -> impl Iterator<Item = &'static str> {
    let mut seen: Vec<&str> = Vec::new();
    let owners = HOSTS.iter().chain(&RELAYS).map(|(_, provider)| *provider);
    owners.chain(KINDS).filter(move |name| {
        let new = !seen.contains(name);
        if new {
            seen.push(name);
        }
        new
    })
}

fn matches(pattern: &str, host: &str) -> bool {
    let ends = |host: &str, end: &str| match end.starts_with(['.', '-']) {
        // Something must be before it.
        true => host.strip_suffix(end).is_some_and(|before| !before.is_empty()),
        false => host == end,
    };
    match pattern.split_once('*') {
        None => ends(host, pattern),
        Some((before, after)) => {
            let Some(rest) = host.strip_suffix(after) else { return false };
            let Some((front, one)) = rest.rsplit_once('.') else { return false };
            let before = before.trim_end_matches('.');
            !one.is_empty() && ends(front, before)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_whose_they_are_and_no_others() {
        for (host, expect) in [
            ("api.openai.com", Some("openai")),
            ("eu.api.openai.com", Some("openai")),
            ("xapi.openai.com", None),
            ("api.openai.com.evil.example", None),
            ("my.openai.azure.com", Some("azure.ai.openai")),
            (".openai.azure.com", None),
            ("us-central1-aiplatform.googleapis.com", Some("gcp.vertex_ai")),
            ("bedrock-runtime.us-east-1.amazonaws.com", Some("aws.bedrock")),
            ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", Some("aws.bedrock")),
            ("bedrock-runtime..amazonaws.com", None),
            ("bedrock-runtime.amazonaws.com", None),
            ("x.bedrock-runtime.us-east-1.amazonaws.com", None),
            ("vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com", Some("aws.bedrock")),
            ("s3.us-east-1.amazonaws.com", None),
            ("oai.helicone.ai", Some("openai")),
            ("gateway.helicone.ai", Some("helicone")),
            ("", None),
        ] {
            assert_eq!(owner(host), expect, "{host}");
        }
    }

    #[test]
    fn kinds_are_what_a_person_would_type() {
        for (name, expect) in [
            ("vllm", Some("vllm")),
            ("llama-cpp", Some("llama_cpp")),
            ("LiteLLM", Some("litellm")),
            ("openai", Some("openai")),
            ("aws.bedrock", Some("aws.bedrock")),
            ("nobody", None),
        ] {
            assert_eq!(kind(name), expect, "{name}");
        }
        let all: Vec<_> = kinds().collect();
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(all.len(), once.len());
    }
}
