//! Runs a case against the Rust core.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use metrion::exporters::http::{HttpOptions, HttpServer};
use metrion::exposition::parse::{parse_openmetrics, parse_text};
use metrion::exposition::{EncodeOptions, Escaping, Format, Syntax, parse_protobuf};
use metrion::{
    Clock, FamilyOptions, GaugeMode, GaugeOptions, Geometry, HistogramOptions, ManualClock,
    NameFilter, NameRules, NativeOptions, Registry, RegistryMemory, RegistryOptions,
    StateSetOptions, SummaryOptions,
};

use crate::collected::{buckets, collector};
use crate::format::{
    Case, Create, ExpectedHistogram, ExpectedSummary, ExpectedValue, GaugeKind, Kind, Native,
    Number, Operation, Setup,
};
use crate::handle::{Failure, Handle, Outcome, pairs, refs, with_family};
use crate::page::{Page, ParsedFormat};

/// What the clock shows at the start of a case, in Unix seconds.
const START: f64 = 1_700_000_000.0;

/// Runs one case on a new registry that has its numbers in this memory.
///
/// # Errors
/// What came out otherwise than the case says, and at which operation.
pub fn run(case: &Case, memory: RegistryMemory) -> Result<(), String> {
    let mut run = Run::begin(case, memory, Part { number: 0, of: 1 })?;
    (0..=case.operations.len()).try_for_each(|index| run.step(index))
}

/// One of the processes over which a case is spread. All of them make and look up what the case names, and take turns
/// in everything else.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// From 0 on.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

impl Part {
    /// Whose turn an operation is.
    pub(crate) fn turn(index: usize, of: usize) -> usize {
        index % of
    }
}

fn registry(
    setup: &Setup,
    clock: &Arc<ManualClock>,
    memory: RegistryMemory,
) -> metrion::Result<Registry> {
    let mut options = RegistryOptions {
        memory,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        constant_labels: setup.constant_labels.clone(),
        ..RegistryOptions::default()
    };
    if setup.utf8_names {
        options.name_rules = NameRules::Utf8;
    }
    if let Some(entries) = setup.max_entries {
        options.geometry = Geometry { entries, ..Geometry::default() };
    }
    Registry::new(options)
}

/// A case that is under way.
pub(crate) struct Run<'a> {
    case: &'a Case,
    part: Part,
    registry: Registry,
    clock: Arc<ManualClock>,
    /// What a name stands for.
    handles: HashMap<String, Handle>,
    servers: HashMap<String, HttpServer>,
}

impl<'a> Run<'a> {
    pub(crate) fn begin(
        case: &'a Case,
        memory: RegistryMemory,
        part: Part,
    ) -> Result<Self, String> {
        let expected = &case.expect;
        if expected.text.is_none() && expected.pages.is_empty() && expected.values.is_empty() {
            return Err("the case expects nothing".to_owned());
        }
        let clock = Arc::new(ManualClock::new(START));
        let registry =
            registry(&case.registry, &clock, memory).map_err(|error| error.to_string())?;
        Ok(Self { case, part, registry, clock, handles: HashMap::new(), servers: HashMap::new() })
    }

    /// Does an operation, as far as it is this process's; behind the last one is what must hold at the end.
    pub(crate) fn step(&mut self, index: usize) -> Result<(), String> {
        let case = self.case;
        let Some(step) = case.operations.get(index) else { return self.expect_end() };
        let is_turn = Part::turn(index, self.part.of) == self.part.number;
        let at = |what: String| format!("operation {index}, {:?}: {what}", step.operation);
        if !is_turn && !step.operation.is_for_all() {
            return Ok(());
        }
        match (self.apply(&step.operation), &step.error) {
            (Ok(()), None) => Ok(()),
            (Err(Failure::Core(error)), Some(code)) if error.code().as_str() == code => Ok(()),
            (Ok(()), Some(code)) => Err(at(format!("succeeded, should fail: {code}"))),
            (Err(Failure::Core(error)), _) => Err(at(error.to_string())),
            (Err(Failure::Vector(what)), _) => Err(at(what)),
        }
    }

    fn expect_end(&self) -> Result<(), String> {
        let at_end = |what: String| format!("at the end: {what}");
        let expected = &self.case.expect;
        if let Some(text) = &expected.text {
            self.expect_text(text, None).map_err(at_end)?;
        }
        for page in &expected.pages {
            self.expect_page(page).map_err(at_end)?;
        }
        self.expect_values(&expected.values).map_err(at_end)
    }

    fn apply(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::Create(create) => {
                create.check_options().map_err(Failure::Vector)?;
                let made = family(&self.registry, create)?;
                self.bind(&create.id, made)?;
            }
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
            Operation::Add { on, value, exemplar } => {
                self.handle(on)?.child()?.add(value.0, exemplar.as_deref())?;
            }
            Operation::Dec { on, value } => self.handle(on)?.child()?.dec(value.0)?,
            Operation::Set { on, value } => self.handle(on)?.child()?.set(value.0)?,
            Operation::Observe { on, value, exemplar } => {
                self.handle(on)?.child()?.observe(value.0, exemplar.as_deref())?;
            }
            Operation::SetInfo { on, labels } => self.handle(on)?.child()?.set_info(labels)?,
            Operation::SetState { on, state } => self.handle(on)?.child()?.set_state(state)?,
            Operation::Advance { seconds } => self.clock.advance(seconds.0),
            Operation::Collect { families } => {
                self.registry.register(collector(families)?)?;
            }
            Operation::Parse { format, lines } => parse(*format, lines)?,
            Operation::Serve { id, host, port_of } => {
                self.serve(id, host.as_deref(), port_of.as_deref())?;
            }
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
                with_family!(self.handle(family)?, own => self.registry.unregister_family(own)?);
            }
            Operation::ExpectText { text, filter } => {
                self.expect_text(text, filter.as_deref())?;
            }
            Operation::ExpectPage(page) => self.expect_page(page)?,
            Operation::ExpectValues { values } => self.expect_values(values)?,
        }
        Ok(())
    }

    fn handle(&self, id: &str) -> Outcome<&Handle> {
        let handle = self.handles.get(id);
        handle.ok_or_else(|| Failure::Vector(format!("there is no handle {id:?}")))
    }

    fn bind(&mut self, id: &str, handle: Handle) -> Outcome {
        match self.handles.insert(id.to_owned(), handle) {
            None => Ok(()),
            Some(_) => Err(Failure::Vector(format!("the id {id:?} is used twice"))),
        }
    }

    fn serve(&mut self, id: &str, host: Option<&str>, port_of: Option<&str>) -> Outcome {
        let mut options = HttpOptions { port: 0, ..HttpOptions::default() };
        if let Some(host) = host {
            options.address = host.to_owned();
        }
        if let Some(other) = port_of {
            let other = self.servers.get(other);
            let other = other.ok_or_else(|| Failure::Vector("there is no such server".into()))?;
            options.port = other.local_addr().port();
        }
        let server = metrion::serve_http(&self.registry, options)?;
        self.servers.insert(id.to_owned(), server);
        Ok(())
    }

    fn expect_page(&self, page: &Page) -> Result<(), String> {
        match page {
            Page::Text { lines, created, escaping, left_out } => {
                let found = self.page(Syntax::Text, *created, escaping.as_deref(), left_out)?;
                same_lines(&found, lines)
            }
            Page::Openmetrics { lines, created, escaping, left_out } => {
                let found =
                    self.page(Syntax::OpenMetrics, *created, escaping.as_deref(), left_out)?;
                same_lines(&found, lines)
            }
            Page::Protobuf { messages, escaping, left_out } => {
                let found = self.page(Syntax::Protobuf, false, escaping.as_deref(), left_out)?;
                same_messages(&found, messages)
            }
            Page::Json { json } => {
                let found = self.page(Syntax::Json, false, None, &[])?;
                let found: serde_json::Value =
                    serde_json::from_slice(&found).map_err(|error| error.to_string())?;
                if !same_json(&found, json) {
                    return Err(format!("the JSON is\n{found}\nand should be\n{json}"));
                }
                Ok(())
            }
        }
    }

    fn page(
        &self,
        syntax: Syntax,
        created_samples: bool,
        escaping: Option<&str>,
        left_out: &[String],
    ) -> Result<Vec<u8>, String> {
        let escaping = match escaping {
            None => Escaping::default(),
            Some(word) => Escaping::from_word(word).ok_or(format!("no escaping {word:?}"))?,
        };
        let options = EncodeOptions { created_samples, escaping, ..EncodeOptions::default() };
        let mut found = Vec::new();
        let snapshot = self.registry.snapshot(&NameFilter::all());
        let faults = Format { syntax, escaping: None }.encode(&snapshot, options, &mut found);
        let codes: Vec<&str> = faults.iter().map(|error| error.code().as_str()).collect();
        if codes != left_out {
            return Err(format!("left out are {faults:?} and should be {left_out:?}"));
        }
        Ok(found)
    }

    fn expect_text(&self, lines: &[String], filter: Option<&[String]>) -> Result<(), String> {
        let filter = filter.map_or_else(NameFilter::all, |names| NameFilter::only(names.to_vec()));
        let mut bytes = Vec::new();
        metrion::exposition::encode_text(&self.registry.snapshot(&filter), &mut bytes);
        same_lines(&bytes, lines)
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
                    (is_histogram(expected, &found), format!("{found:?}"))
                }
                (Handle::Summary(summary), ExpectedValue::Summary(expected)) => {
                    let found = summary.get();
                    (is_summary(expected, &found), format!("{found:?}"))
                }
                (Handle::Info(info), ExpectedValue::Info(expected)) => {
                    (info.get() == *expected, format!("{:?}", info.get()))
                }
                (Handle::StateSet(states), ExpectedValue::States(expected)) => {
                    (states.get() == *expected, format!("{:?}", states.get()))
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

fn family(registry: &Registry, create: &Create) -> Outcome<Handle> {
    let family = FamilyOptions {
        name: create.name.clone(),
        help: create.help.clone(),
        namespace: create.namespace.clone(),
        subsystem: create.subsystem.clone(),
        unit: create.unit.clone(),
        label_names: create.label_names.clone(),
        constant_labels: create.constant_labels.clone(),
        max_series: create.max_series,
        expire_after_seconds: create.expire_after.map(|seconds| seconds.0),
    };
    let handle = match create.kind {
        Kind::Counter => Handle::Counters(registry.counter_family(family)?),
        Kind::Gauge => {
            let mode = match create.mode {
                None | Some(GaugeKind::Last) => GaugeMode::LastValue,
                Some(GaugeKind::UpDown) => GaugeMode::UpDown,
            };
            Handle::Gauges(registry.gauge_family(GaugeOptions { family, mode })?)
        }
        Kind::Histogram => {
            let mut options = HistogramOptions { family, ..HistogramOptions::default() };
            if let Some(buckets) = &create.buckets {
                options.buckets = buckets.iter().map(|bound| bound.0).collect();
            }
            options.native = create.native.as_ref().map(native).transpose()?;
            Handle::Histograms(registry.histogram_family(options)?)
        }
        Kind::Summary => {
            let mut options = SummaryOptions { family, ..SummaryOptions::default() };
            let objectives = create.objectives.iter().flatten();
            options.objectives = objectives.map(|(q, error)| (q.0, error.0)).collect();
            options.max_age_seconds = create.max_age.map_or(options.max_age_seconds, |n| n.0);
            options.age_buckets = create.age_buckets.unwrap_or(options.age_buckets);
            Handle::Summaries(registry.summary_family(options)?)
        }
        Kind::Info => Handle::Infos(registry.info_family(family)?),
        Kind::StateSet => {
            let states = create.states.clone().unwrap_or_default();
            Handle::StateSets(registry.state_set_family(StateSetOptions { family, states })?)
        }
    };
    Ok(handle)
}

fn is_histogram(expected: &ExpectedHistogram, found: &metrion::HistogramValue) -> bool {
    same_numbers(&expected.counts, &found.counts)
        && expected.sum.is(found.sum)
        && expected.native.as_ref().map(buckets) == found.native
}

fn is_summary(expected: &ExpectedSummary, found: &metrion::SummaryValue) -> bool {
    let is_close = |(number, found): (&Number, &f64)| {
        number.is(*found) || (found - number.0).abs() <= 0.01 * number.0.abs()
    };
    expected.quantiles.len() == found.quantiles.len()
        && expected.quantiles.iter().zip(&found.quantiles).all(is_close)
        && expected.sum.is(found.sum)
        && expected.count.is(found.count)
}

fn same_numbers(expected: &[Number], found: &[f64]) -> bool {
    expected.len() == found.len()
        && expected.iter().zip(found).all(|(number, found)| number.is(*found))
}

fn native(written: &Native) -> metrion::Result<NativeOptions> {
    let mut options = match written.factor {
        Some(factor) => NativeOptions::with_factor(factor.0)?,
        None => NativeOptions::default(),
    };
    options.schema = written.schema.unwrap_or(options.schema);
    options.max_buckets = written.max_buckets.unwrap_or(options.max_buckets);
    options.zero_threshold = written.zero_threshold.map_or(options.zero_threshold, |n| n.0);
    options.max_zero_threshold =
        written.max_zero_threshold.map_or(options.max_zero_threshold, |n| n.0);
    options.min_reset_seconds = written.min_reset.map_or(options.min_reset_seconds, |n| n.0);
    Ok(options)
}

fn same_lines(found: &[u8], lines: &[String]) -> Result<(), String> {
    let found = std::str::from_utf8(found).map_err(|error| error.to_string())?;
    let expected: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if found == expected {
        return Ok(());
    }
    Err(format!("the text is\n{found}and should be\n{expected}"))
}

/// The messages must be the same bytes, each behind its length.
fn same_messages(found: &[u8], expected: &[String]) -> Result<(), String> {
    let mut bytes = Vec::new();
    for message in expected {
        let message = from_hex(message).ok_or(format!("{message:?} is not hexadecimal"))?;
        append_length(&mut bytes, message.len());
        bytes.extend_from_slice(&message);
    }
    if found == bytes {
        return Ok(());
    }
    let decoded = |bytes| format!("{:?}", parse_protobuf(bytes).collect::<Vec<_>>());
    Err(format!(
        "the messages are\n{}\n{}\nand should be\n{}",
        to_hex(found),
        decoded(found),
        decoded(&bytes)
    ))
}

fn append_length(out: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pair = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two JSON values are equal, numbers to the last bit and members in their order.
fn same_json(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().map(f64::to_bits) == b.as_f64().map(f64::to_bits)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let is_same = |(key, value)| b.get(key).is_some_and(|other| same_json(value, other));
            a.len() == b.len() && a.iter().all(is_same)
        }
        (a, b) => a == b,
    }
}

fn parse(format: ParsedFormat, lines: &[String]) -> Outcome {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    match format {
        ParsedFormat::Text => parse_text(text.as_bytes()).map(drop),
        ParsedFormat::Openmetrics => parse_openmetrics(text.as_bytes()).map(drop),
    }
    .map_err(|error| Failure::Core(error.into()))
}
