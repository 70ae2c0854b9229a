//! libFuzzer's side of [`fuzz::workers_ai`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::workers_ai(data));
