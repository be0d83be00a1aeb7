//! Registries as bytes, made on the worker pool: the event loop goes on meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};

use metrion::exporters::http::{Page, PageRequest};
use metrion::exposition::{EncodeOptions, Escaping, Format, Syntax};
use metrion::{Error, ErrorCode, NameFilter, Result as CoreResult, Selection};
use napi::bindgen_prelude::{AsyncTask, BufferSlice, Object};
use napi::{Env, JsStringLatin1, JsStringUtf16, ScopedTask};
use napi_derive::napi;

use crate::family::NativeFamily;
use crate::helpers::unknown;
use crate::options::pairs_of;
use crate::registry::NativeRegistry;

/// What to encode: registries, and families beside them.
#[napi]
#[derive(Clone, Default)]
pub struct NativeScrape(Selection);

/// In which way.
#[napi(object)]
#[derive(Default)]
pub struct EncodeInit {
    /// `text` (the default), `openmetrics`, `protobuf` or `json`.
    pub format: Option<String>,
    /// Only families with one of these names or with a sample of one.
    pub names: Option<Vec<String>>,
    /// Whether `_created` samples are written.
    pub created: Option<bool>,
    /// How names are written that are not classic.
    pub escaping: Option<String>,
    /// Labels of every series that has none of their names: names and values in turn.
    pub labels: Option<Vec<String>>,
    /// Whether the body is text and not bytes.
    pub as_text: Option<bool>,
    /// The headers and the query of an HTTP request, from which all but `labels` follows.
    pub accept: Option<String>,
    /// See above.
    pub accept_encoding: Option<String>,
    /// See above.
    pub query: Option<String>,
}

#[napi]
impl NativeScrape {
    /// Of nothing yet.
    #[napi(constructor, catch_unwind)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds all of a registry.
    #[napi(catch_unwind)]
    pub fn add_registry(&mut self, registry: &NativeRegistry) {
        self.0.registries.push(registry.registry.clone());
    }

    /// Adds one family.
    #[napi(catch_unwind)]
    pub fn add_family(&mut self, family: &NativeFamily) {
        self.0.families.push(family.family.clone());
    }

    /// Collects and encodes all of it. Gives `{ body, contentType, contentEncoding, leftOut }`.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn encode(&self, init: EncodeInit) -> AsyncTask<Encode> {
        AsyncTask::new(Encode { selection: self.0.clone(), init })
    }
}

/// The work of encoding.
pub struct Encode {
    selection: Selection,
    init: EncodeInit,
}

/// What came out.
pub struct Encoded {
    body: Body,
    content_type: String,
    content_encoding: Option<&'static str>,
    left_out: Vec<Error>,
}

/// Made on the worker pool in the form in which Node takes it over without a copy.
enum Body {
    Bytes(Vec<u8>),
    Latin1(Vec<u8>),
    Utf16(Vec<u16>),
}

impl Body {
    fn text(bytes: Vec<u8>) -> Self {
        if bytes.is_ascii() {
            return Self::Latin1(bytes);
        }
        Self::Utf16(crate::helpers::text(bytes).encode_utf16().collect())
    }
}

impl Encode {
    fn run(&self) -> CoreResult<Encoded> {
        let init = &self.init;
        let labels = pairs_of(init.labels.clone().unwrap_or_default());
        if let Some(accept) = &init.accept {
            return self.answer(accept, labels);
        }
        let escaping = match init.escaping.as_deref() {
            None => Escaping::default(),
            Some(word) => Escaping::from_word(word).ok_or_else(|| unknown("escaping", word))?,
        };
        let syntax = match init.format.as_deref() {
            None | Some("text") => Syntax::Text,
            Some("openmetrics") => Syntax::OpenMetrics,
            Some("protobuf") => Syntax::Protobuf,
            Some("json") => Syntax::Json,
            Some(other) => return Err(unknown("format", other)),
        };
        let format = Format { syntax, escaping: None };
        let options = EncodeOptions {
            created_samples: init.created.unwrap_or_default(),
            escaping,
            ..EncodeOptions::default()
        };
        let filter = init.names.clone().map_or_else(NameFilter::all, NameFilter::only);
        let snapshot = self.selection.snapshot(&filter, &labels);
        let mut body = Vec::new();
        let left_out = format.encode(&snapshot, options, &mut body);
        let as_text = init.as_text.unwrap_or_default() && syntax != Syntax::Protobuf;
        Ok(Encoded {
            body: if as_text { Body::text(body) } else { Body::Bytes(body) },
            content_type: format.content_type(),
            content_encoding: None,
            left_out,
        })
    }

    /// As an HTTP exporter of the core answers.
    fn answer(&self, accept: &str, labels: Vec<(String, String)>) -> CoreResult<Encoded> {
        let selection = self.selection.clone();
        let source = move |filter: &NameFilter| selection.snapshot(filter, &labels);
        let request = PageRequest {
            query: self.init.query.as_deref().unwrap_or_default(),
            accept,
            accept_encoding: self.init.accept_encoding.as_deref().unwrap_or_default(),
        };
        let page = Page::render(&source, &request, EncodeOptions::default())?;
        Ok(Encoded {
            body: Body::Bytes(page.body),
            content_type: page.content_type,
            content_encoding: page.content_encoding,
            left_out: page.left_out,
        })
    }
}

impl<'task> ScopedTask<'task> for Encode {
    /// An error is a value here, because what Node makes of one has no code of ours.
    type Output = CoreResult<Encoded>;
    type JsValue = Object<'task>;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        // Nothing of it is used after a panic.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.run()));
        Ok(outcome.unwrap_or_else(|_| {
            Err(Error::new(ErrorCode::Io, "internal error of metrion, please report it"))
        }))
    }

    fn resolve(&mut self, env: &'task Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        let mut page = Object::new(env)?;
        let encoded = match output {
            Ok(encoded) => encoded,
            Err(error) => {
                page.set("code", error.code().as_str())?;
                page.set("message", error.message())?;
                return Ok(page);
            }
        };
        match encoded.body {
            Body::Bytes(bytes) => page.set("body", BufferSlice::from_data(env, bytes)?)?,
            // What Node takes over is not empty.
            Body::Latin1(bytes) if bytes.is_empty() => page.set("body", "")?,
            Body::Latin1(bytes) => {
                page.set("body", JsStringLatin1::from_data(env, bytes)?.into_value())?;
            }
            Body::Utf16(units) => {
                page.set("body", JsStringUtf16::from_data(env, units)?.into_value())?;
            }
        }
        page.set("contentType", encoded.content_type)?;
        page.set("contentEncoding", encoded.content_encoding)?;
        let codes: Vec<&str> = encoded.left_out.iter().map(|error| error.code().as_str()).collect();
        page.set("leftOut", codes)?;
        Ok(page)
    }
}
