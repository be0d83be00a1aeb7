//! Handles to series.

use std::cell::Cell;
use std::sync::Arc;

use js_sys::{Float64Array, Object};
use metrion::{Handle, NativeHistogram, ProcessWriter, SummaryValue};
use wasm_bindgen::prelude::*;

use crate::errors::{Result, fault};
use crate::handles;
use crate::helpers::{array, object};
use crate::options::{as_pairs, pairs_of};

/// A handle to one series. As long as JavaScript has it, the series' cells are no other series'.
#[wasm_bindgen]
pub struct NativeChild {
    pub(crate) handle: Handle,
    pub(crate) cell: Option<u32>,
    pub(crate) is_overflow: bool,
    /// For updates that are calls; given at the first.
    pub(crate) number: Cell<Option<u32>>,
    /// The slab must not be another writer's while JavaScript can write to the series.
    pub(crate) _writer: Arc<ProcessWriter>,
}

impl Drop for NativeChild {
    fn drop(&mut self) {
        self.number.get().into_iter().for_each(handles::free);
    }
}

/// Native buckets as `NativeBuckets` of `native_module.ts`.
fn native_buckets(own: &NativeHistogram) -> Result<Object> {
    let flat = |buckets: &[(i32, f64)]| -> Vec<f64> {
        buckets.iter().flat_map(|(index, count)| [f64::from(*index), *count]).collect()
    };
    object([
        ("schema", i32::from(own.schema).into()),
        ("zeroThreshold", own.zero_threshold.into()),
        ("zeroCount", own.zero_count.into()),
        ("positive", array(&flat(&own.positive)).into()),
        ("negative", array(&flat(&own.negative)).into()),
    ])
}

#[wasm_bindgen]
impl NativeChild {
    /// The number of its first cell; -1 when its updates are calls: of a kind whose updates are more
    /// than cells, or with nowhere to write.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn cell(&self) -> f64 {
        self.cell.map_or(-1.0, f64::from)
    }

    /// Whether it is the series for what is past the limit.
    #[wasm_bindgen(getter, js_name = isOverflow)]
    #[must_use]
    pub fn is_overflow(&self) -> bool {
        self.is_overflow
    }

    /// Its number for the functions `add`, `set` and `observe`.
    #[wasm_bindgen(js_name = callNumber)]
    pub fn call_number(&self) -> u32 {
        let number = self.number.get().unwrap_or_else(|| handles::number(&self.handle));
        self.number.set(Some(number));
        number
    }

    /// The update of a counter or a histogram, with an exemplar. `labels` are names and values in turn.
    #[wasm_bindgen(js_name = updateWithExemplar)]
    pub fn update_with_exemplar(&self, value: f64, labels: Vec<String>) -> Result<()> {
        self.handle.update_with_exemplar(value, &as_pairs(&pairs_of(labels))).map_err(fault)
    }

    /// Sets what an info says: names and values in turn.
    #[wasm_bindgen(js_name = setInfo)]
    pub fn set_info(&self, labels: Vec<String>) -> Result<()> {
        self.handle.set_info(&as_pairs(&pairs_of(labels))).map_err(fault)
    }

    /// Makes one state of a state set hold and no other.
    #[wasm_bindgen(js_name = setState)]
    pub fn set_state(&self, state: &str) -> Result<()> {
        self.handle.set_state(state).map_err(fault)
    }

    /// A counter's or gauge's value, all writers together; NaN for the others.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn number(&self) -> f64 {
        self.handle.number()
    }

    /// What the series says, all writers together, as `Reading` of `native_module.ts`: a counter's or
    /// gauge's value; a histogram's counts by bucket and its sum; a summary's quantiles, sum and count.
    pub fn read(&self) -> Result<Object> {
        let (mut numbers, mut texts, mut states) = (Vec::new(), Vec::new(), Vec::new());
        let mut native = JsValue::NULL;
        match &self.handle {
            Handle::Counter(_) | Handle::Gauge(_) => numbers.push(self.handle.number()),
            Handle::Histogram(own) => {
                let value = own.get();
                if let Some(buckets) = &value.native {
                    native = native_buckets(buckets)?.into();
                }
                numbers.extend(value.counts.into_iter().chain([value.sum]));
            }
            Handle::Summary(own) => {
                let SummaryValue { quantiles, sum, count } = own.get();
                numbers.extend(quantiles.into_iter().chain([sum, count]));
            }
            Handle::Info(own) => {
                texts.extend(own.get().into_iter().flat_map(|(name, value)| [name, value]));
            }
            Handle::StateSet(own) => states.extend(own.get().into_iter().map(str::to_owned)),
        }
        object([
            ("numbers", Float64Array::from(&*numbers).into()),
            ("texts", texts.into()),
            ("states", states.into()),
            ("native", native),
        ])
    }
}
