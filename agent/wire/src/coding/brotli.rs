//! Brotli (RFC 7932).
//!
//! What is left undone where the stream turns out malformed: content that was decoded but not yet written out.

use brotli_decompressor::{
    BrotliDecompressStream, BrotliResult, BrotliState, HuffmanCode, SliceWrapper, StandardAlloc,
};

use super::Stop;
use super::layer::{After, Progress};

/// One stream.
pub(super) struct Brotli {
    inner: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
}

impl Brotli {
    pub(super) fn new() -> Self {
        // Strict: a large window, up to 1 GiB, is another coding (RFC 7932 stops at 16 MiB) and is refused.
        let alloc = StandardAlloc::default();
        Self { inner: BrotliState::new_strict(alloc, alloc, alloc) }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let (mut left, mut read) = (input.len(), 0);
        let (mut space, mut written, mut total) = (output.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            input,
            &mut space,
            &mut written,
            output,
            &mut total,
            &mut self.inner,
        );
        let after = match result {
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => After::More,
            BrotliResult::ResultSuccess => After::End,
            BrotliResult::ResultFailure => After::Stop(Stop::Malformed("br")),
        };
        Progress { read, written, after }
    }

    /// Memory taken: the state, its window as grown so far, and the tables of the block under way.
    pub(super) fn held(&self) -> usize {
        let state = &self.inner;
        let codes = [
            state.literal_hgroup.codes.slice(),
            state.insert_copy_hgroup.codes.slice(),
            state.distance_hgroup.codes.slice(),
            state.block_type_length_state.block_type_trees.slice(),
            state.block_type_length_state.block_len_trees.slice(),
            state.context_map_table.slice(),
        ];
        let maps = [state.context_map.slice(), state.dist_context_map.slice(), state.context_modes.slice()];
        size_of::<Self>()
            + state.ringbuffer.slice().len()
            + codes.into_iter().map(size_of_val::<[HuffmanCode]>).sum::<usize>()
            + maps.iter().map(|map| map.len()).sum::<usize>()
    }
}
