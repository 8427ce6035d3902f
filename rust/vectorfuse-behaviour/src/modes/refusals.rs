//! What is refused before a task starts, with nothing written.

use vectorfuse_core::error::Kind;
use vectorfuse_core::write::Mode;

use super::{append, numbered, stored, with_mode};
use crate::job::refused;
use crate::store::{Place, Tested, block_on};
use crate::values::int;

pub fn a_missing_collection_has_nothing_to_update_or_delete(store: &Tested) {
    block_on(async {
        let place = store.place("nothing");
        for mode in ["update", "partial", "delete"] {
            let result = with_mode(&place, mode).write(&numbered(&[(1, 1, "a")]), Mode::Append).await;
            refused(result, Kind::NotFound, &[place.collection()]);
        }
    });
}

pub fn an_overwrite_goes_with_modes_that_write_new_points(store: &Tested) {
    block_on(async {
        let place = store.place("overwritten");
        append(&with_mode(&place, "upsert"), &numbered(&[(1, 1, "a")])).await;
        for mode in ["update", "partial", "delete"] {
            let result = with_mode(&place, mode).write(&numbered(&[(1, 2, "b")]), Mode::Overwrite).await;
            refused(result, Kind::Options, &["overwrite", "append"]);
        }
        assert_eq!(stored(&place, &["n"]).await, [[int(1)]]);
    });
}
