"""Writes rows again: a row whose id is there already replaces it, the others are added.

spark-submit --jars vectorfuse-spark.jar upsert.py http://localhost:6334 cities
"""

import sys

from pyspark.sql import SparkSession

url, collection = sys.argv[1:]
spark = SparkSession.builder.getOrCreate()
qdrant = {"store": "qdrant", "url": url, "collection": collection}

changes = spark.createDataFrame(
    [
        (2, "Kyoto", 1_500_000, [0.8, 0.2, 0.6]),
        (4, "Accra", 2_270_000, [0.5, 0.7, 0.1]),
    ],
    "id bigint, name string, population bigint, vector array<float>",
)
changes.write.format("vectorfuse").options(**qdrant).mode("append").save()

spark.read.format("vectorfuse").options(**qdrant).load().orderBy("id").show()
