//! What is sent to the gateway.

use std::io::Write as _;

use flate2::write::GzEncoder;
use metrion_model::{Error, NameFilter, Result};

use super::target::group_url;
use super::{BasicAuth, Compression, PushMethod, PushOptions};
use crate::Scrape;

/// A request to the gateway, complete, for whoever sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRequest {
    /// The address of the group.
    pub url: String,
    /// `PUT`, `POST` or `DELETE`.
    pub method: String,
    /// Names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The metrics, perhaps compressed.
    pub body: Vec<u8>,
}

impl PushRequest {
    /// The request that pushes the metrics of this moment.
    ///
    /// # Errors
    /// `invalid_value`, `invalid_name`, `reserved_name` for wrong options.
    pub fn of_source(source: &dyn Scrape, options: &PushOptions) -> Result<Self> {
        let mut page = Vec::new();
        let snapshot = source.scrape(&NameFilter::all());
        options.format.encode(&snapshot, options.encode, &mut page);
        Self::of_page(page, options)
    }

    /// The request that pushes metrics that are encoded already, in the format of the options.
    ///
    /// # Errors
    /// As for [`Self::of_source`].
    pub fn of_page(page: Vec<u8>, options: &PushOptions) -> Result<Self> {
        let method = match options.method {
            PushMethod::Replace => "PUT",
            PushMethod::Add => "POST",
        };
        let mut request = Self::new(method, options)?;
        request.body = match options.compression {
            None => page,
            Some(compression) => {
                let header = ("Content-Encoding".to_owned(), compression.as_str().to_owned());
                request.headers.push(header);
                compress(&page, compression)
                    .map_err(|error| Error::io("cannot compress", &error))?
            }
        };
        Ok(request)
    }

    /// The request that removes the group.
    ///
    /// # Errors
    /// As for [`Self::of_source`].
    pub fn delete(options: &PushOptions) -> Result<Self> {
        Self::new("DELETE", options)
    }

    fn new(method: &str, options: &PushOptions) -> Result<Self> {
        let url = group_url(options)?;
        let mut headers = vec![("Content-Type".to_owned(), options.format.content_type())];
        headers.extend(options.headers.iter().cloned());
        headers.extend(options.basic_auth.as_ref().map(BasicAuth::header));
        Ok(Self { url, method: method.to_owned(), headers, body: Vec::new() })
    }
}

impl Compression {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
        }
    }
}

fn compress(page: &[u8], compression: Compression) -> std::io::Result<Vec<u8>> {
    match compression {
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(page)?;
            encoder.finish()
        }
        Compression::Snappy => {
            let mut encoder = snap::write::FrameEncoder::new(Vec::new());
            encoder.write_all(page)?;
            encoder.into_inner().map_err(snap::write::IntoInnerError::into_error)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn compressed_bodies_are_what_their_header_says() {
        let page = b"a 1\n".repeat(10_000);
        for compression in [Compression::Gzip, Compression::Snappy] {
            let compression = Some(compression);
            let options = PushOptions { compression, ..PushOptions::new("h", "j") };
            let request = PushRequest::of_page(page.clone(), &options).unwrap();
            assert!(request.body.len() < page.len() / 5);
            let body = request.body.as_slice();
            let mut read = Vec::new();
            let (name, coding) = request.headers.last().unwrap();
            assert_eq!(name, "Content-Encoding");
            match coding.as_str() {
                "gzip" => flate2::read::GzDecoder::new(body).read_to_end(&mut read).unwrap(),
                _ => snap::read::FrameDecoder::new(body).read_to_end(&mut read).unwrap(),
            };
            assert_eq!(read, page);
        }
    }
}
