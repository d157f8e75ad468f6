//! Bilinear upsampling for networks that are left to tract: its own goes element by element, and took half of a float
//! SegFormer's time.

use tract_onnx::{
    prelude::*,
    tract_core::{
        internal::*,
        ops::nn::resize::{CoordTransformer, Interpolator},
    },
};
use tract_onnx_opl::resize::{AspectRatio, CoordTransform, Resize};

/// Whether `resize` is bilinear with half-pixel centres, which is what networks are trained with.
pub(super) fn is_bilinear(resize: &Resize) -> bool {
    let half_pixel = matches!(
        resize.coord_transformer,
        CoordTransform::Plain(CoordTransformer::HalfPixel | CoordTransformer::PytorchHalfPixel)
    );
    half_pixel
        && resize.interpolator == Interpolator::Linear
        && !resize.antialias
        && resize.keep_aspect_ratio_policy == AspectRatio::Stretch
        && resize.optional_roi_input.is_none()
}

/// Puts [`Upsample`] in the place of every bilinear resize of the last two axes that enlarges.
///
/// # Errors
/// When tract cannot change the graph.
pub fn with_fast_upsampling(mut graph: TypedModel) -> TractResult<TypedModel> {
    let ids: Vec<usize> = graph.nodes().iter().map(|node| node.id).collect();
    for id in ids {
        let node = graph.node(id);
        if !node.op_as::<Resize>().is_some_and(is_bilinear) {
            continue;
        }
        let from = graph.outlet_fact(node.inputs[0])?;
        let to = &node.outputs[0].fact;
        let (Some(&[n, c, h, w]), Some(&[n_out, c_out, height, width])) =
            (from.shape.as_concrete(), to.shape.as_concrete())
        else {
            continue;
        };
        let floats = from.datum_type == f32::datum_type();
        // One source pixel along an axis would be no neighbour of itself under every convention.
        let grows = h > 1 && w > 1 && height >= h && width >= w;
        if floats && grows && (n, c) == (n_out, c_out) {
            let op = Upsample { height, width };
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

/// Where each position of an axis lies between two of a shorter one: the lower, and the weight of the upper.
fn between(fine: usize, coarse: usize) -> Vec<(usize, f32)> {
    let scale = coarse as f32 / fine as f32;
    let place = |position: usize| {
        let place = ((position as f32 + 0.5) * scale - 0.5).clamp(0.0, (coarse - 1) as f32);
        // The upper neighbour of the last one is itself, told as the whole weight of the one before it.
        let low = (place as usize).min(coarse - 2);
        (low, place - low as f32)
    };
    (0..fine).map(place).collect()
}

impl Upsample {
    fn run(&self, input: &[f32], (h, w): (usize, usize), output: &mut [f32]) {
        let (rows, columns) = (between(self.height, h), between(self.width, w));
        let mut line = vec![0.0; w];
        let planes = input
            .chunks_exact(h * w)
            .zip(output.chunks_exact_mut(self.height * self.width));
        for (plane, out) in planes {
            for (&(low, share), out) in rows.iter().zip(out.chunks_exact_mut(self.width)) {
                let (above, below) = (&plane[low * w..][..w], &plane[(low + 1) * w..][..w]);
                for ((value, above), below) in line.iter_mut().zip(above).zip(below) {
                    *value = above + (below - above) * share;
                }
                for (&(low, share), out) in columns.iter().zip(out) {
                    *out = line[low] + (line[low + 1] - line[low]) * share;
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
}
