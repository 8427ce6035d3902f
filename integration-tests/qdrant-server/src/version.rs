//! The version of Qdrant this server passes for. A server does not refuse what came after it: the
//! protocol drops the fields it does not know, and the request does something else. That is what a
//! client must be safe from, so it is done here too.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

/// The server that was made from the same sources as this engine: `qdrant-edge` 0.7.2 was cut on
/// 1 June 2026, server 1.18.2 on 3 June.
const OF_THE_ENGINE: Version = Version { major: 1, minor: 18, patch: 2 };

/// Set once, before the first request: the whole process is of one version.
static CURRENT: OnceLock<Version> = OnceLock::new();

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Default for Version {
    fn default() -> Self {
        OF_THE_ENGINE
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split('.').map(str::parse).collect::<Result<Vec<_>, _>>();
        match parts.as_deref() {
            Ok(&[major, minor, patch]) => Ok(Self { major, minor, patch }),
            Ok(_) | Err(_) => Err(format!("{text:?} is no version like {OF_THE_ENGINE}")),
        }
    }
}

/// What this server leaves alone when it passes for an older one.
#[derive(Clone, Copy)]
pub enum Feature {
    UpdateFilter,
    Metadata,
    UpdateMode,
    Slice,
    MatchPrefix,
    MatchSubstring,
}

impl Feature {
    const fn since(self) -> Version {
        let minor = match self {
            Self::UpdateFilter | Self::Metadata => 16,
            Self::UpdateMode => 17,
            Self::Slice | Self::MatchPrefix => 19,
            Self::MatchSubstring => 20,
        };
        Version { major: 1, minor, patch: 0 }
    }
}

pub fn set(version: Version) -> anyhow::Result<()> {
    CURRENT.set(version).map_err(|_| anyhow::anyhow!("the version was set before"))
}

pub fn current() -> Version {
    CURRENT.get().copied().unwrap_or_default()
}

pub fn knows(feature: Feature) -> bool {
    current() >= feature.since()
}
