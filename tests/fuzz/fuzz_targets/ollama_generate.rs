//! libFuzzer's side of [`fuzz::ollama_generate`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::ollama_generate(data));
