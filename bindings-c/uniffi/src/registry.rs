//! Registries, and the families that they make.

use std::sync::Arc;

use metrion as core;
use metrion::{GaugeMode, ProcessCollector, ProcessOptions, SourceId, default_registry};

use crate::clock::ManualClock;
use crate::collector::{Collector, register};
use crate::error::Result;
use crate::family::{AnyFamily, Family, with_family};
use crate::options::{FamilyOptions, HistogramOptions, RegistryOptions, SummaryOptions};

/// A set of metrics that are exposed together.
#[derive(uniffi::Object)]
pub struct Registry(pub(crate) core::Registry);

/// A collector that is registered.
#[derive(uniffi::Object)]
pub struct Registration(SourceId);

impl Registry {
    fn family<M: core::Metric>(&self, family: core::Result<core::Family<M>>) -> Result<Arc<Family>>
    where
        AnyFamily: From<core::Family<M>>,
    {
        Ok(Family::shared(family?))
    }
}

#[uniffi::export]
impl Registry {
    /// A registry, in memory of its own or in a file that processes share.
    #[uniffi::constructor]
    pub fn new(options: RegistryOptions) -> Result<Self> {
        Ok(Self(core::Registry::new(options.into_core()?)?))
    }

    /// One whose time a test sets.
    #[uniffi::constructor]
    pub fn with_clock(options: RegistryOptions, clock: &ManualClock) -> Result<Self> {
        let options = core::RegistryOptions { clock: clock.shared(), ..options.into_core()? };
        Ok(Self(core::Registry::new(options)?))
    }

    /// The registry of the process; `METRION_SHARED` in the environment shares it with others.
    #[uniffi::constructor]
    pub fn of_process() -> Result<Self> {
        Ok(Self(default_registry()?.clone()))
    }

    /// The counter family of these options; made when it is new.
    pub fn counter(&self, options: FamilyOptions) -> Result<Arc<Family>> {
        self.family(self.0.counter_family(options.into_core()?))
    }

    /// The gauge family of these options; made when it is new. `mode` is `last`, `up_down`, or a word of
    /// prometheus_client.
    pub fn gauge(&self, options: FamilyOptions, mode: &str) -> Result<Arc<Family>> {
        let (family, mode) = (options.into_core()?, GaugeMode::from_word(mode)?);
        self.family(self.0.gauge_family(core::GaugeOptions { family, mode }))
    }

    /// The histogram family of these options; made when it is new.
    pub fn histogram(&self, options: HistogramOptions) -> Result<Arc<Family>> {
        self.family(self.0.histogram_family(options.into_core()?))
    }

    /// The summary family of these options; made when it is new.
    pub fn summary(&self, options: SummaryOptions) -> Result<Arc<Family>> {
        self.family(self.0.summary_family(options.into_core()?))
    }

    /// The info family of these options; made when it is new.
    pub fn info(&self, options: FamilyOptions) -> Result<Arc<Family>> {
        self.family(self.0.info_family(options.into_core()?))
    }

    /// The state-set family of these options; made when it is new.
    pub fn state_set(&self, options: FamilyOptions, states: Vec<String>) -> Result<Arc<Family>> {
        let family = options.into_core()?;
        self.family(self.0.state_set_family(core::StateSetOptions { family, states }))
    }

    /// Takes a family out; its name is free then.
    pub fn unregister(&self, family: &Family) -> Result<()> {
        with_family!(&family.0, family => Ok(self.0.unregister_family(family)?))
    }

    /// Adds a collector. It is called once now, and at every collection.
    pub fn register(&self, collector: Box<dyn Collector>) -> Result<Arc<Registration>> {
        Ok(Arc::new(Registration(register(&self.0, collector)?)))
    }

    /// Adds the memory, CPU time and open files of the process. Its names begin with `namespace`, if
    /// that is not empty.
    pub fn register_process(&self, namespace: String) -> Result<Arc<Registration>> {
        let options = ProcessOptions { namespace, ..ProcessOptions::default() };
        Ok(Arc::new(Registration(self.0.register(Arc::new(ProcessCollector::new(options)))?)))
    }

    /// Takes a collector out.
    pub fn unregister_collector(&self, registration: &Registration) -> Result<()> {
        Ok(self.0.unregister(registration.0)?)
    }
}
