//! The names that REST has for what gRPC numbers.

use qdrant_client::qdrant::binary_quantization_query_encoding::Setting as QueryEncoding;
use qdrant_client::qdrant::{
    BinaryQuantizationEncoding, CollectionStatus, CompressionRatio, Datatype, Direction, Distance, FieldType, Fusion,
    Memory, Modifier, MultiVectorComparator, PayloadSchemaType, QuantizationType, ReadConsistencyType,
    RecommendStrategy, ReplicaState, Sample, ShardingMethod, TextScoringType, TokenizerType, TurboQuantBitSize,
    UpdateMode, UpdateStatus, WriteOrderingType,
};
use serde_json::Value;
use vectorfuse_core::error::{Error, Result};

use super::unexpected;

/// An enumeration of the protocol.
pub(super) trait Names: TryFrom<i32> + Into<i32> {
    const WHAT: &'static str;
    /// The name of a variant; `None` if REST has none.
    fn name(self) -> Option<&'static str>;
    /// The variant of a name.
    fn of(name: &str) -> Option<Self>;
}

macro_rules! names {
    ($($type:ident { $($variant:ident = $name:literal),* })*) => {$(
        impl Names for $type {
            const WHAT: &'static str = stringify!($type);
            #[allow(unreachable_patterns)] // some have a name for each
            fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($name),)*
                    _ => None,
                }
            }
            fn of(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    )*};
}

names! {
    BinaryQuantizationEncoding { OneBit = "one_bit", TwoBits = "two_bits", OneAndHalfBits = "one_and_half_bits" }
    CollectionStatus { Green = "green", Yellow = "yellow", Red = "red", Grey = "grey" }
    CompressionRatio { X4 = "x4", X8 = "x8", X16 = "x16", X32 = "x32", X64 = "x64" }
    Datatype { Float32 = "float32", Float16 = "float16", Uint8 = "uint8", Turbo4 = "turbo4" }
    Direction { Asc = "asc", Desc = "desc" }
    Distance { Cosine = "Cosine", Euclid = "Euclid", Dot = "Dot", Manhattan = "Manhattan" }
    FieldType {
        Keyword = "keyword", Integer = "integer", Float = "float", Geo = "geo", Text = "text", Bool = "bool",
        Datetime = "datetime", Uuid = "uuid"
    }
    Fusion { Rrf = "rrf", Dbsf = "dbsf" }
    Memory { Cold = "cold", Cached = "cached", Pinned = "pinned" }
    Modifier { None = "none", Idf = "idf" }
    MultiVectorComparator { MaxSim = "max_sim" }
    PayloadSchemaType {
        Keyword = "keyword", Integer = "integer", Float = "float", Geo = "geo", Text = "text", Bool = "bool",
        Datetime = "datetime", Uuid = "uuid"
    }
    QuantizationType { Int8 = "int8" }
    QueryEncoding { Default = "default", Binary = "binary", Scalar4Bits = "scalar4bits", Scalar8Bits = "scalar8bits" }
    ReadConsistencyType { All = "all", Majority = "majority", Quorum = "quorum" }
    RecommendStrategy { AverageVector = "average_vector", BestScore = "best_score", SumScores = "sum_scores" }
    ReplicaState {
        Active = "Active", Dead = "Dead", Partial = "Partial", Initializing = "Initializing", Listener = "Listener",
        PartialSnapshot = "PartialSnapshot", Recovery = "Recovery", Resharding = "Resharding",
        ReshardingScaleDown = "ReshardingScaleDown", ActiveRead = "ActiveRead", ManualRecovery = "ManualRecovery"
    }
    Sample { Random = "random" }
    ShardingMethod { Auto = "auto", Custom = "custom" }
    TextScoringType { Bm25 = "bm25" }
    TokenizerType {
        Prefix = "prefix", Whitespace = "whitespace", Word = "word", Multilingual = "multilingual", Code = "code"
    }
    TurboQuantBitSize { Bits1 = "bits1", Bits15 = "bits1_5", Bits2 = "bits2", Bits4 = "bits4" }
    UpdateMode { Upsert = "upsert", InsertOnly = "insert_only", UpdateOnly = "update_only" }
    UpdateStatus {
        Acknowledged = "acknowledged", Completed = "completed", ClockRejected = "clock_rejected",
        WaitTimeout = "wait_timeout"
    }
    WriteOrderingType { Weak = "weak", Medium = "medium", Strong = "strong" }
}

/// The name of a number.
pub(super) fn name<T: Names>(number: i32) -> Result<&'static str> {
    let known = T::try_from(number).ok().and_then(T::name);
    known.ok_or_else(|| Error::unsupported(format!("{} {number} can't be said over HTTP", T::WHAT)))
}

/// The name of a number, if there is one.
pub(super) fn optional<T: Names>(number: Option<i32>) -> Result<Option<Value>> {
    number.map(|number| name::<T>(number).map(Value::from)).transpose()
}

/// The number of a name that the server gives.
pub(super) fn number<T: Names>(name: &str) -> Result<i32> {
    T::of(name).map(Into::into).ok_or_else(|| unexpected(format!("`{name}` is no {}", T::WHAT)))
}
