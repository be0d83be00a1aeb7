//! Numbers and names in messages.

#[cfg(target_arch = "wasm32")]
use std::fmt::Write as _;
use std::fmt::{Debug, Display, Formatter, Result};

/// A number in a message. In WebAssembly the tables of `core::fmt` for an `f64` are a tenth of what a page
/// downloads; there it is written with smaller ones.
#[derive(Clone, Copy)]
pub struct Shown(pub f64);

impl Display for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        #[cfg(not(target_arch = "wasm32"))]
        return Display::fmt(&self.0, f);
        #[cfg(target_arch = "wasm32")]
        {
            let mut buffer = ryu::Buffer::new();
            let text = buffer.format(self.0);
            f.write_str(text.strip_suffix(".0").unwrap_or(text))
        }
    }
}

impl Debug for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        #[cfg(not(target_arch = "wasm32"))]
        return Debug::fmt(&self.0, f);
        #[cfg(target_arch = "wasm32")]
        f.write_str(ryu::Buffer::new().format(self.0))
    }
}

impl Shown {
    /// All of a list.
    #[must_use]
    pub fn all(numbers: &[f64]) -> Vec<Self> {
        numbers.iter().copied().map(Self).collect()
    }
}

/// A name or a text in a message, in quotes; only `{:?}` has it. In WebAssembly the tables of `core::fmt` of which
/// characters can be printed are left out: there, only quotes and control characters are escaped.
#[derive(Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl Debug for Quoted<'_> {
    #[cfg(not(target_arch = "wasm32"))]
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Debug::fmt(self.0, f)
    }

    #[cfg(target_arch = "wasm32")]
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c if c.is_ascii_control() => write!(f, "{}", c.escape_default())?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

impl<'a> Quoted<'a> {
    /// All of a list.
    #[must_use]
    pub fn all(texts: &'a [String]) -> Vec<Self> {
        texts.iter().map(|text| Self(text)).collect()
    }
}
