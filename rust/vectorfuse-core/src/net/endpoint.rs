//! Where a store answers, as the options say it; and what answers there, if it is something else.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::error::{Error, Result};
use crate::options::Options;
use crate::secret::Secret;

/// How long a port may take to say what it speaks.
const PROBE: Duration = Duration::from_secs(3);
/// RFC 9113, 3.4: how a client of HTTP/2 begins, with an empty SETTINGS frame.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A url, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Whether it is `http` and not `https`.
    pub plain: bool,
    /// The host, without the brackets of an IPv6 address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What stands before every path: empty, or `/` and more without a `/` at its end.
    pub prefix: String,
}

impl Endpoint {
    /// That of the options; `with_path` says whether it may have a path.
    pub fn of(options: &Options, default_port: u16, with_path: bool) -> Result<Self> {
        let wrong = |what: &str| {
            Error::options(format!("option `url`: {what}; expected `http://host:{default_port}` or `https://…`"))
        };
        let url = options.url(default_port)?;
        let uri: http::Uri = url.parse().map_err(|_| wrong("it is no url"))?;
        let plain = match uri.scheme_str() {
            Some("http") => true,
            Some("https") => false,
            Some(_) | None => return Err(wrong("it has no scheme `http` or `https`")),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| wrong("it names no host"))?;
        let authority = uri.authority().map_or("", http::uri::Authority::as_str);
        if authority.contains('@') {
            return Err(wrong("it holds a user or password, which belong into options of their own"));
        }
        if uri.query().is_some() {
            return Err(wrong("it has a `?`"));
        }
        let prefix = uri.path().trim_end_matches('/').to_owned();
        if !with_path && !prefix.is_empty() {
            return Err(wrong("gRPC knows no path behind the port (`transport=http` does)"));
        }
        let port = match uri.port_u16() {
            Some(port) => port,
            None if authority == host => default_port,
            None => return Err(wrong("its port is no number up to 65535")),
        };
        let named = &options.named;
        if plain && (named.tls_ca.is_some() || named.tls_cert.is_some() || named.tls_server_name.is_some()) {
            return Err(wrong("the `tls_…` options go with `https`"));
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { plain, host, port, prefix })
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.plain { "http" } else { "https" }
    }

    /// Host and port.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// What the port speaks, after a request failed, if that is not what the url says. Nothing secret is sent.
    pub async fn mismatch(&self, wanted: Protocol) -> Option<Mismatch> {
        let question = match (self.plain, wanted) {
            (true, Protocol::Grpc) => {
                format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.authority()).into_bytes()
            }
            (false, Protocol::Grpc) | (true, Protocol::Http) => HTTP2.to_vec(),
            // Whatever else is wrong behind TLS is seen when it begins.
            (false, Protocol::Http) => b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        };
        let probe = async {
            let mut stream = tokio::net::TcpStream::connect((self.host.as_str(), self.port)).await?;
            stream.write_all(&question).await?;
            let mut start = [0_u8; 7];
            stream.read_exact(&mut start).await?;
            std::io::Result::Ok(start)
        };
        let start = tokio::time::timeout(PROBE, probe).await.ok()?.ok()?;
        match (self.plain, wanted, start) {
            (true, Protocol::Grpc, start) if &start == b"HTTP/1." => Some(Mismatch::Http),
            // RFC 9113, 4.1: a SETTINGS frame.
            (true, Protocol::Http, [0, 0, _, 4, ..]) => Some(Mismatch::Grpc),
            // RFC 8446, 5.1: a record that holds an alert.
            (true, _, [21, 3, ..]) => Some(Mismatch::Tls),
            (false, Protocol::Grpc, [0, 0, _, 4, ..]) => Some(Mismatch::Plain),
            (false, Protocol::Http, start) if &start == b"HTTP/1." => Some(Mismatch::Plain),
            (true | false, Protocol::Grpc | Protocol::Http, _) => None,
        }
    }
}

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC, which is HTTP/2.
    Grpc,
    /// HTTP/1.1.
    Http,
}

/// What an endpoint speaks that the options do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// HTTP/1, and gRPC was asked for: most likely the store's REST port.
    Http,
    /// HTTP/2, and HTTP/1 was asked for: most likely the store's gRPC port.
    Grpc,
    /// TLS, and the url is `http`.
    Tls,
    /// No TLS, and the url is `https`.
    Plain,
}

/// What two users of one connection must have in common.
#[derive(PartialEq, Eq, Hash)]
struct Trust {
    endpoint: Endpoint,
    tls_ca: Option<String>,
    tls_identity: Option<(String, Secret)>,
    tls_server_name: Option<String>,
    connect_timeout: Duration,
}

/// One connection per endpoint and trust, for the whole process: requests of all tasks share it.
pub(super) struct Shared<T>(Mutex<Option<HashMap<Trust, T>>>);

impl<T: Clone> Shared<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The one that is there, or a new one.
    pub(super) fn get(&self, options: &Options, endpoint: &Endpoint, new: impl FnOnce() -> Result<T>) -> Result<T> {
        let named = &options.named;
        let key = Trust {
            endpoint: endpoint.clone(),
            tls_ca: named.tls_ca.clone(),
            tls_identity: named.tls_cert.clone().zip(named.tls_key.clone()),
            tls_server_name: named.tls_server_name.clone(),
            connect_timeout: named.connect_timeout.duration(),
        };
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = shared.get_or_insert_with(HashMap::new);
        if let Some(there) = shared.get(&key) {
            return Ok(there.clone());
        }
        let made = new()?;
        shared.insert(key, made.clone());
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::options::{Given, Side};

    fn endpoint(url: &str, with_path: bool) -> Result<Endpoint> {
        let options = [("store", "qdrant"), ("url", url)].map(|(key, text)| (key.to_owned(), text.to_owned()));
        let options = Given { options: options.into(), ..Given::default() }.parse(Side::Read).unwrap();
        Endpoint::of(&options, 6333, with_path)
    }

    #[test]
    fn a_url_is_taken_apart_and_the_port_may_be_left_out() {
        let of = |url| endpoint(url, true).unwrap();
        let plain = |host: &str, port, prefix: &str| Endpoint {
            plain: true,
            host: host.to_owned(),
            port,
            prefix: prefix.to_owned(),
        };
        assert_eq!(of("http://h"), plain("h", 6333, ""));
        assert_eq!(of("http://h:1/"), plain("h", 1, ""));
        assert_eq!(of("http://h/a/b/"), plain("h", 6333, "/a/b"));
        assert_eq!(of("http://[::1]:7"), plain("::1", 7, ""));
        assert_eq!(of("http://[::1]:7").authority(), "[::1]:7");
        assert_eq!((of("https://h").scheme(), of("https://h").authority()), ("https", "h:6333".to_owned()));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in ["h:1", "ftp://h", "http://", "http://u:p@h", "http://h:99999", "http://h?a=b"] {
            assert_eq!(endpoint(url, true).map_err(|error| error.kind()), Err(Kind::Options), "{url}");
        }
        assert_eq!(endpoint("http://h/a", false).map_err(|error| error.kind()), Err(Kind::Options));
    }
}
