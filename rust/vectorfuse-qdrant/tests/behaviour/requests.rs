//! Rows as large as a server takes, and larger.

use vectorfuse_behaviour::job::{Frame, Job, refused};
use vectorfuse_behaviour::requests::words;
use vectorfuse_behaviour::values::text;
use vectorfuse_core::error::Kind;
use vectorfuse_core::write::Mode;

use crate::support::server::{HTTP, Place, block_on};

#[test]
fn a_row_of_30_megabytes_goes_among_small_ones() {
    block_on(async {
        let place = Place::shared("large");
        let mut frame = words(60, 10);
        frame.rows[30][1] = text("größer ".repeat(30 * 1024 * 1024 / 9));
        Job::on(&place).append(&frame).await;
        let read = Job::on(&place).read(2).await.unwrap();
        assert!(read.select(&["id", "t"]) == frame.select(&["id", "t"]), "the rows came back changed");
    });
}

#[test]
fn a_row_that_is_larger_than_the_server_takes_is_named() {
    block_on(async {
        let place = Place::shared("larger");
        let mut frame = words(3, 10);
        frame.rows[1][1] = text("x".repeat(33 * 1024 * 1024));
        let written = Job::on(&place).write(&frame, Mode::Append).await;
        if HTTP {
            refused(written, Kind::Data, &["33554432", "row: 1 of partition 0", "id: 1"]);
        } else {
            assert!(Job::on(&place).read(1).await.unwrap().select(&["id", "t"]) == frame.select(&["id", "t"]));
        }
        let frame = Frame { rows: frame.rows.into_iter().step_by(2).collect(), ..frame };
        Job::on(&place).append(&frame).await;
    });
}
