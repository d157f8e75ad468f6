//! Moving a linear map of the channels towards the image, operator by operator.

use nalgebra::{DMatrix, DVector};
use tract_onnx::pb::NodeProto;

use super::channels::{ChannelMap, Matrix, batch_norm, vector};
use crate::graph::{Facts, Graph, NodeExt, Wiring, float_tensor, int_tensor, node};

/// Axis of the channels in the layout of convolutions: batch, channels, height, width.
pub(super) const CHANNELS: usize = 1;

/// Moves maps through one graph.
pub(super) struct PushDown<'a> {
    pub(super) graph: &'a mut Graph,
    pub(super) facts: &'a mut Facts,
    pub(super) wiring: Wiring,
}

impl PushDown<'_> {
    /// The value `map` makes of `value`, whose channels lie on `axis`, made by changing what makes `value`. None if that
    /// cannot be done or would cost more. Nodes are added, none is removed.
    pub(super) fn push(&mut self, value: &str, axis: usize, map: &ChannelMap) -> Option<String> {
        if self.wiring.consumers(value) != 1 {
            return None;
        }
        let maker = maker(self.graph, &self.wiring, value)?.clone();
        if self.facts.shape(value)?.get(axis) != Some(&map.inputs()) {
            return None;
        }
        match maker.op_type.as_str() {
            "BatchNormalization" if axis == CHANNELS => {
                let map = map.after(&batch_norm(self.graph, &maker)?);
                self.apply(maker.input(0)?, axis, &map)
            }
            "Conv" if axis == CHANNELS => self.merge_convolution(&maker, value, map),
            "Gemm" | "MatMul" if axis + 1 == self.facts.shape(value)?.len() => {
                self.merge_product(&maker, value, map)
            }
            "Add" => self.through_sum(&maker, value, axis, map),
            "Concat" => self.through_concat(&maker, value, axis, map),
            "Resize" | "Upsample" if axis == CHANNELS => self.through_resize(&maker, value, map),
            "Transpose" => self.through_transpose(&maker, value, axis, map),
            "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => {
                self.through_reshape(&maker, value, axis, map)
            }
            _ => None,
        }
    }

    /// As [`PushDown::push`], or by a node of its own where it can go no further.
    fn apply(&mut self, value: &str, axis: usize, map: &ChannelMap) -> Option<String> {
        if let Some(moved) = self.push(value, axis, map) {
            return Some(moved);
        }
        let Matrix::Full(matrix) = &map.matrix else {
            return None;
        };
        let shape = self.facts.shape(value)?.to_vec();
        if axis != CHANNELS || shape.len() != 4 {
            return None;
        }
        let weight = matrix.map(|w| w as f32).transpose();
        let sides = [map.outputs(), map.inputs(), 1, 1];
        let weight = self.constant(float_tensor(&sides, weight.as_slice()), value, "weight");
        let mut inputs = vec![value.to_owned(), weight];
        if map.is_biased() {
            inputs.push(self.bias(map, value));
        }
        Some(self.emit("Conv", inputs, value, CHANNELS, map.outputs(), &[]))
    }

    fn merge_convolution(
        &mut self,
        conv: &NodeProto,
        value: &str,
        map: &ChannelMap,
    ) -> Option<String> {
        let weight = self.graph.floats(conv.input(1)?)?;
        let &[outputs, inner, ref kernel @ ..] = weight.shape.as_slice() else {
            return None;
        };
        let taps = inner * kernel.iter().product::<usize>();
        if !map.is_diagonal() {
            let grouped = conv.int("group").unwrap_or(1) != 1;
            if grouped || is_dearer(map, taps) {
                return None;
            }
        }
        let rows = DMatrix::from_row_iterator(outputs, taps, weight.data.iter().map(|&w| w.into()));
        let merged = map.times_rows(&rows).map(|w| w as f32).transpose();
        let map = match conv.input(2) {
            Some(bias) => map.after_offset(&vector(&self.graph.floats(bias)?.data)),
            None => map.clone(),
        };
        let mut sides = weight.shape.clone();
        sides[0] = map.outputs();
        let weight = self.constant(float_tensor(&sides, merged.as_slice()), value, "weight");
        let mut inputs = vec![conv.input(0)?.to_owned(), weight];
        if map.is_biased() {
            inputs.push(self.bias(&map, value));
        }
        Some(self.copy(conv, inputs, value, CHANNELS, map.outputs()))
    }

    fn merge_product(
        &mut self,
        product: &NodeProto,
        value: &str,
        map: &ChannelMap,
    ) -> Option<String> {
        let is_gemm = product.op_type == "Gemm";
        let factor = |name| product.float(name).unwrap_or(1.0);
        if is_gemm && (factor("alpha") != 1.0 || factor("beta") != 1.0) {
            return None;
        }
        let weight = self.graph.floats(product.input(1)?)?;
        let &[first, second] = weight.shape.as_slice() else {
            return None;
        };
        let data = weight.data.iter().map(|&w| f64::from(w));
        let stored = DMatrix::from_row_iterator(first, second, data);
        let turned = is_gemm && product.int("transB").unwrap_or(0) != 0;
        let rows = if turned { stored } else { stored.transpose() };
        if !map.is_diagonal() && is_dearer(map, rows.ncols()) {
            return None;
        }
        let merged = map.times_rows(&rows);
        // Row-major, as the operator wants it: column-major storage of the transpose.
        let (sides, merged) = if turned {
            ([map.outputs(), rows.ncols()], merged.transpose())
        } else {
            ([rows.ncols(), map.outputs()], merged)
        };
        let data: Vec<f32> = merged.iter().map(|&w| w as f32).collect();
        let weight = self.constant(float_tensor(&sides, &data), value, "weight");
        let mut inputs = vec![product.input(0)?.to_owned(), weight];
        let axis = self.facts.shape(value)?.len() - 1;
        if !is_gemm {
            let result = self.copy(product, inputs, value, axis, map.outputs());
            return Some(self.plus_bias(result, value, axis, map));
        }
        let map = match product.input(2) {
            Some(bias) => {
                let bias = self.graph.floats(bias)?.data;
                map.after_offset(&broadcast(&bias, map.inputs())?)
            }
            None => map.clone(),
        };
        if map.is_biased() {
            inputs.push(self.bias(&map, value));
        }
        Some(self.copy(product, inputs, value, axis, map.outputs()))
    }

    fn through_sum(
        &mut self,
        sum: &NodeProto,
        value: &str,
        axis: usize,
        map: &ChannelMap,
    ) -> Option<String> {
        let (first, second) = (sum.input(0)?.to_owned(), sum.input(1)?.to_owned());
        for (constant, other) in [(&second, &first), (&first, &second)] {
            if let Some(offset) = self.graph.floats(constant) {
                let rank = self.facts.shape(value)?.len();
                let offset = along(&offset.shape, &offset.data, rank, axis, map.inputs())?;
                return self.apply(other, axis, &map.after_offset(&offset));
            }
        }
        let shape = self.facts.shape(value)?.to_vec();
        // A full matrix would have to be applied to both.
        let alike = [&first, &second]
            .iter()
            .all(|v| self.facts.shape(v) == Some(shape.as_slice()));
        if !map.is_diagonal() || !alike {
            return None;
        }
        let inputs = vec![
            self.apply(&first, axis, map)?,
            self.apply(&second, axis, &map.unbiased())?,
        ];
        Some(self.copy(sum, inputs, value, axis, map.outputs()))
    }

    fn through_concat(
        &mut self,
        concat: &NodeProto,
        value: &str,
        axis: usize,
        map: &ChannelMap,
    ) -> Option<String> {
        let rank = self.facts.shape(value)?.len() as i64;
        let along = concat.int("axis")?;
        if (if along < 0 { along + rank } else { along }) != axis as i64 || map.is_diagonal() {
            return None;
        }
        let (mut from, mut total) = (0, None::<String>);
        for input in &concat.input {
            let count = *self.facts.shape(input)?.get(axis)?;
            let mut part = map.slice(from, count);
            if total.is_none() {
                part.bias.clone_from(&map.bias);
            }
            from += count;
            let moved = self.apply(input, axis, &part)?;
            total = Some(match total {
                None => moved,
                Some(sum) => self.emit("Add", vec![sum, moved], value, axis, map.outputs(), &[]),
            });
        }
        total
    }

    fn through_resize(
        &mut self,
        resize: &NodeProto,
        value: &str,
        map: &ChannelMap,
    ) -> Option<String> {
        let upsampling = is_upsampling(self.facts, resize);
        // Weights that do not add up to one would change what becomes of the bias.
        let cropped = resize.text("coordinate_transformation_mode") == Some("tf_crop_and_resize");
        let cut = resize.int("exclude_outside").unwrap_or(0) != 0;
        if !upsampling || cropped || cut {
            return None;
        }
        let mut inputs = resize.input.clone();
        if let Some(sizes) = resize.input(3) {
            let mut sizes = self.graph.ints(sizes)?;
            *sizes.data.get_mut(CHANNELS)? = map.outputs() as i64;
            inputs[3] = self.constant(int_tensor(&sizes.shape, &sizes.data), value, "sizes");
        }
        inputs[0] = self.apply(resize.input(0)?, CHANNELS, map)?;
        Some(self.copy(resize, inputs, value, CHANNELS, map.outputs()))
    }

    fn through_transpose(
        &mut self,
        turn: &NodeProto,
        value: &str,
        axis: usize,
        map: &ChannelMap,
    ) -> Option<String> {
        let before = usize::try_from(*turn.ints("perm")?.get(axis)?).ok()?;
        let inputs = vec![self.apply(turn.input(0)?, before, map)?];
        Some(self.copy(turn, inputs, value, axis, map.outputs()))
    }

    /// A change of layout keeps the channels if they are as many, and as many numbers come before them.
    fn through_reshape(
        &mut self,
        reshape: &NodeProto,
        value: &str,
        axis: usize,
        map: &ChannelMap,
    ) -> Option<String> {
        let input = reshape.input(0)?;
        let (from, to) = (
            self.facts.shape(input)?.to_vec(),
            self.facts.shape(value)?.to_vec(),
        );
        let ahead: usize = to.get(..axis)?.iter().product();
        let before = (0..from.len()).find(|&candidate| {
            from[candidate] == to[axis] && from[..candidate].iter().product::<usize>() == ahead
        })?;
        let moved = self.apply(input, before, map)?;
        let mut sides: Vec<i64> = to.iter().map(|&side| side as i64).collect();
        sides[axis] = map.outputs() as i64;
        let sides = self.constant(int_tensor(&[sides.len()], &sides), value, "shape");
        Some(self.emit(
            "Reshape",
            vec![moved, sides],
            value,
            axis,
            map.outputs(),
            &[],
        ))
    }

    fn plus_bias(&mut self, result: String, like: &str, axis: usize, map: &ChannelMap) -> String {
        if !map.is_biased() {
            return result;
        }
        let bias = self.bias(map, like);
        self.emit("Add", vec![result, bias], like, axis, map.outputs(), &[])
    }

    fn bias(&mut self, map: &ChannelMap, like: &str) -> String {
        let bias: Vec<f32> = map.bias.iter().map(|&b| b as f32).collect();
        self.constant(float_tensor(&[bias.len()], &bias), like, "bias")
    }

    fn constant(&mut self, tensor: tract_onnx::pb::TensorProto, like: &str, what: &str) -> String {
        self.graph.add_constant(tensor, &format!("{like}.{what}"))
    }

    /// Adds a copy of `original` with other inputs, whose output is `like` with `channels` on `axis`.
    fn copy(
        &mut self,
        original: &NodeProto,
        inputs: Vec<String>,
        like: &str,
        axis: usize,
        channels: usize,
    ) -> String {
        self.emit(
            &original.op_type,
            inputs,
            like,
            axis,
            channels,
            &original.attribute,
        )
    }

    fn emit(
        &mut self,
        op: &str,
        inputs: Vec<String>,
        like: &str,
        axis: usize,
        channels: usize,
        attributes: &[tract_onnx::pb::AttributeProto],
    ) -> String {
        let output = self.graph.fresh(&format!("{like}.folded"));
        let mut made = node(op, &[], &output);
        made.input = inputs;
        made.attribute = attributes.to_vec();
        self.graph.add_node(made);
        if let Some(shape) = self.facts.shape(like) {
            let mut shape = shape.to_vec();
            if let Some(side) = shape.get_mut(axis) {
                *side = channels;
            }
            self.facts.note(&output, shape);
        }
        output
    }
}

/// The node that makes a value.
pub(super) fn maker<'a>(graph: &'a Graph, wiring: &Wiring, value: &str) -> Option<&'a NodeProto> {
    graph.nodes().get(wiring.producer(value)?)
}

/// Whether a full map costs less as a layer of its own than multiplied into one of `taps` products per output.
fn is_dearer(map: &ChannelMap, taps: usize) -> bool {
    map.outputs() * taps > map.inputs() * taps + map.outputs() * map.inputs()
}

/// Whether a node interpolates to more pixels than it is given.
pub(super) fn is_upsampling(facts: &Facts, node: &NodeProto) -> bool {
    let sides = |name: Option<&str>| name.and_then(|name| facts.shape(name));
    let (from, to) = (
        sides(node.input(0)),
        sides(node.output.first().map(String::as_str)),
    );
    matches!(node.op_type.as_str(), "Resize" | "Upsample")
        && from.zip(to).is_some_and(|(from, to)| {
            from.len() == 4
                && to.len() == 4
                && from[..2] == to[..2]
                && from[2] * from[3] < to[2] * to[3]
        })
}

/// One number for all channels, or one for each.
fn broadcast(data: &[f32], channels: usize) -> Option<DVector<f64>> {
    match data {
        &[one] => Some(DVector::from_element(channels, one.into())),
        _ if data.len() == channels => Some(vector(data)),
        _ => None,
    }
}

/// A constant that differs along `axis` of `rank` only, as one number per channel.
fn along(
    shape: &[usize],
    data: &[f32],
    rank: usize,
    axis: usize,
    channels: usize,
) -> Option<DVector<f64>> {
    let missing = rank.checked_sub(shape.len())?;
    let others = shape
        .iter()
        .enumerate()
        .filter(|(index, _)| index + missing != axis);
    if others.into_iter().any(|(_, side)| *side != 1) {
        return None;
    }
    broadcast(data, channels)
}
