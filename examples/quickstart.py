"""Handwritten digits, to Qdrant or Milvus and back.

The 1,797 images that scikit-learn ships are 8 x 8 pixels: vectors of 64 numbers, with the digit as their label. This job
writes them to the store, reads them back in parallel, compares every row, filters, and shows what happened. It needs
scikit-learn on the driver:

    spark-submit --jars vectorfuse-spark.jar quickstart.py http://localhost:6334 digits
    spark-submit --jars vectorfuse-spark.jar quickstart.py http://localhost:19530 digits milvus

The collection is overwritten. The exit code is 1 if a row came back other than it was.
"""

import sys
import time

from pyspark.sql import DataFrame, SparkSession
from sklearn.datasets import load_digits

SHADES = " .:-=+*#%@"


def main(url: str, collection: str, store: str = "qdrant") -> int:
    """Runs the steps one after the other; each is what a job of your own would do."""
    spark = SparkSession.builder.appName("VectorFuse quickstart").getOrCreate()
    where = {"store": store, "url": url, "collection": collection}

    headline("1  The data: scikit-learn's handwritten digits")
    digits = load_images(spark).cache()
    say(f"{digits.count():,} images as vectors of 64 numbers, with their labels. Two of them:")
    first, second = digits.where("id in (4, 8)").orderBy("id").collect()
    for left, right in zip(picture(first.vector), picture(second.vector), strict=True):
        say(f"    {left}      {right}")
    say(f"    {'digit ' + str(first.digit):<16}      digit {second.digit}")

    headline(f"2  Written to the collection {collection} at {url}")
    begin = time.monotonic()
    # Euclid keeps vectors as they are; in a Cosine collection (the default) Qdrant normalises them.
    digits.write.format("vectorfuse").options(**where).option("distance", "Euclid").mode("overwrite").save()
    say(f"{digits.count():,} rows in {time.monotonic() - begin:.1f} s")

    headline("3  Read back, in 4 parts side by side")
    begin = time.monotonic()
    stored = spark.read.format("vectorfuse").options(**where).option("splits", 4).load()
    parts = stored.select("id").rdd.mapPartitions(lambda rows: [sum(1 for _ in rows)]).collect()
    say(f"{sum(parts):,} rows in {time.monotonic() - begin:.1f} s; rows in each part: {', '.join(map(str, parts))}")
    stored.printSchema()
    stored.selectExpr("id", "digit", "label", "slice(vector, 1, 8) as first_8_of_64").orderBy("id").show(
        5, truncate=False
    )

    headline("4  Compared, row by row")
    written = {row.id: row for row in digits.collect()}
    read = stored.collect()
    equal = sum(1 for row in read if written.get(row.id) == row)
    say(f"{equal:,} of {len(written):,} rows are equal in every column, {len(read) - equal:,} differ")
    same = equal == len(read) == len(written)

    headline("5  Filtered: how many of each odd digit have a bright centre?")
    bright = stored.where("digit % 2 = 1 AND element_at(vector, 29) > 8").groupBy("digit").count().orderBy("digit")
    bright.show()
    expected = digits.where("digit % 2 = 1 AND element_at(vector, 29) > 8").groupBy("digit").count().orderBy("digit")
    same = same and bright.collect() == expected.collect()

    headline(f"6  The plan: the scan fetches two columns, the label stays in {store.capitalize()}")
    stored.where("digit = 7").select("digit", "vector").explain()

    if not same:
        say("What was read is NOT what was written.")
        return 1
    say(f"Done: {len(written):,} rows written, read and found equal. They stay in the collection {collection}.")
    return 0


def load_images(spark: SparkSession) -> DataFrame:
    """The images as a DataFrame: an id, the digit, a label as text, and the pixels as the vector."""
    images = load_digits()
    names = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    rows = [
        (number, int(digit), names[digit], [float(pixel) for pixel in pixels])
        for number, (pixels, digit) in enumerate(zip(images.data, images.target, strict=True))
    ]
    return spark.createDataFrame(rows, "id bigint, digit int, label string, vector array<float>")


def picture(pixels: list[float]) -> list[str]:
    """An image as lines of text; each pixel is two characters wide, as a terminal's characters are tall."""
    shades = [2 * SHADES[min(int(pixel * len(SHADES) / 17), len(SHADES) - 1)] for pixel in pixels]
    return ["".join(shades[start : start + 8]) for start in range(0, 64, 8)]


def headline(text: str) -> None:
    say(f"\n{text}\n{'-' * len(text)}")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: quickstart.py <url, gRPC> <collection to overwrite> [qdrant or milvus]")
    failed = main(*sys.argv[1:])
    if failed:
        sys.exit(failed)
