//! The stages of wirelight, in the order in which a byte passes them.

pub mod capture;
pub mod enrich;
pub mod span;
pub mod export;
