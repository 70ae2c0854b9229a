//! libFuzzer's side of [`fuzz::h1`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::h1(data));
