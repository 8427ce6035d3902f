//! Random vectors: every kind in each form of column that comes back as it was written.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::vector::VectorKind;

use super::{float, integer};
use crate::store::Abilities;
use crate::values::{Val, int, text};

/// A vector of a case: its columns, one or two, and a value of each for every row.
#[derive(Clone, Debug)]
pub struct VectorColumn {
    /// `None` for the unnamed vector.
    pub vector: Option<&'static str>,
    pub kind: VectorKind,
    /// The number of dimensions; a sparse vector has none.
    pub size: Option<usize>,
    /// Whether the option says the size, or the data.
    pub stated: bool,
    pub columns: Vec<(SparkType, Vec<Val>)>,
}

fn list(element: SparkType) -> SparkType {
    SparkType::Array(Box::new(element))
}

/// A number that 32 bits hold, in the form of this type.
fn number(data_type: &SparkType) -> BoxedStrategy<Val> {
    let whole = |most: i128| integer(-most - 1..=most);
    match data_type {
        SparkType::Double => float().prop_map(|value| Val::Double(f64::from(value).to_bits())).boxed(),
        SparkType::Decimal(precision, _) => {
            let most = 10_i128.pow((*precision).into()) - 1;
            integer(-most..=most)
        }
        SparkType::Byte => whole(i8::MAX.into()),
        SparkType::Short => whole(i16::MAX.into()),
        SparkType::Integer | SparkType::Long => integer(-16_777_216..=16_777_216),
        _float => float().prop_map(|value| Val::Float(value.to_bits())).boxed(),
    }
}

fn element_type() -> impl Strategy<Value = SparkType> {
    prop_oneof![
        4 => Just(SparkType::Float),
        2 => Just(SparkType::Double),
        1 => select(vec![SparkType::Byte, SparkType::Short, SparkType::Integer, SparkType::Long]),
        1 => (1_u8..=6).prop_flat_map(|precision| (Just(precision), 0..=precision))
            .prop_map(|(precision, scale)| SparkType::Decimal(precision, i8::try_from(scale).unwrap())),
    ]
}

fn sparse_number(can: Abilities, data_type: &SparkType) -> BoxedStrategy<Val> {
    let positive = |value: Val| match value {
        Val::Float(bits) if f32::from_bits(bits) == 0.0 => Val::Float(1.0_f32.to_bits()),
        Val::Float(bits) => Val::Float(f32::from_bits(bits).abs().to_bits()),
        Val::Double(bits) if f64::from_bits(bits) == 0.0 => Val::Double(1.0_f64.to_bits()),
        Val::Double(bits) => Val::Double(f64::from_bits(bits).abs().to_bits()),
        other => other,
    };
    let number = number(data_type);
    if can.any_sparse { number } else { number.prop_map(positive).boxed() }
}

/// A type, and one row's value of it.
type Form = (Vec<SparkType>, BoxedStrategy<Vec<Val>>);

fn dense(can: Abilities, size: usize) -> impl Strategy<Value = Form> {
    let numbers = element_type().prop_map(move |element| {
        let value = vec(number(&element), size).prop_map(|values| vec![Val::List(values)]);
        (vec![list(element)], value.boxed())
    });
    let packed = vec(float(), size)
        .prop_map(|values| vec![Val::Bytes(values.iter().flat_map(|value| value.to_le_bytes()).collect())]);
    let packed = Just((vec![SparkType::Binary], packed.boxed()));
    if can.packed_floats { prop_oneof![5 => numbers, 1 => packed].boxed() } else { numbers.boxed() }
}

fn multi(size: usize) -> impl Strategy<Value = Form> {
    element_type().prop_map(move |element| {
        let row = vec(number(&element), size).prop_map(Val::List);
        let value = vec(row, 1..4).prop_map(|rows| vec![Val::List(rows)]);
        (vec![list(list(element))], value.boxed())
    })
}

fn sparse(can: Abilities) -> impl Strategy<Value = Form> {
    let index = select(vec![SparkType::Integer, SparkType::Long]);
    let value = select(vec![SparkType::Float, SparkType::Double]);
    // Two columns for one vector need a name for it.
    let forms = if can.any_names { 0..5 } else { 1..5 };
    (index, value, forms, any::<bool>()).prop_map(move |(index, value, form, swapped)| {
        let most =
            if index == SparkType::Long { u32::MAX - u32::from(!can.any_sparse) } else { i32::MAX.unsigned_abs() };
        let places = prop_oneof![1 => select(vec![0, 1, most]), 3 => 0..=most];
        // Ascending, as the server gives them back.
        let entries = btree_map(places, sparse_number(can, &value), if can.any_sparse { 0..4 } else { 1..4 });
        let halves = |entries: std::collections::BTreeMap<u32, Val>| {
            let (indices, values): (Vec<Val>, Vec<Val>) = entries.into_iter().map(|(i, v)| (int(i), v)).unzip();
            vec![Val::List(indices), Val::List(values)]
        };
        let types = vec![list(index.clone()), list(value.clone())];
        match form {
            0 => (types, entries.prop_map(halves).boxed()),
            1 => {
                let entries = entries.prop_map(|entries| {
                    vec![Val::map(entries.into_iter().map(|(index, value)| (int(index), value)).collect())]
                });
                (vec![SparkType::Map(Box::new(index), Box::new(value))], entries.boxed())
            }
            2 => (vec![SparkType::string()], entries.prop_map(|entries| vec![json(&entries)]).boxed()),
            _struct => {
                let names = ["indices", "values"].into_iter().zip(types);
                let mut fields: Vec<SparkField> = names.map(|(name, t)| SparkField::new(name, t)).collect();
                if swapped {
                    fields.reverse();
                }
                let value = entries.prop_map(move |entries| {
                    let mut parts = halves(entries);
                    if swapped {
                        parts.reverse();
                    }
                    vec![Val::Struct(parts)]
                });
                (vec![SparkType::Struct(fields)], value.boxed())
            }
        }
    })
}

/// The text as which a sparse vector is read.
fn json(entries: &std::collections::BTreeMap<u32, Val>) -> Val {
    let value = |value: &Val| match value {
        Val::Float(bits) => format!("{:?}", f32::from_bits(*bits)),
        #[allow(clippy::cast_possible_truncation)] // made from 32 bits
        Val::Double(bits) => format!("{:?}", f64::from_bits(*bits) as f32),
        other => panic!("{other:?} is no number"),
    };
    let indices: Vec<String> = entries.keys().map(u32::to_string).collect();
    let values: Vec<String> = entries.values().map(value).collect();
    text(format!(r#"{{"indices":[{}],"values":[{}]}}"#, indices.join(","), values.join(",")))
}

fn column(
    can: Abilities,
    vector: Option<&'static str>,
    kind: VectorKind,
    rows: usize,
    nulls: bool,
) -> BoxedStrategy<VectorColumn> {
    (1_usize..6, any::<bool>())
        .prop_flat_map(move |(size, stated)| {
            let form = match kind {
                VectorKind::Dense => dense(can, size).boxed(),
                VectorKind::Sparse => sparse(can).boxed(),
                VectorKind::Multi => multi(size).boxed(),
            };
            form.prop_flat_map(move |(types, value)| {
                let row = (value, prop::bool::weighted(if nulls { 0.3 } else { 0.0 }));
                vec(row, rows).prop_map(move |values| {
                    // The first row says the size where no option does.
                    let kept = |(row, (value, null)): (usize, &(Vec<Val>, bool)), column: usize| {
                        if *null && row > 0 { Val::Null } else { value[column].clone() }
                    };
                    let of = |column: usize| values.iter().enumerate().map(|row| kept(row, column)).collect();
                    VectorColumn {
                        vector,
                        kind,
                        size: (kind != VectorKind::Sparse).then_some(size),
                        stated: stated || rows == 0,
                        columns: types.iter().enumerate().map(|(index, t)| (t.clone(), of(index))).collect(),
                    }
                })
            })
        })
        .boxed()
}

/// Any mix of vectors; the first one is in every row.
pub fn vectors(can: Abilities, rows: usize) -> BoxedStrategy<Vec<VectorColumn>> {
    let names = ["a", "ü. [0]", "Zz.q's", "b-1"];
    let mut kinds = VectorKind::ALL.to_vec();
    kinds.retain(|kind| match kind {
        VectorKind::Dense => true,
        VectorKind::Sparse => can.sparse,
        VectorKind::Multi => can.multi,
    });
    let sparse = if can.several_vectors && can.sparse { 3 } else { 1 };
    let kinds = move |most| vec(select(kinds.clone()), 1..=most);
    let most = if can.several_vectors { names.len() } else { 1 };
    let named = kinds(most).prop_flat_map(move |kinds| {
        let kinds = kinds.into_iter().zip(names).enumerate();
        kinds
            .map(|(place, (kind, name))| column(can, Some(name), kind, rows, place > 0 && can.optional_vectors))
            .collect::<Vec<_>>()
    });
    let unnamed = (0_usize..sparse).prop_flat_map(move |sparse| {
        let mut columns = vec![column(can, None, VectorKind::Dense, rows, false)];
        let others = names.into_iter().take(sparse);
        columns.extend(others.map(|name| column(can, Some(name), VectorKind::Sparse, rows, can.optional_vectors)));
        columns
    });
    let some = prop_oneof![2 => unnamed, 5 => named];
    if can.vectorless { prop_oneof![1 => Just(Vec::new()), 7 => some].boxed() } else { some.boxed() }
}
