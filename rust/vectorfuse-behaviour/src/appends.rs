//! What a write does to a collection that is there: appends, overwrites, and schemas that meet.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::job::{Frame, Job, refused};
use crate::store::{Place, Tested, block_on};
use crate::values::{Val, floats, int, text, vector};

/// Rows with an id, a vector and one column more.
fn frame(column: &str, data_type: SparkType, rows: Vec<(i64, Val)>) -> Frame {
    let columns = [("id", SparkType::Long), ("vector", floats()), (column, data_type)];
    Frame::new(&columns, rows.into_iter().map(|(id, value)| vec![int(id), vector(&[id as f32, 1.0]), value]).collect())
}

fn dot(place: &dyn Place) -> Job {
    Job::on(place).with("distance", "dot")
}

pub fn an_append_adds_its_columns_to_the_kept_schema(store: &Tested) {
    block_on(async {
        let place = store.place("merge");
        let job = dot(&place);
        job.append(&frame("a", SparkType::Date, vec![(1, int(5)), (2, int(6))])).await;
        job.append(&frame("b", SparkType::Decimal(5, 2), vec![(2, int(150)), (3, Val::Null)])).await;
        let read = Job::on(&place).read(2).await.unwrap();
        assert_eq!((read.type_of("a"), read.type_of("b")), ("date".to_owned(), "decimal(5,2)".to_owned()));
        // An upsert replaces the whole point.
        let expected = [[int(1), int(5), Val::Null], [int(2), Val::Null, int(150)], [int(3), Val::Null, Val::Null]];
        assert_eq!(read.select(&["id", "a", "b"]), expected);
    });
}

pub fn a_type_that_conflicts_is_refused_before_anything_is_written(store: &Tested) {
    block_on(async {
        let place = store.place("conflict");
        dot(&place).append(&frame("a", SparkType::Date, vec![(1, int(5))])).await;
        let words = ["column `a`", "string", "date"];
        let other = frame("a", SparkType::string(), vec![(1, text("x"))]);
        refused(dot(&place).write(&other, Mode::Append).await, Kind::Options, &words);
        let ids = Frame::new(&[("id", SparkType::string()), ("vector", floats())], Vec::new());
        let words = ["column `id`", "string"];
        refused(dot(&place).plan(&ids.fields, Mode::Append).await, Kind::Options, &words);
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.rows, [[int(1), vector(&[1.0, 1.0]), int(5)]]);
    });
}

pub fn ids_that_would_not_fit_those_that_are_there_are_refused(store: &Tested) {
    block_on(async {
        let place = store.place("ids");
        let job = dot(&place);
        job.append(&frame("a", SparkType::Long, vec![(1, int(5))])).await;
        // Rows without an id get UUIDs, which the column of long ids could not show.
        let without = Frame::new(&[("vector", floats()), ("a", SparkType::Long)], Vec::new());
        refused(job.plan(&without.fields, Mode::Append).await, Kind::Options, &["`id`", "long"]);
        let keys = job.clone().with("key_fields", "a");
        refused(keys.plan(&without.fields, Mode::Append).await, Kind::Options, &["`id`", "long"]);
        assert_eq!(Job::on(&place).read(1).await.unwrap().rows.len(), 1);
    });
}

pub fn texts_appended_to_generated_ids_come_back_as_they_were(store: &Tested) {
    block_on(async {
        let place = store.place("kept");
        let job = dot(&place);
        job.append(&Frame::new(&[("vector", floats())], vec![vec![vector(&[1.0])]])).await;
        let named =
            Frame::new(&[("id", SparkType::string()), ("vector", floats())], vec![vec![text("doc-1"), vector(&[2.0])]]);
        job.append(&named).await;
        let read = Job::on(&place).read(1).await.unwrap();
        let ids = read.select(&["id"]);
        assert!(ids.contains(&vec![text("doc-1")]), "{ids:?}");
        assert_eq!(ids.len(), 2);
    });
}

pub fn a_column_keeps_the_vector_that_it_was_written_to(store: &Tested) {
    block_on(async {
        let place = store.place("swapped");
        let columns = [("id", SparkType::Long), ("x", floats()), ("y", floats())];
        let frame = Frame::new(&columns, vec![vec![int(1), vector(&[1.0]), vector(&[2.0])]]);
        let job = dot(&place).with("vector_fields", "x,y");
        job.clone().with("vector_names", "a,b").append(&frame).await;
        let swapped = job.with("vector_names", "b,a").write(&frame, Mode::Append).await;
        refused(swapped, Kind::Options, &["column `x`", "`a`", "`b`"]);
    });
}

pub fn overwriting_by_truncation_keeps_the_collection_and_replaces_rows_and_schema(store: &Tested) {
    block_on(async {
        let place = store.place("truncate");
        dot(&place).append(&frame("a", SparkType::Date, vec![(1, int(5)), (2, int(6))])).await;
        let after = frame("a", SparkType::string(), vec![(3, text("x"))]);
        Job::on(&place).write(&after, Mode::Overwrite).await.unwrap();
        let read = Job::on(&place).read(1).await.unwrap();
        // The distance is still dot: cosine would have normalised.
        assert_eq!(read.rows, [[int(3), vector(&[3.0, 1.0]), text("x")]]);
        let wrong = Frame::new(&[("id", SparkType::Long), ("vector", SparkType::Long)], vec![vec![int(1), int(1)]]);
        refused(Job::on(&place).write(&wrong, Mode::Overwrite).await, Kind::Options, &["`vector`", "long"]);
        assert_eq!(Job::on(&place).read(1).await.unwrap().rows.len(), 1, "a refused overwrite deletes nothing");
    });
}

pub fn overwriting_by_recreation_makes_the_collection_anew(store: &Tested) {
    block_on(async {
        let place = store.place("recreate");
        dot(&place).append(&frame("a", SparkType::Date, vec![(1, int(5))])).await;
        let columns = [("id", SparkType::string()), ("v", floats())];
        let after = Frame::new(&columns, vec![vec![text("k"), vector(&[1.0, 2.0, 3.0])]]);
        let job = dot(&place).with("overwrite", "recreate").with("vector_fields", "v");
        let wrong = job.clone().with("vector.w.size", "3");
        refused(wrong.write(&after, Mode::Overwrite).await, Kind::Options, &["vector.w"]);
        assert_eq!(Job::on(&place).read(1).await.unwrap().rows.len(), 1, "a refused overwrite deletes nothing");
        job.write(&after, Mode::Overwrite).await.unwrap();
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.select(&["id", "v"]), [[text("k"), vector(&[1.0, 2.0, 3.0])]]);
        assert_eq!(read.fields.len(), 2);
    });
}

pub fn a_collection_is_not_created_where_the_user_says_so(store: &Tested) {
    block_on(async {
        let place = store.place("missing");
        let job = dot(&place).with("create_collection", "false");
        let result = job.write(&frame("a", SparkType::Long, vec![(1, int(1))]), Mode::Append).await;
        refused(result, Kind::NotFound, &[place.collection()]);
        refused(Job::on(&place).table(None).await, Kind::NotFound, &[place.collection()]);
    });
}

pub fn a_later_row_of_the_same_id_wins(store: &Tested) {
    block_on(async {
        let place = store.place("twice");
        let rows = vec![(1, int(1)), (2, int(2)), (1, int(3))];
        dot(&place).append(&frame("a", SparkType::Long, rows)).await;
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.select(&["id", "a"]), [[int(1), int(3)], [int(2), int(2)]]);
    });
}
