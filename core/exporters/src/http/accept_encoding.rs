/// Whether the value of a request's `Accept-Encoding` header allows gzip (RFC 9110, 12.5.3).
///
/// An explicit `gzip` decides, then `*`; a weight of zero forbids. Without the header a client would
/// take any coding, but then not every client that sends none can read gzip.
pub(super) fn allows_gzip(value: &str) -> bool {
    let mut any = false;
    let mut gzip = None;
    for member in value.split(',') {
        let mut parts = member.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default();
        let allowed = parts.all(|parameter| !is_zero_weight(parameter));
        if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            gzip = Some(allowed);
        } else if coding == "*" {
            any = allowed;
        }
    }
    gzip.unwrap_or(any)
}

/// Whether a parameter is `q=0`, or a weight that is no number: then the client gets the plain text.
fn is_zero_weight(parameter: &str) -> bool {
    match parameter.split_once('=') {
        Some((name, weight)) if name.trim().eq_ignore_ascii_case("q") => {
            !weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights() {
        for yes in [
            "gzip",
            "GZip",
            "x-gzip",
            "deflate, gzip;q=0.5",
            "gzip ; Q = 1.0",
            "*",
            "br;q=0, *;q=0.1",
            "identity;q=0.9,gzip;q=0.001",
        ] {
            assert!(allows_gzip(yes), "{yes}");
        }
        for no in ["", "identity", "deflate,br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "gzip;q=x"]
        {
            assert!(!allows_gzip(no), "{no}");
        }
    }
}
