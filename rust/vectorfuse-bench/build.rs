//! Compiles the messages of Milvus's protocol from the file that the product has, so that the two never differ.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=../vectorfuse-milvus/proto");
    let files = protox::compile(["milvus.proto"], ["../vectorfuse-milvus/proto"])?;
    prost_build::Config::new().bytes(["."]).compile_fds(files)?;
    Ok(())
}
