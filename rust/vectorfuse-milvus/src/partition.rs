//! The partition that a write names: it is there before the first row.

use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::options::{Options, WriteMode};
use vectorfuse_core::schema::{SparkField, SparkType};

use crate::api::Api;
use crate::collection::Collection;

/// Whether rows can go where the options say.
pub(crate) fn check(options: &Options, fields: &[SparkField], there: &Collection) -> Result<()> {
    let named = &options.named;
    if named.partition.is_some() && named.partition_field.is_some() {
        return Err(Error::options(
            "options `partition` and `partition_field` both say where a row goes: give one of them",
        ));
    }
    let given = [("partition", &named.partition), ("partition_field", &named.partition_field)];
    if there.has_partition_key
        && let Some((option, _)) = given.into_iter().find(|(_, given)| given.is_some())
    {
        let key = there.fields.iter().find(|field| field.is_partition_key);
        let key = key.map(|field| field.name.as_str()).unwrap_or_default();
        return Err(Error::options(format!(
            "option `{option}`: the server itself chooses the partition of each row, by its field `{key}`: remove the option"
        )));
    }
    let Some(name) = &named.partition_field else { return Ok(()) };
    match fields.iter().find(|field| field.name == *name) {
        Some(SparkField { data_type: SparkType::String(_), .. }) => Ok(()),
        Some(field) => Err(Error::options(format!(
            "option `partition_field`: column `{name}` has the type {}: expected a string, the partition's name",
            field.data_type.name()
        ))),
        None => {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            Err(Error::options(format!(
                "option `partition_field`: the DataFrame has no column `{name}`; it has {}",
                names.join(", ")
            )))
        }
    }
}

/// Makes the partition that the options name, if it is missing.
pub(crate) async fn ensure(api: &Api, options: &Options, there: &Collection) -> Result<()> {
    match &options.named.partition {
        Some(name) if !there.has_partition_key => make(api, name, makes_partitions(options)).await,
        Some(_) | None => Ok(()),
    }
}

/// Makes a partition, if it is missing and the write may make one.
pub(crate) async fn make(api: &Api, name: &str, may: bool) -> Result<()> {
    let there = api.partitions().await?;
    if there.iter().any(|other| other == name) {
        return Ok(());
    }
    if !may {
        return Err(Error::options(format!("the collection has no partition `{name}`; it has {}", there.join(", "))));
    }
    match api.create_partition(name).await {
        Ok(()) => Ok(()),
        // Another task or job may have made it at the same time.
        Err(_) if api.partitions().await?.iter().any(|other| other == name) => Ok(()),
        Err(error) => {
            Err(if is_misnamed(name, &error) { Error::data(error.to_string()) } else { error }.with("partition", name))
        }
    }
}

/// Whether the server refuses a partition for its name: some servers have no code for that.
fn is_misnamed(name: &str, error: &Error) -> bool {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    error.kind() == Kind::Internal && !is_plain
}

/// Whether the write may make a partition: one that only changes rows that are there has no use for it.
pub(crate) fn makes_partitions(options: &Options) -> bool {
    matches!(options.named.write_mode, WriteMode::Upsert | WriteMode::Insert)
}
