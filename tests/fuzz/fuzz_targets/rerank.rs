//! libFuzzer's side of [`fuzz::rerank`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::rerank(data));
