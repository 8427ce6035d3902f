use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::error::{Error, Kind};

/// A key with the texts of its rows, or with that of the last one, if it begins with `=`. Its size is that of the text.
#[derive(Clone, Debug, PartialEq)]
struct Toy {
    key: u32,
    text: String,
}

impl Change for Toy {
    type Key = u32;

    fn key(&self) -> &u32 {
        &self.key
    }
}

/// Writes down what starts and what ends. A request takes as many seconds as its first text is long.
#[derive(Clone, Default)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Log {
    fn line(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }
}

#[async_trait]
impl Sender for Log {
    type Change = Toy;

    fn size(&self, change: &Toy) -> usize {
        change.text.len()
    }

    fn joins(&self, _: &Toy, later: &Toy) -> bool {
        !later.text.starts_with('!')
    }

    fn merge(&self, earlier: &mut Toy, later: Toy) {
        earlier.text =
            if later.text.starts_with('=') { later.text } else { format!("{}+{}", earlier.text, later.text) };
    }

    fn compact(&self, change: &mut Toy) {
        self.line(format!("compact {}", change.key));
        change.text = "compact".to_owned();
    }

    async fn send(&self, changes: Vec<Toy>) -> Result<()> {
        let said: Vec<String> = changes.iter().map(|Toy { key, text }| format!("{key}{text}")).collect();
        let said = said.join(" ");
        self.line(format!("start {said}"));
        tokio::time::sleep(Duration::from_secs(changes[0].text.len() as u64)).await;
        self.line(format!("end {said}"));
        if said.contains("bad") { Err(Error::data(said)) } else { Ok(()) }
    }
}

/// What is sent of these changes, one request after the other or several at once.
async fn sent(changes: &[(u32, &str)], limits: Limits, concurrency: usize) -> (Result<()>, Vec<String>) {
    let log = Log::default();
    let mut outbox = Outbox::new(log.clone(), concurrency);
    let mut result = Ok(());
    for (key, text) in changes {
        result = outbox.push(Toy { key: *key, text: (*text).to_owned() }, limits).await;
        if result.is_err() {
            break;
        }
    }
    if result.is_ok() {
        result = outbox.finish().await;
    }
    let lines = log.lines.lock().unwrap().clone();
    (result, lines)
}

async fn requests(changes: &[(u32, &str)], limits: Limits) -> Vec<String> {
    let (result, lines) = sent(changes, limits, 1).await;
    result.unwrap();
    lines.iter().filter_map(|line| line.strip_prefix("end ")).map(str::to_owned).collect()
}

const MANY: Limits = Limits { bytes: 1_000, changes: 1_000 };
/// Each change is a request.
const ONE: Limits = Limits { bytes: 1_000, changes: 1 };

#[tokio::test(start_paused = true)]
async fn a_request_holds_as_many_changes_and_bytes_as_it_may() {
    let changes = [(1, "aa"), (2, "bb"), (3, "cc"), (4, "dd")];
    assert_eq!(requests(&changes, Limits { changes: 3, ..MANY }).await, ["1aa 2bb 3cc", "4dd"]);
    assert_eq!(requests(&changes, Limits { bytes: 4, ..MANY }).await, ["1aa 2bb", "3cc 4dd"]);
    assert_eq!(requests(&changes, Limits { bytes: 5, ..MANY }).await, ["1aa 2bb", "3cc 4dd"]);
    // One that is too large alone is sent alone: whether the store takes it is the store's to say.
    assert_eq!(requests(&changes, Limits { bytes: 1, ..MANY }).await, ["1aa", "2bb", "3cc", "4dd"]);
    assert!(requests(&[], MANY).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_key_is_in_a_request_once() {
    let changes = [(1, "a"), (2, "b"), (1, "c"), (2, "d"), (2, "e")];
    assert_eq!(requests(&changes, MANY).await, ["1a+c 2b+d+e"]);
    assert_eq!(requests(&[(1, "a"), (2, "b"), (1, "ccc")], Limits { bytes: 3, ..MANY }).await, ["1a 2b", "1ccc"]);
}

#[tokio::test(start_paused = true)]
async fn two_changes_that_became_one_take_the_room_of_that_one() {
    let limits = Limits { bytes: 6, ..MANY };
    let parts_of_both = [(1, "aaa"), (2, "b"), (1, "c"), (3, "d"), (4, "e")];
    assert_eq!(requests(&parts_of_both, limits).await, ["1aaa+c 2b", "3d 4e"]);
    let the_later_one = [(1, "aaa"), (2, "b"), (1, "=c"), (3, "d"), (4, "e")];
    assert_eq!(requests(&the_later_one, limits).await, ["1=c 2b 3d 4e"]);
}

#[tokio::test(start_paused = true)]
async fn changes_that_do_not_join_are_in_requests_of_their_own() {
    assert_eq!(requests(&[(1, "a"), (2, "b"), (1, "!c"), (3, "!d")], MANY).await, ["1a 2b", "1!c 3!d"]);
}

#[tokio::test(start_paused = true)]
async fn requests_of_one_key_follow_each_other_and_others_do_not_wait() {
    let (result, lines) = sent(&[(1, "aaaaa"), (2, "bb"), (1, "c"), (3, "dd")], ONE, 4).await;
    result.unwrap();
    let expected = ["start 1aaaaa", "start 2bb", "end 2bb", "end 1aaaaa", "start 1c", "start 3dd", "end 1c", "end 3dd"];
    assert_eq!(lines, expected);
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_in_flight_than_may_be() {
    let changes: Vec<(u32, &str)> = (0..10).map(|key| (key, ["a", "bbb"][key as usize % 2])).collect();
    let (result, lines) = sent(&changes, ONE, 3).await;
    result.unwrap();
    let (mut now, mut most) = (0_i32, 0_i32);
    for line in &lines {
        now += if line.starts_with("start") { 1 } else { -1 };
        most = most.max(now);
    }
    assert_eq!((lines.len(), now, most), (20, 0, 3));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_a_request_ends_the_write() {
    let (result, lines) = sent(&[(1, "bad"), (1, "!b"), (2, "c")], ONE, 4).await;
    assert_eq!(result.map_err(|error| error.kind()), Err(Kind::Data));
    assert_eq!(lines, ["start 1bad", "end 1bad"]);
    let (result, _) = sent(&[(1, "bad")], MANY, 4).await;
    assert_eq!(result.map_err(|error| error.kind()), Err(Kind::Data));
}

#[tokio::test(start_paused = true)]
async fn changes_that_stay_are_compacted_after_so_many_that_are_gone() {
    let long = format!("={}", "x".repeat(MOST_GONE / 4 - 1));
    let rows = |times: usize| {
        [(1, "stays")].into_iter().chain(std::iter::repeat_n((2, long.as_str()), times)).collect::<Vec<_>>()
    };
    let limits = Limits { bytes: usize::MAX, changes: usize::MAX };
    // The first is there, four took its place: as much is gone as may be.
    assert!(!requests(&rows(5), limits).await.iter().any(|line| line.contains("compact")));
    let lines = sent(&rows(6), limits, 1).await.1;
    assert_eq!(lines, ["compact 1", "compact 2", "start 1compact 2compact", "end 1compact 2compact"]);
}
