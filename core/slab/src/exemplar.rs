//! A place for the last exemplar of a counter or bucket.

use std::sync::Arc;

use crate::directory::Entry;
use crate::hash::hash;
use crate::segment::Segment;
use crate::sync::{AtomicU64, Ordering, fence};

/// Room for one exemplar behind a sequence lock, in the payload of a directory entry: readers take no
/// lock and never see half of one. Two writers at once keep one of the two.
///
/// A writer may end halfway. Who then finds the same unfinished number twice writes in its stead; if that
/// one was only slow, and both write, the hash of the contents tells readers so, and the next write mends it.
#[derive(Debug)]
pub struct ExemplarSlot {
    segment: Arc<Segment>,
    entry: Entry,
    /// The last unfinished number that a write met.
    unfinished: AtomicU64,
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
    /// The hash of all that is said.
    pub(super) const CHECK: usize = 4;
    pub(super) const TEXT: usize = 5;
}

impl ExemplarSlot {
    /// The slot of an entry with payload.
    #[must_use]
    pub fn new(segment: Arc<Segment>, entry: Entry) -> Self {
        Self { segment, entry, unfinished: AtomicU64::new(0) }
    }

    /// How many words of payload hold a text of up to `bytes`.
    #[must_use]
    pub const fn words(bytes: usize) -> u32 {
        (word::TEXT + bytes.div_ceil(size_of::<u64>())) as u32
    }

    /// Replaces the exemplar, unless another writer is doing so, or the text does not fit.
    pub fn write(&self, text: &str, value: f64, timestamp: f64) {
        let Some((words, text_words)) = self.split() else { return };
        let [sequence, time, number, len, check] = words;
        if text.len() > text_words.len() * size_of::<u64>() {
            return;
        }
        let Some(odd) = self.begin(sequence) else { return };
        // Whoever sees a store below sees the odd number, too.
        fence(Ordering::Release);
        time.store(timestamp.to_bits(), Ordering::Relaxed);
        number.store(value.to_bits(), Ordering::Relaxed);
        len.store(text.len() as u64, Ordering::Relaxed);
        check.store(hash_of(text.as_bytes(), value, timestamp), Ordering::Relaxed);
        for (to, chunk) in text_words.iter().zip(text.as_bytes().chunks(size_of::<u64>())) {
            let mut bytes = [0; size_of::<u64>()];
            bytes.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            to.store(u64::from_le_bytes(bytes), Ordering::Relaxed);
        }
        // It fails if another one has gone on in this one's stead.
        let even = odd.wrapping_add(1);
        let _ended = sequence.compare_exchange(odd, even, Ordering::Release, Ordering::Relaxed);
    }

    /// Makes the sequence number odd, and another one than it was; `None` when another writer is at it.
    fn begin(&self, sequence: &AtomicU64) -> Option<u64> {
        let seen = sequence.load(Ordering::Relaxed);
        let is_free = seen.is_multiple_of(2);
        if !is_free && self.unfinished.swap(seen, Ordering::Relaxed) != seen {
            return None;
        }
        let odd = seen.wrapping_add(if is_free { 1 } else { 2 });
        let begun = sequence.compare_exchange(seen, odd, Ordering::Acquire, Ordering::Relaxed);
        begun.is_ok().then_some(odd)
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
        let [sequence, time, number, len, check] = words;
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
        let check = check.load(Ordering::Relaxed);
        let used = text_words.iter().take(len.div_ceil(size_of::<u64>()));
        let mut bytes: Vec<u8> =
            used.flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()).collect();
        fence(Ordering::Acquire);
        if sequence.load(Ordering::Relaxed) != before {
            return None;
        }
        bytes.truncate(len);
        if hash_of(&bytes, value, timestamp) != check {
            return Some(None);
        }
        Some(String::from_utf8(bytes).ok().map(|text| (text, value, timestamp)))
    }

    fn split(&self) -> Option<([&AtomicU64; word::TEXT], &[AtomicU64])> {
        let words = self.segment.payload(&self.entry);
        let head = [
            words.get(word::SEQUENCE)?,
            words.get(word::TIMESTAMP)?,
            words.get(word::VALUE)?,
            words.get(word::LEN)?,
            words.get(word::CHECK)?,
        ];
        Some((head, words.get(word::TEXT..)?))
    }
}

fn hash_of(text: &[u8], value: f64, timestamp: f64) -> u64 {
    let of_time = hash(&timestamp.to_le_bytes(), 0);
    hash(text, hash(&value.to_le_bytes(), of_time))
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
    fn a_writer_that_ended_halfway_is_in_nobodys_way() {
        let slot = slot(12);
        slot.write("a", 1.0, 1.0);
        let (words, text) = slot.split().unwrap();
        let [sequence, _, value, ..] = words;
        // As if one had ended after its second store, or stood still there.
        sequence.fetch_add(1, Ordering::Relaxed);
        value.store(2.0_f64.to_bits(), Ordering::Relaxed);
        slot.write("b", 3.0, 3.0);
        assert_eq!(slot.read(), None, "it may be about to end");
        slot.write("b", 3.0, 3.0);
        assert_eq!(slot.read(), Some(("b".into(), 3.0, 3.0)));
        // It goes on.
        text[0].store(0x63, Ordering::Relaxed);
        assert_eq!(slot.read(), None, "half of one, half of the other");
        slot.write("d", 4.0, 4.0);
        assert_eq!(slot.read(), Some(("d".into(), 4.0, 4.0)));
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
