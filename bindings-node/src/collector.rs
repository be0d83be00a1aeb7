//! Families that JavaScript makes at collection.

use std::sync::{Arc, Mutex, PoisonError};

use metrion::exposition::sample_family::{NativeSample, Sample, SampleFamily as CoreFamily, fit};
use metrion::{
    Collector, Error, ErrorCode, Exemplar, FamilySnapshot, LabelSets, MetricType, NativeHistogram,
    Result as CoreResult, Schema,
};
use napi_derive::napi;

use crate::child::NativeBuckets;
use crate::errors::{Result, fault};
use crate::options::{as_pairs, pairs_of};

/// A family as an exposition shows it, sample by sample.
#[napi(object)]
pub struct SampleFamily {
    /// The name, a counter's without `_total`.
    pub name: String,
    /// The type, as in a `# TYPE` line.
    pub kind: String,
    /// The help text.
    pub help: String,
    /// The unit.
    pub unit: String,
    /// The samples, in the order in which they are shown.
    pub samples: Vec<FamilySample>,
}

/// One line of an exposition.
#[napi(object)]
pub struct FamilySample {
    /// Its own name.
    pub name: String,
    /// Names and values of all labels in turn.
    pub labels: Vec<String>,
    /// The number.
    pub value: f64,
    /// Of when it is, in Unix seconds.
    pub timestamp: Option<f64>,
    /// An update that stands for others.
    pub exemplar: Option<SampleExemplar>,
    /// The buckets of a whole native histogram.
    pub native: Option<NativeBuckets>,
    /// Its sum.
    pub native_sum: Option<f64>,
}

/// An update that stands for others.
#[napi(object)]
pub struct SampleExemplar {
    /// Names and values in turn.
    pub labels: Vec<String>,
    /// What was added or observed.
    pub value: f64,
    /// In Unix seconds.
    pub timestamp: Option<f64>,
}

/// What a collector gave last: JavaScript gives it before each collection, as collections run on
/// another thread.
#[derive(Default)]
pub(crate) struct Slot {
    described: Vec<Schema>,
    families: Mutex<Vec<CoreFamily>>,
}

impl Collector for Slot {
    fn describe(&self) -> Vec<Schema> {
        self.described.clone()
    }

    fn collect(&self) -> Vec<FamilySnapshot> {
        self.try_collect().into_iter().flatten().collect()
    }

    fn try_collect(&self) -> Vec<CoreResult<FamilySnapshot>> {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        for family in families.iter() {
            match fit(family) {
                Ok(snapshots) => all.extend(snapshots.into_iter().map(Ok)),
                Err(error) => all.push(Err(error)),
            }
        }
        all
    }
}

/// A collector of JavaScript.
#[napi]
pub struct NativeCollector(Arc<Slot>);

#[napi]
impl NativeCollector {
    /// One that says before what it will give.
    #[napi(constructor, catch_unwind)]
    pub fn new(described: Vec<SampleFamily>) -> Result<Self> {
        let schemas = described.into_iter().map(|family| {
            let family = core_family(family)?;
            // The names that it takes. A state set, whose states nobody has said yet, takes those of a gauge.
            let metric_type = match family.metric_type {
                MetricType::StateSet => MetricType::Gauge,
                other => other,
            };
            Ok(Schema::new(family.name, metric_type))
        });
        let described = schemas.collect::<Result<Vec<_>>>()?;
        Ok(Self(Arc::new(Slot { described, ..Slot::default() })))
    }

    /// What it gives from now on.
    #[napi(catch_unwind)]
    pub fn set(&self, families: Vec<SampleFamily>) -> Result<()> {
        let families = families.into_iter().map(core_family).collect::<Result<Vec<_>>>()?;
        *self.0.families.lock().unwrap_or_else(PoisonError::into_inner) = families;
        Ok(())
    }

    pub(crate) fn shared(&self) -> Arc<dyn Collector> {
        Arc::clone(&self.0) as Arc<dyn Collector>
    }
}

fn core_family(own: SampleFamily) -> Result<CoreFamily> {
    let metric_type = MetricType::from_word(&own.kind);
    let metric_type = metric_type.ok_or_else(|| {
        let message = format!("there is no type of metric {:?}", own.kind);
        fault(Error::new(ErrorCode::InvalidValue, message))
    })?;
    let samples = own.samples.into_iter().map(core_sample).collect();
    Ok(CoreFamily { name: own.name, help: own.help, unit: own.unit, metric_type, samples })
}

fn core_sample(own: FamilySample) -> Sample {
    let sum = own.native_sum.unwrap_or_default();
    Sample {
        name: own.name,
        labels: pairs_of(own.labels),
        value: own.value,
        timestamp: own.timestamp,
        timestamp_text: None,
        exemplar: own.exemplar.map(core_exemplar),
        native: own.native.map(|buckets| NativeSample {
            buckets: core_buckets(buckets),
            sum,
            exemplars: Vec::new(),
        }),
    }
}

fn core_exemplar(own: SampleExemplar) -> Exemplar {
    let pairs = pairs_of(own.labels);
    let mut labels = LabelSets::default();
    labels.push(as_pairs(&pairs).into_iter());
    Exemplar::from_label_text(labels.text(0).to_owned(), own.value, own.timestamp)
}

fn core_buckets(own: NativeBuckets) -> NativeHistogram {
    let side = |flat: Vec<f64>| {
        let pairs = flat.chunks_exact(2).filter_map(|pair| match pair {
            [index, count] => Some((*index as i32, *count)),
            _ => None,
        });
        pairs.collect()
    };
    NativeHistogram {
        schema: own.schema as i8,
        zero_threshold: own.zero_threshold,
        zero_count: own.zero_count,
        positive: side(own.positive),
        negative: side(own.negative),
    }
}
