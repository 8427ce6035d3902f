//! The rows of the benchmarks of a store's codec: an id, a vector, and five fields.

use std::collections::BTreeMap;

use vectorfuse_core::options::{Given, Options, Side};
use vectorfuse_core::rules::Rules;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Column, Role, Scan, Table, fields};
use vectorfuse_core::write::{IdSource, WritePlan};

use crate::job::Frame;
use crate::values::{Val, double, floats, int, text, vector as numbers};

/// How many there are.
pub const ROWS: usize = 1000;

/// The columns, of which this vector is one.
fn columns(vector: &str) -> Vec<Column> {
    let column = |name: &str, data_type, role| Column {
        name: name.to_owned(),
        data_type,
        metadata: serde_json::Value::Null,
        role,
    };
    let field = |name: &str, data_type| column(name, data_type, Role::Payload(name.to_owned()));
    vec![
        column("id", SparkType::Long, Role::Id { kept: None }),
        column("vector", floats(), Role::Vector(vector.to_owned())),
        field("title", SparkType::string()),
        field("category", SparkType::string()),
        field("count", SparkType::Long),
        field("price", SparkType::Double),
        field("sold", SparkType::Boolean),
    ]
}

/// The rows, with vectors of so many floats.
pub fn frame(dimensions: usize) -> Frame {
    let row = |row: usize| {
        let number = |place| ((row * 31 + place * 17) % 1000) as f32 / 1000.0 - 0.5;
        vec![
            int(row as i64),
            numbers(&(0..dimensions).map(number).collect::<Vec<_>>()),
            text(format!("the title of the row {row}")),
            text(["red", "green", "blue"][row % 3]),
            int(row as i64 * 1_000_003),
            double(row as f64 / 7.0),
            Val::Bool(row.is_multiple_of(2)),
        ]
    };
    Frame { fields: fields(&columns("")), rows: (0..ROWS).map(row).collect() }
}

fn options(store: &str, side: Side) -> Options {
    let options = [("store", store), ("url", "http://127.0.0.1:1"), ("collection", "c")];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Given { options, session: BTreeMap::new() }.parse(side).unwrap()
}

/// The plan of their write, with the details of the store, which calls the vector so.
pub fn plan(store: &str, vector: &str, details: serde_json::Value) -> WritePlan {
    WritePlan {
        options: options(store, Side::Write),
        columns: columns(vector),
        id: IdSource::Column(0),
        rules: Rules::default(),
        query: "q".into(),
        details,
        warnings: Vec::new(),
    }
}

/// The scan of all columns, in the same way.
pub fn scan(store: &str, vector: &str, details: serde_json::Value) -> Scan {
    let columns = columns(vector);
    let wanted = fields(&columns);
    Table { options: options(store, Side::Read), columns, details, warnings: Vec::new() }.scan(&wanted).unwrap()
}
