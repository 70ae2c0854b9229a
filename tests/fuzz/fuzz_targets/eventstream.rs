//! libFuzzer's side of [`fuzz::eventstream`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::eventstream(data));
