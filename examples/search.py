"""Searches a Qdrant collection: the nearest vectors as a DataFrame, best first, with their scores.

spark-submit --jars vectorfuse-spark.jar search.py http://localhost:6334 cities
"""

import json
import sys

from pyspark.sql import DataFrame, SparkSession

url, collection = sys.argv[1:]
spark = SparkSession.builder.getOrCreate()


def nearest(**options: object) -> DataFrame:
    """The points that a search with these options finds."""
    reader = spark.read.format("vectorfuse").option("store", "qdrant").option("url", url)
    return reader.option("collection", collection).options(**options).load()


# The two cities nearest to a vector, of those with more than a million people.
large = json.dumps({"must": [{"key": "population", "range": {"gt": 1_000_000}}]})
nearest(query_vector="[0.1, 0.8, 0.2]", top_k=2, filter=large).select("name", "population", "_score").show()

# The cities most like one that is there, with nothing but their names.
nearest(query_id="1", top_k=3, with_payload="name", with_vectors="false").show()
