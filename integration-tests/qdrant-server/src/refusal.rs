//! The refusals, in the server's own codes and words: a test that passes here must fail or pass
//! for the same reason against a real Qdrant.

use qdrant_edge::OperationError;
use tonic::Status;

pub type Answer<T> = Result<T, Status>;

/// A request that the server refuses after having understood it.
pub fn wrong_input(what: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("Wrong input: {what}"))
}

/// A request whose fields are out of their range, refused before anything is looked up.
pub fn invalid_body(field: &str, why: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("Validation error in body: [{field}: {why}]"))
}

pub fn no_such_collection(name: &str) -> Status {
    Status::not_found(format!("Not found: Collection `{name}` doesn't exist!"))
}

pub fn collection_exists(name: &str) -> Status {
    Status::already_exists(format!("Wrong input: Collection `{name}` already exists!"))
}

/// A part of the protocol this server lacks. It never passes over a field it can't honour: a test
/// would then prove something that was not done.
pub fn lacking(field: &str) -> Status {
    Status::unimplemented(format!("This test server does not support `{field}`"))
}

/// Refuses a field that was given but can't be honoured.
pub fn refuse<T>(field: &str, value: &Option<T>) -> Answer<()> {
    match value {
        None => Ok(()),
        Some(_) => Err(lacking(field)),
    }
}

pub fn internal(error: impl std::fmt::Display) -> Status {
    Status::internal(format!("Service internal error: {error}"))
}

/// The engine's errors under the codes the server gives them.
pub fn from_engine(error: OperationError) -> Status {
    match error {
        OperationError::PointIdError { .. } => Status::not_found(format!("Not found: {error}")),
        OperationError::WrongSparse => wrong_input("Conversion between sparse and regular vectors failed"),
        OperationError::WrongMulti => wrong_input("Conversion between multi and regular vectors failed"),
        OperationError::WrongVectorDimension { .. }
        | OperationError::VectorNameNotExists { .. }
        | OperationError::TypeError { .. }
        | OperationError::TypeInferenceError { .. }
        | OperationError::ValidationError { .. }
        | OperationError::MissingRangeIndexForOrderBy { .. }
        | OperationError::MissingMapIndexForFacet { .. }
        | OperationError::VariableTypeError { .. }
        | OperationError::NonFiniteNumber { .. } => wrong_input(error),
        OperationError::Timeout { .. } => Status::deadline_exceeded(error.to_string()),
        OperationError::ServiceError { .. }
        | OperationError::InconsistentStorage { .. }
        | OperationError::OutOfMemory { .. }
        | OperationError::Cancelled { .. } => internal(error),
    }
}
