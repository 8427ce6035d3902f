//! How much may be read and written in a minute. Each shard counts for itself, as on the server.

use std::time::{Duration, Instant};

use tonic::Status;
use tonic::metadata::MetadataValue;

use crate::refusal::Answer;

/// Full at first, so that a minute's worth may come at once, and filled again all the time.
pub struct Bucket {
    /// As the refusals call it.
    name: &'static str,
    capacity: f64,
    left: f64,
    seen: Instant,
}

impl Bucket {
    pub fn new(name: &'static str, per_minute: u32) -> Self {
        let capacity = f64::from(per_minute);
        Self { name, capacity, left: capacity, seen: Instant::now() }
    }

    pub fn take(&mut self, cost: usize) -> Answer<()> {
        let wanted = cost as f64;
        if wanted > self.capacity {
            return Err(refused(format!(
                "{} rate limit exceeded, request larger than rate limiter capacity, please try to split your request",
                self.name
            )));
        }
        let per_second = self.capacity / 60.0;
        let now = Instant::now();
        self.left = (self.left + per_second * now.duration_since(self.seen).as_secs_f64()).min(self.capacity);
        self.seen = now;
        if self.left >= wanted {
            self.left -= wanted;
            return Ok(());
        }
        let wait = Duration::from_secs_f64((wanted - self.left) / per_second);
        let seconds = wait.as_secs_f32().ceil() as u32;
        let mut status = refused(format!(
            "{} rate limit exceeded: Operation requires {cost} tokens but only {:.1} were available. Retry after {seconds}s",
            self.name, self.left
        ));
        status.metadata_mut().insert("retry-after", MetadataValue::from(seconds));
        Err(status)
    }
}

fn refused(why: String) -> Status {
    Status::resource_exhausted(format!("Rate limiting exceeded: {why}"))
}
