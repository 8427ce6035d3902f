//! The values of an answer's columns, one by one, as documents.

use vectorfuse_core::document::{DocumentRef, View};

use crate::api::proto::ScalarField;
use crate::api::proto::scalar_field::Data;

/// One value of a field, or of an array.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Text(&'a str),
    List(&'a ScalarField),
}

/// How many values a column has.
pub(crate) fn length(data: &Data) -> usize {
    match data {
        Data::BoolData(values) => values.data.len(),
        Data::IntData(values) => values.data.len(),
        Data::LongData(values) => values.data.len(),
        Data::FloatData(values) => values.data.len(),
        Data::DoubleData(values) => values.data.len(),
        Data::StringData(values) => values.data.len(),
        Data::BytesData(values) => values.data.len(),
        Data::ArrayData(values) => values.data.len(),
        Data::JsonData(values) => values.data.len(),
        Data::GeometryData(values) => values.data.len(),
        Data::TimestamptzData(values) => values.data.len(),
        Data::GeometryWktData(values) => values.data.len(),
    }
}

/// The value at a place of a column; `None` if there is none, or it is of no form that fields have.
pub(crate) fn cell(data: &Data, place: usize) -> Option<Cell<'_>> {
    match data {
        Data::BoolData(values) => values.data.get(place).map(|value| Cell::Boolean(*value)),
        Data::IntData(values) => values.data.get(place).map(|value| Cell::Integer((*value).into())),
        Data::LongData(values) => values.data.get(place).map(|value| Cell::Integer(*value)),
        Data::FloatData(values) => values.data.get(place).map(|value| Cell::Double((*value).into())),
        Data::DoubleData(values) => values.data.get(place).map(|value| Cell::Double(*value)),
        Data::StringData(values) => values.data.get(place).map(|value| Cell::Text(value)),
        Data::ArrayData(values) => values.data.get(place).map(Cell::List),
        Data::TimestamptzData(values) => values.data.get(place).map(|value| Cell::Integer(*value)),
        Data::GeometryWktData(values) => values.data.get(place).map(|value| Cell::Text(value)),
        // JSON is read as a document, and of bytes nobody knows what they are.
        Data::JsonData(_) | Data::BytesData(_) | Data::GeometryData(_) => None,
    }
}

impl<'a> DocumentRef<'a> for Cell<'a> {
    fn view(self) -> View<'a> {
        match self {
            Self::Boolean(value) => View::Boolean(value),
            Self::Integer(value) => View::Integer(value.into()),
            Self::Double(value) => View::Double(value),
            Self::Text(value) => View::String(value),
            Self::List(_) => View::List,
        }
    }

    fn items(self) -> impl ExactSizeIterator<Item = Self> {
        let items: Vec<Self> = match self {
            Self::List(list) => {
                let length = list.data.as_ref().map_or(0, length);
                (0..length).filter_map(|place| cell(list.data.as_ref()?, place)).collect()
            }
            Self::Boolean(_) | Self::Integer(_) | Self::Double(_) | Self::Text(_) => Vec::new(),
        };
        items.into_iter()
    }

    fn member(self, _name: &str) -> Option<Self> {
        None
    }

    fn members(self) -> impl ExactSizeIterator<Item = (&'a str, Self)> {
        std::iter::empty()
    }
}
