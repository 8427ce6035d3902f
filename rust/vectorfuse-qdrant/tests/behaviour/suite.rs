//! What every store must do, and what Qdrant can beyond that.

use crate::support::server::Place;

vectorfuse_behaviour::suite! {
    fresh: |what| Box::new(Place::shared(what)),
    vectorless: yes,
    optional_vectors: yes,
    new_columns: yes,
    retyped: yes,
    made_ids: yes,
    nulls: yes,
    null_elements: yes,
    any_names: yes,
    several_vectors: yes,
    sparse: yes,
    multi: yes,
    voids: yes,
    bare_variants: yes,
    nested_lists: yes,
    column_order: yes,
    quick: yes,
    packed_floats: yes,
    any_sparse: yes,
    atomic: yes,
    small_splits: yes,
    partial: yes,
    conditions: yes,
    aliases: yes,
    search: yes,
}
