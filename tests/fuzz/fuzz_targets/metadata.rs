#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| scarp_fuzz::metadata_bytes(data));
