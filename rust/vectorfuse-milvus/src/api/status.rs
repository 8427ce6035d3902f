//! What a server says of a request, as an error with its kind.
//!
//! Servers from 2.3 on have one set of codes, older ones (and, for some faults, 2.3 beside it) another. Codes are those of
//! Milvus's own sources, `merr` and `commonpb.ErrorCode`.

use vectorfuse_core::error::{Error, Kind, Result};

use super::proto::Status;

/// The error of an answer that is none of success.
pub(super) fn check(status: Option<&Status>) -> Result<()> {
    let Some(status) = status else { return Ok(()) };
    let (kind, code) = match (status.code, status.legacy_code) {
        (0, 0) => return Ok(()),
        (0, legacy) => (of_legacy(legacy), legacy),
        // Milvus Lite repeats an old code as a new one. The server has no code that is the same in both sets.
        (code, legacy) if code == legacy && code < 100 => (of_legacy(legacy), legacy),
        (code, _) => (of_code(code), code),
    };
    let kind = if status.retriable && kind == Kind::Internal { Kind::Unavailable } else { kind };
    Err(Error::new(kind, format!("the store says: {}", status.reason.trim())).with("code", code))
}

fn of_code(code: i32) -> Kind {
    match code {
        // Not ready, unavailable, its clock is behind; short of memory.
        1..=3 | 11 => Kind::Unavailable,
        // Too many requests; the rate, the quota, the disk.
        4 | 7..=9 => Kind::RateLimited,
        10 => Kind::Unsupported,
        // No such collection, partition, resource group, index, database, alias.
        100 | 200 | 300 | 700 | 800 | 1600 => Kind::NotFound,
        // Not loaded, or not wholly: for some time after it starts, a server is still loading what it had loaded.
        101 | 103 | 201 | 202 => Kind::Unavailable,
        // Replicas, channels, segments, nodes and the log move about.
        400..=699 | 900..=999 | 1300..=1399 => Kind::Unavailable,
        701 => Kind::Unsupported,
        104 | 702 | 1601 | 1602 => Kind::AlreadyExists,
        // The schema, a parameter, a field.
        102 | 105..=199 | 801..=899 | 1100..=1199 | 1700..=1799 => Kind::Data,
        1400..=1499 => Kind::Denied,
        // Those of the RESTful API: nobody has asked, a request or a row that it can't read, too many requests.
        1800 => Kind::Denied,
        1801..=1804 | 1806 => Kind::Data,
        1807 => Kind::RateLimited,
        _ => Kind::Internal,
    }
}

fn of_legacy(code: i32) -> Kind {
    match code {
        2 | 45..=47 | 50 | 55..=57 | 100 => Kind::Unavailable,
        3 | 29..=34 | 36..=44 => Kind::Denied,
        4 | 25 | 28 => Kind::NotFound,
        35 => Kind::AlreadyExists,
        5..=13 | 23 | 62 => Kind::Data,
        48 | 49 | 53 | 54 => Kind::RateLimited,
        51 => Kind::Unsupported,
        _ => Kind::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: i32, legacy_code: i32) -> Status {
        Status { code, legacy_code, reason: " no\n".to_owned(), retriable: false }
    }

    #[test]
    fn both_sets_of_codes_become_kinds() {
        assert!(check(None).is_ok());
        assert!(check(Some(&status(0, 0))).is_ok());
        let kind = |code, legacy| check(Some(&status(code, legacy))).unwrap_err().kind();
        assert_eq!(kind(100, 1), Kind::NotFound);
        assert_eq!(kind(0, 4), Kind::NotFound);
        assert_eq!(kind(8, 49), Kind::RateLimited);
        assert_eq!(kind(0, 49), Kind::RateLimited);
        assert_eq!(kind(101, 1), Kind::Unavailable, "not loaded");
        assert_eq!(kind(65535, 1), Kind::Internal);
        assert_eq!(kind(1, 56), Kind::Unavailable, "not ready");
        assert_eq!(kind(1, 1), Kind::Internal, "what Milvus Lite says of a collection that is there already");
        assert_eq!(kind(6, 6), Kind::Data);
        assert_eq!(kind(35, 35), Kind::AlreadyExists);
        let error = check(Some(&Status { retriable: true, ..status(65535, 1) })).unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        assert_eq!(error.to_string(), "the store says: no (code: 65535)");
    }
}
