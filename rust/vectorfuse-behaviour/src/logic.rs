//! What Spark makes of a predicate: a model of its own, in SQL's logic of three values, over rows that were read.

use std::cmp::Ordering;

use serde_json::json;
use vectorfuse_core::predicate::{Expr, Literal};
use vectorfuse_core::schema::{SparkField, SparkType};

use crate::values::Val;

/// A constant, as Spark hands it down: `None` for a value that has no such form.
pub fn literal(value: &Val, data_type: &SparkType) -> Option<Expr> {
    let text = match value {
        Val::Null => None,
        Val::Bool(value) => Some(value.to_string()),
        Val::Int(unscaled) => Some(match data_type {
            SparkType::Decimal(_, scale) => format!("{unscaled}E-{scale}"),
            _ => unscaled.to_string(),
        }),
        Val::Float(bits) => Some(f32::from_bits(*bits).to_string()),
        Val::Double(bits) => Some(f64::from_bits(*bits).to_string()),
        Val::Text(text) => Some(text.clone()),
        Val::Bytes(_) | Val::Variant(_) | Val::List(_) | Val::Struct(_) | Val::Map(_) => return None,
    };
    Some(Expr::Literal(Literal { data_type: json!(data_type.name()), value: text }))
}

/// Whether the predicate is true of the row: `None` where that is unknown.
pub fn truth(expr: &Expr, fields: &[SparkField], row: &[Val]) -> Option<bool> {
    let Expr::Call(name, children) = expr else {
        return match value(expr, fields, row) {
            Val::Bool(value) => Some(value),
            Val::Null => None,
            other => panic!("{other:?} is no boolean"),
        };
    };
    let of = |index: usize| truth(&children[index], fields, row);
    let val = |index: usize| value(&children[index], fields, row);
    let order = || compare(&val(0), &val(1));
    match name.as_str() {
        "ALWAYS_TRUE" => Some(true),
        "ALWAYS_FALSE" => Some(false),
        "NOT" => of(0).map(|value| !value),
        "AND" => match (of(0), of(1)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        "OR" => match (of(0), of(1)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        "IS_NULL" => Some(val(0) == Val::Null),
        "IS_NOT_NULL" => Some(val(0) != Val::Null),
        "=" => order().map(Ordering::is_eq),
        "<>" => order().map(Ordering::is_ne),
        "<" => order().map(Ordering::is_lt),
        "<=" => order().map(Ordering::is_le),
        ">" => order().map(Ordering::is_gt),
        ">=" => order().map(Ordering::is_ge),
        "<=>" => Some(match (val(0), val(1)) {
            (Val::Null, Val::Null) => true,
            (Val::Null, _) | (_, Val::Null) => false,
            (a, b) => compare(&a, &b) == Some(Ordering::Equal),
        }),
        "STARTS_WITH" => match (val(0), val(1)) {
            (Val::Text(text), Val::Text(prefix)) => Some(text.as_bytes().starts_with(prefix.as_bytes())),
            (Val::Null, _) | (_, Val::Null) => None,
            (a, b) => panic!("{a:?} and {b:?} have no beginning"),
        },
        "IN" => {
            let mut unknown = val(0) == Val::Null;
            for child in &children[1..] {
                match compare(&val(0), &value(child, fields, row)) {
                    Some(Ordering::Equal) => return Some(true),
                    Some(_) => {}
                    None => unknown = true,
                }
            }
            (!unknown).then_some(false)
        }
        other => panic!("the model does not know {other}"),
    }
}

fn value(expr: &Expr, fields: &[SparkField], row: &[Val]) -> Val {
    match expr {
        Expr::Column(path) => member(path, fields, row),
        Expr::Literal(literal) => constant(literal),
        Expr::Call(..) | Expr::Other(_) => panic!("{expr} is no value"),
    }
}

fn member(path: &[String], fields: &[SparkField], row: &[Val]) -> Val {
    let place = fields.iter().position(|field| field.name == path[0]).unwrap();
    match (&path[1..], &fields[place].data_type, &row[place]) {
        ([], _, value) => value.clone(),
        (_, _, Val::Null) => Val::Null,
        (rest, SparkType::Struct(members), Val::Struct(values)) => member(rest, members, values),
        (_, data_type, value) => panic!("{value:?} of {} has no members", data_type.name()),
    }
}

fn constant(literal: &Literal) -> Val {
    let Some(text) = &literal.value else { return Val::Null };
    match SparkType::from_json(&literal.data_type).unwrap() {
        SparkType::Boolean => Val::Bool(text.parse().unwrap()),
        SparkType::Float => Val::Float(text.parse::<f32>().unwrap().to_bits()),
        SparkType::Double => Val::Double(text.parse::<f64>().unwrap().to_bits()),
        SparkType::String(_) => Val::Text(text.clone()),
        SparkType::Decimal(..) => Val::Int(text.split_once('E').unwrap().0.parse().unwrap()),
        _ => Val::Int(text.parse().unwrap()),
    }
}

/// The order of two values of one type; `None` if one is null.
fn compare(a: &Val, b: &Val) -> Option<Ordering> {
    Some(match (a, b) {
        (Val::Null, _) | (_, Val::Null) => return None,
        (Val::Bool(a), Val::Bool(b)) => a.cmp(b),
        (Val::Int(a), Val::Int(b)) => a.cmp(b),
        (Val::Float(a), Val::Float(b)) => order(f32::from_bits(*a).into(), f32::from_bits(*b).into()),
        (Val::Double(a), Val::Double(b)) => order(f64::from_bits(*a), f64::from_bits(*b)),
        (Val::Text(a), Val::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (a, b) => panic!("{a:?} and {b:?} are never compared"),
    })
}

/// NaN is the same as NaN, and greater than every number.
fn order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}
