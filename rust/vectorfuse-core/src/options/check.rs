//! What can be known to be wrong from the options alone, one function per subject.

use super::Options;
use super::table::Named;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Checks each subject; PEM files become PEM text, so that executors need no file.
pub(super) fn check(options: &mut Options) -> Result<()> {
    let named = &mut options.named;
    reaching(named)?;
    trust(named)?;
    writing(named)?;
    vectors(named)
}

fn reaching(named: &Named) -> Result<()> {
    match named.transport.to_lowercase().as_str() {
        "grpc" => {}
        "http" => return Err(Error::unsupported("option `transport`: `http` does not work yet in this version")),
        other => return Err(Error::options(format!("option `transport` is `{other}`: expected `grpc` or `http`"))),
    }
    if named.port.is_some() && named.host.is_none() {
        return Err(Error::options("option `port` goes with `host`; a `url` holds its port itself"));
    }
    if named.https.is_some() && named.host.is_none() {
        return Err(Error::options("option `https` goes with `host`; a `url` starts with `https://` itself"));
    }
    for (name, span) in [("timeout", named.timeout), ("connect_timeout", named.connect_timeout)] {
        if span.0 <= 0.0 {
            return Err(Error::options(format!("option `{name}` is {} s: expected more than 0", span.0)));
        }
    }
    Ok(())
}

fn trust(named: &mut Named) -> Result<()> {
    if named.tls_cert.is_some() != named.tls_key.is_some() {
        return Err(Error::options("options `tls_cert` and `tls_key` go together"));
    }
    named.tls_ca = named.tls_ca.take().map(|ca| pem("tls_ca", ca)).transpose()?;
    named.tls_cert = named.tls_cert.take().map(|cert| pem("tls_cert", cert)).transpose()?;
    if let Some(key) = named.tls_key.take() {
        named.tls_key = Some(Secret::new(pem("tls_key", key.expose().to_owned())?));
    }
    Ok(())
}

fn writing(named: &Named) -> Result<()> {
    match named.write_mode.to_lowercase().as_str() {
        "upsert" => {}
        mode @ ("insert" | "update" | "partial" | "delete") => {
            return Err(Error::unsupported(format!("option `write_mode`: `{mode}` does not work yet in this version")));
        }
        other => return Err(Error::options(format!("option `write_mode` is `{other}`: expected `upsert`"))),
    }
    if named.id_field.is_some() && !named.key_fields.is_empty() {
        return Err(Error::options("options `id_field` and `key_fields` both name the point: give one of them"));
    }
    Ok(())
}

fn vectors(named: &Named) -> Result<()> {
    if named.vector_field.is_some() && named.vector_fields.is_some() {
        return Err(Error::options(
            "options `vector_field` (the unnamed vector) and `vector_fields` (named ones) exclude each other",
        ));
    }
    match (&named.vector_fields, &named.vector_names) {
        (None, Some(_)) => return Err(Error::options("option `vector_names` goes with `vector_fields`")),
        (Some(fields), Some(names)) if fields.len() != names.len() => {
            return Err(Error::options(format!(
                "options `vector_fields` and `vector_names` differ in length: {} and {}",
                fields.len(),
                names.len()
            )));
        }
        (Some(_) | None, _) => {}
    }
    Ok(())
}

fn pem(name: &str, text: String) -> Result<String> {
    if text.contains("-----BEGIN") {
        return Ok(text);
    }
    std::fs::read_to_string(&text).map_err(|error| {
        let shown = if name == "tls_key" { "***" } else { &text };
        Error::options(format!("option `{name}`: `{shown}` is neither PEM text nor a file that the driver can read"))
            .caused_by(error)
    })
}
