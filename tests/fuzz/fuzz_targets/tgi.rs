//! libFuzzer's side of [`fuzz::tgi`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::tgi(data));
