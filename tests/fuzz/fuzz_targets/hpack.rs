//! libFuzzer's side of [`fuzz::hpack`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::hpack(data));
