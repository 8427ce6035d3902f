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

/// A whole payload that is looked into, or a value somewhere in it.
#[derive(Clone, Copy)]
pub(crate) enum Whole<'a> {
    /// The payload, without what is ours and without the field of this name if there is one.
    Payload(&'a HashMap<String, Value>, Option<&'a str>),
    Value(PayloadRef<'a>),
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
            Self::Payload(fields, _) => fields.get(name).map(|value| Self::Value(PayloadRef(value))),
            Self::Value(value) => value.member(name).map(Self::Value),
        }
    }
    fn members(self) -> impl ExactSizeIterator<Item = (&'a str, Self)> {
        let members: Vec<_> = match self {
            Self::Payload(fields, hidden) => fields
                .iter()
                .filter(|(name, _)| !is_hidden(name, hidden))
                .map(|(name, value)| (name.as_str(), Self::Value(PayloadRef(value))))
                .collect(),
            Self::Value(value) => value.members().map(|(name, member)| (name, Self::Value(member))).collect(),
        };
        members.into_iter()
    }
}

fn is_hidden(name: &str, hidden: Option<&str>) -> bool {
    name == counters::FIELD || Some(name) == hidden
}

/// A payload value that is looked into.
#[derive(Clone, Copy)]
pub(crate) struct PayloadRef<'a>(pub(crate) &'a Value);

impl<'a> PayloadRef<'a> {
    fn fields(self) -> Option<&'a HashMap<String, Value>> {
        match &self.0.kind {
            Some(Kind::StructValue(object)) => Some(&object.fields),
            Some(_) | None => None,
        }
    }
}

impl<'a> DocumentRef<'a> for PayloadRef<'a> {
    fn view(self) -> View<'a> {
        match &self.0.kind {
            None | Some(Kind::NullValue(_)) => View::Null,
            Some(Kind::BoolValue(value)) => View::Boolean(*value),
            Some(Kind::IntegerValue(value)) => View::Integer((*value).into()),
            Some(Kind::DoubleValue(value)) => View::Double(*value),
            Some(Kind::StringValue(value)) => View::String(value),
            Some(Kind::ListValue(_)) => View::List,
            Some(Kind::StructValue(_)) => View::Object,
        }
    }
    fn items(self) -> impl ExactSizeIterator<Item = Self> {
        let items = match &self.0.kind {
            Some(Kind::ListValue(list)) => list.values.as_slice(),
            Some(_) | None => &[],
        };
        items.iter().map(PayloadRef)
    }
    fn member(self, name: &str) -> Option<Self> {
        self.fields()?.get(name).map(PayloadRef)
    }
    fn members(self) -> impl ExactSizeIterator<Item = (&'a str, Self)> {
        let members: Vec<_> =
            self.fields().into_iter().flatten().map(|(name, value)| (name.as_str(), Self(value))).collect();
        members.into_iter()
    }
}
