//! libFuzzer's side of [`fuzz::anthropic_messages`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::anthropic_messages(data));
