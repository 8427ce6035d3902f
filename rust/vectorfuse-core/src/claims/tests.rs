use super::*;
use crate::mllib::Mllib;
use crate::options::{Given, Side};
use crate::schema::SparkType;
use crate::write::assign;
use crate::{Kind, table};

fn list(element: SparkType) -> SparkType {
    SparkType::Array(Box::new(element))
}

fn sparse() -> SparkType {
    VectorKind::Sparse.column_type()
}

fn assigned(
    options: &[(&str, &str)],
    fields: &[(&str, SparkType)],
    vectors: Option<&[(&str, VectorKind)]>,
) -> Result<Vec<table::Column>> {
    let options = options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let options = Given { options, session: BTreeMap::new() }.parse(Side::Write)?;
    let fields: Vec<SparkField> = fields.iter().map(|(name, t)| SparkField::new(*name, t.clone())).collect();
    let vectors: Option<Kinds> = vectors.map(|v| v.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect());
    Ok(assign(&options, &fields, vectors.as_ref())?.0)
}

fn roles(
    options: &[(&str, &str)],
    fields: &[(&str, SparkType)],
    vectors: Option<&[(&str, VectorKind)]>,
) -> Result<Vec<Role>> {
    Ok(assigned(options, fields, vectors)?.into_iter().map(|column| column.role).collect())
}

fn vector(name: &str) -> Role {
    Role::Vector(name.to_owned())
}

#[test]
fn options_name_vectors_of_every_kind_side_by_side() {
    let fields = [
        ("d", list(SparkType::Double)),
        ("s", sparse()),
        ("i", list(SparkType::Integer)),
        ("v", list(SparkType::Float)),
        ("m", list(list(SparkType::Float))),
    ];
    let options = [
        ("vector_fields", "d"),
        ("sparse_fields", "s"),
        ("sparse_names", "words"),
        ("sparse_vector_index_fields", "i"),
        ("sparse_vector_value_fields", "v"),
        ("sparse_vector_names", "pair"),
        ("multi_vector_fields", "m"),
        ("multi_vector_names", "colbert"),
    ];
    let given = options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let parsed = Given { options: given, session: BTreeMap::new() }.parse(Side::Write).unwrap();
    let columns = assigned(&options, &fields, None).unwrap();
    let expected = [
        vector("d"),
        vector("words"),
        Role::SparseIndices("pair".into()),
        Role::SparseValues("pair".into()),
        vector("colbert"),
    ];
    assert_eq!(columns.iter().map(|column| column.role.clone()).collect::<Vec<_>>(), expected);
    let kinds: Vec<_> = columns.iter().filter_map(|column| created(&parsed, column)).collect();
    use VectorKind::{Dense, Multi, Sparse};
    assert_eq!(kinds, [("d", Dense), ("words", Sparse), ("pair", Sparse), ("pair", Sparse), ("colbert", Multi)]);
}

#[test]
fn the_collection_s_vectors_of_every_kind_claim_the_columns_of_their_names() {
    let there = [("d", VectorKind::Dense), ("s", VectorKind::Sparse), ("m", VectorKind::Multi)];
    let fields =
        [("d", SparkType::Binary), ("s", SparkType::string()), ("m", list(list(SparkType::Double))), ("x", sparse())];
    let expected = [vector("d"), vector("s"), vector("m"), Role::Payload("x".into())];
    assert_eq!(roles(&[], &fields, Some(&there)).unwrap(), expected);
    // Options for one kind leave the others to their names.
    let renamed = roles(&[("sparse_fields", "x"), ("sparse_names", "s")], &fields, Some(&there)).unwrap();
    assert_eq!(renamed, [vector("d"), Role::Payload("s".into()), vector("m"), vector("s")]);
    // Nothing is a vector where the user says that nothing is.
    let none = roles(&[("vector_fields", "")], &fields, Some(&there)).unwrap();
    assert!(none.iter().all(|role| matches!(role, Role::Payload(_))), "{none:?}");
    let only = roles(&[("vector_fields", ""), ("sparse_fields", "s")], &fields, Some(&there)).unwrap();
    assert_eq!(only, [Role::Payload("d".into()), vector("s"), vector("m"), Role::Payload("x".into())]);
}

#[test]
fn a_column_that_looks_like_a_vector_is_asked_for_and_payload_is_not() {
    let floats = [SparkType::Float, SparkType::Double];
    let lists = floats.into_iter().flat_map(|element| [list(element.clone()), list(list(element))]);
    for data_type in lists.chain([sparse(), SparkType::MllibVector(Mllib::Ml)]) {
        let error = roles(&[], &[("e", data_type)], None).unwrap_err();
        assert_eq!(error.kind(), Kind::Options);
        assert!(error.to_string().contains("candidates: `e`"), "{error}");
    }
    let map = SparkType::Map(Box::new(SparkType::Long), Box::new(SparkType::Float));
    for data_type in [list(SparkType::Integer), map, SparkType::Binary, list(list(SparkType::Integer))] {
        assert_eq!(roles(&[], &[("e", data_type)], None).unwrap(), [Role::Payload("e".into())]);
    }
    // Payload all the same: said in so many words, or beside a vector.
    let doubles = ("e", list(list(SparkType::Double)));
    let said = roles(&[("vector_fields", "")], std::slice::from_ref(&doubles), None).unwrap();
    assert_eq!(said, [Role::Payload("e".into())]);
    let beside = roles(&[], &[("vector", list(SparkType::Float)), doubles], None).unwrap();
    assert_eq!(beside, [vector(""), Role::Payload("e".into())]);
    for data_type in [list(SparkType::Decimal(5, 2)), SparkType::MllibVector(Mllib::Ml)] {
        assert_eq!(roles(&[], &[("vector", data_type)], None).unwrap(), [vector("")]);
    }
}

#[test]
fn a_vector_of_mllib_is_no_payload() {
    let fields = [("vector", list(SparkType::Float)), ("features", SparkType::MllibVector(Mllib::Mllib))];
    let error = roles(&[], &fields, None).unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported);
    assert!(error.to_string().contains("`features`") && error.to_string().contains("mllib.linalg"), "{error}");
    let named = roles(&[("payload_fields", "")], &fields, None).unwrap();
    assert_eq!(named, [vector(""), Role::Unused]);
}

#[test]
fn what_is_wrong_with_a_claim_is_said() {
    let fields = [
        ("s", sparse()),
        ("i", list(SparkType::Integer)),
        ("v", list(SparkType::Float)),
        ("m", list(list(SparkType::Float))),
        ("n", SparkType::Long),
    ];
    let pair =
        |i, v| vec![("sparse_vector_index_fields", i), ("sparse_vector_value_fields", v), ("sparse_vector_names", "p")];
    let there = [("s", VectorKind::Sparse), ("m", VectorKind::Multi), ("d", VectorKind::Dense)];
    let there = Some(&there[..]);
    for (options, vectors, words) in [
        (vec![("sparse_fields", "n")], None, vec!["column `n`", "long", "map<long,float>"]),
        (vec![("multi_fields", "v")], None, vec!["column `v`", "array<float>", "array<array<float>>"]),
        (vec![("vector_fields", "m")], None, vec!["column `m`", "array<array<float>>", "packed binary"]),
        (pair("v", "v"), None, vec!["column `v`", "the indices", "array<long>"]),
        (pair("i", "i"), None, vec!["column `i`", "the values", "array<float>"]),
        (pair("i", "nope"), None, vec!["sparse_vector_value_fields", "no column `nope`"]),
        (
            [pair("i", "v"), vec![("sparse_fields", "s"), ("sparse_names", "p")]].concat(),
            None,
            vec!["two columns", "`p`"],
        ),
        (vec![("multi_fields", "m,m"), ("multi_names", "a,b")], None, vec!["`m` has two parts"]),
        (vec![("vector_fields", "v"), ("vector_names", "s")], there, vec!["`s`", "is sparse", "`sparse_fields`"]),
        (vec![("sparse_fields", "s"), ("sparse_names", "m")], there, vec!["`m`", "multi-vector", "`multi_fields`"]),
        (vec![("sparse_fields", "s"), ("sparse_names", "x")], there, vec!["does not have the vector `x`"]),
        (vec![], there, vec!["the vector `d`", "`sparse_fields`"]),
    ] {
        let error = roles(&options, &fields, vectors).unwrap_err();
        assert_eq!(error.kind(), Kind::Options, "{error}");
        for word in words {
            assert!(error.to_string().contains(word), "{error} / {word}");
        }
    }
    let wrong = [("s", SparkType::Long), ("d", list(SparkType::Float))];
    let there = [("s", VectorKind::Sparse), ("d", VectorKind::Dense)];
    let error = roles(&[], &wrong, Some(&there)).unwrap_err().to_string();
    assert!(error.contains("the vector `s`, which is sparse") && error.contains("long"), "{error}");
}
