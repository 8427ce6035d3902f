//! The native methods of `io.vectorfuse.spark.jni.Native`. They translate arguments and results; the work is elsewhere.
//!
//! Readers and writers answer PENDING after a slice without a result, so that the task thread can look whether Spark
//! has killed it and ask again.

#![allow(unsafe_code)] // one of the two modules that may: the exports, and the addresses that the JVM gives

use std::sync::Arc;

use jni::objects::{JByteArray, JClass, JLongArray};
use jni::sys::{jint, jlong};
use jni::{Env, EnvUnowned};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::schema::{Layout, arrow_schema};
use vectorfuse_core::table::fields;

use crate::arrow::{ExportedBatch, ExportedSchema, LeasedBatch};
use crate::control::{self, WriteTask};
use crate::guard::{Fault, Throw, keep_panics_quiet};
use crate::handles::{self, Handle, Reader, TaskWriter, Waited};
use crate::runtime::runtime;
use crate::stores;

/// `readBatch`: the split has been read.
const END: jint = 0;
/// `readBatch`: the struct holds a batch. `writeBatch`: the batch was taken, and the next can come.
const BATCH: jint = 1;
/// Nothing yet: ask again.
const PENDING: jint = 2;

/// `byte[] call(byte[] request)`: a question of the driver and its answer, JSON in UTF-8.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_vectorfuse_spark_jni_Native_call<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    request: JByteArray<'local>,
) -> JByteArray<'local> {
    keep_panics_quiet();
    env.with_env(|env| -> Result<JByteArray<'local>, Fault> {
        let request = env.convert_byte_array(&request)?;
        bytes(env, &control::call(&request)?)
    })
    .resolve::<Throw>()
}

/// `long openReader(byte[] split, long schemaAddress)`: starts to read a split; the struct at the address receives the
/// schema of its batches.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_vectorfuse_spark_jni_Native_openReader<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    split: JByteArray<'local>,
    schema_address: jlong,
) -> jlong {
    keep_panics_quiet();
    env.with_env(|env| -> Result<jlong, Fault> {
        let split = control::read_split(&env.convert_byte_array(&split)?)?;
        let columns = arrow_schema(&fields(&split.scan.columns), Layout::Read);
        // Connections are tied to the runtime that they are opened in.
        let _runtime = runtime()?.enter();
        let store = stores::open(split.scan.options.clone())?;
        let metrics = Arc::new(Metrics::default());
        let batches = store.read(split.scan, split.part, Arc::clone(&metrics))?;
        // SAFETY: the JVM gives a struct of 72 bytes and keeps it until it has closed the handle.
        let schema = unsafe { ExportedSchema::put(&columns, schema_address) }?;
        Ok(handles::insert(Handle::Reader(Reader { batches, exported: None, schema }), metrics))
    })
    .resolve::<Throw>()
}

/// `int readBatch(long reader, long arrayAddress)`: END, BATCH (the struct at the address holds it until the next call
/// or `close`) or PENDING.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_vectorfuse_spark_jni_Native_readBatch<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    reader: jlong,
    array_address: jlong,
) -> jint {
    keep_panics_quiet();
    env.with_env(|_env| -> Result<jint, Fault> {
        Ok(handles::with_reader(reader, |reader| {
            reader.exported = None;
            match reader.advance()? {
                Waited::Pending => Ok(PENDING),
                Waited::Done(None) => Ok(END),
                Waited::Done(Some(batch)) => {
                    // SAFETY: the JVM gives a struct of 80 bytes and keeps it until it has closed the handle.
                    reader.exported = Some(unsafe { ExportedBatch::put(batch, array_address) }?);
                    Ok(BATCH)
                }
            }
        })?)
    })
    .resolve::<Throw>()
}

/// `long openWriter(byte[] task, long schemaAddress)`: a writer for a task; the struct at the address receives the
/// schema that batches must have.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_vectorfuse_spark_jni_Native_openWriter<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    task: JByteArray<'local>,
    schema_address: jlong,
) -> jlong {
    keep_panics_quiet();
    env.with_env(|env| -> Result<jlong, Fault> {
        let (plan, task) = WriteTask::read(&env.convert_byte_array(&task)?)?;
        let columns = arrow_schema(&fields(&plan.columns), Layout::Write);
        // Connections are tied to the runtime that they are opened in.
        let _runtime = runtime()?.enter();
        let store = stores::open(plan.options.clone())?;
        let metrics = Arc::new(Metrics::default());
        let writer = store.writer(plan, task, Arc::clone(&metrics))?;
        // SAFETY: the JVM gives a struct of 72 bytes and keeps it until it has closed the handle.
        let schema = unsafe { ExportedSchema::put(&columns, schema_address) }?;
        Ok(handles::insert(Handle::Writer(TaskWriter::new(writer, columns, schema)), metrics))
    })
    .resolve::<Throw>()
}

/// `int writeBatch(long writer, long arrayAddress)`: takes the batch over, always; BATCH if the next can come, or
/// PENDING. With the address 0 it only waits for the batch before.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_vectorfuse_spark_jni_Native_writeBatch<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    array_address: jlong,
) -> jint {
    keep_panics_quiet();
    env.with_env(|_env| -> Result<jint, Fault> {
        let leased = match array_address {
            0 => None,
            // SAFETY: the JVM gives a batch and leaves it alone until its lease has ended.
            address => Some(unsafe { LeasedBatch::take(address) }?),
        };
        Ok(handles::with_writer(writer, |writer| {
            if let Some(leased) = leased {
                // SAFETY: the JVM fills the columns of the schema that it was given for this writer.
                writer.start(unsafe { leased.read(&writer.columns) }?)?;
            }
            match writer.wait()? {
                Waited::Pending => Ok(PENDING),
                Waited::Done(()) => Ok(BATCH),
            }
        })?)
    })
    .resolve::<Throw>()
}

/// `byte[] commitWriter(long writer)`: the message for `finish_write`, or null: ask again.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_vectorfuse_spark_jni_Native_commitWriter<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
) -> JByteArray<'local> {
    keep_panics_quiet();
    env.with_env(|env| -> Result<JByteArray<'local>, Fault> {
        match handles::with_writer(writer, TaskWriter::commit)? {
            Waited::Pending => Ok(JByteArray::null()),
            Waited::Done(message) => bytes(env, message.as_bytes()),
        }
    })
    .resolve::<Throw>()
}

/// `long[] metrics(long handle)`: the figures of a reader or writer, in the order of `Metrics::snapshot`.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_vectorfuse_spark_jni_Native_metrics<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) -> JLongArray<'local> {
    keep_panics_quiet();
    env.with_env(|env| -> Result<JLongArray<'local>, Fault> {
        let figures = handles::metrics(handle)?;
        let array = env.new_long_array(figures.len())?;
        array.set_region(env, 0, &figures)?;
        Ok(array)
    })
    .resolve::<Throw>()
}

/// `void close(long handle)`: ends a reader or writer; one that has not committed aborts. Unknown numbers are fine.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_vectorfuse_spark_jni_Native_close<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) {
    keep_panics_quiet();
    env.with_env(|_env| -> Result<(), Fault> {
        let _runtime = runtime()?.enter();
        handles::close(handle);
        Ok(())
    })
    .resolve::<Throw>();
}

fn bytes<'local>(env: &mut Env<'local>, bytes: &[u8]) -> Result<JByteArray<'local>, Fault> {
    Ok(env.byte_array_from_slice(bytes)?)
}
