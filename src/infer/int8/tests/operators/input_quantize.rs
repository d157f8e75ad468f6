use proptest::prelude::*;
use scarp_int8::{IMAGE_CHANNELS, InputQuantize, Isa, Pixels, Size, ThreadPool};

use crate::reference::{Memory, Random, random_layers, rounds_to};

/// Where `index` lands when it is thrown back at the first and the last of `length` pixels.
fn mirrored(index: usize, length: usize) -> usize {
    let last = length as isize - 1;
    let mut index = index as isize;
    while last > 0 && !(0..=last).contains(&index) {
        index = if index > last {
            2 * last - index
        } else {
            -index
        };
    }
    if last == 0 { 0 } else { index as usize }
}

proptest! {
    #[test]
    fn squares_of_pixels_are_averaged_and_quantized(
        height in 1..30usize, width in 1..40usize, reduction in 1..=4usize, threads in 1..4usize, seed: u64,
    ) {
        let mut random = Random::new(seed);
        // The last pixels of a side that the squares do not fill are left out.
        let size = Size { height: height.max(reduction), width: width.max(reduction) };
        let entry = InputQuantize { size, reduction, output: random_layers::quantization(&mut random) };
        let planes = random.floats(3 * size.area(), -3.0, 3.0);
        let output = entry.output_size();
        for isa in Isa::available() {
            let mut out = vec![77; output.area() * IMAGE_CHANNELS];
            entry.planes(isa, &mut ThreadPool::new(threads), &planes, &mut out);
            for (place, &found) in out.iter().enumerate() {
                let (pixel, channel) = (place / IMAGE_CHANNELS, place % IMAGE_CHANNELS);
                if channel == 3 {
                    continue;
                }
                let (y, x) = (pixel / output.width * reduction, pixel % output.width * reduction);
                let mut sum = 0.0;
                for dy in 0..reduction {
                    for dx in 0..reduction {
                        sum += f64::from(planes[channel * size.area() + (y + dy) * size.width + x + dx]);
                    }
                }
                let mean = sum / (reduction * reduction) as f64;
                let exact = mean / f64::from(entry.output.scale) + f64::from(entry.output.zero);
                prop_assert!(rounds_to(found, exact, 1e-3), "pixel {pixel}, channel {channel}: {found} for {exact}");
            }
        }
    }

    #[test]
    fn a_part_of_a_picture_is_mirrored_normalised_averaged_and_quantized(
        (height, width) in (1..40usize, 1..60usize),
        picture in (1..50usize, 1..50usize),
        corner in (0..60usize, 0..60usize),
        reduction in 1..=4usize,
        threads in 1..4usize,
        seed: u64,
    ) {
        let mut random = Random::new(seed);
        let size = Size { height: height.max(reduction), width: width.max(reduction) };
        let entry = InputQuantize { size, reduction, output: random_layers::quantization(&mut random) };
        let picture = Size { height: picture.0, width: picture.1 };
        let data = random.bytes(3 * picture.area());
        let pixels = Pixels {
            data: &data,
            size: picture,
            corner,
            scale: [(); 3].map(|()| random.within(0.01, 0.02)),
            shift: [(); 3].map(|()| random.within(-2.0, 0.0)),
        };
        let output = entry.output_size();
        for isa in Isa::available() {
            let mut out = vec![77; output.area() * IMAGE_CHANNELS];
            let mut scratch = Memory::new(entry.scratch() * threads);
            entry.pixels(isa, &mut ThreadPool::new(threads), pixels, scratch.bytes(), &mut out);
            for (place, &found) in out.iter().enumerate() {
                let (pixel, colour) = (place / IMAGE_CHANNELS, place % IMAGE_CHANNELS);
                if colour == 3 {
                    continue;
                }
                let (y, x) = (pixel / output.width * reduction, pixel % output.width * reduction);
                let mut sum = 0.0;
                for dy in 0..reduction {
                    for dx in 0..reduction {
                        let y = mirrored(corner.0 + y + dy, picture.height);
                        let x = mirrored(corner.1 + x + dx, picture.width);
                        sum += f64::from(data[3 * (y * picture.width + x) + colour]);
                    }
                }
                let mean = sum / (reduction * reduction) as f64;
                let value = mean * f64::from(pixels.scale[colour]) + f64::from(pixels.shift[colour]);
                let exact = value / f64::from(entry.output.scale) + f64::from(entry.output.zero);
                prop_assert!(rounds_to(found, exact, 1e-3), "pixel {pixel}, colour {colour}: {found} for {exact}");
            }
        }
    }
}
