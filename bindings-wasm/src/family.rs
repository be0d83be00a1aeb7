//! Families of whatever kind.

use std::cell::Cell;
use std::sync::Arc;

use js_sys::{Array, Uint32Array};
use metrion::exposition::encode_json;
use metrion::{Family, Handle, ProcessWriter, Snapshot};
use wasm_bindgen::prelude::*;

use crate::child::NativeChild;
use crate::errors::{Result, fault};
use crate::helpers::{array, text};
use crate::memory::halves;
use crate::options::{as_pairs, pairs_of};

/// A family for JavaScript, which looks children up in a table of its own first.
#[wasm_bindgen]
pub struct NativeFamily {
    pub(crate) family: Family<Handle>,
    pub(crate) writer: Arc<ProcessWriter>,
}

#[wasm_bindgen]
impl NativeFamily {
    /// The family's name; a counter's is without `_total`.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn name(&self) -> String {
        self.family.schema().name.clone()
    }

    /// The names of the labels that this view leaves open.
    #[wasm_bindgen(getter, js_name = openLabels)]
    #[must_use]
    pub fn open_labels(&self) -> Vec<String> {
        self.family.open_labels().map(str::to_owned).collect()
    }

    /// A histogram's finite upper bounds.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn bounds(&self) -> Array {
        array(&self.family.schema().bounds)
    }

    /// A summary's quantiles.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn quantiles(&self) -> Array {
        array(&self.family.schema().quantiles)
    }

    /// The halves of the number that changes whenever a series is removed.
    #[must_use]
    pub fn generation(&self) -> Option<Uint32Array> {
        halves(&self.family.generation_memory())
    }

    /// The child with these label values, by place; made when it is new.
    pub fn child(&self, values: Vec<String>) -> Result<NativeChild> {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let child = self.family.labels(&values).map_err(fault)?;
        let (handle, is_overflow) = ((*child).clone(), child.is_overflow());
        let cell = handle.cells(&self.writer).and_then(|cells| cells.first_cell());
        let _writer = Arc::clone(&self.writer);
        Ok(NativeChild { handle, cell, is_overflow, number: Cell::default(), _writer })
    }

    /// Says what is wrong with these labels: names and values in turn.
    #[wasm_bindgen(js_name = checkLabels)]
    pub fn check_labels(&self, labels: Vec<String>) -> Result<()> {
        self.family.labels_by_name(&as_pairs(&pairs_of(labels))).map(drop).map_err(fault)
    }

    /// A view in which some labels are fixed: names and values in turn.
    pub fn curry(&self, labels: Vec<String>) -> Result<NativeFamily> {
        let family = self.family.curry(&as_pairs(&pairs_of(labels))).map_err(fault)?;
        Ok(NativeFamily { family, writer: Arc::clone(&self.writer) })
    }

    /// Removes one series; whether it was there.
    pub fn remove(&self, values: Vec<String>) -> Result<bool> {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        self.family.remove(&values).map_err(fault)
    }

    /// Removes the series that have these labels: names and values in turn.
    #[wasm_bindgen(js_name = removeMatching)]
    pub fn remove_matching(&self, labels: Vec<String>) -> Result<u32> {
        let count = self.family.remove_matching(&as_pairs(&pairs_of(labels))).map_err(fault)?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Removes all series.
    pub fn clear(&self) {
        self.family.clear();
    }

    /// Sets all series to zero.
    pub fn reset(&self) {
        self.family.reset();
    }

    /// The family's numbers now, as the core's JSON.
    pub fn json(&self) -> Result<String> {
        let families = vec![self.family.snapshot().map_err(fault)?];
        let mut out = Vec::new();
        encode_json(&Snapshot { families }, &mut out);
        Ok(text(out))
    }
}
