// Every test, for each transport. An included file takes no doc comment of its own.

mod appends;
mod bad_input;
mod connections;
mod creation;
mod faults;
mod filters;
mod first_writers;
mod foreign;
mod generate;
mod limits;
mod losses;
mod modes;
mod payloads;
mod predicates;
mod property;
mod rejects;
mod requests;
mod save_modes;
mod search;
mod shards;
mod slices;
mod splits;
mod support;
mod swaps;
mod vectors;
mod windows;
