use metrion_model::{is_classic_label_name, is_classic_metric_name};

use crate::Escaping;
use crate::escape::{escape_all, escaped_label_name, escaped_metric_name};
use crate::lines::append_escaped;

/// A metric name as comments and samples have it: in quotes where it needs them, or escaped. Unlike in
/// Go's encoders, the scheme of dots changes classic names, too: `a_b` is `a__b`.
#[must_use]
pub fn metric_name(name: &str, escaping: Escaping) -> String {
    match escaping {
        Escaping::AllowUtf8 if is_classic_metric_name(name) || name.is_empty() => name.to_owned(),
        Escaping::AllowUtf8 => quoted(name),
        Escaping::Dots => escape_all(name, escaping, |c| c == ':'),
        _ if name.is_empty() => String::new(),
        _ => escaped_metric_name(name, escaping),
    }
}

/// A label name, by the same rules.
#[must_use]
pub fn label_name(name: &str, escaping: Escaping) -> String {
    match escaping {
        Escaping::AllowUtf8 if is_classic_label_name(name) || name.is_empty() => name.to_owned(),
        Escaping::AllowUtf8 => quoted(name),
        Escaping::Dots => escape_all(name, escaping, |_| false),
        _ if name.is_empty() => String::new(),
        _ => escaped_label_name(name, escaping),
    }
}

fn quoted(name: &str) -> String {
    let mut text = vec![b'"'];
    append_escaped(&mut text, name, true);
    text.push(b'"');
    String::from_utf8_lossy(&text).into_owned()
}
