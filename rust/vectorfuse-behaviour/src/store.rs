//! What the suite has to know of a store: where its collections are, how it is opened, and what it can't do.

use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use tokio::runtime::Runtime;
use vectorfuse_core::error::Result;
use vectorfuse_core::options::Options;
use vectorfuse_core::store::Store;

/// Opens a store of the product.
pub type Open = fn(Options) -> Result<Arc<dyn Store>>;

/// What comes of a question that a server is asked.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A name that no other test's collection has. What was made under it goes when this is dropped.
pub trait Place: Send + Sync {
    /// The name.
    fn collection(&self) -> &str;
    /// The options that say where it is.
    fn options(&self) -> Vec<(String, String)>;
    /// Opens the product's store.
    fn open(&self) -> Open;
    /// The collections whose names begin with this one, and the one that has this name as an alias: asked beside the
    /// product.
    fn around(&self) -> Answer<'_, (Vec<String>, Option<String>)>;
    /// Deletes a collection, beside the product.
    fn delete<'a>(&'a self, collection: &'a str) -> Answer<'a, ()>;
}

impl<P: Place + ?Sized + 'static, D: Deref<Target = P> + Send + Sync> Place for D {
    fn collection(&self) -> &str {
        (**self).collection()
    }
    fn options(&self) -> Vec<(String, String)> {
        (**self).options()
    }
    fn open(&self) -> Open {
        (**self).open()
    }
    fn around(&self) -> Answer<'_, (Vec<String>, Option<String>)> {
        (**self).around()
    }
    fn delete<'a>(&'a self, collection: &'a str) -> Answer<'a, ()> {
        (**self).delete(collection)
    }
}

/// What a store can beyond what every store must. A suite answers each with `yes` or `no`: what is new here must be
/// answered for each store before its tests compile.
#[derive(Clone, Copy, Debug)]
pub struct Abilities {
    /// Rows can be without any vector.
    pub vectorless: bool,
    /// A row can lack one of its vectors.
    pub optional_vectors: bool,
    /// An append can bring columns that the collection does not have.
    pub new_columns: bool,
    /// An overwrite by truncation can change the columns and their types.
    pub retyped: bool,
    /// Ids are what `docs/decisions/0002-ids.md` says: made where there are none, from several columns, of any type.
    pub made_ids: bool,
    /// A value other than the id can be null.
    pub nulls: bool,
    /// An element of an array of single values can be null.
    pub null_elements: bool,
    /// Columns and vectors can have any name, and a vector another one than its column.
    pub any_names: bool,
    /// A collection can have several vectors.
    pub several_vectors: bool,
    /// Sparse vectors.
    pub sparse: bool,
    /// Multi-vectors.
    pub multi: bool,
    /// A column can have the type of nothing.
    pub voids: bool,
    /// A variant can be a list or a single value, not an object alone.
    pub bare_variants: bool,
    /// A column can be a list of lists, maps or structs.
    pub nested_lists: bool,
    /// Columns come back in the order in which they were written.
    pub column_order: bool,
    /// A collection is there in much less than a second: there is time for many random ones.
    pub quick: bool,
    /// A binary column is a vector of packed 32-bit numbers.
    pub packed_floats: bool,
    /// Sparse vectors can be empty, and have the greatest index, zeros and numbers below zero.
    pub any_sparse: bool,
    /// A row is compared with what is stored and written in one step, whoever writes at the same time.
    pub atomic: bool,
    /// Collections of a few hundred rows are cut, too.
    pub small_splits: bool,
    /// `write_mode` = `partial`.
    pub partial: bool,
    /// `condition`.
    pub conditions: bool,
    /// `overwrite` = `swap`.
    pub aliases: bool,
    /// Searches by a vector.
    pub search: bool,
}

/// A store under test: a server of it, and what it can.
pub struct Tested {
    /// A place of its own for each test.
    pub fresh: fn(what: &str) -> Box<dyn Place>,
    /// What it can.
    pub abilities: Abilities,
}

impl Tested {
    /// How many of these random cases there is time for.
    pub fn cases(&self, all: u32) -> u32 {
        if self.abilities.quick { all } else { all / 8 }
    }

    /// A place for a collection that no other test has.
    pub fn place(&self, what: &str) -> Box<dyn Place> {
        (self.fresh)(what)
    }
}

/// One runtime for every test of the process: connections are shared by the process and live in the runtime that
/// opened them.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// Runs a test's body.
pub fn block_on<T>(body: impl Future<Output = T>) -> T {
    runtime().block_on(body)
}
