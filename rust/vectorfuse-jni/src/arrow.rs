//! Arrow's C Data Interface, both ways.
//!
//! The JVM cannot call a function pointer, so this side releases what it exported: the struct stands in the JVM's
//! memory, and its content is dropped when the next one is put there or when the handle is closed. The other way the
//! JVM owns the buffers: a batch that it hands over is a lease, and the release callback, which is ours too, stores 1
//! in the JVM's cell when nothing here reads those buffers any more.
//!
//! Source of the layouts: the Arrow C data interface specification.

#![allow(unsafe_code)] // one of the two modules that may; each block says why it is sound

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StructArray, make_array};
use arrow_schema::{DataType, Schema};
use vectorfuse_core::error::{Error, Result};

/// Structs in the JVM's memory that hold something of ours.
static EXPORTED: AtomicI64 = AtomicI64::new(0);
/// Batches in the JVM's memory that are still read here.
static LEASED: AtomicI64 = AtomicI64::new(0);

/// How many exported structs and leased batches are alive.
pub fn live() -> (i64, i64) {
    (EXPORTED.load(Ordering::Acquire), LEASED.load(Ordering::Acquire))
}

/// A schema that was put into a struct of the JVM. Dropping it releases the content.
pub struct ExportedSchema(*mut FFI_ArrowSchema);

// SAFETY: the pointer is only used to release the content, by whichever thread closes the handle, once.
unsafe impl Send for ExportedSchema {}

impl ExportedSchema {
    /// Puts `schema` at `address`.
    ///
    /// # Safety
    ///
    /// `address` is that of 72 writable bytes, aligned to 8, that stay where they are until this value is dropped.
    pub unsafe fn put(schema: &Schema, address: i64) -> Result<Self> {
        let exported = FFI_ArrowSchema::try_from(schema)
            .map_err(|error| Error::internal("the schema can't cross the boundary").caused_by(error))?;
        let target = pointer::<FFI_ArrowSchema>(address)?;
        // SAFETY: the caller says that the bytes are there; what they held before is not ours to drop.
        unsafe { target.write(exported) };
        EXPORTED.fetch_add(1, Ordering::AcqRel);
        Ok(Self(target))
    }
}

impl Drop for ExportedSchema {
    fn drop(&mut self) {
        // SAFETY: `put` wrote a schema there and the caller keeps the bytes until now; `from_raw` takes it out.
        drop(unsafe { FFI_ArrowSchema::from_raw(self.0) });
        EXPORTED.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A batch that was put into a struct of the JVM. Dropping it releases the content.
pub struct ExportedBatch(*mut FFI_ArrowArray);

// SAFETY: as for `ExportedSchema`.
unsafe impl Send for ExportedBatch {}

impl ExportedBatch {
    /// Puts `batch` at `address`, as a struct array with a child for each column.
    ///
    /// # Safety
    ///
    /// `address` is that of 80 writable bytes, aligned to 8, that stay where they are until this value is dropped.
    pub unsafe fn put(batch: RecordBatch, address: i64) -> Result<Self> {
        let array = if batch.num_columns() == 0 {
            StructArray::new_empty_fields(batch.num_rows(), None)
        } else {
            StructArray::from(batch)
        };
        let target = pointer::<FFI_ArrowArray>(address)?;
        // SAFETY: the caller says that the bytes are there; what they held before is not ours to drop.
        unsafe { target.write(FFI_ArrowArray::new(&array.to_data())) };
        EXPORTED.fetch_add(1, Ordering::AcqRel);
        Ok(Self(target))
    }
}

impl Drop for ExportedBatch {
    fn drop(&mut self) {
        // SAFETY: `put` wrote an array there and the caller keeps the bytes until now; `from_raw` takes it out.
        drop(unsafe { FFI_ArrowArray::from_raw(self.0) });
        EXPORTED.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A batch of the JVM that was taken over; dropping it ends the lease.
pub struct LeasedBatch(FFI_ArrowArray);

impl LeasedBatch {
    /// Takes over the batch of the JVM's struct at `address`.
    ///
    /// # Safety
    ///
    /// `address` is that of a struct array whose buffers stay as they are until the cell that `private_data` points to
    /// holds 1. Its `release` is ours to set.
    pub unsafe fn take(address: i64) -> Result<Self> {
        let source = pointer::<FFI_ArrowArray>(address)?;
        // SAFETY: the caller says that a struct array is there.
        let mut array = unsafe { FFI_ArrowArray::from_raw(source) };
        // SAFETY: the callback only stores into the cell, which the caller keeps until it does.
        unsafe { array.set_release(Some(end_lease)) };
        LEASED.fetch_add(1, Ordering::AcqRel);
        Ok(Self(array))
    }

    /// The batch, which reads the JVM's buffers in place. Its values are checked, texts for UTF-8 among them: Spark
    /// does not promise that.
    ///
    /// # Safety
    ///
    /// The struct's buffers are those of an array with the columns of `schema`.
    pub unsafe fn read(self, schema: &Arc<Schema>) -> Result<RecordBatch> {
        let Self(array) = self;
        let rows = array.len();
        if array.num_children() != schema.fields().len() {
            return Err(Error::internal("a batch has another number of columns than was agreed"));
        }
        // SAFETY: the caller says that the buffers are those of the agreed types.
        let data = unsafe { from_ffi_and_data_type(array, DataType::Struct(schema.fields().clone())) };
        let data = data.map_err(|error| Error::internal("a batch can't be taken over").caused_by(error))?;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
        for (child, field) in data.child_data().iter().zip(schema.fields()) {
            child.validate_full().map_err(|error| {
                // A part of a list or struct still has all of its elements.
                let is_wrong = |row: &usize| child.slice(*row, 1).validate_full().is_err();
                let row = if child.data_type().is_nested() { None } else { (0..rows).find(is_wrong) };
                let row = row.map_or_else(|| "one".to_owned(), |row| row.to_string());
                Error::data("the column holds what its type can't: a string that is no UTF-8?")
                    .caused_by(error)
                    .with("column", field.name())
                    .with("row", format!("{row} of the {rows} that were handed over last"))
            })?;
            columns.push(make_array(child.clone()));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .map_err(|error| Error::internal("a batch can't be taken over").caused_by(error))
    }
}

/// The release callback of a batch of the JVM: says in its cell that nobody reads it any more.
unsafe extern "C" fn end_lease(array: *mut FFI_ArrowArray) {
    // SAFETY: Arrow calls this once, with the array that it was set on.
    let array = unsafe { &mut *array };
    let cell = array.private_data().cast::<AtomicI64>();
    if !cell.is_null() {
        // SAFETY: the JVM keeps the cell, 8 bytes aligned to 8, until it holds 1.
        unsafe { &*cell }.store(1, Ordering::Release);
    }
    // SAFETY: a released array has no callback, and nothing of ours stays behind.
    unsafe {
        array.set_private_data(std::ptr::null_mut::<c_void>());
        array.set_release(None);
    }
    LEASED.fetch_sub(1, Ordering::AcqRel);
}

fn pointer<T>(address: i64) -> Result<*mut T> {
    let pointer = usize::try_from(address).ok().filter(|address| *address != 0 && address % align_of::<T>() == 0);
    let pointer = pointer.ok_or_else(|| Error::internal("an address of the JVM is null or not aligned"))?;
    Ok(std::ptr::with_exposed_provenance_mut(pointer))
}
