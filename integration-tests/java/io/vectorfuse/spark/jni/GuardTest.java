package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.VectorFuseException;
import io.vectorfuse.spark.VectorFuseException.Kind;
import io.vectorfuse.spark.testing.Failures;
import io.vectorfuse.spark.testing.TestCollection;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.FutureTask;
import org.junit.Test;

/** Whatever goes wrong in native code is an exception, and the JVM goes on. */
public final class GuardTest {

  @Test
  public void aPanicIsAnExceptionWithItsWordsAndItsPlace() {
    VectorFuseException error = Panic.inRust();
    assertTrue(error.getMessage(), error.getMessage().contains("please report it"));
    assertTrue(error.getMessage(), error.getMessage().contains("control.rs"));
  }

  @Test
  public void afterPanicsOnSeveralThreadsAWriteAndAReadSucceed() throws Exception {
    for (int i = 0; i < 4; i++) {
      FutureTask<VectorFuseException> panic = new FutureTask<>(Panic::inRust);
      new Thread(panic, "panic").start();
      panic.get();
    }
    TestCollection collection = TestCollection.shared("guard");
    DirectTransfer.write(collection.options(), 10);
    assertEquals(10, DirectTransfer.read(collection.options()));
  }

  @Test
  public void aHandleThatNeverWasIsAnError() {
    NativeLibrary.load();
    long unknown = Long.MAX_VALUE;
    expectStale(() -> Native.readBatch(unknown, 0));
    expectStale(() -> Native.writeBatch(unknown, 0));
    expectStale(() -> Native.commitWriter(unknown));
    expectStale(() -> Native.metrics(unknown));
    Native.close(unknown);
    Native.close(0);
    Native.close(-1);
  }

  @Test
  public void aReaderThatWasClosedIsAnErrorAndClosingItAgainIsNot() {
    TestCollection collection = TestCollection.shared("guard");
    DirectTransfer.write(collection.options(), 10);
    BatchReader reader = DirectTransfer.open(collection.options());
    assertTrue(reader.next());
    reader.close();
    reader.close();
    assertEquals(10, reader.counts()[0]);
    expectStale(reader::next);
  }

  @Test
  public void aWriterThatCommittedTakesNoMore() {
    TestCollection collection = TestCollection.shared("guard");
    try (BatchWriter writer =
        DirectTransfer.writer(DirectTransfer.planWrite(collection.options()))) {
      writer.write(DirectTransfer.row(1));
      writer.commit();
      Failures.expect(Kind.INTERNAL, writer::commit);
      writer.write(DirectTransfer.row(2));
      Failures.expect(Kind.INTERNAL, writer::commit);
    }
    assertTrue(Holdings.now().toString(), Holdings.now().isNothing());
  }

  @Test
  public void aReaderIsNoWriter() {
    TestCollection collection = TestCollection.shared("guard");
    DirectTransfer.write(collection.options(), 10);
    long schema = NativeMemory.allocateZeroed(ArrowStructs.SCHEMA_SIZE);
    Control.PushedDown scan = DirectTransfer.scan(collection.options(), "3.5.9");
    byte[] split = Control.planRead(scan.scan, 1).splits[0].getBytes(StandardCharsets.UTF_8);
    long reader = Native.openReader(split, schema);
    try {
      VectorFuseException error = Failures.expect(Kind.INTERNAL, () -> Native.commitWriter(reader));
      assertTrue(error.getMessage(), error.getMessage().contains("is a reader"));
    } finally {
      Native.close(reader);
      NativeMemory.free(schema, ArrowStructs.SCHEMA_SIZE);
    }
  }

  @Test
  public void whatCannotBeReadIsNotQuoted() {
    String[] requests = {
      "{\"call\":\"s3cr3t\"}",
      "{\"call\":\"check\",\"options\":\"s3cr3t\",\"session\":{}}",
      "{\"call\":\"plan_read\",\"scan\":\"{\\\"s3cr3t\\\":1}\",\"parallelism\":1}",
      "{\"call\":\"plan_read\",\"scan\":\"s3cr3t\",\"parallelism\":1}",
      "{\"call\":\"finish_write\",\"plan\":\"{\\\"options\\\":\\\"s3cr3t\\\"}\","
          + "\"messages\":[],\"outcome\":\"commit\"}",
      "s3cr3t"
    };
    NativeLibrary.load();
    for (String request : requests) {
      assertNotQuoted(() -> Native.call(request.getBytes(StandardCharsets.UTF_8)));
    }
    byte[] plan = "{\"scan\":\"s3cr3t\",\"plan\":\"s3cr3t\"}".getBytes(StandardCharsets.UTF_8);
    assertNotQuoted(() -> Native.openReader(plan, 0));
    assertNotQuoted(() -> Native.openWriter(plan, 0));
    byte[] task = "{\"plan\":\"{}\",\"partition\":\"s3cr3t\",\"task\":1}".getBytes();
    assertNotQuoted(() -> Native.openWriter(task, 0));
  }

  private static void assertNotQuoted(Failures.Action action) {
    String printed = Failures.printed(Failures.expect(Kind.INTERNAL, action));
    assertFalse(printed, printed.contains("s3cr3t"));
  }

  private static void expectStale(Failures.Action action) {
    VectorFuseException error = Failures.expect(Kind.INTERNAL, action);
    assertTrue(error.getMessage(), error.getMessage().contains("no open reader or writer"));
  }
}
