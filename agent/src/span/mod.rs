//! A finished call, with the process and the connection that made it → a span.
//!
//! Comes in: a [`genai::Call`]. Goes out: a [`Span`], which every exporter writes as its format wants. Nothing here
//! knows a transport, and nothing here reads a clock.

pub mod build;
pub mod model;
pub mod semconv;

pub use build::build;
pub use model::{ConnectionInfo, Phase, Span, Value};
