//! Blocks of EfficientNet-Lite1.

use std::hint::black_box;

use scarp_int8::{Activation, InvertedResidual, Isa, Size, ThreadPool, Window};

use super::case::{BYTES, Case, Work, bytes, case, depthwise, linear, square};

/// Blocks of EfficientNet-Lite1 under a picture of 512 x 512: each kind of window, and its convolution alone.
pub fn inverted_residuals(isa: Isa) -> Vec<Case> {
    let after = |side| Window {
        side,
        step: 2,
        before: side / 2 - 1,
        after: side / 2,
    };
    let mut cases = Vec::new();
    for (side, window, inputs, expansion, outputs) in [
        (256, Window::even(3, 1, 1), 32, 1, 16),
        (256, after(3), 16, 6, 24),
        (128, Window::even(3, 1, 1), 24, 6, 24),
        (128, after(5), 24, 6, 40),
        (64, Window::even(5, 1, 2), 40, 6, 40),
        (32, Window::even(3, 1, 1), 80, 6, 80),
        (32, Window::even(5, 1, 2), 112, 6, 112),
        (16, Window::even(5, 1, 2), 192, 6, 192),
    ] {
        let size = square(side);
        let hidden = inputs * expansion;
        let depthwise = depthwise(hidden, window, Activation::Clamp);
        let project = linear(hidden, outputs);
        let residual = inputs == outputs;
        let layer = InvertedResidual {
            expand: (expansion > 1).then(|| linear(inputs, hidden).quantized(1.0, BYTES)),
            depthwise: depthwise.clone(),
            project: if residual {
                project.quantized_with_residual(BYTES, BYTES)
            } else {
                project.quantized(1.0, BYTES)
            },
            residual,
            size,
        };
        let name = format!("{0}x{0} step {1}", window.side, window.step);
        let Size { height, width } = layer.output();
        let (row, mut line) = (bytes(side * hidden), vec![0; width * hidden]);
        cases.push(case(
            format!("depthwise {name} {} x {hidden}", size.area()),
            Work::Moved((size.area() + height * width) * hidden),
            move || {
                let rows = [&row[..]; 5];
                for _ in 0..height {
                    depthwise.row(isa, &rows[..window.side], black_box(&mut line));
                }
            },
        ));
        let taps = window.side * window.side;
        let products = (expansion > 1) as usize * size.area() * inputs * hidden
            + height * width * hidden * (taps + outputs);
        let (mut pool, mut scratch) = (ThreadPool::new(1), vec![0; layer.scratch() + 64]);
        let start = scratch.as_ptr().align_offset(64);
        let (x, mut out) = (
            bytes(size.area() * inputs),
            vec![0; height * width * outputs],
        );
        cases.push(case(
            format!("residual {name} {side} {inputs} {hidden} {outputs}"),
            Work::Products(products),
            move || {
                let scratch = &mut scratch[start..][..layer.scratch()];
                layer.run(isa, &mut pool, &x, scratch, black_box(&mut out));
            },
        ));
    }
    cases
}
