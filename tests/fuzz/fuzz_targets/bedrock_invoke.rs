//! libFuzzer's side of [`fuzz::bedrock_invoke`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::bedrock_invoke(data));
