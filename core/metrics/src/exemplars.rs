//! The last exemplar of a counter, and of each bucket of a histogram.

use std::sync::{Arc, OnceLock};

use metrion_model::{Exemplar, Result};
use metrion_slab::{Entry, EntryKind, ExemplarSlot};

use crate::series::Series;

/// A text of this many bytes has room in the usual slot: a trace and a span id, and a few words more.
/// Longer ones get a slot of their own.
const USUAL_BYTES: usize = 216;

/// The slots of one series by place: a histogram's buckets, or 0.
#[derive(Debug, Default)]
pub(crate) struct Exemplars {
    places: OnceLock<Box<[Place]>>,
}

/// The slots for short and long texts. The one that was written last is the exemplar; the other is
/// empty.
#[derive(Debug, Default)]
struct Place {
    short: OnceLock<ExemplarSlot>,
    long: OnceLock<ExemplarSlot>,
}

impl Exemplars {
    /// Keeps an exemplar as the last one of `place`, one of `places`. It is dropped when the registry has
    /// no room for it: what it is an example of is counted, so nothing failed.
    pub(crate) fn set(&self, series: &Series, place: usize, places: usize, exemplar: &Exemplar) {
        let Some(own) = self.places(places).get(place) else { return };
        let text = exemplar.label_text();
        let is_long = text.len() > USUAL_BYTES;
        let (slot, other) = if is_long { (&own.long, &own.short) } else { (&own.short, &own.long) };
        let slot = match slot.get() {
            Some(slot) => slot,
            None => {
                let Ok(made) = self.make(series, place, is_long) else {
                    return series.segment.count_overflow();
                };
                series.context.set_has_exemplars();
                slot.get_or_init(|| made)
            }
        };
        slot.write(text, exemplar.value(), exemplar.timestamp().unwrap_or(f64::NAN));
        if series.context.is_shared() && other.get().is_none() {
            // Another process may have made it.
            let key = key_of(place, !is_long);
            let words =
                ExemplarSlot::words(if is_long { USUAL_BYTES } else { Exemplar::MAX_BYTES });
            if let Some(entry) = series.find_part(EntryKind::Exemplar, &key, 0, words) {
                self.adopt(series, places, entry);
            }
        }
        if let Some(other) = other.get() {
            other.write("", f64::NAN, f64::NEG_INFINITY);
        }
    }

    fn make(&self, series: &Series, place: usize, is_long: bool) -> Result<ExemplarSlot> {
        let bytes = if is_long { Exemplar::MAX_BYTES } else { USUAL_BYTES };
        let key = key_of(place, is_long);
        let words = ExemplarSlot::words(bytes);
        let entry = series.part(EntryKind::Exemplar, &key, 0, words)?;
        Ok(ExemplarSlot::new(Arc::clone(&series.segment), entry))
    }

    /// Takes up a slot that the directory has already.
    pub(crate) fn adopt(&self, series: &Series, places: usize, entry: Entry) {
        let key = series.segment.key_of(&entry);
        let Some((place, is_long)) = place_of(&key) else { return };
        let Some(own) = self.places(places).get(place) else { return };
        let slot = ExemplarSlot::new(Arc::clone(&series.segment), entry);
        let _taken = if is_long { own.long.set(slot) } else { own.short.set(slot) };
        series.context.set_has_exemplars();
    }

    fn places(&self, places: usize) -> &[Place] {
        self.places.get_or_init(|| (0..places).map(|_| Place::default()).collect())
    }

    /// Forgets all exemplars.
    pub(crate) fn clear(&self) {
        for place in self.places.get().into_iter().flatten() {
            for slot in [&place.short, &place.long].into_iter().filter_map(OnceLock::get) {
                slot.write("", f64::NAN, f64::NEG_INFINITY);
            }
        }
    }

    /// The exemplars with their places.
    pub(crate) fn read(&self) -> Vec<(usize, Exemplar)> {
        let places = self.places.get().into_iter().flatten().enumerate();
        let read = |place: &Place| {
            let slots = [&place.short, &place.long].into_iter().filter_map(OnceLock::get);
            let mut read = slots.filter_map(ExemplarSlot::read);
            read.find(|(_, _, timestamp)| *timestamp != f64::NEG_INFINITY)
        };
        places
            .filter_map(|(at, place)| {
                let (text, value, timestamp) = read(place)?;
                let timestamp = Some(timestamp).filter(|timestamp| !timestamp.is_nan());
                Some((at, Exemplar::from_label_text(text, value, timestamp)))
            })
            .collect()
    }
}

/// The directory key of a slot.
fn key_of(place: usize, is_long: bool) -> [u8; 5] {
    let [a, b, c, d] = (place as u32).to_le_bytes();
    [a, b, c, d, u8::from(is_long)]
}

fn place_of(key: &[u8]) -> Option<(usize, bool)> {
    let &[a, b, c, d, is_long] = key else { return None };
    Some((u32::from_le_bytes([a, b, c, d]) as usize, is_long == 1))
}
