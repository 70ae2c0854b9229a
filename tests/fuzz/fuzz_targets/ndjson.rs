//! libFuzzer's side of [`fuzz::ndjson`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::ndjson(data));
