//! Names for readers that take only classic ones, by the schemes of Prometheus' `model.EscapeName`, as
//! its `model.EscapeMetricFamily` uses it: a classic name stays as it is under every scheme.

use std::fmt::Write as _;

use metrion_model::{is_classic_label_name, is_classic_metric_name};

/// How a name that is not classic is written: `my.metric` and the like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Escaping {
    /// As it is; the text formats put it into quotes: `{"my.metric"} 1`.
    AllowUtf8,
    /// With `_` for each character that is not allowed: `my_metric`. Different names may become one.
    #[default]
    Underscores,
    /// With `_dot_` for a dot, and `__` for an underscore and for all else: `my_dot_metric`.
    Dots,
    /// So that the name can be told again: `U__my_2e_metric`.
    Values,
}

impl Escaping {
    /// The word of the `escaping` parameter in `Accept` and `Content-Type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllowUtf8 => "allow-utf-8",
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }

    /// The scheme of such a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::AllowUtf8, Self::Underscores, Self::Dots, Self::Values]
            .into_iter()
            .find(|scheme| scheme.as_str() == word)
    }
}

/// A metric name as the scheme writes it. Classic names stay as they are.
pub(crate) fn escaped_metric_name(name: &str, scheme: Escaping) -> String {
    if is_classic_metric_name(name) {
        return name.to_owned();
    }
    escape_all(name, scheme, |c| c == ':')
}

/// A label name as the scheme writes it. A colon is not allowed here, so it is escaped too, where
/// `model.EscapeName` leaves a name that no reader of the text format takes.
pub(crate) fn escaped_label_name(name: &str, scheme: Escaping) -> String {
    if is_classic_label_name(name) {
        return name.to_owned();
    }
    escape_all(name, scheme, |_| false)
}

/// A name as the scheme writes it, be it classic or not. `also` are characters that are allowed beside
/// letters, digits and underscores.
pub(crate) fn escape_all(name: &str, scheme: Escaping, also: impl Fn(char) -> bool) -> String {
    if name.is_empty() {
        return String::new();
    }
    let mut out = String::with_capacity(name.len() + 8);
    if scheme == Escaping::Values {
        out.push_str("U__");
    }
    for (at, c) in name.char_indices() {
        let allowed =
            c.is_ascii_alphabetic() || c == '_' || also(c) || (c.is_ascii_digit() && at > 0);
        match scheme {
            Escaping::AllowUtf8 => out.push(c),
            Escaping::Dots | Escaping::Values if c == '_' => out.push_str("__"),
            _ if allowed => out.push(c),
            Escaping::Underscores => out.push('_'),
            Escaping::Dots => out.push_str(if c == '.' { "_dot_" } else { "__" }),
            // Writing to a string cannot fail.
            Escaping::Values => drop(write!(out, "_{:x}_", u32::from(c))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of `TestEscapeName` in Prometheus' common/model, but for the classic name: there its
    /// underscore is doubled with the dots, which no exposition does.
    #[test]
    fn metric_names() {
        let cases = [
            ("no:escaping_required", ["no:escaping_required"; 3]),
            (
                "mysystem.prod.west.cpu.load",
                [
                    "mysystem_prod_west_cpu_load",
                    "mysystem_dot_prod_dot_west_dot_cpu_dot_load",
                    "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load",
                ],
            ),
            (
                "mysystem.prod.west.cpu.load_total",
                [
                    "mysystem_prod_west_cpu_load_total",
                    "mysystem_dot_prod_dot_west_dot_cpu_dot_load__total",
                    "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total",
                ],
            ),
            (
                "http.status:sum",
                ["http_status:sum", "http_dot_status:sum", "U__http_2e_status:sum"],
            ),
            ("label with 😱", ["label_with__", "label__with____", "U__label_20_with_20__1f631_"]),
            ("花火", ["__", "____", "U___82b1__706b_"]),
        ];
        for (name, expected) in cases {
            let schemes = [Escaping::Underscores, Escaping::Dots, Escaping::Values];
            for (scheme, expected) in schemes.into_iter().zip(expected) {
                assert_eq!(escaped_metric_name(name, scheme), expected, "{name} {scheme:?}");
            }
            assert_eq!(escaped_metric_name(name, Escaping::AllowUtf8), name);
        }
        assert_eq!(escaped_metric_name("1a.2", Escaping::Underscores), "_a_2");
    }

    #[test]
    fn label_names_have_no_colon() {
        assert_eq!(escaped_label_name("a:b", Escaping::Underscores), "a_b");
        assert_eq!(escaped_label_name("a:b", Escaping::Values), "U__a_3a_b");
        assert_eq!(escaped_label_name("a_b", Escaping::Dots), "a_b");
    }

    #[test]
    fn words() {
        for scheme in [Escaping::AllowUtf8, Escaping::Underscores, Escaping::Dots, Escaping::Values]
        {
            assert_eq!(Escaping::from_word(scheme.as_str()), Some(scheme));
        }
        assert_eq!(Escaping::from_word("other"), None);
    }
}
