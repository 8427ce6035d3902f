//! What every store must do, and what each server of Milvus can beyond that.

/// Milvus 2.3.
mod real {
    use crate::support::server::Place;

    vectorfuse_behaviour::suite! {
        fresh: |what| Box::new(Place::real(what)),
        vectorless: no,
        optional_vectors: no,
        new_columns: no,
        retyped: no,
        made_ids: no,
        nulls: no,
        null_elements: no,
        any_names: no,
        several_vectors: no,
        sparse: no,
        multi: no,
        voids: no,
        bare_variants: no,
        nested_lists: no,
        column_order: yes,
        quick: no,
        packed_floats: no,
        any_sparse: no,
        atomic: no,
        small_splits: no,
        partial: no,
        conditions: no,
        aliases: yes,
        search: no,
    }
}

/// Milvus Lite.
mod lite {
    use crate::support::server::Place;

    vectorfuse_behaviour::suite! {
        fresh: |what| Box::new(Place::lite(what)),
        vectorless: no,
        optional_vectors: no,
        new_columns: no,
        retyped: no,
        made_ids: no,
        nulls: yes,
        null_elements: no,
        any_names: no,
        several_vectors: yes,
        sparse: yes,
        multi: no,
        voids: no,
        bare_variants: no,
        nested_lists: yes,
        column_order: yes,
        quick: yes,
        packed_floats: no,
        any_sparse: no,
        atomic: no,
        small_splits: no,
        partial: no,
        conditions: no,
        aliases: yes,
        search: no,
    }
}
