//! The one error of VectorFuse: a kind that code matches on, words for people, and where it happened.
//!
//! Kinds are those of the public contract; they become `VectorFuseException.kind()` on the JVM.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// What went wrong, as far as a program needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The options of the read or write are wrong: a name, a value, or a combination.
    Options,
    /// A collection, database or alias does not exist.
    NotFound,
    /// Something that was to be created is there already.
    AlreadyExists,
    /// The store refused the credentials.
    Denied,
    /// A row, or the store's answer, holds a value that cannot be kept as it is.
    Data,
    /// The store, its version or this version of VectorFuse cannot do what was asked.
    Unsupported,
    /// The store asked for fewer requests.
    RateLimited,
    /// The store could not be reached, or did not answer in time.
    Unavailable,
    /// A defect of VectorFuse or of the store.
    Internal,
}

impl Kind {
    /// The name in the public contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Options => "OPTIONS",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::Denied => "DENIED",
            Self::Data => "DATA",
            Self::Unsupported => "UNSUPPORTED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// Whether the same request can succeed when it is sent again later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable)
    }
}

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error with its kind, a message, the places it passed (innermost first) and its cause.
///
/// It is one pointer wide, so that results stay small.
pub struct Error(Box<Parts>);

struct Parts {
    kind: Kind,
    message: String,
    context: Vec<(&'static str, String)>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; the message says what is wrong and, where it can, what to do.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts { kind, message: message.into(), context: Vec::new(), retry_after: None, source: None }))
    }

    /// Shorthand for [`Kind::Options`].
    #[must_use]
    pub fn options(message: impl Into<String>) -> Self {
        Self::new(Kind::Options, message)
    }

    /// Shorthand for [`Kind::Data`].
    #[must_use]
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(Kind::Data, message)
    }

    /// Shorthand for [`Kind::Unsupported`].
    #[must_use]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    /// Shorthand for [`Kind::Internal`].
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// Adds a place: `("column", "price")`. The first value of a key is the nearest to the fault and stays.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        if self.context(key).is_none() {
            self.0.context.push((key, value.to_string()));
        }
        self
    }

    /// Puts the place one level further in: `("column", "a")` on an error at `b` says `a.b`.
    #[must_use]
    pub fn inside(mut self, key: &'static str, name: &str) -> Self {
        match self.0.context.iter_mut().find(|(known, _)| *known == key) {
            Some((_, path)) => *path = format!("{name}.{path}"),
            None => self.0.context.push((key, name.to_owned())),
        }
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds how long the store asked to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// How long the store asked to wait before the next attempt, if it said so.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The value of a place that was added with [`Error::with`].
    #[must_use]
    pub fn context(&self, key: &str) -> Option<&str> {
        let found = self.0.context.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for (index, (key, value)) in self.0.context.iter().enumerate() {
            let open = if index == 0 { " (" } else { ", " };
            write!(f, "{open}{key}: {value}")?;
        }
        if !self.0.context.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {self}", self.0.kind.name())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_place_wins_and_all_places_are_printed() {
        let error = Error::data("too long").with("column", "a").with("column", "b").with("row", 7);
        assert_eq!(error.to_string(), "too long (column: a, row: 7)");
        assert_eq!(format!("{error:?}"), "[DATA] too long (column: a, row: 7)");
    }

    #[test]
    fn a_place_inside_another_is_a_path() {
        let error = Error::data("bad").inside("column", "b").inside("column", "a").with("column", "c");
        assert_eq!(error.to_string(), "bad (column: a.b)");
    }

    #[test]
    fn only_what_can_pass_later_is_retried() {
        assert!(Kind::Unavailable.is_retryable());
        assert!(Kind::RateLimited.is_retryable());
        assert!(!Kind::Data.is_retryable());
        assert!(!Kind::Denied.is_retryable());
    }
}
