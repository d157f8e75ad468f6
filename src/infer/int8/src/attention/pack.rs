//! Keys and values as the products take them: packed by head, once for each picture.

use super::parameters::{ABSENT, Attention, Columns};
use crate::{
    matmul::{PANEL, padded},
    memory::Scratch,
    round::{to_i8, to_u8},
    vectorise::Job,
};

/// Channels that are rounded together.
const LANES: usize = 16;

/// Packs one head's keys and values into its part of the context.
pub(super) struct Pack<'a> {
    pub layer: &'a Attention,
    pub head: usize,
    pub keys: Columns<'a>,
    pub values: Columns<'a>,
    pub context: &'a mut [u8],
}

impl<'a> Job for Pack<'a> {
    #[inline(always)]
    fn run(self) {
        let Self {
            layer,
            head,
            keys,
            values,
            context,
        } = self;
        let (width, count, padded_keys) = (layer.width(), layer.count, layer.padded_keys());
        let mut parts = Scratch::new(context);
        let panels = parts.take::<i8>(width * padded_keys);
        let offsets = parts.take::<i32>(padded_keys);
        let sums = parts.take::<i32>(padded_keys);

        let row = |columns: &Columns<'a>, key: usize| -> &'a [f32] {
            &columns.data[key * columns.stride + columns.first + head * width..][..width]
        };
        let gain = layer.key_factor / layer.keys.scale;
        let zero = f32::from(layer.keys.zero);
        // Bytes less 128: the product wants its right factor signed. What that and the zero points add to a row of scores is
        // the same for every key, but for the queries' zero point times the key, and cancels in softmax.
        let key = |x: f32| (to_u8(x.mul_add(gain, zero)) ^ 0x80) as i8;
        for (quads, first) in panels
            .chunks_exact_mut(width * PANEL)
            .zip((0..).step_by(PANEL))
        {
            quads.fill(0);
            let quads = quads.as_chunks_mut::<{ 4 * PANEL }>().0;
            for column in 0..PANEL.min(count.saturating_sub(first)) {
                let (sixteens, rest) = row(&keys, first + column).as_chunks::<LANES>();
                for (values, quads) in sixteens.iter().zip(quads.chunks_exact_mut(LANES / 4)) {
                    // In an array of fixed length, which the compiler keeps in registers.
                    let mut bytes = [0; LANES];
                    for i in 0..LANES {
                        bytes[i] = key(values[i]);
                    }
                    for (four, quad) in bytes.as_chunks::<4>().0.iter().zip(quads) {
                        quad.as_chunks_mut::<4>().0[column] = *four;
                    }
                }
                let quads = &mut quads[4 * sixteens.len()..];
                for (four, quad) in rest.as_chunks::<4>().0.iter().zip(quads) {
                    quad.as_chunks_mut::<4>().0[column] = four.map(key);
                }
            }
        }
        column_sums(width, panels, sums);
        for (index, (offset, sum)) in offsets.iter_mut().zip(&*sums).enumerate() {
            *offset = if index < count {
                -i32::from(layer.queries.zero) * sum
            } else {
                ABSENT
            };
        }

        let panels = parts.take::<i8>(padded_keys * padded(width));
        let offsets = parts.take::<i32>(padded(width));
        let sums = parts.take::<i32>(padded(width));
        let scale = parts.take::<f32>(padded(width));
        offsets.fill(0);
        scale.fill(0.0);
        for index in 0..count {
            for (greatest, value) in scale.iter_mut().zip(row(&values, index)) {
                let value = value.abs();
                *greatest = if value > *greatest { value } else { *greatest };
            }
        }
        for scale in &mut *scale {
            // A channel of zeros keeps a scale, so that nothing is divided by zero.
            *scale = if *scale > 0.0 { *scale / 127.0 } else { 1.0 };
        }
        for (panel, first) in panels
            .chunks_exact_mut(padded_keys * PANEL)
            .zip((0..).step_by(PANEL))
        {
            let channels = first..(first + PANEL).min(width);
            let scale = &scale[channels.clone()];
            for (quad, index) in panel
                .as_chunks_mut::<{ 4 * PANEL }>()
                .0
                .iter_mut()
                .zip((0..).step_by(4))
            {
                let mut bytes = [[0; PANEL]; 4];
                for (bytes, index) in bytes.iter_mut().zip(index..count) {
                    let values = &row(&values, index)[channels.clone()];
                    for ((byte, value), scale) in bytes.iter_mut().zip(values).zip(scale) {
                        *byte = to_i8(value / scale);
                    }
                }
                let [a, b, c, d] = bytes;
                let fours = quad.as_chunks_mut::<4>().0;
                for i in 0..PANEL {
                    fours[i] = [a[i], b[i], c[i], d[i]];
                }
            }
        }
        column_sums(padded_keys, panels, sums);
        for scale in scale {
            *scale /= layer.attended.scale;
        }
    }
}

/// Sums of each column of packed panels of `k` rows.
#[inline(always)]
fn column_sums(k: usize, panels: &[i8], sums: &mut [i32]) {
    for (panel, sums) in panels
        .chunks_exact(k * PANEL)
        .zip(sums.chunks_exact_mut(PANEL))
    {
        sums.fill(0);
        for quad in panel.as_chunks::<{ 4 * PANEL }>().0 {
            for (four, sum) in quad.as_chunks::<4>().0.iter().zip(&mut *sums) {
                *sum += four.iter().map(|&weight| i32::from(weight)).sum::<i32>();
            }
        }
    }
}
