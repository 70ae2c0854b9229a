//! From the rules to probes that stand in the right files.
//!
//! Comes in: filters, the processes that exist, and the kernel's word of each one that starts. Goes out: attached
//! probes, and the kernel maps that later stages read. Nothing here looks at captured bytes.
//!
//! # Layout
//!
//! - [`requirement`] – can this kernel and this user do it at all
//! - [`filter`] – who may be observed, as options say it and as the kernel side wants it
//! - [`process`] – what `/proc` tells of a process
//! - [`elf`], [`library`] – which functions a mapped file offers, and where
//! - [`loader`] – programs and maps into the kernel; the only user of aya's program types
//! - [`counters`] – what the kernel side counted
//! - [`links`] – who owns each attached probe, and how they end
//! - [`sideband`] – the kernel's own stream of process events
//! - [`watch`] – puts these together: keeps the right files attached while processes come and go
//! - [`btf`] – offsets of kernel structures, from the running kernel

pub mod btf;
pub mod counters;
pub mod elf;
pub mod filter;
pub mod library;
pub mod links;
pub mod loader;
pub mod process;
pub mod requirement;
pub mod sideband;
pub mod watch;
