//! Registries, and how this module's JavaScript writes to one.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

use js_sys::Float64Array;
use metrion::{
    Clock, Geometry, NameRules, ProcessWriter, Registry, RegistryMemory, RegistryOptions, SourceId,
};
use wasm_bindgen::prelude::*;

use crate::clock::{HostClock, ManualClock};
use crate::collector::NativeCollector;
use crate::errors::{Result, fault};
use crate::family::NativeFamily;
use crate::memory::numbers;
use crate::options::{Fields, family_options};

/// Cells of which JavaScript gets one typed array: 32 KiB.
const BLOCK_CELLS: u32 = 4096;

thread_local! {
    static SHARED: OnceCell<Registry> = const { OnceCell::new() };
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_random(array: &js_sys::Uint32Array);
}

/// Keys the hashes: the same label values must not collide on every page.
fn hash_seed() -> u64 {
    let halves = js_sys::Uint32Array::new_with_length(2);
    fill_with_random(&halves);
    u64::from(halves.get_index(0)) << 32 | u64::from(halves.get_index(1))
}

/// A registry for JavaScript.
#[wasm_bindgen]
pub struct NativeRegistry {
    pub(crate) registry: Registry,
    writer: Arc<ProcessWriter>,
}

impl NativeRegistry {
    fn over(registry: Registry) -> Self {
        Self { writer: Arc::new(registry.segment().process_writer()), registry }
    }

    fn make(init: &JsValue, clock: Arc<dyn Clock>) -> Result<Registry> {
        let own = Fields(init);
        let geometry = match own.count("maxEntries")? {
            Some(entries) => Geometry::with_entries(entries as usize),
            None => Geometry::default(),
        };
        // Which is refused where there are no processes.
        let shared = own.text("shared")?.map(PathBuf::from);
        let aside = own.flag("moveDamagedAside")?;
        let options = RegistryOptions {
            clock,
            geometry,
            memory: RegistryMemory::from_words(shared, None, aside).map_err(fault)?,
            constant_labels: own.pairs("constantLabels")?,
            name_rules: if own.flag("utf8Names")? { NameRules::Utf8 } else { NameRules::Classic },
            spans: None,
            self_metrics: own.flag("selfMetrics")?,
            hash_seed: hash_seed(),
        };
        Registry::new(options).map_err(fault)
    }
}

#[wasm_bindgen]
impl NativeRegistry {
    /// A registry in memory of its own.
    #[wasm_bindgen(constructor)]
    pub fn new(init: &JsValue) -> Result<Self> {
        Ok(Self::over(Self::make(init, Arc::new(HostClock))?))
    }

    /// One whose time a test sets.
    #[wasm_bindgen(js_name = withClock)]
    pub fn with_clock(init: &JsValue, clock: &ManualClock) -> Result<Self> {
        Ok(Self::over(Self::make(init, clock.shared())?))
    }

    /// The one registry of the page.
    pub fn shared() -> Result<Self> {
        SHARED.with(|shared| {
            if let Some(registry) = shared.get() {
                return Ok(Self::over(registry.clone()));
            }
            let registry = Self::make(&js_sys::Object::new(), Arc::new(HostClock))?;
            Ok(Self::over(shared.get_or_init(|| registry).clone()))
        })
    }

    /// Whether other processes may have it, too: never here.
    #[wasm_bindgen(getter, js_name = isShared)]
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.registry.segment().is_shared()
    }

    /// How many isolates write to the shared registry: a page's module is one isolate's.
    #[must_use]
    pub fn isolates() -> js_sys::Uint32Array {
        let one = js_sys::Uint32Array::new_with_length(1);
        one.set_index(0, 1);
        one
    }

    /// How many cells a block has.
    #[wasm_bindgen(js_name = blockCells)]
    #[must_use]
    pub fn block_cells() -> u32 {
        BLOCK_CELLS
    }

    /// This module's own cells from `first` on.
    #[must_use]
    pub fn cells(&self, first: u32, count: u32) -> Option<Float64Array> {
        numbers(&self.writer.memory(first, count as usize)?)
    }

    /// The cells from `first` on that keep last values.
    #[wasm_bindgen(js_name = commonCells)]
    #[must_use]
    pub fn common_cells(&self, first: u32, count: u32) -> Option<Float64Array> {
        numbers(&self.registry.segment().common_memory(first, count as usize)?)
    }

    /// The family of these options; made when it is new.
    pub fn family(&self, init: &JsValue) -> Result<NativeFamily> {
        let family = self.registry.any_family(family_options(init)?).map_err(fault)?;
        Ok(NativeFamily { family, writer: Arc::clone(&self.writer) })
    }

    /// Takes a family out; its name is free then.
    pub fn unregister(&self, family: &NativeFamily) -> Result<()> {
        self.registry.unregister_family(&family.family).map_err(fault)
    }

    /// Adds a collector.
    pub fn register(&self, collector: &NativeCollector) -> Result<Registration> {
        let id = self.registry.register(collector.shared()).map_err(fault)?;
        Ok(Registration(id))
    }

    /// Takes a collector out.
    #[wasm_bindgen(js_name = unregisterCollector)]
    pub fn unregister_collector(&self, registration: &Registration) -> Result<()> {
        self.registry.unregister(registration.0).map_err(fault)
    }
}

/// Which collector it is.
#[wasm_bindgen]
pub struct Registration(SourceId);
