//! The settings of a collection that options name: given when it is created, compared when it is there.

use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Datatype, Options, option_of};

use crate::collection::{Collection, FieldType, VectorType};

/// Properties of vectors that only Qdrant has.
const FOREIGN: &[&str] = &[
    "on_disk",
    "quantization",
    "quantization_always_ram",
    "quantization_quantile",
    "quantization_compression",
    "modifier",
    "index_on_disk",
];

/// Properties that Milvus does not have are refused.
pub(crate) fn check(options: &Options) -> Result<()> {
    for (name, properties) in &options.vectors {
        if let Some(property) = properties.given().into_iter().find(|property| FOREIGN.contains(property)) {
            return Err(Error::options(format!(
                "option `{}`: a vector of Milvus has no such property: `{}` and `{}` say how its index is made",
                option_of(name, property),
                option_of(name, "index"),
                option_of(name, "index_params")
            )));
        }
    }
    Ok(())
}

/// What the options say of a collection that is there must be so. (Its indexes are compared elsewhere.)
pub(crate) fn refuse_differences(options: &Options, there: &Collection) -> Result<()> {
    let named = &options.named;
    let differs = |option: &str, said: String, is: String| {
        Err(Error::options(format!(
            "option `{option}` is `{said}`, and the collection has {is}: correct it, or overwrite with `overwrite` = \
             `recreate`"
        )))
    };
    if let Some(said) = named.shards.filter(|said| i64::from(said.get()) != i64::from(there.shards)) {
        return differs("shards", said.to_string(), there.shards.to_string());
    }
    if let Some(said) = named.dynamic_field.filter(|said| *said != there.is_dynamic) {
        let is = if there.is_dynamic { "a dynamic field" } else { "none" };
        return differs("dynamic_field", said.to_string(), is.to_owned());
    }
    if let Some(said) = &named.partition_key {
        let is = there.fields.iter().find(|field| field.is_partition_key).map(|field| field.name.as_str());
        if is != Some(said) {
            let is = is.map_or_else(|| "no partition key".to_owned(), |is| format!("the partition key `{is}`"));
            return differs("partition_key", said.clone(), is);
        }
    }
    if named.auto_id && !there.primary()?.is_auto {
        return differs("auto_id", "true".to_owned(), "keys that each row brings".to_owned());
    }
    if options.given.contains_key("auto_id") && !named.auto_id && there.primary()?.is_auto {
        return differs("auto_id", "false".to_owned(), "keys that the server makes".to_owned());
    }
    for (name, properties) in &options.vectors {
        let field = there.field(name).and_then(|field| match field.data_type {
            FieldType::Vector { kind, dim } => Some((kind, dim)),
            FieldType::Scalar(_) | FieldType::Array { .. } => None,
        });
        let Some((kind, dim)) = field else {
            return Err(Error::options(format!(
                "the options name the vector `{name}`, which the collection does not have"
            )));
        };
        if let Some(said) = properties.size.filter(|said| Some(*said) != dim) {
            let is = dim.map_or_else(|| "none".to_owned(), |dim| dim.to_string());
            return differs(&option_of(name, "size"), said.to_string(), is);
        }
        if let Some(said) = properties.datatype.filter(|said| datatype(*said) != Some(kind)) {
            return differs(&option_of(name, "datatype"), said.to_string(), FieldType::Vector { kind, dim }.name());
        }
    }
    Ok(())
}

fn datatype(datatype: Datatype) -> Option<VectorType> {
    Some(match datatype {
        Datatype::Float32 => VectorType::Float,
        Datatype::Float16 => VectorType::Float16,
        Datatype::BFloat16 => VectorType::BFloat16,
        Datatype::Int8 => VectorType::Int8,
        Datatype::Binary => VectorType::Binary,
        Datatype::Uint8 => return None,
    })
}

/// The vectors of a collection that somebody else has created meanwhile must be those that were planned.
pub(crate) fn same_vectors(planned: &Collection, there: &Collection) -> Result<()> {
    for field in &planned.fields {
        let FieldType::Vector { kind, dim } = field.data_type else { continue };
        let its = there.field(&field.name).map(|field| field.data_type);
        let same = match its {
            Some(FieldType::Vector { kind: its, dim: theirs }) => its == kind && (dim.is_none() || dim == theirs),
            Some(FieldType::Scalar(_) | FieldType::Array { .. }) | None => false,
        };
        if !same {
            let its = its.map_or_else(|| "no such vector".to_owned(), FieldType::name);
            return Err(Error::data(format!(
                "the vector `{}` is {} here, and the collection that another task or job has just created has {its}",
                field.name,
                field.data_type.name()
            )));
        }
    }
    Ok(())
}
