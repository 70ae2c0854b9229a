//! What the kernel side and the agent agree on: record layout, keys, policy, counters, limits.
//!
//! Used by `ebpf` and by the agent's `attach` and `capture`; nobody else knows these layouts. No dependencies, so that
//! it compiles for the kernel. Every type that crosses is `repr(C)`, has no padding that is not named, and is read on
//! the other side through checked decoding or as a whole map value.
#![no_std]
#![warn(missing_docs)]

pub mod connection;
pub mod cookie;
pub mod counter;
pub mod limits;
pub mod policy;
pub mod record;
