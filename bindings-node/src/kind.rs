//! The kinds of metrics, as far as handles to their series differ.

use metrion::{
    Counter, Gauge, Histogram, Info, Metric, OwnedCells, ProcessWriter, StateSet, Summary,
};

/// A handle to one series, of whatever kind.
#[derive(Clone)]
pub(crate) enum Handle {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
    Summary(Summary),
    Info(Info),
    StateSet(StateSet),
}

/// A kind of metric that has a class in JavaScript.
pub(crate) trait Kind: Metric {
    fn handle(self) -> Handle;

    /// The cells that are all that an update changes; `None` for kinds whose updates are more.
    fn cells(&self, _writer: &ProcessWriter) -> Option<OwnedCells> {
        None
    }
}

impl Kind for Counter {
    fn handle(self) -> Handle {
        Handle::Counter(self)
    }

    fn cells(&self, writer: &ProcessWriter) -> Option<OwnedCells> {
        Some(self.cell_of(writer))
    }
}

impl Kind for Gauge {
    fn handle(self) -> Handle {
        Handle::Gauge(self)
    }

    fn cells(&self, writer: &ProcessWriter) -> Option<OwnedCells> {
        Some(self.cell_of(writer))
    }
}

impl Kind for Histogram {
    fn handle(self) -> Handle {
        Handle::Histogram(self)
    }

    fn cells(&self, writer: &ProcessWriter) -> Option<OwnedCells> {
        (!self.is_native()).then(|| self.cells_of(writer))
    }
}

impl Kind for Summary {
    fn handle(self) -> Handle {
        Handle::Summary(self)
    }

    fn cells(&self, writer: &ProcessWriter) -> Option<OwnedCells> {
        (!self.has_quantiles()).then(|| self.cells_of(writer))
    }
}

impl Kind for Info {
    fn handle(self) -> Handle {
        Handle::Info(self)
    }
}

impl Kind for StateSet {
    fn handle(self) -> Handle {
        Handle::StateSet(self)
    }
}
