//! Building the agent and finding what came out.
//!
//! In: nothing. Out: the path of the binary and of the kernel object inside it, from cargo's own messages rather
//! than guessed from directory names (`CARGO_TARGET_DIR`, `--target` and configuration all move them).

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::run;

/// A finished build of the agent.
pub(crate) struct Agent {
    /// The program.
    pub(crate) binary: PathBuf,
    /// The kernel object that is embedded in it.
    pub(crate) object: PathBuf,
}

/// `cargo build -p wirelight`.
pub(crate) fn build() -> Result<Agent> {
    let mut command = run::cargo();
    command.args(["build", "--package", "wirelight"]);
    let said = messages(&mut command)?;
    Ok(Agent {
        binary: said.executable("wirelight").context("cargo built no `wirelight`")?,
        object: said.kernel_object().context("the agent's build script did not run")?,
    })
}

/// What cargo said with `--message-format=json`; errors and warnings went to the terminal as always.
pub(crate) struct Messages {
    lines: Vec<String>,
    /// Whether the whole command succeeded.
    pub(crate) success: bool,
}

impl Messages {
    /// The path of the binary target `name`.
    pub(crate) fn executable(&self, name: &str) -> Option<PathBuf> {
        let target = format!("\"name\":\"{name}\"");
        self.lines.iter().filter(|line| line.contains(&target)).find_map(|line| string(line, "executable"))
    }

    /// What the agent's build script wrote.
    pub(crate) fn kernel_object(&self) -> Option<PathBuf> {
        let is_ours = |line: &&String| {
            line.contains("\"reason\":\"build-script-executed\"") && line.contains("/agent#wirelight@")
        };
        let out_dir = self.lines.iter().filter(is_ours).find_map(|line| string(line, "out_dir"))?;
        Some(out_dir.join("wirelight-ebpf"))
    }
}

/// Runs cargo for its messages; fails when cargo does.
pub(crate) fn messages(command: &mut Command) -> Result<Messages> {
    let said = messages_even_so(command)?;
    if !said.success {
        bail!("the build failed, see above");
    }
    Ok(said)
}

/// Runs cargo for its messages, of which there are some even when it fails.
pub(crate) fn messages_even_so(command: &mut Command) -> Result<Messages> {
    let shown = run::announce(command);
    let piped = command.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    let mut child = piped.spawn().with_context(|| format!("cannot run `{shown}`"))?;
    let stdout = BufReader::new(child.stdout.take().context("cargo has no output")?);
    let lines = stdout.lines().collect::<Result<Vec<_>, _>>().context("cargo's output is not text")?;
    let success = child.wait().with_context(|| format!("cannot wait for `{shown}`"))?.success();
    Ok(Messages { lines, success })
}

/// The value of a string field. Paths that JSON has to escape (quotes, backslashes) are not supported.
fn string(line: &str, field: &str) -> Option<PathBuf> {
    let (_, rest) = line.split_once(&format!("\"{field}\":\""))?;
    let (value, _) = rest.split_once('"')?;
    (!value.contains('\\')).then(|| PathBuf::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_from_the_right_messages() {
        let lines = [
            r#"{"reason":"build-script-executed","package_id":"registry+x#libc@0.2.0","out_dir":"/t/libc/out"}"#,
            r#"{"reason":"build-script-executed","package_id":"path+file:///w/agent#wirelight@0.1.0","out_dir":"/t/w/out"}"#,
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"wirelight"},"executable":null}"#,
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"wirelight"},"executable":"/t/debug/wirelight"}"#,
        ];
        let said = Messages { lines: lines.map(str::to_owned).to_vec(), success: true };
        assert_eq!(said.executable("wirelight"), Some("/t/debug/wirelight".into()));
        assert_eq!(said.executable("demo"), None);
        assert_eq!(said.kernel_object(), Some("/t/w/out/wirelight-ebpf".into()));
    }
}
