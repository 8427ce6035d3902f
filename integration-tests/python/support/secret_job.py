"""What test_secrets.py submits as a Spark application of its own: writes, reads, fails and explains with a secret in its
options, so that everything such a driver prints and records can be searched."""

from __future__ import annotations

import os
import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.sparkContext.setLogLevel(sys.argv[1])
options = {
    "store": "qdrant",
    "url": os.environ["JOB_URL"],
    "collection": "secrets",
    "api_key": os.environ["JOB_KEY"],
    "header.x-tenant-token": os.environ["JOB_HEADER"],
    "max_retries": "1",
    "backoff_factor": "0.05",
}
data = spark.range(0, 20, 1, 2).selectExpr("id", "array(cast(id as float)) as vector", "concat('t', id) as word")
data.write.format("vectorfuse").options(**options).option("distance", "Dot").mode("append").save()
data.write.format("vectorfuse").options(**options).mode("overwrite").save()
stored = spark.read.format("vectorfuse").options(**options).load()
for mode in ("simple", "extended", "codegen", "cost", "formatted"):
    stored.where("word = 't3'").explain(mode)
stored.show(3)
stored.createOrReplaceTempView("secrets")
spark.sql("EXPLAIN EXTENDED SELECT word FROM secrets WHERE id = 3").show(truncate=False)
print(stored._jdf.queryExecution().toString())

for wrong in (
    {"api_key": os.environ["JOB_KEY"] + "-wrong"},
    {"url": "http://127.0.0.1:1"},
    {"collection": "absent"},
    {"bad_option": "1"},
):
    try:
        spark.read.format("vectorfuse").options(**{**options, **wrong}).load().count()
    except Exception as error:
        print(f"expected: {error}")
    else:
        raise SystemExit(f"{list(wrong)} did not fail")
try:
    bad = data.selectExpr("if(id = 7, null, id) as id", "vector", "word")
    bad.write.format("vectorfuse").options(**options).mode("append").save()
except Exception as error:
    print(f"expected: {error}")
else:
    raise SystemExit("a null id did not fail")
print("the job is done")
