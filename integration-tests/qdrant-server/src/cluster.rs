//! A collection as a cluster of one node shows it: each of its parts is a shard.

use crate::collection::Collection;
use crate::shard_key::Key;

/// The number of the one node.
const PEER: u64 = 1;

pub struct Cluster {
    pub peer: u64,
    pub shards: Vec<Shard>,
}

pub struct Shard {
    pub id: u32,
    pub key: Option<Key>,
    pub points: u64,
}

impl Collection {
    pub fn cluster(&self) -> Cluster {
        let parts = self.parts().all().into_iter();
        let shards =
            (0..).zip(parts).map(|(id, (key, part))| Shard { id, key, points: part.info().points_count as u64 });
        Cluster { peer: PEER, shards: shards.collect() }
    }
}
