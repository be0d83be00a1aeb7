//! Which format, and what goes with it in HTTP.

use metrion_model::{Error, Snapshot};

use crate::{
    EncodeOptions, Escaping, Spelling, json, openmetrics, prometheus_client, protobuf, text,
};

/// The grammar of an exposition, with the version that goes into `Content-Type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Syntax {
    /// The Prometheus text format 0.0.4.
    #[default]
    Text,
    /// The same as version 1.0.0, by which a reader says that it takes names in quotes.
    Text1,
    /// OpenMetrics 0.0.1, which differs from 1.0 in nothing that is written here.
    OpenMetrics0,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// Delimited protocol buffer messages.
    Protobuf,
    /// JSON. No scraper asks for it, so it is never negotiated.
    Json,
}

/// A syntax, and how it writes the names that are not classic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Format {
    /// The syntax.
    pub syntax: Syntax,
    /// The escaping that the reader asked for; `None` leaves it to [`EncodeOptions::escaping`], and
    /// says nothing of it to a reader who may not know the parameter.
    pub escaping: Option<Escaping>,
}

impl Format {
    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> String {
        let syntax = match self.syntax {
            Syntax::Text => TEXT_CONTENT_TYPE,
            Syntax::Text1 => "text/plain; version=1.0.0; charset=utf-8",
            Syntax::OpenMetrics0 => "application/openmetrics-text; version=0.0.1; charset=utf-8",
            Syntax::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Syntax::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                 encoding=delimited"
            }
            Syntax::Json => "application/json",
        };
        match self.escaping {
            Some(escaping) => format!("{syntax}; escaping={}", escaping.as_str()),
            None => syntax.to_owned(),
        }
    }

    /// Appends a snapshot in this format. It returns why families were left out: under its escaped name
    /// a family would have samples of an earlier one's names (`metric_exists`), or labels that are one
    /// (`invalid_name`).
    ///
    /// Inlined, so that what a program never asks for is not in it: a browser downloads no second spelling.
    #[inline(always)]
    pub fn encode(
        self,
        snapshot: &Snapshot,
        options: EncodeOptions,
        out: &mut Vec<u8>,
    ) -> Vec<Error> {
        let escaping = self.escaping.unwrap_or(options.escaping);
        let options = EncodeOptions { escaping, ..options };
        let is_text = !matches!(self.syntax, Syntax::Protobuf | Syntax::Json);
        if is_text && options.spelling == Spelling::PrometheusClient {
            return prometheus_client::encode(snapshot, self.syntax, options, out);
        }
        self.encode_short(snapshot, options, out)
    }

    fn encode_short(
        self,
        snapshot: &Snapshot,
        options: EncodeOptions,
        out: &mut Vec<u8>,
    ) -> Vec<Error> {
        match self.syntax {
            Syntax::Text | Syntax::Text1 => text::encode(snapshot, options, out),
            Syntax::OpenMetrics0 | Syntax::OpenMetrics => {
                openmetrics::encode(snapshot, options, out)
            }
            Syntax::Protobuf => protobuf::encode(snapshot, options, out),
            Syntax::Json => {
                json::encode_json(snapshot, out);
                Vec::new()
            }
        }
    }
}

/// The content type of what [`crate::encode_text`] writes.
pub const TEXT_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
