//! Registries, and how this isolate writes to one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrion::{
    Geometry, Handle, NameRules, ProcessWriter, Registry, RegistryMemory, RegistryOptions,
    SourceId, default_registry,
};
use napi::Env;
use napi::bindgen_prelude::Unknown;
use napi_derive::napi;

use crate::clock::ManualClock;
use crate::collector::NativeCollector;
use crate::errors::{Result, fault, of_node};
use crate::family::NativeFamily;
use crate::memory::{integer, numbers};
use crate::options::{FamilyInit, RegistryInit, pairs_of};

/// Cells of which JavaScript gets one typed array: 32 KiB.
const BLOCK_CELLS: u32 = 4096;

/// How many isolates of this process write to the default registry.
static ISOLATES: AtomicU32 = AtomicU32::new(0);

/// The writer that an isolate is: one thread, which runs all of its JavaScript. Nothing is left of it
/// when the isolate has ended.
pub(crate) struct Writer(Mutex<Option<ProcessWriter>>);

impl Writer {
    fn new(registry: &Registry) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(registry.segment().process_writer()))))
    }

    fn lock(&self) -> MutexGuard<'_, Option<ProcessWriter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first of the cells that are all that an update of this series changes.
    pub(crate) fn cell_of(&self, handle: &Handle) -> Option<u32> {
        handle.cells(self.lock().as_ref()?)?.first_cell()
    }
}

/// A registry for JavaScript.
#[napi]
pub struct NativeRegistry {
    pub(crate) registry: Registry,
    writer: Arc<Writer>,
}

impl NativeRegistry {
    fn over(init: RegistryInit, clock: Option<&ManualClock>) -> Result<Self> {
        let defaults = RegistryOptions::default();
        let shared = init.shared.map(PathBuf::from);
        let aside = init.move_damaged_aside.unwrap_or_default();
        let options = RegistryOptions {
            clock: clock.map_or(defaults.clock, ManualClock::shared),
            geometry: init
                .max_entries
                .map_or(defaults.geometry, |most| Geometry::with_entries(most as usize)),
            memory: RegistryMemory::from_words(shared, None, aside).map_err(fault)?,
            constant_labels: pairs_of(init.constant_labels.unwrap_or_default()),
            name_rules: match init.utf8_names {
                Some(true) => NameRules::Utf8,
                _ => NameRules::Classic,
            },
            spans: None,
            self_metrics: init.self_metrics.unwrap_or_default(),
        };
        let registry = Registry::new(options).map_err(fault)?;
        Ok(Self { writer: Writer::new(&registry), registry })
    }
}

#[napi]
impl NativeRegistry {
    /// A registry in memory of its own, or in a file that processes share.
    #[napi(constructor, catch_unwind)]
    pub fn new(init: RegistryInit) -> Result<Self> {
        Self::over(init, None)
    }

    /// One whose time a test sets.
    #[napi(factory, catch_unwind)]
    pub fn with_clock(init: RegistryInit, clock: &ManualClock) -> Result<Self> {
        Self::over(init, Some(clock))
    }

    /// The one registry that all isolates of the process share.
    #[napi(factory, catch_unwind)]
    pub fn shared(env: Env) -> Result<Self> {
        let registry = default_registry().map_err(fault)?.clone();
        let writer = Writer::new(&registry);
        ISOLATES.fetch_add(1, Ordering::Relaxed);
        // No JavaScript of this isolate runs after its hooks: its slab may be another writer's then.
        env.add_env_cleanup_hook(Arc::clone(&writer), |writer| {
            drop(writer.lock().take());
            ISOLATES.fetch_sub(1, Ordering::Relaxed);
        })
        .map_err(of_node)?;
        Ok(Self { registry, writer })
    }

    /// Whether other processes may have it, too.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.registry.segment().is_shared()
    }

    /// Says that this process shows the registry to scrapers: a warning when another one does so, too, once.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn announce_exporter(&self) -> Option<String> {
        self.registry.announce_exporter()
    }

    /// How many isolates write to the shared registry, as an array of one number; `null` where
    /// JavaScript cannot see it.
    #[napi(catch_unwind)]
    pub fn isolates(env: Env) -> Result<Option<Unknown<'static>>> {
        integer(&env, &ISOLATES)
    }

    /// How many cells a block has.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn block_cells() -> u32 {
        BLOCK_CELLS
    }

    /// This isolate's own cells from `first` on; `null` where it has none: updates are calls then.
    #[napi(catch_unwind)]
    pub fn cells(&self, env: Env, first: u32, count: u32) -> Result<Option<Unknown<'static>>> {
        let memory = self.writer.lock().as_ref().and_then(|own| own.memory(first, count as usize));
        memory.map_or(Ok(None), |memory| numbers(&env, memory))
    }

    /// The cells from `first` on that all writers share: last values, which are only stored.
    #[napi(catch_unwind)]
    pub fn common_cells(
        &self,
        env: Env,
        first: u32,
        count: u32,
    ) -> Result<Option<Unknown<'static>>> {
        let memory = self.registry.segment().common_memory(first, count as usize);
        memory.map_or(Ok(None), |memory| numbers(&env, memory))
    }

    /// The family of these options; made when it is new.
    #[napi(catch_unwind)]
    pub fn family(&self, init: FamilyInit) -> Result<NativeFamily> {
        let family = self.registry.any_family(init.into_options()).map_err(fault)?;
        Ok(NativeFamily { family, writer: Arc::clone(&self.writer) })
    }

    /// Takes a family out; its name is free then.
    #[napi(catch_unwind)]
    pub fn unregister(&self, family: &NativeFamily) -> Result<()> {
        self.registry.unregister_family(&family.family).map_err(fault)
    }

    /// Adds a collector.
    #[napi(catch_unwind)]
    pub fn register(&self, collector: &NativeCollector) -> Result<Registration> {
        let id = self.registry.register(collector.shared()).map_err(fault)?;
        Ok(Registration(id))
    }

    /// Takes a collector out.
    #[napi(catch_unwind)]
    pub fn unregister_collector(&self, registration: &Registration) -> Result<()> {
        self.registry.unregister(registration.0).map_err(fault)
    }
}

/// Which collector it is.
#[napi]
pub struct Registration(SourceId);
