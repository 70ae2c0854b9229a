//! Captured records → the contiguous bytes of each connection, with gaps where some were lost.
//!
//! # Layout
//!
//! - [`stream`] – one direction: where it stands, what is missing
//! - [`role`] – is the process the client or the server here
//! - [`table`] – all connections of a shard, within their caps
//! - [`limits`] – these caps

pub mod limits;
pub mod role;
pub mod stream;
pub mod table;

pub use role::Role;
pub use stream::{Arrived, Stream};
pub use table::{Refused, Table};
