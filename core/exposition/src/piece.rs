//! Short texts that are appended again and again.

/// How many bytes are copied at once.
const BLOCK: usize = 16;

/// A text that a family's lines have in common, for instance `le="0.5"} `.
///
/// Where it is short it is appended as a block of fixed size, of which the rest is cut off again: two
/// moves of a register, where a copy of just as many bytes as needed is a call.
pub(crate) struct Piece {
    bytes: Vec<u8>,
    /// The same, filled up with zeros, when it is not too long.
    block: Option<[u8; BLOCK]>,
}

impl Piece {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let mut block = [0; BLOCK];
        let short = block.get_mut(..bytes.len()).map(|start| start.copy_from_slice(&bytes));
        Self { block: short.map(|()| block), bytes }
    }

    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn append(&self, out: &mut Vec<u8>) {
        let Some(block) = &self.block else {
            out.extend_from_slice(&self.bytes);
            return;
        };
        let end = out.len() + self.bytes.len();
        out.extend_from_slice(block);
        out.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_any_length() {
        for len in 0..3 * BLOCK {
            let bytes: Vec<u8> = (0..len as u8).collect();
            let mut out = b"before".to_vec();
            Piece::new(bytes.clone()).append(&mut out);
            assert_eq!(out, [b"before", bytes.as_slice()].concat());
        }
    }
}
