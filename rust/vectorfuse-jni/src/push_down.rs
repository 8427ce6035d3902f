//! What of a query the store is asked to do, and what EXPLAIN says of it.

use serde_json::json;
use vectorfuse_core::error::Result;
use vectorfuse_core::predicate::{Expr, Fit, Literal};
use vectorfuse_core::sample::Sample;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Aggregate, Column, Order, Role, Scan, Table};

use crate::runtime::block_on;
use crate::stores;

/// Whether a limit of Spark's may be pushed below what the options choose.
pub fn takes_limits(table: &Table) -> bool {
    table.options.named.push_down && !table.is_windowed()
}

/// Whether the store can draw samples of what the options choose.
pub fn takes_samples(table: &Table) -> Result<bool> {
    Ok(takes_limits(table) && stores::open(table.options.clone())?.samples(table)?)
}

/// So many rows are read by one task as fast as by many. What passes over rows is one task.
const MOST_AFTER_OFFSET: u64 = 10_000;

/// Whether the store should pass over the first `offset` of `limit` rows.
pub fn skips(table: &Table, limit: u64, offset: u64) -> Result<bool> {
    let is_small = limit.checked_sub(offset).is_some_and(|rows| rows <= MOST_AFTER_OFFSET);
    Ok(is_small && takes_limits(table) && stores::open(table.options.clone())?.skips(table)?)
}

/// The most rows of a `LIMIT` after a sort that are fetched in order: one answer names them all.
const MOST_ORDERED: u64 = 1_000;

/// The order of a sort by these expressions if the store can find its first rows; `None` if Spark has to.
///
/// With several expressions the store would cut among rows that only the second one tells apart.
pub fn order(table: &Table, orders: &[Expr], limit: u64) -> Result<Option<Order>> {
    let [Expr::Call(direction, by)] = orders else { return Ok(None) };
    let [Expr::Column(path)] = by.as_slice() else { return Ok(None) };
    let [column] = path.as_slice() else { return Ok(None) };
    let descending = match direction.as_str() {
        "ASC" => false,
        "DESC" => true,
        _ => return Ok(None),
    };
    let fits = takes_limits(table)
        && (1..=MOST_ORDERED).contains(&limit)
        && stores::open(table.options.clone())?.orders(table, column, limit)?;
    Ok(fits.then(|| Order { column: column.clone(), descending }))
}

/// What the store can do with each predicate. Options that choose rows come before Spark's predicates, so that these
/// must look at the chosen rows alone.
pub fn accepts(table: &Table, predicates: &[Expr]) -> Result<Vec<Fit>> {
    if !takes_limits(table) {
        return Ok(vec![Fit::No; predicates.len()]);
    }
    stores::open(table.options.clone())?.accepts(table, predicates)
}

/// The scan of those rows alone for which these predicates are true too, as far as the store can tell.
pub fn narrowed(scan: Scan, predicates: Vec<Expr>) -> Result<Scan> {
    let table = scan.table();
    let all: Vec<Expr> = scan.predicates.iter().cloned().chain(predicates).collect();
    let fits = accepts(&table, &all)?;
    let before = scan.predicates.len();
    let fit = all.into_iter().zip(fits).enumerate();
    // What was pushed already stays: Spark does not look at those rows again.
    let kept = fit.filter(|(index, (_, fit))| *index < before || *fit != Fit::No).map(|(_, (predicate, _))| predicate);
    Ok(scan.only(kept.collect()))
}

/// The scan that gives the results of these functions instead of rows; `None` if one of them is not computed exactly.
pub fn aggregated(
    table: Table,
    predicates: Vec<Expr>,
    functions: Vec<Expr>,
    group_by: Vec<Expr>,
) -> Result<Option<Scan>> {
    if !takes_limits(&table) {
        return Ok(None);
    }
    let group = match group_by.as_slice() {
        [] if functions.is_empty() => return Ok(None),
        [] => None,
        [Expr::Column(path)] => match path.as_slice() {
            [name] => table.columns.iter().find(|column| column.name == *name).cloned(),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    if group.is_none() != group_by.is_empty() {
        return Ok(None);
    }
    let mut columns: Vec<Column> = group.iter().cloned().collect();
    let mut aggregates = Vec::with_capacity(functions.len());
    for (index, function) in functions.into_iter().enumerate() {
        let Expr::Call(name, arguments) = function else { return Ok(None) };
        let aggregate = match (name.as_str(), arguments.as_slice()) {
            ("CountStar", []) => Aggregate::Rows,
            // What counts in a group is its rows alone.
            _ if group.is_some() => return Ok(None),
            ("Count", [column @ Expr::Column(_)]) => {
                Aggregate::RowsWhere(Expr::Call("IS_NOT_NULL".to_owned(), vec![column.clone()]))
            }
            ("Min" | "Max", [column]) => {
                let direction = if name == "Max" { "DESC" } else { "ASC" };
                match order(&table, &[Expr::Call(direction.to_owned(), vec![column.clone()])], 1)? {
                    Some(order) => Aggregate::First(order),
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        // Spark asks for results by their place.
        let name = format!("{name} {index}");
        columns.push(match &aggregate {
            Aggregate::Rows | Aggregate::RowsWhere(_) => Column::new(name, SparkType::Long, Role::Unused),
            Aggregate::First(order) => {
                let column = table.columns.iter().find(|column| column.name == order.column);
                let Some(column) = column else { return Ok(None) };
                Column { name, ..column.clone() }
            }
        });
        aggregates.push(aggregate);
    }
    let mut all = predicates.clone();
    all.extend(aggregates.iter().filter_map(|aggregate| match aggregate {
        Aggregate::Rows | Aggregate::First(_) => None,
        Aggregate::RowsWhere(predicate) => Some(predicate.clone()),
    }));
    if accepts(&table, &all)?.iter().any(|fit| *fit != Fit::Exact) {
        return Ok(None);
    }
    let scan = table.scan(&[])?;
    let group = group.map(|column| column.name);
    let scan = Scan { columns, predicates, aggregates: Some(aggregates), group, ..scan };
    let computes = block_on(stores::open(scan.options.clone())?.aggregates(&scan))?;
    Ok(computes.then_some(scan))
}

/// The columns on which values that turn up while the query runs, a join's keys, can narrow the scan.
pub fn lookups(scan: &Scan) -> Result<Vec<&str>> {
    if scan.limit.is_some() || scan.aggregates.is_some() {
        return Ok(Vec::new());
    }
    let table = scan.table();
    let named = scan.columns.iter().filter_map(|column| Some((column, example(&column.data_type)?)));
    let (columns, examples): (Vec<&Column>, Vec<&str>) = named.unzip();
    let lookup = |(column, example): (&&Column, &&str)| {
        let literal = Literal { data_type: json!(column.data_type.name()), value: Some((*example).to_owned()) };
        Expr::Call("IN".to_owned(), vec![Expr::Column(vec![column.name.clone()]), Expr::Literal(literal)])
    };
    let mut found = Vec::new();
    // One by one: together they could be more than one filter may hold.
    for pair in columns.iter().zip(&examples) {
        if accepts(&table, &[lookup(pair)])?.iter().all(|fit| *fit != Fit::No) {
            found.push(pair.0.name.as_str());
        }
    }
    Ok(found)
}

/// A value of a type by which rows are looked up.
fn example(data_type: &SparkType) -> Option<&'static str> {
    match data_type {
        SparkType::String(_) => Some("x"),
        SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long => Some("1"),
        SparkType::Date | SparkType::Timestamp | SparkType::TimestampNtz => Some("0"),
        SparkType::Null
        | SparkType::Boolean
        | SparkType::Float
        | SparkType::Double
        | SparkType::Decimal(..)
        | SparkType::Binary
        | SparkType::Variant
        | SparkType::Array(_)
        | SparkType::Struct(_)
        | SparkType::Map(..)
        | SparkType::MllibVector(_) => None,
    }
}

/// What EXPLAIN shows: names and predicates, no option and so no secret.
pub fn description(scan: &Scan) -> Result<String> {
    let mut parts = vec![format!("VectorFuse {} {}", scan.options.store()?, scan.options.collection()?)];
    match &scan.aggregates {
        None => {
            let columns: Vec<&str> = scan.columns.iter().map(|column| column.name.as_str()).collect();
            parts.push(format!("columns: [{}]", columns.join(", ")));
        }
        Some(aggregates) => {
            let count = |aggregate: &Aggregate| match aggregate {
                Aggregate::Rows => "COUNT(*)".to_owned(),
                Aggregate::RowsWhere(predicate) => format!("COUNT(*) WHERE {predicate}"),
                Aggregate::First(order) if order.descending => format!("MAX({})", order.column),
                Aggregate::First(order) => format!("MIN({})", order.column),
            };
            let counts: Vec<String> = aggregates.iter().map(count).collect();
            parts.push(format!("pushed aggregates: [{}]", counts.join(", ")));
            parts.extend(scan.group.as_ref().map(|group| format!("pushed group by: [{group}]")));
        }
    }
    let filters: Vec<String> = scan.predicates.iter().map(ToString::to_string).collect();
    parts.push(format!("pushed filters: [{}]", filters.join(", ")));
    if let Some(order) = &scan.order {
        let direction = if order.descending { "DESC" } else { "ASC" };
        parts.push(format!("pushed order: [{} {direction}]", order.column));
    }
    parts.extend(
        scan.sample.map(|Sample { lower, upper, seed }| format!("pushed sample: [{lower} to {upper}, seed {seed}]")),
    );
    parts.extend(scan.offset.map(|offset| format!("pushed offset: {offset}")));
    parts.extend(scan.limit.map(|limit| format!("pushed limit: {limit}")));
    Ok(parts.join(", "))
}
