//! Functions of the caller, with what belongs to them.

use std::ffi::{c_char, c_void};

use metrion_core::{Clock, Error, ErrorCode};

use crate::handle::{AnyFamily, Family, Series};
use crate::status::{Status, done, null};
use metrion_core::Handle as AnySeries;

/// Gives the time in seconds since the Unix epoch. It must not call Metrion.
pub type ClockFunction = Option<unsafe extern "C" fn(user: *mut c_void) -> f64>;

/// Writes a value and returns true; false leaves the series out of this collection. No lock is held.
pub type ValueFunction = Option<unsafe extern "C" fn(user: *mut c_void, value: *mut f64) -> bool>;

/// Hears of something that people should know, in UTF-8. The text is good during the call. No lock is held.
pub type WarningFunction = Option<unsafe extern "C" fn(user: *mut c_void, message: *const c_char)>;

/// Called once, when the library will not use `user` any more. A lock of the family may be held then: it
/// may free handles, but call no other function of Metrion.
pub type ReleaseFunction = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// The caller's data that goes with a function, and how it is released.
pub(crate) struct User {
    data: *mut c_void,
    release: ReleaseFunction,
}

// SAFETY: callers are told that their functions are called from any thread, with this data.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

impl User {
    pub(crate) fn new(data: *mut c_void, release: ReleaseFunction) -> Self {
        Self { data, release }
    }

    pub(crate) fn data(&self) -> *mut c_void {
        self.data
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the caller gave both to be used together, and this is the one time.
            unsafe { release(self.data) };
        }
    }
}

/// A clock that is a function of the caller.
pub(crate) struct CallerClock {
    pub(crate) function: unsafe extern "C" fn(user: *mut c_void) -> f64,
    pub(crate) user: User,
}

impl Clock for CallerClock {
    fn unix_seconds(&self) -> f64 {
        // SAFETY: the caller gave both to be used together.
        unsafe { (self.function)(self.user.data()) }
    }

    fn monotonic_seconds(&self) -> f64 {
        self.unix_seconds()
    }
}

/// Lets a function give the value of one series of a counter or gauge from now on, at every collection,
/// on whatever thread collects. `release`, which may be null, is called when that has ended: also when
/// this call fails.
///
/// Fails with `unsupported` for other types, and for a series of another family's type.
#[unsafe(no_mangle)]
pub extern "C" fn metrion_set_callback(
    family: Family,
    series: Series,
    function: ValueFunction,
    user: *mut c_void,
    release: ReleaseFunction,
) -> Status {
    let user = User::new(user, release);
    done(move || {
        let function = function.ok_or_else(|| null("the function"))?;
        let call = move || {
            let mut value = f64::NAN;
            // SAFETY: the caller gave both to be used together, and the value is ours.
            unsafe { function(user.data(), &raw mut value) }.then_some(value)
        };
        match (family.get()?, series.get()?) {
            (AnyFamily::Counter(family), AnySeries::Counter(one)) => family.set_callback(one, call),
            (AnyFamily::Gauge(family), AnySeries::Gauge(one)) => family.set_callback(one, call),
            _ => return Err(not_called()),
        }
        Ok(())
    })
}

fn not_called() -> Error {
    let message = "callbacks are for series of counters and gauges, with their own family";
    Error::new(ErrorCode::Unsupported, message)
}
