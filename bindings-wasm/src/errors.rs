//! The one place where an error of the core becomes one of JavaScript.

use js_sys::Reflect;
use metrion::{Error, ErrorCode, Quoted};
use wasm_bindgen::JsValue;

/// What a function of this module returns.
pub(crate) type Result<T> = std::result::Result<T, JsValue>;

/// An error of the core, for JavaScript.
#[allow(clippy::needless_pass_by_value)] // for map_err
pub(crate) fn fault(error: Error) -> JsValue {
    let own = js_sys::Error::new(error.message());
    // An error object that was just made takes any property.
    let _set = Reflect::set(&own, &"code".into(), &error.code().as_str().into());
    own.into()
}

/// The error for a word that is not one of those that there are.
pub(crate) fn unknown(what: &str, word: &str) -> JsValue {
    fault(Error::new(ErrorCode::Unsupported, format!("there is no {what} {:?}", Quoted(word))))
}
