//! Which columns of a DataFrame hold which vectors: as the options say, else as the names of the columns do.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::options::table::Named;
use crate::options::{Options, WriteMode};
use crate::schema::SparkField;
use crate::table::{Column, Role, VECTOR_COLUMN};
use crate::vector::{VectorKind, is_index_list, is_unnamed_vector, is_value_list, looks_like_vector};
use crate::write::{position, vector_name};

/// The vectors of a collection by name, and what each is made of.
pub type Kinds = BTreeMap<String, VectorKind>;

/// How the options say that points have no vectors.
const WITHOUT: &str = "say `vector_fields` = \"\" to write points without vectors";

/// A column that is, or is a part of, a vector.
struct Claim {
    column: usize,
    role: Role,
    kind: VectorKind,
    /// The option that says so, or would.
    option: &'static str,
}

impl Claim {
    fn vector(&self) -> &str {
        self.role.vector().unwrap_or_default()
    }
}

/// Gives the columns that hold vectors their roles. `vectors` are those of the collection that is there; `None` if it
/// is yet to be created.
pub(crate) fn claim(
    options: &Options,
    fields: &[SparkField],
    vectors: Option<&Kinds>,
    roles: &mut [Option<Role>],
) -> Result<()> {
    let mut claims = said(&options.named, fields)?;
    known(&claims, vectors)?;
    if !claims.is_empty() || options.named.vector_fields.as_ref().is_none_or(|fields| !fields.is_empty()) {
        for kind in VectorKind::ALL.into_iter().filter(|kind| !is_said(&options.named, *kind)) {
            let free = |claim: &Claim| {
                roles[claim.column].is_none() && !claims.iter().any(|other| other.column == claim.column)
            };
            let more: Vec<Claim> = by_name(fields, vectors, kind).into_iter().filter(free).collect();
            claims.extend(more);
        }
    }
    for (place, claim) in claims.iter().enumerate() {
        let field = &fields[claim.column];
        check_type(claim, field)?;
        if claims[..place].iter().any(|other| collide(&other.role, &claim.role)) {
            let vector = vector_name(claim.vector());
            return Err(Error::options(format!("option `{}`: two columns claim {vector}", claim.option)));
        }
        if roles[claim.column].is_some() {
            return Err(Error::options(format!(
                "option `{}`: column `{}` has two parts of a point",
                claim.option, field.name
            )));
        }
        roles[claim.column] = Some(claim.role.clone());
    }
    // A part of a point that a partial write does not name stays.
    if !options.names_vectors() && options.named.write_mode != WriteMode::Partial {
        let claimed: Vec<&str> = claims.iter().map(Claim::vector).collect();
        refuse_lost_vectors(fields, vectors, &claimed)?;
    }
    Ok(())
}

/// The vector of a column, and its kind, for a collection that is yet to be created: only options say of a column that
/// it holds another vector than a dense one.
#[must_use]
pub fn created<'a>(options: &Options, column: &'a Column) -> Option<(&'a str, VectorKind)> {
    let names = |columns: &Option<Vec<String>>| columns.iter().flatten().any(|name| *name == column.name);
    let kind = match &column.role {
        Role::SparseIndices(_) | Role::SparseValues(_) => VectorKind::Sparse,
        Role::Vector(_) if names(&options.named.sparse_fields) => VectorKind::Sparse,
        Role::Vector(_) if names(&options.named.multi_fields) => VectorKind::Multi,
        Role::Vector(_) | Role::Id { .. } | Role::Payload(_) | Role::WholePayload | Role::Score | Role::Unused => {
            VectorKind::Dense
        }
    };
    Some((column.role.vector()?, kind))
}

/// Whether the options say which columns hold vectors of this kind.
fn is_said(named: &Named, kind: VectorKind) -> bool {
    match kind {
        VectorKind::Dense => named.vector_field.is_some() || named.vector_fields.is_some(),
        VectorKind::Sparse => named.sparse_fields.is_some() || named.sparse_vector_value_fields.is_some(),
        VectorKind::Multi => named.multi_fields.is_some(),
    }
}

/// The columns that the options name.
fn said(named: &Named, fields: &[SparkField]) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    let mut add = |column: &str, role: Role, kind: VectorKind, option: &'static str| {
        claims.push(Claim { column: position(fields, column, option)?, role, kind, option });
        Ok::<(), Error>(())
    };
    if let Some(column) = &named.vector_field {
        add(column, Role::Vector(named.vector_name.clone().unwrap_or_default()), VectorKind::Dense, "vector_field")?;
    }
    for (columns, names, kind) in [
        (&named.vector_fields, &named.vector_names, VectorKind::Dense),
        (&named.sparse_fields, &named.sparse_names, VectorKind::Sparse),
        (&named.multi_fields, &named.multi_names, VectorKind::Multi),
    ] {
        let Some(columns) = columns else { continue };
        for (column, name) in columns.iter().zip(names.as_ref().unwrap_or(columns)) {
            add(column, Role::Vector(name.clone()), kind, option(kind))?;
        }
    }
    let (indices, values) = (named.sparse_vector_index_fields.iter(), named.sparse_vector_value_fields.iter());
    let names = named.sparse_vector_names.iter().flatten();
    for ((indices, values), name) in indices.flatten().zip(values.flatten()).zip(names) {
        add(indices, Role::SparseIndices(name.clone()), VectorKind::Sparse, "sparse_vector_index_fields")?;
        add(values, Role::SparseValues(name.clone()), VectorKind::Sparse, "sparse_vector_value_fields")?;
    }
    Ok(claims)
}

/// The option that names columns of this kind.
fn option(kind: VectorKind) -> &'static str {
    match kind {
        VectorKind::Dense => "vector_fields",
        VectorKind::Sparse => "sparse_fields",
        VectorKind::Multi => "multi_fields",
    }
}

/// The columns that are called like the collection's vectors of this kind; `vector` is the unnamed one.
fn by_name(fields: &[SparkField], vectors: Option<&Kinds>, kind: VectorKind) -> Vec<Claim> {
    let claim = |vector: &str| {
        let name = if vector.is_empty() { VECTOR_COLUMN } else { vector };
        let column = fields.iter().position(|field| field.name == name)?;
        Some(Claim { column, role: Role::Vector(vector.to_owned()), kind, option: option(kind) })
    };
    match vectors {
        Some(vectors) => {
            let names = vectors.iter().filter(|(_, its)| **its == kind).map(|(name, _)| name);
            names.filter_map(|name| claim(name)).collect()
        }
        None if kind == VectorKind::Dense => {
            claim("").into_iter().filter(|claim| is_unnamed_vector(&fields[claim.column].data_type)).collect()
        }
        None => Vec::new(),
    }
}

/// Only vectors that the collection has can be written, and as what they are.
fn known(claims: &[Claim], vectors: Option<&Kinds>) -> Result<()> {
    let Some(vectors) = vectors else { return Ok(()) };
    for claim in claims {
        let (name, used) = (vector_name(claim.vector()), claim.option);
        match vectors.get(claim.vector()) {
            Some(kind) if *kind == claim.kind => {}
            Some(kind) => {
                return Err(Error::options(format!(
                    "option `{used}`: {name} of the collection is {}: name its column with `{}`",
                    kind.name(),
                    option(*kind)
                )));
            }
            None => {
                let there: Vec<String> = vectors.keys().map(|vector| vector_name(vector)).collect();
                let there = if there.is_empty() { "no vector".to_owned() } else { there.join(", ") };
                return Err(Error::options(format!(
                    "option `{used}`: the collection does not have {name}: it has {there}"
                )));
            }
        }
    }
    Ok(())
}

fn check_type(claim: &Claim, field: &SparkField) -> Result<()> {
    let (fits, what, types) = match &claim.role {
        Role::SparseIndices(_) => (is_index_list(&field.data_type), "the indices of", "array<long> or array<integer>"),
        Role::SparseValues(_) => (is_value_list(&field.data_type), "the values of", "array<float> or array<double>"),
        Role::Vector(_) | Role::Id { .. } | Role::Payload(_) | Role::WholePayload | Role::Score | Role::Unused => {
            (claim.kind.fits(&field.data_type), "", claim.kind.types())
        }
    };
    if fits {
        return Ok(());
    }
    let what = if what.is_empty() { what.to_owned() } else { format!("{what} ") };
    let kind = match claim.kind {
        VectorKind::Dense => "",
        VectorKind::Sparse => ", which is sparse,",
        VectorKind::Multi => ", which is a multi-vector,",
    };
    Err(Error::options(format!(
        "column `{}` is to be {what}{}{kind} and has the type {}: cast it to {types}",
        field.name,
        vector_name(claim.vector()),
        field.data_type.name()
    )))
}

/// Whether two columns are the same part of one vector, or one of them is all of it.
fn collide(one: &Role, other: &Role) -> bool {
    let halves = |a: &Role, b: &Role| matches!((a, b), (Role::SparseIndices(_), Role::SparseValues(_)));
    one.vector() == other.vector() && !halves(one, other) && !halves(other, one)
}

/// Without a word of the user, vectors must not end as payload, and points must not lose theirs.
fn refuse_lost_vectors(fields: &[SparkField], vectors: Option<&Kinds>, claimed: &[&str]) -> Result<()> {
    let Some(vectors) = vectors else {
        let candidates: Vec<String> = fields
            .iter()
            .filter(|field| looks_like_vector(&field.data_type))
            .map(|field| format!("`{}`", field.name))
            .collect();
        if candidates.is_empty() || !claimed.is_empty() {
            return Ok(());
        }
        return Err(Error::options(format!(
            "which column holds the vector? Name it with `vector_field` (or several with `vector_fields`; sparse ones with \
             `sparse_fields`, multi-vectors with `multi_fields`); candidates: {}; or {WITHOUT}",
            candidates.join(", ")
        )));
    };
    let lost: Vec<String> =
        vectors.keys().filter(|vector| !claimed.contains(&vector.as_str())).map(|vector| vector_name(vector)).collect();
    if lost.is_empty() {
        return Ok(());
    }
    Err(Error::options(format!(
        "no column of the DataFrame holds {}, which a point that is written over would lose: name the columns with \
         `vector_field` or `vector_fields`, sparse ones with `sparse_fields`, multi-vectors with `multi_fields` (just \
         those that you mean to write), or {WITHOUT}",
        lost.join(" or ")
    )))
}

#[cfg(test)]
mod tests;
