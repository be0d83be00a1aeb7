//! A place for the last exemplar of a counter or bucket.

use std::sync::Arc;

use crate::directory::Entry;
use crate::segment::Segment;
use crate::sync::{AtomicU64, Ordering, fence};

/// Room for one exemplar behind a sequence lock, in the payload of a directory entry: readers take no
/// lock and never see half of one. Two writers at once keep one of the two.
#[derive(Debug)]
pub struct ExemplarSlot {
    segment: Arc<Segment>,
    entry: Entry,
}

/// Words of a slot.
mod word {
    /// Odd while an exemplar is being written; 0 before the first.
    pub(super) const SEQUENCE: usize = 0;
    /// Unix seconds as f64.
    pub(super) const TIMESTAMP: usize = 1;
    pub(super) const VALUE: usize = 2;
    /// Of the text, in bytes.
    pub(super) const LEN: usize = 3;
    pub(super) const TEXT: usize = 4;
}

impl ExemplarSlot {
    /// The slot of an entry with payload.
    #[must_use]
    pub fn new(segment: Arc<Segment>, entry: Entry) -> Self {
        Self { segment, entry }
    }

    /// How many words of payload hold a text of up to `bytes`.
    #[must_use]
    pub const fn words(bytes: usize) -> u32 {
        (word::TEXT + bytes.div_ceil(size_of::<u64>())) as u32
    }

    /// Replaces the exemplar, unless another writer is doing so, or the text does not fit.
    pub fn write(&self, text: &str, value: f64, timestamp: f64) {
        let Some((words, text_words)) = self.split() else { return };
        let [sequence, time, number, len] = words;
        if text.len() > text_words.len() * size_of::<u64>() {
            return;
        }
        let seen = sequence.load(Ordering::Relaxed);
        let is_free = |seen: u64| seen.is_multiple_of(2);
        if !is_free(seen)
            || sequence
                .compare_exchange(seen, seen + 1, Ordering::Acquire, Ordering::Relaxed)
                .is_err()
        {
            return;
        }
        // Whoever sees a store below sees the odd number, too.
        fence(Ordering::Release);
        time.store(timestamp.to_bits(), Ordering::Relaxed);
        number.store(value.to_bits(), Ordering::Relaxed);
        len.store(text.len() as u64, Ordering::Relaxed);
        for (to, chunk) in text_words.iter().zip(text.as_bytes().chunks(size_of::<u64>())) {
            let mut bytes = [0; size_of::<u64>()];
            bytes.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            to.store(u64::from_le_bytes(bytes), Ordering::Relaxed);
        }
        sequence.store(seen + 2, Ordering::Release);
    }

    /// Text, value and timestamp of the last exemplar. `None` when there was none, or when writers
    /// replace it again and again while it is read.
    #[must_use]
    pub fn read(&self) -> Option<(String, f64, f64)> {
        const TRIES: usize = 8;
        (0..TRIES).find_map(|_| self.try_read()).flatten()
    }

    /// The inner option: whether there is one. The outer: whether it was read in one piece.
    fn try_read(&self) -> Option<Option<(String, f64, f64)>> {
        let (words, text_words) = self.split()?;
        let [sequence, time, number, len] = words;
        let before = sequence.load(Ordering::Acquire);
        if before == 0 {
            return Some(None);
        }
        if before % 2 == 1 {
            return None;
        }
        let timestamp = f64::from_bits(time.load(Ordering::Relaxed));
        let value = f64::from_bits(number.load(Ordering::Relaxed));
        let len = len.load(Ordering::Relaxed) as usize;
        let used = text_words.iter().take(len.div_ceil(size_of::<u64>()));
        let mut bytes: Vec<u8> =
            used.flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()).collect();
        fence(Ordering::Acquire);
        if sequence.load(Ordering::Relaxed) != before {
            return None;
        }
        bytes.truncate(len);
        Some(String::from_utf8(bytes).ok().map(|text| (text, value, timestamp)))
    }

    fn split(&self) -> Option<([&AtomicU64; word::TEXT], &[AtomicU64])> {
        let words = self.segment.payload(&self.entry);
        let head = [
            words.get(word::SEQUENCE)?,
            words.get(word::TIMESTAMP)?,
            words.get(word::VALUE)?,
            words.get(word::LEN)?,
        ];
        Some((head, words.get(word::TEXT..)?))
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;
    use crate::{CellsOf, EntryKind, Geometry, NewEntry};

    fn slot(bytes: usize) -> ExemplarSlot {
        let segment = Segment::private(Geometry::default(), 7).unwrap();
        let new = NewEntry {
            kind: EntryKind::Exemplar,
            family: 1,
            key: b"e",
            cells: 0,
            of: CellsOf::Writers,
            payload: ExemplarSlot::words(bytes),
            created: 0.0,
        };
        let (entry, _) = segment.insert(&new).unwrap();
        ExemplarSlot::new(segment, entry)
    }

    #[test]
    fn the_last_one_is_read() {
        let slot = slot(12);
        assert_eq!(slot.read(), None);
        slot.write("trace=\"1\"", 2.5, 7.0);
        assert_eq!(slot.read(), Some(("trace=\"1\"".into(), 2.5, 7.0)));
        slot.write("", 3.0, 8.0);
        assert_eq!(slot.read(), Some((String::new(), 3.0, 8.0)));
        slot.write("seventeen letters", 4.0, 9.0);
        assert_eq!(slot.read(), Some((String::new(), 3.0, 8.0)));
    }

    #[test]
    fn readers_see_whole_ones() {
        let slot = slot(64);
        let texts = ["a".repeat(64), "b".repeat(31), "c".repeat(8)];
        std::thread::scope(|scope| {
            for (i, text) in texts.iter().enumerate() {
                let slot = &slot;
                scope.spawn(move || {
                    (0..20_000).for_each(|_| slot.write(text, i as f64, i as f64));
                });
            }
            for _ in 0..20_000 {
                if let Some((text, value, timestamp)) = slot.read() {
                    assert_eq!(value, timestamp);
                    assert_eq!(text, texts[value as usize]);
                }
            }
        });
    }
}
