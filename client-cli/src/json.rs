//! The documents of the contract, field for field: own types, made from the wire in one place each.
//!
//! Every field is always there; what is absent is `null`. Times are RFC 3339 UTC, durations `_ms`, sizes
//! `_bytes`. Text layouts are drawn from the same documents, so both say the same.

pub(crate) mod action;
pub(crate) mod config;
pub(crate) mod event;
pub(crate) mod incident;
pub(crate) mod log;
pub(crate) mod problem;
pub(crate) mod process;
pub(crate) mod project;
pub(crate) mod reload;
pub(crate) mod system;
pub(crate) mod wait;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::time;

/// Number of the schema in every document.
pub(crate) const SCHEMA: u32 = 1;

/// A document with its schema's number in front.
#[derive(Serialize)]
pub(crate) struct Versioned<'a, T: Serialize> {
    schema: u32,
    #[serde(flatten)]
    document: &'a T,
}

impl<'a, T: Serialize> Versioned<'a, T> {
    pub(crate) const fn new(document: &'a T) -> Self {
        Self { schema: SCHEMA, document }
    }
}

/// A document that is one named list.
pub(crate) struct List<'a, T> {
    pub name: &'static str,
    pub items: &'a [T],
}

impl<T: Serialize> Serialize for List<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name, self.items)?;
        map.end()
    }
}

/// Wall nanoseconds since 1970, written as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time::rfc3339(self.0, 9))
    }
}

/// On the wire empty text means absent.
pub(crate) fn present(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// On the wire 0 means absent where numbers begin with 1.
pub(crate) fn from_one(number: u32) -> Option<u32> {
    (number > 0).then_some(number)
}
