use scarp_int8::Isa;

#[test]
fn plain_rust_is_always_available_and_comes_last() {
    let names: Vec<_> = Isa::available().into_iter().map(Isa::name).collect();
    assert_eq!(names.last(), Some(&"portable"), "{names:?}");
    assert_eq!(names.first(), Some(&Isa::best().name()));
}

/// Set where the tests run for the sake of one set of instructions: in an emulator, for instance.
#[test]
fn the_expected_set_is_the_best_of_this_processor() {
    if let Ok(expected) = std::env::var("SCARP_EXPECT_ISA") {
        assert_eq!(Isa::best().name(), expected);
    }
}
