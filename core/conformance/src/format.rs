//! The format of a vector, as data. Whatever is unknown is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Map, Value};

/// The areas that this runner knows: the folders of `vectors/`.
pub const AREAS: [&str; 11] = [
    "counter",
    "errors",
    "filter",
    "gauge",
    "histogram",
    "labels",
    "limits",
    "numbers",
    "registry",
    "removal",
    "reset",
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
    /// What to do, in order.
    pub operations: Vec<Step>,
    /// What must hold at the end.
    pub expect: Expectation,
}

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
    Create(Create),
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
    Add { on: String, value: Number },
    /// Subtracts from a gauge.
    Dec { on: String, value: Number },
    /// Sets a gauge.
    Set { on: String, value: Number },
    /// Gives a histogram an observation.
    Observe { on: String, value: Number },
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
    /// Compares what handles read.
    ExpectValues { values: BTreeMap<String, ExpectedValue> },
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
    /// Gauges only.
    pub mode: Option<GaugeKind>,
    /// Histograms only.
    pub buckets: Option<Vec<Number>>,
}

/// The type of a family.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
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
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The lines of the text format 0.0.4, each of which ends with a line feed.
    pub text: Vec<String>,
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

fn read(path: &Path) -> Result<VectorFile, String> {
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
