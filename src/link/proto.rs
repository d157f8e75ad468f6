//! The link's messages as `build.rs` generates them from `proto/scarp.proto`: any value that can be encoded, checked by
//! none. `wire` and `codec` turn them into checked types.

include!(concat!(env!("OUT_DIR"), "/scarp.v0.rs"));

/// The schema `proto/scarp.proto`, compiled: an encoded `google.protobuf.FileDescriptorSet`, from which other languages
/// read the link's messages.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
