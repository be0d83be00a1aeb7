//! Functions of another language that give a value.

/// Gives the value of a series at a collection. It must not raise.
#[uniffi::export(callback_interface)]
pub trait ValueFunction: Send + Sync {
    /// The value; none leaves the series out of this collection.
    fn value(&self) -> Option<f64>;
}
