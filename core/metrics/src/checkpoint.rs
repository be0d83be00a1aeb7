//! What a registry has at one moment, to go back to it: for tests that share a registry.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use crate::callback::Callback;
use crate::contents::{Contents, Source, SourceId};
use crate::family::{Metric, Shared};
use crate::registry::Registry;
use crate::series::Series;

/// What a registry had when [`Registry::checkpoint`] was called.
pub struct Checkpoint {
    registry: Registry,
    sources: Vec<(SourceId, Source)>,
    names: HashMap<String, SourceId>,
    /// Of the sources that are families.
    families: Vec<(SourceId, SavedFamily)>,
}

/// The series of a family and their numbers.
pub(crate) struct SavedFamily {
    /// Holding a series keeps its number from being given to another one.
    series: Vec<(Arc<Series>, Option<Vec<f64>>)>,
    callbacks: Vec<(u32, Callback)>,
}

impl Registry {
    /// Remembers what is registered, which series there are, and their numbers.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let (sources, names) = {
            let contents = self.contents();
            (contents.sources.clone(), contents.names.clone())
        };
        let family = |(id, source): &(SourceId, Source)| match source {
            Source::Family(family) => Some((*id, family.save())),
            Source::Collector(_) => None,
        };
        let families = sources.iter().filter_map(family).collect();
        Checkpoint { registry: self.clone(), sources, names, families }
    }
}

impl Checkpoint {
    /// Makes the registry what it was. Nobody else may use it meanwhile.
    ///
    /// - Families and series that came since are taken out: their handles write nowhere visible.
    /// - Collectors are those of then. Families and series that were taken out since stay out.
    /// - Counters, gauges, state sets, histograms with classic buckets and summaries without quantiles
    ///   have the numbers of then; a sum that is no whole number may differ in its last digits.
    /// - Native histograms, summaries with quantiles, infos, exemplars and creation times stay as they
    ///   are.
    pub fn go_back(&self) {
        let (new, present) = {
            let mut contents = self.registry.contents();
            let new = contents.go_back_to(self);
            for source in &new {
                if let Source::Family(family) = source {
                    // Before anybody can ask for the same schema: they must get another family.
                    self.registry.segment().remove(family.entry());
                }
            }
            (new, contents.sources.clone())
        };
        // The families that end here take other locks.
        drop(new);
        for (id, source) in &present {
            let saved = self.families.iter().find(|(own, _)| own == id);
            if let (Source::Family(family), Some((_, saved))) = (source, saved) {
                family.put_back(saved);
            }
        }
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint").field("sources", &self.sources.len()).finish_non_exhaustive()
    }
}

impl Contents {
    /// The sources that came since are returned.
    fn go_back_to(&mut self, checkpoint: &Checkpoint) -> Vec<Source> {
        let was_there = |id: SourceId| checkpoint.sources.iter().any(|(own, _)| *own == id);
        let (mut sources, new): (Vec<_>, Vec<_>) =
            self.sources.drain(..).partition(|(id, _)| was_there(*id));
        for (id, source) in &checkpoint.sources {
            let is_collector = matches!(source, Source::Collector(_));
            if is_collector && sources.iter().all(|(own, _)| own != id) {
                sources.push((*id, source.clone()));
            }
        }
        sources.sort_by_key(|(id, _)| *id);
        self.names = checkpoint.names.clone();
        self.names.retain(|_, id| sources.iter().any(|(own, _)| own == id));
        self.sources = sources;
        new.into_iter().map(|(_, source)| source).collect()
    }
}

impl<M: Metric> Shared<M> {
    pub(crate) fn save(&self) -> SavedFamily {
        let members = self.lock();
        let series = members.all().map(|handle| {
            let series = Arc::clone(handle.series());
            let numbers = series.numbers();
            (series, numbers)
        });
        SavedFamily { series: series.collect(), callbacks: members.callbacks() }
    }

    pub(crate) fn put_back(&self, saved: &SavedFamily) {
        let known: HashSet<*const Series> =
            saved.series.iter().map(|(series, _)| Arc::as_ptr(series)).collect();
        self.retain(|series| known.contains(&Arc::as_ptr(series)));
        let since = self.lock().set_callbacks(&saved.callbacks);
        drop(since);
        for (series, numbers) in &saved.series {
            if let Some(numbers) = numbers {
                series.set_numbers(numbers);
            }
        }
    }
}
