//! The integers behind dequantized weights.

use scarp_int8::Weights;

use super::ir::Matrix;

/// Farthest that a weight may lie from a whole number of steps, in steps: rounding of floats, no more.
const SLACK: f32 = 1e-3;

/// Integers and scale of one output's weights: `weight = integer * scale`, exactly but for rounding of floats.
///
/// The graph's typed form holds dequantized numbers. Any scale that makes integers within -127..=127 of all of them stands
/// for the same numbers, so the largest such scale but one is no approximation; nothing where there is none, which means
/// that the weights were not quantized, or not symmetrically.
fn integers(weights: &[f32]) -> Option<(f32, Vec<i8>)> {
    let greatest = weights
        .iter()
        .fold(0.0_f32, |greatest, weight| greatest.max(weight.abs()));
    if greatest == 0.0 {
        return Some((1.0, vec![0; weights.len()]));
    }
    (1..=128_u8).rev().find_map(|steps| {
        let scale = greatest / f32::from(steps);
        let integer = |weight: &f32| {
            let place = weight / scale;
            let near = (place - place.round()).abs() < SLACK;
            // -128 is a byte, 128 is not.
            (near && (-128.0..=127.0).contains(&place.round())).then_some(place.round() as i8)
        };
        let integers: Option<Vec<i8>> = weights.iter().map(integer).collect();
        integers.map(|integers| (scale, integers))
    })
}

/// Quantized weights of a layer; nothing where they were not quantized by output and symmetrically.
pub(super) fn quantized(matrix: &Matrix, bias: Option<&[f32]>) -> Option<Weights> {
    let (inputs, outputs) = (matrix.inputs(), matrix.outputs);
    let (mut values, mut scale) = (
        Vec::with_capacity(inputs * outputs),
        Vec::with_capacity(outputs),
    );
    for row in matrix.rows()? {
        let (step, integers) = integers(&row)?;
        values.extend(integers);
        scale.push(step);
    }
    let bias = bias.map_or_else(|| vec![0.0; outputs], <[f32]>::to_vec);
    (bias.len() == outputs).then_some(Weights {
        inputs,
        values,
        scale,
        bias,
    })
}

/// The same, with `channels` inputs at each position of the window filled up to `padded`.
pub(super) fn padded(weights: Weights, channels: usize, padded: usize) -> Weights {
    if channels == padded {
        return weights;
    }
    let fill = std::iter::repeat_n(0, padded - channels);
    let values = weights
        .values
        .chunks_exact(channels)
        .flat_map(|at| at.iter().copied().chain(fill.clone()))
        .collect();
    Weights {
        inputs: weights.inputs / channels * padded,
        values,
        ..weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_back_from_their_products_with_a_scale() {
        let quantized = [-127_i8, 3, 0, 64, 127];
        let (scale, found) = integers(&quantized.map(|q| f32::from(q) * 0.003_217)).unwrap();
        assert!((scale - 0.003_217).abs() < 1e-8);
        assert_eq!(found, quantized);
    }

    #[test]
    fn a_row_that_reaches_no_end_of_the_range_stands_for_the_same_numbers() {
        let weights = [50.0, -20.0, 7.0].map(|q: f32| q * 0.01);
        let (scale, found) = integers(&weights).unwrap();
        for (weight, integer) in weights.iter().zip(found) {
            assert!((weight - scale * f32::from(integer)).abs() < 1e-6);
        }
    }

    #[test]
    fn weights_that_were_never_quantized_are_refused() {
        let weights: Vec<f32> = (0..64).map(|i| (i as f32 * 0.731).sin()).collect();
        assert_eq!(integers(&weights), None);
    }
}
