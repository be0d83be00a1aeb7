//! What a request's `Accept-Encoding` header allows (RFC 9110, 12.5.3).

/// How a body can be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Zstd,
}

impl Coding {
    /// The word for it in headers.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// The coding that the value of `Accept-Encoding` prefers, zstd when it likes both; `None` is as it is.
///
/// What is not named has the weight of `*`, but for zstd: a client that can read it says so. A weight
/// of zero forbids. Without the header a client would take any coding, but then not every client that
/// sends none can read gzip.
pub(super) fn preferred_coding(value: &str) -> Option<Coding> {
    let (mut any, mut gzip, mut zstd) = (None, None, None);
    for member in value.split(',') {
        let (coding, parameters) = member.split_once(';').unwrap_or((member, ""));
        let weight = Some(weight(parameters));
        match coding.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = weight,
            "zstd" => zstd = weight,
            "*" => any = weight,
            _ => {}
        }
    }
    let (gzip, zstd) = (gzip.or(any).unwrap_or(0.0), zstd.unwrap_or(0.0));
    match () {
        () if zstd > 0.0 && zstd >= gzip => Some(Coding::Zstd),
        () if gzip > 0.0 => Some(Coding::Gzip),
        () => None,
    }
}

/// The `q` among a member's parameters; one that is no number forbids.
fn weight(parameters: &str) -> f32 {
    let pairs = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let mut weights = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    weights.next().map_or(1.0, |(_, weight)| weight.trim().parse().unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_or_nothing() {
        for yes in [
            "gzip",
            "GZip",
            "x-gzip",
            "deflate, gzip;q=0.5",
            "gzip ; Q = 1.0",
            "*",
            "br;q=0, *;q=0.1",
            "identity;q=0.9,gzip;q=0.001",
            "*, zstd;q=0",
        ] {
            assert_eq!(preferred_coding(yes), Some(Coding::Gzip), "{yes}");
        }
        for no in [
            "",
            "identity",
            "deflate,br",
            "gzip;q=0",
            "gzip;q=0.000, *",
            "*;q=0",
            "gzip;q=x",
            "gzip;q=-1",
            "gzip;q=NaN",
            "zstd;q=0",
        ] {
            assert_eq!(preferred_coding(no), None, "{no}");
        }
    }

    #[test]
    fn zstd_where_it_is_liked_as_much() {
        for yes in
            ["zstd", "gzip, deflate, br, ZSTD", "gzip;q=0.5,zstd;q=0.5", "zstd;q=0.1,gzip;q=0"]
        {
            assert_eq!(preferred_coding(yes), Some(Coding::Zstd), "{yes}");
        }
        assert_eq!(preferred_coding("zstd;q=0.5, gzip"), Some(Coding::Gzip));
        assert_eq!(preferred_coding("zstd;q=0.5, *"), Some(Coding::Gzip));
    }
}
