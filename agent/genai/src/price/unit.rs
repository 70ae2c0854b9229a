//! What is priced, and how much of it a call used.
//!
//! In: what the provider told. Out: a quantity for each [`Unit`], or none. Units are those of genai-prices, by its
//! names; a unit lies within another when it has all its dimensions and more: cached tokens within input tokens.

/// What can be said of a unit, one bit each. Bits of one group exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dimensions(u32);

impl Dimensions {
    /// Whether `other` is a part of this: the same dimensions and more.
    pub(super) fn holds(self, other: Self) -> bool {
        self.0 & other.0 == self.0 && self != other
    }

    /// What both together are, unless they exclude each other: cached tokens and audio tokens give cached audio.
    pub(super) fn meet(self, other: Self) -> Option<Self> {
        let both = self.0 | other.0;
        GROUPS.iter().all(|group| (both & group).count_ones() <= 1).then_some(Self(both))
    }

    fn has(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

macro_rules! units {
    ($($(#[$doc:meta])+ $name:ident, $usage:literal, $price:literal, $per:ident, $($dimension:ident)|+;)+) => {
        /// Something that providers sell by the piece.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Unit { $($(#[$doc])+ $name,)+ }

        impl Unit {
            /// Every unit, in the order of the price files.
            pub const ALL: [Self; [$($usage),+].len()] = [$(Self::$name),+];

            /// Its name as a quantity: `input_tokens`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $usage,)+ }
            }

            /// Its name as a price: `input_mtok`.
            pub fn price_key(self) -> &'static str {
                match self { $(Self::$name => $price,)+ }
            }

            /// How many a price is for.
            pub(super) fn per(self) -> u128 {
                match self { $(Self::$name => $per,)+ }
            }

            pub(super) fn dimensions(self) -> Dimensions {
                match self { $(Self::$name => Dimensions($($dimension)|+),)+ }
            }
        }
    };
}

const THOUSAND: u128 = 1_000;
const MILLION: u128 = 1_000_000;
const BILLION: u128 = 1_000_000_000;
const HOUR: u128 = 3_600;

/// A number that every `per` divides, so that sums over units are exact.
pub(super) const COMMON: u128 = 9 * BILLION;

const TOKENS: u32 = 1;
const CHARACTERS: u32 = 1 << 1;
const MESSAGES: u32 = 1 << 2;
const DURATIONS: u32 = 1 << 3;
const PIXELS: u32 = 1 << 4;
const PAGES: u32 = 1 << 5;
const RERANK: u32 = 1 << 6;
const TOOL_CALLS: u32 = 1 << 7;
const REQUESTS: u32 = 1 << 8;
const INPUT: u32 = 1 << 9;
const OUTPUT: u32 = 1 << 10;
const TEXT: u32 = 1 << 11;
const AUDIO: u32 = 1 << 12;
const IMAGE: u32 = 1 << 13;
const VIDEO: u32 = 1 << 14;
const CACHE_READ: u32 = 1 << 15;
const CACHE_WRITE: u32 = 1 << 16;
const TOOL: u32 = 1 << 17;
const REASONING: u32 = 1 << 18;
const CITATION: u32 = 1 << 19;
const TTL_5M: u32 = 1 << 20;
const TTL_1H: u32 = 1 << 21;
const WEB: u32 = 1 << 22;
const SOCIAL: u32 = 1 << 23;
const STORAGE: u32 = 1 << 24;
const CODE: u32 = 1 << 25;
const ANNOTATED: u32 = 1 << 26;

/// Family, direction, modality, kind of token, time in the cache, kind of tool.
const GROUPS: [u32; 6] = [
    TOKENS | CHARACTERS | MESSAGES | DURATIONS | PIXELS | PAGES | RERANK | TOOL_CALLS | REQUESTS,
    INPUT | OUTPUT,
    TEXT | AUDIO | IMAGE | VIDEO,
    CACHE_READ | CACHE_WRITE | TOOL | REASONING | CITATION,
    TTL_5M | TTL_1H,
    WEB | SOCIAL | STORAGE | CODE,
];

units! {
    /// All tokens of the prompt, cached ones too.
    InputTokens, "input_tokens", "input_mtok", MILLION, TOKENS | INPUT;
    /// All tokens of the answer, reasoning too.
    OutputTokens, "output_tokens", "output_mtok", MILLION, TOKENS | OUTPUT;
    /// Prompt tokens read from a cache.
    CacheReadTokens, "cache_read_tokens", "cache_read_mtok", MILLION, TOKENS | INPUT | CACHE_READ;
    /// Prompt tokens written to a cache.
    CacheWriteTokens, "cache_write_tokens", "cache_write_mtok", MILLION, TOKENS | INPUT | CACHE_WRITE;
    /// Of these, those kept for five minutes.
    CacheWrite5mTokens, "cache_write_5m_tokens", "cache_write_5m_mtok", MILLION, TOKENS | INPUT | CACHE_WRITE | TTL_5M;
    /// Of these, those kept for an hour.
    CacheWrite1hTokens, "cache_write_1h_tokens", "cache_write_1h_mtok", MILLION, TOKENS | INPUT | CACHE_WRITE | TTL_1H;
    /// Input text tokens.
    InputTextTokens, "input_text_tokens", "input_text_mtok", MILLION, TOKENS | INPUT | TEXT;
    /// Output text tokens.
    OutputTextTokens, "output_text_tokens", "output_text_mtok", MILLION, TOKENS | OUTPUT | TEXT;
    /// Cache text read tokens.
    CacheTextReadTokens, "cache_text_read_tokens", "cache_text_read_mtok", MILLION, TOKENS | INPUT | TEXT | CACHE_READ;
    /// Cache text write tokens.
    CacheTextWriteTokens, "cache_text_write_tokens", "cache_text_write_mtok", MILLION, TOKENS | INPUT | TEXT | CACHE_WRITE;
    /// Cache text write tokens kept for five minutes.
    CacheTextWrite5mTokens, "cache_text_write_5m_tokens", "cache_text_write_5m_mtok", MILLION, TOKENS | INPUT | TEXT | CACHE_WRITE | TTL_5M;
    /// Cache text write tokens kept for an hour.
    CacheTextWrite1hTokens, "cache_text_write_1h_tokens", "cache_text_write_1h_mtok", MILLION, TOKENS | INPUT | TEXT | CACHE_WRITE | TTL_1H;
    /// Input audio tokens.
    InputAudioTokens, "input_audio_tokens", "input_audio_mtok", MILLION, TOKENS | INPUT | AUDIO;
    /// Output audio tokens.
    OutputAudioTokens, "output_audio_tokens", "output_audio_mtok", MILLION, TOKENS | OUTPUT | AUDIO;
    /// Cache audio read tokens.
    CacheAudioReadTokens, "cache_audio_read_tokens", "cache_audio_read_mtok", MILLION, TOKENS | INPUT | AUDIO | CACHE_READ;
    /// Cache audio write tokens.
    CacheAudioWriteTokens, "cache_audio_write_tokens", "cache_audio_write_mtok", MILLION, TOKENS | INPUT | AUDIO | CACHE_WRITE;
    /// Cache audio write tokens kept for five minutes.
    CacheAudioWrite5mTokens, "cache_audio_write_5m_tokens", "cache_audio_write_5m_mtok", MILLION, TOKENS | INPUT | AUDIO | CACHE_WRITE | TTL_5M;
    /// Cache audio write tokens kept for an hour.
    CacheAudioWrite1hTokens, "cache_audio_write_1h_tokens", "cache_audio_write_1h_mtok", MILLION, TOKENS | INPUT | AUDIO | CACHE_WRITE | TTL_1H;
    /// Input image tokens.
    InputImageTokens, "input_image_tokens", "input_image_mtok", MILLION, TOKENS | INPUT | IMAGE;
    /// Output image tokens.
    OutputImageTokens, "output_image_tokens", "output_image_mtok", MILLION, TOKENS | OUTPUT | IMAGE;
    /// Cache image read tokens.
    CacheImageReadTokens, "cache_image_read_tokens", "cache_image_read_mtok", MILLION, TOKENS | INPUT | IMAGE | CACHE_READ;
    /// Cache image write tokens.
    CacheImageWriteTokens, "cache_image_write_tokens", "cache_image_write_mtok", MILLION, TOKENS | INPUT | IMAGE | CACHE_WRITE;
    /// Cache image write tokens kept for five minutes.
    CacheImageWrite5mTokens, "cache_image_write_5m_tokens", "cache_image_write_5m_mtok", MILLION, TOKENS | INPUT | IMAGE | CACHE_WRITE | TTL_5M;
    /// Cache image write tokens kept for an hour.
    CacheImageWrite1hTokens, "cache_image_write_1h_tokens", "cache_image_write_1h_mtok", MILLION, TOKENS | INPUT | IMAGE | CACHE_WRITE | TTL_1H;
    /// Input video tokens.
    InputVideoTokens, "input_video_tokens", "input_video_mtok", MILLION, TOKENS | INPUT | VIDEO;
    /// Output video tokens.
    OutputVideoTokens, "output_video_tokens", "output_video_mtok", MILLION, TOKENS | OUTPUT | VIDEO;
    /// Cache video read tokens.
    CacheVideoReadTokens, "cache_video_read_tokens", "cache_video_read_mtok", MILLION, TOKENS | INPUT | VIDEO | CACHE_READ;
    /// Cache video write tokens.
    CacheVideoWriteTokens, "cache_video_write_tokens", "cache_video_write_mtok", MILLION, TOKENS | INPUT | VIDEO | CACHE_WRITE;
    /// Cache video write tokens kept for five minutes.
    CacheVideoWrite5mTokens, "cache_video_write_5m_tokens", "cache_video_write_5m_mtok", MILLION, TOKENS | INPUT | VIDEO | CACHE_WRITE | TTL_5M;
    /// Cache video write tokens kept for an hour.
    CacheVideoWrite1hTokens, "cache_video_write_1h_tokens", "cache_video_write_1h_mtok", MILLION, TOKENS | INPUT | VIDEO | CACHE_WRITE | TTL_1H;
    /// Input tool tokens.
    InputToolTokens, "input_tool_tokens", "input_tool_mtok", MILLION, TOKENS | INPUT | TOOL;
    /// Input text tool tokens.
    InputTextToolTokens, "input_text_tool_tokens", "input_text_tool_mtok", MILLION, TOKENS | INPUT | TEXT | TOOL;
    /// Input audio tool tokens.
    InputAudioToolTokens, "input_audio_tool_tokens", "input_audio_tool_mtok", MILLION, TOKENS | INPUT | AUDIO | TOOL;
    /// Input image tool tokens.
    InputImageToolTokens, "input_image_tool_tokens", "input_image_tool_mtok", MILLION, TOKENS | INPUT | IMAGE | TOOL;
    /// Input video tool tokens.
    InputVideoToolTokens, "input_video_tool_tokens", "input_video_tool_mtok", MILLION, TOKENS | INPUT | VIDEO | TOOL;
    /// Tokens of the answer spent on reasoning.
    OutputReasoningTokens, "output_reasoning_tokens", "output_reasoning_mtok", MILLION, TOKENS | OUTPUT | REASONING;
    /// Output text reasoning tokens.
    OutputTextReasoningTokens, "output_text_reasoning_tokens", "output_text_reasoning_mtok", MILLION, TOKENS | OUTPUT | TEXT | REASONING;
    /// Output audio reasoning tokens.
    OutputAudioReasoningTokens, "output_audio_reasoning_tokens", "output_audio_reasoning_mtok", MILLION, TOKENS | OUTPUT | AUDIO | REASONING;
    /// Output image reasoning tokens.
    OutputImageReasoningTokens, "output_image_reasoning_tokens", "output_image_reasoning_mtok", MILLION, TOKENS | OUTPUT | IMAGE | REASONING;
    /// Output video reasoning tokens.
    OutputVideoReasoningTokens, "output_video_reasoning_tokens", "output_video_reasoning_mtok", MILLION, TOKENS | OUTPUT | VIDEO | REASONING;
    /// Tokens of the answer spent on citations.
    OutputCitationTokens, "output_citation_tokens", "output_citation_mtok", MILLION, TOKENS | OUTPUT | CITATION;
    /// Output text citation tokens.
    OutputTextCitationTokens, "output_text_citation_tokens", "output_text_citation_mtok", MILLION, TOKENS | OUTPUT | TEXT | CITATION;
    /// Output audio citation tokens.
    OutputAudioCitationTokens, "output_audio_citation_tokens", "output_audio_citation_mtok", MILLION, TOKENS | OUTPUT | AUDIO | CITATION;
    /// Output image citation tokens.
    OutputImageCitationTokens, "output_image_citation_tokens", "output_image_citation_mtok", MILLION, TOKENS | OUTPUT | IMAGE | CITATION;
    /// Output video citation tokens.
    OutputVideoCitationTokens, "output_video_citation_tokens", "output_video_citation_mtok", MILLION, TOKENS | OUTPUT | VIDEO | CITATION;
    /// Characters of the prompt.
    InputCharacters, "input_characters", "input_mchars", MILLION, CHARACTERS | INPUT;
    /// Input text messages.
    InputTextMessages, "input_text_messages", "input_text_messages_kcount", THOUSAND, MESSAGES | INPUT | TEXT;
    /// Seconds of audio, in or out.
    AudioSeconds, "audio_seconds", "audio_hours", HOUR, DURATIONS | AUDIO;
    /// Input audio seconds.
    InputAudioSeconds, "input_audio_seconds", "input_audio_hours", HOUR, DURATIONS | INPUT | AUDIO;
    /// Output audio seconds.
    OutputAudioSeconds, "output_audio_seconds", "output_audio_hours", HOUR, DURATIONS | OUTPUT | AUDIO;
    /// Input pixels.
    InputPixels, "input_pixels", "input_gpixels", BILLION, PIXELS | INPUT;
    /// Input document pages.
    InputDocumentPages, "input_document_pages", "input_document_kpages", THOUSAND, PAGES | INPUT;
    /// Input annotated document pages.
    InputAnnotatedDocumentPages, "input_annotated_document_pages", "input_annotated_document_kpages", THOUSAND, PAGES | INPUT | ANNOTATED;
    /// Searches of a reranker.
    RerankSearches, "rerank_searches", "rerank_searches_kcount", THOUSAND, RERANK;
    /// Searches of the web that the provider made.
    WebSearches, "web_searches", "web_searches_kcount", THOUSAND, TOOL_CALLS | WEB;
    /// Social searches.
    SocialSearches, "social_searches", "social_searches_kcount", THOUSAND, TOOL_CALLS | SOCIAL;
    /// Storage searches.
    StorageSearches, "storage_searches", "storage_searches_kcount", THOUSAND, TOOL_CALLS | STORAGE;
    /// Code executions.
    CodeExecutions, "code_executions", "code_executions_kcount", THOUSAND, TOOL_CALLS | CODE;
    /// Calls: always one.
    Requests, "requests", "requests_kcount", THOUSAND, REQUESTS;
}

impl Unit {
    /// The unit of this name as a price. A name that is not known belongs to a newer file: no quantity of it is known
    /// either.
    pub fn of_price_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.price_key() == key)
    }

    /// The unit of this name as a quantity.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name)
    }

    /// The unit with exactly these dimensions.
    pub(super) fn of_dimensions(dimensions: Dimensions) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.dimensions() == dimensions)
    }

    pub(super) fn is_input(self) -> bool {
        self.dimensions().has(INPUT)
    }

    pub(super) fn is_output(self) -> bool {
        self.dimensions().has(OUTPUT)
    }

    pub(super) fn is_token(self) -> bool {
        self.dimensions().has(TOKENS)
    }
}

/// How much of each unit a call used, as the provider told it. What it did not tell is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantities([Option<u64>; Unit::ALL.len()]);

impl Default for Quantities {
    fn default() -> Self {
        Self([None; Unit::ALL.len()])
    }
}

impl Quantities {
    /// Nothing told.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with this quantity told; `None` leaves it untold.
    #[must_use]
    pub fn with(mut self, unit: Unit, quantity: impl Into<Option<u64>>) -> Self {
        self.set(unit, quantity.into());
        self
    }

    /// Says how much of a unit was told.
    pub fn set(&mut self, unit: Unit, quantity: Option<u64>) {
        if let Some(slot) = self.0.get_mut(unit as usize) {
            *slot = quantity;
        }
    }

    /// How much of it, where that was told.
    pub fn get(&self, unit: Unit) -> Option<u64> {
        self.0.get(unit as usize).copied().flatten()
    }

    /// Whether nothing at all was told.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Units of which there was at least one.
    pub(super) fn used(&self) -> impl Iterator<Item = Unit> {
        Unit::ALL.into_iter().filter(|unit| self.get(*unit).is_some_and(|quantity| quantity > 0))
    }
}

/// The five that every chat API can tell; others are added by [`Quantities::set`].
impl From<&crate::Usage> for Quantities {
    fn from(usage: &crate::Usage) -> Self {
        Self::new()
            .with(Unit::InputTokens, usage.input)
            .with(Unit::OutputTokens, usage.output)
            .with(Unit::CacheReadTokens, usage.cache_read)
            .with(Unit::CacheWriteTokens, usage.cache_write)
            .with(Unit::OutputReasoningTokens, usage.reasoning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_dimensions_are_unique_and_found() {
        for (index, unit) in Unit::ALL.into_iter().enumerate() {
            assert_eq!(unit as usize, index);
            assert_eq!(Unit::of_name(unit.name()), Some(unit));
            assert_eq!(Unit::of_price_key(unit.price_key()), Some(unit));
            assert_eq!(Unit::of_dimensions(unit.dimensions()), Some(unit));
            assert_eq!(COMMON % unit.per(), 0, "{}", unit.name());
            assert_eq!(unit.dimensions().meet(unit.dimensions()), Some(unit.dimensions()));
        }
        assert_eq!(Unit::of_price_key("input_gtok"), None);
    }

    #[test]
    fn units_lie_within_each_other() {
        let holds = |a: Unit, b: Unit| a.dimensions().holds(b.dimensions());
        assert!(holds(Unit::InputTokens, Unit::CacheReadTokens));
        assert!(holds(Unit::CacheWriteTokens, Unit::CacheWrite1hTokens));
        assert!(holds(Unit::AudioSeconds, Unit::InputAudioSeconds));
        assert!(!holds(Unit::CacheReadTokens, Unit::InputTokens));
        assert!(!holds(Unit::InputTokens, Unit::InputTokens));
        assert!(!holds(Unit::InputTokens, Unit::InputCharacters));
        assert!(!holds(Unit::OutputTokens, Unit::CacheReadTokens));
    }

    #[test]
    fn units_meet_unless_they_exclude_each_other() {
        let meet = |a: Unit, b: Unit| {
            a.dimensions().meet(b.dimensions()).map(|both| Unit::of_dimensions(both).map(Unit::name))
        };
        assert_eq!(
            meet(Unit::InputAudioTokens, Unit::CacheReadTokens),
            Some(Some("cache_audio_read_tokens"))
        );
        assert_eq!(meet(Unit::InputAudioTokens, Unit::InputImageTokens), None);
        assert_eq!(meet(Unit::InputTokens, Unit::OutputTokens), None);
        assert_eq!(meet(Unit::WebSearches, Unit::InputTokens), None);
    }
}
