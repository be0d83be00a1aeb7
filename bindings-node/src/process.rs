//! The core's metrics of a process.
#![allow(unreachable_pub)] // classes that the macro exports

use std::collections::HashMap;

use metrion::{Collector, ProcessCollector, ProcessOptions};
use napi_derive::napi;

/// Reads what this process takes of the machine.
#[napi]
pub struct NativeProcess(ProcessCollector);

#[napi]
impl NativeProcess {
    /// One for the process that asks.
    #[napi(constructor, catch_unwind)]
    #[must_use]
    #[allow(clippy::new_without_default)] // JavaScript has constructors only
    pub fn new() -> Self {
        let options = ProcessOptions { details: true, ..ProcessOptions::default() };
        Self(ProcessCollector::new(options))
    }

    /// The help texts by the names of the families, a counter's without `_total`.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn help(&self) -> HashMap<String, String> {
        self.0.describe().into_iter().map(|schema| (schema.name, schema.help)).collect()
    }

    /// The numbers by the names of the families: those that can be read, none where there is no `/proc`.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn read(&self) -> HashMap<String, f64> {
        let families = self.0.collect();
        let number = |family: &metrion::FamilySnapshot| {
            Some((family.schema().name.clone(), *family.values().first()?))
        };
        families.iter().filter_map(number).collect()
    }
}
