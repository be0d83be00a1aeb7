//! What a series reads.

use std::ptr;

use crate::family::unsupported;
use crate::handle::Series;
use crate::status::{Result, Status, done, returning};
use crate::text::{Label, Text};
use metrion_core::Handle as AnySeries;

/// The index and the count of a native bucket that is not empty.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct NativeBucket {
    /// The bucket above `2^((index - 1) * 2^-schema)` and up to `2^(index * 2^-schema)`.
    pub index: i32,
    /// How many observations.
    pub count: f64,
}

/// The native buckets of a histogram.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct NativeHistogram {
    /// The resolution, -4 to 8.
    pub schema: i8,
    /// The width of the zero bucket.
    pub zero_threshold: f64,
    /// The count of the zero bucket.
    pub zero_count: f64,
    /// The buckets above zero, by their indices.
    pub positive: *const NativeBucket,
    /// How many.
    pub positive_count: usize,
    /// The buckets below zero, by their indices.
    pub negative: *const NativeBucket,
    /// How many.
    pub negative_count: usize,
}

/// What a series reads, of all threads together. `metrion_reading_free` gives its memory back.
#[repr(C)]
pub struct Reading {
    /// Of a counter or gauge.
    pub value: f64,
    /// Of a histogram: the count of each bucket alone, the one to infinity last. Of a summary: the value
    /// of each objective, NaN when there is none.
    pub numbers: *const f64,
    /// How many.
    pub number_count: usize,
    /// The sum of the observations.
    pub sum: f64,
    /// The count of a summary's observations.
    pub count: f64,
    /// Of a histogram that has native buckets, else null.
    pub native: *const NativeHistogram,
    /// What an info says.
    pub labels: *const Label,
    /// How many.
    pub label_count: usize,
    /// The states of a state set that hold.
    pub states: *const Text,
    /// How many.
    pub state_count: usize,
    /// What all the pointers point into; the library's.
    pub memory: *mut Memory,
}

/// What a reading points into.
#[derive(Default)]
pub struct Memory {
    numbers: Vec<f64>,
    positive: Vec<NativeBucket>,
    negative: Vec<NativeBucket>,
    native: Option<NativeHistogram>,
    texts: Vec<String>,
    labels: Vec<Label>,
    states: Vec<Text>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            value: f64::NAN,
            numbers: ptr::null(),
            number_count: 0,
            sum: f64::NAN,
            count: f64::NAN,
            native: ptr::null(),
            labels: ptr::null(),
            label_count: 0,
            states: ptr::null(),
            state_count: 0,
            memory: ptr::null_mut(),
        }
    }
}

/// The value of a counter or gauge. Fails with `unsupported` for other types.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_value(series: Series, out: *mut f64) -> Status {
    let value = || match series.get()? {
        AnySeries::Counter(counter) => Ok(counter.get()),
        AnySeries::Gauge(gauge) => Ok(gauge.get()),
        _ => Err(unsupported("only counters and gauges are one number")),
    };
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, value) }
}

/// What a series of any type reads. What does not belong to its type is NaN, null and 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_read(series: Series, out: *mut Reading) -> Status {
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, || Ok(Reading::of(series.get()?))) }
}

/// Gives back the memory of a reading, and makes it empty; null is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_reading_free(reading: Option<&mut Reading>) -> Status {
    done(|| {
        let Some(reading) = reading else { return Ok(()) };
        let memory = std::mem::take(reading).memory;
        if !memory.is_null() {
            // SAFETY: `Reading::of` made it from a box, and nobody has it any more.
            drop(unsafe { Box::from_raw(memory) });
        }
        Ok(())
    })
}

impl Reading {
    fn of(series: &AnySeries) -> Self {
        let mut reading = Self::default();
        let mut memory = Box::<Memory>::default();
        match series {
            AnySeries::Counter(counter) => reading.value = counter.get(),
            AnySeries::Gauge(gauge) => reading.value = gauge.get(),
            AnySeries::Histogram(histogram) => {
                let value = histogram.get();
                memory.numbers = value.counts;
                reading.sum = value.sum;
                memory.native = value.native.map(|native| memory.keep(&native));
            }
            AnySeries::Summary(summary) => {
                let value = summary.get();
                memory.numbers = value.quantiles;
                (reading.sum, reading.count) = (value.sum, value.count);
            }
            AnySeries::Info(info) => {
                let said = info.get();
                memory.texts = said.into_iter().flat_map(|(name, value)| [name, value]).collect();
                memory.labels = memory.texts.chunks(2).filter_map(label).collect();
            }
            AnySeries::StateSet(states) => {
                memory.texts = states.get().into_iter().map(str::to_owned).collect();
                memory.states = memory.texts.iter().map(|text| Text::of(text)).collect();
            }
        }
        reading.numbers = memory.numbers.as_ptr();
        reading.number_count = memory.numbers.len();
        reading.labels = memory.labels.as_ptr();
        reading.label_count = memory.labels.len();
        reading.states = memory.states.as_ptr();
        reading.state_count = memory.states.len();
        let memory = Box::into_raw(memory);
        // SAFETY: it was a box just now.
        let native = unsafe { (*memory).native.as_ref() };
        reading.native = native.map_or(ptr::null(), ptr::from_ref);
        reading.memory = memory;
        reading
    }
}

fn label(pair: &[String]) -> Option<Label> {
    let [name, value] = pair else { return None };
    Some(Label { name: Text::of(name), value: Text::of(value) })
}

impl Memory {
    fn keep(&mut self, native: &metrion_core::NativeHistogram) -> NativeHistogram {
        let side = |buckets: &[(i32, f64)]| {
            buckets
                .iter()
                .map(|(index, count)| NativeBucket { index: *index, count: *count })
                .collect()
        };
        self.positive = side(&native.positive);
        self.negative = side(&native.negative);
        NativeHistogram {
            schema: native.schema,
            zero_threshold: native.zero_threshold,
            zero_count: native.zero_count,
            positive: self.positive.as_ptr(),
            positive_count: self.positive.len(),
            negative: self.negative.as_ptr(),
            negative_count: self.negative.len(),
        }
    }
}

impl NativeHistogram {
    pub(crate) fn read(&self) -> Result<metrion_core::NativeHistogram> {
        let side = |buckets: *const NativeBucket, count| -> Result<Vec<(i32, f64)>> {
            // SAFETY: what callers of the library promise.
            let buckets = unsafe { crate::text::list(buckets, count, "the native buckets")? };
            Ok(buckets.iter().map(|bucket| (bucket.index, bucket.count)).collect())
        };
        Ok(metrion_core::NativeHistogram {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count,
            positive: side(self.positive, self.positive_count)?,
            negative: side(self.negative, self.negative_count)?,
        })
    }
}
