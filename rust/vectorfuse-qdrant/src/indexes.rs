//! Payload indexes: made before rows are written, so that each row is indexed as it comes.

#![allow(deprecated)] // the flags for disk, which every server knows

use std::collections::HashMap;

use qdrant_client::qdrant::payload_index_params::IndexParams;
use qdrant_client::qdrant::{
    BoolIndexParams, CreateFieldIndexCollection, DatetimeIndexParams, FieldType, FloatIndexParams, GeoIndexParams,
    IntegerIndexParams, KeywordIndexParams, PayloadIndexParams, PayloadSchemaInfo, PayloadSchemaType, TextIndexParams,
    TokenizerType, UuidIndexParams,
};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{IndexKind as Word, IndexProperties, Options, Tokenizer};
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::table::{Column, Role};

use crate::api::Api;
use crate::path;

/// The first version that knows indexes of UUIDs, of tenants, and on disk.
const NEWER_SINCE: (u32, u32) = (1, 11);

/// The types of index that Qdrant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IndexKind {
    Keyword,
    Integer,
    Float,
    Bool,
    Datetime,
    Uuid,
    Text,
    Geo,
}

impl IndexKind {
    fn of(word: Word, field: &str) -> Result<Self> {
        Ok(match word {
            Word::Keyword => Self::Keyword,
            Word::Integer => Self::Integer,
            Word::Float => Self::Float,
            Word::Bool => Self::Bool,
            Word::Datetime => Self::Datetime,
            Word::Uuid => Self::Uuid,
            Word::Text => Self::Text,
            Word::Geo => Self::Geo,
            Word::Inverted | Word::Bitmap | Word::Sorted | Word::Trie => {
                return Err(Error::options(format!(
                    "option `index.{field}` is `{word}`, which Qdrant does not have: an index there is `keyword`, \
                     `integer`, `float`, `bool`, `datetime`, `uuid`, `text` or `geo`"
                )));
            }
        })
    }
}

/// An index that the options ask for.
#[derive(Clone, Debug)]
pub(crate) struct Index<'a> {
    field: &'a str,
    /// The field as the server spells it.
    path: String,
    kind: IndexKind,
    /// The same as the user says it.
    word: Word,
    properties: &'a IndexProperties,
}

/// The indexes that the options ask for, each of which fits its column.
pub(crate) fn wanted<'a>(options: &'a Options, columns: &[Column]) -> Result<Vec<Index<'a>>> {
    let index = |(field, properties): (&'a String, &'a IndexProperties)| {
        // `Options` has none without a type.
        let word = properties.kind?;
        Some(find(field, columns).and_then(|(path, data_type)| {
            let kind = IndexKind::of(word, field)?;
            if !fits(kind, data_type) {
                return Err(Error::options(format!(
                    "option `index.{field}`: an index of the type `{word}` does not fit the column's type {}",
                    data_type.name()
                )));
            }
            Ok(Index { field, path, kind, word, properties })
        }))
    };
    options.indexes.iter().filter_map(index).collect()
}

/// Older servers do not know some of it, or pass over it.
pub(crate) fn refuse_newer(wanted: &[Index<'_>], version: (u32, u32)) -> Result<()> {
    let new = |index: &&Index<'_>| {
        let properties = index.properties;
        index.kind == IndexKind::Uuid || properties.is_tenant.is_some() || properties.on_disk.is_some()
    };
    match wanted.iter().find(new) {
        Some(index) if version < NEWER_SINCE => Err(Error::unsupported(format!(
            "option `index.{}`: the type `uuid`, and the properties `is_tenant` and `on_disk`, need a server of version \
             {}.{}, and this one has {}.{}",
            index.field, NEWER_SINCE.0, NEWER_SINCE.1, version.0, version.1
        ))),
        Some(_) | None => Ok(()),
    }
}

/// The field's path as the server spells it, and its type. A column's name is taken whole before its dots mean anything.
fn find<'a>(field: &str, columns: &'a [Column]) -> Result<(String, &'a SparkType)> {
    let kept: Vec<&Column> = columns.iter().filter(|column| matches!(column.role, Role::Payload(_))).collect();
    if let Some(column) = kept.iter().find(|column| column.name == field) {
        return Ok((quoted(field), &column.data_type));
    }
    let mut parts = field.split('.');
    let first = parts.next().unwrap_or_default();
    let column = kept.iter().find(|column| column.name == name_of(first));
    let mut found = column.map(|column| (spelt(first), &column.data_type, first.ends_with("[]")));
    for part in parts {
        found = found.and_then(|(path, data_type, each)| {
            let member = members(data_type, each)?.iter().find(|member| member.name == name_of(part))?;
            Some((format!("{path}.{}", spelt(part)), &member.data_type, part.ends_with("[]")))
        });
    }
    match found {
        Some((path, data_type, false)) => Ok((path, data_type)),
        Some((path, SparkType::Array(element), true)) => Ok((path, element.as_ref())),
        Some(_) | None => {
            let names: Vec<&str> = kept.iter().map(|column| column.name.as_str()).collect();
            Err(Error::options(format!(
                "option `index.{field}`: the payload has no such field; its columns are {}",
                names.join(", ")
            )))
        }
    }
}

fn members(data_type: &SparkType, each: bool) -> Option<&[SparkField]> {
    match (data_type, each) {
        (SparkType::Struct(members), false) => Some(members),
        (SparkType::Array(element), true) => members(element, false),
        (_, true | false) => None,
    }
}

fn name_of(part: &str) -> &str {
    part.strip_suffix("[]").unwrap_or(part)
}

fn spelt(part: &str) -> String {
    let each = if part.ends_with("[]") { "[]" } else { "" };
    format!("{}{each}", quoted(name_of(part)))
}

/// A name as a step of a path; one that can't be is left as it is, for the server to refuse.
fn quoted(name: &str) -> String {
    path::of_field(name).unwrap_or_else(|| name.to_owned())
}

/// The index of a field, however the server spells its path.
fn of<'a>(path: &str, there: &'a HashMap<String, PayloadSchemaInfo>) -> Option<&'a PayloadSchemaInfo> {
    let steps = path::segments(path);
    there.iter().find(|(other, _)| *other == path || path::segments(other) == steps).map(|(_, info)| info)
}

/// Whether the field of this path has an index, or gets one.
pub(crate) fn is_indexed(path: &str, wanted: &[Index<'_>], there: &HashMap<String, PayloadSchemaInfo>) -> bool {
    of(path, there).is_some() || wanted.iter().any(|index| index.path == path)
}

/// Whether values of this type are what such an index is made for: the server passes over others without a word.
fn fits(kind: IndexKind, data_type: &SparkType) -> bool {
    use SparkType as T;
    match data_type {
        // Each element is indexed; a list of lists is not.
        T::Array(element) => !matches!(**element, T::Array(_)) && fits(kind, element),
        // Any value can come.
        T::Variant => true,
        T::String(_) => {
            matches!(kind, IndexKind::Keyword | IndexKind::Text | IndexKind::Datetime | IndexKind::Uuid)
        }
        T::Decimal(..) | T::Binary => matches!(kind, IndexKind::Keyword),
        T::Byte | T::Short | T::Integer | T::Long => matches!(kind, IndexKind::Integer | IndexKind::Float),
        T::Float | T::Double => kind == IndexKind::Float,
        T::Boolean => kind == IndexKind::Bool,
        T::Date | T::Timestamp | T::TimestampNtz => matches!(kind, IndexKind::Datetime | IndexKind::Keyword),
        T::Struct(members) => {
            let number = |name: &str| {
                members.iter().any(|member| member.name == name && matches!(member.data_type, T::Float | T::Double))
            };
            kind == IndexKind::Geo && number("lon") && number("lat")
        }
        T::Null | T::Map(..) | T::MllibVector(_) => false,
    }
}

/// Indexes of the collection that are of another type, or made otherwise, than the options say are refused.
pub(crate) fn refuse_others(wanted: &[Index<'_>], there: &HashMap<String, PayloadSchemaInfo>) -> Result<()> {
    for index in wanted {
        let Some(is) = of(&index.path, there) else { continue };
        let differs = |what: &str, said: &str, is: &str| {
            Err(Error::options(format!(
                "option `index.{}{what}` is `{said}`, and the collection's index of that field has {is}: correct the \
                 option, or delete that index first",
                index.field
            )))
        };
        if is.data_type() != schema_type(index.kind) {
            return differs("", &index.word.to_string(), &format!("{:?}", is.data_type()).to_lowercase());
        }
        let (is_tenant, on_disk, tokenizer) = properties(is);
        for (what, said, is) in
            [(".is_tenant", index.properties.is_tenant, is_tenant), (".on_disk", index.properties.on_disk, on_disk)]
        {
            if let Some(said) = said.filter(|said| *said != is) {
                return differs(what, &said.to_string(), &is.to_string());
            }
        }
        if let Some(said) = index.properties.tokenizer.filter(|said| Some(to_tokenizer(*said)) != tokenizer) {
            let is = tokenizer.map_or_else(|| "another one".to_owned(), |is| format!("{is:?}").to_lowercase());
            return differs(".tokenizer", &said.to_string(), &is);
        }
    }
    Ok(())
}

/// Whether an index parts by tenant and is on disk, and its tokenizer.
fn properties(info: &PayloadSchemaInfo) -> (bool, bool, Option<TokenizerType>) {
    let params = info.params.as_ref().and_then(|params| params.index_params.as_ref());
    let (is_tenant, on_disk, tokenizer) = match params {
        Some(IndexParams::KeywordIndexParams(params)) => (params.is_tenant, params.on_disk, None),
        Some(IndexParams::UuidIndexParams(params)) => (params.is_tenant, params.on_disk, None),
        Some(IndexParams::TextIndexParams(params)) => (None, params.on_disk, Some(params.tokenizer())),
        Some(IndexParams::IntegerIndexParams(params)) => (None, params.on_disk, None),
        Some(IndexParams::FloatIndexParams(params)) => (None, params.on_disk, None),
        Some(IndexParams::GeoIndexParams(params)) => (None, params.on_disk, None),
        Some(IndexParams::BoolIndexParams(params)) => (None, params.on_disk, None),
        Some(IndexParams::DatetimeIndexParams(params)) => (None, params.on_disk, None),
        None => (None, None, None),
    };
    (is_tenant.unwrap_or(false), on_disk.unwrap_or(false), tokenizer)
}

/// Makes those that are missing. An index that is there is made again without effect.
pub(crate) async fn ensure(api: &Api, wanted: &[Index<'_>], there: &HashMap<String, PayloadSchemaInfo>) -> Result<()> {
    for index in wanted.iter().filter(|index| of(&index.path, there).is_none()) {
        api.create_index(index.request()).await.map_err(|error| error.with("index", index.field))?;
    }
    Ok(())
}

impl Index<'_> {
    fn request(&self) -> CreateFieldIndexCollection {
        let on_disk = self.properties.on_disk;
        let is_tenant = self.properties.is_tenant;
        let params = match self.kind {
            IndexKind::Keyword => IndexParams::KeywordIndexParams(KeywordIndexParams {
                is_tenant,
                on_disk,
                ..KeywordIndexParams::default()
            }),
            IndexKind::Uuid => {
                IndexParams::UuidIndexParams(UuidIndexParams { is_tenant, on_disk, ..UuidIndexParams::default() })
            }
            // Ranges and exact matches: what the bare type means too.
            IndexKind::Integer => IndexParams::IntegerIndexParams(IntegerIndexParams {
                lookup: Some(true),
                range: Some(true),
                on_disk,
                ..IntegerIndexParams::default()
            }),
            IndexKind::Float => {
                IndexParams::FloatIndexParams(FloatIndexParams { on_disk, ..FloatIndexParams::default() })
            }
            IndexKind::Bool => IndexParams::BoolIndexParams(BoolIndexParams { on_disk, ..BoolIndexParams::default() }),
            IndexKind::Datetime => {
                IndexParams::DatetimeIndexParams(DatetimeIndexParams { on_disk, ..DatetimeIndexParams::default() })
            }
            IndexKind::Geo => IndexParams::GeoIndexParams(GeoIndexParams { on_disk, ..GeoIndexParams::default() }),
            IndexKind::Text => IndexParams::TextIndexParams(TextIndexParams {
                tokenizer: to_tokenizer(self.properties.tokenizer.unwrap_or(Tokenizer::Word)).into(),
                on_disk,
                ..TextIndexParams::default()
            }),
        };
        // The bare type, where it says all: older servers know no parameters.
        let bare = self.properties.given() == ["type"];
        CreateFieldIndexCollection {
            wait: Some(true),
            field_name: self.path.clone(),
            field_type: Some(field_type(self.kind).into()),
            field_index_params: (!bare).then_some(PayloadIndexParams { index_params: Some(params) }),
            ..CreateFieldIndexCollection::default()
        }
    }
}

fn field_type(kind: IndexKind) -> FieldType {
    match kind {
        IndexKind::Keyword => FieldType::Keyword,
        IndexKind::Integer => FieldType::Integer,
        IndexKind::Float => FieldType::Float,
        IndexKind::Bool => FieldType::Bool,
        IndexKind::Datetime => FieldType::Datetime,
        IndexKind::Uuid => FieldType::Uuid,
        IndexKind::Text => FieldType::Text,
        IndexKind::Geo => FieldType::Geo,
    }
}

fn schema_type(kind: IndexKind) -> PayloadSchemaType {
    match kind {
        IndexKind::Keyword => PayloadSchemaType::Keyword,
        IndexKind::Integer => PayloadSchemaType::Integer,
        IndexKind::Float => PayloadSchemaType::Float,
        IndexKind::Bool => PayloadSchemaType::Bool,
        IndexKind::Datetime => PayloadSchemaType::Datetime,
        IndexKind::Uuid => PayloadSchemaType::Uuid,
        IndexKind::Text => PayloadSchemaType::Text,
        IndexKind::Geo => PayloadSchemaType::Geo,
    }
}

fn to_tokenizer(tokenizer: Tokenizer) -> TokenizerType {
    match tokenizer {
        Tokenizer::Word => TokenizerType::Word,
        Tokenizer::Whitespace => TokenizerType::Whitespace,
        Tokenizer::Prefix => TokenizerType::Prefix,
        Tokenizer::Multilingual => TokenizerType::Multilingual,
    }
}
