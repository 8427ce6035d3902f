"""Reads a Qdrant collection as a DataFrame, in parallel, and only the columns that are used.

spark-submit --jars vectorfuse-spark.jar read.py http://localhost:6334 cities
"""

import sys

from pyspark.sql import SparkSession

url, collection = sys.argv[1:]
spark = SparkSession.builder.getOrCreate()

cities = (
    spark.read.format("vectorfuse")
    .option("store", "qdrant")
    .option("url", url)
    .option("collection", collection)
    .option("splits", 4)  # parts that are read side by side
    .load()
)
cities.printSchema()
cities.where("population > 1000000").select("name", "population").orderBy("name").show()
