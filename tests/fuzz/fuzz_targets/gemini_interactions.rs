//! libFuzzer's side of [`fuzz::gemini_interactions`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::gemini_interactions(data));
