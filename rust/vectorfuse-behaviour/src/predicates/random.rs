//! Random values, at the edges of their types, what others put in their place, and predicates on them.

use serde_json::{Value as Json, json};
use vectorfuse_core::predicate::Expr;
use vectorfuse_core::schema::{SparkField, SparkType};

use crate::chance::{seed, tell};
use crate::logic::literal;
use crate::store::Abilities;
use crate::values::{Val, double, int, text};

/// Small and repeatable: what matters is that edges meet edges.
pub struct Dice(u64);

impl Dice {
    pub fn of(label: &str) -> Self {
        let seed = seed();
        tell(&format!("predicates, {label}: seed {seed} (VECTORFUSE_SEED)"));
        Self(seed)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }
}

/// Values at the edges of a type, and some in between.
fn pool(data_type: &SparkType) -> Vec<Val> {
    let ints = |values: &[i64]| values.iter().map(|value| int(*value)).collect();
    match data_type {
        SparkType::Boolean => vec![Val::Bool(true), Val::Bool(false)],
        SparkType::Byte => ints(&[-128, -1, 0, 1, 127]),
        SparkType::Integer => ints(&[i32::MIN.into(), -7, 0, 1, 2, 3, i32::MAX.into()]),
        SparkType::Long => {
            let edge = 1_i64 << 53;
            ints(&[i64::MIN, -edge - 1, -edge, -edge + 1, -1, 0, 1, 2, edge - 1, edge, edge + 1, edge + 2, i64::MAX])
        }
        SparkType::Float => {
            [f32::MIN, -1.5, -0.0, 0.0, 0.1, 1.0, 3e-45].iter().map(|value| Val::Float(value.to_bits())).collect()
        }
        SparkType::Double => {
            [f64::MIN, -1.5, -0.0, 0.0, 5e-324, 0.1, 1.0, 2.0, 9_007_199_254_740_992.0, 1e300].map(double).to_vec()
        }
        SparkType::String(_) => {
            let odd = [
                "",
                " ",
                "x",
                "X",
                "'\"\n\\",
                "größe",
                "日本🦀",
                "𩸽",
                "鸽",
                "\\𠮷\"日",
                "5",
                "-5",
                "1.0",
                "1.5",
                "true",
                "null",
                "[]",
                "[1]",
                "{\"a\":1}",
                "\"x\"",
                "2024-02-29",
                "[\"x\"]",
            ];
            odd.map(text).to_vec()
        }
        SparkType::Decimal(..) => ints(&[-1500, -5, 0, 5, 1000, 1500, 99_999_999]),
        SparkType::Date => {
            ints(&[i32::MIN.into(), -800_000, -719_528, -1, 0, 19_782, 2_932_896, 2_932_897, i32::MAX.into()])
        }
        SparkType::Timestamp | SparkType::TimestampNtz => ints(&[
            i64::MIN,
            -63_000_000_000_000_001,
            -1,
            0,
            1,
            999_999,
            1_000_000,
            1_709_208_000_000_000,
            1_709_208_000_000_001,
            253_402_300_799_999_999,
            253_402_300_800_000_000,
            i64::MAX,
        ]),
        SparkType::Array(_) => vec![Val::List(vec![]), Val::List(vec![int(1)]), Val::List(vec![int(1), Val::Null])],
        other => panic!("no values of {}", other.name()),
    }
}

/// A value of a column.
pub fn random_column(can: Abilities, dice: &mut Dice, data_type: &SparkType) -> Val {
    loop {
        let value = random_value(dice, data_type);
        let has_null = matches!(&value, Val::List(items) if items.contains(&Val::Null));
        if (can.nulls || value != Val::Null) && (can.null_elements || !has_null) {
            return value;
        }
    }
}

pub fn random_value(dice: &mut Dice, data_type: &SparkType) -> Val {
    if dice.roll(6) == 0 {
        return Val::Null;
    }
    match data_type {
        SparkType::Struct(members) => {
            Val::Struct(members.iter().map(|member| random_value(dice, &member.data_type)).collect())
        }
        _ => dice.pick(&pool(data_type)),
    }
}

/// The paths of what can be compared.
pub fn leaves(fields: &[SparkField], before: &[String]) -> Vec<(Vec<String>, SparkType)> {
    let mut found = Vec::new();
    for field in fields {
        let mut path = before.to_vec();
        path.push(field.name.clone());
        if let SparkType::Struct(members) = &field.data_type {
            found.extend(leaves(members, &path));
        }
        found.push((path, field.data_type.clone()));
    }
    found
}

pub fn random_predicate(dice: &mut Dice, leaves: &[(Vec<String>, SparkType)], ids: &[Val], depth: usize) -> Expr {
    let call = |name: &str, children| Expr::Call(name.to_owned(), children);
    if depth > 0 && dice.roll(3) == 0 {
        let a = random_predicate(dice, leaves, ids, depth - 1);
        return match dice.roll(5) {
            0 | 1 => call("NOT", vec![a]),
            side => {
                let b = random_predicate(dice, leaves, ids, depth - 1);
                call(if side % 2 == 0 { "AND" } else { "OR" }, vec![a, b])
            }
        };
    }
    let (path, data_type) = dice.pick(leaves);
    let column = Expr::Column(path.clone());
    let values = if path == ["id"] {
        ids.to_vec()
    } else if let SparkType::Struct(_) | SparkType::Array(_) = data_type {
        vec![]
    } else {
        pool(&data_type)
    };
    if values.is_empty() || dice.roll(8) == 0 {
        return call(["IS_NULL", "IS_NOT_NULL"][dice.roll(2)], vec![column]);
    }
    let mut constant = || {
        let value = if dice.roll(12) == 0 { Val::Null } else { dice.pick(&values) };
        literal(&value, &data_type).unwrap()
    };
    let first = constant();
    let more = [constant(), constant(), constant()];
    match dice.roll(12) {
        0 if matches!(data_type, SparkType::String(_)) => call("STARTS_WITH", vec![column, first]),
        0 if data_type == SparkType::Boolean => column,
        1 => call("IN", [vec![column], more.to_vec()].concat()),
        2 => call("IN", vec![column, first]),
        3 => call("<=>", vec![column, first]),
        4 => call("<>", vec![column, first]),
        5 => call("<", vec![first, column]),
        6 => call("ALWAYS_TRUE", vec![]),
        7..=9 => call("=", vec![column, first]),
        _ => call(["<", "<=", ">", ">="][dice.roll(4)], vec![column, first]),
    }
}

/// What others put where a column of this type is read: in each JSON type that the column can show.
pub fn strange(dice: &mut Dice, data_type: &SparkType) -> Json {
    let from: &[Json] = &match data_type {
        SparkType::Boolean => vec![json!(true), json!(false)],
        SparkType::Long => vec![
            json!(0),
            json!(1),
            json!(1.0),
            json!(2.0),
            json!(-1),
            json!((1_i64 << 53) + 1),
            json!(1_i64 << 53),
            json!(i64::MAX),
            json!(i64::MIN),
        ],
        SparkType::Double => vec![
            json!(0),
            json!(1),
            json!(1.0),
            json!(0.1),
            json!(-0.0),
            json!(0.0),
            json!(-1.5),
            json!(1e300),
            json!(2),
        ],
        SparkType::String(_) => vec![
            json!("x"),
            json!("5"),
            json!(5),
            json!("true"),
            json!(true),
            json!(1.0),
            json!(1.5),
            json!("1.5"),
            json!([]),
            json!(["x"]),
            json!("[]"),
            json!([null]),
            json!(["x", "y"]),
            json!({}),
            json!({"a": 1}),
            json!("{\"a\":1}"),
            json!(""),
            json!("null"),
            json!([5]),
            json!("größe"),
            json!("'\"\n\\"),
            json!([["x"]]),
            json!([1]),
        ],
        SparkType::Timestamp => vec![
            json!("1970-01-01T00:00:00Z"),
            json!("1970-01-01"),
            json!("1970-01-01 01:00:00+01:00"),
            json!("1970-01-01T01:00:00+01:00"),
            json!("1970-01-01T00:00:00.000001Z"),
            json!("1970-01-01T00:00"),
            json!("1970-01-01t00:00:01z"),
            json!("2024-02-29T12:00:00.0000010Z"),
            json!("+10000-01-01T00:00:00Z"),
            json!("-0001-12-31T00:00:00Z"),
            json!("2024-02-29T12:00:00+0000"),
            json!("0000-01-01T00:00:00Z"),
        ],
        SparkType::Struct(members) => {
            let mut object = serde_json::Map::new();
            for member in members {
                if dice.roll(5) > 0 {
                    object.insert(member.name.clone(), strange(dice, &member.data_type));
                }
            }
            vec![Json::Object(object)]
        }
        other => panic!("nothing strange for {}", other.name()),
    };
    if dice.roll(7) == 0 { Json::Null } else { dice.pick(from) }
}
