use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use rapidhash::quality::RandomState;

use super::Labels;

/// Which series there were, whatever the order and the escapes of their labels.
///
/// Nothing is copied or sorted. A hash that is a sum over the labels finds those that may be equal; the
/// caller, who has them, compares them in full. That makes collecting families a third faster than
/// with keys.
#[derive(Default)]
pub(crate) struct SeriesSet<P> {
    hashes: RandomState,
    /// The places of the series by their hashes. One whose hash is taken has the next free one.
    places: HashMap<u64, P, BuildHasherDefault<HashIsKey>>,
}

impl<P: Copy> SeriesSet<P> {
    /// A set with room for as many series as an input of this length may have.
    pub(super) fn for_input(bytes: usize) -> Self {
        /// The lines of real pages are longer, together with their comments.
        const BYTES_OF_A_SAMPLE: usize = 100;
        let room = bytes / BYTES_OF_A_SAMPLE;
        let places = HashMap::with_capacity_and_hasher(room, BuildHasherDefault::default());
        Self { hashes: RandomState::default(), places }
    }

    /// Adds a series, which the caller keeps at `place`. Where there is an equal one it is not added,
    /// and the place of that one is returned.
    pub(crate) fn insert(
        &mut self,
        series: &Series<'_, '_>,
        place: P,
        is_equal: impl Fn(P) -> bool,
    ) -> Option<P> {
        let mut hash = self.hash(series);
        loop {
            match self.places.entry(hash) {
                Entry::Vacant(entry) => {
                    entry.insert(place);
                    return None;
                }
                Entry::Occupied(entry) if is_equal(*entry.get()) => return Some(*entry.get()),
                Entry::Occupied(_) => hash = hash.wrapping_add(1),
            }
        }
    }

    fn hash(&self, series: &Series<'_, '_>) -> u64 {
        let timestamp = series.timestamp.map(f64::to_bits);
        let start = self.hashes.hash_one((series.name, timestamp));
        series.pairs().fold(start, |sum, pair| sum.wrapping_add(self.hashes.hash_one(pair)))
    }
}

/// What tells a series from another.
#[derive(Clone, Copy)]
pub(crate) struct Series<'a, 's> {
    pub(crate) name: &'s str,
    pub(crate) labels: Labels<'a>,
    /// A label that does not count.
    pub(crate) without: Option<&'s str>,
    pub(crate) timestamp: Option<f64>,
}

type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

impl<'a> Series<'a, '_> {
    /// The labels that count.
    fn pairs(&self) -> impl Iterator<Item = Pair<'a>> {
        let (labels, without) = match self.plain_labels() {
            Some(plain) => (plain, None),
            None => (self.labels, self.without),
        };
        labels.iter().filter(move |(name, _)| without != Some(name.as_ref()))
    }

    /// Whether all is equal.
    pub(crate) fn equals(&self, other: &Series<'_, '_>) -> bool {
        self.timestamp.map(f64::to_bits) == other.timestamp.map(f64::to_bits)
            && self.name == other.name
            // Labels nearly always come in the same order; sorting is for the others.
            && (self.has_text_of(other) || self.sorted() == other.sorted())
    }

    /// Whether the labels that count are equal and in the same order; of plain ones, whether they are
    /// the same text.
    pub(super) fn has_text_of(&self, other: &Series<'_, '_>) -> bool {
        match (self.plain_labels(), other.plain_labels()) {
            (Some(own), Some(others)) => own == others,
            _ => self.pairs().eq(other.pairs()),
        }
    }

    /// The labels that count, where the other one is the last.
    fn plain_labels(&self) -> Option<Labels<'a>> {
        match self.without {
            None => Some(self.labels),
            Some(name) => self.labels.split_last(name).map(|(before, _)| before),
        }
    }

    fn sorted(&self) -> Vec<Pair<'a>> {
        let mut pairs: Vec<_> = self.pairs().collect();
        pairs.sort_unstable();
        pairs
    }
}

/// For keys that are hashes already.
#[derive(Default)]
struct HashIsKey(u64);

impl Hasher for HashIsKey {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Event, ParsedSample, TextParser};

    fn samples(text: &str) -> Vec<ParsedSample<'_>> {
        let events = TextParser::new(text.as_bytes()).map(Result::unwrap);
        let sample = |event| if let Event::Sample(sample) = event { Some(sample) } else { None };
        events.filter_map(sample).collect()
    }

    /// Which samples are of a series that was not there.
    fn first_ones(text: &str, set: &mut SeriesSet<usize>) -> Vec<usize> {
        let samples = samples(text);
        let is_first = |place: &usize| {
            let series = samples[*place].series();
            set.insert(&series, *place, |other| samples[other].series().equals(&series)).is_none()
        };
        (0..samples.len()).filter(is_first).collect()
    }

    #[test]
    fn order_and_escapes_do_not_count() {
        let first_ones = |text| first_ones(text, &mut SeriesSet::default()).len();
        let same =
            "a{b=\"\\x\",c=\"1\"} 1\na{c=\"1\",b=\"\\\\x\"} 1\n{\"a\",c=\"1\",\"b\"=\"\\x\"} 1\n";
        assert_eq!(first_ones(same), 1);
        assert_eq!(first_ones("a 1\na{} 1\na 1 5\na 1 6\na 1 5\n"), 3);
        assert_eq!(first_ones("a{b=\"1\",c=\"2\"} 1\na{b=\"2\",c=\"1\"} 1\nb 1\na{b=\"\"} 1\n"), 4);
    }

    #[test]
    fn series_with_one_hash_are_told_apart() {
        let text = "a{b=\"1\"} 1\na{c=\"1\"} 1\na{c=\"1\"} 2\n";
        let mut set = SeriesSet::<usize>::default();
        let samples = samples(text);
        // As if the second had the hash of the first.
        let hash = set.hash(&samples[1].series());
        set.places.insert(hash, 0);
        let insert = |set: &mut SeriesSet<usize>, place: usize| {
            let series = samples[place].series();
            set.insert(&series, place, |other| samples[other].series().equals(&series))
        };
        assert_eq!(insert(&mut set, 1), None);
        assert_eq!(set.places.get(&hash.wrapping_add(1)), Some(&1));
        assert_eq!(insert(&mut set, 2), Some(1));
    }
}
