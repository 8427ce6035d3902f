//! How a store is reached.

pub mod grpc;
