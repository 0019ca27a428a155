//! Vindexes from their description in the vschema: a type and parameters.

use std::collections::BTreeMap;

use super::{Function, Vindex};

/// One thing wrong with a vindex's description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VindexFault {
    /// Where the fault is.
    pub place: VindexFaultPlace,
    /// What is wrong.
    pub message: String,
    /// What would be right, if that can be told.
    pub hint: Option<String>,
}

/// The part of a vindex's description that is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VindexFaultPlace {
    /// The type.
    Type,
    /// The set of parameters (one is missing).
    Params,
    /// The parameter of this name.
    Param(String),
}

/// The names of all vindex types.
pub const VINDEX_TYPES: &[&str] = &["binary", "binary_md5", "hash", "null", "numeric", "reverse_bits", "xxhash"];

impl Vindex {
    /// Makes the vindex `name` of a type and its parameters.
    ///
    /// # Errors
    /// All faults of the description.
    pub fn create(name: &str, vindex_type: &str, params: &BTreeMap<String, String>) -> Result<Self, Vec<VindexFault>> {
        let function = match vindex_type {
            "binary" => Function::Binary,
            "binary_md5" => Function::BinaryMd5,
            "hash" => Function::Hash,
            "null" => Function::Null,
            "numeric" => Function::Numeric,
            "reverse_bits" => Function::ReverseBits,
            "xxhash" => Function::XxHash,
            _ => {
                return Err(vec![VindexFault {
                    place: VindexFaultPlace::Type,
                    message: format!("unknown vindex type `{vindex_type}`"),
                    hint: None,
                }]);
            }
        };
        let unknown = params.keys().map(|param| VindexFault {
            place: VindexFaultPlace::Param(param.clone()),
            message: format!("a vindex of type `{vindex_type}` has no parameter `{param}`"),
            hint: None,
        });
        let faults: Vec<VindexFault> = unknown.collect();
        if faults.is_empty() { Ok(Self::new(name, function)) } else { Err(faults) }
    }
}
