//! Points as they came, looked into where they stand: a text or a vector is copied once, into its column, and no message
//! is built of a point. Over HTTP points come as JSON and get the same form.

use std::borrow::Cow;

use bytes::Bytes;
use prost::Message;
use qdrant_client::qdrant::{PointId, RetrievedPoint, ScrollResponse};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids;

use crate::document::{PayloadValue, named};
use crate::point::from_qdrant_id;
use crate::wire::fields::{Content, Fields, broken, mistaken};
use crate::wire::number::{
    DENSE_DATA, ENTRY_KEY, ENTRY_VALUE, FOUND_PAYLOAD, FOUND_VECTORS, LIST_ITEMS, MULTI_ROWS, NAMED_ENTRIES,
    OBJECT_ENTRIES, OLDER_COUNT, OLDER_DATA, OLDER_INDICES, OLDER_INDICES_DATA, POINT_ID, SPARSE_INDICES,
    SPARSE_VALUES, VALUE_BOOLEAN, VALUE_DOUBLE, VALUE_INTEGER, VALUE_LIST, VALUE_NULL, VALUE_OBJECT, VALUE_STRING,
    VECTOR_DENSE, VECTOR_MULTI, VECTOR_SPARSE, VECTORS_NAMED, VECTORS_UNNAMED,
};

/// No payload is as deep; what is read is walked through by functions that call themselves.
const DEEPEST: usize = 100;

/// A page of points: a `ScrollResponse`, of which the points stay as they came.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Scrolled {
    #[prost(message, optional, tag = "1")]
    pub(crate) next_page_offset: Option<PointId>,
    /// Each a `RetrievedPoint`.
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub(crate) result: Vec<Bytes>,
    #[prost(double, tag = "3")]
    pub(crate) time: f64,
}

impl From<ScrollResponse> for Scrolled {
    fn from(answer: ScrollResponse) -> Self {
        let result = answer.result.iter().map(encoded).collect();
        Self { next_page_offset: answer.next_page_offset, result, time: answer.time }
    }
}

/// The point as it would come over gRPC.
pub(crate) fn encoded(point: &RetrievedPoint) -> Bytes {
    point.encode_to_vec().into()
}

/// The id of a point.
pub(crate) fn id(point: &[u8]) -> Result<ids::PointId> {
    for field in Fields(point) {
        if let (POINT_ID, content) = field? {
            return from_qdrant_id(Some(PointId::decode(content.bytes()?).map_err(broken)?));
        }
    }
    from_qdrant_id(None)
}

/// What a point holds.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Parts<'a> {
    pub(crate) payload: Vec<(&'a str, PayloadValue<'a>)>,
    vectors: Vec<(&'a str, Vector<'a>)>,
}

/// A vector, as what the server says that it is.
#[derive(Debug, PartialEq)]
pub(crate) enum Vector<'a> {
    Dense(Floats<'a>),
    Sparse(Vec<u32>, Floats<'a>),
    Multi(Vec<Floats<'a>>),
}

/// 32-bit floats, the lowest byte first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Floats<'a>(Cow<'a, [u8]>);

impl<'a> Parts<'a> {
    pub(crate) fn of(point: &'a [u8]) -> Result<Self> {
        let mut parts = Self::default();
        parts.read(point)?;
        Ok(parts)
    }

    /// Holds the parts of this point instead.
    pub(crate) fn read(&mut self, point: &'a [u8]) -> Result<()> {
        self.payload.clear();
        self.vectors.clear();
        for field in Fields(point) {
            match field? {
                (FOUND_PAYLOAD, content) => self.payload.push(entry(content, |bytes| value(bytes, 0))?),
                (FOUND_VECTORS, content) => self.read_vectors(content.bytes()?)?,
                _another => {}
            }
        }
        Ok(())
    }

    fn read_vectors(&mut self, vectors: &'a [u8]) -> Result<()> {
        for field in Fields(vectors) {
            match field? {
                (VECTORS_UNNAMED, content) => self.vectors.push(("", vector(content.bytes()?)?)),
                (VECTORS_NAMED, content) => {
                    for named in members(content.bytes()?, NAMED_ENTRIES) {
                        self.vectors.push(entry(named?, vector)?);
                    }
                }
                _another => {}
            }
        }
        Ok(())
    }

    /// The field of the payload of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&PayloadValue<'a>> {
        named(&self.payload, name)
    }

    /// The vector of this name; the unnamed one's is empty.
    pub(crate) fn vector(&self, name: &str) -> Option<&Vector<'a>> {
        named(&self.vectors, name)
    }
}

impl Floats<'_> {
    /// Puts the numbers behind those that are there.
    pub(crate) fn append_to(&self, numbers: &mut Vec<f32>) {
        let (each, _none) = self.0.as_chunks::<4>();
        numbers.extend(each.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    }
}

impl<'a> Floats<'a> {
    /// More items of a repeated field: several that are packed, which is what servers send, or one, as before 1.16.
    fn put(&mut self, content: Content<'a>) -> Result<()> {
        match content {
            Content::Bytes(packed) if packed.len() % size_of::<f32>() != 0 => {
                return Err(broken("floats beyond the end"));
            }
            Content::Bytes(packed) if self.0.is_empty() => self.0 = Cow::Borrowed(packed),
            Content::Bytes(packed) => self.0.to_mut().extend_from_slice(packed),
            Content::Four(one) => self.0.to_mut().extend_from_slice(&one.to_le_bytes()),
            Content::Varint(_) | Content::Eight(_) => return Err(mistaken()),
        }
        Ok(())
    }

    /// Of the message whose floats have this number.
    fn of(message: &'a [u8], number: u32) -> Result<Self> {
        let mut floats = Self::default();
        members(message, number).try_for_each(|content| floats.put(content?))?;
        Ok(floats)
    }

    /// As so many rows.
    fn rows(&self, count: u64) -> Option<Vec<Self>> {
        let count = usize::try_from(count).ok()?;
        let size = self.0.len().checked_div(count).filter(|size| *size > 0 && size % size_of::<f32>() == 0)?;
        Some(self.0.chunks(size).map(|row| Self(Cow::Owned(row.to_vec()))).collect())
    }
}

/// The contents of the fields of this number.
fn members(message: &[u8], number: u32) -> impl Iterator<Item = Result<Content<'_>>> {
    Fields(message).filter_map(move |field| match field {
        Ok((other, content)) => (other == number).then_some(Ok(content)),
        Err(error) => Some(Err(error)),
    })
}

/// An entry of a map: a name, and a message that `read` reads.
fn entry<'a, T>(entry: Content<'a>, read: impl Fn(&'a [u8]) -> Result<T>) -> Result<(&'a str, T)> {
    // What has nothing in it can be left out.
    let (mut name, mut message): (&str, &[u8]) = ("", &[]);
    for field in Fields(entry.bytes()?) {
        match field? {
            (ENTRY_KEY, content) => name = content.text()?,
            (ENTRY_VALUE, content) => message = content.bytes()?,
            _another => {}
        }
    }
    Ok((name, read(message)?))
}

/// A payload value that is so deep in the payload.
fn value(message: &[u8], depth: usize) -> Result<PayloadValue<'_>> {
    if depth > DEEPEST {
        return Err(Error::unsupported(format!("a payload is more than {DEEPEST} lists and objects deep")));
    }
    let inner = |bytes| value(bytes, depth + 1);
    let mut value = PayloadValue::Null;
    for field in Fields(message) {
        let (number, content) = field?;
        value = match number {
            VALUE_NULL => content.varint().map(|_| PayloadValue::Null)?,
            VALUE_DOUBLE => PayloadValue::Double(content.double()?),
            VALUE_INTEGER => PayloadValue::Integer(content.varint()?.cast_signed()),
            VALUE_STRING => PayloadValue::Text(content.text()?),
            VALUE_BOOLEAN => PayloadValue::Boolean(content.varint()? != 0),
            VALUE_OBJECT => {
                let entries = members(content.bytes()?, OBJECT_ENTRIES).map(|member| entry(member?, inner));
                PayloadValue::Object(entries.collect::<Result<_>>()?)
            }
            VALUE_LIST => {
                let items = members(content.bytes()?, LIST_ITEMS).map(|item| inner(item?.bytes()?));
                PayloadValue::List(items.collect::<Result<_>>()?)
            }
            _another => continue,
        };
    }
    Ok(value)
}

fn vector(message: &[u8]) -> Result<Vector<'_>> {
    let mut vector = None;
    let (mut older, mut indices, mut count) = (Floats::default(), None, None);
    for field in Fields(message) {
        match field? {
            (VECTOR_DENSE, content) => vector = Some(Vector::Dense(Floats::of(content.bytes()?, DENSE_DATA)?)),
            (VECTOR_SPARSE, content) => {
                let (places, values) = (integers(content.bytes()?, SPARSE_INDICES)?, content.bytes()?);
                vector = Some(Vector::Sparse(places, Floats::of(values, SPARSE_VALUES)?));
            }
            (VECTOR_MULTI, content) => {
                let rows = members(content.bytes()?, MULTI_ROWS).map(|row| Floats::of(row?.bytes()?, DENSE_DATA));
                vector = Some(Vector::Multi(rows.collect::<Result<_>>()?));
            }
            (OLDER_DATA, content) => older.put(content)?,
            (OLDER_INDICES, content) => indices = Some(integers(content.bytes()?, OLDER_INDICES_DATA)?),
            (OLDER_COUNT, content) => count = Some(content.varint()?),
            _another => {}
        }
    }
    // Servers before 1.16 fill the older fields.
    Ok(match (vector, indices, count) {
        (Some(vector), ..) => vector,
        (None, Some(indices), _) => Vector::Sparse(indices, older),
        (None, None, None) => Vector::Dense(older),
        (None, None, Some(count)) => {
            let rows = older.rows(count);
            Vector::Multi(rows.ok_or_else(|| Error::internal("the server sent a multi-vector without vectors"))?)
        }
    })
}

/// The integers of the message whose integers have this number.
fn integers(message: &[u8], number: u32) -> Result<Vec<u32>> {
    let mut integers = Vec::new();
    members(message, number).try_for_each(|content| content?.integers(&mut integers))?;
    Ok(integers)
}

#[cfg(test)]
mod tests;
