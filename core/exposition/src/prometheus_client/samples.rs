use metrion_model::{Error, ErrorCode, Exemplar, MetricType, Result};

use super::number::{append_float, append_plain};
use super::{append_head, append_unit, is_openmetrics, label_name, metric_name};
use crate::lines::append_escaped;
use crate::sample_family::{Sample, SampleFamily};
use crate::{EncodeOptions, Escaping, Syntax};

/// Samples for which the text format 0.0.4 has no place in their family: gauges behind it.
const BEHIND: [&str; 3] = ["_created", "_gcount", "_gsum"];

/// Appends a family as it is, whether its samples are those of its type or not. Native histograms are
/// left out: neither format has them.
///
/// # Errors
/// `invalid_exemplar` for one behind a sample that OpenMetrics gives none.
pub fn append_samples(
    family: &SampleFamily,
    syntax: Syntax,
    options: EncodeOptions,
    out: &mut Vec<u8>,
) -> Result<()> {
    let page = Page { family, escaping: options.escaping };
    if is_openmetrics(syntax) { page.append_openmetrics(out) } else { page.append_text(out) }
}

struct Page<'a> {
    family: &'a SampleFamily,
    escaping: Escaping,
}

impl Page<'_> {
    fn append_text(&self, out: &mut Vec<u8>) -> Result<()> {
        let family = self.family;
        let suffix = family.metric_type.own_suffix().unwrap_or_default();
        self.append_head(out, suffix, text_type(family.metric_type));
        let behind = |sample: &&Sample| {
            let suffix = sample.name.strip_prefix(family.name.as_str());
            suffix.is_some_and(|suffix| BEHIND.contains(&suffix))
        };
        for sample in self.lines().filter(|sample| !behind(sample)) {
            self.append_text_line(out, sample);
        }
        for suffix in BEHIND {
            let name = format!("{}{suffix}", family.name);
            let mut samples = self.lines().filter(|sample| sample.name == name).peekable();
            if samples.peek().is_some() {
                self.append_head(out, suffix, "gauge");
            }
            samples.for_each(|sample| self.append_text_line(out, sample));
        }
        Ok(())
    }

    fn append_openmetrics(&self, out: &mut Vec<u8>) -> Result<()> {
        let family = self.family;
        let name = metric_name(&family.name, self.escaping);
        append_head(out, &name, &family.help, family.metric_type.as_str(), true);
        append_unit(out, &name, &family.unit);
        for sample in self.lines() {
            self.append_start(out, sample);
            append_float(out, sample.value);
            if let Some(text) = &sample.timestamp_text {
                out.push(b' ');
                out.extend_from_slice(text.as_bytes());
            } else if let Some(seconds) = sample.timestamp {
                out.push(b' ');
                append_plain(out, seconds);
            }
            if let Some(exemplar) = &sample.exemplar {
                self.check_exemplar(sample)?;
                append_exemplar(out, exemplar, self.escaping);
            }
            out.push(b'\n');
        }
        Ok(())
    }

    fn append_head(&self, out: &mut Vec<u8>, suffix: &str, word: &str) {
        let name = format!("{}{suffix}", self.family.name);
        append_head(out, &metric_name(&name, self.escaping), &self.family.help, word, false);
    }

    fn lines(&self) -> impl Iterator<Item = &Sample> {
        self.family.samples.iter().filter(|sample| sample.native.is_none())
    }

    fn append_text_line(&self, out: &mut Vec<u8>, sample: &Sample) {
        self.append_start(out, sample);
        append_float(out, sample.value);
        if let Some(seconds) = sample.timestamp {
            // In milliseconds; what is less is cut off.
            out.extend_from_slice(format!(" {}", (seconds * 1000.0) as i64).as_bytes());
        }
        out.push(b'\n');
    }

    /// A line up to the number.
    fn append_start(&self, out: &mut Vec<u8>, sample: &Sample) {
        let name = metric_name(&sample.name, self.escaping);
        let is_quoted = name.starts_with('"');
        if !is_quoted {
            out.extend_from_slice(name.as_bytes());
        }
        if is_quoted || !sample.labels.is_empty() {
            out.push(b'{');
            if is_quoted {
                out.extend_from_slice(name.as_bytes());
            }
            if is_quoted && !sample.labels.is_empty() {
                out.push(b',');
            }
            let labels = sample.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            append_labels(out, labels.collect(), self.escaping);
            out.push(b'}');
        }
        out.push(b' ');
    }

    fn check_exemplar(&self, sample: &Sample) -> Result<()> {
        let allowed = match self.family.metric_type {
            MetricType::Counter => sample.name.ends_with("_total"),
            MetricType::GaugeHistogram => sample.name.ends_with("_bucket"),
            MetricType::Histogram => {
                sample.name.ends_with("_bucket") || sample.name == self.family.name
            }
            _ => false,
        };
        if allowed {
            return Ok(());
        }
        let message = format!(
            "Metric {} has exemplars, but is not a histogram bucket or counter",
            self.family.name
        );
        Err(Error::new(ErrorCode::InvalidExemplar, message))
    }
}

pub(super) fn append_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar, escaping: Escaping) {
    let labels: Vec<_> = exemplar.labels().collect();
    let labels = labels.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    out.extend_from_slice(b" # {");
    append_labels(out, labels, escaping);
    out.extend_from_slice(b"} ");
    append_float(out, exemplar.value());
    if let Some(seconds) = exemplar.timestamp() {
        out.push(b' ');
        append_plain(out, seconds);
    }
}

fn append_labels(out: &mut Vec<u8>, mut labels: Vec<(&str, &str)>, escaping: Escaping) {
    labels.sort_unstable();
    for (place, (name, value)) in labels.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(label_name(name, escaping).as_bytes());
        out.extend_from_slice(b"=\"");
        append_escaped(out, value, true);
        out.push(b'"');
    }
}

/// The word of the text format 0.0.4 for a type.
pub(super) const fn text_type(metric_type: MetricType) -> &'static str {
    match metric_type {
        MetricType::Unknown => "untyped",
        MetricType::GaugeHistogram => "histogram",
        MetricType::Info | MetricType::StateSet => "gauge",
        other => other.as_str(),
    }
}
