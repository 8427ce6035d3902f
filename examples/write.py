"""Writes a DataFrame to Qdrant. The collection is created from it if it is missing.

spark-submit --jars vectorfuse-spark.jar write.py http://localhost:6334 cities
"""

import sys

from pyspark.sql import SparkSession

url, collection = sys.argv[1:]
spark = SparkSession.builder.getOrCreate()

cities = spark.createDataFrame(
    [
        (1, "Oulu", 215_000, [0.1, 0.9, 0.3]),
        (2, "Kyoto", 1_440_000, [0.8, 0.2, 0.5]),
        (3, "Quito", 1_870_000, [0.4, 0.4, 0.9]),
    ],
    "id bigint, name string, population bigint, vector array<float>",
)

# `id` becomes the point's id, `vector` its vector, and the other columns its payload.
(
    cities.write.format("vectorfuse")
    .option("store", "qdrant")
    .option("url", url)
    .option("collection", collection)
    .option("distance", "Euclid")
    .mode("append")
    .save()
)
print(f"{cities.count()} rows are in {collection}")
