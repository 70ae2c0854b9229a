//! `docs/providers.md`: which field is told of which API, as found on the tapes of the SDKs' calls. The table is written
//! by `BLESS=1` from the goldens, so it says what was seen and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::Value;
use tests::harness::sdk::{BOTO3, NODE, PYTHON};

/// Attributes that are of the process, the host and the capture, whatever the API.
const OF_ALL: [&str; 5] = ["process.", "server.", "wirelight.trace.", "wirelight.outcome", "user_agent."];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The goldens: name of a tape → attributes that any of its calls has.
fn goldens() -> anyhow::Result<BTreeMap<String, BTreeSet<String>>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(root().join("tests/tapes/sdk"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().context("a name")?.to_string_lossy().into_owned();
        let mut attributes = BTreeSet::new();
        for line in fs::read_to_string(&path)?.lines() {
            let span: Value = serde_json::from_str(line).with_context(|| format!("{}", path.display()))?;
            let told = span["attributes"].as_object().context("attributes")?;
            attributes.extend(told.keys().cloned());
        }
        all.insert(name, attributes);
    }
    Ok(all)
}

/// Columns: the SDK and the API, streamed and whole together. The SDKs for Node call the same APIs.
fn columns(goldens: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, attributes) in goldens {
        let name = name.strip_prefix("node-").unwrap_or(&name);
        let api = name.rsplit_once('-').map_or(name, |(api, _)| api);
        columns.entry(api.replace('-', " ")).or_default().extend(attributes);
    }
    columns
}

fn page() -> anyhow::Result<String> {
    let columns = columns(goldens()?);
    let is_its_own = |name: &&String| !OF_ALL.iter().any(|prefix| name.starts_with(prefix));
    let fields: BTreeSet<&String> = columns.values().flatten().filter(is_its_own).collect();
    let mut page = String::from(HEAD);
    // One table for each SDK: all in one would be too wide to read.
    let mut sdks: BTreeMap<&str, Vec<(&str, &BTreeSet<String>)>> = BTreeMap::new();
    for (name, attributes) in &columns {
        let (sdk, api) = name.split_once(' ').context("an SDK and its API")?;
        sdks.entry(sdk).or_default().push((api, attributes));
    }
    for (sdk, apis) in sdks {
        write!(page, "\n## {sdk}\n\n| field |")?;
        apis.iter().try_for_each(|(api, _)| write!(page, " {api} |"))?;
        write!(page, "\n|---|{}\n", "---|".repeat(apis.len()))?;
        for field in &fields {
            if !apis.iter().any(|(_, attributes)| attributes.contains(*field)) {
                continue;
            }
            write!(page, "| `{field}` |")?;
            for (_, attributes) in &apis {
                write!(page, " {} |", if attributes.contains(*field) { "●" } else { "" })?;
            }
            page.push('\n');
        }
    }
    Ok(page)
}

const HEAD: &str = "\
# What is told of which API

● is seen: on a tape that was recorded while the provider's own SDK (of Python, of Node, or both) called a local provider
that speaks the API's real format over real TLS, the field is on the span. An empty cell means that no such tape has it: the
API does not tell it, or the tapes do not play it (a refusal, a retry, a rate limit of that kind).

This page is written from `tests/tapes/sdk/*.json` by `BLESS=1 cargo test -p tests --test it providers_md`, and a test fails when
it is not what they say. What a field means is in `agent/src/span/semconv.rs`. That figures equal what each SDK itself
returned is held by the live tests `live_sdk`, `live_sdk_node` and `live_bedrock`.

Read besides, and held against byte samples of their documented formats only (`cargo test -p genai`): the dialects of vendors that
speak OpenAI's API, Azure, Vertex, Gemini interactions, rankings of Jina and Voyage, models of other makers on Bedrock.
";

#[test]
fn the_table_of_providers_is_what_the_tapes_say() -> anyhow::Result<()> {
    let (path, page) = (root().join("docs/providers.md"), page()?);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &page)?;
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page, "run `BLESS=1 cargo test -p tests --test it providers_md`");
    Ok(())
}

/// A page could be as written and say nothing: every API that a tape is made of is on it, and tells who was called, what
/// was done, and what it answered.
#[test]
fn no_api_is_left_out() -> anyhow::Result<()> {
    let columns = columns(goldens()?);
    for api in PYTHON.iter().chain(&BOTO3).chain(&NODE) {
        let name = format!("{} {}", api.sdk, api.api);
        let told = columns.get(&name).with_context(|| format!("{name} has no golden"))?;
        for field in ["gen_ai.operation.name", "gen_ai.provider.name", "http.response.status_code"] {
            assert!(told.contains(field), "{name} has no {field}");
        }
    }
    Ok(())
}
