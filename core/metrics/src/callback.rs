//! Functions that give a series its value at collection.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::running::unless_running;

/// A function that is called at every collection.
#[derive(Clone)]
pub(crate) struct Callback(Arc<dyn Fn() -> Option<f64> + Send + Sync>);

impl Callback {
    pub(crate) fn new(function: impl Fn() -> Option<f64> + Send + Sync + 'static) -> Self {
        Self(Arc::new(function))
    }

    /// The value, or `Some(None)` when there is none or the function panics. `None` when it is the
    /// function that this thread is in.
    pub(crate) fn call(&self) -> Option<Option<f64>> {
        // Whatever the function left half done is its own: nothing of ours is borrowed by it.
        let call = || catch_unwind(AssertUnwindSafe(|| (self.0)())).ok().flatten();
        unless_running(Arc::as_ptr(&self.0).cast(), call)
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}
