//! Bilinear upsampling for networks that are left to tract: its own goes element by element, and took half of a float
//! SegFormer's time.

use scarp_int8::LerpTap;
use tract_onnx::{
    prelude::*,
    tract_core::{
        internal::*,
        ops::nn::resize::{CoordTransformer, Interpolator},
    },
};
use tract_onnx_opl::resize::{AspectRatio, CoordTransform, Resize};

/// Whether `resize` enlarges the last two axes of `from` to those of `to` bilinearly with half-pixel centres, which is what
/// networks are trained with. `scales` are its own where it has any: sizes that were rounded stand for other places.
pub(super) fn is_bilinear(
    resize: &Resize,
    scales: Option<&Tensor>,
    from: &[usize],
    to: &[usize],
) -> bool {
    let (&[n, c, h, w], &[n_out, c_out, height, width]) = (from, to) else {
        return false;
    };
    let half_pixel = matches!(
        resize.coord_transformer,
        CoordTransform::Plain(CoordTransformer::HalfPixel | CoordTransformer::PytorchHalfPixel)
    );
    // One source pixel along an axis would be no neighbour of itself under every convention.
    let grows = h > 1 && w > 1 && height >= h && width >= w && (n, c) == (n_out, c_out);
    let exact = || {
        let axes = resize.resized_axes(from.len()).ok()?;
        let ratios: Vec<f32> = axes
            .iter()
            .map(|&axis| to[axis] as f32 / from[axis] as f32)
            .collect();
        let scales = scales?.try_as_plain_ram().ok()?;
        Some(scales.as_slice::<f32>().ok()? == ratios)
    };
    half_pixel
        && grows
        && resize.interpolator == Interpolator::Linear
        && !resize.antialias
        && resize.keep_aspect_ratio_policy == AspectRatio::Stretch
        && resize.optional_roi_input.is_none()
        && (resize.optional_scales_input.is_none() || exact() == Some(true))
}

/// Puts `Upsample` in the place of every bilinear resize of the last two axes that enlarges.
///
/// # Errors
/// When tract cannot change the graph.
pub fn with_fast_upsampling(mut graph: TypedModel) -> TractResult<TypedModel> {
    let ids: Vec<usize> = graph.nodes().iter().map(|node| node.id).collect();
    for id in ids {
        let node = graph.node(id);
        let Some(resize) = node.op_as::<Resize>() else {
            continue;
        };
        let from = graph.outlet_fact(node.inputs[0])?;
        let (Some(source), Some(target)) = (
            from.shape.as_concrete(),
            node.outputs[0].fact.shape.as_concrete(),
        ) else {
            continue;
        };
        let scales = resize
            .optional_scales_input
            .and_then(|input| node.inputs.get(input));
        let scales = scales
            .map(|&outlet| graph.outlet_fact(outlet))
            .transpose()?;
        let scales = scales.and_then(|fact| fact.konst.as_deref());
        let floats = from.datum_type == f32::datum_type();
        if floats && is_bilinear(resize, scales, source, target) {
            let op = Upsample {
                height: target[2],
                width: target[3],
            };
            TypedModelPatch::replace_single_op(&graph, node, &[node.inputs[0]], op)?
                .apply(&mut graph)?;
        }
    }
    Ok(graph)
}

/// Bilinear upsampling of the last two of four axes, half-pixel centres, edges repeated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Upsample {
    height: usize,
    width: usize,
}

impl Upsample {
    fn run(&self, input: &[f32], (h, w): (usize, usize), output: &mut [f32]) {
        let along = |fine, coarse| (0..fine).map(move |at| LerpTap::of(at, fine, coarse));
        let columns: Vec<LerpTap> = along(self.width, w).collect();
        let mut line = vec![0.0; w];
        let planes = input
            .chunks_exact(h * w)
            .zip(output.chunks_exact_mut(self.height * self.width));
        for (plane, out) in planes {
            for (row, out) in along(self.height, h).zip(out.chunks_exact_mut(self.width)) {
                let (above, below) = (&plane[row.low * w..][..w], &plane[row.high * w..][..w]);
                for ((value, above), below) in line.iter_mut().zip(above).zip(below) {
                    *value = above + (below - above) * row.share;
                }
                for (column, out) in columns.iter().zip(out) {
                    let low = line[column.low];
                    *out = low + (line[column.high] - low) * column.share;
                }
            }
        }
    }
}

impl Op for Upsample {
    fn name(&self) -> StaticName {
        "Upsample".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Upsample {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let &[n, c, h, w] = input.shape() else {
            bail!("upsampling takes four axes, not {:?}", input.shape());
        };
        let mut output = vec![0.0; n * c * self.height * self.width];
        let plain = input.try_as_plain_ram()?;
        self.run(plain.as_slice::<f32>()?, (h, w), &mut output);
        let output = Tensor::from_shape(&[n, c, self.height, self.width], &output)?;
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for Upsample {
    as_op!();

    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let mut shape = inputs[0].shape.to_tvec();
        shape[2] = self.height.to_dim();
        shape[3] = self.width.to_dim();
        Ok(tvec!(inputs[0].datum_type.fact(shape)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubling_a_ramp_keeps_it_and_repeats_its_ends() {
        let op = Upsample {
            height: 4,
            width: 6,
        };
        let mut out = [0.0; 24];
        op.run(&[0.0, 4.0, 8.0, 100.0, 104.0, 108.0], (2, 3), &mut out);
        assert_eq!(out[..6], [0.0, 1.0, 3.0, 5.0, 7.0, 8.0]);
        assert_eq!(out[6..12], [25.0, 26.0, 28.0, 30.0, 32.0, 33.0]);
        assert_eq!(out[18..], [100.0, 101.0, 103.0, 105.0, 107.0, 108.0]);
    }

    #[test]
    fn a_scale_that_was_rounded_to_whole_pixels_is_left_to_tract() {
        let resize = |scales| Resize {
            axes: None,
            coord_transformer: CoordTransform::Plain(CoordTransformer::HalfPixel),
            interpolator: Interpolator::Linear,
            nearest: tract_onnx_opl::resize::Nearest::Floor,
            antialias: false,
            cubic_coeff_a_bits: 0,
            exclude_outside: false,
            extrapolation_value_bits: 0,
            keep_aspect_ratio_policy: AspectRatio::Stretch,
            optional_roi_input: None,
            optional_scales_input: scales,
            optional_sizes_input: scales.is_none().then_some(1),
        };
        let (from, to) = ([1, 3, 16, 16], [1, 3, 32, 32]);
        let twice = tensor1(&[1.0_f32, 1.0, 2.0, 2.0]);
        let more = tensor1(&[1.0_f32, 1.0, 2.05, 2.0]);
        assert!(is_bilinear(&resize(None), None, &from, &to));
        assert!(is_bilinear(&resize(Some(1)), Some(&twice), &from, &to));
        assert!(!is_bilinear(&resize(Some(1)), Some(&more), &from, &to));
        assert!(!is_bilinear(&resize(Some(1)), None, &from, &to));
        assert!(!is_bilinear(&resize(None), None, &to, &from));
    }
}
