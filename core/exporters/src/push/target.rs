//! The address of a group: `/metrics/job/<job>/<label>/<value>...`, as the Pushgateway has it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use metrion_model::{Error, ErrorCode, NameRules, Result, validate_label_names};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use super::PushOptions;

/// What RFC 3986 leaves as it is in a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address of the options' group, its labels sorted by name.
///
/// # Errors
/// `invalid_value` for an empty job and for an address that is none; `invalid_name` and
/// `reserved_name` for wrong labels.
pub(super) fn group_url(options: &PushOptions) -> Result<String> {
    if options.job.is_empty() {
        return Err(Error::new(ErrorCode::InvalidValue, "a push needs the name of a job"));
    }
    let mut grouping: Vec<_> = options.grouping.iter().collect();
    grouping.sort();
    let names = grouping.iter().map(|(name, _)| name.as_str());
    validate_label_names(names, &["job"], NameRules::Classic)?;
    let mut url = match options.url.contains("://") {
        true => options.url.trim_end_matches('/').to_owned(),
        false => format!("http://{}", options.url.trim_end_matches('/')),
    };
    parse_url(&url)?;
    url.push_str("/metrics");
    push_pair(&mut url, "job", &options.job);
    for (name, value) in grouping {
        push_pair(&mut url, name, value);
    }
    Ok(url)
}

/// An address of HTTP or HTTPS.
///
/// # Errors
/// `invalid_value` when it is none.
pub(super) fn parse_url(text: &str) -> Result<Url> {
    // The address is not shown: what cannot be read as one may have a password anywhere.
    let wrong = |what: &str| {
        let message =
            format!("the address of a gateway is http://host:port or https://host:port: {what}");
        Error::new(ErrorCode::InvalidValue, message)
    };
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(wrong(&format!("there is no scheme {other:?} for it"))),
    }
}

/// An address as it may be shown.
pub(super) fn without_password(url: &Url) -> String {
    let mut shown = url.clone();
    // It fails for addresses that cannot have a password.
    let _ = shown.set_password(None);
    shown.into()
}

/// A path cannot have every value: one with a slash or a dot alone, and an empty one, are in base64,
/// which the name says. So is one with a space, as Python's `prometheus_client` has it.
fn push_pair(url: &mut String, name: &str, value: &str) {
    url.push('/');
    url.push_str(name);
    let is_segment =
        !value.is_empty() && !value.contains(['/', ' ']) && value != "." && value != "..";
    if is_segment {
        url.push('/');
        url.extend(utf8_percent_encode(value, ESCAPED));
    } else {
        url.push_str("@base64/");
        // `=` is nothing: an empty segment would be taken for a double slash.
        url.push_str(if value.is_empty() { "=" } else { "" });
        url.push_str(&URL_SAFE.encode(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let url = |base: &str, job: &str, grouping: &[(&str, &str)]| {
            let grouping = grouping.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
            group_url(&PushOptions { grouping, ..PushOptions::new(base, job) })
        };
        assert_eq!(url("http://h:1", "a", &[]).unwrap(), "http://h:1/metrics/job/a");
        assert_eq!(
            url("https://h:1/x/", "a b", &[("d", ""), ("c", "ü+1")]).unwrap(),
            "https://h:1/x/metrics/job@base64/YSBi/c/%C3%BC%2B1/d@base64/="
        );
        assert_eq!(
            url("http://h:1", "a/b", &[("p", "..")]).unwrap(),
            "http://h:1/metrics/job@base64/YS9i/p@base64/Li4="
        );
        assert_eq!(url("h:1/", "a", &[]).unwrap(), "http://h:1/metrics/job/a");
        for wrong in ["", "ftp://h", "http://", "no address", "h:port", "http://u:secret@:1"] {
            let error = url(wrong, "a", &[]).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidValue, "{wrong}");
            assert!(!error.message().contains("secret"), "{error}");
        }
        let code = |job: &str, grouping| url("http://h:1", job, grouping).unwrap_err().code();
        assert_eq!(code("", &[]), ErrorCode::InvalidValue);
        assert_eq!(code("a", &[("b c", "1")]), ErrorCode::InvalidName);
        assert_eq!(code("a", &[("x", "1"), ("x", "2")]), ErrorCode::InvalidName);
        assert_eq!(code("a", &[("job", "1")]), ErrorCode::ReservedName);
    }
}
