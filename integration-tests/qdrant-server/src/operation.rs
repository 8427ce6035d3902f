//! What can be told of a write from the engine's operation, whichever transport it came by.

use qdrant_edge::{
    ConditionalInsertOperation, FieldIndexOperations, Filter, PayloadOps, PointInsertOperations, PointOperations,
    UpdateMode, UpdateOperation, VectorOperations,
};

use crate::version::{Feature, knows};

/// Leaves what the version this server passes for would not have seen.
pub fn as_seen(operation: UpdateOperation) -> UpdateOperation {
    match operation {
        UpdateOperation::PointOperation(PointOperations::UpsertPointsConditional(mut given)) => {
            if !knows(Feature::UpdateFilter) {
                given.condition = Filter::default();
            }
            if !knows(Feature::UpdateMode) {
                given.update_mode = None;
            }
            UpdateOperation::PointOperation(match plain(&given) {
                true => PointOperations::UpsertPoints(given.points_op),
                false => PointOperations::UpsertPointsConditional(given),
            })
        }
        UpdateOperation::VectorOperation(VectorOperations::UpdateVectors(mut given)) => {
            if !knows(Feature::UpdateFilter) {
                given.update_filter = None;
            }
            UpdateOperation::VectorOperation(VectorOperations::UpdateVectors(given))
        }
        UpdateOperation::PointOperation(_)
        | UpdateOperation::VectorOperation(_)
        | UpdateOperation::PayloadOperation(_)
        | UpdateOperation::FieldIndexOperation(_)
        | UpdateOperation::VectorNameOperation(_) => operation,
    }
}

fn plain(given: &ConditionalInsertOperation) -> bool {
    given.condition == Filter::default() && matches!(given.update_mode, None | Some(UpdateMode::Upsert))
}

/// The one filter an operation can have, whatever it is for.
pub fn filter_mut(operation: &mut UpdateOperation) -> Option<&mut Filter> {
    match operation {
        UpdateOperation::PointOperation(PointOperations::UpsertPointsConditional(given)) => Some(&mut given.condition),
        UpdateOperation::PointOperation(PointOperations::DeletePointsByFilter(filter)) => Some(filter),
        UpdateOperation::VectorOperation(VectorOperations::UpdateVectors(given)) => given.update_filter.as_mut(),
        UpdateOperation::VectorOperation(VectorOperations::DeleteVectorsByFilter(filter, _)) => Some(filter),
        UpdateOperation::PayloadOperation(PayloadOps::SetPayload(given) | PayloadOps::OverwritePayload(given)) => {
            given.filter.as_mut()
        }
        UpdateOperation::PayloadOperation(PayloadOps::DeletePayload(given)) => given.filter.as_mut(),
        UpdateOperation::PayloadOperation(PayloadOps::ClearPayloadByFilter(filter)) => Some(filter),
        UpdateOperation::PointOperation(
            PointOperations::UpsertPoints(_) | PointOperations::DeletePoints { .. } | PointOperations::SyncPoints(_),
        )
        | UpdateOperation::VectorOperation(VectorOperations::DeleteVectors(..))
        | UpdateOperation::PayloadOperation(PayloadOps::ClearPayload { .. })
        | UpdateOperation::FieldIndexOperation(_)
        | UpdateOperation::VectorNameOperation(_) => None,
    }
}

/// The filter that says which points a write is for.
pub fn selecting(operation: &UpdateOperation) -> Option<&Filter> {
    match operation {
        UpdateOperation::PointOperation(PointOperations::DeletePointsByFilter(filter))
        | UpdateOperation::VectorOperation(VectorOperations::DeleteVectorsByFilter(filter, _))
        | UpdateOperation::PayloadOperation(PayloadOps::ClearPayloadByFilter(filter)) => Some(filter),
        UpdateOperation::PayloadOperation(PayloadOps::SetPayload(given) | PayloadOps::OverwritePayload(given)) => {
            given.filter.as_ref()
        }
        UpdateOperation::PayloadOperation(PayloadOps::DeletePayload(given)) => given.filter.as_ref(),
        UpdateOperation::PointOperation(_)
        | UpdateOperation::VectorOperation(_)
        | UpdateOperation::PayloadOperation(PayloadOps::ClearPayload { .. })
        | UpdateOperation::FieldIndexOperation(_)
        | UpdateOperation::VectorNameOperation(_) => None,
    }
}

/// How many points a write names.
pub fn named(operation: &UpdateOperation) -> usize {
    let inserted = |points: &PointInsertOperations| match points {
        PointInsertOperations::PointsList(points) => points.len(),
        PointInsertOperations::PointsBatch(batch) => batch.ids.len(),
    };
    match operation {
        UpdateOperation::PointOperation(PointOperations::UpsertPoints(points)) => inserted(points),
        UpdateOperation::PointOperation(PointOperations::UpsertPointsConditional(given)) => inserted(&given.points_op),
        UpdateOperation::PointOperation(PointOperations::DeletePoints { ids }) => ids.len(),
        UpdateOperation::PointOperation(PointOperations::SyncPoints(given)) => given.points.len(),
        UpdateOperation::VectorOperation(VectorOperations::UpdateVectors(given)) => given.points.len(),
        UpdateOperation::VectorOperation(VectorOperations::DeleteVectors(ids, _)) => ids.points.len(),
        UpdateOperation::PayloadOperation(PayloadOps::SetPayload(given) | PayloadOps::OverwritePayload(given)) => {
            given.points.as_ref().map_or(0, Vec::len)
        }
        UpdateOperation::PayloadOperation(PayloadOps::DeletePayload(given)) => {
            given.points.as_ref().map_or(0, Vec::len)
        }
        UpdateOperation::PayloadOperation(PayloadOps::ClearPayload { points }) => points.len(),
        UpdateOperation::PointOperation(PointOperations::DeletePointsByFilter(_))
        | UpdateOperation::VectorOperation(VectorOperations::DeleteVectorsByFilter(..))
        | UpdateOperation::PayloadOperation(PayloadOps::ClearPayloadByFilter(_))
        | UpdateOperation::FieldIndexOperation(_)
        | UpdateOperation::VectorNameOperation(_) => 0,
    }
}

pub fn creates_index(operation: &UpdateOperation) -> bool {
    matches!(operation, UpdateOperation::FieldIndexOperation(FieldIndexOperations::CreateIndex(_)))
}
