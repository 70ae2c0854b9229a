//! wirelight: what happens inside every LLM call on a machine, without touching the processes that make them.
//!
//! # Layout
//!
//! The modules stand in the order in which a byte passes them; `docs` and `ARCHITECTURE.md` have the drawing.
//!
//! - [`cli`] – options and help, defined once
//! - [`config`] – what is to be done, whoever said it
//! - [`pipeline`] – wires the stages, starts and stops them
//! - [`attach`] – rules and processes → probes in the right files
//! - [`capture`] – ring or tape → inputs
//! - [`connection`] – records → contiguous bytes with gaps
//! - [`shard`] – inputs → spans: drives decoding (`wire`) and interpretation (`genai`)
//! - [`enrich`] – who made a call
//! - [`span`] – call → span
//! - [`export`] – span → out
//! - [`telemetry`] – what came, what went, what was lost

pub mod cli;
pub mod config;
pub mod pipeline;

pub mod attach;
pub mod capture;
pub mod connection;
pub mod shard;

pub mod enrich;
pub mod span;

pub mod export;

pub mod telemetry;
