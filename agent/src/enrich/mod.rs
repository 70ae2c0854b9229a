//! Who made a call: process, container, pod.

pub mod process;

pub use process::Process;
