//! Zstandard (RFC 8878), with windows as RFC 9659 bounds them for content codings.
//!
//! Skippable frames are members that give nothing. Dictionaries are not known, so a frame that names one is malformed.

use zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, get_error_name};

use super::Stop;
use super::layer::{After, Progress};
use crate::limits;

/// One frame after another.
pub(super) struct Zstd {
    inner: DCtx<'static>,
    /// What the decoder wants next: a header, or a block with the header after it.
    wanted: usize,
}

impl Zstd {
    /// None where memory is short.
    pub(super) fn new() -> Option<Self> {
        let mut inner = DCtx::try_create()?;
        inner.set_parameter(DParameter::WindowLogMax(limits::ZSTD_WINDOW_LOG)).ok()?;
        Some(Self { inner, wanted: FIRST_WANTED })
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        // A call that fails does not say what it wrote. So a block comes without the header after it, which could be
        // what fails: then all blocks before a malformed one are given, however the bytes were cut.
        let wanted = self.wanted.checked_sub(BLOCK_HEADER).filter(|block| *block > 0).unwrap_or(BLOCK_HEADER);
        let mut source = InBuffer::around(input.get(..wanted).unwrap_or(input));
        let mut target = OutBuffer::around(output);
        let after = match self.inner.decompress_stream(&mut target, &mut source) {
            Ok(0) => {
                self.wanted = FIRST_WANTED;
                After::End
            }
            Ok(wanted) => {
                self.wanted = wanted;
                After::More
            }
            Err(code) if get_error_name(code) == TOO_LARGE => After::Stop(Stop::Limit("zstd window")),
            Err(_) => After::Stop(Stop::Malformed("zstd")),
        };
        Progress { read: source.pos(), written: target.pos(), after }
    }

    /// Memory taken, as the decoder says: its state and the buffers that the frame's window needs.
    pub(super) fn held(&self) -> usize {
        self.inner.sizeof()
    }
}

/// What the decoder adds to what it wants, for it reads on to the next block (RFC 8878 §3.1.1.2).
const BLOCK_HEADER: usize = 3;

/// The magic number, the byte that tells how long the header is, and as above.
const FIRST_WANTED: usize = 5 + BLOCK_HEADER;

/// zstd's name of `ZSTD_error_frameParameter_windowTooLarge`.
const TOO_LARGE: &str = "Frame requires too much memory for decoding";
