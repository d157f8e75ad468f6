#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| scarp_fuzz_properties::camera::check(data));
