package io.vectorfuse.spark.testing;

/** The category of tests of what came with Spark 4; Gradle leaves them out on a Spark before it. */
public interface OnSpark4 {}
