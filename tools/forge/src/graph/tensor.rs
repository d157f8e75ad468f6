//! Constants: what they hold, and new ones.

use tract_onnx::pb::{TensorProto, tensor_proto::DataType};

/// Numbers in row-major order and their shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Values<T> {
    /// Sides.
    pub shape: Vec<usize>,
    /// Row-major.
    pub data: Vec<T>,
}

/// Whether a tensor's numbers lie in another file.
pub(super) fn is_external(tensor: &TensorProto) -> bool {
    tensor.data_location == Some(tract_onnx::pb::tensor_proto::DataLocation::External as i32)
}

/// The floats of a 32-bit float tensor.
pub(super) fn floats(tensor: &TensorProto) -> Option<Values<f32>> {
    if tensor.data_type != DataType::Float as i32 {
        return None;
    }
    let data = if tensor.raw_data.is_empty() {
        tensor.float_data.clone()
    } else {
        let (numbers, _) = tensor.raw_data.as_chunks::<4>();
        numbers.iter().map(|&b| f32::from_le_bytes(b)).collect()
    };
    whole(tensor, data)
}

/// The integers of a 64- or 32-bit tensor.
pub(super) fn ints(tensor: &TensorProto) -> Option<Values<i64>> {
    let raw = &tensor.raw_data;
    let data = match DataType::try_from(tensor.data_type).ok()? {
        DataType::Int64 if raw.is_empty() => tensor.int64_data.clone(),
        DataType::Int64 => raw
            .as_chunks::<8>()
            .0
            .iter()
            .map(|&b| i64::from_le_bytes(b))
            .collect(),
        DataType::Int32 if raw.is_empty() => tensor.int32_data.iter().map(|&v| v.into()).collect(),
        DataType::Int32 => {
            let (numbers, _) = raw.as_chunks::<4>();
            numbers
                .iter()
                .map(|&b| i32::from_le_bytes(b).into())
                .collect()
        }
        _ => return None,
    };
    whole(tensor, data)
}

/// The numbers, if they are as many as the shape says.
fn whole<T>(tensor: &TensorProto, data: Vec<T>) -> Option<Values<T>> {
    let sides = tensor.dims.iter().map(|&d| usize::try_from(d).ok());
    let shape: Vec<usize> = sides.collect::<Option<_>>()?;
    let count = shape
        .iter()
        .try_fold(1_usize, |all, &side| all.checked_mul(side))?;
    (count == data.len()).then_some(Values { shape, data })
}

/// A tensor of 32-bit floats; it gets its name when it is added to a graph.
#[must_use]
pub fn float_tensor(shape: &[usize], data: &[f32]) -> TensorProto {
    raw_tensor(
        DataType::Float,
        shape,
        data.iter().flat_map(|v| v.to_le_bytes()).collect(),
    )
}

/// A tensor of 64-bit integers.
#[must_use]
pub fn int_tensor(shape: &[usize], data: &[i64]) -> TensorProto {
    raw_tensor(
        DataType::Int64,
        shape,
        data.iter().flat_map(|v| v.to_le_bytes()).collect(),
    )
}

/// A tensor of any kind from its little-endian bytes.
#[must_use]
pub fn raw_tensor(kind: DataType, shape: &[usize], bytes: Vec<u8>) -> TensorProto {
    TensorProto {
        dims: shape.iter().map(|&side| side as i64).collect(),
        data_type: kind as i32,
        raw_data: bytes,
        ..TensorProto::default()
    }
}
