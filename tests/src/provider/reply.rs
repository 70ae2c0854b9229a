//! Where a response goes: an exchange of an HTTP/1.1 connection, or a stream of an HTTP/2 connection.

use std::io;

use super::{head::Head, truth::Stamp};

/// Takes a response piece by piece. Each call gives its piece to the kernel before it returns, and enters its stamp just
/// before that, so that who has seen the bytes finds the stamp.
pub(super) trait Reply {
    /// The head; a body follows.
    async fn head(&mut self, head: &Head<'_>, stamp: Stamp) -> io::Result<()>;

    /// A part of the body, and not the last.
    async fn part(&mut self, bytes: Vec<u8>, stamp: Stamp) -> io::Result<()>;

    /// What is left of the body, if anything, and its end.
    async fn end(&mut self, bytes: Vec<u8>, stamp: Option<Stamp>) -> io::Result<()>;

    /// A whole response of which no truth is told.
    async fn at_once(&mut self, head: &Head<'_>, body: &[u8]) -> io::Result<()>;
}
