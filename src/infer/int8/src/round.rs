//! Rounding as QuantizeLinear rounds: to the nearest, ties to even, held in the type's range.

/// Adding and subtracting this rounds a float below 2^22 to the nearest integer, ties to even, and leaves that integer in
/// the low bits: 1.5 * 2^23. Compilers turn it into vector code, which `as u8` prevents.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// The nearest number in 0..=255.
#[inline(always)]
#[must_use]
pub fn to_u8(value: f32) -> u8 {
    // Written as comparisons, which become single instructions; `clamp` and `max` have more to do for NaN.
    let value = if value > 0.0 { value } else { 0.0 };
    let value = if value < 255.0 { value } else { 255.0 };
    (value + ROUND).to_bits() as u8
}

/// The nearest number in -127..=127.
#[inline(always)]
#[must_use]
pub fn to_i8(value: f32) -> i8 {
    let value = if value > -127.0 { value } else { -127.0 };
    let value = if value < 127.0 { value } else { 127.0 };
    (value + ROUND).to_bits() as i8
}
