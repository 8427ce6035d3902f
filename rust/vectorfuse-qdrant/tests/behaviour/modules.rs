// Every test, for each transport. An included file takes no doc comment of its own.

mod appends;
mod bad_input;
mod connections;
mod creation;
mod faults;
mod filters;
mod foreign;
mod limits;
mod losses;
mod modes;
mod offsets;
mod ordered;
mod payloads;
mod predicates;
mod prefixes;
mod rejects;
mod requests;
mod samples;
mod search;
mod shard_writes;
mod shards;
mod slices;
mod suite;
mod support;
mod vectors;
mod windows;
