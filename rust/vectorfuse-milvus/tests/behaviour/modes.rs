//! What the modes of a write do to rows that are there and to those that are not.
