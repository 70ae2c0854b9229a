//! libFuzzer's side of [`fuzz::json_array`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::json_array(data));
