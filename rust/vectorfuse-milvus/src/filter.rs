//! Spark's predicates as Milvus's expressions: translated once, so that "can it be pushed?" is "was it translated?".
//!
//! A predicate is pushed only where the expression keeps exactly the rows for which Spark finds it true. What servers do
//! with nulls in a negation differs from one to the next, so none is asked: both sides of a predicate are put together of
//! tests that name the nulls themselves. What is left to Spark stands in docs/push-down.md.

use vectorfuse_core::error::Result;
use vectorfuse_core::logic::{Comparison, Parts, Side, Test as _, Truth};
use vectorfuse_core::predicate::{Constant, Expr, Fit};
use vectorfuse_core::schema::has_collation;
use vectorfuse_core::table::{Column, Scan, Table};

use crate::details::{self, ReadDetails};
use crate::expression;
use crate::operand::Operand;
use crate::schema;
use crate::test::Test;
use crate::version::PARTITION_KEY_UPSERTS;

/// A server looks at each test for each row, and what is nested too deep it can't read.
const MOST_TESTS: usize = 200;
/// Each page's request carries the expression: one that is longer costs more than it spares.
const MOST_BYTES: usize = 256 * 1024;

/// What a scan of the table can do with each predicate.
pub(crate) fn accepts(table: &Table, predicates: &[Expr]) -> Result<Vec<Fit>> {
    let details: ReadDetails = details::of_plan(&table.details)?;
    let translation = Translation { columns: &table.columns, details: &details };
    let (mut tests, mut bytes) = (MOST_TESTS, MOST_BYTES);
    let fits = predicates.iter().map(|predicate| match translation.side(predicate) {
        Some(side) if side.test.tests() <= tests && side.test.bytes() <= bytes => {
            tests -= side.test.tests();
            bytes -= side.test.bytes();
            if side.exact { Fit::Exact } else { Fit::Narrows }
        }
        Some(_) | None => Fit::No,
    });
    Ok(fits.collect())
}

/// The expression of a scan, which is true where every predicate is that was accepted; `None` if there are none.
pub(crate) fn of_scan(scan: &Scan) -> Result<Option<String>> {
    let details: ReadDetails = details::of_plan(&scan.details)?;
    let translation = Translation { columns: &scan.known, details: &details };
    let tests = scan.predicates.iter().filter_map(|predicate| translation.side(predicate));
    Ok(match tests.fold(Test::always(), |all, side| all.and(side.test)) {
        Test::Always => None,
        Test::Never => Some(expression::never(&details.collection.primary()?.name)),
        Test::If { expression, .. } => Some(expression),
    })
}

struct Translation<'a> {
    columns: &'a [Column],
    details: &'a ReadDetails,
}

impl Translation<'_> {
    /// Where the predicate is true; `None` if the server can't tell, or tells nothing.
    fn side(&self, predicate: &Expr) -> Option<Side<Test>> {
        self.truth(predicate).yes.filter(|side| side.exact || side.test != Test::Always)
    }

    /// The field that a path names; `None` for what is only a part of one.
    fn operand(&self, path: &[String]) -> Option<Operand<'_>> {
        let [name] = path else { return None };
        let column = self.columns.iter().find(|column| column.name == *name)?;
        let field = schema::field_of(&self.details.collection, &column.role)?;
        let has_index = self.details.indexed.contains(&field.name);
        // Rows that such a server was given by an upsert are not where it looks for them.
        if field.is_partition_key && !self.details.collection.version.has(PARTITION_KEY_UPSERTS) {
            return None;
        }
        (expression::is_name(&field.name) && !has_collation(&column.metadata)).then_some(Operand {
            field,
            data_type: &column.data_type,
            has_index,
        })
    }
}

impl Parts for Translation<'_> {
    type Test = Test;

    fn is_null(&self, path: &[String]) -> Truth<Test> {
        self.operand(path).map_or_else(Truth::hidden, |operand| operand.is_null())
    }

    fn compare(&self, path: &[String], comparison: Comparison, value: &Constant) -> Truth<Test> {
        self.operand(path).map_or_else(Truth::hidden, |operand| operand.compare(comparison, value))
    }

    fn is_in(&self, path: &[String], values: &[Constant]) -> Truth<Test> {
        self.operand(path).map_or_else(Truth::hidden, |operand| operand.is_in(values))
    }

    fn starts_with(&self, path: &[String], prefix: &str) -> Truth<Test> {
        self.operand(path).map_or_else(Truth::hidden, |operand| operand.starts_with(prefix))
    }
}
