//! Any sequence of operations on a registry, wrong ones included: none panics, one that fails
//! changes nothing, and the text is always well-formed.
#![no_main]

use std::collections::HashSet;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use metrion::{
    Counter, Family, FamilyOptions, Gauge, GaugeMode, GaugeOptions, Geometry, Histogram,
    HistogramOptions, NameFilter, Registry, RegistryOptions, Result,
};

#[derive(Arbitrary, Debug)]
enum Operation<'a> {
    Create(Create<'a>),
    Labels(u8, Vec<&'a str>),
    LabelsByName(u8, Vec<(Name<'a>, &'a str)>),
    Curry(u8, Vec<(Name<'a>, &'a str)>),
    Inc(u8),
    Update(u8, f64),
    Set(u8, f64),
    Remove(u8, Vec<&'a str>),
    RemoveMatching(u8, Vec<(Name<'a>, &'a str)>),
    Clear(u8),
    Reset(u8),
    Unregister(u8),
    Forget(u8),
    Filter(Vec<Name<'a>>),
}

#[derive(Arbitrary, Debug)]
struct Create<'a> {
    kind: Kind,
    name: Name<'a>,
    help: &'a str,
    namespace: Option<Name<'a>>,
    unit: Option<Name<'a>>,
    labels: Vec<Name<'a>>,
    constant_labels: Vec<(Name<'a>, &'a str)>,
    max_series: Option<u8>,
    buckets: Vec<f64>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Kind {
    Counter,
    LastValue,
    UpDown,
    Histogram,
    EvenHistogram(u8),
}

/// Mostly a name of a few, so that names meet.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Name<'a> {
    Known(u8),
    Other(&'a str),
}

const KNOWN: [&str; 16] = [
    "a",
    "b",
    "c",
    "a_total",
    "a_count",
    "a_sum",
    "a_bucket",
    "a_created",
    "le",
    "__a",
    "seconds",
    "a_seconds",
    "metrion_overflow",
    "",
    "_total",
    "a:b",
];

impl<'a> Name<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Known(which) => KNOWN[usize::from(which) % KNOWN.len()],
            Self::Other(text) => text,
        }
    }
}

enum AnyFamily {
    Counter(Family<Counter>),
    Gauge(Family<Gauge>),
    Histogram(Family<Histogram>),
}

enum AnyChild {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

macro_rules! each {
    ($any:expr, $family:ident => $body:expr) => {
        match $any {
            AnyFamily::Counter($family) => $body,
            AnyFamily::Gauge($family) => $body,
            AnyFamily::Histogram($family) => $body,
        }
    };
}

struct State {
    registry: Registry,
    families: Vec<AnyFamily>,
    children: Vec<AnyChild>,
}

fuzz_target!(|operations: Vec<Operation<'_>>| {
    // Small, so that its bounds are met, too.
    let geometry = Geometry { slabs: 2, cells: 1, entries: 64, key_words: 1 << 10 };
    let options = RegistryOptions { geometry, ..RegistryOptions::default() };
    let registry = Registry::new(options).unwrap();
    let mut state = State { registry, families: Vec::new(), children: Vec::new() };
    let mut before = String::new();
    for operation in &operations {
        let result = state.apply(operation);
        let after = metrion::text(&state.registry);
        if let Err(error) = result {
            assert_eq!(after, before, "{operation:?} failed with {error} and changed something");
        }
        check_text(&after);
        before = after;
    }
});

impl State {
    fn apply(&mut self, operation: &Operation<'_>) -> Result<()> {
        match operation {
            Operation::Create(create) => {
                let family = self.create(create)?;
                self.families.push(family);
            }
            Operation::Labels(which, values) => {
                let Some(family) = pick(&self.families, *which) else { return Ok(()) };
                let child = match family {
                    AnyFamily::Counter(family) => AnyChild::Counter(family.labels(values)?.clone()),
                    AnyFamily::Gauge(family) => AnyChild::Gauge(family.labels(values)?.clone()),
                    AnyFamily::Histogram(family) => {
                        AnyChild::Histogram(family.labels(values)?.clone())
                    }
                };
                self.children.push(child);
            }
            Operation::LabelsByName(which, pairs) => {
                let Some(family) = pick(&self.families, *which) else { return Ok(()) };
                let pairs = texts(pairs);
                each!(family, family => drop(family.labels_by_name(&pairs)?));
            }
            Operation::Curry(which, pairs) => {
                let Some(family) = pick(&self.families, *which) else { return Ok(()) };
                let pairs = texts(pairs);
                let view = match family {
                    AnyFamily::Counter(family) => AnyFamily::Counter(family.curry(&pairs)?),
                    AnyFamily::Gauge(family) => AnyFamily::Gauge(family.curry(&pairs)?),
                    AnyFamily::Histogram(family) => AnyFamily::Histogram(family.curry(&pairs)?),
                };
                self.families.push(view);
            }
            Operation::Inc(which) => match pick(&self.children, *which) {
                Some(AnyChild::Counter(counter)) => counter.inc(),
                Some(AnyChild::Gauge(gauge)) => gauge.inc(),
                Some(AnyChild::Histogram(histogram)) => histogram.observe(1.0),
                None => {}
            },
            Operation::Update(which, value) => match pick(&self.children, *which) {
                Some(AnyChild::Counter(counter)) => counter.checked_add(*value)?,
                Some(AnyChild::Gauge(gauge)) => gauge.add(*value),
                Some(AnyChild::Histogram(histogram)) => histogram.observe(*value),
                None => {}
            },
            Operation::Set(which, value) => {
                if let Some(AnyChild::Gauge(gauge)) = pick(&self.children, *which) {
                    gauge.set(*value)?;
                }
            }
            Operation::Remove(which, values) => {
                let Some(family) = pick(&self.families, *which) else { return Ok(()) };
                each!(family, family => family.remove(values)?);
            }
            Operation::RemoveMatching(which, pairs) => {
                let Some(family) = pick(&self.families, *which) else { return Ok(()) };
                let pairs = texts(pairs);
                each!(family, family => family.remove_matching(&pairs)?);
            }
            Operation::Clear(which) => {
                let Some(family) = pick(&self.families, *which) else { return Ok(()) };
                each!(family, family => family.clear());
            }
            Operation::Reset(which) => {
                let Some(family) = pick(&self.families, *which) else { return Ok(()) };
                each!(family, family => family.reset());
            }
            Operation::Unregister(which) => {
                let Some(family) = pick(&self.families, *which) else { return Ok(()) };
                each!(family, family => self.registry.unregister_family(family)?);
            }
            Operation::Forget(which) => self.forget(*which),
            Operation::Filter(names) => {
                let names = names.iter().map(|name| name.text().to_owned()).collect();
                let snapshot = self.registry.snapshot(&NameFilter::only(names));
                let mut bytes = Vec::new();
                metrion::exposition::encode_text(&snapshot, &mut bytes);
                check_text(std::str::from_utf8(&bytes).unwrap());
            }
        }
        Ok(())
    }

    fn create(&self, create: &Create<'_>) -> Result<AnyFamily> {
        let part = |name: Option<Name<'_>>| name.map_or("", Name::text).to_owned();
        let family = FamilyOptions {
            name: create.name.text().to_owned(),
            help: create.help.to_owned(),
            namespace: part(create.namespace),
            unit: part(create.unit),
            label_names: create.labels.iter().map(|name| name.text().to_owned()).collect(),
            constant_labels: texts(&create.constant_labels)
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            max_series: create.max_series.map(usize::from),
            ..FamilyOptions::default()
        };
        Ok(match create.kind {
            Kind::Counter => AnyFamily::Counter(self.registry.counter_family(family)?),
            Kind::LastValue => {
                let options = GaugeOptions { family, mode: GaugeMode::LastValue };
                AnyFamily::Gauge(self.registry.gauge_family(options)?)
            }
            Kind::UpDown => {
                let options = GaugeOptions { family, mode: GaugeMode::UpDown };
                AnyFamily::Gauge(self.registry.gauge_family(options)?)
            }
            Kind::Histogram => {
                let options = HistogramOptions {
                    family,
                    buckets: create.buckets.clone(),
                    ..HistogramOptions::default()
                };
                AnyFamily::Histogram(self.registry.histogram_family(options)?)
            }
            Kind::EvenHistogram(count) => {
                let buckets = (0..count).map(f64::from).collect();
                let options = HistogramOptions { family, buckets, ..HistogramOptions::default() };
                AnyFamily::Histogram(self.registry.histogram_family(options)?)
            }
        })
    }

    /// Gives handles up, so that what was removed can be used again.
    fn forget(&mut self, which: u8) {
        if which.is_multiple_of(2) {
            self.children.clear();
        } else if !self.families.is_empty() {
            let at = usize::from(which) % self.families.len();
            self.families.swap_remove(at);
        }
    }
}

fn pick<T>(from: &[T], which: u8) -> Option<&T> {
    from.get(usize::from(which) % from.len().max(1))
}

fn texts<'a>(pairs: &[(Name<'a>, &'a str)]) -> Vec<(&'a str, &'a str)> {
    pairs.iter().map(|(name, value)| (name.text(), *value)).collect()
}

/// Panics at the first line that is not of the text format 0.0.4, that repeats a series, or that
/// contradicts its histogram.
fn check_text(text: &str) {
    assert!(text.is_empty() || text.ends_with('\n'));
    let mut family = ("", "");
    let mut families = HashSet::new();
    let mut all_series = HashSet::new();
    let mut bucket: Option<f64> = None;
    for line in text.split_terminator('\n') {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (kind, name) = (words.next().unwrap(), words.next().unwrap());
            assert!(is_name(name), "{line}");
            let rest = words.next().unwrap_or_default();
            if kind == "TYPE" {
                assert!(families.insert(name), "{name} comes twice");
                family = (name, rest);
            } else {
                assert_eq!(kind, "HELP", "{line}");
            }
            continue;
        }
        let (series, number) = line.rsplit_once(' ').unwrap();
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').unwrap()),
            None => (series, ""),
        };
        let suffix = name.strip_prefix(family.0).unwrap();
        assert!(all_series.insert(series), "{series} comes twice");
        check_labels(labels);
        let value: f64 = number.parse().unwrap();
        match (family.1, suffix) {
            ("counter", "") => assert!(value >= 0.0 || value.is_nan(), "{line}"),
            ("gauge", "") | ("histogram", "_sum") => {}
            ("histogram", "_bucket") => {
                assert!(value >= bucket.unwrap_or(0.0), "{line}");
                bucket = Some(value);
            }
            ("histogram", "_count") => assert_eq!(bucket.take(), Some(value), "{line}"),
            _ => panic!("{line} does not belong to {family:?}"),
        }
    }
}

fn check_labels(labels: &str) {
    let mut rest = labels;
    while !rest.is_empty() {
        let (name, quoted) = rest.split_once("=\"").unwrap();
        assert!(is_name(name) && !name.contains(':'), "{labels}");
        let mut escaped = false;
        let end = quoted.bytes().position(|byte| {
            assert!(!escaped || b"\\\"n".contains(&byte), "{labels}");
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        rest = &quoted[end.unwrap() + 1..];
        if let Some(more) = rest.strip_prefix(',') {
            assert!(!more.is_empty(), "{labels}");
            rest = more;
        } else {
            assert!(rest.is_empty(), "{labels}");
        }
    }
}

fn is_name(name: &str) -> bool {
    let head = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b':';
    name.bytes().next().is_some_and(head)
        && name.bytes().all(|byte| head(byte) || byte.is_ascii_digit())
}
