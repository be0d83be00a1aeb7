use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use metrion_exposition::{TEXT_CONTENT_TYPE, encode_text};
use metrion_model::{Error, ErrorCode, NameFilter, Result};

use super::accept_encoding::allows_gzip;
use crate::Scrape;

/// The fastest level makes a page of 100 000 series ten times smaller in 13 ms; level 6 takes 87 ms
/// to make it twelve times smaller.
const GZIP_LEVEL: Compression = Compression::fast();

/// The answer to one scrape, for whatever server sends it.
#[derive(Clone, Debug)]
pub struct Page {
    /// The encoded metrics.
    pub body: Vec<u8>,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The value of `Content-Encoding`, if the body is compressed.
    pub content_encoding: Option<&'static str>,
}

impl Page {
    /// Collects and encodes what a request asks for: `name[]` in its query limits the families,
    /// `accept_encoding` is the value of that header. It blocks for as long as collectors take.
    ///
    /// # Errors
    /// `io` when there is no memory to compress.
    pub fn render(source: &dyn Scrape, query: &str, accept_encoding: &str) -> Result<Self> {
        let mut body = Vec::new();
        encode_text(&source.scrape(&name_filter(query)), &mut body);
        let mut page = Self { body, content_type: TEXT_CONTENT_TYPE, content_encoding: None };
        if allows_gzip(accept_encoding) {
            page.body = compress(&page.body)
                .map_err(|error| Error::new(ErrorCode::Io, format!("cannot compress: {error}")))?;
            page.content_encoding = Some("gzip");
        }
        Ok(page)
    }
}

/// The families that `name[]=a&name[]=b` asks for; all of them when it asks for none.
fn name_filter(query: &str) -> NameFilter {
    let names = form_urlencoded::parse(query.as_bytes());
    NameFilter::only(
        names.filter(|(key, _)| key == "name[]").map(|(_, name)| name.into_owned()).collect(),
    )
}

fn compress(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), GZIP_LEVEL);
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrion_model::{MetricType, Schema};

    #[test]
    fn names_are_decoded() {
        let takes = |query: &str, name: &str| {
            name_filter(query).takes(&Schema::new(name, MetricType::Gauge))
        };
        assert!(takes("", "a"));
        assert!(takes("other=b", "a"));
        assert!(takes("name[]=b&x&name%5B%5D=%61", "a"));
        assert!(takes("name[]=a%3Ab", "a:b"));
        assert!(!takes("name[]=b", "a"));
        assert!(!takes("name[]=", "a"));
    }
}
