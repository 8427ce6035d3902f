//! Collections that others have made: what their vectors are read as, and what they take.

use super::*;

#[test]
fn a_collection_of_others_is_read_by_what_its_vectors_are() {
    block_on(async {
        let place = of_every_kind("kinds").await;
        let table = Job::on(&place).table(None).await.unwrap();
        let seen: Vec<String> =
            table.columns.iter().map(|column| format!("{} {}", column.name, column.data_type.name())).collect();
        let s = "s struct<indices:array<long>,values:array<float>>";
        assert_eq!(seen, ["id string", "d array<float>", "m array<array<float>>", s]);
        assert!(table.warnings.is_empty(), "{:?}", table.warnings);

        // Nothing is said: the columns of these names are the vectors of these kinds, in whichever form.
        let columns = [
            ("id", SparkType::Long),
            ("s", map(SparkType::Integer, SparkType::Double)),
            ("m", list(list(SparkType::Double))),
            ("d", SparkType::Binary),
        ];
        let values = vec![
            int(1),
            Val::map(vec![(int(3), double(0.5))]),
            Val::List(vec![doubles(&[1.0, 2.0])]),
            Val::Bytes([1.0_f32, 2.0].iter().flat_map(|value| value.to_le_bytes()).collect()),
        ];
        Job::on(&place).append(&Frame::new(&columns, vec![values])).await;
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.rows, [[text("1"), vector(&[1.0, 2.0]), rows(&[&[1.0, 2.0]]), pair(&[3], &[0.5])]]);
    });
}

#[test]
fn a_schema_of_the_user_s_own_chooses_the_form() {
    block_on(async {
        let place = of_every_kind("own_form").await;
        let columns = [("d", floats()), ("s", sparse(SparkType::Long, SparkType::Float)), ("m", list(floats()))];
        let multi = rows(&[&[1.0, 2.0], &[3.0, 4.0]]);
        let frame =
            Frame::new(&columns, vec![vec![vector(&[1.0, 2.5]), pair(&[3, 3_000_000_000], &[0.5, 1.0]), multi]]);
        Job::on(&place).append(&frame).await;
        let job = Job::on(&place);
        let wide = list(SparkType::Double);
        let ml = SparkType::MllibVector(Mllib::Ml);
        let bytes = Val::Bytes([1.0_f32, 2.5].iter().flat_map(|value| value.to_le_bytes()).collect());
        let entries = vec![(int(3), double(0.5)), (int(3_000_000_000_i64), double(1.0))];
        for (name, data_type, expected) in [
            ("d", wide.clone(), doubles(&[1.0, 2.5])),
            ("d", SparkType::Binary, bytes),
            ("d", list(SparkType::Decimal(10, 3)), ints(&[1000, 2500])),
            ("d", ml.clone(), ml_dense(&[1.0, 2.5])),
            ("s", map(SparkType::Long, SparkType::Double), Val::map(entries)),
            ("s", SparkType::string(), text(r#"{"indices":[3,3000000000],"values":[0.5,1.0]}"#)),
            ("m", list(wide), Val::List(vec![doubles(&[1.0, 2.0]), doubles(&[3.0, 4.0])])),
            ("m", list(list(SparkType::Byte)), Val::List(vec![ints(&[1, 2]), ints(&[3, 4])])),
        ] {
            let read = job.read_as(&[(name, data_type.clone())]).await.unwrap();
            assert_eq!(read.rows, [[expected]], "{name} as {}", data_type.name());
        }
        // What does not fit is an error and no other value.
        let halves = job.read_as(&[("d", list(SparkType::Integer))]).await;
        refused(halves, Kind::Data, &["2.5", "integer", "column: d"]);
        refused(job.read_as(&[("d", list(SparkType::Decimal(5, 0)))]).await, Kind::Data, &["2.5", "column: d"]);
        let narrow = job.read_as(&[("s", sparse(SparkType::Integer, SparkType::Float))]).await;
        refused(narrow, Kind::Data, &["3000000000", "integer", "long", "column: s"]);
        for (name, data_type, words) in [
            ("s", floats(), ["column `s`", "struct"]),
            ("s", ml, ["column `s`", "VectorUDT"]),
            ("m", floats(), ["column `m`", "array<array<float>>"]),
            ("d", list(floats()), ["column `d`", "array<float>"]),
        ] {
            refused(job.read_as(&[(name, data_type)]).await, Kind::Options, &words);
        }
    });
}

#[test]
fn only_what_is_asked_for_of_a_vector_is_read() {
    block_on(async {
        let place = of_every_kind("pruned_vectors").await;
        let columns = [("d", floats()), ("s", sparse(SparkType::Long, SparkType::Float)), ("m", list(floats()))];
        let frame =
            Frame::new(&columns, vec![vec![vector(&[1.0, 2.5]), pair(&[3, 7], &[0.5, 1.0]), rows(&[&[1.0, 2.0]])]]);
        Job::on(&place).append(&frame).await;
        let job = Job::on(&place);
        let table = job.table(None).await.unwrap();
        let mut wanted: Vec<SparkField> =
            fields(&table.columns).into_iter().filter(|field| field.name == "s").collect();
        wanted[0].data_type = SparkType::Struct(vec![SparkField::new("values", floats())]);
        let scan = table.scan(&wanted).unwrap();
        let read = job.read_scan(&scan, 1).await.unwrap().remove(0);
        assert_eq!(read.rows, [[Val::Struct(vec![vector(&[0.5, 1.0])])]]);
        let scan = job.scan(Some(&["m"])).await.unwrap();
        assert_eq!(job.read_scan(&scan, 1).await.unwrap().remove(0).rows, [[rows(&[&[1.0, 2.0]])]]);
    });
}

#[test]
fn a_collection_of_bytes_takes_integers_and_one_of_16_bits_rounds_with_a_word() {
    block_on(async {
        let columns = |element| [("id", SparkType::Long), ("vector", list(element))];
        let made = |datatype: Datatype| async move {
            let place = Place::shared("datatype");
            let params = VectorParamsBuilder::new(2, Distance::Dot).datatype(datatype);
            create_collection(&place, CreateCollectionBuilder::new(&place.collection).vectors_config(params).build())
                .await;
            place
        };
        let place = made(Datatype::Uint8).await;
        let bytes = Frame::new(&columns(SparkType::Integer), vec![vec![int(1), ints(&[0, 255])]]);
        Job::on(&place).append(&bytes).await;
        let plan = Job::on(&place).plan(&bytes.fields, Mode::Append).await.unwrap();
        assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.select(&["vector"]), [[vector(&[0.0, 255.0])]]);
        for wrong in [255.7_f32, 256.0, -1.0] {
            let floats = Frame::new(&columns(SparkType::Float), vec![vec![int(1), vector(&[1.0, wrong])]]);
            let words = ["element 1", &wrong.to_string(), "0 to 255", "column: vector", "row: 0"];
            refused(Job::on(&place).write(&floats, Mode::Append).await, Kind::Data, &words);
        }

        let place = made(Datatype::Float16).await;
        let floats = Frame::new(&columns(SparkType::Float), vec![vec![int(1), vector(&[0.1, 1.0])]]);
        Job::on(&place).append(&floats).await;
        let plan = Job::on(&place).plan(&floats.fields, Mode::Append).await.unwrap();
        assert!(plan.warnings.iter().any(|warning| warning.contains("rounds")), "{:?}", plan.warnings);
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.select(&["vector"]), [[vector(&[0.099_975_586, 1.0])]]);
        // Rounded they would be infinite.
        for (data_type, large) in [
            (SparkType::Float, vector(&[0.5, -65520.0])),
            (SparkType::Double, Val::List(vec![double(0.5), double(-1e5)])),
        ] {
            let floats = Frame::new(&columns(data_type), vec![vec![int(2), large]]);
            let words = ["element 1", "65504 (Float16)", "column: vector", "id: 2"];
            refused(Job::on(&place).write(&floats, Mode::Append).await, Kind::Data, &words);
        }
    });
}

#[test]
fn a_sparse_index_of_fewer_bits_changes_no_number_of_the_vector() {
    block_on(async {
        for datatype in [Datatype::Float16, Datatype::Uint8] {
            let place = Place::shared("sparse_bits");
            let index = SparseIndexConfig { datatype: Some(datatype.into()), ..SparseIndexConfig::default() };
            let mut sparse_config = SparseVectorsConfigBuilder::default();
            sparse_config.add_named_vector_params("s", SparseVectorParamsBuilder::default().index(index));
            let create = CreateCollectionBuilder::new(&place.collection).sparse_vectors_config(sparse_config);
            create_collection(&place, create.build()).await;
            let columns = [("id", SparkType::Long), ("s", sparse(SparkType::Long, SparkType::Float))];
            let frame = Frame::new(&columns, vec![vec![int(1), pair(&[3, 9], &[0.1, 1234.567])]]);
            Job::on(&place).append(&frame).await;
            assert_eq!(Job::on(&place).read(1).await.unwrap().select(&["s"]), [[pair(&[3, 9], &[0.1, 1234.567])]]);
        }
    });
}
