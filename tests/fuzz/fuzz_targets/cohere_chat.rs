//! libFuzzer's side of [`fuzz::cohere_chat`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::cohere_chat(data));
