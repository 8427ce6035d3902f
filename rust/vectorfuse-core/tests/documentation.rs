//! The pages that are made from the code: `docs/options.md` and `docs/types.md`. `UPDATE_DOCS=1` writes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;

use serde_json::{Value, json};
use vectorfuse_core::options;
use vectorfuse_core::payload::{ColumnBuilder, ColumnReader};
use vectorfuse_core::schema::{SparkField, SparkType};

fn guard(name: &str, expected: &str) {
    // Cargo runs a test in its package's folder; what `env!` says may be that of another checkout with the same cache.
    let path = Path::new("../../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == expected, "docs/{name} is not what the code says: run `make docs`");
}

#[test]
fn the_page_of_options_is_true() {
    let intro = "<!-- Made from rust/vectorfuse-core/src/options/table.rs by `make docs`. -->\n\n# Options\n\n\
        Names are case-insensitive. An unknown option is an error that names the nearest known one. Any option can also\n\
        stand in the session as `spark.vectorfuse.<option>`, or as `spark.vectorfuse.<store>.<option>` for one store; the\n\
        option of the read or write wins. An option of reading that is given to a write, or the other way round, is an\n\
        error; in the session it is not. What a read or write has no use for may stand in the session, and what the session\n\
        says in another way (`host`, where the write says `url`) gives way. Of what decides about rows that is an error:\n\
        `limit`, for example, where the read says `splits`.\n\n\
        ## Secrets\n\n\
        Secrets are never printed: they are left out of messages and plans, and Spark's own redaction\n\
        (`spark.sql.redaction.options.regex`) is extended by the names of those that are given. Two places are Spark's alone,\n\
        before VectorFuse is asked: the plan of a session's first `CREATE TEMP VIEW … OPTIONS (api_key '…')`, and\n\
        `spark.vectorfuse.api_key` among the application's properties (the UI's Environment page and the event log), where\n\
        only `spark.redaction.regex` counts. So give keys in SQL and in Spark's configuration as `api_key_file` or\n\
        `api_key_env`, or set both of Spark's patterns for the cluster.\n\n\
        ## SQL\n\n\
        `CREATE TEMP VIEW v USING vectorfuse OPTIONS (…)` reads, and `INSERT INTO v` and `INSERT OVERWRITE v` write with the\n\
        view's options. Columns are matched by name, as everywhere: `INSERT INTO v SELECT 7L AS id, …`. A view with options\n\
        of reading (`splits`, …) can't be inserted into.\n";
    guard("options.md", &format!("{intro}{}", options::markdown()));
}

/// A type, and a value as the payload holds it.
fn samples() -> Vec<(SparkType, Value, &'static str)> {
    let list = |element| SparkType::Array(Box::new(element));
    let map = |key, value| SparkType::Map(Box::new(key), Box::new(value));
    let record = vec![SparkField::new("a", SparkType::Integer), SparkField::new("b", SparkType::string())];
    vec![
        (SparkType::Boolean, json!(true), ""),
        (SparkType::Byte, json!(-128), ""),
        (SparkType::Short, json!(32767), ""),
        (SparkType::Integer, json!(7), ""),
        (SparkType::Long, json!(i64::MAX), ""),
        (SparkType::Float, json!(0.5), "NaN and ±∞ are an error that names the row"),
        (SparkType::Double, json!(0.1), "NaN and ±∞ are an error that names the row"),
        (SparkType::Decimal(38, 2), json!("12.50"), "exact"),
        (
            SparkType::string(),
            json!("any Unicode"),
            "also `char(n)` and `varchar(n)`; a text that is no UTF-8 is an error",
        ),
        (SparkType::Binary, json!("AP8="), "base64"),
        (SparkType::Date, json!("2024-02-29"), "years outside 0000 to 9999 with a sign: `+12345-01-01`"),
        (SparkType::Timestamp, json!("2024-02-29T12:00:00.5Z"), "an instant, in UTC; a datetime index works on it"),
        (SparkType::TimestampNtz, json!("2024-02-29T12:00:00"), "a wall clock, without a zone"),
        (
            list(list(SparkType::Integer)),
            json!([[1, null], [], null]),
            "nested as deep as the store's protocol carries: about 30 levels",
        ),
        (SparkType::Struct(record), json!({"a": 1, "b": null}), "null members are kept as null"),
        (map(SparkType::string(), SparkType::Long), json!({"k": 1}), ""),
        (
            map(SparkType::Date, SparkType::Long),
            json!({"2024-01-01": 1}),
            "keys that are no strings are kept as their text",
        ),
    ]
}

#[test]
fn the_page_of_types_is_true() {
    let mut page = String::from(
        "<!-- Made from the code by `make docs`: each example was written and read. -->\n\n# Types\n\n\
         How a value of Spark is kept in a Qdrant payload, by an example that VectorFuse wrote ([Milvus](#milvus) has\n\
         fields of its own types). A collection that VectorFuse created keeps the DataFrame's schema, so reading gives the same\n\
         types and values back, bit for bit. Every column is nullable when it is read: others can leave a field out. A value that\n\
         does not fit its type is an error that names column and row; it is never changed. (A string column shows a stored value\n\
         of another kind as its JSON text.)\n\n\
         | Spark | payload | |\n|---|---|---|\n",
    );
    for (data_type, value, note) in samples() {
        let mut builder = ColumnBuilder::new(&data_type, 1);
        builder.append(Some(&value)).unwrap();
        let reader = ColumnReader::new(&builder.finish().unwrap(), &data_type).unwrap();
        let written: Value = reader.document(0).unwrap();
        page.push_str(&format!("| `{}` | `{written}` | {note} |\n", data_type.name()));
    }
    page.push_str(
        "| `variant` (Spark 4) | its value, which reads back as `parse_json` makes it | dates, timestamps and binaries become their text, floats and decimals doubles; no variant at all is kept as no field, but in an array or map it reads back as a variant null; a Spark before 4 reads the value as JSON text |\n\
         | null, at every level | `null` | |\n\n\
         Not kept, and refused before anything is written: intervals, `time`, user-defined types (but MLlib's vectors, as\n\
         vectors), maps whose keys are arrays, structs, maps or variants.\n\n\
         ## Vectors\n\n\
         A store keeps 32-bit floats, so a double or decimal is rounded to the nearest of them, and reads back as that. A column\n\
         is a vector because an option names it (`vector_fields`, `sparse_fields`, `multi_fields`, …), or because it is called like\n\
         a vector of the collection, whose kind then says which types it may have.\n\n\
         | kind | column | read back as |\n|---|---|---|\n\
         | dense | `array<float>`, `array<double>` | the same |\n\
         | | `array<decimal(p,s)>` | the same up to 6 digits, otherwise `array<float>` |\n\
         | | array of `byte`, `short`, `int`, `long`, from -2^24 to 2^24 | the same |\n\
         | | `binary`: packed 32-bit floats, the lowest byte first | the same |\n\
         | | MLlib's vector (`ml` or `mllib`); a sparse one is filled up with zeros | `array<double>` |\n\
         | sparse | `struct<indices:array<int or bigint>,values:array<float or double>>` | the same |\n\
         | | `map<int or bigint,float or double>` | the same |\n\
         | | two columns, such arrays | the same |\n\
         | | string: `{\"12\":0.5}` or `{\"indices\":[12],\"values\":[0.5]}` | string of the second form |\n\
         | | MLlib's vector; of a dense one what is not zero | `struct<indices:array<int>,values:array<double>>` |\n\
         | multi-vector | arrays of the arrays above | the same |\n\n\
         Integers and decimals are read back as `array<float>` where the server changes them (the distance Cosine, fewer bits).\n\
         MLlib's type itself needs MLlib's classes, which a reader may not have: ask for it with a schema of your own\n\
         (dense vectors). Such a schema may ask for each form of the vector's kind; a number or index that does not fit is an error.\n\
         In collections of others dense vectors are `array<float>`, sparse ones\n\
         `struct<indices:array<bigint>,values:array<float>>` and multi-vectors `array<array<float>>`. An append may have another\n\
         form than the column that is there, if that can show every number: the column keeps its type.\n\n\
         An error that names column and row: NaN, ±∞ or a null inside a vector, a double beyond 32 bits, another number of\n\
         dimensions, a multi-vector that is empty or ragged, an index that is not between 0 and 2^32-1 or is there twice, indices\n\
         and values of different length, a packed vector whose length is no multiple of 4, anything but integers from 0 to 255\n\
         for a collection that keeps those (Uint8). Places of a sparse vector come back in order; zeros in it and an empty one are\n\
         values, and are kept. A collection with the distance Cosine returns normalised vectors: that is a fact of the server,\n\
         told as a warning when such a collection is written; so is one that keeps vectors in fewer bits.\n\n\
         An append must name a column for each vector of the collection, or say with the options which it writes: a point that is\n\
         written over loses the vectors that are not sent. Where options name columns of one kind alone, those of the other kinds\n\
         are still found by their names; `vector_fields` = \"\" alone says that points have no vectors. A null vector is not sent; a\n\
         row of which every vector is null is an error.\n\n\
         ## Ids\n\n\
         | column | id | read back as |\n|---|---|---|\n\
         | byte, short, int, long, decimal without fraction | the integer, 0 to 2^64-1 | the same |\n\
         | string `\"7\"` | the integer 7 | `\"7\"` |\n\
         | string with a UUID | that UUID | the same text, which is kept in the payload if it was not canonical |\n\
         | any other string, and every other type that is no array, struct, map or variant | the UUIDv5 of its text (namespace of OIDs) | the value, which is kept in the payload |\n\
         | `key_fields` | the UUIDv5 of the JSON array of the columns' texts | the columns; the id is a further column `id` |\n\
         | none | a UUIDv5 of query, partition and row number | a further column `id` |\n\n\
         ## Collections that VectorFuse did not create\n\n\
         The columns are `id` (string), one for each vector (`vector` for the unnamed one), and the fields of the payload, as the\n\
         payload indexes and a sample of points (`schema_sample`) show them: booleans, integers as `bigint`, doubles (also where\n\
         integers occur among them), strings, lists as `array`, objects as `struct` (`map<string,string>` if no member was\n\
         seen), and `timestamp` for a field with a datetime index whose sampled values are all dates. A field of several kinds\n\
         is a string with the values' JSON text. A field whose name is taken gets `payload_` in front. A schema of your own\n\
         (`.schema(…)`) wins over all of this.\n\n\
         ## Milvus\n\n\
         A collection of Milvus has a schema. One that VectorFuse creates has a field for each column, and keeps the Spark type\n\
         with it, so that reading gives the same types and values back:\n\n\
         | Spark | field | |\n|---|---|---|\n\
         | `boolean`, `byte`, `short`, `integer`, `long` | Bool, Int8, Int16, Int32, Int64 | a number beyond the field's range is an error that names the row |\n\
         | `float`, `double` | Float, Double | |\n\
         | `string` | VarChar of 65,535 bytes; `char(n)`, `varchar(n)`: of 4n | a longer text is an error that names the row |\n\
         | `decimal`, `date`, `binary` | VarChar: the exact text, ISO, base64 | |\n\
         | `timestamp`, `timestamp_ntz` | Int64: microseconds since 1970 | |\n\
         | array of the types above | Array of at most 4,096 such values | a null in it is an error |\n\
         | `struct`, `map`, `variant`, other arrays | JSON, as in the table above | before Milvus 2.5 JSON is an object: put an array into a struct |\n\
         | dense vector | FloatVector; `vector.<name>.datatype`: Float16Vector, BFloat16Vector, Int8Vector | the last three by Milvus 2.4 and 2.5 |\n\
         | `binary` as a vector | BinaryVector, 8 dimensions in each byte | read as `binary` |\n\
         | sparse vector | SparseFloatVector | since Milvus 2.4 |\n\
         | the key | Int64 or VarChar, the value itself | |\n\
         | `void` | – | an error `UNSUPPORTED`: cast the column |\n\
         | null | null, where fields can be: since Milvus 2.5; never in a key or a vector | before, an error that names column and row |\n\n\
         Written to a collection of others, a column's value must fit its field in the same way: integers any integer field, if\n\
         each is in its range; `float` a Float, `float` and `double` a Double; strings, decimals, dates and binaries a VarChar; JSON\n\
         text, structs, maps, arrays and variants a JSON field. Columns without a field go to the dynamic field, as JSON. Fields that\n\
         VectorFuse did not make are read by their own types, JSON as its text, and a column `$meta` shows the dynamic field.\n\
         Some types only others give to a field:\n\n\
         | field | read as | written from |\n|---|---|---|\n\
         | Timestamptz, since Milvus 2.6 | `timestamp` | `timestamp`, the years 1 to 9999 |\n\
         | Geometry, since Milvus 2.6 | `string`: WKT | `string`: WKT |\n\
         | Text | `string`; as a VarChar in a schema of your own | `string`; `decimal`, `date`, `binary` as in a VarChar |\n\
         | arrays of vectors or of structs, and what VectorFuse does not know | no column; a warning says so | not; an error, if every row needs a value |\n\n\
         An integer of more than 64 bits, and a key that an object has twice, stay what they are in the text of JSON. Where JSON is\n\
         taken apart (a JSON field or `$meta` read with another type than string, a text that is written to `$meta`) they are an\n\
         error that names the row.\n",
    );
    guard("types.md", &page);
}
