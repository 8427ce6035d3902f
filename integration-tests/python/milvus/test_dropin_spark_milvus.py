"""Jobs that were written for the Spark-Milvus connector, as its documentation has them: only the format's name is new."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from pyspark.ml.feature import PCA
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import DataFrame, SparkSession

from stores.milvus import PASSWORD, USER, MilvusServer
from stores.milvus_raw import RawMilvus, field
from support.connector import Connector
from support.failures import failure_of


def sample(spark: SparkSession) -> DataFrame:
    """The data of its quickstart."""
    columns = ["id", "text", "vec"]
    vector = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    data = [(1, "a", vector), (2, "b", vector), (3, "c", vector), (4, "d", vector)]
    return spark.createDataFrame(spark.sparkContext.parallelize(data), columns)


def reached(connector: Connector) -> dict[str, str]:
    url = urlsplit(connector.url)
    token = connector.more.get("token")
    return {
        "milvus.host": str(url.hostname),
        "milvus.port": str(url.port),
        **({"milvus.token": token} if token else {}),
    }


def test_its_quickstart_ends_with_its_four_rows(
    spark: SparkSession, connector: Connector, raw: RawMilvus, collection: str
) -> None:
    at = reached(connector)
    sample_df = sample(spark)
    (
        sample_df.write.mode("append")
        .option("milvus.host", at.pop("milvus.host"))
        .option("milvus.port", at.pop("milvus.port"))
        .option("milvus.collection.name", collection)
        .option("milvus.collection.vectorField", "vec")
        .option("milvus.collection.vectorDim", "8")
        .option("milvus.collection.primaryKeyField", "id")
        .options(**at)
        .format("vectorfuse")
        .save()
    )
    assert raw.kinds(collection) == {"id": "INT64", "text": "VARCHAR", "vec": "FLOAT_VECTOR"}
    vector = [float(n) for n in range(1, 9)]
    assert list(raw.rows(collection)) == [{"id": n, "text": "abcd"[n - 1], "vec": vector} for n in range(1, 5)]
    # Into the collection that is there, and with the same options a read.
    options = {**reached(connector), "milvus.collection.name": collection, "milvus.collection.primaryKeyField": "id"}
    options["milvus.collection.vectorField"] = "vec"
    sample_df.selectExpr("vec", "id + 2 as id", "text").write.format("vectorfuse").options(**options).mode(
        "append"
    ).save()
    read = spark.read.format("vectorfuse").options(**options).load()
    assert sorted((row.id, row.text) for row in read.collect()) == [
        (1, "a"),
        (2, "b"),
        *((n + 2, "abcd"[n - 1]) for n in range(1, 5)),
    ]


def test_its_autoid_leaves_the_keys_to_the_server(
    spark: SparkSession, connector: Connector, raw: RawMilvus, collection: str
) -> None:
    options = {
        **reached(connector),
        "milvus.collection.name": collection,
        "milvus.collection.vectorField": "vec",
        "milvus.collection.vectorDim": "8",
        "milvus.collection.primaryKeyField": "id",
        "milvus.collection.autoID": "true",
    }
    sample(spark).drop("id").write.format("vectorfuse").options(**options).mode("append").save()
    stored = list(raw.rows(collection))
    assert sorted(row["text"] for row in stored) == ["a", "b", "c", "d"]
    assert len({row["id"] for row in stored}) == 4
    assert raw.info(collection)["auto_id"]


def test_its_transformation_goes_from_one_collection_to_another(
    spark: SparkSession, connector: Connector, raw: RawMilvus, collection: str
) -> None:
    """Its second demo: a collection that others have made is read, PCA halves the vectors, and the rows are written."""
    fields = [
        field("pk", "INT64", is_primary=True),
        field("random", "DOUBLE"),
        field("embeddings", "FLOAT_VECTOR", dim=8),
    ]
    raw.create(collection, fields)
    raw.insert(
        collection,
        [{"pk": n, "random": n / 7, "embeddings": [float((n * k) % 5) for k in range(8)]} for n in range(50)],
    )
    properties = {
        **reached(connector),
        "milvus.bucket": "a-bucket",
        "milvus.rootpath": "files",
        "milvus.fs": "s3a://",
        "milvus.storage.endpoint": "localhost:9000",
        "milvus.storage.user": "minioadmin",
        "milvus.storage.password": "minioadmin",
    }
    read = spark.read.format("vectorfuse").options(**properties).option("milvus.collection.name", collection).load()
    vectors = read.withColumn("embeddings_vec", array_to_vector("embeddings")).drop("embeddings")
    pca = PCA(inputCol="embeddings_vec", outputCol="pca_vec", k=4).fit(vectors)
    small = pca.transform(vectors).withColumn("embeddings", vector_to_array("pca_vec"))
    target = f"{collection}_2"
    new = {"primaryKeyField": "pk", "vectorField": "embeddings", "vectorDim": "4", "name": target}
    try:
        small.select("pk", "random", "embeddings").write.format("vectorfuse").options(
            **properties, **{f"milvus.collection.{name}": value for name, value in new.items()}
        ).mode("append").save()
        stored = {row["pk"]: row for row in raw.rows(target)}
        assert len(stored) == 50
        assert all(row["random"] == pk / 7 and len(row["embeddings"]) == 4 for pk, row in stored.items())
    finally:
        if target in raw.collections():
            raw.delete(target)


@pytest.mark.parametrize("who", ["token", "user"])
def test_its_options_of_access_reach_a_guarded_database(spark: SparkSession, guarded: MilvusServer, who: str) -> None:
    known = (
        {"milvus.token": f"{USER}:{PASSWORD}"}
        if who == "token"
        else {"milvus.username": USER, "milvus.password": PASSWORD}
    )
    options = {
        "milvus.uri": guarded.url,
        "milvus.secure": "true",
        "milvus.secure.caCert": str(guarded.authority),
        "milvus.database.name": f"spark_{who}",
        "milvus.collection.name": "hello_spark_milvus",
        "milvus.collection.primaryKeyField": "id",
        "milvus.collection.vectorField": "vec",
        **known,
    }
    sample(spark).write.format("vectorfuse").options(**options).mode("append").save()
    assert spark.read.format("vectorfuse").options(**options).load().count() == 4


def test_a_misspelt_option_names_the_one_that_was_meant(spark: SparkSession, connector: Connector) -> None:
    options = {**reached(connector), "milvus.colection.name": "x"}
    failure = failure_of(lambda: spark.read.format("vectorfuse").options(**options).load())
    assert failure.kind == "OPTIONS"
    assert failure.names("milvus.collection.name")
