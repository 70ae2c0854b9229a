//! libFuzzer's side of [`fuzz::llama_cpp`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::llama_cpp(data));
