//! What can be known to be wrong from the options alone, one function per subject.

use super::parse::INDEX;
use super::table::Named;
use super::value::OptionValue;
use super::{Chosen, IdScheme, OnError, Options, Ordering, PayloadForm, Side, Transport, WriteMode};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The modes that look at a point that is there.
const ANY_BUT_INSERT: &[WriteMode] = &[WriteMode::Upsert, WriteMode::Update, WriteMode::Partial, WriteMode::Delete];

/// Checks each subject; PEM files become PEM text, so that executors need no file. What goes together is known when the
/// side is.
pub(super) fn check(options: &mut Options, side: Side) -> Result<()> {
    reaching(options)?;
    trust(&mut options.named)?;
    match side {
        Side::Both => {}
        Side::Read => {
            reading(options)?;
            search(options)?;
        }
        Side::Write => {
            let named = &options.named;
            writing(named)?;
            deleting(options)?;
            vectors(named)?;
            rejects(named)?;
            shards(named)?;
        }
    }
    for (vector, properties) in &options.vectors {
        properties.check(vector)?;
    }
    for (field, properties) in &options.indexes {
        properties.check(field)?;
    }
    Ok(())
}

fn reaching(options: &Options) -> Result<()> {
    let named = &options.named;
    if options.given.contains_key("dataset_separator") && named.dataset.is_none() {
        return Err(Error::options("option `dataset_separator` goes with `dataset`, the prefix that it stands behind"));
    }
    if named.port.is_some() && named.host.is_none() {
        return Err(Error::options("option `port` goes with `host`; a `url` holds its port itself"));
    }
    if named.https.is_some() && named.host.is_none() {
        return Err(Error::options("option `https` goes with `host`; a `url` starts with `https://` itself"));
    }
    if named.prefix.is_some() {
        if named.transport != Transport::Http {
            return Err(Error::options(
                "option `prefix` goes with `transport` = `http`: gRPC knows no path behind the port",
            ));
        }
        if has_path(named) {
            return Err(Error::options("option `prefix`: the `url` has a path already: give one of them"));
        }
    }
    for (name, span) in [("timeout", named.timeout), ("connect_timeout", named.connect_timeout)] {
        if span.0 <= 0.0 {
            return Err(Error::options(format!("option `{name}` is {} s: expected more than 0", span.0)));
        }
    }
    Ok(())
}

/// Whether the url goes on behind the port.
pub(super) fn has_path(named: &Named) -> bool {
    let url = named.url.as_deref().unwrap_or_default();
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind_scheme.trim_end_matches('/').contains('/')
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

fn reading(options: &Options) -> Result<()> {
    let named = &options.named;
    let windows = [
        ("query_vector", named.query_vector.is_some()),
        ("query_id", named.query_id.is_some()),
        ("limit", named.limit.is_some()),
        ("offset", named.offset.is_some()),
        ("max_pages", named.max_pages.is_some()),
    ];
    if let Some((name, _)) = windows.into_iter().find(|(_, given)| *given)
        && let Some(splits) = named.splits.filter(|splits| splits.get() > 1)
    {
        return Err(Error::options(format!(
            "option `{name}` is about points in an order, which one task reads: `splits` can't be {splits}"
        )));
    }
    if named.payload != PayloadForm::Columns && !takes_payload(options) {
        return Err(Error::options(format!(
            "option `payload` is `{}`, and `with_payload` is false, so that there is no payload: remove one of them",
            named.payload
        )));
    }
    if matches!(&named.with_vectors, Chosen::AllBut(names) if !names.is_empty()) {
        return Err(Error::options(
            "option `with_vectors` names the vectors to read: only payload fields can be excluded",
        ));
    }
    Ok(())
}

/// Whether a read has any field of the payload.
pub(super) fn takes_payload(options: &Options) -> bool {
    options.named.with_payload != Chosen::NONE
}

fn search(options: &Options) -> Result<()> {
    let named = &options.named;
    let parts = [
        ("vector_name", named.vector_name.is_some()),
        ("top_k", named.top_k.is_some()),
        ("score_threshold", named.score_threshold.is_some()),
        ("search_params", named.search_params.is_some()),
    ];
    if named.query_vector.is_some() && named.query_id.is_some() {
        return Err(Error::options(
            "options `query_vector` and `query_id` both say what to search for: give one of them",
        ));
    }
    if !options.is_search() {
        return match parts.into_iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((name, _)) => {
                Err(Error::options(format!("option `{name}` is for a search: give `query_vector` or `query_id` too")))
            }
        };
    }
    if named.max_pages.is_some() {
        return Err(Error::options("option `max_pages` bounds a read that is no search: use `top_k`"));
    }
    options.skipped().map(drop)
}

fn writing(named: &Named) -> Result<()> {
    if named.id_field.is_some() && !named.key_fields.is_empty() {
        return Err(Error::options("options `id_field` and `key_fields` both name the point: give one of them"));
    }
    if named.id_scheme == IdScheme::Dlt && named.key_fields.is_empty() {
        return Err(Error::options("option `id_scheme` = `dlt` goes with `key_fields`, from which it makes the id"));
    }
    let mode = named.write_mode;
    let given = [
        ("op_field", named.op_field.is_some(), &[WriteMode::Upsert][..]),
        ("order_field", named.order_field.is_some(), ANY_BUT_INSERT),
        ("condition", named.condition.is_some(), ANY_BUT_INSERT),
        (
            "counter_fields",
            !named.counter_fields.is_empty(),
            &[WriteMode::Upsert, WriteMode::Update, WriteMode::Partial],
        ),
    ];
    for (option, _, modes) in given.iter().filter(|(_, given, _)| *given) {
        if !modes.contains(&mode) {
            let modes: Vec<String> = modes.iter().map(|mode| format!("`{}`", mode.show())).collect();
            return Err(Error::options(format!(
                "option `{option}` has no meaning with `write_mode` = `{}`: it goes with {}",
                mode.show(),
                modes.join(", ")
            )));
        }
    }
    if !named.counter_fields.is_empty() && named.ordering.is_some_and(|ordering| ordering != Ordering::Strong) {
        return Err(Error::options(
            "option `counter_fields` needs `ordering` = `strong`, which is then the default: with another one replicas \
             may count differently",
        ));
    }
    if !named.counter_fields.is_empty()
        && let Some((option, ..)) = given[..3].iter().find(|(_, given, _)| *given)
    {
        return Err(Error::options(format!(
            "options `counter_fields` and `{option}` exclude each other: an increment is added whatever is stored"
        )));
    }
    Ok(())
}

fn deleting(options: &Options) -> Result<()> {
    let index = options.given.iter().find(|(name, _)| name.starts_with(INDEX));
    match index.filter(|_| options.named.write_mode == WriteMode::Delete) {
        None => Ok(()),
        Some((_, written)) => Err(Error::options(format!(
            "option `{written}`: `write_mode` = `delete` makes no index: remove the option"
        ))),
    }
}

/// Points of one id in several shards are each their own: none of them could decide for all.
fn shards(named: &Named) -> Result<()> {
    if !named.shard_key.is_empty() && named.shard_key_field.is_some() {
        return Err(Error::options(
            "options `shard_key` and `shard_key_field` both say where a row goes: give one of them",
        ));
    }
    let mode = named.write_mode;
    let deciding = [
        ("write_mode", matches!(mode, WriteMode::Insert | WriteMode::Update | WriteMode::Partial)),
        ("order_field", named.order_field.is_some()),
        ("condition", named.condition.is_some()),
        ("counter_fields", !named.counter_fields.is_empty()),
    ];
    match deciding.into_iter().find(|(_, given)| *given) {
        Some((option, _)) if named.shard_key.len() > 1 => Err(Error::options(format!(
            "option `{option}` looks at the point that is there, and `shard_key` names {} shards, each with its own: write \
             to one after the other",
            named.shard_key.len()
        ))),
        Some(_) | None => Ok(()),
    }
}

fn vectors(named: &Named) -> Result<()> {
    if named.vector_name.is_some() && named.vector_field.is_none() {
        return Err(Error::options(
            "option `vector_name` of a write names the vector in `vector_field`: give that too, or several columns with \
             `vector_fields` and `vector_names`",
        ));
    }
    if named.vector_field.is_some() && named.vector_fields.is_some() {
        return Err(Error::options(
            "options `vector_field` (the unnamed vector) and `vector_fields` (named ones) exclude each other",
        ));
    }
    let pairs = [
        ("vector_fields", &named.vector_fields, "vector_names", &named.vector_names),
        ("sparse_fields", &named.sparse_fields, "sparse_names", &named.sparse_names),
        ("multi_fields", &named.multi_fields, "multi_names", &named.multi_names),
    ];
    for (fields, columns, names, said) in pairs {
        match (columns, said) {
            (None, Some(_)) => return Err(Error::options(format!("option `{names}` goes with `{fields}`"))),
            (Some(columns), Some(said)) => same_length((fields, columns), (names, said))?,
            (Some(_) | None, None) => {}
        }
    }
    match (&named.sparse_vector_index_fields, &named.sparse_vector_value_fields, &named.sparse_vector_names) {
        (None, None, None) => Ok(()),
        (Some(indices), Some(values), Some(names)) => {
            same_length(("sparse_vector_index_fields", indices), ("sparse_vector_value_fields", values))?;
            same_length(("sparse_vector_index_fields", indices), ("sparse_vector_names", names))
        }
        (_, _, _) => Err(Error::options(
            "options `sparse_vector_index_fields`, `sparse_vector_value_fields` and `sparse_vector_names` go together: \
             a sparse vector in one column is named with `sparse_fields`",
        )),
    }
}

fn same_length(one: (&str, &[String]), other: (&str, &[String])) -> Result<()> {
    if one.1.len() == other.1.len() {
        return Ok(());
    }
    Err(Error::options(format!(
        "options `{}` and `{}` differ in length: {} and {}",
        one.0,
        other.0,
        one.1.len(),
        other.1.len()
    )))
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

fn rejects(named: &Named) -> Result<()> {
    match (named.on_error, &named.dead_letter_path) {
        (OnError::DeadLetter, None) => Err(Error::options(
            "option `on_error` = `dead_letter` needs `dead_letter_path`: a folder for the rejected rows",
        )),
        (OnError::Fail | OnError::Skip, Some(_)) => {
            Err(Error::options("option `dead_letter_path` goes with `on_error` = `dead_letter`"))
        }
        (OnError::Fail, None) if named.max_errors > 0 => {
            Err(Error::options("option `max_errors` goes with `on_error` = `skip` or `dead_letter`"))
        }
        (OnError::Skip | OnError::DeadLetter, _) if !named.counter_fields.is_empty() => Err(Error::options(
            "options `counter_fields` and `on_error` exclude each other: rows of one id are added up before they are \
             sent, so a bad one could not be told from the others",
        )),
        (OnError::Fail | OnError::Skip | OnError::DeadLetter, _) => Ok(()),
    }
}
