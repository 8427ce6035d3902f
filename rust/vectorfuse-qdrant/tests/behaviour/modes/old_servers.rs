//! Servers that are too old for a guard: they would write without it, so they are refused before they can.

use vectorfuse_core::error::Kind;
use vectorfuse_core::write::Mode;

use super::{append, numbered, stored, with_mode};
use vectorfuse_behaviour::job::refused;
use crate::support::server::{Place, Server, block_on, reach};
use vectorfuse_behaviour::values::int;

/// The server's version, options, and the version that they need.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn a_server_that_would_pass_over_a_guard_is_refused_by_the_driver_with_both_versions() {
    block_on(async {
        let cases: &[Case] = &[
            ("1.16.3", &[("write_mode", "insert")], "1.17"),
            ("1.16.3", &[("write_mode", "update")], "1.17"),
            ("1.16.3", &[("counter_fields", "n")], "1.17"),
            ("1.15.5", &[("order_field", "n")], "1.16"),
            ("1.15.5", &[("condition", "n < ${n}")], "1.16"),
            ("1.15.5", &[("write_mode", "partial"), ("condition", "n < ${n}")], "1.16"),
        ];
        for version in ["1.15.5", "1.16.3"] {
            let server = Server::start(&["--server-version", version]);
            let place = Place::at(&server.url, "old");
            append(&with_mode(&place, "upsert"), &numbered(&[(1, 5, "a")])).await;
            let rows = numbered(&[(1, 1, "new")]);
            for (_, options, since) in cases.iter().filter(|(of, ..)| *of == version) {
                let mut job = with_mode(&place, "upsert");
                for (option, value) in *options {
                    job = job.with(option, value);
                }
                let option = format!("`{}`", options[options.len() - 1].0);
                let is = version.rsplit_once('.').unwrap().0;
                refused(job.write(&rows, Mode::Append).await, Kind::Unsupported, &[&option, since, is]);
            }
            // What needs no guard goes.
            append(&with_mode(&place, "partial"), &numbered(&[(1, 6, "b")])).await;
            let delete = with_mode(&place, "delete").with("condition", "n > ${n}");
            append(&delete, &numbered(&[(1, 6, "c")])).await;
            assert_eq!(stored(&place, &["n"]).await, [[int(6)]]);
        }
    });
}

#[test]
fn an_executor_that_meets_an_older_server_writes_nothing() {
    block_on(async {
        let new = Server::start(&[]);
        let old = Server::start(&["--server-version", "1.15.5"]);
        let place = Place::at(&new.url, "mixed");
        let elsewhere = Place { url: old.url.clone(), collection: place.collection.clone() };
        for place in [&place, &elsewhere] {
            append(&with_mode(place, "upsert"), &numbered(&[(1, 5, "a")])).await;
        }
        let rows = numbered(&[(1, 1, "new")]);
        let mut plan =
            with_mode(&place, "upsert").with("order_field", "n").plan(&rows.fields, Mode::Append).await.unwrap();
        // Another node of the cluster answers the task.
        plan.options.named.url = Some(reach(&old.url));
        let result = with_mode(&elsewhere, "upsert").task(&plan, 0, vec![rows.batch()]).await;
        refused(result, Kind::Unsupported, &["`order_field`", "1.16", "1.15"]);
        assert_eq!(stored(&elsewhere, &["n"]).await, [[int(5)]]);
    });
}
