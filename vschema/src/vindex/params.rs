//! A vindex's parameters, and what is wrong with them.

use std::collections::BTreeMap;
use std::fmt;

use crate::yaml::did_you_mean;

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

impl fmt::Display for VindexFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let VindexFaultPlace::Param(name) = &self.place {
            write!(f, "{name}: ")?;
        }
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, ": {hint}"))
    }
}

/// Reads parameters and collects faults.
pub(crate) struct Params<'p> {
    vindex_type: &'p str,
    given: &'p BTreeMap<String, String>,
    known: Vec<&'static str>,
    pub(crate) faults: Vec<VindexFault>,
}

impl<'p> Params<'p> {
    pub(crate) fn new(vindex_type: &'p str, given: &'p BTreeMap<String, String>) -> Self {
        Self { vindex_type, given, known: Vec::new(), faults: Vec::new() }
    }

    pub(crate) fn given(&self) -> &'p BTreeMap<String, String> {
        self.given
    }

    pub(crate) fn optional(&mut self, name: &'static str) -> Option<&'p str> {
        self.known.push(name);
        self.given.get(name).map(String::as_str)
    }

    pub(crate) fn required(&mut self, name: &'static str) -> Option<&'p str> {
        let value = self.optional(name).filter(|value| !value.trim().is_empty());
        if value.is_none() {
            let message = format!("a vindex of type `{}` needs the parameter `{name}`", self.vindex_type);
            self.faults.push(VindexFault { place: VindexFaultPlace::Params, message, hint: None });
        }
        value
    }

    pub(crate) fn boolean(&mut self, name: &'static str) -> bool {
        match self.optional(name) {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                self.fault(name, format!("expected `true` or `false`, found `{other}`"));
                false
            }
        }
    }

    /// Records a fault of a parameter.
    pub(crate) fn fault(&mut self, name: &str, message: impl Into<String>) {
        let place = VindexFaultPlace::Param(name.to_owned());
        self.faults.push(VindexFault { place, message: message.into(), hint: None });
    }

    /// Takes a name for known, whose value someone else reads.
    pub(crate) fn know(&mut self, name: &'static str) {
        self.known.push(name);
    }

    /// The names that were asked for.
    pub(crate) fn known(&self) -> &[&'static str] {
        &self.known
    }

    /// Records every parameter that wasn't asked for.
    pub(crate) fn finish(mut self) -> Vec<VindexFault> {
        for name in self.given.keys().filter(|name| !self.known.contains(&name.as_str())) {
            let message = format!("a vindex of type `{}` has no parameter `{name}`", self.vindex_type);
            let hint = did_you_mean(name, self.known.iter().copied());
            self.faults.push(VindexFault { place: VindexFaultPlace::Param(name.clone()), message, hint });
        }
        self.faults
    }
}
