//! Runs a case against the Rust core.

use std::collections::{BTreeMap, HashMap};

use metrion::{
    Counter, Family, FamilyOptions, Gauge, GaugeMode, GaugeOptions, Histogram, HistogramOptions,
    NameFilter, Registry, RegistryOptions,
};

use crate::format::{Case, Create, ExpectedValue, GaugeKind, Kind, Operation};

/// Runs one case on a new registry.
///
/// # Errors
/// What came out otherwise than the case says, and at which operation.
pub fn run(case: &Case) -> Result<(), String> {
    let registry = Registry::new(RegistryOptions::default()).map_err(|error| error.to_string())?;
    let mut run = Run { registry, handles: HashMap::new() };
    for (index, step) in case.operations.iter().enumerate() {
        let at = |what: String| format!("operation {index}, {:?}: {what}", step.operation);
        match (run.apply(&step.operation), &step.error) {
            (Ok(()), None) => {}
            (Err(Failure::Core(error)), Some(code)) if error.code().as_str() == code => {}
            (Ok(()), Some(code)) => return Err(at(format!("succeeded, should fail: {code}"))),
            (Err(Failure::Core(error)), _) => return Err(at(error.to_string())),
            (Err(Failure::Vector(what)), _) => return Err(at(what)),
        }
    }
    run.expect_text(&case.expect.text, None).map_err(|what| format!("at the end: {what}"))?;
    run.expect_values(&case.expect.values).map_err(|what| format!("at the end: {what}"))
}

enum Failure {
    /// The core refused: an error that a case may ask for.
    Core(metrion::Error),
    /// The vector asks for what there is not, or expects something else.
    Vector(String),
}

impl From<metrion::Error> for Failure {
    fn from(error: metrion::Error) -> Self {
        Self::Core(error)
    }
}

impl From<String> for Failure {
    fn from(what: String) -> Self {
        Self::Vector(what)
    }
}

type Outcome<T = ()> = Result<T, Failure>;

struct Run {
    registry: Registry,
    handles: HashMap<String, Handle>,
}

#[derive(Clone)]
enum Handle {
    Counters(Family<Counter>),
    Gauges(Family<Gauge>),
    Histograms(Family<Histogram>),
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

/// Does the same with whatever kind of family a handle is.
macro_rules! with_family {
    ($handle:expr, $family:ident => $body:expr) => {
        match $handle {
            Handle::Counters($family) => $body,
            Handle::Gauges($family) => $body,
            Handle::Histograms($family) => $body,
            _ => return Err(Failure::Vector("this handle is not a family".into())),
        }
    };
}

impl Run {
    fn apply(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::Create(create) => self.create(create)?,
            Operation::Labels { family, id, values, names } => {
                let child = match (values, names) {
                    (Some(values), None) => self.handle(family)?.labels(values)?,
                    (None, Some(names)) => self.handle(family)?.labels_by_name(names)?,
                    _ => return Err(Failure::Vector("one of values and names".into())),
                };
                self.bind(id, child)?;
            }
            Operation::Curry { family, id, names } => {
                let view = self.handle(family)?.curry(names)?;
                self.bind(id, view)?;
            }
            Operation::Inc { on } => self.handle(on)?.child()?.inc()?,
            Operation::Add { on, value } => self.handle(on)?.child()?.add(value.0)?,
            Operation::Dec { on, value } => self.handle(on)?.child()?.dec(value.0)?,
            Operation::Set { on, value } => self.handle(on)?.child()?.set(value.0)?,
            Operation::Observe { on, value } => self.handle(on)?.child()?.observe(value.0)?,
            Operation::Remove { family, values } => {
                let values = refs(values);
                with_family!(self.handle(family)?, family => family.remove(&values)?);
            }
            Operation::RemoveMatching { family, names } => {
                let pairs = pairs(names);
                with_family!(self.handle(family)?, family => family.remove_matching(&pairs)?);
            }
            Operation::Clear { family } => {
                with_family!(self.handle(family)?, family => family.clear());
            }
            Operation::Reset { family } => {
                with_family!(self.handle(family)?, family => family.reset());
            }
            Operation::Unregister { family } => {
                with_family!(self.handle(family)?, family => {
                    self.registry.unregister_family(family)?;
                });
            }
            Operation::ExpectText { text, filter } => {
                self.expect_text(text, filter.as_deref())?;
            }
            Operation::ExpectValues { values } => self.expect_values(values)?,
        }
        Ok(())
    }

    fn create(&mut self, create: &Create) -> Outcome {
        let family = FamilyOptions {
            name: create.name.clone(),
            help: create.help.clone(),
            namespace: create.namespace.clone(),
            subsystem: create.subsystem.clone(),
            unit: create.unit.clone(),
            label_names: create.label_names.clone(),
            constant_labels: create.constant_labels.clone(),
            max_series: create.max_series,
            ..FamilyOptions::default()
        };
        let handle = match (create.kind, create.mode, &create.buckets) {
            (Kind::Counter, None, None) => Handle::Counters(self.registry.counter_family(family)?),
            (Kind::Gauge, mode, None) => {
                let mode = match mode {
                    None | Some(GaugeKind::Last) => GaugeMode::LastValue,
                    Some(GaugeKind::UpDown) => GaugeMode::UpDown,
                };
                Handle::Gauges(self.registry.gauge_family(GaugeOptions { family, mode })?)
            }
            (Kind::Histogram, None, buckets) => {
                let mut options = HistogramOptions { family, ..HistogramOptions::default() };
                if let Some(buckets) = buckets {
                    options.buckets = buckets.iter().map(|bound| bound.0).collect();
                }
                Handle::Histograms(self.registry.histogram_family(options)?)
            }
            (kind, ..) => return Err(Failure::Vector(format!("not an option of a {kind:?}"))),
        };
        self.bind(&create.id, handle)
    }

    fn handle(&self, id: &str) -> Outcome<&Handle> {
        self.handles.get(id).ok_or_else(|| Failure::Vector(format!("there is no handle {id:?}")))
    }

    fn bind(&mut self, id: &str, handle: Handle) -> Outcome {
        match self.handles.insert(id.to_owned(), handle) {
            None => Ok(()),
            Some(_) => Err(Failure::Vector(format!("the id {id:?} is used twice"))),
        }
    }

    fn expect_text(&self, lines: &[String], filter: Option<&[String]>) -> Result<(), String> {
        let filter = filter.map_or_else(NameFilter::all, |names| NameFilter::only(names.to_vec()));
        let mut bytes = Vec::new();
        metrion::exposition::encode_text(&self.registry.snapshot(&filter), &mut bytes);
        let found = String::from_utf8(bytes).map_err(|error| error.to_string())?;
        let expected: String = lines.iter().map(|line| format!("{line}\n")).collect();
        if found == expected {
            return Ok(());
        }
        Err(format!("the text is\n{found}and should be\n{expected}"))
    }

    fn expect_values(&self, values: &BTreeMap<String, ExpectedValue>) -> Result<(), String> {
        for (id, expected) in values {
            let child =
                self.handle(id).and_then(Handle::child).map_err(|failure| match failure {
                    Failure::Core(error) => format!("{id}: {error}"),
                    Failure::Vector(what) => format!("{id}: {what}"),
                })?;
            let (is_it, found) = match (&child, expected) {
                (Handle::Counter(counter), ExpectedValue::Number(number)) => {
                    (number.is(counter.get()), format!("{:?}", counter.get()))
                }
                (Handle::Gauge(gauge), ExpectedValue::Number(number)) => {
                    (number.is(gauge.get()), format!("{:?}", gauge.get()))
                }
                (Handle::Histogram(histogram), ExpectedValue::Histogram(expected)) => {
                    let found = histogram.get();
                    let counts = expected.counts.iter().zip(&found.counts);
                    let is_it = expected.counts.len() == found.counts.len()
                        && expected.sum.is(found.sum)
                        && counts.into_iter().all(|(number, count)| number.is(*count));
                    (is_it, format!("{found:?}"))
                }
                _ => (false, "of another type".to_owned()),
            };
            if !is_it {
                return Err(format!("{id} is {found} and should be {expected:?}"));
            }
        }
        Ok(())
    }
}

impl Handle {
    fn labels(&self, values: &[String]) -> Outcome<Self> {
        let values = refs(values);
        Ok(match self {
            Self::Counters(family) => Self::Counter(family.labels(&values)?.clone()),
            Self::Gauges(family) => Self::Gauge(family.labels(&values)?.clone()),
            Self::Histograms(family) => Self::Histogram(family.labels(&values)?.clone()),
            _ => return Err(Failure::Vector("a child has no labels to give".into())),
        })
    }

    fn labels_by_name(&self, names: &BTreeMap<String, String>) -> Outcome<Self> {
        let pairs = pairs(names);
        Ok(match self {
            Self::Counters(family) => Self::Counter(family.labels_by_name(&pairs)?.clone()),
            Self::Gauges(family) => Self::Gauge(family.labels_by_name(&pairs)?.clone()),
            Self::Histograms(family) => Self::Histogram(family.labels_by_name(&pairs)?.clone()),
            _ => return Err(Failure::Vector("a child has no labels to give".into())),
        })
    }

    fn curry(&self, names: &BTreeMap<String, String>) -> Outcome<Self> {
        let pairs = pairs(names);
        Ok(match self {
            Self::Counters(family) => Self::Counters(family.curry(&pairs)?),
            Self::Gauges(family) => Self::Gauges(family.curry(&pairs)?),
            Self::Histograms(family) => Self::Histograms(family.curry(&pairs)?),
            _ => return Err(Failure::Vector("a child cannot be curried".into())),
        })
    }

    /// The handle itself, or the one child of a family without (open) labels.
    fn child(&self) -> Outcome<Self> {
        match self {
            Self::Counters(_) | Self::Gauges(_) | Self::Histograms(_) => self.labels(&[]),
            child => Ok(child.clone()),
        }
    }

    fn inc(&self) -> Outcome {
        match self {
            Self::Counter(counter) => counter.inc(),
            Self::Gauge(gauge) => gauge.inc(),
            _ => return Err(Failure::Vector("inc is for counters and gauges".into())),
        }
        Ok(())
    }

    fn add(&self, amount: f64) -> Outcome {
        match self {
            Self::Counter(counter) => counter.checked_add(amount)?,
            Self::Gauge(gauge) => gauge.add(amount),
            _ => return Err(Failure::Vector("add is for counters and gauges".into())),
        }
        Ok(())
    }

    fn dec(&self, amount: f64) -> Outcome {
        match self {
            Self::Gauge(gauge) => gauge.add(-amount),
            _ => return Err(Failure::Vector("dec is for gauges".into())),
        }
        Ok(())
    }

    fn set(&self, value: f64) -> Outcome {
        match self {
            Self::Gauge(gauge) => Ok(gauge.set(value)?),
            _ => Err(Failure::Vector("set is for gauges".into())),
        }
    }

    fn observe(&self, value: f64) -> Outcome {
        match self {
            Self::Histogram(histogram) => histogram.observe(value),
            _ => return Err(Failure::Vector("observe is for histograms".into())),
        }
        Ok(())
    }
}

fn refs(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

fn pairs(names: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
