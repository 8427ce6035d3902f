//! Options with a name inside: `vector.<name>.<property>` and `index.<field>[.<property>]`. They say how a collection is
//! made; one that is there must be so.

use serde::{Deserialize, Serialize};

use super::value::OptionValue;
use super::{Compression, Datatype, Distance, IndexKind, Modifier, Quantization, Tokenizer, VectorIndex};
use crate::error::{Error, Result};

macro_rules! properties {
    ($(#[$doc:meta])* $struct:ident { $($name:literal => $field:ident : $type:ty = $parse:expr, $about:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        #[allow(missing_docs)] // the meaning stands in the table, once
        pub struct $struct { $(pub $field: Option<$type>,)* }

        impl $struct {
            /// Each property with its meaning.
            pub(super) const TABLE: &[(&'static str, &'static str)] = &[$(($name, $about),)*];

            /// Sets a property; `None` if there is none of that name, `Err` says what was expected instead.
            pub(super) fn set(&mut self, name: &str, text: &str) -> Option<Result<(), &'static str>> {
                match name {
                    $($name => Some($parse(text).map(|value: $type| self.$field = Some(value))),)*
                    _ => None,
                }
            }

            /// The properties that are given.
            #[must_use]
            pub fn given(&self) -> Vec<&'static str> {
                let all = [$(self.$field.is_some().then_some($name),)*];
                all.into_iter().flatten().collect()
            }
        }
    };
}

properties! {
    /// The properties of one vector.
    VectorProperties {
        "size" => size: u64 = size,
            "The number of dimensions; from the data if not given.";
        "distance" => distance: Distance = Distance::parse,
            "How this vector is compared; `distance` if not given.";
        "datatype" => datatype: Datatype = Datatype::parse,
            "As what the server keeps the numbers: `float32` (the default), `float16`; Qdrant: `uint8`; Milvus: `bfloat16`, `int8`, `binary` (a bit each).";
        "index" => index: VectorIndex = VectorIndex::parse,
            "Milvus: the type of the index, by Milvus's name: `auto` (the default), `flat`, `hnsw`, `ivf_flat`, `ivf_sq8`, `ivf_pq`, `scann`, `diskann`; of a binary vector `bin_flat`, `bin_ivf_flat`; of a sparse one `sparse_inverted_index`, `sparse_wand`.";
        "index_params" => index_params: String = json_object,
            "Milvus: the index's parameters by Milvus's names, as a JSON object, for example `{\"nlist\": 1024}`.";
        "on_disk" => on_disk: bool = bool::parse,
            "Whether the server keeps the vectors on disk alone.";
        "hnsw_m" => hnsw_m: u64 = count,
            "Edges of each node of the index; 0 makes none.";
        "hnsw_ef_construct" => hnsw_ef_construct: u64 = ef,
            "Neighbours that are looked at while the index is built.";
        "quantization" => quantization: Quantization = Quantization::parse,
            "`none`, `scalar` (8 bits a number), `product`, `binary` (1 bit).";
        "quantization_always_ram" => quantization_always_ram: bool = bool::parse,
            "Whether the quantized vectors stay in memory.";
        "quantization_quantile" => quantization_quantile: f32 = quantile,
            "With `scalar`: the part of the numbers that the 8 bits span, from 0.5 to 1.";
        "quantization_compression" => quantization_compression: Compression = Compression::parse,
            "With `product`: `x4` (the default), `x8`, `x16`, `x32`, `x64`.";
        "modifier" => modifier: Modifier = Modifier::parse,
            "Of a sparse vector: `none` or `idf` (the server weighs by how rare a term is).";
        "index_on_disk" => index_on_disk: bool = bool::parse,
            "Of a sparse vector: whether its index is on disk.";
    }
}

properties! {
    /// The properties of one payload index.
    IndexProperties {
        "type" => kind: IndexKind = IndexKind::parse,
            "An index of this field of the payload: `keyword`, `integer`, `float`, `bool`, `datetime`, `uuid`, `text`, `geo`; Milvus: `inverted` (which the others but `text` and `geo` mean there too), `bitmap`, `sorted`, `trie`. Of Qdrant, inside a struct: `index.address.city`; inside an array of structs: `index.parts[].name`.";
        "is_tenant" => is_tenant: bool = bool::parse,
            "With `keyword` or `uuid`: the field parts the points by tenant.";
        "on_disk" => on_disk: bool = bool::parse,
            "Whether the index is on disk.";
        "tokenizer" => tokenizer: Tokenizer = Tokenizer::parse,
            "With `text`: `word` (the default), `whitespace`, `prefix`, `multilingual`.";
    }
}

fn size(text: &str) -> Result<u64, &'static str> {
    match text.trim().parse() {
        Ok(size @ 1..=65_536) => Ok(size),
        Ok(_) | Err(_) => Err("a number of dimensions from 1 to 65536"),
    }
}

fn json_object(text: &str) -> Result<String, &'static str> {
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("a JSON object"),
    }
}

fn count(text: &str) -> Result<u64, &'static str> {
    text.trim().parse().map_err(|_| "a whole number that is not negative")
}

fn ef(text: &str) -> Result<u64, &'static str> {
    match text.trim().parse() {
        Ok(ef) if ef >= 4 => Ok(ef),
        Ok(_) | Err(_) => Err("a whole number of at least 4"),
    }
}

fn quantile(text: &str) -> Result<f32, &'static str> {
    match text.trim().parse() {
        Ok(quantile) if (0.5..=1.0).contains(&quantile) => Ok(quantile),
        Ok(_) | Err(_) => Err("a number from 0.5 to 1"),
    }
}

impl VectorProperties {
    /// Properties that say something of one kind of quantization alone.
    pub(super) fn check(&self, vector: &str) -> Result<()> {
        let option = |property: &str| option_of(vector, property);
        let goes_with = |property: &str, words: &str| {
            Err(Error::options(format!(
                "option `{}` goes with `{}` = {words}",
                option(property),
                option("quantization")
            )))
        };
        let quantization = self.quantization.filter(|quantization| *quantization != Quantization::None);
        if self.quantization_always_ram.is_some() && quantization.is_none() {
            return goes_with("quantization_always_ram", "`scalar`, `product` or `binary`");
        }
        if self.quantization_quantile.is_some() && quantization != Some(Quantization::Scalar) {
            return goes_with("quantization_quantile", "`scalar`");
        }
        if self.quantization_compression.is_some() && quantization != Some(Quantization::Product) {
            return goes_with("quantization_compression", "`product`");
        }
        Ok(())
    }
}

/// The option of one property of a vector, as users write it.
#[must_use]
pub fn option_of(vector: &str, property: &str) -> String {
    if vector.is_empty() { format!("vector.{property}") } else { format!("vector.{vector}.{property}") }
}

impl IndexProperties {
    /// Properties that say something of one type of index alone.
    pub(super) fn check(&self, field: &str) -> Result<()> {
        let Some(kind) = self.kind else {
            let given = self.given().first().copied().unwrap_or_default();
            return Err(Error::options(format!(
                "option `index.{field}.{given}` goes with `index.{field}`, which gives the index's type"
            )));
        };
        if self.is_tenant.is_some() && !matches!(kind, IndexKind::Keyword | IndexKind::Uuid) {
            return Err(Error::options(format!(
                "option `index.{field}.is_tenant` goes with an index of the type `keyword` or `uuid`, not `{kind}`"
            )));
        }
        if self.tokenizer.is_some() && kind != IndexKind::Text {
            return Err(Error::options(format!(
                "option `index.{field}.tokenizer` goes with an index of the type `text`, not `{kind}`"
            )));
        }
        Ok(())
    }
}

/// The rows of `docs/options.md`.
pub(super) fn markdown() -> String {
    let mut rows = String::new();
    for (property, about) in VectorProperties::TABLE {
        rows.push_str(&format!("| `vector.<name>.{property}`<br>`vector.{property}` | – | {about} |\n"));
    }
    for (property, about) in IndexProperties::TABLE {
        let property = if *property == "type" { String::new() } else { format!(".{property}") };
        rows.push_str(&format!("| `index.<field>{property}` | – | {about} |\n"));
    }
    rows
}
