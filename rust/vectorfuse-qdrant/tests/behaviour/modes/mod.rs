//! What the modes of a write do to points that are there and to those that are not, also when tasks run again, race or
//! hold an id twice.

mod duplicates;
