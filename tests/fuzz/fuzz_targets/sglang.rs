//! libFuzzer's side of [`fuzz::sglang`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::sglang(data));
