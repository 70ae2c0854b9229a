//! What `usageMetadata` says, in the words that are the same for all providers.
//!
//! ```text
//!   input  = promptTokenCount (cached ones with it) + toolUsePromptTokenCount
//!   output = candidatesTokenCount + thoughtsTokenCount
//!   totalTokenCount = input + output, or the figures are odd
//! ```

use crate::call::Usage;
use crate::provider::figures::Figures;

/// The usage that these figures tell. Counts of 0 are left out by Google's printer, so one that is absent where its
/// fellow is told adds nothing.
pub(super) fn read(figures: Figures) -> (Usage, u32) {
    let prompt = figures.count("promptTokenCount");
    let tool_use = figures.count("toolUsePromptTokenCount");
    let input = prompt.map(|prompt| prompt.saturating_add(tool_use.unwrap_or(0)));
    let output = figures.sum(&["candidatesTokenCount", "thoughtsTokenCount"]);
    let total = figures.count("totalTokenCount");
    let sum = input.map(|input| input.saturating_add(output.unwrap_or(0)));
    let asked = ["promptTokensDetails", "toolUsePromptTokensDetails"];
    let usage = Usage {
        input,
        output,
        cache_read: figures.count("cachedContentTokenCount"),
        reasoning: figures.count("thoughtsTokenCount"),
        input_audio: of(&figures, &asked, "AUDIO"),
        input_image: of(&figures, &asked, "IMAGE"),
        output_audio: of(&figures, &["candidatesTokensDetails"], "AUDIO"),
        output_image: of(&figures, &["candidatesTokensDetails"], "IMAGE"),
        cache_read_audio: of(&figures, &["cacheTokensDetails"], "AUDIO"),
        cache_read_image: of(&figures, &["cacheTokensDetails"], "IMAGE"),
        inconsistent: total.zip(sum).is_some_and(|(total, sum)| total != sum),
        ..Usage::default()
    };
    let (raw, odd) = figures.into_raw();
    (Usage { raw, ..usage }, odd)
}

/// The tier that served: the Gemini API's word, or Vertex's kind of traffic.
pub(super) fn tier(figures: &Figures) -> Option<String> {
    figures.name("serviceTier").or_else(|| figures.name("trafficType")).map(str::to_owned)
}

/// The tokens of a modality in these lists.
fn of(figures: &Figures, lists: &[&str], modality: &str) -> Option<u64> {
    // There are five of them.
    const MODALITIES: usize = 8;
    let places = lists.iter().flat_map(|list| (0..MODALITIES).map(move |index| format!("{list}.{index}")));
    let told = places
        .filter(|place| figures.name(&format!("{place}.modality")) == Some(modality))
        .filter_map(|place| figures.count(&format!("{place}.tokenCount")));
    told.fold(None, |sum: Option<u64>, count| Some(sum.unwrap_or(0).saturating_add(count)))
}
