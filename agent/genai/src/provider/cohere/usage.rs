//! What Cohere says of usage, in the words that are the same for all providers: `usage` of v2, `meta` of everything
//! else. What is billed comes before what was counted; numbers are written as floats.

use crate::call::Usage;
use crate::provider::figures::Figures;

/// The usage that these figures tell, and how many of them were odd.
pub(in crate::provider) fn read(figures: Figures) -> (Usage, u32) {
    let usage = Usage {
        input: figures.first(&["billed_units.input_tokens", "tokens.input_tokens"]),
        output: figures.first(&["billed_units.output_tokens", "tokens.output_tokens"]),
        cache_read: figures.count("cached_tokens"),
        input_image: figures.count("billed_units.image_tokens"),
        search_units: figures.count("billed_units.search_units"),
        ..Usage::default()
    };
    let (raw, odd) = figures.into_raw();
    (Usage { raw, ..usage }, odd)
}
