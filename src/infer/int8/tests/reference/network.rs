//! A small network that has every operator, and the same run operator by operator, each with memory of its own.

use std::sync::Arc;

use scarp_int8::{
    Activation, Attention, Branch, Builder, Columns, Convolution, Decoder, Depthwise, Epilogue,
    FeedForward, IMAGE_CHANNELS, Input, InputQuantize, InvertedResidual, Isa, Network, Norm,
    Operator, Quantization, Size, Softmax, Source, ThreadPool, Upsample, Window,
};

use super::{Memory, Random, random_layers};

#[derive(Debug)]
pub struct Small {
    entry: InputQuantize,
    embed: Convolution,
    norm: Norm,
    reduce: Convolution,
    context: Convolution,
    attention: Arc<Attention>,
    feed_forward: FeedForward,
    last_norm: Norm,
    merge: Convolution,
    inverted: InvertedResidual,
    decoder: Decoder,
    upsample: Upsample,
}

impl Small {
    /// Two heads of `4 * fours` channels, for images of `size`.
    pub fn new(random: &mut Random, size: Size, fours: usize) -> Self {
        let (channels, width) = (8 * fours, 24);
        let q: Vec<Quantization> = (0..8)
            .map(|_| random_layers::quantization(random))
            .collect();
        let entry = InputQuantize {
            size,
            reduction: 2,
            output: q[0],
        };
        let window = |side, step, border| Some(Window::even(side, step, border));
        let mut convolution =
            |window: Option<Window>, size, inputs, outputs, input: Quantization, norm| {
                let side = window.map_or(1, |window| window.side);
                let linear = random_layers::linear(random, side * side * inputs, outputs, input);
                let epilogue = if norm {
                    Epilogue::NormFloats(random_layers::norm(random, outputs))
                } else {
                    Epilogue::Floats {
                        least: f32::NEG_INFINITY,
                    }
                };
                Convolution {
                    linear,
                    window,
                    epilogue,
                    size,
                    channels: inputs,
                    zero: input.zero,
                }
            };
        let embed = convolution(
            window(7, 4, 3),
            entry.output_size(),
            IMAGE_CHANNELS,
            channels,
            q[0],
            true,
        );
        let map = embed.output();
        let mut reduce = convolution(window(2, 2, 0), map, channels, channels, q[1], true);
        let context = convolution(None, reduce.output(), channels, 2 * channels, q[2], false);
        let merge = convolution(window(3, 2, 1), map, channels, width, q[5], false);
        let merge = Convolution {
            linear: merge.linear.quantized(1.0, q[6]),
            epilogue: Epilogue::Bytes,
            ..merge
        };
        reduce.epilogue = Epilogue::NormBytes(
            random_layers::norm(random, channels).quantized(q[2].scale, q[2].zero),
        );
        let mut parts = random_layers::depthwise_parts(
            random,
            4 * channels,
            q[4],
            Window::even(3, 1, 1),
            Activation::Gelu,
        );
        (parts.output_scale, parts.output_zero) = (q[3].scale, q[3].zero);
        let mut inner = random_layers::depthwise_parts(
            random,
            4 * width,
            q[1],
            Window::even(5, 1, 2),
            Activation::Clamp,
        );
        (inner.output_scale, inner.output_zero) = (q[2].scale, q[2].zero);
        let scores =
            Softmax::new(f64::from(q[3].scale) * f64::from(q[4].scale)).expect("a positive scale");
        Self {
            norm: random_layers::norm(random, channels).quantized(q[1].scale, q[1].zero),
            attention: Arc::new(Attention {
                query: random_layers::linear(random, channels, channels, q[1]).quantized(1.0, q[3]),
                project: random_layers::linear(random, channels, channels, q[7]),
                softmax: scores,
                heads: 2,
                queries: q[3],
                keys: q[4],
                key_factor: 0.3,
                attended: q[7],
                count: reduce.output().area(),
                pixels: map.area(),
            }),
            feed_forward: FeedForward {
                norm: random_layers::norm(random, channels).quantized(q[2].scale, q[2].zero),
                expand: random_layers::linear(random, channels, 4 * channels, q[2])
                    .quantized(1.0, q[4]),
                depthwise: Depthwise::new(parts),
                contract: random_layers::linear(random, 4 * channels, channels, q[3]),
                size: map,
            },
            last_norm: random_layers::norm(random, channels).quantized(q[5].scale, q[5].zero),
            inverted: InvertedResidual {
                expand: Some(
                    random_layers::linear(random, width, 4 * width, q[6]).quantized(1.0, q[1]),
                ),
                depthwise: Depthwise::new(inner),
                project: random_layers::linear(random, 4 * width, width, q[2])
                    .quantized_with_residual(q[6], q[7]),
                residual: true,
                size: merge.output(),
            },
            decoder: Decoder::new(
                Branch {
                    project: random_layers::linear(random, channels, width, q[5]),
                    size: map,
                },
                vec![Branch {
                    project: random_layers::linear(random, width, width, q[7]),
                    size: merge.output(),
                }],
                q[0],
                random_layers::linear(random, width, 2, q[0]),
            ),
            upsample: Upsample {
                from: map,
                to: size,
                channels: 2,
            },
            entry,
            embed,
            reduce,
            context,
            merge,
        }
    }

    /// Floats of the input.
    pub fn input(&self) -> usize {
        3 * self.entry.size.area()
    }

    pub fn network(&self) -> Arc<Network> {
        let mut builder = Builder::default();
        let pixels = self.embed.output().area();
        let channels = self.attention.query.outputs();
        let image = builder.add("image", Operator::InputQuantize(self.entry.clone()));
        let embedded = builder.add("embed", Operator::Convolution(self.embed.clone(), image));
        let normed = builder.add("norm", Operator::Norm(self.norm.clone(), pixels, embedded));
        let reduced = builder.add("reduce", Operator::Convolution(self.reduce.clone(), normed));
        let map = builder.add(
            "context",
            Operator::Convolution(self.context.clone(), reduced),
        );
        let from = [0, channels].map(|first| Source {
            map,
            stride: 2 * channels,
            first,
        });
        let packed = builder.add("pack", Operator::Context(Arc::clone(&self.attention), from));
        let read = [embedded, normed, packed];
        let attended = builder.add(
            "attention",
            Operator::Attention(Arc::clone(&self.attention), read),
        );
        let fed = builder.add(
            "feed",
            Operator::FeedForward(self.feed_forward.clone(), attended),
        );
        let finest = builder.add(
            "last norm",
            Operator::Norm(self.last_norm.clone(), pixels, fed),
        );
        let merged = builder.add("merge", Operator::Convolution(self.merge.clone(), finest));
        let inverted = Operator::InvertedResidual(self.inverted.clone(), merged);
        let inverted = builder.add("inverted", inverted);
        let decoder = Operator::Decoder(self.decoder.clone(), finest, vec![inverted]);
        let logits = builder.add("decoder", decoder);
        builder.add(
            "upsample",
            Operator::Upsample(self.upsample.clone(), logits),
        );
        Arc::new(builder.finish())
    }

    /// What the network gives for an image.
    pub fn one_by_one(&self, isa: Isa, input: Input<'_>) -> Vec<f32> {
        let pool = &mut ThreadPool::new(1);
        let mut scratch = Memory::new(1 << 22);
        let scratch = scratch.bytes();
        let pixels = self.embed.output().area();
        let channels = self.attention.query.outputs();
        let mut image = vec![0; self.entry.output_size().area() * IMAGE_CHANNELS];
        match input {
            Input::Planes(planes) => self.entry.planes(isa, pool, planes, &mut image),
            Input::Pixels(pixels) => self.entry.pixels(isa, pool, pixels, scratch, &mut image),
        }
        let mut embedded = vec![0.0; pixels * channels];
        self.embed.floats(isa, pool, &image, scratch, &mut embedded);
        let mut normed = vec![0; pixels * channels];
        self.norm.bytes(isa, &embedded, &mut normed);
        let mut reduced = vec![0; self.reduce.output().area() * channels];
        self.reduce.bytes(isa, pool, &normed, scratch, &mut reduced);
        let mut map = vec![0.0; 2 * reduced.len()];
        self.context.floats(isa, pool, &reduced, scratch, &mut map);
        let mut packed = Memory::new(self.attention.context_bytes());
        let [keys, values] = [0, channels].map(|first| Columns {
            data: &map,
            stride: 2 * channels,
            first,
        });
        self.attention.pack(isa, pool, keys, values, packed.bytes());
        let mut attended = vec![0.0; pixels * channels];
        self.attention.run(
            isa,
            pool,
            (&embedded, &normed, packed.bytes()),
            scratch,
            &mut attended,
        );
        let mut fed = vec![0.0; pixels * channels];
        self.feed_forward
            .run(isa, pool, &attended, scratch, &mut fed);
        let mut finest = vec![0; pixels * channels];
        self.last_norm.bytes(isa, &fed, &mut finest);
        let mut merged = vec![0; self.merge.output().area() * self.merge.linear.outputs()];
        self.merge.bytes(isa, pool, &finest, scratch, &mut merged);
        let mut inverted = vec![0; merged.len()];
        self.inverted
            .run(isa, pool, &merged, scratch, &mut inverted);
        let mut logits = vec![0.0; 2 * pixels];
        self.decoder
            .run(isa, pool, &finest, &[&inverted], scratch, &mut logits);
        let mut large = vec![0.0; 2 * self.upsample.to.area()];
        self.upsample.run(isa, pool, &logits, &mut large);
        large
    }
}
