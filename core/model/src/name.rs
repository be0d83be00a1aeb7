//! Which metric and label names are allowed.

use crate::{Error, ErrorCode, Quoted, Result};

/// The label of the one series that takes the writes past a family's series limit.
pub const OVERFLOW_LABEL: &str = "metrion_overflow";

/// Which names a registry takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NameRules {
    /// What every released server reads: `[a-zA-Z_:][a-zA-Z0-9_:]*` for metrics,
    /// `[a-zA-Z_][a-zA-Z0-9_]*` for labels.
    #[default]
    Classic,
    /// Any text that is not empty, as Prometheus 3 reads it. Servers that cannot are given escaped
    /// names.
    Utf8,
}

/// Checks a metric name.
///
/// # Errors
/// `invalid_name` when it is empty or has a character that the rules do not allow.
pub fn validate_metric_name(name: &str, rules: NameRules) -> Result<()> {
    if is_classic_metric_name(name) || (rules == NameRules::Utf8 && !name.is_empty()) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::InvalidName,
        format!(
            "invalid metric name {name:?}: must match [a-zA-Z_:][a-zA-Z0-9_:]*",
            name = Quoted(name)
        ),
    ))
}

/// Checks the label names of one family, constant ones first: each valid, none reserved, none twice.
///
/// `also_reserved` are the names that the metric's type writes itself (`le` for a histogram).
///
/// # Errors
/// `invalid_name` for a malformed or repeated name, `reserved_name` for one that is taken.
pub fn validate_label_names<'a>(
    names: impl Iterator<Item = &'a str>,
    also_reserved: &[&str],
    rules: NameRules,
) -> Result<()> {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if !is_classic_label_name(name) && (rules == NameRules::Classic || name.is_empty()) {
            return Err(Error::new(
                ErrorCode::InvalidName,
                format!(
                    "invalid label name {name:?}: must match [a-zA-Z_][a-zA-Z0-9_]*",
                    name = Quoted(name)
                ),
            ));
        }
        if name.starts_with("__") || name == OVERFLOW_LABEL || also_reserved.contains(&name) {
            return Err(Error::new(
                ErrorCode::ReservedName,
                format!("label name {name:?} is reserved", name = Quoted(name)),
            ));
        }
        if seen.contains(&name) {
            return Err(Error::new(
                ErrorCode::InvalidName,
                format!("label name {name:?} is given twice", name = Quoted(name)),
            ));
        }
        seen.push(name);
    }
    Ok(())
}

/// Whether every format can write this metric name without quotes.
#[must_use]
pub fn is_classic_metric_name(name: &str) -> bool {
    is_name(name, |byte| byte == b':')
}

/// Whether every format can write this label name without quotes.
#[must_use]
pub fn is_classic_label_name(name: &str) -> bool {
    is_name(name, |_| false)
}

fn is_name(name: &str, also: impl Fn(u8) -> bool) -> bool {
    let mut bytes = name.bytes();
    let starts = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || also(b));
    starts && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || also(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_names() {
        for good in ["a", "_", ":a:b", "A9_z"] {
            assert!(validate_metric_name(good, NameRules::Classic).is_ok(), "{good}");
        }
        for bad in ["", "9a", "a-b", "a b", "é", "a\n"] {
            let error = validate_metric_name(bad, NameRules::Classic).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidName, "{bad}");
            assert_eq!(validate_metric_name(bad, NameRules::Utf8).is_ok(), !bad.is_empty());
        }
    }

    #[test]
    fn label_names() {
        let check = |names: &[&str]| {
            validate_label_names(names.iter().copied(), &["le"], NameRules::Classic)
                .map_err(|error| error.code())
        };
        let utf8 = ["a:b", "é", "a.b"].into_iter();
        assert!(validate_label_names(utf8, &["le"], NameRules::Utf8).is_ok());
        let empty = [""].into_iter();
        assert!(validate_label_names(empty, &["le"], NameRules::Utf8).is_err());
        assert_eq!(check(&["a", "b_1", "_x"]), Ok(()));
        assert_eq!(check(&["a:b"]), Err(ErrorCode::InvalidName));
        assert_eq!(check(&["a", "a"]), Err(ErrorCode::InvalidName));
        assert_eq!(check(&["__x"]), Err(ErrorCode::ReservedName));
        assert_eq!(check(&["le"]), Err(ErrorCode::ReservedName));
        assert_eq!(check(&[OVERFLOW_LABEL]), Err(ErrorCode::ReservedName));
    }
}
