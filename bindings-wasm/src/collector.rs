//! Families that JavaScript makes at collection.

use std::sync::{Arc, Mutex, PoisonError};

use metrion::exposition::sample_family::{
    NativeSample, Sample, SampleFamily as CoreFamily, fit_with,
};
use metrion::{
    Collector, Exemplar, FamilySnapshot, LabelSets, MetricType, NativeHistogram, Quoted,
    Result as CoreResult, Schema,
};
use wasm_bindgen::prelude::*;

use crate::errors::Result;
use crate::options::{Fields, as_pairs, invalid};

/// What a collector gave last: JavaScript gives it before each collection.
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
            match fit_with(family, read_number) {
                Ok(snapshots) => all.extend(snapshots.into_iter().map(Ok)),
                Err(error) => all.push(Err(error)),
            }
        }
        all
    }
}

/// The number that a label says. JavaScript reads decimal ones as the core does elsewhere.
fn read_number(text: &str) -> Option<f64> {
    let (sign, name) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if ["inf", "infinity"].iter().any(|word| name.eq_ignore_ascii_case(word)) {
        return Some(sign * f64::INFINITY);
    }
    if text.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    // What else JavaScript takes, as nothing, spaces, `0x1`, is no number here.
    let is_decimal = !text.is_empty()
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let number = JsValue::from_str(text).unchecked_into_f64();
    (is_decimal && number.is_finite()).then_some(number)
}

/// A collector of JavaScript.
#[wasm_bindgen]
pub struct NativeCollector(Arc<Slot>);

#[wasm_bindgen]
impl NativeCollector {
    /// One that says before what it will give: a list of `SampleFamily` of `native_module.ts`.
    #[wasm_bindgen(constructor)]
    pub fn new(described: Vec<JsValue>) -> Result<Self> {
        let schemas = described.iter().map(|family| {
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
    pub fn set(&self, families: Vec<JsValue>) -> Result<()> {
        let families = families.iter().map(core_family).collect::<Result<Vec<_>>>()?;
        *self.0.families.lock().unwrap_or_else(PoisonError::into_inner) = families;
        Ok(())
    }

    pub(crate) fn shared(&self) -> Arc<dyn Collector> {
        Arc::clone(&self.0) as Arc<dyn Collector>
    }
}

fn core_family(own: &JsValue) -> Result<CoreFamily> {
    let own = Fields(own);
    let kind = own.text("kind")?.unwrap_or_default();
    let metric_type = MetricType::from_word(&kind);
    let samples = own.objects("samples")?.unwrap_or_default();
    Ok(CoreFamily {
        name: own.text("name")?.unwrap_or_default(),
        help: own.text("help")?.unwrap_or_default(),
        unit: own.text("unit")?.unwrap_or_default(),
        metric_type: metric_type
            .ok_or_else(|| invalid(&format!("there is no type of metric {:?}", Quoted(&kind))))?,
        samples: samples.iter().map(core_sample).collect::<Result<Vec<_>>>()?,
    })
}

fn core_sample(own: &JsValue) -> Result<Sample> {
    let own = Fields(own);
    let sum = own.number("nativeSum")?.unwrap_or_default();
    let buckets = own.get("native")?.as_ref().map(core_buckets).transpose()?;
    Ok(Sample {
        name: own.text("name")?.unwrap_or_default(),
        labels: own.pairs("labels")?,
        value: own.number("value")?.ok_or_else(|| invalid("a sample has a value"))?,
        timestamp: own.number("timestamp")?,
        timestamp_text: None,
        exemplar: own.get("exemplar")?.as_ref().map(core_exemplar).transpose()?,
        native: buckets.map(|buckets| NativeSample { buckets, sum, exemplars: Vec::new() }),
    })
}

fn core_exemplar(own: &JsValue) -> Result<Exemplar> {
    let own = Fields(own);
    let pairs = own.pairs("labels")?;
    let mut labels = LabelSets::default();
    labels.push(as_pairs(&pairs).into_iter());
    let value = own.number("value")?.ok_or_else(|| invalid("an exemplar has a value"))?;
    Ok(Exemplar::from_label_text(labels.text(0).to_owned(), value, own.number("timestamp")?))
}

fn core_buckets(own: &JsValue) -> Result<NativeHistogram> {
    let own = Fields(own);
    let side = |name| {
        let flat = own.numbers(name)?.unwrap_or_default();
        let pairs = flat.chunks_exact(2).filter_map(|pair| match pair {
            [index, count] => Some((*index as i32, *count)),
            _ => None,
        });
        Ok::<_, JsValue>(pairs.collect())
    };
    Ok(NativeHistogram {
        schema: own.whole("schema")?.unwrap_or_default() as i8,
        zero_threshold: own.number("zeroThreshold")?.unwrap_or_default(),
        zero_count: own.number("zeroCount")?.unwrap_or_default(),
        positive: side("positive")?,
        negative: side("negative")?,
    })
}
