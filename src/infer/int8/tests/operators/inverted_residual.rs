use proptest::prelude::*;
use scarp_int8::{
    Activation, Depthwise, InvertedResidual, Isa, Quantization, Size, ThreadPool, Window,
};

use crate::reference::{Memory, Random, random_layers};

/// How many channels a layer has: as they come in, `expansion` times as many, as they go out.
#[derive(Debug, Clone, Copy)]
struct Widths {
    inputs: usize,
    /// 1 for none.
    expansion: usize,
    outputs: usize,
}

fn layer(random: &mut Random, size: Size, window: Window, widths: Widths) -> InvertedResidual {
    let Widths {
        inputs,
        expansion,
        outputs,
    } = widths;
    let hidden = inputs * expansion;
    let q = [(); 4].map(|()| random_layers::quantization(random));
    // As after ReLU6: 0 stands for 0.
    let clamped = [q[1], q[2]].map(|q| Quantization { zero: 0, ..q });
    let expand = (expansion > 1)
        .then(|| random_layers::linear(random, inputs, hidden, q[0]).quantized(1.0, clamped[0]));
    let under = if expand.is_some() { clamped[0] } else { q[0] };
    let mut parts =
        random_layers::depthwise_parts(random, hidden, under, window, Activation::Clamp);
    (parts.output_scale, parts.output_zero) = (clamped[1].scale, 0);
    let project = random_layers::linear(random, hidden, outputs, clamped[1]);
    let residual = inputs == outputs && window.over(size) == Some(size);
    InvertedResidual {
        expand,
        depthwise: Depthwise::new(parts),
        project: if residual {
            project.quantized_with_residual(q[0], q[3])
        } else {
            project.quantized(1.0, q[3])
        },
        residual,
        size,
    }
}

fn run(layer: &InvertedResidual, isa: Isa, threads: usize, x: &[u8]) -> Vec<u8> {
    let mut scratch = Memory::new(layer.scratch() * threads);
    let mut out = vec![0; layer.output().area() * layer.project.outputs()];
    layer.run(
        isa,
        &mut ThreadPool::new(threads),
        x,
        scratch.bytes(),
        &mut out,
    );
    out
}

/// One operator after the other over the whole map.
fn one_by_one(layer: &InvertedResidual, isa: Isa, x: &[u8]) -> Vec<u8> {
    let (size, output) = (layer.size, layer.output());
    let channels = layer.depthwise.channels();
    let line = size.width * channels;
    let expanded = match &layer.expand {
        Some(expand) => {
            let mut expanded = vec![0; size.height * line];
            expand.bytes(isa, x, &mut expanded);
            expanded
        }
        None => x.to_vec(),
    };
    let window = layer.depthwise.window();
    let border = vec![layer.depthwise.input_zero(); line];
    let mut convolved = vec![0; output.area() * channels];
    for (y, row) in convolved.chunks_mut(output.width * channels).enumerate() {
        let rows: Vec<&[u8]> = (0..window.side)
            .map(|dy| {
                let y = (y * window.step + dy).checked_sub(window.before);
                y.filter(|&y| y < size.height)
                    .map_or(&border[..], |y| &expanded[y * line..][..line])
            })
            .collect();
        layer.depthwise.row(isa, &rows, row);
    }
    let mut out = vec![0; output.area() * layer.project.outputs()];
    if layer.residual {
        layer
            .project
            .bytes_with_residual(isa, &convolved, x, &mut out);
    } else {
        layer.project.bytes(isa, &convolved, &mut out);
    }
    out
}

fn widths() -> impl Strategy<Value = Widths> {
    let fours = || (1..6usize).prop_map(|fours| 4 * fours);
    (
        fours(),
        prop_oneof![Just(1_usize), 2..7usize],
        fours(),
        any::<bool>(),
    )
        .prop_map(|(inputs, expansion, outputs, same)| Widths {
            inputs,
            expansion,
            outputs: if same { inputs } else { outputs },
        })
}

proptest! {
    #[test]
    fn the_fused_layer_gives_what_its_operators_give_one_by_one(
        height in 1..40usize,
        width in prop_oneof![1..20usize, 90..100usize],
        window in proptest::sample::select(&random_layers::DEPTHWISE[..]),
        widths in widths(),
        threads in 1..5usize,
        seed: u64,
    ) {
        let size = Size { height, width };
        prop_assume!(window.over(size).is_some());
        let mut random = Random::new(seed);
        let layer = layer(&mut random, size, window, widths);
        let x = random.bytes(size.area() * widths.inputs);
        let exact = one_by_one(&layer, Isa::best(), &x);
        for isa in Isa::available() {
            prop_assert!(run(&layer, isa, threads, &x) == exact, "{}", isa.name());
        }
    }
}
