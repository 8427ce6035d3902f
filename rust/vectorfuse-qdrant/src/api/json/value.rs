//! Payload values and ids. Integers stay integers, doubles keep every bit, and what JSON can't say is an error.

use std::collections::HashMap;
use std::fmt;

use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::shard_key::Key;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{ListValue, PointId, ShardKey, Struct, Value};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serializer};
use serde::{Deserialize, Serialize};

/// A payload value on its way out.
pub(super) struct Said<'a>(pub(super) &'a Value);

/// The fields of a payload on their way out.
pub(super) struct Fields<'a>(pub(super) &'a HashMap<String, Value>);

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.kind {
            None | Some(Kind::NullValue(_)) => serializer.serialize_unit(),
            Some(Kind::BoolValue(value)) => serializer.serialize_bool(*value),
            Some(Kind::IntegerValue(value)) => serializer.serialize_i64(*value),
            Some(Kind::DoubleValue(value)) if value.is_finite() => serializer.serialize_f64(*value),
            Some(Kind::DoubleValue(value)) => Err(S::Error::custom(format_args!("JSON has no {value}"))),
            Some(Kind::StringValue(value)) => serializer.serialize_str(value),
            Some(Kind::ListValue(list)) => serializer.collect_seq(list.values.iter().map(Said)),
            Some(Kind::StructValue(object)) => Fields(&object.fields).serialize(serializer),
        }
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Said(value))))
    }
}

/// A payload value that came.
pub(super) struct Heard(pub(super) Value);

impl<'de> Deserialize<'de> for Heard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Kind;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a payload value")
            }
            fn visit_unit<E>(self) -> Result<Kind, E> {
                Ok(Kind::NullValue(0))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
                Ok(Kind::BoolValue(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
                Ok(Kind::IntegerValue(value))
            }
            /// Beyond the integers of gRPC it is a double there too.
            #[expect(clippy::cast_precision_loss, reason = "as gRPC gives it")]
            fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
                Ok(i64::try_from(value).map_or(Kind::DoubleValue(value as f64), Kind::IntegerValue))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
                Ok(Kind::DoubleValue(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
                Ok(Kind::StringValue(value.to_owned()))
            }
            fn visit_string<E>(self, value: String) -> Result<Kind, E> {
                Ok(Kind::StringValue(value))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
                let mut values = Vec::new();
                while let Some(Heard(value)) = items.next_element()? {
                    values.push(value);
                }
                Ok(Kind::ListValue(ListValue { values }))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Kind, A::Error> {
                let mut fields = HashMap::new();
                while let Some((name, Heard(value))) = members.next_entry::<String, _>()? {
                    fields.insert(name, value);
                }
                Ok(Kind::StructValue(Struct { fields }))
            }
        }
        deserializer.deserialize_any(Any).map(|kind| Self(Value { kind: Some(kind) }))
    }
}

/// A payload that came.
pub(super) fn fields(heard: HashMap<String, Heard>) -> HashMap<String, Value> {
    heard.into_iter().map(|(name, Heard(value))| (name, value)).collect()
}

/// A point's id on its way out.
pub(super) struct Id<'a>(pub(super) &'a PointId);

impl Serialize for Id<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.point_id_options {
            Some(PointIdOptions::Num(number)) => serializer.serialize_u64(*number),
            Some(PointIdOptions::Uuid(uuid)) => serializer.serialize_str(uuid),
            None => Err(S::Error::custom("a point without an id")),
        }
    }
}

/// A number or a text that came: an id or a shard key.
pub(super) enum NumberOrText {
    Number(u64),
    Text(String),
}

impl<'de> Deserialize<'de> for NumberOrText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = NumberOrText;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number that is not negative, or a text")
            }
            fn visit_u64<E>(self, number: u64) -> Result<NumberOrText, E> {
                Ok(NumberOrText::Number(number))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<NumberOrText, E> {
                u64::try_from(number).map(NumberOrText::Number).map_err(E::custom)
            }
            fn visit_str<E>(self, text: &str) -> Result<NumberOrText, E> {
                Ok(NumberOrText::Text(text.to_owned()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl From<NumberOrText> for PointId {
    fn from(id: NumberOrText) -> Self {
        Self {
            point_id_options: Some(match id {
                NumberOrText::Number(number) => PointIdOptions::Num(number),
                NumberOrText::Text(uuid) => PointIdOptions::Uuid(uuid),
            }),
        }
    }
}

impl From<NumberOrText> for ShardKey {
    fn from(key: NumberOrText) -> Self {
        Self {
            key: Some(match key {
                NumberOrText::Number(number) => Key::Number(number),
                NumberOrText::Text(word) => Key::Keyword(word),
            }),
        }
    }
}
