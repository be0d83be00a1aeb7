use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

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
    all: Vec<Point<'a>>,
}

struct Point<'a> {
    name: Cow<'a, str>,
    labels: Labels<'a>,
    timestamp: Option<u64>,
    /// The place of the point with the same hash before it.
    before: Option<usize>,
}

impl<'a> PointSet<'a> {
    /// Adds what a sample is of; false if it is there already.
    pub(crate) fn insert(&mut self, sample: &ParsedSample<'a>) -> bool {
        let mut point = Point {
            name: sample.name.clone(),
            labels: sample.labels,
            timestamp: sample.timestamp.map(f64::to_bits),
            before: None,
        };
        let hash = self.hash(&point);
        let place = self.all.len();
        match self.last.entry(hash) {
            Entry::Vacant(entry) => {
                entry.insert(place);
            }
            Entry::Occupied(mut entry) => {
                let mut at = Some(*entry.get());
                while let Some(other) = at.and_then(|at| self.all.get(at)) {
                    if point.equals(other) {
                        return false;
                    }
                    at = other.before;
                }
                point.before = Some(entry.insert(place));
            }
        }
        self.all.push(point);
        true
    }

    fn hash(&self, point: &Point<'_>) -> u64 {
        let labels = point.labels.iter().map(|pair| self.hashes.hash_one(pair));
        labels.fold(self.hashes.hash_one((&point.name, point.timestamp)), u64::wrapping_add)
    }
}

impl Point<'_> {
    fn equals(&self, other: &Self) -> bool {
        self.name == other.name
            && self.timestamp == other.timestamp
            && (self.labels == other.labels || sorted(self.labels) == sorted(other.labels))
    }
}

fn sorted(labels: Labels<'_>) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let mut pairs: Vec<_> = labels.iter().collect();
    pairs.sort_unstable();
    pairs
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
        let second_alone = &mut PointSet { hashes: set.hashes.clone(), ..PointSet::default() };
        second_alone.insert(second);
        set.last.extend(second_alone.last.keys().map(|hash| (*hash, 0)));
        assert!(set.insert(second));
        assert_eq!(set.all[1].before, Some(0));
        assert!(!set.insert(second));
        assert!(!set.insert(first));
    }
}
