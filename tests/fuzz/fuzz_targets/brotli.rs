//! libFuzzer's side of [`fuzz::brotli`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::brotli(data));
