//! Where a request was answered.
//!
//! Comes in: response headers; the host and the path of the request. Goes out: a [`Place`]: the region and the pool of
//! machines that ran the model, and apart from them the edge through which the request went, which is near the client
//! and says nothing of the model.
//!
//! Names are given as the provider writes them (`East US`, `us-west-1`). Not handled: regions that only a resource's
//! name tells, as with most hosts of Azure.

use super::{Heard, Said};

/// Where a request was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The region of the model.
    pub region: Option<Said>,
    /// The area within which the provider chose a region for this request: `us`, `eu`, `global`.
    pub area: Option<Said>,
    /// The deployment, cluster or machine.
    pub pool: Option<Said>,
    /// The point at which the request entered the network of a provider or a CDN: an airport's code, mostly.
    pub edge: Option<Said>,
}

impl Place {
    /// Fills in what is not known yet: what the head of a response says comes before what a host's name says.
    pub fn fill(&mut self, other: Self) {
        let Self { region, area, pool, edge } = other;
        self.region = self.region.take().or(region);
        self.area = self.area.take().or(area);
        self.pool = self.pool.take().or(pool);
        self.edge = self.edge.take().or(edge);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Region,
    Pool,
}

/// Of those in the same slot the first counts.
const HEADERS: [(&str, Slot); 15] = [
    ("x-ms-region", Slot::Region),
    ("x-groq-region", Slot::Region),
    ("x-litellm-model-region", Slot::Region),
    ("x-ms-deployment-name", Slot::Pool),
    ("azureml-served-by-cluster", Slot::Pool),
    ("x-aml-cluster", Slot::Pool),
    ("x-litellm-model-id", Slot::Pool),
    ("fireworks-backend-host", Slot::Pool),
    ("fireworks-deployment", Slot::Pool),
    // The gateway API's inference extension: the pod that answered, then the one that was chosen.
    ("x-gateway-destination-endpoint-served", Slot::Pool),
    ("x-gateway-destination-endpoint", Slot::Pool),
    ("x-inference-pod", Slot::Pool),
    ("azureml-model-session", Slot::Pool),
    ("azureml-model-group", Slot::Pool),
    ("x-hostname", Slot::Pool),
];

/// What stands before and after a region in a host's name.
const HOSTS: [(&str, &str); 14] = [
    ("bedrock-runtime.", ".amazonaws.com"),
    ("bedrock-runtime.", ".amazonaws.com.cn"),
    ("bedrock-runtime-fips.", ".amazonaws.com"),
    ("bedrock-runtime.", ".api.aws"),
    ("bedrock-runtime-fips.", ".api.aws"),
    ("bedrock-mantle.", ".api.aws"),
    ("runtime.sagemaker.", ".amazonaws.com"),
    ("aiplatform.", ".rep.googleapis.com"),
    ("", "-aiplatform.googleapis.com"),
    ("", ".api.openai.com"),
    ("", ".api.x.ai"),
    // Azure's hosts of a region, which have no resource in their name.
    ("", ".api.cognitive.microsoft.com"),
    ("inference.generativeai.", ".oci.oraclecloud.com"),
    ("", ".ml.cloud.ibm.com"),
];

/// Azure's hosts of one deployment: `name.eastus2.models.ai.azure.com`.
const AZURE: [&str; 2] = [".models.ai.azure.com", ".inference.ml.azure.com"];

/// Areas at Bedrock: what stands before the model's own name.
const AREAS: [&str; 9] = ["us", "eu", "apac", "global", "us-gov", "ca", "au", "jp", "sa"];

/// The place as it is heard of.
#[derive(Debug, Default)]
pub(super) struct Reader {
    region: Option<(usize, Said)>,
    pool: Option<(usize, Said)>,
    edge: Option<(usize, Said)>,
}

impl Reader {
    /// Takes a header.
    pub(super) fn hear(&mut self, name: &str, value: &str) -> Heard {
        let edge = match name {
            // `8f2a…-SJC`: an id, and where Cloudflare took the request.
            "cf-ray" => value.rsplit_once('-').map(|(_, colo)| (0, "cf-ray", colo)),
            // `sfo1::iad1::id`: where Vercel took it, and where it ran the code that is not the model.
            "x-vercel-id" => value.split_once("::").map(|(region, _)| (1, "x-vercel-id", region)),
            "x-amz-cf-pop" => Some((2, "x-amz-cf-pop", value)),
            _ => {
                let Some((rank, (source, slot))) = HEADERS.iter().enumerate().find(|(_, row)| row.0 == name)
                else {
                    return Heard::NotMine;
                };
                let slot = match slot {
                    Slot::Region => &mut self.region,
                    Slot::Pool => &mut self.pool,
                };
                return better(slot, rank, Said::new(value, source));
            }
        };
        match edge {
            Some((rank, source, code)) => better(&mut self.edge, rank, Said::new(code, source)),
            // An id without a place: old ones, and those of some plans.
            None => Heard::Understood,
        }
    }

    /// What was heard, once all headers were.
    pub(super) fn finish(self) -> Place {
        let Self { region, pool, edge } = self;
        let said = |slot: Option<(usize, Said)>| slot.map(|(_, said)| said);
        Place { region: said(region), area: None, pool: said(pool), edge: said(edge) }
    }
}

/// Keeps the one with the lower rank, and of equals the first.
pub(super) fn better(slot: &mut Option<(usize, Said)>, rank: usize, said: Option<Said>) -> Heard {
    let Some(said) = said else { return Heard::Malformed };
    if slot.as_ref().is_none_or(|(known, _)| rank < *known) {
        *slot = Some((rank, said));
    }
    Heard::Understood
}

/// What a host and a path tell.
pub(super) fn of_request(host: &str, path: &str) -> Place {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    // An endpoint in one's own network: `vpce-0a1b.bedrock-runtime.us-east-1.vpce.amazonaws.com`.
    let private = host.strip_suffix(".vpce.amazonaws.com").and_then(|inner| inner.split_once('.'));
    let host = private.map_or(host.clone(), |(_, service)| format!("{service}.amazonaws.com"));
    let around = |(before, after): &(&str, &str)| host.strip_prefix(before)?.strip_suffix(after);
    let azure = |after: &&str| Some(host.strip_suffix(*after)?.split_once('.')?.1);
    let region = HOSTS.iter().find_map(around).or_else(|| AZURE.iter().find_map(azure));
    let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let in_host = region.filter(is_name).and_then(|region| Said::new(region, "host"));
    // Vertex's one host for all regions has it in the path.
    let vertex = host.ends_with("aiplatform.googleapis.com");
    let in_path =
        vertex.then(|| segment_after(path, "locations")).flatten().and_then(|it| Said::new(it, "path"));
    let area = host.starts_with("bedrock-").then(|| segment_after(path, "model")).flatten().and_then(area_of);
    Place { region: in_host.or(in_path), area, pool: None, edge: None }
}

/// `us.anthropic.claude-…` → `us`; of an ARN's last part too.
fn area_of(model: &str) -> Option<Said> {
    let model = model.rsplit_once("inference-profile").map_or(model, |(_, name)| {
        // `/` or what it is percent-encoded to.
        name.strip_prefix('/').or_else(|| name.get(3..)).unwrap_or(name)
    });
    let (area, _) = model.split_once('.')?;
    let area = AREAS.iter().find(|known| **known == area)?;
    Said::new(area, "model id")
}

fn segment_after<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let mut segments = path.split('/').skip_while(|segment| *segment != name);
    segments.next()?;
    segments.next().filter(|segment| !segment.is_empty())
}
