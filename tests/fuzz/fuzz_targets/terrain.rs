#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| scarp_fuzz_properties::terrain::check(data));
