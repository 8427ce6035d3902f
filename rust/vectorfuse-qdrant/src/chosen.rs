//! The columns that a read's options leave and add: chosen fields and vectors, the payload as one column.

use std::collections::BTreeMap;

use serde_json::json;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Chosen, Options, PayloadForm};
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::table::{Column, PAYLOAD_COLUMN, Role, SCORE_COLUMN};
use vectorfuse_core::write::vector_name;

use crate::collection::Collection;
use crate::path::{self, Step};
use crate::schema::{self, FIELD_METADATA};

/// What the options say of the columns.
pub(crate) struct Choice<'a> {
    options: &'a Options,
    /// Columns that are no field, no vector and no id; their names win over those of the collection.
    added: Vec<Column>,
}

impl<'a> Choice<'a> {
    /// Checks what can be known without a schema: names of vectors.
    pub(crate) fn new(options: &'a Options, collection: &Collection, spark: u32) -> Result<Self> {
        let named = &options.named;
        if let Chosen::Only(names) = &named.with_vectors {
            let known = |name: &String| vector_called(collection, name).is_some();
            if let Some(stranger) = names.iter().find(|name| !known(name)) {
                return Err(Error::options(format!(
                    "option `with_vectors` names `{stranger}`, which is no vector of the collection: it has {}",
                    listed(collection.vectors.keys().map(|name| vector_name(name)))
                )));
            }
        }
        let form = match named.payload {
            PayloadForm::Columns => None,
            PayloadForm::Json => Some(SparkType::string()),
            PayloadForm::Variant if spark < 4 => {
                return Err(Error::options("option `payload`: only Spark 4 and later have variants, use `json`"));
            }
            PayloadForm::Variant => Some(SparkType::Variant),
        };
        let mut added = Vec::new();
        if let Some(form) = form.filter(|_| named.with_payload != Chosen::NONE) {
            added.push(Column::new(PAYLOAD_COLUMN, form, Role::WholePayload));
        }
        if options.is_search() {
            added.push(Column::new(SCORE_COLUMN, SparkType::Float, Role::Score));
        }
        Ok(Self { options, added })
    }

    /// Whether the table has columns of fields, so that their types matter.
    pub(crate) fn has_fields(&self) -> bool {
        self.options.named.payload == PayloadForm::Columns && self.options.named.with_payload != Chosen::NONE
    }

    /// What is left of the collection's own columns, and what is added to them.
    pub(crate) fn columns(&self, own: Vec<Column>, warnings: &mut Vec<String>) -> Result<Vec<Column>> {
        let mut columns = self.renamed(own);
        if self.options.named.payload != PayloadForm::Columns {
            columns.retain(|column| !matches!(column.role, Role::Payload(_)));
        }
        let mut columns = self.chosen(columns, Some(warnings))?;
        columns.extend(self.added.iter().cloned());
        Ok(columns)
    }

    /// The columns of the user's own schema, which must be what the options leave. `kept` are those of the schema that
    /// is kept with the collection, if there is one.
    pub(crate) fn of_schema(
        &self,
        collection: &Collection,
        kept: Option<Vec<Column>>,
        schema: Vec<SparkField>,
    ) -> Result<Vec<Column>> {
        let known = self.renamed(kept.unwrap_or_default());
        let unkept =
            if known.is_empty() { self.renamed(schema::inferred_columns(collection, &[])) } else { Vec::new() };
        let mut columns = Vec::with_capacity(schema.len());
        for field in schema {
            if let Some(added) = self.added.iter().find(|added| added.name == field.name) {
                if added.data_type != field.data_type {
                    return Err(Error::options(format!(
                        "column `{}` can't be {}: it is {}",
                        field.name,
                        field.data_type.name(),
                        added.data_type.name()
                    )));
                }
                columns.push(added.clone());
                continue;
            }
            // An id or a vector whose name was taken; a field says in its metadata what it is.
            let taken = unkept.iter().find(|other| other.name == field.name);
            let taken = taken.filter(|other| !matches!(other.role, Role::Payload(_)));
            let known = taken.map_or(known.as_slice(), std::slice::from_ref);
            columns.extend(schema::user_columns(collection, known, vec![field])?);
        }
        let field = columns.iter().find(|column| matches!(column.role, Role::Payload(_)));
        if let Some(field) = field.filter(|_| self.options.named.payload != PayloadForm::Columns) {
            return Err(Error::options(format!(
                "column `{}` of the schema is a field of the payload, and with the option `payload` that is one column, `{PAYLOAD_COLUMN}`",
                field.name
            )));
        }
        let left = self.chosen(columns.clone(), None)?;
        match columns.iter().find(|column| !left.contains(column)) {
            None => Ok(columns),
            Some(column) => {
                let option = if column.role.vector().is_some() { "with_vectors" } else { "with_payload" };
                Err(Error::options(format!(
                    "column `{}` of the schema has what the option `{option}` leaves out: change one of them",
                    column.name
                )))
            }
        }
    }

    /// The collection's columns, with other names where an added column has theirs.
    fn renamed(&self, mut columns: Vec<Column>) -> Vec<Column> {
        for added in &self.added {
            let Some(clash) = columns.iter().position(|column| column.name == added.name) else { continue };
            let name = schema::free_name(&added.name, &columns);
            let column = &mut columns[clash];
            if let (Role::Payload(field), Some(metadata)) = (&column.role, column.metadata.as_object_mut()) {
                metadata.insert(FIELD_METADATA.to_owned(), json!(field));
            }
            column.name = name;
        }
        columns
    }

    /// The columns that `with_payload` and `with_vectors` leave. Fields that are not known yet become columns if there
    /// is somebody to be told.
    fn chosen(&self, columns: Vec<Column>, warnings: Option<&mut Vec<String>>) -> Result<Vec<Column>> {
        let named = &self.options.named;
        let fields: Vec<String> = columns
            .iter()
            .filter_map(|column| if let Role::Payload(field) = &column.role { Some(field.clone()) } else { None })
            .collect();
        let (names, only) = match &named.with_payload {
            Chosen::Only(names) => (names, true),
            Chosen::AllBut(names) => (names, false),
        };
        // Where the payload is one column the server chooses.
        let tree = if named.payload == PayloadForm::Columns { Tree::of(names, &fields)? } else { Tree::default() };
        let mut left = Vec::with_capacity(columns.len());
        for column in columns {
            let data_type = match &column.role {
                Role::Payload(field) => match (tree.0.get(field), only) {
                    (None, true) | (Some(Part::Whole), false) => None,
                    (None, false) | (Some(Part::Whole), true) => Some(column.data_type.clone()),
                    (Some(Part::Members(members)), true) => Some(members.only(&column.data_type, field)?),
                    (Some(Part::Members(members)), false) => members.all_but(&column.data_type, field)?,
                },
                role => match (role.vector(), &named.with_vectors) {
                    (Some(vector), Chosen::Only(names)) => {
                        let wanted = names.iter().any(|name| name == vector || *name == column.name);
                        wanted.then(|| column.data_type.clone())
                    }
                    (Some(_), Chosen::AllBut(_)) | (None, _) => Some(column.data_type.clone()),
                },
            };
            left.extend(data_type.map(|data_type| Column { data_type, ..column }));
        }
        let Some(warnings) = warnings else { return Ok(left) };
        for (field, part) in tree.0.iter().filter(|(field, _)| !fields.contains(field)) {
            if only {
                let name = schema::free_name(field, &[left.as_slice(), &self.added].concat());
                let mut column = Column::new(name, part.unknown(), Role::Payload(field.clone()));
                if column.name != *field {
                    column.metadata = json!({FIELD_METADATA: field});
                }
                warnings.push(format!(
                    "nothing is known of the field `{field}` that `with_payload` names: it is read as {}",
                    column.data_type.name()
                ));
                left.push(column);
            } else {
                warnings.push(format!("nothing is known of the field `{field}` that `with_payload` excludes"));
            }
        }
        Ok(left)
    }
}

/// The name of a vector that is called so, by itself or, the unnamed one, by its column.
pub(crate) fn vector_called<'a>(collection: &'a Collection, name: &str) -> Option<&'a str> {
    let own = collection.vectors.keys().find(|vector| *vector == name);
    let kept = || {
        let column = collection.kept.iter().flatten().find(|column| column.name == name)?;
        collection.vectors.keys().find(|vector| column.role.vector() == Some(vector))
    };
    let unnamed = || {
        let unnamed = collection.vectors.keys().find(|vector| vector.is_empty());
        unnamed.filter(|_| name == vectorfuse_core::table::VECTOR_COLUMN)
    };
    own.or_else(kept).or_else(unnamed).map(String::as_str)
}

/// Names for a message.
pub(crate) fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Fields and members that were named.
#[derive(Debug, Default)]
struct Tree(BTreeMap<String, Part>);

#[derive(Debug)]
enum Part {
    Whole,
    Members(Tree),
}

impl Tree {
    /// A name is a field's own where there is such a field, else a path.
    fn of(names: &[String], fields: &[String]) -> Result<Self> {
        let mut tree = Self::default();
        for name in names {
            let path = path::segments(name).filter(|_| !fields.contains(name));
            let mut members = Vec::new();
            for step in path.unwrap_or_else(|| vec![Step::Member(name.clone())]) {
                match step {
                    Step::Member(member) => members.push(member),
                    Step::Each => {}
                    Step::Item => {
                        return Err(Error::options(format!(
                            "option `with_payload` names `{name}`: a single item of a list is no column, name the list"
                        )));
                    }
                }
            }
            tree.insert(&members);
        }
        Ok(tree)
    }

    fn insert(&mut self, members: &[String]) {
        match members {
            [] => {}
            [last] => {
                self.0.insert(last.clone(), Part::Whole);
            }
            [first, rest @ ..] => {
                let part = self.0.entry(first.clone()).or_insert_with(|| Part::Members(Self::default()));
                match part {
                    Part::Whole => {}
                    Part::Members(inner) => inner.insert(rest),
                }
            }
        }
    }

    /// The type with just these members.
    fn only(&self, data_type: &SparkType, place: &str) -> Result<SparkType> {
        match data_type {
            SparkType::Array(element) => Ok(SparkType::Array(Box::new(self.only(element, place)?))),
            SparkType::Struct(fields) => {
                let mut left = Vec::new();
                for field in fields {
                    match self.0.get(&field.name) {
                        None => {}
                        Some(Part::Whole) => left.push(field.clone()),
                        Some(Part::Members(members)) => {
                            let data_type = members.only(&field.data_type, &format!("{place}.{}", field.name))?;
                            left.push(SparkField { data_type, ..field.clone() });
                        }
                    }
                }
                let unknown = self.0.iter().filter(|(name, _)| !fields.iter().any(|field| field.name == **name));
                left.extend(unknown.map(|(name, part)| SparkField::new(name, part.unknown())));
                Ok(SparkType::Struct(left))
            }
            other => Err(whole(place, other)),
        }
    }

    /// The type without these members; `None` if it has no others.
    fn all_but(&self, data_type: &SparkType, place: &str) -> Result<Option<SparkType>> {
        match data_type {
            SparkType::Array(element) => {
                Ok(self.all_but(element, place)?.map(|element| SparkType::Array(Box::new(element))))
            }
            SparkType::Struct(fields) => {
                let mut left = Vec::new();
                for field in fields {
                    let data_type = match self.0.get(&field.name) {
                        None => Some(field.data_type.clone()),
                        Some(Part::Whole) => None,
                        Some(Part::Members(members)) => {
                            members.all_but(&field.data_type, &format!("{place}.{}", field.name))?
                        }
                    };
                    left.extend(data_type.map(|data_type| SparkField { data_type, ..field.clone() }));
                }
                Ok((!left.is_empty()).then_some(SparkType::Struct(left)))
            }
            other => Err(whole(place, other)),
        }
    }
}

impl Part {
    /// The type of something that nobody has seen.
    fn unknown(&self) -> SparkType {
        match self {
            Self::Whole => SparkType::string(),
            Self::Members(members) => {
                let member = |(name, part): (&String, &Part)| SparkField::new(name, part.unknown());
                SparkType::Struct(members.0.iter().map(member).collect())
            }
        }
    }
}

fn whole(place: &str, data_type: &SparkType) -> Error {
    Error::options(format!(
        "option `with_payload` names a member of `{place}`, which is {}: only members of structs can be chosen, name \
         the whole field",
        data_type.name()
    ))
}

/// How a server is asked for the parts of a payload that is one column.
pub(crate) fn paths(names: &[String]) -> Result<Vec<String>> {
    let path = |name: &String| {
        let path = if path::is_valid(name) { Some(name.clone()) } else { path::of_field(name) };
        path.ok_or_else(|| Error::options(format!("option `with_payload` names `{name}`, which is no path of a field")))
    };
    names.iter().map(path).collect()
}
