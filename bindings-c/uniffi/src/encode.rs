//! Registries as bytes, and bytes that are checked.

use metrion::NameFilter;
use metrion::exporters::http::{Page as CorePage, PageRequest};
use metrion::exposition::parse::{parse_openmetrics, parse_text};
use metrion::exposition::{EncodeOptions as CoreOptions, Escaping, Format as CoreFormat, Syntax};

use crate::error::{Result, unsupported};
use crate::registry::Registry;

/// The formats in which a registry is written.
#[derive(uniffi::Enum)]
pub enum Format {
    /// The Prometheus text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Delimited protocol buffer messages.
    Protobuf,
    /// JSON.
    Json,
}

/// What a page may leave out or write in more than one way.
#[derive(uniffi::Record)]
pub struct EncodeOptions {
    /// Whether the text formats tell when each counter, histogram and summary began.
    pub created: bool,
    /// How names are written that are not classic: `underscores`, `dots`, `values` or `allow-utf-8`.
    pub escaping: Option<String>,
    /// Only families that have one of these names, or a sample with one; none is all families.
    pub names: Vec<String>,
}

/// What a request says of the answer that it wants. A header that it does not have is an empty text.
#[derive(uniffi::Record)]
pub struct ScrapeRequest {
    /// The value of `Accept`.
    pub accept: String,
    /// The value of `Accept-Encoding`.
    pub accept_encoding: String,
    /// What is behind the `?`; `name[]` in it limits the families.
    pub query: String,
}

/// An encoded registry.
#[derive(uniffi::Record)]
pub struct Page {
    /// The bytes.
    pub body: Vec<u8>,
    /// The value of `Content-Type`.
    pub content_type: String,
    /// The value of `Content-Encoding`, if the bytes are compressed.
    pub content_encoding: Option<String>,
    /// The codes of the errors why families were left out, in order.
    pub left_out: Vec<String>,
}

impl Format {
    fn into_core(self) -> Syntax {
        match self {
            Self::Text => Syntax::Text,
            Self::OpenMetrics => Syntax::OpenMetrics,
            Self::Protobuf => Syntax::Protobuf,
            Self::Json => Syntax::Json,
        }
    }
}

fn codes(left_out: &[metrion::Error]) -> Vec<String> {
    left_out.iter().map(|error| error.code().as_str().to_owned()).collect()
}

#[uniffi::export]
impl Registry {
    /// Collects and writes the registry.
    pub fn encode(&self, format: Format, options: EncodeOptions) -> Result<Page> {
        let format = CoreFormat { syntax: format.into_core(), escaping: None };
        let escaping = match &options.escaping {
            None => Escaping::default(),
            Some(word) => Escaping::from_word(word)
                .ok_or_else(|| unsupported(format!("there is no escaping {word:?}")))?,
        };
        let core =
            CoreOptions { created_samples: options.created, escaping, ..CoreOptions::default() };
        let mut body = Vec::new();
        let snapshot = self.0.snapshot(&NameFilter::only(options.names));
        let left_out = codes(&format.encode(&snapshot, core, &mut body));
        Ok(Page { body, content_type: format.content_type(), content_encoding: None, left_out })
    }

    /// Collects and writes what an HTTP request asks for, for whatever server sends it.
    pub fn scrape(&self, request: ScrapeRequest) -> Result<Page> {
        let request = PageRequest {
            query: &request.query,
            accept: &request.accept,
            accept_encoding: &request.accept_encoding,
        };
        let page = CorePage::render(&metrion::source(&self.0), &request, CoreOptions::default())?;
        Ok(Page {
            body: page.body,
            content_type: page.content_type,
            content_encoding: page.content_encoding.map(str::to_owned),
            left_out: codes(&page.left_out),
        })
    }
}

/// Checks that bytes are an exposition in the text format or in OpenMetrics.
#[uniffi::export]
pub fn check_exposition(format: Format, page: Vec<u8>) -> Result<()> {
    match format {
        Format::Text => parse_text(&page).map(drop).map_err(metrion::Error::from)?,
        Format::OpenMetrics => parse_openmetrics(&page).map(drop).map_err(metrion::Error::from)?,
        _ => return Err(unsupported("only the text formats are checked").into()),
    }
    Ok(())
}
