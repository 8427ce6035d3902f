//! Qdrant's payload values as documents.

use std::collections::HashMap;

use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{ListValue, NullValue, Struct, Value};
use vectorfuse_core::document::{Document, DocumentRef, View};

use crate::counters;

/// A payload value that is built.
pub(crate) struct Payload(pub(crate) Value);

fn value(kind: Kind) -> Payload {
    Payload(Value { kind: Some(kind) })
}

impl Document for Payload {
    fn null() -> Self {
        value(Kind::NullValue(NullValue::NullValue.into()))
    }
    fn boolean(boolean: bool) -> Self {
        value(Kind::BoolValue(boolean))
    }
    fn integer(integer: i64) -> Self {
        value(Kind::IntegerValue(integer))
    }
    fn double(double: f64) -> Self {
        value(Kind::DoubleValue(double))
    }
    fn string(string: String) -> Self {
        value(Kind::StringValue(string))
    }
    fn list(values: Vec<Self>) -> Self {
        value(Kind::ListValue(ListValue { values: values.into_iter().map(|item| item.0).collect() }))
    }
    fn object(entries: Vec<(String, Self)>) -> Self {
        let fields: HashMap<String, Value> = entries.into_iter().map(|(name, member)| (name, member.0)).collect();
        value(Kind::StructValue(Struct { fields }))
    }
}

/// A payload value that is looked into.
#[derive(Debug, PartialEq)]
pub(crate) enum PayloadValue<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Text(&'a str),
    List(Vec<Self>),
    /// The members with their names.
    Object(Vec<(&'a str, Self)>),
}

impl<'a> DocumentRef<'a> for &'a PayloadValue<'a> {
    fn view(self) -> View<'a> {
        match self {
            PayloadValue::Null => View::Null,
            PayloadValue::Boolean(value) => View::Boolean(*value),
            PayloadValue::Integer(value) => View::Integer((*value).into()),
            PayloadValue::Double(value) => View::Double(*value),
            PayloadValue::Text(value) => View::String(value),
            PayloadValue::List(_) => View::List,
            PayloadValue::Object(_) => View::Object,
        }
    }
    fn items(self) -> impl ExactSizeIterator<Item = Self> {
        let items = if let PayloadValue::List(items) = self { items.as_slice() } else { &[] };
        items.iter()
    }
    fn member(self, name: &str) -> Option<Self> {
        if let PayloadValue::Object(members) = self { named(members, name) } else { None }
    }
    fn members(self) -> impl ExactSizeIterator<Item = (&'a str, Self)> {
        let members = if let PayloadValue::Object(members) = self { members.as_slice() } else { &[] };
        members.iter().map(|(name, member)| (*name, member))
    }
}

/// A whole payload that is looked into, or a value somewhere in it.
#[derive(Clone, Copy)]
pub(crate) enum Whole<'a> {
    /// The payload, without what is ours and without the field of this name if there is one.
    Payload(&'a [(&'a str, PayloadValue<'a>)], Option<&'a str>),
    Value(&'a PayloadValue<'a>),
}

impl<'a> DocumentRef<'a> for Whole<'a> {
    fn view(self) -> View<'a> {
        match self {
            Self::Payload(..) => View::Object,
            Self::Value(value) => value.view(),
        }
    }
    fn items(self) -> impl ExactSizeIterator<Item = Self> {
        let items: Vec<Self> = match self {
            Self::Payload(..) => Vec::new(),
            Self::Value(value) => value.items().map(Self::Value).collect(),
        };
        items.into_iter()
    }
    fn member(self, name: &str) -> Option<Self> {
        match self {
            Self::Payload(_, hidden) if is_hidden(name, hidden) => None,
            Self::Payload(fields, _) => named(fields, name).map(Self::Value),
            Self::Value(value) => value.member(name).map(Self::Value),
        }
    }
    fn members(self) -> impl ExactSizeIterator<Item = (&'a str, Self)> {
        let members: Vec<_> = match self {
            Self::Payload(fields, hidden) => fields
                .iter()
                .filter(|(name, _)| !is_hidden(name, hidden))
                .map(|(name, value)| (*name, Self::Value(value)))
                .collect(),
            Self::Value(value) => value.members().map(|(name, member)| (name, Self::Value(member))).collect(),
        };
        members.into_iter()
    }
}

/// What stands under this name. If that is there twice, the last one counts, as in every message.
pub(crate) fn named<'p, T>(all: &'p [(&str, T)], name: &str) -> Option<&'p T> {
    all.iter().rev().find(|(other, _)| is_same(other, name)).map(|(_, one)| one)
}

/// Whether two names are the same. The unnamed vector's is empty, and of an empty text there are no bytes: where the C library
/// compares them with AVX-512, a masked load of nothing at an address that is none takes the processor some 150 ns.
pub(crate) fn is_same(name: &str, other: &str) -> bool {
    name.len() == other.len() && (name.is_empty() || name == other)
}

fn is_hidden(name: &str, hidden: Option<&str>) -> bool {
    name == counters::FIELD || Some(name) == hidden
}
