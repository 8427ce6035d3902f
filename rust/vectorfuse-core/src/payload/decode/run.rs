//! Values of one type that stand one after the other, into a column of just that type: nothing can go wrong, and what a value
//! is is asked once for all of them.

use super::{ColumnBuilder, Values};

/// The values, none of which is null.
#[derive(Clone, Copy, Debug)]
pub enum Run<'a> {
    /// Booleans.
    Booleans(&'a [bool]),
    /// Integers of 32 bits.
    Integers(&'a [i32]),
    /// Integers of 64 bits.
    Longs(&'a [i64]),
    /// Numbers of 32 bits.
    Floats(&'a [f32]),
    /// Numbers of 64 bits.
    Doubles(&'a [f64]),
    /// Texts.
    Texts(&'a [String]),
}

impl ColumnBuilder {
    /// Appends all of them; `false`, and nothing is appended, where the column is of another type.
    pub fn append_run(&mut self, run: Run<'_>) -> bool {
        match (&mut self.values, run) {
            (Values::Boolean(builder), Run::Booleans(values)) => builder.append_slice(values),
            (Values::Integer(builder), Run::Integers(values)) => builder.append_slice(values),
            (Values::Long(builder), Run::Longs(values)) => builder.append_slice(values),
            (Values::Float(builder), Run::Floats(values)) => builder.append_slice(values),
            (Values::Double(builder), Run::Doubles(values)) => builder.append_slice(values),
            (Values::String(builder), Run::Texts(values)) => values.iter().for_each(|text| builder.append_value(text)),
            (_, _) => return false,
        }
        true
    }
}
