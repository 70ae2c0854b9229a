//! Stub.
pub mod clock;
