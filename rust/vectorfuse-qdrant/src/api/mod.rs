//! What is asked of a Qdrant server, one file per transport.

pub(crate) mod grpc;
