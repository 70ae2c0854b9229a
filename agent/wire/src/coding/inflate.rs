//! gzip (RFC 1952), zlib (RFC 1950) and raw deflate (RFC 1951).
//!
//! Header fields of gzip are passed over as they come and never kept, however long they are.

use flate2::{Decompress, FlushDecompress, Status};

use super::Stop;
use super::layer::{After, Progress};

/// One member.
pub(super) struct Inflate {
    form: Form,
    inner: Decompress,
}

#[derive(Clone, Copy)]
pub(super) enum Form {
    Gzip,
    Zlib,
    Raw,
}

impl Inflate {
    /// Memory of zlib-rs's state: a window of 32 KiB and the tables of codes. Measured; it does not grow.
    pub(super) const HELD: usize = 47 * 1024;

    pub(super) fn new(form: Form) -> Self {
        let inner = match form {
            Form::Gzip => Decompress::new_gzip(WINDOW_BITS),
            Form::Zlib => Decompress::new(true),
            Form::Raw => Decompress::new(false),
        };
        Self { form, inner }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let (read, written) = (self.inner.total_in(), self.inner.total_out());
        let after = match self.inner.decompress(input, output, FlushDecompress::None) {
            Ok(Status::Ok | Status::BufError) => After::More,
            Ok(Status::StreamEnd) => After::End,
            // What was written before the error counts.
            Err(error) => After::Stop(Stop::Malformed(match (error.message(), self.form) {
                (Some("incorrect data check" | "incorrect length check"), Form::Gzip) => "gzip checksum",
                (Some("incorrect data check"), Form::Zlib | Form::Raw) => "deflate checksum",
                (_, Form::Gzip) => "gzip",
                (_, Form::Zlib | Form::Raw) => "deflate",
            })),
        };
        // Both differences are bounded by the slices.
        let read = usize::try_from(self.inner.total_in() - read).unwrap_or(usize::MAX);
        let written = usize::try_from(self.inner.total_out() - written).unwrap_or(usize::MAX);
        Progress { read, written, after }
    }
}

/// The largest window, which any stream may use.
const WINDOW_BITS: u8 = 15;
