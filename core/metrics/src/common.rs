//! What a registry has in common with other processes: the families and series of the directory.
//!
//! Every process has a view of its own of each family, which is a cache of the directory. What others made comes in
//! at collections; counting needs nothing of it, as a series that a process asks for is found in the directory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use metrion_slab::{CellsOf, Cursor, Entry, EntryKind, Owners, Segment};

use crate::contents::AnyFamily;
use crate::definition::{Context, Definition, Kind};
use crate::family::{Metric, Shared};
use crate::members::Dropped;
use crate::options::RegistryOptions;
use crate::{Counter, Gauge, Histogram, Info, StateSet, Summary, record};

/// The families of a directory, by the numbers of their entries.
#[derive(Default)]
pub(crate) struct Common {
    families: BTreeMap<u32, Known>,
    cursor: Cursor,
    let_go: LetGo,
}

/// What a registry has no more. It ends after the registry's lock: a function that gave a value may run foreign code
/// when it ends, which may use the registry.
#[derive(Default)]
pub(crate) struct LetGo {
    callbacks: Dropped,
    families: Vec<Known>,
}

struct Known {
    family: Arc<dyn AnyFamily>,
    /// Of its samples.
    names: Vec<String>,
    /// When this process asked for it, among all who did; none when it did not.
    turn: Option<f64>,
}

impl Common {
    /// Whether families come from the directory, and not from this process alone.
    pub(crate) fn is_used(&self, segment: &Segment) -> bool {
        // In a browser nobody rebuilds one from its directory either.
        segment.is_shared() || cfg!(not(target_arch = "wasm32")) && !self.families.is_empty()
    }

    /// Takes up what came since the last time.
    pub(crate) fn take_up(&mut self, segment: &Arc<Segment>, options: &RegistryOptions) {
        let mut cursor = std::mem::take(&mut self.cursor);
        self.take_up_entries(segment, options, segment.entries_since(&mut cursor));
        self.cursor = cursor;
    }

    fn take_up_entries(
        &mut self,
        segment: &Arc<Segment>,
        options: &RegistryOptions,
        entries: impl Iterator<Item = (Entry, Vec<u8>)>,
    ) {
        for (entry, key) in entries {
            // A damaged entry is left out, and what belongs to it: the others go on.
            let of_family = self.family(entry.family);
            match (entry.kind, of_family) {
                (EntryKind::Family, _) => self.take_up_family(segment, options, entry, &key),
                (EntryKind::Limits, Some(family)) => family.adopt_limits(entry),
                (EntryKind::Series | EntryKind::Overflow, Some(family)) => {
                    let callbacks = family.adopt(entry, &key);
                    self.let_go.callbacks.append(callbacks);
                }
                (kind, _) if kind.is_part() => self.take_up_part(segment, entry),
                _ => {}
            }
        }
    }

    /// What it has let go of since somebody asked.
    pub(crate) fn take_let_go(&mut self) -> LetGo {
        std::mem::take(&mut self.let_go)
    }

    fn family(&self, number: u32) -> Option<&Arc<dyn AnyFamily>> {
        self.families.get(&number).map(|known| &known.family)
    }

    fn take_up_family(
        &mut self,
        segment: &Arc<Segment>,
        options: &RegistryOptions,
        entry: Entry,
        key: &[u8],
    ) {
        if !self.families.contains_key(&entry.number)
            && let Some(definition) = record::decode(key)
        {
            self.add(family_of(definition, options, segment, entry));
        }
    }

    fn take_up_part(&self, segment: &Segment, part: Entry) {
        if let Some((series, key)) = segment.entry(part.family)
            && let Some(family) = self.family(series.family)
        {
            family.adopt_part(&series, &key, part);
        }
    }

    /// Adds a family with the series that it has already.
    fn add(&mut self, family: Arc<dyn AnyFamily>) {
        let names = family.definition().schema.sample_names();
        let number = family.entry().number;
        let before = self.families.insert(number, Known { family, names, turn: None });
        self.let_go.families.extend(before);
    }

    /// The family of an entry, if it is known and of this type.
    pub(crate) fn claim<M: Metric>(&mut self, entry: &Entry) -> Option<Arc<Shared<M>>> {
        let known = self.families.get(&entry.number)?;
        Arc::clone(&known.family).as_any().downcast().ok()
    }

    /// Adds a family that this process asked for, with what the directory has of it already.
    pub(crate) fn add_own(
        &mut self,
        segment: &Arc<Segment>,
        options: &RegistryOptions,
        family: Arc<dyn AnyFamily>,
    ) {
        let number = family.entry().number;
        let was_known = self.families.contains_key(&number);
        self.add(family);
        if !was_known && !self.cursor.is_past(number) {
            return;
        }
        // Its series were given to another view of it, or passed over.
        let mut series = HashSet::new();
        let of_family = segment.entries().filter(|(entry, _)| match entry.kind {
            EntryKind::Series | EntryKind::Overflow => {
                entry.family == number && series.insert(entry.number)
            }
            EntryKind::Limits => entry.family == number,
            EntryKind::Family => false,
            _ => series.contains(&entry.family),
        });
        self.take_up_entries(segment, options, of_family);
    }

    /// Goes on without a family that this process asked for; others may have it still.
    pub(crate) fn disown(&mut self, segment: &Segment, entry: &Entry) {
        segment.set_own(entry.first_cell, 0.0);
        let is_wanted = self.is_wanted(segment, entry, &segment.owners());
        if let Some(known) = self.families.get_mut(&entry.number) {
            known.turn = None;
        }
        if !is_wanted {
            segment.remove(entry);
            self.let_go.families.extend(self.families.remove(&entry.number));
        }
    }

    /// Says to the others that this process has asked for a family.
    pub(crate) fn declare(&mut self, segment: &Segment, entry: &Entry) {
        if let Some(known) = self.families.get_mut(&entry.number) {
            let turn = segment.next_turn();
            known.turn = Some(turn);
            segment.set_own(entry.first_cell, turn);
        }
    }

    /// Says so again where it has not been said: a fork's child has families as its parent does.
    pub(crate) fn declare_all(&self, segment: &Segment) {
        for known in self.families.values() {
            let cell = known.family.entry().first_cell;
            if let Some(turn) = known.turn
                && segment.get_own(cell) == 0.0
            {
                segment.set_own(cell, turn);
            }
        }
    }

    fn is_wanted(&self, segment: &Segment, entry: &Entry, owners: &Owners) -> bool {
        segment.own_values(entry.first_cell, 1, owners).iter().any(|own| own.is_live)
    }

    /// The families to show, in the order in which they came. Of those with the same names, as after a deploy that
    /// changed one, it is the one that a process which is there asked for last; and when none is there, the
    /// one that was asked for last of all.
    pub(crate) fn shown(&mut self, segment: &Segment) -> Vec<Arc<dyn AnyFamily>> {
        let is_gone = |known: &Known| !segment.is_live(known.family.entry());
        let gone = self.families.iter().filter(|(_, known)| is_gone(known));
        for number in gone.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.let_go.families.extend(self.families.remove(&number));
        }
        let families: Vec<(&u32, &Known)> = self.families.iter().collect();
        let mut names: HashMap<&str, usize> = HashMap::new();
        for (_, known) in &families {
            known.names.iter().for_each(|name| *names.entry(name).or_default() += 1);
        }
        let clashes =
            |known: &Known| known.names.iter().any(|name| names.get(name.as_str()) > Some(&1));
        let mut rivals: Vec<_> = families.iter().filter(|(_, known)| clashes(known)).collect();
        let mut losers = HashSet::new();
        if !rivals.is_empty() {
            let owners = segment.owners();
            rivals.sort_by_cached_key(|(number, known)| {
                let said = segment.own_values(known.family.entry().first_cell, 1, &owners);
                let turn =
                    |own: &metrion_slab::OwnValues| own.values.first().map(|turn| *turn as u64);
                let live = said.iter().filter(|own| own.is_live).filter_map(turn).max();
                std::cmp::Reverse((live, said.iter().filter_map(turn).max(), **number))
            });
            let mut taken = HashSet::new();
            for (number, known) in rivals {
                if known.names.iter().any(|name| taken.contains(name)) {
                    losers.insert(**number);
                } else {
                    taken.extend(&known.names);
                }
            }
        }
        let shown = families.into_iter().filter(|(number, _)| !losers.contains(*number));
        shown.map(|(_, known)| Arc::clone(&known.family)).collect()
    }
}

/// How many cells a family has, and whose they are: with others, each process says in one when it asked for it.
pub(crate) fn family_cells(segment: &Segment) -> (u32, CellsOf) {
    if segment.is_shared() { (1, CellsOf::Owners) } else { (0, CellsOf::Writers) }
}

/// A view of a family that another process made.
fn family_of(
    definition: Definition,
    options: &RegistryOptions,
    segment: &Arc<Segment>,
    entry: Entry,
) -> Arc<dyn AnyFamily> {
    fn typed<M: Metric>(
        context: Context,
        segment: &Arc<Segment>,
        entry: Entry,
    ) -> Arc<dyn AnyFamily> {
        Shared::<M>::new(context, Arc::clone(segment), entry, None)
    }
    let kind = definition.kind.clone();
    let context = Context::new(definition, options, None, segment.is_shared());
    match kind {
        Kind::Counter => typed::<Counter>(context, segment, entry),
        Kind::Gauge(_) => typed::<Gauge>(context, segment, entry),
        Kind::Histogram { .. } => typed::<Histogram>(context, segment, entry),
        Kind::Summary(_) => typed::<Summary>(context, segment, entry),
        Kind::Info => typed::<Info>(context, segment, entry),
        Kind::StateSet => typed::<StateSet>(context, segment, entry),
    }
}
