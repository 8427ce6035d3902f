//! Options whose values are words.

use serde::{Deserialize, Serialize};

use super::value::OptionValue;

/// The first word of a value is the one that is shown.
macro_rules! words {
    ($(#[$doc:meta])* $enum:ident, $expected:literal { $($word:literal $(| $alias:literal)* => $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs)] // they mean what the options' texts say
        pub enum $enum { $($variant,)* }

        impl OptionValue for $enum {
            fn parse(text: &str) -> Result<Self, &'static str> {
                match text.trim().to_ascii_lowercase().as_str() {
                    $($word $(| $alias)* => Ok(Self::$variant),)*
                    _ => Err($expected),
                }
            }
            fn show(&self) -> String {
                match self { $(Self::$variant => $word,)* }.to_owned()
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.show())
            }
        }
    };
}
words! {
    /// How a store is spoken to.
    Transport, "`grpc` or `http`" {
        "grpc" => Grpc,
        "http" => Http,
    }
}
words! {
    /// How two dense vectors are compared.
    Distance, "`cosine`, `euclid`, `dot`, `manhattan`, `hamming` or `jaccard`" {
        "cosine" => Cosine,
        "euclid" | "l2" => Euclid,
        "dot" | "ip" => Dot,
        "manhattan" => Manhattan,
        "hamming" => Hamming,
        "jaccard" => Jaccard,
    }
}
words! {
    /// What `mode("overwrite")` does to the collection that is there.
    Overwrite, "`truncate`, `recreate` or `swap`" {
        "truncate" => Truncate,
        "recreate" => Recreate,
        "swap" => Swap,
    }
}
words! {
    /// What a row does to the point of its id.
    WriteMode, "`upsert`, `insert`, `update`, `partial` or `delete`" {
        "upsert" => Upsert,
        "insert" => Insert,
        "update" => Update,
        "partial" => Partial,
        "delete" => Delete,
    }
}
words! {
    /// How several columns become one id.
    IdScheme, "`vectorfuse` or `dlt`" {
        "vectorfuse" => Vectorfuse,
        "dlt" => Dlt,
    }
}
words! {
    /// dlt's word for what a write does with what is there.
    Disposition, "`append`, `merge` or `replace`" {
        "append" => Append,
        "merge" => Merge,
        "replace" => Replace,
    }
}
words! {
    /// As what a read gives the payload.
    PayloadForm, "`columns`, `json` or `variant`" {
        "columns" => Columns,
        "json" => Json,
        "variant" => Variant,
    }
}
words! {
    /// As what a server keeps the numbers of a vector.
    Datatype, "`float32`, `float16`, `bfloat16`, `int8`, `uint8` or `binary`" {
        "float32" => Float32, "float16" => Float16, "bfloat16" => BFloat16, "int8" => Int8, "uint8" => Uint8,
        "binary" => Binary,
    }
}
words! {
    /// How a server makes vectors smaller.
    Quantization, "`none`, `scalar`, `product` or `binary`" {
        "none" => None, "scalar" => Scalar, "product" => Product, "binary" => Binary,
    }
}
words! {
    /// How much smaller product quantization makes a vector.
    Compression, "`x4`, `x8`, `x16`, `x32` or `x64`" {
        "x4" => X4, "x8" => X8, "x16" => X16, "x32" => X32, "x64" => X64,
    }
}
words! {
    /// What happens to a row that can't be kept.
    OnError, "`fail`, `skip` or `dead_letter`" { "fail" => Fail, "skip" => Skip, "dead_letter" => DeadLetter, }
}
words! {
    /// In which order the copies of a shard apply writes.
    Ordering, "`weak`, `medium` or `strong`" { "weak" => Weak, "medium" => Medium, "strong" => Strong, }
}
words! {
    /// How a sparse vector's numbers are weighed.
    Modifier, "`none` or `idf`" { "none" => None, "idf" => Idf, }
}
words! {
    /// The type of an index of a payload's field.
    IndexKind, "`keyword`, `integer`, `float`, `bool`, `datetime`, `uuid`, `text`, `geo`, `inverted`, `bitmap`, `sorted` or `trie`" {
        "keyword" => Keyword, "integer" => Integer, "float" => Float, "bool" => Bool, "datetime" => Datetime,
        "uuid" => Uuid, "text" => Text, "geo" => Geo, "inverted" => Inverted, "bitmap" => Bitmap,
        "sorted" | "stl_sort" => Sorted, "trie" => Trie,
    }
}
words! {
    /// The type of a vector's index, where users choose it.
    VectorIndex, "`auto`, `flat`, `hnsw`, `ivf_flat`, `ivf_sq8`, `ivf_pq`, `scann`, `diskann`, `bin_flat`, `bin_ivf_flat`, `sparse_inverted_index` or `sparse_wand`" {
        "auto" | "autoindex" => Auto, "flat" => Flat, "hnsw" => Hnsw, "ivf_flat" => IvfFlat, "ivf_sq8" => IvfSq8,
        "ivf_pq" => IvfPq, "scann" => Scann, "diskann" => DiskAnn, "bin_flat" => BinFlat,
        "bin_ivf_flat" => BinIvfFlat, "sparse_inverted_index" => SparseInvertedIndex, "sparse_wand" => SparseWand,
    }
}
words! {
    /// How a text becomes the words of its index.
    Tokenizer, "`word`, `whitespace`, `prefix` or `multilingual`" {
        "word" => Word, "whitespace" => Whitespace, "prefix" => Prefix, "multilingual" => Multilingual,
    }
}
