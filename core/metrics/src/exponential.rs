//! Exponential buckets that are made as they are needed, within a limit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use metrion_model::NativeHistogram;
use metrion_slab::{Cell, EntryKind, SparseCells, lock};

use crate::native::{NativeOptions, bucket_index, coarser};
use crate::series::Series;

/// The exponential buckets of one series, or of one slice of a summary.
///
/// Every resolution has cells of its own. Merging buckets only means that writers go on in the cells of
/// the next coarser resolution; what the finer ones have counted stays there, and readers merge it. So
/// nothing is moved, and a writer that is late loses nothing.
///
/// Adding to a bucket takes no lock. A bucket that is new in this era is counted under one, and there
/// the limit is kept by the rules of Prometheus' Go client (`histogram.go`, `limitBuckets`): reset, or
/// widen the zero bucket, or merge in pairs.
///
/// Invariant: the buckets that are claimed at the current resolution in the current era are all that
/// hold a count when the finer ones are merged into them, and there are at most `max_buckets`.
#[derive(Debug)]
pub(crate) struct Exponential {
    series: Arc<Series>,
    options: NativeOptions,
    /// Tells a series' sets of buckets apart.
    number: u8,
    zero_cell: Cell,
    levels: [OnceLock<Box<Level>>; LEVELS],
    /// Under which buckets are claimed, read all at once, and reset.
    turn: Mutex<()>,
}

/// Resolutions from schema -4 to 8.
const LEVELS: usize = 13;

/// The cells of one resolution: tables of growing size, as most histograms need few buckets.
#[derive(Debug, Default)]
struct Level {
    tables: [OnceLock<SparseCells>; TABLES],
}

const TABLES: usize = 9;
const FIRST_TABLE_CELLS: u32 = 32;

/// Words of the series' payload. In a process they change under the lock only; between processes each step is one
/// word, which is changed by compare-and-swap where two may not both do it.
mod word {
    /// `1 << 63 | era << 32 | schema + 4`; 0 before the first observation.
    pub(super) const STATE: usize = 0;
    /// As f64.
    pub(super) const ZERO_THRESHOLD: usize = 1;
    /// How many buckets are claimed.
    pub(super) const CLAIMED: usize = 2;
    /// Monotonic seconds as f64.
    pub(super) const LAST_RESET: usize = 3;
    /// Whether resolution was lost since the last reset, so that the next one is due when it may be.
    pub(super) const RESET_IS_DUE: usize = 4;
}

/// What [`word::STATE`] says.
#[derive(Clone, Copy, Debug, PartialEq)]
struct State {
    era: u16,
    schema: i8,
}

impl State {
    fn from_word(word: u64) -> Option<Self> {
        (word != 0).then_some(Self { era: (word >> 32) as u16, schema: word as u8 as i8 - 4 })
    }

    fn to_word(self) -> u64 {
        1 << 63 | u64::from(self.era) << 32 | (self.schema + 4) as u64
    }
}

/// Where an observation belongs.
#[derive(Clone, Copy, Debug)]
enum Place {
    Zero,
    /// The number of a bucket; see [`number_of`].
    Bucket(u32),
}

impl Exponential {
    /// How many words of the series' payload one set of buckets takes.
    pub(crate) const WORDS: usize = 5;

    /// The set `number` of a series, whose zero bucket is the cell `zero_cell` of the segment.
    pub(crate) fn new(
        series: Arc<Series>,
        options: NativeOptions,
        number: u8,
        zero_cell: Cell,
    ) -> Self {
        let levels = [const { OnceLock::new() }; LEVELS];
        Self { series, options, number, zero_cell, levels, turn: Mutex::default() }
    }

    /// Counts an observation that is not NaN. `false` when there is no room for its bucket.
    pub(crate) fn observe(&self, value: f64) -> bool {
        match self.cell(value).or_else(|| self.claim(value)) {
            Some(cell) => self.series.segment.count(cell),
            None => return false,
        }
        true
    }

    fn cell(&self, value: f64) -> Option<Cell> {
        // Acquire: whoever sees a new resolution sees its threshold, too.
        let state = State::from_word(self.word(word::STATE, Ordering::Acquire)?)?;
        match place(value, state.schema, self.zero_threshold()) {
            Place::Zero => Some(self.zero_cell),
            Place::Bucket(number) => {
                let level = self.levels.get(level_of(state.schema))?.get()?;
                level.find(number, state.era)
            }
        }
    }

    /// The cell of a bucket that may be new.
    #[cold]
    fn claim(&self, value: f64) -> Option<Cell> {
        let _turn = lock(&self.turn);
        loop {
            let state = self.state()?;
            let number = match place(value, state.schema, self.zero_threshold()) {
                Place::Zero => return Some(self.zero_cell),
                Place::Bucket(number) => number,
            };
            self.find_tables(state.schema);
            if let Some(cell) = self.level(state.schema).find(number, state.era) {
                return Some(cell);
            }
            let claimed = self.word(word::CLAIMED, Ordering::Relaxed)?;
            if claimed < self.options.max_buckets as u64 {
                return self.claim_bucket(state, number);
            }
            if !(self.reset_if_due(true) || self.widen_zero(state, number) || self.coarsen(state)) {
                // The resolution is the lowest that there is: the limit gives way, as in Go.
                return self.claim_bucket(state, number);
            }
        }
    }

    /// The state, which the first observation makes.
    fn state(&self) -> Option<State> {
        let word = self.word(word::STATE, Ordering::Relaxed)?;
        Some(State::from_word(word).unwrap_or_else(|| {
            let state = State { era: 0, schema: self.options.schema };
            self.set(word::LAST_RESET, self.now().to_bits());
            self.begin(0, state);
            state
        }))
    }

    /// Begins anew, unless another process has done so.
    fn begin(&self, before: u64, state: State) {
        self.set(word::ZERO_THRESHOLD, self.options.zero_threshold.to_bits());
        if self.replace(word::STATE, before, state.to_word()) {
            self.set(word::CLAIMED, 0);
            self.set(word::RESET_IS_DUE, 0);
        }
    }

    fn claim_bucket(&self, state: State, number: u32) -> Option<Cell> {
        let cell = self.level(state.schema).claim(self, state, number)?;
        self.payload_word(word::CLAIMED)?.fetch_add(1, Ordering::Relaxed);
        Some(cell)
    }

    /// Resets everything if it has lost resolution, or is about to, and has lived long enough.
    fn reset_if_due(&self, is_needed: bool) -> bool {
        let least = self.options.min_reset_seconds;
        let word = |at| self.word(at, Ordering::Relaxed).unwrap_or_default();
        if least == 0.0 || !(is_needed || word(word::RESET_IS_DUE) == 1) {
            return false;
        }
        let last = word(word::LAST_RESET);
        if self.now() - f64::from_bits(last) < least {
            return false;
        }
        // One of all processes does it.
        if self.replace(word::LAST_RESET, last, self.now().to_bits()) {
            self.reset_all();
        }
        true
    }

    fn reset_all(&self) {
        let series = &self.series;
        series.segment.reset(series.cell(), series.entry.cells as usize);
        series.segment.set_created(&series.entry, series.context.clock.unix_seconds());
        series.context.set_created_changed();
        if let Some(exemplars) = series.existing_exemplars() {
            exemplars.clear();
        }
        self.reset_buckets();
    }

    fn reset_buckets(&self) {
        let Some(word) = self.word(word::STATE, Ordering::Relaxed) else { return };
        let Some(state) = State::from_word(word) else { return };
        NativeHistogram::SCHEMAS.for_each(|schema| self.find_tables(schema));
        self.levels.iter().filter_map(OnceLock::get).for_each(|level| {
            level.existing().for_each(SparseCells::reset);
        });
        self.set(word::LAST_RESET, self.now().to_bits());
        let next = State { era: state.era.wrapping_add(1), schema: self.options.schema };
        self.begin(word, next);
    }

    /// Widens the zero bucket by the bucket that is nearest to it, the new one included.
    fn widen_zero(&self, state: State, new: u32) -> bool {
        let now = self.zero_threshold();
        let outside = self.outside_zero(state, now);
        let bound = |number: u32| NativeHistogram::upper_bound(state.schema, index_of(number).0);
        let bounds = outside.iter().map(|number| bound(*number));
        let threshold = bounds.fold(bound(new), f64::min);
        if threshold > self.options.max_zero_threshold || threshold <= now {
            return false;
        }
        let claimed = outside.iter().filter(|number| bound(**number) > threshold).count();
        self.set(word::CLAIMED, claimed as u64);
        self.set(word::ZERO_THRESHOLD, threshold.to_bits());
        self.set(word::RESET_IS_DUE, 1);
        true
    }

    /// The buckets that are claimed, but for those that the zero bucket took in.
    fn outside_zero(&self, state: State, threshold: f64) -> Vec<u32> {
        let claimed = self.level(state.schema).existing();
        let claimed = claimed.flat_map(|table| table.numbers(state.era));
        let bound = |number: u32| NativeHistogram::upper_bound(state.schema, index_of(number).0);
        claimed.filter(|number| bound(*number) > threshold).collect()
    }

    /// Goes on at half the resolution, with all buckets that are claimed merged into it.
    fn coarsen(&self, state: State) -> bool {
        if state.schema <= *NativeHistogram::SCHEMAS.start() {
            return false;
        }
        let below = State { schema: state.schema - 1, ..state };
        let threshold = self.zero_threshold();
        self.find_tables(below.schema);
        let level = self.level(below.schema);
        let mut claimed = 0;
        for number in self.outside_zero(state, threshold) {
            let number = coarser_number(number);
            if level.find(number, state.era).is_none() {
                if level.claim(self, below, number).is_none() {
                    return false;
                }
                claimed += 1;
            }
        }
        if self.replace(word::STATE, state.to_word(), below.to_word()) {
            self.set(word::CLAIMED, claimed);
            self.set(word::RESET_IS_DUE, 1);
        }
        true
    }

    /// All buckets at the current resolution, and what `cells` reads, with no reset in between.
    pub(crate) fn read<T>(&self, cells: impl FnOnce() -> T) -> (T, NativeHistogram) {
        let _turn = lock(&self.turn);
        self.reset_if_due(false);
        (cells(), self.buckets())
    }

    fn buckets(&self) -> NativeHistogram {
        let word = |at| self.word(at, Ordering::Relaxed).unwrap_or_default();
        let Some(state) = State::from_word(word(word::STATE)) else {
            return NativeHistogram {
                schema: self.options.schema,
                zero_threshold: self.options.zero_threshold,
                ..NativeHistogram::default()
            };
        };
        let zero_threshold = self.zero_threshold();
        let mut zero_count = self.series.segment.sum(self.zero_cell);
        let (mut positive, mut negative) = (BTreeMap::new(), BTreeMap::new());
        for schema in state.schema..=*NativeHistogram::SCHEMAS.end() {
            self.find_tables(schema);
            let level = self.levels.get(level_of(schema)).and_then(OnceLock::get);
            let tables = level.into_iter().flat_map(|level| level.existing());
            for (number, count) in tables.flat_map(SparseCells::counts) {
                let (index, is_negative) = index_of(number);
                // What is within the zero bucket was counted before that was widened.
                if zero_threshold > 0.0
                    && NativeHistogram::upper_bound(schema, index) <= zero_threshold
                {
                    zero_count += count;
                    continue;
                }
                let index = coarser(index, u32::from((schema - state.schema).unsigned_abs()));
                let side = if is_negative { &mut negative } else { &mut positive };
                *side.entry(index).or_insert(0.0) += count;
            }
        }
        NativeHistogram {
            schema: state.schema,
            zero_threshold,
            zero_count,
            positive: positive.into_iter().collect(),
            negative: negative.into_iter().collect(),
        }
    }

    /// Makes the buckets and all cells of the series zero, and the resolution what it was at first.
    pub(crate) fn reset_series(&self) {
        let _turn = lock(&self.turn);
        self.reset_all();
    }

    /// As [`Exponential::reset_series`] for buckets that share their series with others: of its cells
    /// the zero bucket alone.
    pub(crate) fn reset_slice(&self) {
        let _turn = lock(&self.turn);
        self.series.segment.reset(self.zero_cell, 1);
        self.reset_buckets();
    }

    /// Takes up the tables that the directory has already.
    pub(crate) fn adopt_tables(&self) {
        for part in self.series.parts(EntryKind::Sparse) {
            let key = self.series.segment.key_of(&part);
            let &[number, schema, at] = key.as_slice() else { continue };
            let schema = i8::from_le_bytes([schema]);
            if number != self.number || !NativeHistogram::SCHEMAS.contains(&schema) {
                continue;
            }
            if let Some(table) = self.level(schema).tables.get(usize::from(at)) {
                let segment = Arc::clone(&self.series.segment);
                table.get_or_init(|| SparseCells::new(segment, part));
            }
        }
    }

    fn level(&self, schema: i8) -> &Level {
        // There are as many levels as schemas; the first stands in for one that cannot be.
        let [first, ..] = &self.levels;
        self.levels.get(level_of(schema)).unwrap_or(first).get_or_init(Box::default)
    }

    fn zero_threshold(&self) -> f64 {
        self.word(word::ZERO_THRESHOLD, Ordering::Relaxed).map_or(0.0, f64::from_bits)
    }

    /// Takes up the tables of a resolution that other processes have made.
    fn find_tables(&self, schema: i8) {
        if !self.series.context.is_shared() {
            return;
        }
        for (at, table) in self.level(schema).tables.iter().enumerate() {
            if table.get().is_some() {
                continue;
            }
            let key = self.table_key(schema, at);
            let cells = FIRST_TABLE_CELLS << at;
            let Some(entry) = self.series.find_part(EntryKind::Sparse, &key, cells, cells) else {
                return;
            };
            table.get_or_init(|| SparseCells::new(Arc::clone(&self.series.segment), entry));
        }
    }

    /// The directory key of a table.
    fn table_key(&self, schema: i8, at: usize) -> [u8; 3] {
        [self.number, schema.to_le_bytes()[0], at as u8]
    }

    /// A word of the series' payload; none when the series is nowhere.
    fn payload_word(&self, at: usize) -> Option<&AtomicU64> {
        let words = self.series.segment.payload(&self.series.entry);
        words.get(usize::from(self.number) * Self::WORDS + at)
    }

    fn word(&self, at: usize, ordering: Ordering) -> Option<u64> {
        Some(self.payload_word(at)?.load(ordering))
    }

    fn set(&self, at: usize, value: u64) {
        if let Some(word) = self.payload_word(at) {
            word.store(value, Ordering::Release);
        }
    }

    /// Sets a word that is still what it was; whether it was.
    fn replace(&self, at: usize, before: u64, value: u64) -> bool {
        self.payload_word(at).is_some_and(|word| {
            word.compare_exchange(before, value, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        })
    }

    fn now(&self) -> f64 {
        self.series.context.seconds()
    }
}

impl Level {
    fn existing(&self) -> impl Iterator<Item = &SparseCells> {
        self.tables.iter().filter_map(OnceLock::get)
    }

    /// The cell of a bucket that is claimed. The last table is the largest, where most are.
    fn find(&self, number: u32, era: u16) -> Option<Cell> {
        let mut tables = self.tables.iter().rev().filter_map(OnceLock::get);
        tables.find_map(|table| table.find(number, era))
    }

    /// Gives a bucket a cell, in a new table when the others are full.
    fn claim(&self, owner: &Exponential, state: State, number: u32) -> Option<Cell> {
        for (at, table) in self.tables.iter().enumerate() {
            let table = match table.get() {
                Some(table) => table,
                None => {
                    let cells = FIRST_TABLE_CELLS << at;
                    let key = owner.table_key(state.schema, at);
                    let series = &owner.series;
                    let entry = series.part(EntryKind::Sparse, &key, cells, cells).ok()?;
                    table.get_or_init(|| SparseCells::new(Arc::clone(&series.segment), entry))
                }
            };
            if let Some(cell) = table.claim(number, state.era) {
                return Some(cell);
            }
        }
        None
    }
}

fn place(value: f64, schema: i8, zero_threshold: f64) -> Place {
    if value > zero_threshold {
        Place::Bucket(number_of(bucket_index(value, schema), false))
    } else if value < -zero_threshold {
        Place::Bucket(number_of(bucket_index(-value, schema), true))
    } else {
        Place::Zero
    }
}

fn level_of(schema: i8) -> usize {
    usize::from((schema - NativeHistogram::SCHEMAS.start()).unsigned_abs())
}

/// Indices go from about -275,000 to 262,145, the range of doubles at schema 8.
const INDEX_BITS: u32 = 20;
const HALF: i32 = 1 << (INDEX_BITS - 1);
const NEGATIVE: u32 = 1 << INDEX_BITS;

/// A bucket's number: its index in a range from 0 up. Negative ones run the other way, so that both
/// sides of a histogram around zero do not meet in a table.
fn number_of(index: i32, is_negative: bool) -> u32 {
    if is_negative { (HALF - 1 - index) as u32 | NEGATIVE } else { (index + HALF) as u32 }
}

fn index_of(number: u32) -> (i32, bool) {
    let place = (number & (NEGATIVE - 1)) as i32;
    if number & NEGATIVE == 0 { (place - HALF, false) } else { (HALF - 1 - place, true) }
}

fn coarser_number(number: u32) -> u32 {
    let (index, is_negative) = index_of(number);
    number_of(coarser(index, 1), is_negative)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_indices() {
        for index in [-274_944, -1, 0, 1, 262_145] {
            for is_negative in [false, true] {
                assert_eq!(index_of(number_of(index, is_negative)), (index, is_negative));
            }
        }
    }
}
