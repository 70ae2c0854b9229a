//! Keys, prompts and completions go through the agent and come out of it nowhere, at its most talkative.

use anyhow::ensure;
use tests::{
    harness::{
        AgentCommand, Curl, Report, SdkApi, SdkCall, SdkUse,
        sdk::{BOTO3, NODE, PYTHON},
        skip,
    },
    provider::Options,
};

use crate::scene::{CLIENT, PRINTED, Scene};

/// What must not be seen again. Each is one word, so no framing cuts it.
const KEY: &str = "sk-KANARIEkeyQ7rT2mZ9";
const PROMPT: &str = "KANARIEpromptW4xB8nL1";
const COMPLETION: &str = "KANARIEcompletionH6vC3pD5";

/// The part that all of them share: half a secret is one too.
const COMMON: &str = "KANARIE";

/// The ways in which a program prints bytes: as text, as numbers, as hexadecimal digits, in base64.
fn forms() -> Vec<String> {
    let numbers: Vec<String> = COMMON.bytes().map(|byte| byte.to_string()).collect();
    let hex: String = COMMON.bytes().map(|byte| format!("{byte:02x}")).collect();
    // The first two whole groups of three letters; a secret that does not begin a group is not found in this form.
    vec![
        COMMON.to_owned(),
        numbers.join(", "),
        numbers.join(","),
        hex.to_uppercase(),
        hex,
        "S0FOQVJJ".to_owned(),
    ]
}

fn leaks(text: &str) -> Vec<String> {
    forms().into_iter().filter(|form| text.contains(form)).collect()
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let debug = format!("{:?}", KEY.as_bytes());
    for text in [KEY, PROMPT, COMPLETION, &debug, "x4b414e41524945y", "S0FOQVJJRQ=="] {
        assert!(!leaks(text).is_empty(), "{text}");
    }
    assert_eq!(leaks("chat gpt-4o req_123"), [""; 0]);
}

#[test]
fn no_secret_comes_out() -> anyhow::Result<()> {
    let options = Options { words: vec![COMPLETION.to_owned()], ..Options::default() };
    let Some(scene) = Scene::enter_with("no_secret_comes_out", options)? else {
        return Ok(());
    };
    let agent = AgentCommand::run(&scene.cgroup).trace().start()?;
    let mut calls = Vec::new();
    for args in [
        &["--script", "chunks=6,tool=1"][..],
        &["--script", "content=echo"],
        &["--no-stream"],
        &["--script", "status=401"],
        &["--script", "chunks=6,abort_after=2"],
        // Larger than is looked at.
        &["--prompt-bytes", "3000000"],
    ] {
        let mut command = scene.clients.python()?;
        command.args(["--api-key", KEY, "--prompt", PROMPT]).args(args);
        calls.extend(scene.run(command)?);
    }
    for stream in [true, false] {
        let request = Curl { stream, prompt: PROMPT, api_key: KEY, ..Curl::default() };
        calls.extend(scene.run(scene.clients.curl(&request)?)?);
    }
    agent.wait_for_lines(calls.len(), PRINTED);
    let report = agent.stop()?;

    // It has seen them all, and it has logged: otherwise their absence would prove nothing.
    ensure!(report.calls.len() == calls.len(), "{} of {} calls", report.calls.len(), calls.len());
    nothing_leaked(&report)
}

/// Nothing secret is in what the agent printed and logged.
fn nothing_leaked(report: &Report) -> anyhow::Result<()> {
    ensure!(report.stderr.contains("TRACE"), "no TRACE in the agent's log: is `--log trace` not honoured?");
    for (what, text) in
        [("output", String::from_utf8_lossy(&report.stdout)), ("log", (&report.stderr).into())]
    {
        let found = leaks(&text);
        // Not the text around it: a leak must not be carried on into the log of the test.
        ensure!(found.is_empty(), "the agent's {what} holds a secret, in the form {found:?}");
    }
    Ok(())
}

/// Each SDK puts its key where its provider wants it: two headers of their own, a bearer, and AWS's signature, which names
/// the key; and prompt and answer are in as many formats. What the agent does not read yet must not come out either.
#[test]
fn no_secret_of_an_sdk_comes_out() -> anyhow::Result<()> {
    let options = Options { words: vec![COMPLETION.to_owned()], ..Options::default() };
    let Some(scene) = Scene::enter_with("no_secret_of_an_sdk_comes_out", options)? else {
        return Ok(());
    };
    let apis: Vec<&SdkApi> = PYTHON.iter().chain(&BOTO3).chain(&NODE).filter(|api| api.tools).collect();
    // Installed before the agent starts: the installer's processes are none of its business.
    let installed = |api: &&&SdkApi| match scene.clients.sdk(api, &SdkUse::default()) {
        Ok(_) => true,
        Err(error) => {
            skip(&format!("secrets of {}", api.name()), &format!("it cannot be installed: {error:#}"));
            false
        }
    };
    let apis: Vec<&&SdkApi> = apis.iter().filter(installed).collect();
    let agent = AgentCommand::run(&scene.cgroup).trace().start()?;
    let mut made = 0;
    for api in apis {
        // A call that fails has another body; a bearer in AWS's signature's stead is its other way.
        for (stream, script, bearer) in
            [(api.streams, "chunks=6,tool=1,thoughts=2", false), (false, "status=401", true)]
        {
            let using = SdkUse { stream, tools: true, script, key: KEY, ..SdkUse::default() };
            let mut command = scene.clients.sdk(api, &using)?;
            command.args(["--prompt", PROMPT]);
            if bearer {
                command.env("AWS_BEARER_TOKEN_BEDROCK", KEY);
            }
            let calls = SdkCall::run(command, Some(&scene.cgroup), CLIENT)?;
            ensure!(calls.iter().all(|call| call.error.is_some() == (script == "status=401")), "{calls:#?}");
            made += calls.len();
        }
    }
    agent.wait_for_lines(made, PRINTED);
    let report = agent.stop()?;
    // It has seen most of them: otherwise their absence would prove nothing.
    ensure!(report.calls.len() * 2 > made, "{} of {made} calls", report.calls.len());
    nothing_leaked(&report)
}
