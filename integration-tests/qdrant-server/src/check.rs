//! Judges a write before it is applied. The engine would apply the points before the bad one, where
//! the server refuses the request as a whole.

use qdrant_edge::{
    EdgeConfig, OperationError, OperationResult, PointInsertOperations, PointOperations, UpdateOperation,
    VectorOperations, VectorPersisted, VectorStructPersisted,
};

pub fn check(operation: &UpdateOperation, config: &EdgeConfig) -> OperationResult<()> {
    match operation {
        UpdateOperation::PointOperation(PointOperations::UpsertPoints(points)) => inserted(points, config),
        UpdateOperation::PointOperation(PointOperations::UpsertPointsConditional(given)) => {
            inserted(&given.points_op, config)
        }
        UpdateOperation::VectorOperation(VectorOperations::UpdateVectors(given)) => {
            given.points.iter().try_for_each(|point| vectors(&point.vector, config))
        }
        UpdateOperation::VectorOperation(
            VectorOperations::DeleteVectors(_, names) | VectorOperations::DeleteVectorsByFilter(_, names),
        ) => names.iter().try_for_each(|name| known(name, config)),
        UpdateOperation::PointOperation(
            PointOperations::DeletePoints { .. }
            | PointOperations::DeletePointsByFilter(_)
            | PointOperations::SyncPoints(_),
        )
        | UpdateOperation::PayloadOperation(_)
        | UpdateOperation::FieldIndexOperation(_)
        | UpdateOperation::VectorNameOperation(_) => Ok(()),
    }
}

fn inserted(points: &PointInsertOperations, config: &EdgeConfig) -> OperationResult<()> {
    match points {
        PointInsertOperations::PointsList(points) => points.iter().try_for_each(|point| vectors(&point.vector, config)),
        // This server makes lists only.
        PointInsertOperations::PointsBatch(_) => Ok(()),
    }
}

fn vectors(given: &VectorStructPersisted, config: &EdgeConfig) -> OperationResult<()> {
    match given {
        VectorStructPersisted::Single(values) => dense("", values.len(), config),
        VectorStructPersisted::MultiDense(rows) => multi("", rows, config),
        VectorStructPersisted::Named(named) => named.iter().try_for_each(|(name, vector)| match vector {
            VectorPersisted::Dense(values) => dense(name, values.len(), config),
            VectorPersisted::MultiDense(rows) => multi(name, rows, config),
            VectorPersisted::Sparse(_) if config.sparse_vectors.contains_key(name) => Ok(()),
            VectorPersisted::Sparse(_) => {
                known(name, config)?;
                Err(OperationError::WrongSparse)
            }
        }),
    }
}

fn known(name: &str, config: &EdgeConfig) -> OperationResult<()> {
    match config.vectors.contains_key(name) || config.sparse_vectors.contains_key(name) {
        true => Ok(()),
        false => Err(OperationError::VectorNameNotExists { received_name: name.to_owned() }),
    }
}

fn dense(name: &str, received_dim: usize, config: &EdgeConfig) -> OperationResult<()> {
    match config.vectors.get(name) {
        None => {
            known(name, config)?;
            Err(OperationError::WrongSparse)
        }
        Some(params) if params.size == received_dim => Ok(()),
        Some(params) => Err(OperationError::WrongVectorDimension { expected_dim: params.size, received_dim }),
    }
}

fn multi(name: &str, rows: &[Vec<f32>], config: &EdgeConfig) -> OperationResult<()> {
    if config.sparse_vectors.contains_key(name) {
        return Err(OperationError::WrongMulti);
    }
    rows.iter().try_for_each(|row| dense(name, row.len(), config))?;
    match config.vectors.get(name) {
        Some(params) if params.multivector_config.is_none() => Err(OperationError::WrongMulti),
        Some(_) | None => Ok(()),
    }
}
