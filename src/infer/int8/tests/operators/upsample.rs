use proptest::prelude::*;
use scarp_int8::{Isa, Size, ThreadPool, Upsample};

use crate::reference::{Random, bilinear};

proptest! {
    #[test]
    fn every_pixel_lies_between_the_four_around_it(
        (height, width) in (1..12usize, 1..12usize),
        (to_height, to_width) in (1..40usize, 1..40usize),
        channels in 1..5usize,
        threads in 1..4usize,
        seed: u64,
    ) {
        let (from, to) = (Size { height, width }, Size { height: to_height, width: to_width });
        let layer = Upsample { from, to, channels };
        let input = Random::new(seed).floats(from.area() * channels, -10.0, 10.0);
        let outs: Vec<_> = Isa::available().into_iter().map(|isa| {
            let mut out = vec![f32::NAN; to.area() * channels];
            layer.run(isa, &mut ThreadPool::new(threads), &input, &mut out);
            (isa.name(), out)
        }).collect();
        for (place, &found) in outs[0].1.iter().enumerate() {
            let (pixel, channel) = (place / channels, place % channels);
            let position = (pixel / to_width, pixel % to_width);
            let exact = bilinear(position, (to_height, to_width), (height, width), |y, x| {
                f64::from(input[(y * width + x) * channels + channel])
            });
            // Places of up to 12 pixels are rounded a few times, and differences of up to 20 with them.
            prop_assert!((f64::from(found) - exact).abs() < 1e-4, "pixel {pixel}: {found} for {exact}");
        }
        for (name, out) in &outs {
            prop_assert_eq!(out, &outs[0].1, "{} and {}", name, outs[0].0);
        }
    }
}
