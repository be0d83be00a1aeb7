//! What JavaScript says in objects, as the core takes it.

use js_sys::{Array, Reflect};
use metrion::{AnyFamilyOptions, AnyNativeOptions, Error, ErrorCode, FamilyOptions};
use wasm_bindgen::{JsCast, JsValue};

use crate::errors::{Result, fault};

/// The fields of an object. `undefined` and `null` are `None`; another type than the one that is asked
/// for is `invalid_value`.
pub(crate) struct Fields<'a>(pub(crate) &'a JsValue);

impl Fields<'_> {
    /// A field as it is.
    pub(crate) fn get(&self, name: &str) -> Result<Option<JsValue>> {
        let value = Reflect::get(self.0, &name.into())
            .map_err(|_| invalid("an object with options is needed"))?;
        Ok((!value.is_undefined() && !value.is_null()).then_some(value))
    }

    fn convert<T>(
        &self,
        name: &str,
        what: &str,
        convert: impl FnOnce(&JsValue) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        let converted =
            convert(&value).ok_or_else(|| invalid(&format!("{name} must be {what}")))?;
        Ok(Some(converted))
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        self.convert(name, "a string", JsValue::as_string)
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>> {
        self.convert(name, "a number", JsValue::as_f64)
    }

    /// A whole number; it becomes the nearest one within 32 bits.
    pub(crate) fn whole(&self, name: &str) -> Result<Option<i32>> {
        Ok(self.number(name)?.map(|number| number as i32))
    }

    /// A count; it becomes the nearest one within 32 bits.
    pub(crate) fn count(&self, name: &str) -> Result<Option<u32>> {
        Ok(self.number(name)?.map(|number| number as u32))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool> {
        Ok(self.convert(name, "true or false", JsValue::as_bool)?.unwrap_or_default())
    }

    fn list<T>(
        &self,
        name: &str,
        what: &str,
        convert: impl FnMut(JsValue) -> Option<T>,
    ) -> Result<Option<Vec<T>>> {
        self.convert(name, what, |value| {
            value.dyn_ref::<Array>()?.iter().map(convert).collect::<Option<Vec<_>>>()
        })
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        self.list(name, "a list of strings", |value| value.as_string())
    }

    pub(crate) fn numbers(&self, name: &str) -> Result<Option<Vec<f64>>> {
        self.list(name, "a list of numbers", |value| value.as_f64())
    }

    pub(crate) fn objects(&self, name: &str) -> Result<Option<Vec<JsValue>>> {
        self.list(name, "a list", Some)
    }

    /// Names and values in turn, as pairs.
    pub(crate) fn pairs(&self, name: &str) -> Result<Vec<(String, String)>> {
        Ok(pairs_of(self.texts(name)?.unwrap_or_default()))
    }
}

/// The error for a value of a wrong type.
pub(crate) fn invalid(message: &str) -> JsValue {
    fault(Error::new(ErrorCode::InvalidValue, message))
}

/// The pairs of a list of names and values in turn.
pub(crate) fn pairs_of(flat: Vec<String>) -> Vec<(String, String)> {
    let mut rest = flat.into_iter();
    std::iter::from_fn(|| Some((rest.next()?, rest.next()?))).collect()
}

/// The same, as the core takes them.
pub(crate) fn as_pairs(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The options of a family, `FamilyInit` of `native_module.ts`.
pub(crate) fn family_options(init: &JsValue) -> Result<AnyFamilyOptions> {
    let own = Fields(init);
    Ok(AnyFamilyOptions {
        kind: own.text("kind")?.unwrap_or_default(),
        family: FamilyOptions {
            name: own.text("name")?.unwrap_or_default(),
            help: own.text("help")?.unwrap_or_default(),
            namespace: own.text("namespace")?.unwrap_or_default(),
            subsystem: own.text("subsystem")?.unwrap_or_default(),
            unit: own.text("unit")?.unwrap_or_default(),
            label_names: own.texts("labelNames")?.unwrap_or_default(),
            constant_labels: own.pairs("constantLabels")?,
            max_series: own.count("maxSeries")?.map(|most| most as usize),
            expire_after_seconds: own.number("expireAfter")?,
        },
        mode: own.text("mode")?,
        buckets: own.numbers("buckets")?,
        native: own.get("native")?.as_ref().map(native_options).transpose()?,
        objectives: own.numbers("objectives")?.unwrap_or_default(),
        max_age_seconds: own.number("maxAgeSeconds")?,
        age_buckets: own.count("ageBuckets")?.map(|count| count as usize),
        states: own.texts("states")?.unwrap_or_default(),
    })
}

fn native_options(init: &JsValue) -> Result<AnyNativeOptions> {
    let own = Fields(init);
    Ok(AnyNativeOptions {
        schema: own.whole("schema")?,
        factor: own.number("factor")?,
        max_buckets: own.count("maxBuckets")?.map(|most| most as usize),
        zero_threshold: own.number("zeroThreshold")?,
        max_zero_threshold: own.number("maxZeroThreshold")?,
        min_reset_seconds: own.number("minResetSeconds")?,
    })
}
