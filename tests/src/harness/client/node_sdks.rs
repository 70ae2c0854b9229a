//! Where `sdk.mjs` is, with the makers' SDKs for Node beside it.

use std::{fs, io::ErrorKind, os::unix::fs::symlink, path::Path, process::Command};

use super::{Clients, packages};

/// A script, and one file for each SDK.
const SCRIPTS: [(&str, &str); 5] = [
    ("sdk.mjs", include_str!("../../../clients/sdk.mjs")),
    ("sdk_anthropic.mjs", include_str!("../../../clients/sdk_anthropic.mjs")),
    ("sdk_bedrock.mjs", include_str!("../../../clients/sdk_bedrock.mjs")),
    ("sdk_google.mjs", include_str!("../../../clients/sdk_google.mjs")),
    ("sdk_openai.mjs", include_str!("../../../clients/sdk_openai.mjs")),
];

impl Clients {
    /// `sdk.mjs` by this Node; the SDKs are installed at their first use.
    pub(in crate::harness) fn node_sdk(&self, node: &Path) -> anyhow::Result<Command> {
        let directory = self.directory.path();
        for (name, text) in SCRIPTS {
            fs::write(directory.join(name), text)?;
        }
        // Where `import` looks: beside the script, and not by a variable of the environment.
        match symlink(packages::node_sdks()?, directory.join("node_modules")) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
            Ok(()) | Err(_) => (),
        }
        let mut command = Command::new(node);
        command.arg(directory.join("sdk.mjs"));
        command.env("NODE_EXTRA_CA_CERTS", &self.ca);
        // AWS's says that the next one will not run on this Node.
        command.env("NODE_NO_WARNINGS", "1");
        Ok(self.pointed(command))
    }
}
