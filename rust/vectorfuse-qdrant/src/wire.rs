//! Points from a batch's columns straight to the bytes of Qdrant's protocol: what a row holds is copied once, and no
//! message is built for it. A request is sent from where its points were encoded.

pub(crate) mod fields;
pub(crate) mod number;

use prost::Message;
use prost::bytes::{BufMut, BytesMut};
use prost::encoding::{WireType, encoded_len_varint, key_len};
use qdrant_client::qdrant::{self, Value};
use smallvec::SmallVec;
use vectorfuse_core::ids::PointId;
use vectorfuse_core::net::pieces::{Joined, Pieces};
use vectorfuse_core::payload::{Atom, ColumnReader};
use vectorfuse_core::protobuf::Few;
use vectorfuse_core::room;

use crate::change::framed;
use crate::draft::Draft;
use crate::wire::number::{
    DENSE_DATA, ENTRY_KEY, ENTRY_VALUE, ID_NUMBER, ID_UUID, NAMED_ENTRIES, POINT_ID, POINT_PAYLOAD, POINT_VECTORS,
    UPSERT_POINTS, VALUE_BOOLEAN, VALUE_DOUBLE, VALUE_INTEGER, VALUE_NULL, VALUE_STRING, VECTOR_DENSE, VECTORS_NAMED,
    VECTORS_UNNAMED,
};

/// Where points are encoded, one behind the other as they stand in a request.
#[derive(Debug, Default)]
pub(crate) struct Room {
    points: room::Room,
    /// What a point has beside its vectors. It is little, and a vector of bytes grows with less ado.
    small: Vec<u8>,
}

/// A point that is being encoded: its id and payload first, since the number of its vectors is known only after the last
/// column, and the length that stands before all of them only then.
pub(crate) struct Encoder<'a, 'r> {
    room: &'r mut Room,
    vectors: Vectors<'a>,
}

/// Vectors by their names: nearly always one, for which nothing is allocated.
type Vectors<'a> = SmallVec<[(&'a str, Vector<'a>); 1]>;

/// A vector on its way to the bytes.
enum Vector<'a> {
    /// A dense one: its numbers as they stand in the column, 32-bit floats with the lowest byte first.
    Floats(&'a [u8]),
    /// Any other, encoded: of a message each question for its size would go through all of it.
    Encoded(Vec<u8>),
}

impl<'r> Encoder<'_, 'r> {
    /// A point of this id.
    pub(crate) fn new(id: PointId, room: &'r mut Room) -> Self {
        let bytes = &mut room.small;
        // What is there is of the last point.
        bytes.clear();
        let mut few = Few::default();
        match id {
            PointId::Number(number) => {
                few.head(POINT_ID, key_len(ID_NUMBER) + encoded_len_varint(number));
                few.key(ID_NUMBER, WireType::Varint);
                few.varint(number);
                few.put(bytes);
            }
            PointId::Uuid(uuid) => {
                let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
                let text = uuid.hyphenated().encode_lower(&mut text);
                few.head(POINT_ID, framed(text.len()));
                few.head(ID_UUID, text.len());
                few.put(bytes);
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        Self { room, vectors: Vectors::new() }
    }

    /// The point as it stands in a request, behind its number and its length. Points that are finished one after the other
    /// follow each other in memory, as long as the room lasts.
    pub(crate) fn finish(self) -> BytesMut {
        let Self { room: Room { points, small }, vectors } = self;
        let vectors_size = vectors_size(&vectors);
        let size = small.len() + framed(vectors_size);
        let mut before = Few::default();
        before.head(UPSERT_POINTS, size);
        let mut bytes = points.take(before.as_slice().len() + size);
        bytes.put_slice(before.as_slice());
        put_head(POINT_VECTORS, vectors_size, small);
        put_vectors(&vectors, small, &mut bytes);
        bytes
    }

    fn double(&mut self, field: &str, value: f64) {
        let size = key_len(VALUE_DOUBLE) + size_of::<f64>();
        self.field(field, size, |few| {
            few.key(VALUE_DOUBLE, WireType::SixtyFourBit);
            few.eight(value.to_le_bytes());
        });
    }

    fn number(&mut self, field: &str, number: u32, value: u64) {
        self.field(field, key_len(number) + encoded_len_varint(value), |few| {
            few.key(number, WireType::Varint);
            few.varint(value);
        });
    }

    /// Adds what an entry of the payload has whose value has `size` bytes; the first of them are what `begin` puts in, and the
    /// others are still to be added.
    fn field(&mut self, field: &str, size: usize, begin: impl FnOnce(&mut Few)) {
        let bytes = &mut self.room.small;
        let (mut entry, mut value) = (Few::default(), Few::default());
        entry.head(POINT_PAYLOAD, framed(field.len()) + framed(size));
        entry.head(ENTRY_KEY, field.len());
        entry.put(bytes);
        bytes.extend_from_slice(field.as_bytes());
        value.head(ENTRY_VALUE, size);
        begin(&mut value);
        value.put(bytes);
    }
}

impl<'a> Draft<'a> for Encoder<'a, '_> {
    fn atom(&mut self, field: &str, reader: &ColumnReader, row: usize) -> bool {
        match reader.atom(row) {
            Some(Atom::Boolean(value)) => self.number(field, VALUE_BOOLEAN, value.into()),
            Some(Atom::Integer(value)) => self.number(field, VALUE_INTEGER, value.cast_unsigned()),
            Some(Atom::Float(value)) if value.is_finite() => self.double(field, value.into()),
            Some(Atom::Double(value)) if value.is_finite() => self.double(field, value),
            Some(Atom::Text(text)) => {
                self.field(field, framed(text.len()), |few| few.head(VALUE_STRING, text.len()));
                self.room.small.extend_from_slice(text.as_bytes());
            }
            None if reader.is_null(row) => self.number(field, VALUE_NULL, 0),
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
        self.field(field, own.len(), |_| {});
        self.room.small.extend_from_slice(&own);
    }

    fn floats(&mut self, name: &'a str, found: impl FnOnce() -> Option<&'a [u8]>) -> bool {
        let Some(floats) = found() else { return false };
        self.vectors.push((name, Vector::Floats(floats)));
        true
    }

    fn vector(&mut self, name: &'a str, vector: qdrant::Vector) {
        self.vectors.push((name, Vector::Encoded(vector.encode_to_vec())));
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
            Self::Encoded(vector) => vector.len(),
        }
    }

    /// Writes it behind what stands in `small`, which is then empty.
    fn put(&self, small: &mut Vec<u8>, bytes: &mut BytesMut) {
        let own = match self {
            Self::Floats(data) => {
                let mut few = Few::default();
                few.head(VECTOR_DENSE, dense_size(data));
                if !data.is_empty() {
                    few.head(DENSE_DATA, data.len());
                }
                few.put(small);
                *data
            }
            Self::Encoded(vector) => vector,
        };
        bytes.put_slice(small);
        bytes.put_slice(own);
        small.clear();
    }
}

/// How many bytes the message of the vectors has. A point without a vector says so: none, by their names.
fn vectors_size(vectors: &Vectors<'_>) -> usize {
    match vectors.as_slice() {
        [("", only)] => framed(only.size()),
        named => framed(entries_size(named)),
    }
}

fn entries_size(named: &[(&str, Vector<'_>)]) -> usize {
    named.iter().map(|vector| framed(entry_size(vector))).sum()
}

fn entry_size((name, vector): &(&str, Vector<'_>)) -> usize {
    framed(name.len()) + framed(vector.size())
}

/// Writes that message behind what stands in `small`.
fn put_vectors(vectors: &Vectors<'_>, small: &mut Vec<u8>, bytes: &mut BytesMut) {
    if let [("", only)] = vectors.as_slice() {
        put_head(VECTORS_UNNAMED, only.size(), small);
        only.put(small, bytes);
        return;
    }
    put_head(VECTORS_NAMED, entries_size(vectors), small);
    for named in vectors {
        let (name, vector) = named;
        let mut few = Few::default();
        few.head(NAMED_ENTRIES, entry_size(named));
        few.head(ENTRY_KEY, name.len());
        few.put(small);
        small.extend_from_slice(name.as_bytes());
        put_head(ENTRY_VALUE, vector.size(), small);
        vector.put(small, bytes);
    }
    // Of no vectors at all.
    bytes.put_slice(small);
}

fn put_head(number: u32, size: usize, into: &mut Vec<u8>) {
    let mut few = Few::default();
    few.head(number, size);
    few.put(into);
}

fn dense_size(data: &[u8]) -> usize {
    if data.is_empty() { 0 } else { framed(data.len()) }
}

/// An upsert of points that are encoded, as [`Encoder::finish`] gives them; `request` is the rest of it.
pub(crate) fn upsert(request: &qdrant::UpsertPoints, points: impl IntoIterator<Item = BytesMut>) -> Pieces {
    let mut pieces = Joined::default();
    pieces.push(BytesMut::from(request.encode_to_vec().as_slice()));
    points.into_iter().for_each(|point| pieces.push(point));
    pieces.finish()
}

#[cfg(test)]
mod tests;
