//! What is known of an observed process.

use serde::{Deserialize, Serialize};

/// A process, told apart from later users of its pid by its start time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Pid in the initial namespace.
    pub pid: u32,
    /// Nanoseconds from boot to its start, as the kernel has them; 0 where not known.
    pub start_ns: u64,
    /// Its parent when it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Real user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Name of its main thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comm: Option<String>,
    /// Path of its executable, as it sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<String>,
    /// Path of its cgroup in the unified hierarchy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<String>,
}
