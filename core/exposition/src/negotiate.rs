//! What a request's `Accept` header asks for (RFC 9110, 12.5.1).

use crate::parse::parse_short_integer;
use crate::{Escaping, Format, Syntax};

/// The format that answers a request with this `Accept` header, which may be empty.
///
/// As Go's expfmt, with which Prometheus is written: the member of the header with the highest weight
/// that names a known format wins, the earlier of two equal ones; what names none of them, `*/*`
/// included, gets the text format 0.0.4. A known `escaping` counts wherever it stood up to there.
/// OpenMetrics without a version is 0.0.1. In addition, text 1.0.0 is known (Prometheus 3 asks for
/// it), and a weight of zero forbids.
#[must_use]
pub fn negotiate(accept: &str) -> Format {
    let members = split_unquoted(accept, ',').map(Member::new);
    let members: Vec<Member<'_>> = members.filter(|member| member.weight > 0.0).collect();
    let mut best: Option<(usize, f64, Syntax)> = None;
    for (place, member) in members.iter().enumerate() {
        if let Some(syntax) = member.syntax()
            && best.is_none_or(|(_, weight, _)| member.weight > weight)
        {
            best = Some((place, member.weight, syntax));
        }
    }
    let (last, least, syntax) = best.unwrap_or((members.len(), 0.0, Syntax::default()));
    let up_to_best = members.iter().enumerate().filter(|(place, member)| {
        member.weight > least || (member.weight == least && *place <= last)
    });
    // The one that is nearest to the best, the latest of those that are equally near.
    let escapings = up_to_best.filter_map(|(_, member)| Some((member.weight, member.escaping()?)));
    let escaping = escapings.reduce(|kept, next| if next.0 <= kept.0 { next } else { kept });
    Format { syntax, escaping: escaping.map(|(_, escaping)| escaping) }
}

/// One media type of the header, with its parameters.
struct Member<'a> {
    text: &'a str,
    weight: f64,
}

impl<'a> Member<'a> {
    fn new(text: &'a str) -> Self {
        let member = Self { text, weight: 1.0 };
        // A weight that is no decimal number forbids.
        let weight = member.parameter("q").map(|q| parse_decimal(q).unwrap_or(0.0));
        Self { weight: weight.unwrap_or(1.0), ..member }
    }

    fn media_type(&self) -> &'a str {
        split_unquoted(self.text, ';').next().unwrap_or_default().trim()
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        split_unquoted(self.text, ';').skip(1).find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    }

    fn escaping(&self) -> Option<Escaping> {
        self.parameter("escaping").and_then(Escaping::from_word)
    }

    fn syntax(&self) -> Option<Syntax> {
        let is = |media_type: &str| self.media_type().eq_ignore_ascii_case(media_type);
        let version = self.parameter("version").unwrap_or_default();
        if is("text/plain") {
            return match version {
                "" | "0.0.4" => Some(Syntax::Text),
                "1.0.0" => Some(Syntax::Text1),
                _ => None,
            };
        }
        if is("application/openmetrics-text") {
            return match version {
                "" | "0.0.1" => Some(Syntax::OpenMetrics0),
                "1.0.0" => Some(Syntax::OpenMetrics),
                _ => None,
            };
        }
        let protobuf = is("application/vnd.google.protobuf")
            && self.parameter("proto") == Some("io.prometheus.client.MetricFamily")
            && self.parameter("encoding") == Some("delimited");
        protobuf.then_some(Syntax::Protobuf)
    }
}

/// A number of digits, with or without a point; what is behind the ninth decimal place counts for nothing.
fn parse_decimal(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let digits = [whole, fraction].concat();
    let number = parse_short_integer(digits.as_bytes())?;
    Some(fraction.bytes().fold(number, |number, _| number / 10.0))
}

/// The parts of a header's value between separators that stand in no quoted string.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c| {
        let splits = c == separator && !quoted;
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = c == '\\' && quoted && !escaped;
        splits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content_type(accept: &str) -> String {
        negotiate(accept).content_type()
    }

    const PROTOBUF: &str = "application/vnd.google.protobuf; \
                            proto=io.prometheus.client.MetricFamily; encoding=delimited";
    const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

    /// The headers that released servers send.
    #[test]
    fn prometheus_servers() {
        // 2.0 to 2.4, 2.5 to 2.40, 2.41 to 2.48, and with `--enable-feature=native-histograms`.
        let text_first = "text/plain;version=0.0.4;q=1,*/*;q=0.1";
        assert_eq!(content_type(text_first), TEXT);
        let old = "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,\
                   */*;q=0.1";
        assert_eq!(content_type(old), "application/openmetrics-text; version=0.0.1; charset=utf-8");
        let both = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;\
                    version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(content_type(both), OPENMETRICS);
        let native = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;\
                      encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,\
                      application/openmetrics-text;version=0.0.1;q=0.75,\
                      text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(content_type(native), PROTOBUF);
        // 3.x, without and with native histograms.
        let three = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                     application/openmetrics-text;version=0.0.1;q=0.5,\
                     text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                     text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert_eq!(content_type(three), format!("{OPENMETRICS}; escaping=allow-utf-8"));
        let native = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;\
                      encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;\
                      escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;\
                      q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        assert_eq!(content_type(native), PROTOBUF);
        let only_text = "text/plain;version=1.0.0;escaping=underscores;q=0.5,*/*;q=0.4";
        assert_eq!(
            content_type(only_text),
            "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"
        );
    }

    #[test]
    fn everyone_else_gets_text() {
        for accept in [
            "",
            "*/*",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/*",
            "application/json",
            "text/plain;version=9",
            "application/openmetrics-text;version=2.0.0",
            "application/openmetrics-text;version=1.0.0;q=0",
            "application/openmetrics-text;version=1.0.0;q=x",
            "application/openmetrics-text;version=1.0.0;q=NaN",
            "application/openmetrics-text;version=1.0.0;q=",
            "application/openmetrics-text;version=1.0.0;q=-1",
            "application/vnd.google.protobuf",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
            ";;,,=\"",
        ] {
            assert_eq!(content_type(accept), TEXT, "{accept}");
        }
    }

    #[test]
    fn weights_cases_and_quotes() {
        let accept = "text/plain;q=0.5, Application/OpenMetrics-Text ; Version = \"1.0.0\" ; Q=0.6";
        assert_eq!(content_type(accept), OPENMETRICS);
        assert_eq!(
            content_type("text/plain;x=\",\";q=0.1, application/openmetrics-text"),
            "application/openmetrics-text; version=0.0.1; charset=utf-8"
        );
        assert_eq!(content_type("text/plain, application/openmetrics-text"), TEXT);
        let long = "text/plain;q=0.33333333333333333333, application/openmetrics-text;q=0.2";
        assert_eq!(content_type(long), TEXT);
    }

    #[test]
    fn escapings() {
        for word in ["allow-utf-8", "underscores", "dots", "values"] {
            let accept = format!("text/plain;version=0.0.4;escaping={word}");
            assert_eq!(content_type(&accept), format!("{TEXT}; escaping={word}"));
        }
        assert_eq!(content_type("text/plain;escaping=other"), TEXT);
        let before = "application/json;escaping=dots, text/plain;q=0.5";
        assert_eq!(negotiate(before).escaping, Some(Escaping::Dots));
        let behind = "text/plain, application/json;escaping=dots;q=0.5";
        assert_eq!(negotiate(behind).escaping, None);
        let nearest = "a/b;escaping=values;q=0.8, a/b;escaping=dots;q=0.9, text/plain;q=0.5";
        assert_eq!(negotiate(nearest).escaping, Some(Escaping::Values));
        let latest = "a/b;escaping=values;q=0.80, a/b;escaping=dots;q=0.8, text/plain;q=0.5";
        assert_eq!(negotiate(latest).escaping, Some(Escaping::Dots));
        let own = "text/plain;escaping=values;q=0.5, a/b;escaping=dots, a/b;escaping=dots;q=0.5";
        assert_eq!(negotiate(own).escaping, Some(Escaping::Values));
        assert_eq!(negotiate("a/b;escaping=dots, a/b").escaping, Some(Escaping::Dots));
    }
}
