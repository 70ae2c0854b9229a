//! libFuzzer's side of [`fuzz::h2_late`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::h2_late(data));
