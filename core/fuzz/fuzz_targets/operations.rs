//! Any sequence of operations on a registry, wrong ones included: none panics, one that fails
//! changes nothing, and what every format says of it is well-formed and the same.
#![no_main]

use std::sync::Arc;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use metrion::{
    Counter, Family, FamilyOptions, Gauge, GaugeMode, GaugeOptions, Geometry, Histogram,
    HistogramOptions, Info, ManualClock, NameFilter, NativeOptions, Registry, RegistryOptions,
    Result, StateSet, StateSetOptions, Summary, SummaryOptions,
};

mod check_text;
mod every_format;

use check_text::check_text;
use every_format::check_every_format;

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
    /// With an exemplar.
    UpdateWith(u8, f64, Vec<(Name<'a>, &'a str)>),
    /// Of an info, or of a state set: its first name is the state.
    Say(u8, Vec<(Name<'a>, &'a str)>),
    /// So many seconds, or days.
    Pass(u8, bool),
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
    expires: Option<u8>,
    buckets: Vec<f64>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Kind {
    Counter,
    LastValue,
    UpDown,
    Histogram,
    EvenHistogram(u8),
    NativeHistogram {
        schema: i8,
        max_buckets: u8,
        has_classic: bool,
    },
    /// The buckets are its quantiles.
    Summary,
    Info,
    /// The label names are its states.
    StateSet,
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
    Summary(Family<Summary>),
    Info(Family<Info>),
    StateSet(Family<StateSet>),
}

enum AnyChild {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
    Summary(Summary),
    Info(Info),
    StateSet(StateSet),
}

macro_rules! each {
    ($any:expr, $family:ident => $body:expr) => {
        match $any {
            AnyFamily::Counter($family) => $body,
            AnyFamily::Gauge($family) => $body,
            AnyFamily::Histogram($family) => $body,
            AnyFamily::Summary($family) => $body,
            AnyFamily::Info($family) => $body,
            AnyFamily::StateSet($family) => $body,
        }
    };
}

struct State {
    registry: Registry,
    clock: Arc<ManualClock>,
    families: Vec<AnyFamily>,
    children: Vec<AnyChild>,
}

fuzz_target!(|operations: Vec<Operation<'_>>| {
    // Small, so that its bounds are met, too.
    let geometry = Geometry { slabs: 2, cells: 1, entries: 64, key_words: 1 << 10, processes: 0 };
    let clock = Arc::new(ManualClock::new(1.5e9));
    let options =
        RegistryOptions { geometry, clock: Arc::clone(&clock) as _, ..RegistryOptions::default() };
    let registry = Registry::new(options).unwrap();
    let mut state = State { registry, clock, families: Vec::new(), children: Vec::new() };
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
    check_every_format(&state.registry.snapshot(&NameFilter::all()));
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
                    AnyFamily::Summary(family) => AnyChild::Summary(family.labels(values)?.clone()),
                    AnyFamily::Info(family) => AnyChild::Info(family.labels(values)?.clone()),
                    AnyFamily::StateSet(family) => {
                        AnyChild::StateSet(family.labels(values)?.clone())
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
                    AnyFamily::Summary(family) => AnyFamily::Summary(family.curry(&pairs)?),
                    AnyFamily::Info(family) => AnyFamily::Info(family.curry(&pairs)?),
                    AnyFamily::StateSet(family) => AnyFamily::StateSet(family.curry(&pairs)?),
                };
                self.families.push(view);
            }
            Operation::Inc(which) => match pick(&self.children, *which) {
                Some(AnyChild::Counter(counter)) => counter.inc(),
                Some(AnyChild::Gauge(gauge)) => gauge.inc(),
                Some(AnyChild::Histogram(histogram)) => histogram.observe(1.0),
                Some(AnyChild::Summary(summary)) => summary.observe(1.0),
                Some(AnyChild::Info(_) | AnyChild::StateSet(_)) | None => {}
            },
            Operation::Update(which, value) => match pick(&self.children, *which) {
                Some(AnyChild::Counter(counter)) => counter.checked_add(*value)?,
                Some(AnyChild::Gauge(gauge)) => gauge.add(*value),
                Some(AnyChild::Histogram(histogram)) => histogram.observe(*value),
                Some(AnyChild::Summary(summary)) => summary.observe(*value),
                Some(AnyChild::Info(_) | AnyChild::StateSet(_)) | None => {}
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
            Operation::UpdateWith(which, value, labels) => {
                let labels = texts(labels);
                match pick(&self.children, *which) {
                    Some(AnyChild::Counter(counter)) => {
                        counter.add_with_exemplar(*value, &labels)?
                    }
                    Some(AnyChild::Histogram(histogram)) => {
                        histogram.observe_with_exemplar(*value, &labels)?;
                    }
                    _ => {}
                }
            }
            Operation::Say(which, labels) => match pick(&self.children, *which) {
                Some(AnyChild::Info(info)) => info.set(&texts(labels))?,
                Some(AnyChild::StateSet(states)) => match texts(labels)[..] {
                    [(state, _)] => states.set_only(state)?,
                    [(state, holds), ..] => states.set(state, holds.is_empty())?,
                    [] => {}
                },
                _ => {}
            },
            Operation::Pass(count, are_days) => {
                self.clock.advance(f64::from(*count) * if *are_days { 86400.0 } else { 1.0 });
            }
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
            expire_after_seconds: create.expires.map(f64::from),
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
            Kind::NativeHistogram { schema, max_buckets, has_classic } => {
                let max_buckets = usize::from(max_buckets);
                let native = NativeOptions { schema, max_buckets, ..NativeOptions::default() };
                let buckets = if has_classic { create.buckets.clone() } else { vec![] };
                let options = HistogramOptions { family, buckets, native: Some(native) };
                AnyFamily::Histogram(self.registry.histogram_family(options)?)
            }
            Kind::Summary => {
                let objectives = create.buckets.iter().map(|quantile| (*quantile, 0.01)).collect();
                let options = SummaryOptions { family, objectives, ..SummaryOptions::default() };
                AnyFamily::Summary(self.registry.summary_family(options)?)
            }
            Kind::Info => AnyFamily::Info(self.registry.info_family(family)?),
            Kind::StateSet => {
                let states = family.label_names.clone();
                let family = FamilyOptions { label_names: vec![], ..family };
                let options = StateSetOptions { family, states };
                AnyFamily::StateSet(self.registry.state_set_family(options)?)
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
