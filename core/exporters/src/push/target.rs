//! The address of a group: `/metrics/job/<job>/<label>/<value>...`, as the Pushgateway has it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use metrion_model::{Error, ErrorCode, NameRules, Result, validate_label_names};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::PushOptions;

/// What RFC 3986 leaves as it is in a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address of the options' group.
///
/// # Errors
/// `invalid_value` for an empty job; `invalid_name` and `reserved_name` for wrong labels.
pub(super) fn group_url(options: &PushOptions) -> Result<String> {
    if options.job.is_empty() {
        return Err(Error::new(ErrorCode::InvalidValue, "a push needs the name of a job"));
    }
    let names = options.grouping.iter().map(|(name, _)| name.as_str());
    validate_label_names(names, &["job"], NameRules::Classic)?;
    let mut url = options.url.trim_end_matches('/').to_owned();
    url.push_str("/metrics");
    push_pair(&mut url, "job", &options.job);
    for (name, value) in &options.grouping {
        push_pair(&mut url, name, value);
    }
    Ok(url)
}

/// A path cannot have every value: one with a slash or a dot alone, and an empty one, are in base64,
/// which the name says.
fn push_pair(url: &mut String, name: &str, value: &str) {
    url.push('/');
    url.push_str(name);
    let is_segment = !value.is_empty() && !value.contains('/') && value != "." && value != "..";
    if is_segment {
        url.push('/');
        url.extend(utf8_percent_encode(value, ESCAPED));
    } else {
        url.push_str("@base64/");
        // `=` is nothing: an empty segment would be taken for a double slash.
        url.push_str(if value.is_empty() { "=" } else { "" });
        url.push_str(&URL_SAFE_NO_PAD.encode(value));
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
            url("http://h:1/x/", "a b", &[("c", "ü"), ("d", "")]).unwrap(),
            "http://h:1/x/metrics/job/a%20b/c/%C3%BC/d@base64/="
        );
        assert_eq!(
            url("http://h:1", "a/b", &[("p", "..")]).unwrap(),
            "http://h:1/metrics/job@base64/YS9i/p@base64/Li4"
        );
        let code = |job: &str, grouping| url("http://h:1", job, grouping).unwrap_err().code();
        assert_eq!(code("", &[]), ErrorCode::InvalidValue);
        assert_eq!(code("a", &[("b c", "1")]), ErrorCode::InvalidName);
        assert_eq!(code("a", &[("x", "1"), ("x", "2")]), ErrorCode::InvalidName);
        assert_eq!(code("a", &[("job", "1")]), ErrorCode::ReservedName);
    }
}
