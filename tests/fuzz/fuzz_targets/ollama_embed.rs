//! libFuzzer's side of [`fuzz::ollama_embed`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::ollama_embed(data));
