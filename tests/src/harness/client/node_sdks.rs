//! `sdk.mjs`: calls by the makers' own SDKs for Node.

use std::{fs, io::ErrorKind, os::unix::fs::symlink, path::Path, process::Command};

use super::{Clients, find, packages};

/// A script, and one file for each SDK.
const SCRIPTS: [(&str, &str); 5] = [
    ("sdk.mjs", include_str!("../../../clients/sdk.mjs")),
    ("sdk_anthropic.mjs", include_str!("../../../clients/sdk_anthropic.mjs")),
    ("sdk_bedrock.mjs", include_str!("../../../clients/sdk_bedrock.mjs")),
    ("sdk_google.mjs", include_str!("../../../clients/sdk_google.mjs")),
    ("sdk_openai.mjs", include_str!("../../../clients/sdk_openai.mjs")),
];

impl Clients {
    /// `sdk.mjs` by the machine's Node; the SDKs are installed at their first use.
    pub fn node_sdk(&self, sdk: &str, api: &str) -> anyhow::Result<Command> {
        self.node_sdk_at(&find(&["node"])?, sdk, api)
    }

    /// The same by a Node whose fetch speaks HTTP/2.
    pub fn new_node_sdk(&self, sdk: &str, api: &str) -> anyhow::Result<Command> {
        self.node_sdk_at(&packages::node()?, sdk, api)
    }

    fn node_sdk_at(&self, node: &Path, sdk: &str, api: &str) -> anyhow::Result<Command> {
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
        command.arg(directory.join("sdk.mjs")).args(["--sdk", sdk, "--api", api]);
        command.env("NODE_EXTRA_CA_CERTS", &self.ca);
        // AWS's says that it will not run on this Node next year.
        command.env("NODE_NO_WARNINGS", "1");
        Ok(self.pointed(command))
    }
}
