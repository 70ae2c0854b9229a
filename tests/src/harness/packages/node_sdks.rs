//! The makers' SDKs for Node, by a lock file: each package and all that it needs at one version, with its checksum.

use std::{fs, path::PathBuf, process::Command, sync::OnceLock};

use super::{find, finish, named, once};

/// What is installed, and for which Node: the newest of each that runs on Node 20.
const PACKAGE: &str = include_str!("../../../clients/npm/package.json");
/// Made by `npm install --package-lock-only --omit-lockfile-registry-resolved`.
const LOCK: &str = include_str!("../../../clients/npm/package-lock.json");

/// Their `node_modules`. 100 MB, most of it types and maps.
pub(in crate::harness) fn node_sdks() -> anyhow::Result<PathBuf> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let directory = once(&INSTALLED, &named("node-sdks", LOCK), |directory| {
        fs::write(directory.join("package.json"), PACKAGE)?;
        fs::write(directory.join("package-lock.json"), LOCK)?;
        let mut npm = Command::new(find(&["npm"])?);
        npm.args(["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(directory);
        finish(npm)
    })?;
    Ok(directory.join("node_modules"))
}
