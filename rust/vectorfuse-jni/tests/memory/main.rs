//! Memory stays flat: while a large collection is read slowly, and over many readers. Counts every allocation of the
//! process, so these tests have a binary of their own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(unsafe_code)] // the allocator that counts, and the JVM's memory

#[path = "../common/mod.rs"]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vectorfuse::handles;

use common::server::Place;
use common::{
    Answer, Memory, alone, open_reader, options, plan_read, plan_write, read_all, read_batch, rows, rows_schema, with,
    write_all,
};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A collection of `count` rows of `size` dimensions.
fn filled(what: &str, count: i64, size: i32) -> Place {
    let place = Place::shared(what);
    let plan = plan_write(with(options(&place), "distance", "dot"), rows_schema()).unwrap();
    for start in (0..count).step_by(5000) {
        write_all(&plan, &rows(start, (count - start).min(5000), size)).unwrap();
    }
    place
}

#[test]
fn a_slow_reader_holds_a_few_pages_of_a_large_collection() {
    let _alone = alone();
    let (count, size, page) = (30_000, 64, 500);
    let place = filled("slow", count, size);
    let split = plan_read(with(options(&place), "page_size", &page.to_string()), 1).unwrap().remove(0);
    let (mut schema, mut array) = (Memory::new(), Memory::new());
    let reader = open_reader(&split, &mut schema).unwrap();
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let mut seen = 0;
    loop {
        match read_batch(reader, &mut array).unwrap() {
            Answer::Batch(rows) => {
                if seen == 0 {
                    // Time for everything to come, if nothing held it back.
                    std::thread::sleep(Duration::from_secs(2));
                }
                seen += rows;
            }
            Answer::Pending => {}
            Answer::End => break,
        }
    }
    handles::close(reader);
    assert_eq!(seen, usize::try_from(count).unwrap());
    let most = MOST.load(Ordering::Relaxed) - before;
    // Of a page there is the message, its points and its columns; and there are three pages.
    let page_bytes = page * (usize::try_from(size).unwrap() * 4 + 200);
    assert!(most < 12 * page_bytes, "{most} bytes were held, a page has {page_bytes}");
}

#[test]
fn readers_that_are_opened_and_closed_leave_no_memory_behind() {
    let _alone = alone();
    let place = filled("often", 100, 8);
    let split = plan_read(options(&place), 1).unwrap().remove(0);
    let some = |times: usize| {
        for _ in 0..times {
            assert_eq!(read_all(&split).unwrap(), 100);
            // One that is closed before it was read.
            let mut schema = Memory::new();
            handles::close(open_reader(&split, &mut schema).unwrap());
        }
        // What was aborted is dropped by the runtime, soon.
        std::thread::sleep(Duration::from_millis(200));
        NOW.load(Ordering::Relaxed)
    };
    let warm = some(30);
    let after = some(200);
    assert!(after < warm + 100_000, "{} bytes more after 200 readers", after.saturating_sub(warm));
}
