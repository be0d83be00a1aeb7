//! Registries, and the families that they make.

use metrion_core::{
    GaugeOptions, Registry as CoreRegistry, RegistryOptions as CoreOptions, StateSetOptions,
    default_registry,
};

use crate::handle::{AnyFamily, Family, Registry, with_family};
use crate::options::{FamilyOptions, GaugeMode, HistogramOptions, RegistryOptions, SummaryOptions};
use crate::status::{Result, Status, done, null, returning};
use crate::text::{Text, names};

/// A registry; `options` may be null. It is empty, or, of a file that other processes share, has what they put
/// into it.
///
/// Fails with `limit_reached` when its address space cannot be had, `invalid_name` or `reserved_name` for
/// its constant labels, `invalid_value` for options that make no sense; of a shared file with `damaged` and
/// `other_version` when it cannot be used, `io` when the operating system refuses or it is somebody else's, and
/// `unsupported` where there is no sharing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_registry_new(
    options: Option<&RegistryOptions>,
    out: *mut Registry,
) -> Status {
    let make = || {
        let options = options.map_or_else(|| Ok(CoreOptions::default()), RegistryOptions::read)?;
        Ok(Registry::new(CoreRegistry::new(options)?))
    };
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, make) }
}

/// The registry of the process, the same at every call but for the handle, which is the caller's to free. When
/// the environment variable `METRION_SHARED` has the path of a file, it is shared with all processes that have
/// that path there, and fails as `metrion_registry_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_registry_default(out: *mut Registry) -> Status {
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, || Ok(Registry::new(default_registry()?.clone()))) }
}

/// Gives a handle back. The registry ends with the last of its handles, servers and collectors; what is
/// left of its families and series then writes nowhere visible. A null handle is no error; one that was
/// freed is `not_found`.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_registry_free(registry: Registry) -> Status {
    done(|| registry.free())
}

/// Makes a family, or gets the one of the same schema.
unsafe fn family<T, F: Into<AnyFamily>>(
    registry: Registry,
    options: Option<&T>,
    out: *mut Family,
    make: impl FnOnce(&CoreRegistry, &T) -> Result<F>,
) -> Status {
    let make = || {
        let options = options.ok_or_else(|| null("the options"))?;
        Ok(Family::new(make(registry.get()?, options)?))
    };
    // SAFETY: what callers of the library promise.
    unsafe { returning(out, make) }
}

/// The counter family of these options; made when it is new.
///
/// Fails with `metric_exists` when a family of that name has another schema or a sample name is taken;
/// `invalid_name`, `reserved_name`; `invalid_value` for a wrong expiry; `limit_reached` when the registry is
/// full. The others fail in the same ways.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_counter_family(
    registry: Registry,
    options: Option<&FamilyOptions>,
    out: *mut Family,
) -> Status {
    // SAFETY: what callers of the library promise.
    unsafe { family(registry, options, out, |own, options| own.counter_family(options.read()?)) }
}

/// The gauge family of these options; made when it is new. `mode` is a `metrion_gauge_mode`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_gauge_family(
    registry: Registry,
    options: Option<&FamilyOptions>,
    mode: i32,
    out: *mut Family,
) -> Status {
    let make = |own: &CoreRegistry, options: &FamilyOptions| {
        own.gauge_family(GaugeOptions { family: options.read()?, mode: GaugeMode::read(mode)? })
    };
    // SAFETY: what callers of the library promise.
    unsafe { family(registry, options, out, make) }
}

/// The histogram family of these options; made when it is new. Fails with `invalid_buckets`, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_histogram_family(
    registry: Registry,
    options: Option<&HistogramOptions>,
    out: *mut Family,
) -> Status {
    // SAFETY: what callers of the library promise.
    unsafe { family(registry, options, out, |own, options| own.histogram_family(options.read()?)) }
}

/// The summary family of these options; made when it is new. Fails with `invalid_objectives`, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_summary_family(
    registry: Registry,
    options: Option<&SummaryOptions>,
    out: *mut Family,
) -> Status {
    // SAFETY: what callers of the library promise.
    unsafe { family(registry, options, out, |own, options| own.summary_family(options.read()?)) }
}

/// The info family of these options; made when it is new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_info_family(
    registry: Registry,
    options: Option<&FamilyOptions>,
    out: *mut Family,
) -> Status {
    // SAFETY: what callers of the library promise.
    unsafe { family(registry, options, out, |own, options| own.info_family(options.read()?)) }
}

/// The state-set family of these options with 1 to 53 states, of which the first holds at the start; made
/// when it is new. Fails with `invalid_value` for wrong states, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn metrion_state_set_family(
    registry: Registry,
    options: Option<&FamilyOptions>,
    states: *const Text,
    state_count: usize,
    out: *mut Family,
) -> Status {
    let make = |own: &CoreRegistry, options: &FamilyOptions| {
        let states = names(states, state_count, "the states")?;
        own.state_set_family(StateSetOptions { family: options.read()?, states })
    };
    // SAFETY: what callers of the library promise.
    unsafe { family(registry, options, out, make) }
}

/// Takes a family out of its registry. Handles to it and to its series stay valid and show nowhere; the
/// name is free for another schema. Fails with `not_found` when this family is not in.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_unregister(registry: Registry, family: Family) -> Status {
    done(|| {
        let registry = registry.get()?;
        with_family!(family.get()?, family => registry.unregister_family(family))
    })
}
