//! Registries as bytes.

use js_sys::{Array, Object, Uint8Array};
use metrion::exposition::{EncodeOptions, Escaping, Format, Syntax, negotiate};
use metrion::{NameFilter, Selection};
use wasm_bindgen::prelude::*;

use crate::errors::{Result, unknown};
use crate::family::NativeFamily;
use crate::helpers::{object, text};
use crate::options::Fields;
use crate::registry::NativeRegistry;

/// What to encode: registries, and families beside them.
#[wasm_bindgen]
#[derive(Default)]
pub struct NativeScrape(Selection);

#[wasm_bindgen]
impl NativeScrape {
    /// Of nothing yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds all of a registry.
    #[wasm_bindgen(js_name = addRegistry)]
    pub fn add_registry(&mut self, registry: &NativeRegistry) {
        self.0.registries.push(registry.registry.clone());
    }

    /// Adds one family.
    #[wasm_bindgen(js_name = addFamily)]
    pub fn add_family(&mut self, family: &NativeFamily) {
        self.0.families.push(family.family.clone());
    }

    /// Collects and encodes all of it: `EncodeInit` of `native_module.ts` in, `Encoded` out.
    pub fn encode(&self, init: &JsValue) -> Result<Object> {
        let own = Fields(init);
        let labels = own.pairs("labels")?;
        let format = match own.text("accept")? {
            Some(accept) => negotiate(&accept),
            None => Format { syntax: syntax(&own)?, escaping: None },
        };
        let filter = own.texts("names")?.map_or_else(NameFilter::all, NameFilter::only);
        let escaping = match own.text("escaping")? {
            None => Escaping::default(),
            Some(word) => Escaping::from_word(&word).ok_or_else(|| unknown("escaping", &word))?,
        };
        let options = EncodeOptions {
            created_samples: own.flag("created")?,
            escaping,
            ..EncodeOptions::default()
        };
        let mut body = Vec::new();
        let left_out = format.encode(&self.0.snapshot(&filter, &labels), options, &mut body);
        let as_text = own.flag("asText")? && format.syntax != Syntax::Protobuf;
        let body = if as_text { text(body).into() } else { Uint8Array::from(&*body).into() };
        let codes: Array =
            left_out.iter().map(|error| JsValue::from(error.code().as_str())).collect();
        object([
            ("body", body),
            ("contentType", format.content_type().into()),
            ("contentEncoding", JsValue::NULL),
            ("leftOut", codes.into()),
        ])
    }
}

fn syntax(init: &Fields<'_>) -> Result<Syntax> {
    match init.text("format")?.as_deref() {
        None | Some("text") => Ok(Syntax::Text),
        Some("openmetrics") => Ok(Syntax::OpenMetrics),
        Some("protobuf") => Ok(Syntax::Protobuf),
        Some("json") => Ok(Syntax::Json),
        Some(other) => Err(unknown("format", other)),
    }
}
