use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use rapidhash::quality::RandomState;

use super::{Labels, ParsedSample};

/// Which series there were at which times, whatever the order and the escapes of their labels.
///
/// Nothing is copied or sorted: a hash that is a sum over the labels finds those that may be equal,
/// and they are compared in full. That makes collecting families a third faster than with keys.
#[derive(Default)]
pub(crate) struct PointSet<'a> {
    hashes: RandomState,
    /// The place of the last point with this hash.
    last: HashMap<u64, usize, BuildHasherDefault<HashIsKey>>,
    all: Vec<Placed<'a>>,
}

struct Placed<'a> {
    point: Point<'a>,
    /// The place of the point with the same hash before it.
    before: Option<usize>,
}

/// A series at a time.
pub(super) struct Point<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) labels: Labels<'a>,
    /// A label that does not count.
    pub(super) without: Option<Cow<'a, str>>,
    pub(super) timestamp: Option<f64>,
}

impl<'a> PointSet<'a> {
    /// A set with room for as many points as an input of this length may have.
    pub(super) fn for_input(bytes: usize) -> Self {
        /// The lines of real pages are longer, together with their comments.
        const BYTES_OF_A_SAMPLE: usize = 100;
        let points = bytes / BYTES_OF_A_SAMPLE;
        Self {
            hashes: RandomState::default(),
            last: HashMap::with_capacity_and_hasher(points, BuildHasherDefault::default()),
            all: Vec::with_capacity(points),
        }
    }

    /// Adds what a sample is of; false if it is there already.
    pub(crate) fn insert(&mut self, sample: &ParsedSample<'a>) -> bool {
        let (_, is_new) = self.place(Point {
            name: sample.name.clone(),
            labels: sample.labels,
            without: None,
            timestamp: sample.timestamp,
        });
        is_new
    }

    /// The place of a point, and whether it was added just now.
    pub(super) fn place(&mut self, point: Point<'a>) -> (usize, bool) {
        let hash = self.hash(&point);
        let place = self.all.len();
        let mut before = None;
        match self.last.entry(hash) {
            Entry::Vacant(entry) => {
                entry.insert(place);
            }
            Entry::Occupied(mut entry) => {
                let mut at = Some(*entry.get());
                while let Some((at_place, other)) = at.and_then(|at| Some((at, self.all.get(at)?))) {
                    if point.equals(&other.point) {
                        return (at_place, false);
                    }
                    at = other.before;
                }
                before = Some(entry.insert(place));
            }
        }
        self.all.push(Placed { point, before });
        (place, true)
    }

    /// The point at a place.
    pub(super) fn get(&self, place: usize) -> Option<&Point<'a>> {
        self.all.get(place).map(|placed| &placed.point)
    }

    fn hash(&self, point: &Point<'_>) -> u64 {
        let timestamp = point.timestamp.map(f64::to_bits);
        let series = self.hashes.hash_one((&point.name, timestamp));
        point.pairs().fold(series, |sum, pair| sum.wrapping_add(self.hashes.hash_one(pair)))
    }
}

type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

impl<'a> Point<'a> {
    /// The labels that count.
    fn pairs(&self) -> impl Iterator<Item = Pair<'a>> {
        self.labels.iter().filter(|(name, _)| self.without.as_ref() != Some(name))
    }

    fn equals(&self, other: &Self) -> bool {
        self.timestamp.map(f64::to_bits) == other.timestamp.map(f64::to_bits)
            && self.name == other.name
            // Labels nearly always come in the same order; sorting is for the others.
            && (self.has_text_of(other) || self.sorted() == other.sorted())
    }

    /// Whether the labels that count are equal and in the same order.
    pub(super) fn has_text_of(&self, other: &Self) -> bool {
        match (&self.without, &other.without) {
            (None, None) => self.labels == other.labels,
            _ => self.pairs().eq(other.pairs()),
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
    use crate::parse::{Event, TextParser};

    fn samples(text: &str) -> Vec<ParsedSample<'_>> {
        let events = TextParser::new(text.as_bytes()).map(Result::unwrap);
        let sample = |event| if let Event::Sample(sample) = event { Some(sample) } else { None };
        events.filter_map(sample).collect()
    }

    fn points(text: &str) -> usize {
        let mut set = PointSet::default();
        samples(text).iter().filter(|sample| set.insert(sample)).count()
    }

    #[test]
    fn order_and_escapes_do_not_count() {
        let same =
            "a{b=\"\\x\",c=\"1\"} 1\na{c=\"1\",b=\"\\\\x\"} 1\n{\"a\",c=\"1\",\"b\"=\"\\x\"} 1\n";
        assert_eq!(points(same), 1);
        assert_eq!(points("a 1\na{} 1\na 1 5\na 1 6\na 1 5\n"), 3);
        assert_eq!(points("a{b=\"1\",c=\"2\"} 1\na{b=\"2\",c=\"1\"} 1\nb 1\na{b=\"\"} 1\n"), 4);
    }

    #[test]
    fn points_with_one_hash_are_told_apart() {
        let samples = samples("a{b=\"1\"} 1\na{c=\"1\"} 1\n");
        let [first, second] = samples.as_slice() else { panic!("{samples:?}") };
        let mut set = PointSet::default();
        assert!(set.insert(first));
        // As if the second had the hash of the first.
        let second_alone = &mut PointSet { hashes: set.hashes, ..PointSet::default() };
        second_alone.insert(second);
        set.last.extend(second_alone.last.keys().map(|hash| (*hash, 0)));
        assert!(set.insert(second));
        assert_eq!(set.all[1].before, Some(0));
        assert!(!set.insert(second));
        assert!(!set.insert(first));
    }
}
