//! The values of a schemaless store, whatever it calls them: JSON's types, with integers apart from doubles.
//!
//! A store implements [`Document`] and [`DocumentRef`] for its own value type, and the payload modules do the rest.

use serde_json::Value as Json;

/// A value of a payload, as writes build it.
pub trait Document: Sized {
    /// Null.
    fn null() -> Self;
    /// A boolean.
    fn boolean(value: bool) -> Self;
    /// An integer.
    fn integer(value: i64) -> Self;
    /// A finite double.
    fn double(value: f64) -> Self;
    /// A string.
    fn string(value: String) -> Self;
    /// A list.
    fn list(values: Vec<Self>) -> Self;
    /// An object; the names are distinct.
    fn object(entries: Vec<(String, Self)>) -> Self;
}

/// A value of a payload, as reads look into it.
pub trait DocumentRef<'a>: Copy {
    /// What the value is.
    fn view(self) -> View<'a>;
    /// The items of a list; none if this is no list.
    fn items(self) -> impl ExactSizeIterator<Item = Self>;
    /// The member of an object; `None` if there is none, or this is no object.
    fn member(self, name: &str) -> Option<Self>;
    /// The members of an object in no particular order; none if this is no object.
    fn members(self) -> impl ExactSizeIterator<Item = (&'a str, Self)>;

    /// The value as JSON, the members of objects in the order of their names.
    fn to_json(self) -> Json {
        match self.view() {
            View::Null => Json::Null,
            View::Boolean(value) => Json::Bool(value),
            View::Integer(value) => match (i64::try_from(value), u64::try_from(value)) {
                (Ok(value), _) => Json::from(value),
                (Err(_), Ok(value)) => Json::from(value),
                (Err(_), Err(_)) => Json::Null,
            },
            View::Double(value) => Json::from(value),
            View::String(value) => Json::from(value),
            View::List => Json::Array(self.items().map(DocumentRef::to_json).collect()),
            // serde_json's map is sorted by name.
            View::Object => {
                Json::Object(self.members().map(|(name, value)| (name.to_owned(), value.to_json())).collect())
            }
        }
    }
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    /// Null.
    Null,
    /// A boolean.
    Boolean(bool),
    /// An integer; wide enough for signed and unsigned ones.
    Integer(i128),
    /// A double.
    Double(f64),
    /// A string.
    String(&'a str),
    /// A list: see [`DocumentRef::items`].
    List,
    /// An object: see [`DocumentRef::members`].
    Object,
}

impl View<'_> {
    /// The name of the kind, for messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Double(_) => "a double",
            Self::String(_) => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

impl Document for Json {
    fn null() -> Self {
        Self::Null
    }
    fn boolean(value: bool) -> Self {
        Self::Bool(value)
    }
    fn integer(value: i64) -> Self {
        Self::from(value)
    }
    fn double(value: f64) -> Self {
        Self::from(value)
    }
    fn string(value: String) -> Self {
        Self::String(value)
    }
    fn list(values: Vec<Self>) -> Self {
        Self::Array(values)
    }
    fn object(entries: Vec<(String, Self)>) -> Self {
        Self::Object(entries.into_iter().collect())
    }
}

impl<'a> DocumentRef<'a> for &'a Json {
    fn view(self) -> View<'a> {
        match self {
            Json::Null => View::Null,
            Json::Bool(value) => View::Boolean(*value),
            Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(integer), _, _) => View::Integer(integer.into()),
                (None, Some(integer), _) => View::Integer(integer.into()),
                (None, None, double) => View::Double(double.unwrap_or(f64::NAN)),
            },
            Json::String(value) => View::String(value),
            Json::Array(_) => View::List,
            Json::Object(_) => View::Object,
        }
    }
    fn items(self) -> impl ExactSizeIterator<Item = Self> {
        self.as_array().map(Vec::as_slice).unwrap_or_default().iter()
    }
    fn member(self, name: &str) -> Option<Self> {
        self.get(name)
    }
    fn members(self) -> impl ExactSizeIterator<Item = (&'a str, Self)> {
        let members: Vec<_> =
            self.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect();
        members.into_iter()
    }
}
