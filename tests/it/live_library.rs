//! Files that hold a TLS library: private copies, replaced and deleted ones, ones under another name, and files that
//! look like one and are none.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tests::harness::{
    Agent, Cgroup, ClientCall, EdgeCase, Running,
    client::{finish, run},
    skip,
};

use crate::scene::{CLIENT, PRINTED, Scene, next_call};

/// A directory with a copy of the host's libssl.
struct Copied {
    directory: TempDir,
    library: PathBuf,
}

impl Copied {
    /// `None`: this machine's libssl is not where Debian and Fedora have it, which has been said.
    fn make(test: &str, name: &str) -> anyhow::Result<Option<Self>> {
        let Some(of_the_host) = host_library("libssl.so.3") else {
            skip(test, "no libssl.so.3 on this machine");
            return Ok(None);
        };
        let directory = tempfile::Builder::new().prefix("wirelight-library-").tempdir()?;
        let library = directory.path().join(name);
        fs::copy(of_the_host, &library)?;
        Ok(Some(Self { directory, library }))
    }

    /// Starts a client that uses this copy, and waits until it has loaded it.
    fn client(&self, scene: &Scene, calls: u32) -> anyhow::Result<Running> {
        self.client_in(scene, &scene.cgroup, calls)
    }

    fn client_in(&self, scene: &Scene, cgroup: &Cgroup, calls: u32) -> anyhow::Result<Running> {
        let mut command = scene.clients.python()?;
        command.args(["--on-input", "--script", "chunks=6", "--calls", &calls.to_string()]);
        command.env("LD_LIBRARY_PATH", self.directory.path());
        let client = Running::start(command, Some(cgroup))?;
        loaded(&client, &self.library)?;
        Ok(client)
    }

    /// Another file takes the name; who has the old one mapped keeps it.
    fn replace(&self) -> anyhow::Result<()> {
        let new = self.directory.path().join("new");
        fs::copy(&self.library, &new)?;
        Ok(fs::rename(new, &self.library)?)
    }
}

fn host_library(name: &str) -> Option<PathBuf> {
    let by_arch = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let directories = [Path::new(&by_arch), Path::new("/usr/lib64"), Path::new("/usr/lib")];
    directories.iter().map(|directory| directory.join(name)).find(|file| file.is_file())
}

/// Waits until a process that we started has mapped this file; the other libssl it must not have.
fn loaded(client: &Running, library: &Path) -> anyhow::Result<()> {
    let library = library.to_str().context("a path of ASCII")?;
    let deadline = Instant::now() + CLIENT;
    loop {
        let maps = fs::read_to_string(format!("/proc/{}/maps", client.pid()))?;
        let path = maps.lines().filter_map(|line| line.split_whitespace().nth(5)).find(|path| {
            Path::new(path).file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"libssl"))
        });
        if let Some(path) = path {
            ensure!(path == library, "the client loaded {path}, not {library}");
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the client has not loaded {library}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until the agent has hooked the file that this process maps.
fn hooked(agent: &Agent, client: &Running) -> anyhow::Result<()> {
    let said = agent.says(&format!("hooked user=\"pid {}\"", client.pid()), PRINTED);
    ensure!(said, "the agent did not say that it hooked a file of {}", client.pid());
    Ok(())
}

/// A private copy is hooked when it is mapped; a file that takes its name is another, and both go on being observed.
#[test]
fn a_private_copy_that_is_replaced() -> anyhow::Result<()> {
    const TEST: &str = "a_private_copy_that_is_replaced";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(copied) = Copied::make(TEST, "libssl.so.3")? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let mut old = copied.client(&scene, 2)?;
    hooked(&agent, &old)?;
    next_call(&mut old, 1)?;
    copied.replace()?;
    let mut new = copied.client(&scene, 1)?;
    hooked(&agent, &new)?;
    next_call(&mut new, 1)?;
    next_call(&mut old, 2)?;
    let mut calls = finish(old, false, CLIENT)?;
    calls.extend(finish(new, false, CLIENT)?);
    ensure!(calls.len() == 3, "{calls:#?}");
    agent.wait_for_lines(3, PRINTED);
    scene.all_told(&agent.stop()?, &calls)
}

/// A process uses a file that has no name any more when the agent comes.
#[test]
fn a_library_that_is_deleted() -> anyhow::Result<()> {
    const TEST: &str = "a_library_that_is_deleted";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(copied) = Copied::make(TEST, "libssl.so.3")? else {
        return Ok(());
    };
    let mut client = copied.client(&scene, 2)?;
    fs::remove_file(&copied.library)?;
    let agent = scene.agent()?;
    next_call(&mut client, 1)?;
    next_call(&mut client, 2)?;
    let calls = finish(client, false, CLIENT)?;
    agent.wait_for_lines(2, PRINTED);
    scene.all_told(&agent.stop()?, &calls)
}

/// A process that has mapped a library nobody has hooked becomes one to observe: the kernel side says so, and the agent
/// does not wait for its next look around.
#[test]
fn a_process_that_moves_in_with_a_library_of_its_own() -> anyhow::Result<()> {
    const TEST: &str = "a_process_that_moves_in_with_a_library_of_its_own";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(copied) = Copied::make(TEST, "libssl.so.3")? else {
        return Ok(());
    };
    let elsewhere = scene.live.cgroup()?;
    let agent = scene.agent()?;
    let mut client = copied.client_in(&scene, &elsewhere, 2)?;
    next_call(&mut client, 1)?;
    scene.cgroup.take(&client)?;
    hooked(&agent, &client)?;
    next_call(&mut client, 2)?;
    let calls = finish(client, false, CLIENT)?;
    agent.wait_for_lines(1, PRINTED);
    scene.all_told(&agent.stop()?, &calls[1..])
}

/// Python wheels carry `libssl-HASH.so.3`.
#[test]
fn a_library_with_a_hash_in_its_name() -> anyhow::Result<()> {
    const TEST: &str = "a_library_with_a_hash_in_its_name";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(copied) = Copied::make(TEST, "libssl-1a2b3c.so.3")? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let mut command = scene.clients.edge(EdgeCase::Plain)?;
    command.args(["--on-input", "--script", "chunks=6"]).env("LIBSSL", &copied.library);
    let mut client = Running::start(command, Some(&scene.cgroup))?;
    loaded(&client, &copied.library)?;
    hooked(&agent, &client)?;
    client.tell("go")?;
    let calls = finish(client, false, CLIENT)?;
    ensure!(calls.len() == 2 && calls.iter().all(|call| call.done), "{calls:#?}");
    agent.wait_for_lines(2, PRINTED);
    scene.all_told(&agent.stop()?, &calls)
}

/// A process that holds these files mapped.
fn holding(scene: &Scene, files: &[&Path]) -> anyhow::Result<Running> {
    let holder = Running::start(scene.clients.map_exec(files)?, Some(&scene.cgroup))?;
    ensure!(holder.lines(1, CLIENT) == ["mapped"], "the files cannot be mapped");
    Ok(holder)
}

/// What bears the name and is none is said once, as a matter of information, and does not disturb the rest.
#[test]
fn files_that_are_none() -> anyhow::Result<()> {
    const TEST: &str = "files_that_are_none";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(no_tls) = host_library("libcrypto.so.3") else {
        skip(TEST, "no libcrypto.so.3 on this machine");
        return Ok(());
    };
    let directory = tempfile::tempdir()?;
    let file = |name: &str| directory.path().join(name);
    let (text, cut, other, last) =
        (file("libssl-text.so"), file("libssl-cut.so"), file("libssl-other.so"), file("libssl-last.so"));
    fs::write(&text, "This is no library. ".repeat(1000))?;
    fs::write(&cut, &fs::read(&no_tls)?[..5000])?;
    fs::copy(&no_tls, &other)?;
    fs::write(&last, "x")?;

    let agent = scene.agent()?;
    let files = [text.as_path(), &cut, &other];
    let first = holding(&scene, &files)?;
    for file in files {
        let path = file.to_str().context("a path of ASCII")?;
        ensure!(agent.says(path, PRINTED), "the agent says nothing of {path}");
    }
    // What comes later is looked at later: when the last file is told of, the second process has been looked at.
    let second = holding(&scene, &files)?;
    let third = holding(&scene, &[&last])?;
    ensure!(agent.says("libssl-last.so", PRINTED), "the agent says nothing of the last file");
    let calls: Vec<ClientCall> = scene.simple_calls(1)?;
    agent.wait_for_lines(1, PRINTED);
    let report = agent.stop()?;
    for process in [first, second, third] {
        process.wait(CLIENT)?;
    }
    for (file, why) in [
        (&text, "is not an ELF file"),
        (&cut, "is a malformed ELF file"),
        (&other, "stripped of its symbols"),
        (&last, "is not an ELF file"),
    ] {
        let path = file.to_str().context("a path of ASCII")?;
        let lines: Vec<&str> = report.stderr.lines().filter(|line| line.contains(path)).collect();
        ensure!(lines.len() == 1, "{path}: {} lines: {lines:#?}", lines.len());
        ensure!(
            lines[0].contains(" INFO ") && lines[0].contains(why) && lines[0].contains("not hooked"),
            "{path}: {}",
            lines[0]
        );
    }
    scene.all_told(&report, &calls)
}

/// Two processes with the same private copy: the second one's first call is told without any waiting.
#[test]
fn a_private_copy_that_is_known() -> anyhow::Result<()> {
    const TEST: &str = "a_private_copy_that_is_known";
    let Some(scene) = Scene::enter(TEST)? else {
        return Ok(());
    };
    let Some(copied) = Copied::make(TEST, "libssl.so.3")? else {
        return Ok(());
    };
    let agent = scene.agent()?;
    let first = copied.client(&scene, 1)?;
    hooked(&agent, &first)?;
    let mut command = scene.clients.python()?;
    command.args(["--script", "chunks=6", "--calls", "2"]).env("LD_LIBRARY_PATH", copied.directory.path());
    let calls = run(command, Some(&scene.cgroup), CLIENT)?;
    finish(first, false, CLIENT)?;
    agent.wait_for_lines(2, PRINTED);
    scene.all_told(&agent.stop()?, &calls)
}
