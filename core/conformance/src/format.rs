//! The format of a vector, as data. Whatever is unknown is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Map, Value};

use crate::page::{Collected, Page, ParsedFormat};

/// The areas that this runner knows: the folders of `vectors/`.
pub const AREAS: [&str; 23] = [
    "collectors",
    "counter",
    "created",
    "errors",
    "exemplars",
    "expiry",
    "filter",
    "formats",
    "gauge",
    "histogram",
    "info",
    "labels",
    "limits",
    "names",
    "native",
    "numbers",
    "parsing",
    "registry",
    "removal",
    "reset",
    "serving",
    "state_set",
    "summary",
];

/// A vector with where it came from.
#[derive(Clone, Debug)]
pub struct VectorFile {
    /// Its path, to show to people.
    pub path: PathBuf,
    /// What it says.
    pub case: Case,
}

/// One vector: operations on a new registry, and what must come of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// One sentence for people.
    pub description: String,
    /// What is special about the registry.
    #[serde(default)]
    pub registry: Setup,
    /// What to do, in order.
    pub operations: Vec<Step>,
    /// What must hold at the end.
    pub expect: Expectation,
}

/// What a registry is made with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the README has a table of the fields
pub struct Setup {
    #[serde(default)]
    pub utf8_names: bool,
    #[serde(default)]
    pub constant_labels: Pairs,
    pub max_entries: Option<usize>,
}

/// Names and values in an order.
pub type Pairs = Vec<(String, String)>;

/// An operation, and the error that it must give.
#[derive(Clone, Debug)]
pub struct Step {
    /// What to do.
    pub operation: Operation,
    /// The stable code with which it must fail; without one it must succeed.
    pub error: Option<String>,
}

/// What a step does. `id`, `family` and `on` are names that the vector gives to handles.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)] // the README has a table of the fields
pub enum Operation {
    /// Makes or gets a family.
    Create(Box<Create>),
    /// Looks a child up, by `values` in their order or by `names`.
    Labels {
        family: String,
        id: String,
        values: Option<Vec<String>>,
        names: Option<BTreeMap<String, String>>,
    },
    /// Makes a view of a family with some labels fixed.
    Curry { family: String, id: String, names: BTreeMap<String, String> },
    /// Adds one to a counter or gauge.
    Inc { on: String },
    /// Adds to a counter or gauge.
    Add { on: String, value: Number, exemplar: Option<Pairs> },
    /// Subtracts from a gauge.
    Dec { on: String, value: Number },
    /// Sets a gauge.
    Set { on: String, value: Number },
    /// Gives a histogram or summary an observation.
    Observe { on: String, value: Number, exemplar: Option<Pairs> },
    /// Sets what an info says.
    SetInfo { on: String, labels: Pairs },
    /// Makes one state of a state set hold and no other.
    SetState { on: String, state: String },
    /// Lets time pass.
    Advance { seconds: Number },
    /// Registers a collector that gives these families at every collection.
    Collect { families: Vec<Collected> },
    /// Parses an exposition that must be right, but for the step's error.
    Parse { format: ParsedFormat, lines: Vec<String> },
    /// Serves the registry over HTTP until the case ends, at a free port or at that of another server.
    Serve { id: String, host: Option<String>, port_of: Option<String> },
    /// Removes one series.
    Remove { family: String, values: Vec<String> },
    /// Removes the series with these labels.
    RemoveMatching { family: String, names: BTreeMap<String, String> },
    /// Removes all series.
    Clear { family: String },
    /// Sets all series to zero.
    Reset { family: String },
    /// Takes the family out of the registry.
    Unregister { family: String },
    /// Compares the text, of all families or of those with the given sample names.
    ExpectText { text: Vec<String>, filter: Option<Vec<String>> },
    /// Compares an exposition of all families.
    ExpectPage(Page),
    /// Compares what handles read.
    ExpectValues { values: BTreeMap<String, ExpectedValue> },
}

impl Operation {
    /// Whether every process does it over which a case is spread: each has names and a clock of its own.
    pub(crate) fn is_for_all(&self) -> bool {
        matches!(
            self,
            Self::Create(_)
                | Self::Labels { .. }
                | Self::Curry { .. }
                | Self::Advance { .. }
                | Self::Collect { .. }
                | Self::Serve { .. }
                | Self::Unregister { .. }
        )
    }
}

/// What a family is made from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the README has a table of the fields
pub struct Create {
    #[serde(rename = "type")]
    pub kind: Kind,
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub help: String,
    #[serde(default)]
    pub namespace: String,
    #[serde(default)]
    pub subsystem: String,
    #[serde(default)]
    pub unit: String,
    #[serde(default)]
    pub label_names: Vec<String>,
    #[serde(default)]
    pub constant_labels: Vec<(String, String)>,
    pub max_series: Option<usize>,
    pub expire_after: Option<Number>,
    /// Gauges only.
    pub mode: Option<GaugeKind>,
    /// Histograms only.
    pub buckets: Option<Vec<Number>>,
    /// Histograms only.
    pub native: Option<Native>,
    /// Summaries only: quantiles with their allowed errors.
    pub objectives: Option<Vec<(Number, Number)>>,
    /// Summaries only.
    pub max_age: Option<Number>,
    /// Summaries only.
    pub age_buckets: Option<usize>,
    /// State sets only.
    pub states: Option<Vec<String>>,
}

impl Create {
    /// Finds options that are not of the type.
    pub(crate) fn check_options(&self) -> Result<(), String> {
        let own: &[&str] = match self.kind {
            Kind::Gauge => &["mode"],
            Kind::Histogram => &["buckets", "native"],
            Kind::Summary => &["objectives", "max_age", "age_buckets"],
            Kind::StateSet => &["states"],
            Kind::Counter | Kind::Info => &[],
        };
        let given = [
            ("mode", self.mode.is_some()),
            ("buckets", self.buckets.is_some()),
            ("native", self.native.is_some()),
            ("objectives", self.objectives.is_some()),
            ("max_age", self.max_age.is_some()),
            ("age_buckets", self.age_buckets.is_some()),
            ("states", self.states.is_some()),
        ];
        match given.iter().find(|(name, is_given)| *is_given && !own.contains(name)) {
            Some((name, _)) => Err(format!("{name} is not an option of a {:?}", self.kind)),
            None => Ok(()),
        }
    }
}

/// How a histogram counts in native buckets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the README has a table of the fields
pub struct Native {
    pub schema: Option<i8>,
    pub factor: Option<Number>,
    pub max_buckets: Option<usize>,
    pub zero_threshold: Option<Number>,
    pub max_zero_threshold: Option<Number>,
    pub min_reset: Option<Number>,
}

/// The type of a family.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
    Info,
    StateSet,
}

/// How a gauge counts.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum GaugeKind {
    Last,
    UpDown,
}

/// What must hold at the end of a case.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The lines of the text format 0.0.4, each of which ends with a line feed.
    pub text: Option<Vec<String>>,
    /// Expositions in other formats, or with other options.
    #[serde(default)]
    pub pages: Vec<Page>,
    /// What handles read, by their names.
    #[serde(default)]
    pub values: BTreeMap<String, ExpectedValue>,
}

/// What one handle must read.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ExpectedValue {
    /// Of a histogram.
    Histogram(ExpectedHistogram),
    /// Of a summary.
    Summary(ExpectedSummary),
    /// Of an info.
    Info(Pairs),
    /// Of a state set: the states that hold.
    States(Vec<String>),
    /// Of a counter or gauge.
    Number(Number),
}

/// What one histogram must read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedHistogram {
    /// Of each bucket alone, the one to infinity last.
    pub counts: Vec<Number>,
    /// Of the observations.
    pub sum: Number,
    /// The native buckets.
    pub native: Option<ExpectedNative>,
}

/// What the native buckets of a histogram must be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the README has a table of the fields
pub struct ExpectedNative {
    pub schema: i8,
    pub zero_threshold: Number,
    pub zero_count: Number,
    pub positive: Vec<(i32, Number)>,
    pub negative: Vec<(i32, Number)>,
}

/// What one summary must read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedSummary {
    /// For each objective; the value found may differ by one per cent.
    pub quantiles: Vec<Number>,
    /// Of all observations.
    pub sum: Number,
    /// Of all observations.
    pub count: Number,
}

/// A double. JSON has no text for some: those are the strings `NaN`, `+Inf`, `-Inf` and `-0`.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub f64);

impl Number {
    /// Whether `found` is this number: to the bit, but for NaN, of which all are equal.
    #[must_use]
    pub fn is(self, found: f64) -> bool {
        self.0.to_bits() == found.to_bits() || (self.0.is_nan() && found.is_nan())
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        let number = match Written::deserialize(from)? {
            Written::Number(number) => number,
            Written::Text(text) => match text.as_str() {
                "NaN" => f64::NAN,
                "+Inf" => f64::INFINITY,
                "-Inf" => f64::NEG_INFINITY,
                "-0" => -0.0,
                _ => return Err(D::Error::custom(format!("{text:?} is not a number"))),
            },
        };
        Ok(Self(number))
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // `error` goes with every operation, and serde cannot both flatten and refuse what it does
        // not know.
        let mut fields = Map::deserialize(from)?;
        let error = match fields.remove("error") {
            None => None,
            Some(Value::String(code)) => Some(code),
            Some(other) => return Err(D::Error::custom(format!("{other} is not an error code"))),
        };
        let operation = Operation::deserialize(Value::Object(fields)).map_err(D::Error::custom)?;
        Ok(Self { operation, error })
    }
}

/// Reads every vector of a folder, in the order of their paths.
///
/// # Errors
/// A message that names the file, when one is not of the format; when an area is unknown or has no
/// vector; when there is anything else in the folder.
pub fn load(folder: &Path) -> Result<Vec<VectorFile>, String> {
    let mut files = Vec::new();
    for area in entries(folder)? {
        let name = area.file_name().unwrap_or_default().to_string_lossy();
        if !AREAS.contains(&name.as_ref()) {
            return Err(format!("{}: this runner does not know the area", area.display()));
        }
        for path in entries(&area)? {
            files.push(read(&path)?);
        }
    }
    for area in AREAS {
        let has_vector = files.iter().any(|file| file.path.starts_with(folder.join(area)));
        if !has_vector {
            return Err(format!("{}: no vector", folder.join(area).display()));
        }
    }
    Ok(files)
}

/// Reads one vector.
///
/// # Errors
/// A message that names the file.
pub fn read(path: &Path) -> Result<VectorFile, String> {
    let at = |what: String| format!("{}: {what}", path.display());
    if path.extension().is_none_or(|extension| extension != "json") {
        return Err(at("not a vector".into()));
    }
    let text = fs::read_to_string(path).map_err(|error| at(error.to_string()))?;
    let case = serde_json::from_str(&text).map_err(|error| at(error.to_string()))?;
    Ok(VectorFile { path: path.to_owned(), case })
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let at = |error: std::io::Error| format!("{}: {error}", folder.display());
    let listed: Result<Vec<_>, _> = fs::read_dir(folder).map_err(at)?.collect();
    let mut paths: Vec<PathBuf> =
        listed.map_err(at)?.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
