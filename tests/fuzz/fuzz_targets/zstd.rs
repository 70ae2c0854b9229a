//! libFuzzer's side of [`fuzz::zstd`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::zstd(data));
