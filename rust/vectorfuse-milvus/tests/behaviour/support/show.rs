//! Values of Arrow as short texts, for comparisons in tests.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_schema::{DataType, TimeUnit};

/// The value of a row: floats with their bits' shortest text, bytes in hex, lists in brackets, structs in braces.
pub fn value(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) {
        return "null".to_owned();
    }
    let list = |items: &dyn Array| (0..items.len()).map(|item| value(items, item)).collect::<Vec<_>>().join(",");
    match array.data_type() {
        DataType::Null => "null".to_owned(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => format!("{:?}", array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => format!("{:?}", array.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => array.as_primitive::<Date32Type>().value(row).to_string(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            array.as_primitive::<TimestampMicrosecondType>().value(row).to_string()
        }
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value(row).to_string(),
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Binary => array.as_binary::<i32>().value(row).iter().map(|byte| format!("{byte:02x}")).collect(),
        DataType::List(_) => format!("[{}]", list(array.as_list::<i32>().value(row).as_ref())),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter().zip(fields);
            let members: Vec<String> =
                columns.map(|(column, field)| format!("{}:{}", field.name(), value(column.as_ref(), row))).collect();
            format!("{{{}}}", members.join(","))
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            format!("[{}]", list(&entries))
        }
        other => panic!("{other} is shown nowhere"),
    }
}
