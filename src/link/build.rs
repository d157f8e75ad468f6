//! Generates the link's messages from `proto/scarp.proto`. The schema is compiled in Rust: no protoc is needed.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const FOLDER: &str = "proto";
const SCHEMA: &str = "proto/scarp.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SCHEMA}");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let descriptors = protox::compile([SCHEMA], [FOLDER])?;
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
