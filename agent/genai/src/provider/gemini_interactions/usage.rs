//! What the usage of an interaction says, in the words that are the same for all providers.
//!
//! Thoughts stand beside the output, as in `usageMetadata`; that is nowhere promised, so where the total is the sum
//! without them they are taken to be in it.

use crate::call::Usage;
use crate::provider::figures::Figures;

/// The usage that these figures tell, and how many of them were odd.
pub(super) fn read(figures: Figures) -> (Usage, u32) {
    let asked = figures.count("total_input_tokens");
    let tool_use = figures.count("total_tool_use_tokens").unwrap_or(0);
    let input = asked.map(|asked| asked.saturating_add(tool_use));
    let said = figures.count("total_output_tokens");
    let reasoning = figures.count("total_thought_tokens");
    let total = figures.count("total_tokens");
    let with = |output: Option<u64>| input.unwrap_or(0).saturating_add(output.unwrap_or(0));
    let all = figures.sum(&["total_output_tokens", "total_thought_tokens"]);
    let output = if total == Some(with(said)) { said.or(all) } else { all };
    let usage = Usage {
        input,
        output,
        reasoning,
        cache_read: figures.count("total_cached_tokens"),
        input_audio: of(&figures, "input_tokens_by_modality", "modality", "audio", "tokens"),
        input_image: of(&figures, "input_tokens_by_modality", "modality", "image", "tokens"),
        output_audio: of(&figures, "output_tokens_by_modality", "modality", "audio", "tokens"),
        output_image: of(&figures, "output_tokens_by_modality", "modality", "image", "tokens"),
        cache_read_audio: of(&figures, "cached_tokens_by_modality", "modality", "audio", "tokens"),
        cache_read_image: of(&figures, "cached_tokens_by_modality", "modality", "image", "tokens"),
        web_searches: of(&figures, "grounding_tool_count", "type", "google_search", "count"),
        inconsistent: total.is_some_and(|total| input.is_some() && total != with(output)),
        ..Usage::default()
    };
    let (raw, odd) = figures.into_raw();
    (Usage { raw, ..usage }, odd)
}

/// The count of the element of a list that is called so.
fn of(figures: &Figures, list: &str, called: &str, name: &str, count: &str) -> Option<u64> {
    // There are five modalities, and as many tools.
    const ELEMENTS: usize = 8;
    let mut places = (0..ELEMENTS).map(|index| format!("{list}.{index}"));
    let place = places.find(|place| {
        figures.name(&format!("{place}.{called}")).is_some_and(|known| known.eq_ignore_ascii_case(name))
    })?;
    figures.count(&format!("{place}.{count}"))
}
