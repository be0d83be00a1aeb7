//! Handles: a slot and the generation in which the slot was this handle's.
//!
//! Slots are never given back to the operating system, so that a handle which was freed can be told from
//! one that was not: the generation of its slot has moved on.

use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use metrion_core::exporters::http::HttpServer;
use metrion_core::{
    Bounds, CellAddress, Counter, Error, ErrorCode, Family as CoreFamily, Gauge,
    Handle as AnySeries, Histogram, Info, Registry as CoreRegistry, SourceId, StateSet, Storage,
    Summary, lock,
};

use crate::status::{Result, null};

/// Where updates go. Only the inline functions of the header read it.
#[repr(C)]
pub struct Slot {
    /// Odd while a handle has it.
    generation: AtomicU64,
    /// The segment of the series' cells; 0 when updates take more than adding to cells.
    segment: AtomicU64,
    /// The cell of a gauge that keeps its last value, or null.
    last: AtomicPtr<u64>,
    /// The bounds of a histogram with classic buckets alone, or null.
    bounds: AtomicPtr<Buckets>,
    /// The bits of the least amount that can be added, a double; NaN where nothing can.
    least: AtomicU64,
    /// The first cell to which a thread adds in its own slab.
    cell: AtomicU32,
}

/// A table that finds a value's bucket. Only the inline functions of the header read it.
#[repr(C)]
pub struct Buckets {
    bounds: *const f64,
    /// Of the finite bounds; infinity is behind them.
    count: usize,
    table: *const u16,
    last_place: u64,
    lowest: u64,
    shift: u32,
}

/// What all handles are inside. All zero is the null handle.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Handle {
    slot: *const Slot,
    generation: u64,
}

/// A set of metrics that are exposed together. `metrion_registry_free` gives it back.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Registry {
    pub(crate) handle: Handle,
}

/// A metric family: all series of one name. `metrion_family_free` gives the handle back; the family
/// stays in its registry.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Family {
    pub(crate) handle: Handle,
}

/// One series of a family, or a metric without labels. `metrion_series_free` gives the handle back; the
/// series stays in its family.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Series {
    pub(crate) handle: Handle,
}

/// A collector that is registered. `metrion_collector_free` takes it out.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Collector {
    pub(crate) handle: Handle,
}

/// A running HTTP server. `metrion_server_free` stops it.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Server {
    pub(crate) handle: Handle,
}

impl Default for Handle {
    fn default() -> Self {
        Self { slot: std::ptr::null(), generation: 0 }
    }
}

/// A family of whatever type.
pub(crate) enum AnyFamily {
    Counter(CoreFamily<Counter>),
    Gauge(CoreFamily<Gauge>),
    Histogram(CoreFamily<Histogram>),
    Summary(CoreFamily<Summary>),
    Info(CoreFamily<Info>),
    StateSet(CoreFamily<StateSet>),
}

/// Does the same with whatever type of family it is.
macro_rules! with_family {
    ($any:expr, $family:ident => $body:expr) => {
        match $any {
            crate::handle::AnyFamily::Counter($family) => $body,
            crate::handle::AnyFamily::Gauge($family) => $body,
            crate::handle::AnyFamily::Histogram($family) => $body,
            crate::handle::AnyFamily::Summary($family) => $body,
            crate::handle::AnyFamily::Info($family) => $body,
            crate::handle::AnyFamily::StateSet($family) => $body,
        }
    };
}
pub(crate) use with_family;

/// From a type of metric to its variant.
macro_rules! variants {
    ($($name:ident)*) => {
        $(
            impl From<CoreFamily<$name>> for AnyFamily {
                fn from(family: CoreFamily<$name>) -> Self {
                    Self::$name(family)
                }
            }
        )*
    };
}
variants! { Counter Gauge Histogram Summary Info StateSet }

/// What a slot holds.
enum Object {
    Registry(CoreRegistry),
    Family(AnyFamily),
    /// With what the slot's `bounds` points to.
    Series(AnySeries, #[allow(dead_code, reason = "kept for C")] Option<Box<Buckets>>),
    Collector(CoreRegistry, SourceId),
    Server(HttpServer),
}

/// A slot as the library has it: what C sees is its first field.
///
/// Invariant: while the generation is odd, `object` is of a box that nobody changes.
#[repr(C)]
struct Place {
    slot: Slot,
    object: AtomicPtr<Object>,
}

// Calls of all threads share what `object` points to.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Object>();
};

/// All places, so that they can be reached, and those that are free.
struct Places {
    all: Vec<&'static Place>,
    free: Vec<&'static Place>,
}

static PLACES: Mutex<Places> = Mutex::new(Places { all: Vec::new(), free: Vec::new() });

// SAFETY: the pointers are to the bounds and the table of a `Bounds`, which never change; the series
// beside it keeps them.
unsafe impl Send for Buckets {}
// SAFETY: as above.
unsafe impl Sync for Buckets {}

fn free_place() -> &'static Place {
    let mut places = lock(&PLACES);
    if let Some(place) = places.free.pop() {
        return place;
    }
    let place: &'static Place = Box::leak(Box::new(Place::empty()));
    places.all.push(place);
    place
}

impl Place {
    fn empty() -> Self {
        let slot = Slot {
            generation: AtomicU64::new(0),
            segment: AtomicU64::new(0),
            last: AtomicPtr::default(),
            bounds: AtomicPtr::default(),
            least: AtomicU64::new(0),
            cell: AtomicU32::new(u32::MAX),
        };
        Self { slot, object: AtomicPtr::default() }
    }
}

impl Handle {
    fn new(object: Object) -> Self {
        let place = free_place();
        place.slot.describe(&object);
        place.object.store(Box::into_raw(Box::new(object)), Ordering::Relaxed);
        // Odd now. Release: whoever finds this generation finds what it is of.
        let generation = place.slot.generation.fetch_add(1, Ordering::Release) + 1;
        Self { slot: &raw const place.slot, generation }
    }

    pub(crate) fn is_null(self) -> bool {
        self.slot.is_null()
    }

    fn place(self, what: &str) -> Result<&'static Place> {
        if self.is_null() {
            return Err(null(what));
        }
        // SAFETY: a handle's slot is the first field of a place, which is never freed; callers promise
        // that a handle which is not null is one that the library gave them.
        Ok(unsafe { &*self.slot.cast::<Place>() })
    }

    /// What the handle is of, for the time of one call.
    fn object(&self, what: &str) -> Result<&Object> {
        let place = self.place(what)?;
        if place.slot.generation.load(Ordering::Acquire) != self.generation {
            return Err(freed(what));
        }
        // SAFETY: the handle is not freed yet, so the pointer is of a box that nobody changes; and callers
        // promise not to free it while a call with it goes on, which the result does not outlive.
        let object = unsafe { place.object.load(Ordering::Relaxed).as_ref() };
        object.ok_or_else(|| freed(what))
    }

    /// Ends the handle, and every copy of it. What it held is dropped without a lock, as that may run
    /// foreign code.
    fn free(self, what: &str) -> Result<()> {
        if self.is_null() {
            return Ok(());
        }
        let place = self.place(what)?;
        let ended = place.slot.generation.compare_exchange(
            self.generation,
            self.generation + 1,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        if ended.is_err() {
            return Err(freed(what));
        }
        let object = place.object.swap(std::ptr::null_mut(), Ordering::Relaxed);
        lock(&PLACES).free.push(place);
        if object.is_null() {
            return Ok(());
        }
        // SAFETY: `new` had it from a box, and who ended the generation is the only one to take it.
        let object = unsafe { Box::from_raw(object) };
        if let Object::Collector(registry, id) = &*object {
            // It may be gone with its registry.
            let _gone = registry.unregister(*id);
        }
        Ok(())
    }
}

impl Slot {
    /// Says where updates of a series go; nowhere for everything else.
    fn describe(&self, object: &Object) {
        let (address, last, bounds) = match object {
            Object::Series(AnySeries::Counter(counter), _) => {
                (Some(counter.address()), false, None)
            }
            Object::Series(AnySeries::Gauge(gauge), _) => match gauge.storage() {
                Storage::Last => (Some(gauge.address()), true, None),
                Storage::Sum | Storage::Bound => (Some(gauge.address()), false, None),
                Storage::Own => (None, false, None),
            },
            Object::Series(AnySeries::Histogram(histogram), Some(buckets)) => {
                (Some(histogram.address()), false, Some(&**buckets))
            }
            _ => (None, false, None),
        };
        let (segment, cell, word) = match address {
            None => (0, u32::MAX, None),
            Some(CellAddress { segment, first }) if last => {
                (segment.id(), u32::MAX, segment.common_word(first))
            }
            Some(CellAddress { segment, first }) => (segment.id(), first, None),
        };
        let word = word.map_or(std::ptr::null_mut(), |word| word.as_ptr());
        let bounds = bounds.map_or(std::ptr::null(), std::ptr::from_ref).cast_mut();
        let least = match object {
            Object::Series(AnySeries::Counter(_), _) => 0.0,
            Object::Series(AnySeries::Gauge(_), _) => f64::NEG_INFINITY,
            _ => f64::NAN,
        };
        self.least.store(least.to_bits(), Ordering::Relaxed);
        self.segment.store(segment, Ordering::Relaxed);
        self.last.store(word, Ordering::Relaxed);
        self.bounds.store(bounds, Ordering::Relaxed);
        self.cell.store(cell, Ordering::Relaxed);
    }
}

impl Buckets {
    /// The table of a histogram whose observations are two cells; none for any other.
    fn of(series: &AnySeries) -> Option<Box<Self>> {
        let AnySeries::Histogram(histogram) = series else { return None };
        if histogram.is_native() {
            return None;
        }
        let table = Bounds::table(histogram.bounds());
        Some(Box::new(Self {
            bounds: table.bounds.as_ptr(),
            count: table.bounds.len() - 1,
            table: table.table.as_ptr(),
            last_place: table.table.len() as u64 - 1,
            lowest: table.lowest,
            shift: table.shift,
        }))
    }
}

fn freed(what: &str) -> Error {
    Error::new(ErrorCode::NotFound, format!("{what} was freed already"))
}

fn wrong_kind(what: &str) -> Error {
    Error::new(ErrorCode::InvalidValue, format!("the handle is not that of {what}"))
}

impl Registry {
    pub(crate) fn new(registry: CoreRegistry) -> Self {
        Self { handle: Handle::new(Object::Registry(registry)) }
    }

    pub(crate) fn get(&self) -> Result<&CoreRegistry> {
        match self.handle.object("the registry")? {
            Object::Registry(registry) => Ok(registry),
            _ => Err(wrong_kind("a registry")),
        }
    }

    pub(crate) fn free(self) -> Result<()> {
        self.handle.free("the registry")
    }
}

impl Family {
    pub(crate) fn new(family: impl Into<AnyFamily>) -> Self {
        Self { handle: Handle::new(Object::Family(family.into())) }
    }

    pub(crate) fn get(&self) -> Result<&AnyFamily> {
        match self.handle.object("the family")? {
            Object::Family(family) => Ok(family),
            _ => Err(wrong_kind("a family")),
        }
    }

    pub(crate) fn free(self) -> Result<()> {
        self.handle.free("the family")
    }
}

impl Series {
    pub(crate) fn new(series: impl Into<AnySeries>) -> Self {
        let series = series.into();
        let buckets = Buckets::of(&series);
        Self { handle: Handle::new(Object::Series(series, buckets)) }
    }

    pub(crate) fn get(&self) -> Result<&AnySeries> {
        match self.handle.object("the series")? {
            Object::Series(series, _) => Ok(series),
            _ => Err(wrong_kind("a series")),
        }
    }

    pub(crate) fn free(self) -> Result<()> {
        self.handle.free("the series")
    }
}

impl Collector {
    pub(crate) fn new(registry: CoreRegistry, id: SourceId) -> Self {
        Self { handle: Handle::new(Object::Collector(registry, id)) }
    }

    pub(crate) fn free(self) -> Result<()> {
        self.handle.free("the collector")
    }
}

impl Server {
    pub(crate) fn new(server: HttpServer) -> Self {
        Self { handle: Handle::new(Object::Server(server)) }
    }

    pub(crate) fn port(self) -> Result<u16> {
        match self.handle.object("the server")? {
            Object::Server(server) => Ok(server.local_addr().port()),
            _ => Err(wrong_kind("a server")),
        }
    }

    pub(crate) fn free(self) -> Result<()> {
        self.handle.free("the server")
    }
}
