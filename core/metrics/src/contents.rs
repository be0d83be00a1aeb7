//! What is registered in a registry, and who claims which sample name.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use metrion_model::{Error, ErrorCode, FamilySnapshot, Result};
use metrion_slab::Entry;

use crate::callback::Callback;
use crate::cardinality::Counting;
use crate::checkpoint::SavedFamily;
use crate::collector::Collector;
use crate::common::Common;
use crate::definition::Definition;
use crate::family::{Metric, Shared};
use crate::members::{Called, Dropped};

/// What is registered, in order, and who claims which sample name.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) sources: Vec<(SourceId, Source)>,
    pub(crate) names: HashMap<String, SourceId>,
    next_id: u64,
    /// What the directory has, where other processes write to it, too.
    pub(crate) common: Common,
}

/// Tells a registered collector or family from all others of its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u64);

#[derive(Clone)]
pub(crate) enum Source {
    Family(Arc<dyn AnyFamily>),
    Collector(Arc<dyn Collector>),
}

/// A family of whatever kind of metric.
pub(crate) trait AnyFamily: Send + Sync {
    fn definition(&self) -> &Definition;
    /// Takes up a series that the directory has.
    fn adopt(&self, series: Entry, key: &[u8]) -> Dropped;
    /// Takes up what the directory has of a series beside its cells.
    fn adopt_part(&self, series: &Entry, key: &[u8], part: Entry);
    fn adopt_limits(&self, entry: Entry);
    fn entry(&self) -> &Entry;
    fn callbacks(&self) -> Vec<(u32, Callback)>;
    fn snapshot(&self, called: &Called) -> Result<FamilySnapshot>;
    fn len(&self) -> usize;
    fn count(&self, counting: &mut Counting);
    fn save(&self) -> SavedFamily;
    fn put_back(&self, saved: &SavedFamily);
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<M: Metric> AnyFamily for Shared<M> {
    fn definition(&self) -> &Definition {
        self.definition()
    }

    fn adopt(&self, series: Entry, key: &[u8]) -> Dropped {
        self.adopt(series, key)
    }

    fn adopt_part(&self, series: &Entry, key: &[u8], part: Entry) {
        self.adopt_part(series, key, part);
    }

    fn adopt_limits(&self, entry: Entry) {
        self.adopt_limits(entry);
    }

    fn entry(&self) -> &Entry {
        self.entry()
    }

    fn callbacks(&self) -> Vec<(u32, Callback)> {
        self.lock().callbacks()
    }

    fn snapshot(&self, called: &Called) -> Result<FamilySnapshot> {
        self.drop_removed_by_others();
        self.lock().snapshot(&self.context, &self.segment, called)
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn count(&self, counting: &mut Counting) {
        let members = self.lock().with_values();
        let series = members.iter().map(|(handle, values)| (handle.series(), values.as_slice()));
        counting.add(&self.definition().schema, series, &self.segment);
    }

    fn save(&self) -> SavedFamily {
        self.save()
    }

    fn put_back(&self, saved: &SavedFamily) {
        self.put_back(saved);
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Contents {
    /// The family of this definition, if there is one.
    pub(crate) fn existing<M: Metric>(&self, definition: &Definition) -> Option<Arc<Shared<M>>> {
        let id = self.names.get(&definition.schema.name)?;
        let family = self.family(*id)?;
        if family.definition() != definition {
            return None;
        }
        Arc::clone(family).as_any().downcast().ok()
    }

    /// Whether nobody has one of these names. `what` wants them.
    pub(crate) fn check_free(&self, what: &str, names: &[String]) -> Result<()> {
        let taken = names.iter().find_map(|name| self.names.get(name).map(|id| (name, *id)));
        let Some((name, id)) = taken else { return Ok(()) };
        let other = match self.family(id) {
            Some(family) => family.definition().summary(),
            None => "a collector".to_owned(),
        };
        let message = format!("{what} cannot be registered: the name {name} belongs to {other}");
        Err(Error::new(ErrorCode::MetricExists, message))
    }

    pub(crate) fn add(&mut self, names: Vec<String>, source: Source) -> Result<SourceId> {
        if let Some(taken) = names.iter().find(|name| self.names.contains_key(*name)) {
            return Err(Error::new(ErrorCode::MetricExists, format!("the name {taken} is taken")));
        }
        let id = SourceId(self.next_id);
        self.next_id += 1;
        self.names.extend(names.into_iter().map(|name| (name, id)));
        self.sources.push((id, source));
        Ok(id)
    }

    pub(crate) fn take(&mut self, id: SourceId) -> Result<Source> {
        let at = self.sources.iter().position(|(own, _)| *own == id);
        let at = at.ok_or_else(|| Error::new(ErrorCode::NotFound, "it is not registered"))?;
        self.names.retain(|_, own| *own != id);
        Ok(self.sources.remove(at).1)
    }

    fn family(&self, id: SourceId) -> Option<&Arc<dyn AnyFamily>> {
        self.sources.iter().find_map(|(own, source)| match source {
            Source::Family(family) if *own == id => Some(family),
            _ => None,
        })
    }

    pub(crate) fn is_family(&self, id: SourceId) -> bool {
        self.family(id).is_some()
    }

    /// The id of this family, and not of another one with its name.
    pub(crate) fn id_of<M: Metric>(&self, shared: &Arc<Shared<M>>) -> Option<SourceId> {
        let id = *self.names.get(&shared.definition().schema.name)?;
        let registered = self.family(id)?;
        std::ptr::addr_eq(Arc::as_ptr(registered), Arc::as_ptr(shared)).then_some(id)
    }
}
