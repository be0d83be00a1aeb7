//! Where processes do not fork, and in loom's models, there is nothing to hold off.

/// Holds off forks of the process; see [`gate`].
#[derive(Debug)]
pub(crate) struct Gate(());

/// Enters a section that a fork must not cut in two.
#[must_use]
pub(crate) fn gate() -> Gate {
    Gate(())
}
