//! The suite: which tests each store runs, and which those that can more.

/// Makes the tests of a store: those that every store runs, and those of what it answers `yes` to. A name that is not
/// answered, or that nobody asked for, does not compile.
///
/// ```text
/// vectorfuse_behaviour::suite! {
///     fresh: |what| Box::new(Place::shared(what)),
///     vectorless: yes,
///     …
/// }
/// ```
#[macro_export]
macro_rules! suite {
    (fresh: $fresh:expr, $($ability:ident: $answer:ident),* $(,)?) => {
        /// The store.
        pub const TESTED: $crate::store::Tested = $crate::store::Tested {
            fresh: $fresh,
            abilities: $crate::store::Abilities { $($ability: $crate::chosen!($answer { true } { false })),* },
        };

        mod every_store {
            $crate::tests! { every_store }
        }
        $(
            $crate::chosen! { $answer {
                mod $ability {
                    $crate::tests! { $ability }
                }
            } {} }
        )*
    };
}

/// The one for `yes` or the one for `no`.
#[doc(hidden)]
#[macro_export]
macro_rules! chosen {
    (yes { $($yes:tt)* } { $($no:tt)* }) => { $($yes)* };
    (no { $($yes:tt)* } { $($no:tt)* }) => { $($no)* };
}

/// Makes a test of each function.
#[doc(hidden)]
#[macro_export]
macro_rules! generate {
    ($($subject:ident { $($test:ident)* })*) => {
        $(
            mod $subject {
                $(
                    #[test]
                    fn $test() {
                        $crate::$subject::$test(&super::super::TESTED);
                    }
                )*
            }
        )*
    };
}

/// The tests, by what a store must be able to do for them.
#[doc(hidden)]
#[macro_export]
macro_rules! tests {
    (every_store) => {
        $crate::generate! {
            appends {
                a_type_that_conflicts_is_refused_before_anything_is_written
                overwriting_by_recreation_makes_the_collection_anew
                a_collection_is_not_created_where_the_user_says_so
                a_later_row_of_the_same_id_wins
            }
            bad_input {
                a_null_id_is_refused
                a_vector_of_another_length_is_refused
                a_vector_with_a_null_element_is_refused
                a_vector_with_a_number_that_is_not_finite_is_refused
                a_row_without_its_vector_is_refused
                a_payload_number_that_json_lacks_is_refused
                an_empty_dataframe_needs_the_vector_s_size
                an_empty_overwrite_empties_the_collection
                a_map_with_one_key_text_twice_is_refused
            }
            first_writers {
                tasks_that_create_the_collection_at_once_create_one
                tasks_whose_vectors_differ_in_size_do_not_agree
            }
            losses {
                a_distance_that_the_collection_does_not_have_is_refused
            }
            duplicates {
                the_last_row_of_an_id_wins_whatever_is_in_flight
                rows_of_one_id_in_one_request_become_one_and_all_are_counted
            }
            existence {
                an_insert_writes_only_new_points_and_counts_the_others
                of_an_insert_the_first_row_of_an_id_stays_in_whichever_requests_they_go
                an_insert_creates_the_collection_and_an_overwrite_empties_it_first
                a_delete_needs_only_the_ids_and_can_run_again
                texts_name_the_points_that_are_deleted
                many_inserts_of_the_same_points_at_once_leave_one_of_each
            }
            feeds {
                operations_of_one_id_keep_their_order_in_whichever_requests_they_go
                a_bad_operation_names_its_row
                an_older_delete_leaves_the_newer_row
                tasks_in_any_order_and_twice_end_with_the_greatest_row
            }
            random_modes {
                writes_of_every_mode_end_as_the_model_says
            }
            refusals {
                a_missing_collection_has_nothing_to_update_or_delete
                an_overwrite_goes_with_modes_that_write_new_points
            }
            predicates {
                predicates_on_our_own_rows_keep_what_spark_would
                several_predicates_and_splits_narrow_together
            }
            rejects {
                rows_are_skipped_and_counted
                a_rejected_row_does_not_take_the_place_of_an_earlier_one
                dead_letters_say_what_is_wrong_with_which_row
                attempts_that_do_not_commit_leave_no_dead_letters
                too_many_rejected_rows_end_the_task_or_the_job
                a_folder_that_can_not_be_written_is_refused_on_the_driver
            }
            requests {
                no_request_is_larger_than_the_option_says
                no_request_has_more_rows_than_the_option_says
                pages_have_at_most_the_rows_that_the_option_says
                columns_that_are_not_asked_for_are_not_sent
            }
            round_trips {
                what_was_written_is_read_bit_for_bit
                lists_of_each_type_of_single_values_come_back
            }
            save_modes {
                a_collection_that_is_there_is_refused_and_left_as_it_is
                of_two_jobs_that_create_at_once_one_writes_and_the_other_is_refused
                a_job_that_fails_takes_the_collection_away_that_it_has_made
            }
            splits {
                splits_over_integers_are_disjoint_and_complete
                splits_over_columns_of_integers_are_disjoint_and_complete
                splits_over_texts_are_disjoint_and_complete
                splits_over_uuids_are_disjoint_and_complete
                splits_over_integers_and_uuids_are_disjoint_and_complete
                more_splits_than_points_are_still_disjoint_and_complete
                an_empty_collection_has_splits_without_rows
                the_option_splits_wins_however_large_it_is
                splits_over_many_rows_are_disjoint_and_complete_and_of_like_size
            }
            windows {
                a_limit_gives_the_first_rows_in_the_order_of_ids
                pages_bound_a_read_by_their_size
                a_window_that_makes_no_sense_is_refused
            }
        }
    };
    (nulls) => {
        $crate::generate! {
            existence {
                an_update_replaces_whole_points_that_are_there_and_makes_none
            }
            feeds {
                the_greatest_row_of_an_id_wins_in_a_task_and_against_what_is_stored
            }
        }
    };
    (new_columns) => {
        $crate::generate! {
            appends {
                an_append_adds_its_columns_to_the_kept_schema
            }
            partial {
                new_fields_are_added_to_the_kept_schema
            }
        }
    };
    (retyped) => {
        $crate::generate! {
            appends {
                overwriting_by_truncation_keeps_the_collection_and_replaces_rows_and_schema
            }
        }
    };
    (made_ids) => {
        $crate::generate! {
            appends {
                ids_that_would_not_fit_those_that_are_there_are_refused
                texts_appended_to_generated_ids_come_back_as_they_were
            }
            bad_input {
                a_null_key_is_refused
            }
            first_writers {
                an_attempt_that_runs_twice_doubles_nothing
            }
            existence {
                several_columns_name_the_points_that_are_deleted
            }
        }
    };
    (optional_vectors) => {
        $crate::generate! {
            bad_input {
                a_row_needs_one_of_its_vectors_and_not_all
                a_vector_whose_size_no_row_says_needs_the_option
            }
            losses {
                an_append_that_leaves_out_a_vector_must_say_so
            }
            partial {
                what_the_row_does_not_name_stays
                fields_alone_and_vectors_alone_can_be_replaced
                rows_of_one_id_add_up_to_the_last_value_of_each_part
                of_rows_of_one_id_those_that_are_too_old_leave_no_part_behind
                writers_side_by_side_leave_each_point_with_the_vector_and_the_fields_of_one_row
            }
        }
    };
    (small_splits) => {
        $crate::generate! {
            splits {
                a_collection_is_cut_in_the_same_way_at_each_read
            }
        }
    };
    (atomic) => {
        $crate::generate! {
            feeds {
                tasks_at_once_and_twice_end_with_the_greatest_row
            }
        }
    };
    (any_names) => {
        $crate::generate! {
            appends {
                a_column_keeps_the_vector_that_it_was_written_to
            }
        }
    };
    (conditions) => {
        $crate::generate! {
            partial {
                a_condition_looks_at_the_fields_as_they_were_before_the_row
            }
        }
    };
    (aliases) => {
        $crate::generate! {
            swaps {
                the_alias_moves_and_what_was_behind_it_goes
                a_job_that_fails_leaves_what_is_behind_the_alias_and_nothing_else
                an_abort_after_the_move_takes_nothing_away
                a_collection_can_not_be_swapped_and_is_left_alone
                readers_see_the_old_rows_or_the_new_ones_whole
                of_swaps_at_once_one_stays_whole_and_nothing_is_left
            }
        }
    };
    // What only widens the random data and the predicates.
    (vectorless) => {};
    (null_elements) => {};
    (several_vectors) => {};
    (sparse) => {};
    (multi) => {};
    (voids) => {};
    (bare_variants) => {};
    (nested_lists) => {};
    (column_order) => {};
    (quick) => {};
    (packed_floats) => {};
    (partial) => {};
    (search) => {};
    (any_sparse) => {};
}

/// A test that no list has would never run.
#[test]
fn every_test_is_in_a_list() {
    // Cargo runs a test in its package's folder; what `env!` says may be that of another checkout with the same cache.
    let source = std::path::PathBuf::from("src");
    let listed = std::fs::read_to_string(source.join("suite.rs")).unwrap();
    let mut folders = vec![source];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                let test = line.strip_prefix("pub fn ").and_then(|line| line.strip_suffix("(store: &Tested) {"));
                if let Some(test) = test {
                    let times = listed.lines().filter(|line| line.trim() == test).count();
                    assert_eq!(times, 1, "{test} of {} is in the lists {times} times", path.display());
                    count += 1;
                }
            }
        }
    }
    assert!(count > 60, "only {count} tests were found");
}
