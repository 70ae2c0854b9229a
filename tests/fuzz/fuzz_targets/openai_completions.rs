//! libFuzzer's side of [`fuzz::openai_completions`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::openai_completions(data));
