//! libFuzzer's side of [`fuzz::gemini`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::gemini(data));
