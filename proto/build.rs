//! Compiles the .proto files without a protoc binary and keeps the descriptor set for reflection.

use std::path::PathBuf;

use prost::Message as _;

const FILES: [&str; 7] = ["common", "event", "incident", "log", "process", "project", "system"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let paths: Vec<PathBuf> =
        FILES.iter().map(|name| root.join(format!("brummer/v1/{name}.proto"))).collect();
    for path in &paths {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    let descriptors = protox::compile(&paths, [&root])?;
    std::fs::write(
        PathBuf::from(std::env::var("OUT_DIR")?).join("brummer.bin"),
        descriptors.encode_to_vec(),
    )?;
    tonic_prost_build::configure().bytes(".brummer.v1.LogLine.text").compile_fds(descriptors)?;
    Ok(())
}
