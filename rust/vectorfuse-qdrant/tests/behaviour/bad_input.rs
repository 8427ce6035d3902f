//! Ids and columns that Qdrant has no place for; what no store takes is in the suite.

use vectorfuse_behaviour::bad_input::{bad_row, id_and_vector};
use vectorfuse_behaviour::job::{Frame, Job, refused};
use vectorfuse_behaviour::values::{floats, int, vector};
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::suite::TESTED;
use crate::support::server::{Place, block_on};

#[test]
fn a_negative_id_is_refused() {
    let columns = id_and_vector(SparkType::Long);
    let good = vec![int(1), vector(&[1.0])];
    bad_row(&TESTED, &columns, good, vec![int(-7), vector(&[1.0])], &["-7", "negative", "column: id"]);
}

#[test]
fn an_id_beyond_64_bits_is_refused() {
    let columns = id_and_vector(SparkType::Decimal(20, 0));
    let good = vec![int(u64::MAX), vector(&[1.0])];
    let bad = vec![int(i128::from(u64::MAX) + 1), vector(&[1.0])];
    bad_row(&TESTED, &columns, good, bad, &["18446744073709551616", "larger", "column: id"]);
}

#[test]
fn columns_that_do_not_fit_the_collection_s_vectors_are_refused_on_the_driver() {
    block_on(async {
        let place = Place::shared("claims");
        let columns = [("id", SparkType::Long), ("a", floats()), ("b", floats()), ("n", SparkType::Long)];
        let frame = Frame::new(&columns, vec![vec![int(1), vector(&[1.0]), vector(&[1.0]), int(1)]]);
        let two = Job::on(&place).with("vector_fields", "a,b");
        let same = two.clone().with("vector_names", "v,v");
        refused(
            same.plan(&frame.fields, Mode::Append).await,
            Kind::Options,
            &["vector_fields", "two columns claim", "`v`"],
        );
        two.append(&frame).await;
        let unknown = Job::on(&place).with("vector_fields", "a").with("vector_names", "nope");
        let words = ["vector_fields", "`nope`", "`a`", "`b`", &place.collection];
        refused(unknown.plan(&frame.fields, Mode::Append).await, Kind::Options, &words);
        let unnamed = Job::on(&place).with("vector_field", "a");
        refused(unnamed.plan(&frame.fields, Mode::Append).await, Kind::Options, &["vector_field", "unnamed"]);
        let number = Job::on(&place).with("vector_fields", "n").with("vector_names", "a");
        refused(number.plan(&frame.fields, Mode::Append).await, Kind::Options, &["column `n`", "long", "array<float>"]);
        let lost = Frame::new(&[("id", SparkType::Long), ("n", SparkType::Long)], Vec::new());
        refused(Job::on(&place).plan(&lost.fields, Mode::Append).await, Kind::Options, &["`a`", "vector_fields"]);
    });
}
