//! The door of every live test: one at a time, and only where the machine can do it.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{cgroup::Cgroup, probe::Machine};

/// Leave to run a live test. While it lives, no other live test of this process runs: they would disturb each other's
/// times.
#[derive(Debug)]
pub struct Live {
    test: &'static str,
    machine: Machine,
    _turn: MutexGuard<'static, ()>,
}

/// File to which each skip is appended, as `TEST: REASON`; `cargo xtask test` counts its lines.
const SKIP_LOG: &str = "WIRELIGHT_SKIP_LOG";

static TURN: Mutex<()> = Mutex::new(());

impl Live {
    /// Waits for this test's turn. `None`: it cannot run here, and why has been said.
    pub fn enter(test: &'static str) -> Option<Self> {
        match Machine::probe(Path::new("/")) {
            // A test that failed in its turn leaves nothing behind that the next one uses.
            Ok(machine) => {
                let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
                Some(Self { test, machine, _turn: turn })
            }
            Err(missing) => {
                skip(test, &missing.to_string());
                None
            }
        }
    }

    /// A fresh cgroup for what this test starts.
    pub fn cgroup(&self) -> anyhow::Result<Cgroup> {
        Cgroup::create(&self.machine.cgroup_mount, self.test)
    }
}

/// Says, and notes for CI, that a test does not run and why.
pub fn skip(test: &str, reason: &str) {
    say(&format!("SKIP {test}: {reason}"));
    if let Some(path) = std::env::var_os(SKIP_LOG) {
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(format!("{test}: {reason}\n").as_bytes()));
        if let Err(error) = written {
            // A skip that CI does not count would look like a pass.
            panic!("{SKIP_LOG}: {error}");
        }
    }
}

/// Prints a line that is seen even when the test passes: the test runner captures only the print macros.
pub fn say(line: &str) {
    // With stderr closed there is nobody to tell.
    let _closed = writeln!(io::stderr(), "{line}");
}
