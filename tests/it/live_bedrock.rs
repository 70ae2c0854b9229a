//! Bedrock's streams that end badly: by an exception in their midst, and without a word. What goes well is held to the
//! SDKs' own figures in `live_sdk_node`.

use anyhow::{Context as _, ensure};
use tests::harness::{
    AgentCall, SdkApi, SdkCall, SdkUse,
    report::name,
    say,
    sdk::{BOTO3, NODE},
    skip,
};

use crate::{
    live_sdk_node::is_read,
    scene::{CLIENT, PRINTED, Scene},
};

/// Plays a script by each SDK's streams, and asks `wrong` what is wrong with the agent's account of it. While Bedrock is
/// not read, the agent must say nothing.
fn check(
    test: &'static str,
    script: &str,
    wrong: impl Fn(&SdkCall, &AgentCall) -> Vec<String>,
) -> anyhow::Result<()> {
    let Some(scene) = Scene::enter(test)? else {
        return Ok(());
    };
    let streams: Vec<SdkApi> =
        NODE.into_iter().chain(BOTO3).filter(|api| api.sdk == "bedrock" && api.streams).collect();
    // Installed before the agent starts: the installer's processes are none of its business.
    if let Err(error) =
        streams.iter().try_for_each(|api| scene.clients.sdk(api, &SdkUse::default()).map(drop))
    {
        skip(test, &format!("an SDK cannot be installed: {error:#}"));
        return Ok(());
    }
    let agent = scene.agent()?;
    let (mut seen, mut unseen) = (Vec::new(), 0);
    for api in &streams {
        let using = SdkUse { stream: true, script, ..SdkUse::default() };
        let calls = SdkCall::run(scene.clients.sdk(api, &using)?, Some(&scene.cgroup), CLIENT)?;
        ensure!(calls.iter().all(|call| call.error.is_some()), "{}: no error: {calls:#?}", api.name());
        if is_read(api) {
            seen.extend(calls);
        } else {
            say(&format!("NOT YET: {} is not read", api.name()));
            unseen += calls.len();
        }
    }
    agent.wait_for_lines(seen.len(), PRINTED);
    let report = agent.stop()?;
    ensure!(seen.len() + unseen == streams.len(), "a call of each");
    report.explain((|| {
        ensure!(report.calls.len() == seen.len(), "{} reports of {} calls", report.calls.len(), seen.len());
        for call in &seen {
            let id = call.request_id.as_deref().context("an id")?;
            let told = report.call(id)?.with_context(|| format!("{id} was not reported"))?;
            let mut found = wrong(call, told);
            if told.text(name::OUTCOME) == Some("complete") {
                found.push("it says that it is complete".to_owned());
            }
            for unknown in [name::INPUT_TOKENS, name::OUTPUT_TOKENS] {
                // What came before the end has some of it in Anthropic's format; in Bedrock's own it comes last.
                if call.api == "converse" && told.attributes.contains_key(unknown) {
                    found.push(format!("{unknown} was not said"));
                }
            }
            ensure!(found.is_empty(), "{} {id}: {found:#?}", call.api);
        }
        report.counters.check()
    })())
}

#[test]
fn bedrock_stream_with_an_exception() -> anyhow::Result<()> {
    check("bedrock_stream_with_an_exception", "chunks=5,error_after=2,ttft_ms=1,gap_ms=1", |call, told| {
        // Each language's own way to write its first letter.
        let code = call.error.as_ref().and_then(|error| error.code.clone()).unwrap_or_default();
        let found = told.text(name::ERROR_TYPE).unwrap_or_default();
        match found.eq_ignore_ascii_case(&code) {
            true => Vec::new(),
            false => vec![format!("error: SDK {code:?}, agent {found:?}")],
        }
    })
}

#[test]
fn bedrock_stream_that_breaks_off() -> anyhow::Result<()> {
    check("bedrock_stream_that_breaks_off", "chunks=5,abort_after=2,ttft_ms=1,gap_ms=1", |_, told| {
        // The provider had no word for it: what the agent says is its own.
        match told.text(name::ERROR_TYPE) {
            Some(_) => Vec::new(),
            None => vec!["no error".to_owned()],
        }
    })
}
