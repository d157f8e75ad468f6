//! Keys and values as the products take them: packed by head, once for each picture.

use super::{ABSENT, Attention, Columns};
use crate::{
    matmul::{PANEL, padded},
    memory::Scratch,
    round::{to_i8, to_u8},
    vectorise::Job,
};

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
            for column in 0..PANEL.min(count.saturating_sub(first)) {
                let (fours, _) = row(&keys, first + column).as_chunks::<4>();
                for (four, quad) in fours.iter().zip(quads.as_chunks_mut::<{ 4 * PANEL }>().0) {
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
        panels.fill(0);
        let panel = padded_keys * PANEL;
        for index in 0..count {
            for (channel, (value, scale)) in row(&values, index).iter().zip(&*scale).enumerate() {
                let place = channel / PANEL * panel
                    + index / 4 * 4 * PANEL
                    + channel % PANEL * 4
                    + index % 4;
                panels[place] = to_i8(value / scale);
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
