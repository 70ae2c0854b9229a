//! What a mapped file offers to hook.
//!
//! A file is judged by its functions, not its name: wheels ship `libssl-<hash>.so`, Node carries OpenSSL inside.

use std::{
    fs::{self, File},
    path::PathBuf,
};

use common::cookie::{Flavour, Function};

use crate::attach::elf::{self, ElfError, FileOffset, Found};

/// A file that can be hooked: which functions, and where the probes go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hooks {
    /// Family of the library.
    pub flavour: Flavour,
    /// Functions, in the order in which they are to be attached: those that carry plaintext first.
    pub functions: Vec<Found<Function>>,
}

/// Why a file is not hooked.
#[derive(Debug, thiserror::Error)]
pub enum NoHooks {
    /// It is no TLS library. The normal case.
    #[error("has no TLS functions")]
    Other,
    /// It should be one, by its name, but shows no symbols.
    #[error("looks like a TLS library but is stripped of its symbols")]
    Stripped,
    /// It cannot be understood.
    #[error(transparent)]
    Elf(#[from] ElfError),
}

/// Judges a file.
pub fn inspect(file: &File, name: &str) -> Result<Hooks, NoHooks> {
    let wanted = Function::ALL.map(|f| (f.symbol(), f));
    let mut functions = elf::find(file, &wanted)?;
    let has = |wanted: &[Function]| functions.iter().any(|f| wanted.contains(&f.what));
    let reads = has(&[Function::Read, Function::ReadEx]);
    let writes = has(&[Function::Write, Function::WriteEx]);
    if !(reads && writes) {
        return Err(if name.contains("libssl") { NoHooks::Stripped } else { NoHooks::Other });
    }
    for function in &mut functions {
        function.at = elf::probe_point(file, function.at);
    }
    functions.sort_by_key(|f| (carries_plaintext(f.what), f.at));
    functions.reverse();
    Ok(Hooks { flavour: Flavour::OpenSsl, functions })
}

/// Whether the function moves plaintext; the others are marks.
pub fn carries_plaintext(function: Function) -> bool {
    match function {
        Function::Read | Function::ReadEx | Function::Write | Function::WriteEx | Function::WriteEx2 => true,
        Function::DoHandshake
        | Function::Connect
        | Function::Accept
        | Function::Free
        | Function::Shutdown
        | Function::Ctrl => false,
    }
}

/// Whether the function's return is of interest.
pub fn has_return(function: Function) -> bool {
    match function {
        Function::DoHandshake | Function::Connect | Function::Accept => true,
        Function::Free | Function::Shutdown | Function::Ctrl => false,
        Function::Read | Function::ReadEx | Function::Write | Function::WriteEx | Function::WriteEx2 => true,
    }
}

/// The TLS libraries that the dynamic loader of this host would hand out.
pub fn of_the_host() -> Vec<PathBuf> {
    const ROOTS: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"];
    let dirs = ROOTS.iter().flat_map(|root| {
        // Debian keeps libraries by architecture: /usr/lib/x86_64-linux-gnu.
        let by_arch = format!("{root}/{}-linux-gnu", std::env::consts::ARCH);
        [PathBuf::from(root), PathBuf::from(by_arch)]
    });
    let entries = dirs.filter_map(|dir| fs::read_dir(dir).ok()).flatten().filter_map(Result::ok);
    let named = entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"libssl.so"));
    let mut paths: Vec<_> = named.filter_map(|entry| fs::canonicalize(entry.path()).ok()).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// A place in a file, for messages.
pub fn describe(found: &Found<Function>) -> String {
    let FileOffset(at) = found.at;
    format!("{}+{at:#x}", found.what.symbol())
}
