//! The columns that a read's options leave and add: chosen fields and vectors, the payload as one column.

use std::collections::BTreeMap;

use serde_json::json;

use crate::error::{Error, Result};
use crate::options::{Chosen, Options, PayloadForm};
use crate::schema::{SparkField, SparkType};
use crate::table::{Column, ID_COLUMN, PAYLOAD_COLUMN, Role, SCORE_COLUMN};

/// In a column's metadata: the payload's field, where the column's name does not say it. Spark hands an inferred schema
/// back with the metadata, so the field is found again.
pub const FIELD_METADATA: &str = "vectorfuse.field";

/// The name itself, or, where a column has it, with as many `payload_` in front as it takes.
#[must_use]
pub fn free_name(name: &str, columns: &[Column]) -> String {
    let mut free = name.to_owned();
    while columns.iter().any(|column| column.name == free) {
        free = format!("payload_{free}");
    }
    free
}

/// A column of a field, under a name that none of `columns` has. Where its name alone would not say which field it is,
/// its metadata does: whatever is spelled like the id's column could be that.
#[must_use]
pub fn field_column(field: &str, data_type: SparkType, columns: &[Column]) -> Column {
    let mut column = Column::new(free_name(field, columns), data_type, Role::Payload(field.to_owned()));
    if column.name != field || field.eq_ignore_ascii_case(ID_COLUMN) {
        column.metadata = json!({FIELD_METADATA: field});
    }
    column
}

/// Names for a message.
#[must_use]
pub fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// How a store reads the path of a field or of a member: the names from the outermost on.
pub type ReadPath = fn(&str) -> Result<Vec<String>>;

/// What the options say of the columns.
pub struct Choice<'a> {
    options: &'a Options,
    /// Columns that are no field, no vector and no id; their names win over those of the collection.
    added: Vec<Column>,
    /// Whether rows can have fields that no column shows.
    is_open: bool,
    path: ReadPath,
}

impl<'a> Choice<'a> {
    /// Checks what can be known without a schema.
    pub fn new(options: &'a Options, spark: u32, is_open: bool, path: ReadPath) -> Result<Self> {
        let named = &options.named;
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
        Ok(Self { options, added, is_open, path })
    }

    /// Whether the table has columns of fields, so that their types matter.
    #[must_use]
    pub fn has_fields(&self) -> bool {
        self.options.named.payload == PayloadForm::Columns && self.options.named.with_payload != Chosen::NONE
    }

    /// What is left of the collection's own columns, and what is added to them.
    pub fn columns(&self, own: Vec<Column>, warnings: &mut Vec<String>) -> Result<Vec<Column>> {
        let mut columns = self.renamed(own);
        if self.options.named.payload != PayloadForm::Columns {
            columns.retain(|column| !matches!(column.role, Role::Payload(_) | Role::WholePayload));
        }
        let mut columns = self.chosen(columns, Some(warnings))?;
        columns.extend(self.added.iter().cloned());
        Ok(columns)
    }

    /// The column that the options add under the name of this field of the user's schema, if they do.
    pub fn added(&self, field: &SparkField) -> Result<Option<Column>> {
        match self.added.iter().find(|added| added.name == field.name) {
            Some(added) if added.data_type != field.data_type => Err(Error::options(format!(
                "column `{}` can't be {}: it is {}",
                field.name,
                field.data_type.name(),
                added.data_type.name()
            ))),
            added => Ok(added.cloned()),
        }
    }

    /// Refuses columns of the user's schema that the options leave out.
    pub fn check(&self, columns: &[Column]) -> Result<()> {
        let field = columns.iter().find(|column| matches!(column.role, Role::Payload(_)));
        if let Some(field) = field.filter(|_| self.options.named.payload != PayloadForm::Columns) {
            return Err(Error::options(format!(
                "column `{}` of the schema is a field of the payload, and with the option `payload` that is one column, `{PAYLOAD_COLUMN}`",
                field.name
            )));
        }
        let left = self.chosen(columns.to_vec(), None)?;
        match columns.iter().find(|column| !left.contains(column)) {
            None => Ok(()),
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
    #[must_use]
    pub fn renamed(&self, mut columns: Vec<Column>) -> Vec<Column> {
        for added in &self.added {
            let Some(clash) = columns.iter().position(|column| column.name == added.name) else { continue };
            let name = free_name(&added.name, &columns);
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
        let fields: Vec<String> = columns.iter().filter_map(|column| field_of(column).map(str::to_owned)).collect();
        let (names, only) = match &named.with_payload {
            Chosen::Only(names) => (names, true),
            Chosen::AllBut(names) => (names, false),
        };
        // Where the payload is one column the server chooses.
        let in_columns = named.payload == PayloadForm::Columns;
        let tree = if in_columns { Tree::of(names, &fields, self.path)? } else { Tree::default() };
        let mut left = Vec::with_capacity(columns.len());
        for column in columns {
            let data_type = match field_of(&column) {
                // The payload as one column.
                Some(_) if !in_columns => Some(column.data_type.clone()),
                Some(field) => match (tree.0.get(field), only) {
                    (None, true) | (Some(Part::Whole), false) => None,
                    (None, false) | (Some(Part::Whole), true) => Some(column.data_type.clone()),
                    (Some(Part::Members(members)), true) => Some(members.only(&column.data_type, field)?),
                    (Some(Part::Members(members)), false) => members.all_but(&column.data_type, field)?,
                },
                None => match (column.role.vector(), &named.with_vectors) {
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
            if only && !self.is_open {
                return Err(Error::options(format!(
                    "option `with_payload` names `{field}`, which is no field of the collection: it has {}",
                    listed(fields.iter().cloned())
                )));
            }
            if only {
                let column = field_column(field, part.unknown(), &[left.as_slice(), &self.added].concat());
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

/// The field that a column is, or that holds all fields that are no columns.
fn field_of(column: &Column) -> Option<&str> {
    match &column.role {
        Role::Payload(field) => Some(field),
        Role::WholePayload => Some(&column.name),
        Role::Id { .. }
        | Role::Vector(_)
        | Role::SparseIndices(_)
        | Role::SparseValues(_)
        | Role::Score
        | Role::Unused => None,
    }
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
    fn of(names: &[String], fields: &[String], path: ReadPath) -> Result<Self> {
        let mut tree = Self::default();
        for name in names {
            let members = if fields.contains(name) { vec![name.clone()] } else { path(name)? };
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
