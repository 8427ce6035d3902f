//! The JVM's part of the boundary, played by Rust: memory for Arrow's C structs, batches with a lease, and the calls of
//! the native methods in their order.

#![allow(dead_code, reason = "each test binary uses its part of this")]

#[path = "../../../vectorfuse-qdrant/tests/behaviour/support/server.rs"]
pub mod server;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::ffi::FFI_ArrowArray;
use arrow_array::{Array, ArrayRef, FixedSizeListArray, Float32Array, Int64Array, ListArray, RecordBatch, StructArray};
use arrow_schema::{DataType, Field};
use serde_json::{Value, json};
use vectorfuse::arrow::{ExportedBatch, ExportedSchema, LeasedBatch, live};
use vectorfuse::control::{WriteTask, call, read_split};
use vectorfuse::handles::{self, Handle, Reader, TaskWriter, Waited};
use vectorfuse::stores;
use vectorfuse_core::error::Result;
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::schema::{Layout, arrow_schema};
use vectorfuse_core::table::{Split, fields};

use server::{Place, runtime, shared_key};

/// Counts are those of the process, so one test runs at a time.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Open handles, exported structs, leased batches.
pub fn alive() -> (usize, i64, i64) {
    let (exported, leased) = live();
    (handles::live(), exported, leased)
}

/// A question of the driver.
pub fn ask(request: Value) -> Result<Value> {
    call(request.to_string().as_bytes()).map(|answer| serde_json::from_slice(&answer).unwrap())
}

/// The options that lead to a collection.
pub fn options(place: &Place) -> Value {
    let mut options = json!({
        "store": "qdrant", "url": place.url, "collection": place.collection, "backoff_factor": "0.01"
    });
    if let Some(key) = shared_key() {
        options["api_key"] = key.into();
    }
    options
}

/// Options and one more.
pub fn with(mut options: Value, name: &str, value: &str) -> Value {
    options[name] = value.into();
    options
}

/// The memory of a C struct, which the JVM allocates.
pub struct Memory(Box<[u64; 10]>);

impl Memory {
    pub fn new() -> Self {
        Self(Box::new([0; 10]))
    }

    pub fn address(&mut self) -> i64 {
        i64::try_from(self.0.as_mut_ptr().expose_provenance()).unwrap()
    }
}

/// A batch in the JVM's memory, with the cell that says whether its lease has ended.
pub struct JvmBatch {
    memory: Memory,
    cell: Box<AtomicI64>,
    _owner: FFI_ArrowArray,
}

impl JvmBatch {
    pub fn new(array: &StructArray) -> Self {
        let owner = FFI_ArrowArray::new(&array.to_data());
        let (mut memory, cell) = (Memory::new(), Box::new(AtomicI64::new(0)));
        // SAFETY: both are 80 bytes, aligned to 8; the copy is read while its owner lives, and released by neither.
        unsafe { std::ptr::copy_nonoverlapping((&raw const owner).cast::<u64>(), memory.0.as_mut_ptr(), 10) };
        // The struct's last field is `private_data`.
        memory.0[9] = (&raw const *cell).expose_provenance() as u64;
        Self { memory, cell, _owner: owner }
    }

    pub fn address(&mut self) -> i64 {
        self.memory.address()
    }

    pub fn lease_has_ended(&self) -> bool {
        self.cell.load(Ordering::Acquire) == 1
    }
}

/// Ids from `start` on, and vectors of `size` dimensions.
pub fn rows(start: i64, count: i64, size: i32) -> StructArray {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(start..start + count));
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    let floats = Float32Array::from_iter_values((0..count * i64::from(size)).map(|index| index as f32));
    let vectors: ListArray = FixedSizeListArray::new(item, size, Arc::new(floats), None).into();
    let fields = vec![Field::new("id", DataType::Int64, true), Field::new("vector", vectors.data_type().clone(), true)];
    StructArray::new(fields.into(), vec![ids, Arc::new(vectors)], None)
}

/// The schema of [`rows`], as Spark has it.
pub fn rows_schema() -> Value {
    let vector = json!({"type": "array", "elementType": "float", "containsNull": true});
    json!({"type": "struct", "fields": [
        {"name": "id", "type": "long", "nullable": true, "metadata": {}},
        {"name": "vector", "type": vector, "nullable": true, "metadata": {}},
    ]})
}

/// `PlanWrite` for rows of this schema; the plan.
pub fn plan_write(options: Value, schema: Value) -> Result<String> {
    let request = json!({
        "call": "plan_write", "options": options, "schema": schema, "mode": "append", "query": "query-1", "reading": []
    });
    Ok(ask(request)?["plan"].as_str().unwrap().to_owned())
}

/// `Load`, `PushDown` and `PlanRead` of all columns; the splits.
pub fn plan_read(options: Value, parallelism: usize) -> Result<Vec<String>> {
    let loaded = ask(json!({"call": "load", "options": options, "spark": "4.0.1", "schema": null}))?;
    let pushed = ask(json!({"call": "push_down", "table": loaded["table"], "schema": loaded["schema"]}))?;
    let planned = ask(json!({"call": "plan_read", "scan": pushed["scan"], "parallelism": parallelism}))?;
    Ok(planned["splits"].as_array().unwrap().iter().map(|split| split.as_str().unwrap().to_owned()).collect())
}

/// `openReader`.
pub fn open_reader(split: &str, schema: &mut Memory) -> Result<i64> {
    open_split(read_split(split.as_bytes())?, schema)
}

/// `openReader`, of a split that was made here.
pub fn open_split(split: Split, schema: &mut Memory) -> Result<i64> {
    let columns = arrow_schema(&fields(&split.scan.columns), Layout::Read);
    let _runtime = runtime().enter();
    let store = stores::open(split.scan.options.clone())?;
    let metrics = Arc::new(Metrics::default());
    let batches = store.read(split.scan, split.part, Arc::clone(&metrics))?;
    // SAFETY: the memory is large enough, and the tests keep it until they have closed the handle.
    let schema = unsafe { ExportedSchema::put(&columns, schema.address()) }?;
    Ok(handles::insert(Handle::Reader(Reader { batches, exported: None, schema }), metrics))
}

/// What `readBatch` answers.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    End,
    Batch(usize),
    Pending,
}

/// `readBatch`.
pub fn read_batch(reader: i64, array: &mut Memory) -> Result<Answer> {
    handles::with_reader(reader, |reader| {
        reader.exported = None;
        match reader.advance()? {
            Waited::Pending => Ok(Answer::Pending),
            Waited::Done(None) => Ok(Answer::End),
            Waited::Done(Some(batch)) => {
                let rows = batch.num_rows();
                // SAFETY: as for the schema.
                reader.exported = Some(unsafe { ExportedBatch::put(batch, array.address()) }?);
                Ok(Answer::Batch(rows))
            }
        }
    })
}

/// Reads a split to its end; the number of rows.
pub fn read_all(split: &str) -> Result<usize> {
    let (mut schema, mut array) = (Memory::new(), Memory::new());
    let reader = open_reader(split, &mut schema)?;
    let mut rows = 0;
    let result = loop {
        match read_batch(reader, &mut array) {
            Ok(Answer::Batch(more)) => rows += more,
            Ok(Answer::Pending) => {}
            Ok(Answer::End) => break Ok(rows),
            Err(error) => break Err(error),
        }
    };
    handles::close(reader);
    result
}

/// `openWriter`.
pub fn open_writer(plan: &str, schema: &mut Memory) -> Result<i64> {
    let task = json!({"plan": plan, "partition": 0}).to_string();
    let (plan, task) = WriteTask::read(task.as_bytes())?;
    let columns = arrow_schema(&fields(&plan.columns), Layout::Write);
    let _runtime = runtime().enter();
    let store = stores::open(plan.options.clone())?;
    let metrics = Arc::new(Metrics::default());
    let writer = store.writer(plan, task, Arc::clone(&metrics))?;
    // SAFETY: as for a reader.
    let schema = unsafe { ExportedSchema::put(&columns, schema.address()) }?;
    Ok(handles::insert(Handle::Writer(TaskWriter::new(writer, columns, schema)), metrics))
}

/// `writeBatch`, for one slice; whether the batch was taken.
pub fn write_batch(writer: i64, batch: Option<&mut JvmBatch>) -> Result<bool> {
    // SAFETY: the tests keep a batch until its lease has ended.
    let leased = batch.map(|batch| unsafe { LeasedBatch::take(batch.address()) }).transpose()?;
    handles::with_writer(writer, |writer| {
        if let Some(leased) = leased {
            // SAFETY: the columns are those of the schema, or laid out as they are.
            writer.start(unsafe { leased.read(&writer.columns) }?)?;
        }
        Ok(matches!(writer.wait()?, Waited::Done(())))
    })
}

/// Writes a batch and commits.
pub fn write_all(plan: &str, array: &StructArray) -> Result<()> {
    let mut schema = Memory::new();
    let writer = open_writer(plan, &mut schema)?;
    let mut batch = JvmBatch::new(array);
    let result = (|| {
        let mut taken = write_batch(writer, Some(&mut batch))?;
        while !taken {
            taken = write_batch(writer, None)?;
        }
        while let Waited::Pending = handles::with_writer(writer, TaskWriter::commit)? {}
        Ok(())
    })();
    handles::close(writer);
    assert!(batch.lease_has_ended(), "the batch is still leased after the writer was closed");
    result
}

/// The rows of a struct array as a batch.
pub fn batch(array: StructArray) -> RecordBatch {
    array.into()
}
