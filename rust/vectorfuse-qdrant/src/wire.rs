//! Points from a batch's columns straight to the bytes of Qdrant's protocol: what a row holds is copied once, and no
//! message is built for it.

pub(crate) mod fields;
pub(crate) mod number;

use prost::Message;
use prost::bytes::{BufMut, BytesMut};
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};
use qdrant_client::qdrant::{self, Value};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::net::body::{Body, PART};
use vectorfuse_core::payload::{Atom, ColumnReader};

use crate::change::framed;
use crate::draft::Draft;
use crate::wire::number::{
    DENSE_DATA, ENTRY_KEY, ENTRY_VALUE, ID_NUMBER, ID_UUID, NAMED_ENTRIES, POINT_ID, POINT_PAYLOAD, POINT_VECTORS,
    UPSERT_POINTS, VALUE_BOOLEAN, VALUE_DOUBLE, VALUE_INTEGER, VALUE_NULL, VALUE_STRING, VECTOR_DENSE, VECTORS_NAMED,
    VECTORS_UNNAMED,
};

/// A point that is being encoded: its payload first, since the number of its vectors is known only after the last column.
pub(crate) struct Encoder<'a> {
    bytes: Vec<u8>,
    vectors: Vec<(&'a str, Vector<'a>)>,
}

/// A vector on its way to the bytes.
enum Vector<'a> {
    /// A dense one: its numbers as they stand in the column, 32-bit floats with the lowest byte first.
    Floats(&'a [u8]),
    Message(Box<qdrant::Vector>),
}

impl<'a> Encoder<'a> {
    /// A point of this id. `bytes` is a guess of its size.
    pub(crate) fn new(id: PointId, bytes: usize) -> Self {
        let mut encoder = Self { bytes: Vec::with_capacity(bytes), vectors: Vec::new() };
        let bytes = &mut encoder.bytes;
        match id {
            PointId::Number(number) => {
                head(POINT_ID, key_len(ID_NUMBER) + encoded_len_varint(number), bytes);
                encode_key(ID_NUMBER, WireType::Varint, bytes);
                encode_varint(number, bytes);
            }
            PointId::Uuid(uuid) => {
                let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
                let text = uuid.hyphenated().encode_lower(&mut text);
                head(POINT_ID, framed(text.len()), bytes);
                head(ID_UUID, text.len(), bytes);
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        encoder
    }

    /// The bytes of the point.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let vectors = std::mem::take(&mut self.vectors);
        if let [("", only)] = vectors.as_slice() {
            let size = only.size();
            head(POINT_VECTORS, framed(size), &mut self.bytes);
            head(VECTORS_UNNAMED, size, &mut self.bytes);
            only.put(&mut self.bytes);
            return self.bytes;
        }
        // A point without a vector says so: none, by their names.
        let entry = |(name, vector): &(&str, Vector<'_>)| framed(name.len()) + framed(vector.size());
        let entries = vectors.iter().map(|vector| framed(entry(vector))).sum();
        head(POINT_VECTORS, framed(entries), &mut self.bytes);
        head(VECTORS_NAMED, entries, &mut self.bytes);
        for named in &vectors {
            head(NAMED_ENTRIES, entry(named), &mut self.bytes);
            let (name, vector) = named;
            head(ENTRY_KEY, name.len(), &mut self.bytes);
            self.bytes.extend_from_slice(name.as_bytes());
            head(ENTRY_VALUE, vector.size(), &mut self.bytes);
            vector.put(&mut self.bytes);
        }
        self.bytes
    }

    fn double(&mut self, field: &str, value: f64) {
        self.field(field, key_len(VALUE_DOUBLE) + size_of::<f64>(), |bytes| {
            encode_key(VALUE_DOUBLE, WireType::SixtyFourBit, bytes);
            bytes.put_f64_le(value);
        });
    }

    /// Adds an entry of the payload, whose value has `size` bytes.
    fn field(&mut self, field: &str, size: usize, put: impl FnOnce(&mut Vec<u8>)) {
        head(POINT_PAYLOAD, framed(field.len()) + framed(size), &mut self.bytes);
        head(ENTRY_KEY, field.len(), &mut self.bytes);
        self.bytes.extend_from_slice(field.as_bytes());
        head(ENTRY_VALUE, size, &mut self.bytes);
        put(&mut self.bytes);
    }

    /// Adds a field of the payload without a value.
    fn null(&mut self, field: &str) {
        let null = 0;
        self.field(field, key_len(VALUE_NULL) + encoded_len_varint(null), |bytes| {
            encode_key(VALUE_NULL, WireType::Varint, bytes);
            encode_varint(null, bytes);
        });
    }
}

impl<'a> Draft<'a> for Encoder<'a> {
    fn atom(&mut self, field: &str, reader: &ColumnReader, row: usize) -> bool {
        match reader.atom(row) {
            Some(Atom::Boolean(value)) => {
                let bit = value.into();
                self.field(field, key_len(VALUE_BOOLEAN) + encoded_len_varint(bit), |bytes| {
                    encode_key(VALUE_BOOLEAN, WireType::Varint, bytes);
                    encode_varint(bit, bytes);
                });
            }
            Some(Atom::Integer(value)) => {
                let bits = value.cast_unsigned();
                self.field(field, key_len(VALUE_INTEGER) + encoded_len_varint(bits), |bytes| {
                    encode_key(VALUE_INTEGER, WireType::Varint, bytes);
                    encode_varint(bits, bytes);
                });
            }
            Some(Atom::Float(value)) if value.is_finite() => self.double(field, value.into()),
            Some(Atom::Double(value)) if value.is_finite() => self.double(field, value),
            Some(Atom::Text(text)) => self.field(field, framed(text.len()), |bytes| {
                head(VALUE_STRING, text.len(), bytes);
                bytes.extend_from_slice(text.as_bytes());
            }),
            None if reader.is_null(row) => self.null(field),
            // What has another form in a payload than in its column, or none, as the number that is not finite.
            Some(
                Atom::Float(_)
                | Atom::Double(_)
                | Atom::Decimal { .. }
                | Atom::Bytes(_)
                | Atom::Days(_)
                | Atom::Micros(_),
            )
            | None => return false,
        }
        true
    }

    fn value(&mut self, field: &str, value: Value) {
        // A message writes itself into a vector without an error.
        let own = value.encode_to_vec();
        self.field(field, own.len(), |bytes| bytes.extend_from_slice(&own));
    }

    fn floats(&mut self, name: &'a str, found: impl FnOnce() -> Option<&'a [u8]>) -> bool {
        let Some(floats) = found() else { return false };
        self.vectors.push((name, Vector::Floats(floats)));
        true
    }

    fn vector(&mut self, name: &'a str, vector: qdrant::Vector) {
        self.vectors.push((name, Vector::Message(Box::new(vector))));
    }

    fn is_without_vector(&self) -> bool {
        self.vectors.is_empty()
    }
}

impl Vector<'_> {
    /// How many bytes it has.
    fn size(&self) -> usize {
        match self {
            Self::Floats(data) => {
                let dense = dense_size(data);
                key_len(VECTOR_DENSE) + encoded_len_varint(dense as u64) + dense
            }
            Self::Message(vector) => vector.encoded_len(),
        }
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Floats(data) => {
                head(VECTOR_DENSE, dense_size(data), bytes);
                if !data.is_empty() {
                    head(DENSE_DATA, data.len(), bytes);
                    bytes.extend_from_slice(data);
                }
            }
            Self::Message(vector) => bytes.extend_from_slice(&vector.encode_to_vec()),
        }
    }
}

fn dense_size(data: &[u8]) -> usize {
    if data.is_empty() { 0 } else { framed(data.len()) }
}

/// What stands before a field of so many bytes.
fn head(number: u32, size: usize, bytes: &mut impl BufMut) {
    encode_key(number, WireType::LengthDelimited, bytes);
    encode_varint(size as u64, bytes);
}

/// An upsert of points that are encoded.
#[derive(Clone, Debug)]
pub(crate) struct Upsert {
    /// The request without its points.
    head: Vec<u8>,
    points: Vec<Vec<u8>>,
}

impl Upsert {
    /// Of these points; `request` is the rest of it.
    pub(crate) fn new(request: &qdrant::UpsertPoints, points: Vec<Vec<u8>>) -> Self {
        Self { head: request.encode_to_vec(), points }
    }
}

impl Body for Upsert {
    fn size(&self) -> usize {
        self.head.len() + self.points.iter().map(|point| framed(point.len())).sum::<usize>()
    }

    /// Places: 0 is the head, and then come the points.
    fn write(&self, place: usize, into: &mut BytesMut) -> Option<usize> {
        if place == 0 {
            into.put_slice(&self.head);
        }
        for (index, point) in self.points.iter().enumerate().skip(place.saturating_sub(1)) {
            // A point that is larger than a part is one.
            if !into.is_empty() && into.len() + framed(point.len()) > PART {
                return Some(1 + index);
            }
            head(UPSERT_POINTS, point.len(), into);
            into.put_slice(point);
        }
        None
    }
}

#[cfg(test)]
mod tests;
