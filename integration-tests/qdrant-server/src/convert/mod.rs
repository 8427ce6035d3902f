//! Translates the protocol's messages into the engine's types and back, one kind per file. Nothing
//! here touches a collection, so each can be read on its own beside the protocol.

pub mod config;
pub mod filter;
pub mod id;
pub mod index;
pub mod info;
pub mod payload;
pub mod point;
pub mod query;
pub mod select;
pub mod vector;
pub mod write;
