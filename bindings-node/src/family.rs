//! Families of whatever kind.

use std::cell::Cell;
use std::sync::Arc;

use metrion::exposition::encode_json;
use metrion::{Family, Handle, Snapshot};
use napi::Env;
use napi::bindgen_prelude::Unknown;
use napi_derive::napi;

use crate::child::NativeChild;
use crate::errors::{Result, fault};
use crate::memory::halves;
use crate::options::{as_pairs, pairs_of};
use crate::registry::Writer;

/// A family for JavaScript, which looks children up in a table of its own first.
#[napi]
pub struct NativeFamily {
    pub(crate) family: Family<Handle>,
    pub(crate) writer: Arc<Writer>,
}

#[napi]
impl NativeFamily {
    /// The family's name; a counter's is without `_total`.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn name(&self) -> String {
        self.family.schema().name.clone()
    }

    /// The names of the labels that this view leaves open.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn open_labels(&self) -> Vec<String> {
        self.family.open_labels().map(str::to_owned).collect()
    }

    /// A histogram's finite upper bounds.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn bounds(&self) -> Vec<f64> {
        self.family.schema().bounds.clone()
    }

    /// A summary's quantiles.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn quantiles(&self) -> Vec<f64> {
        self.family.schema().quantiles.clone()
    }

    /// The halves of the number that changes whenever a series is removed; `null` where JavaScript
    /// cannot see it.
    #[napi(catch_unwind)]
    pub fn generation(&self, env: Env) -> Result<Option<Unknown<'static>>> {
        halves(&env, self.family.generation_memory())
    }

    /// The child with these label values, by place; made when it is new.
    #[napi(catch_unwind)]
    pub fn child(&self, values: Vec<String>) -> Result<NativeChild> {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let child = self.family.labels(&values).map_err(fault)?;
        let (handle, is_overflow) = ((*child).clone(), child.is_overflow());
        let cell = self.writer.cell_of(&handle);
        let _writer = Arc::clone(&self.writer);
        Ok(NativeChild { handle, cell, is_overflow, number: Cell::default(), _writer })
    }

    /// Says what is wrong with these labels: names and values in turn.
    #[napi(catch_unwind)]
    pub fn check_labels(&self, labels: Vec<String>) -> Result<()> {
        self.family.labels_by_name(&as_pairs(&pairs_of(labels))).map(drop).map_err(fault)
    }

    /// A view in which some labels are fixed: names and values in turn.
    #[napi(catch_unwind)]
    pub fn curry(&self, labels: Vec<String>) -> Result<NativeFamily> {
        let family = self.family.curry(&as_pairs(&pairs_of(labels))).map_err(fault)?;
        Ok(NativeFamily { family, writer: Arc::clone(&self.writer) })
    }

    /// Removes one series; whether it was there.
    #[napi(catch_unwind)]
    pub fn remove(&self, values: Vec<String>) -> Result<bool> {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        self.family.remove(&values).map_err(fault)
    }

    /// Removes the series that have these labels: names and values in turn.
    #[napi(catch_unwind)]
    pub fn remove_matching(&self, labels: Vec<String>) -> Result<u32> {
        let count = self.family.remove_matching(&as_pairs(&pairs_of(labels))).map_err(fault)?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Removes all series.
    #[napi(catch_unwind)]
    pub fn clear(&self) {
        self.family.clear();
    }

    /// Sets all series to zero.
    #[napi(catch_unwind)]
    pub fn reset(&self) {
        self.family.reset();
    }

    /// The family's numbers now, as the core's JSON.
    #[napi(catch_unwind)]
    pub fn json(&self) -> Result<String> {
        let families = vec![self.family.snapshot().map_err(fault)?];
        let mut out = Vec::new();
        encode_json(&Snapshot { families }, &mut out);
        Ok(crate::helpers::text(out))
    }
}
