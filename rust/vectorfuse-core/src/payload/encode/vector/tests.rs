//! The bytes of vectors as they stand in a column.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{Float32Builder, ListBuilder};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::schema::SparkType;

proptest! {
    #[test]
    fn the_bytes_of_a_list_of_floats_are_given_where_all_are_there_and_finite(
        rows in vec(option::of(vec(option::weighted(0.99, any::<f32>()), 0..40)), 1..6),
    ) {
        let mut builder = ListBuilder::new(Float32Builder::new());
        for row in &rows {
            match row {
                Some(row) => {
                    row.iter().for_each(|value| builder.values().append_option(*value));
                    builder.append(true);
                }
                None => builder.append(false),
            }
        }
        // A part of a column: its offsets do not begin at 0.
        let from = rows.len() / 2;
        let list: ArrayRef = Arc::new(builder.finish().slice(from, rows.len() - from));
        let reader = ColumnReader::new(&list, &SparkType::Array(Box::new(SparkType::Float))).unwrap();
        for (index, row) in rows[from..].iter().enumerate() {
            let whole = row.as_ref().and_then(|row| row.iter().copied().collect::<Option<Vec<f32>>>());
            let whole = whole.filter(|row| row.iter().all(|value| value.is_finite()));
            let bytes = whole.as_ref().map(|row| row.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
            prop_assert_eq!(reader.float_bytes(index), bytes.as_deref());
            if let Some(whole) = whole {
                prop_assert_eq!(reader.vector(index, VectorKind::Dense).unwrap(), Some(Vector::Dense(whole)));
            }
        }
    }
}
