//! libFuzzer's side of [`fuzz::ollama_chat`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::ollama_chat(data));
